"""Progress: a stage's share of it is its share of the time."""

from pathlib import Path

import numpy as np
import pytest

from core.durations import Stage, expected_seconds, plan
from core.settings import MAP_SIZES, QUALITIES, FitSettings
from core.stages import Stages

PLAN = (Stage("one", 1.0), Stage("two", 2.0), Stage("one", 1.0), Stage("three", 4.0))


@pytest.fixture
def reports() -> list:
    return []


@pytest.fixture
def stages(reports, tmp_path: Path) -> Stages:
    return Stages(lambda *report: reports.append(report), tmp_path, PLAN)


def test_stages_take_their_share_even_where_a_name_comes_twice(stages, reports) -> None:
    for name in ("one", "two", "one", "three"):
        stages.enter(name)
    assert [(name, fraction) for name, fraction, _ in reports] == [
        ("one", 0.0),
        ("two", 1 / 8),
        ("one", 3 / 8),
        ("three", 4 / 8),
    ]


def test_a_stage_that_is_left_out_counts_as_done(stages, reports) -> None:
    stages.enter("one")
    stages.enter("three")
    assert reports[-1][1] == 0.5


def test_steps_lead_through_their_stage_and_not_beyond(stages, reports) -> None:
    stages.enter("two")
    on_step = stages.steps(4)
    for step in (0, 2, 4, 5):
        on_step(step)
    assert [fraction for _, fraction, _ in reports[1:]] == [1 / 8, 2 / 8, 3 / 8, 3 / 8]


def test_a_picture_is_told_with_the_stage_it_belongs_to(stages, reports, tmp_path: Path) -> None:
    stages.enter("two")
    stages.show(np.zeros((4, 4, 3), np.uint8))
    assert reports[-1] == ("two", 1 / 8, tmp_path / "preview.png") and (tmp_path / "preview.png").is_file()
    assert stages.finish().keys() == {"two"}


@pytest.mark.parametrize("quality", QUALITIES)
def test_more_photos_larger_maps_and_better_quality_take_longer(quality: str) -> None:
    seconds = [expected_seconds(FitSettings(quality, size), photos) for size in MAP_SIZES for photos in (1, 3)]
    assert all(one < three for one, three in zip(seconds[::2], seconds[1::2]))
    assert seconds[::2] == sorted(seconds[::2])
    assert expected_seconds(FitSettings("draft"), 1) < expected_seconds(FitSettings("standard"), 1)


def test_the_plan_begins_before_the_pipeline_does() -> None:
    assert plan(FitSettings(), 1)[0].name == "Starting"
