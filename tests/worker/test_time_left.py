"""The time that is left, as the artist is told it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def time_left() -> Iterator[ModuleType]:
    path = ROOT / "operators/jobs/time_left.py"
    spec = importlib.util.spec_from_file_location("time_left_under_test", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def watch(time_left):
    """A clock, and a hand that moves it: seconds, and the fraction that is done then."""

    class Watch:
        def __init__(self, expected: float) -> None:
            self.now = 100.0
            self.clock = time_left.Clock(expected, lambda: self.now)

        def after(self, seconds: float, fraction: float | None = None) -> float | None:
            for _ in range(round(seconds / 0.2)):
                self.now += 0.2
                self.clock.left()
            if fraction is not None:
                self.clock.progress(fraction)
            return self.clock.left()

    return Watch


def test_at_first_it_is_what_was_expected(watch) -> None:
    assert watch(40.0).clock.left() == pytest.approx(40.0)


def test_where_nothing_is_expected_nothing_is_said_at_first(watch) -> None:
    unknown = watch(0.0)
    assert unknown.after(1.0) is None and unknown.after(1.0, 0.1) == pytest.approx(18.0)


@pytest.mark.parametrize("pace", [0.5, 1.0, 3.0])
def test_half_way_it_knows_the_machine(watch, pace: float) -> None:
    clock = watch(20.0)
    for step in range(1, 11):
        clock.after(pace, step / 20)
    assert clock.after(2.0) == pytest.approx(pace * 10 - 2, rel=0.35, abs=1.5)


def test_it_counts_down_between_two_words(watch) -> None:
    clock = watch(20.0)
    told = [clock.after(1.0) for _ in range(8)]
    assert told == sorted(told, reverse=True) and told[-1] == pytest.approx(12.0, abs=1.0)


def test_a_stage_that_takes_too_long_makes_the_rest_longer(watch) -> None:
    clock = watch(20.0)
    clock.after(2.0, 0.1)
    assert clock.after(100.0) > 40
    clock.clock.progress(1.0)
    assert clock.after(20.0) < 1


def test_it_does_not_jump(watch) -> None:
    clock = watch(20.0)
    before = clock.after(5.0, 0.25)
    clock.clock.progress(0.9)
    assert clock.after(0.2) > before - 3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "a few seconds"),
        (9, "about 10 s"),
        (23, "about 25 s"),
        (44, "about 40 s"),
        (95, "about 2 min"),
        (7200, "about 2.0 h"),
    ],
)
def test_words_are_as_rough_as_the_knowledge(time_left, seconds: float, words: str) -> None:
    assert time_left.in_words(seconds) == words


def test_the_pace_is_remembered_and_a_damaged_file_is_not(time_left, tmp_path: Path) -> None:
    path = tmp_path / "pace.json"
    pace = time_left.Pace(path)
    assert pace.value == 1.0
    pace.learn(10.0, 40.0)
    assert pace.value == pytest.approx(4.0), "the first run is all that is known"
    pace = time_left.Pace(path)
    pace.learn(10.0, 10.0)
    assert time_left.Pace(path).value == pytest.approx(2.0)
    for text in ("", "[]", '{"pace": "x"}'):
        path.write_text(text)
        assert time_left.Pace(path).value == 1.0
