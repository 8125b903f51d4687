"""The comparison of the two engines: what it measures, without rendering."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.engines import LIGHTS, agreement


def test_equal_pictures_agree_and_lighter_ones_are_found() -> None:
    picture = np.full((4, 4, 4), 0.5, np.float32)
    picture[..., 3] = 1
    assert agreement(picture, picture).mean == pytest.approx(0, abs=1e-6)
    lighter = picture.copy()
    lighter[..., :3] = 0.6
    found = agreement(picture, lighter)
    assert found.lighter > 5 and found.mean > 5 and found.median == pytest.approx(found.mean, rel=1e-5)


def test_only_what_both_show_counts() -> None:
    first = np.ones((2, 2, 4), np.float32)
    second = first.copy()
    second[0, :, :3], second[0, :, 3] = 0.0, 0.5
    assert agreement(first, second).mean == pytest.approx(0, abs=1e-6)


def test_every_preset_is_compared() -> None:
    import ast
    from pathlib import Path

    source = (Path(__file__).parents[2] / "operators/light/light_presets.py").read_text(encoding="utf-8")
    tables = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    presets = next(node.value for node in tables if node.targets[0].id == "PRESETS")
    assert {key.value for key in presets.keys} == set(LIGHTS)
