"""Landmarks of real photos: one person from four distances and in four poses, and people who smile."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from core.fitting.geometry import GeometryResult, fit_landmarks
from core.photos.landmarks import detect_landmarks
from core.photos.photo import load_photo
from core.shape.morphable import load_model

pytestmark = pytest.mark.usefixtures("face_weights")

DISTANCES = ("15cm", "30cm", "45cm", "60cm")


@cache
def seen(path: Path) -> tuple:
    photo = load_photo(path)
    return detect_landmarks(photo), (photo.width, photo.height)


def fit(paths: list[Path], focal_35mm: float | None = None) -> GeometryResult:
    landmarks, sizes = zip(*(seen(path) for path in paths))
    return fit_landmarks(load_model(), landmarks, sizes, [focal_35mm] * len(paths))


def apart_mm(first: GeometryResult, second: GeometryResult) -> float:
    """Mean distance between two neutral faces after rigid alignment."""
    model = load_model()
    face = model.regions["face"]
    source, target = (model.vertices(result.fit.identity)[face].astype(np.float64) for result in (first, second))
    source, target = source - source.mean(0), target - target.mean(0)
    left, _, right = np.linalg.svd(target.T @ source)
    rotation = left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right
    return 1000.0 * float(np.linalg.norm(source @ rotation.T - target, axis=1).mean())


@pytest.fixture(scope="module")
def zoom(shared: Path) -> list[Path]:
    return [shared / "photos" / "zoom" / f"{distance}.jpg" for distance in DISTANCES]


@pytest.mark.parametrize("focal_35mm", [None, 26.0])
def test_a_face_has_one_shape_at_every_distance(zoom: list[Path], focal_35mm: float | None) -> None:
    results = [fit([path], focal_35mm) for path in zoom]
    pairs = [apart_mm(first, second) for row, first in enumerate(results) for second in results[:row]]
    assert np.mean(pairs) < 0.8
    assert max(result.normalised_error[0] for result in results) < 0.015
    distances = [float(result.distance_m[0]) for result in results]
    assert distances == sorted(distances)
    assert 0.12 < distances[0] < 0.45 < 2 * distances[-1] < 1.6


def test_a_stated_focal_length_decides_the_distance(zoom: list[Path]) -> None:
    near, far = (float(fit([path], 26.0).distance_m[0]) for path in (zoom[0], zoom[-1]))
    assert near == pytest.approx(0.21, abs=0.03)  # eyes 329 px apart at 63 mm and 1154 px of focal length
    assert far == pytest.approx(0.46, abs=0.06)


def test_four_poses_share_one_shape(shared: Path) -> None:
    paths = [shared / "photos" / "lisa" / f"lisa{number}.jpg" for number in (1, 2, 3, 4)]
    together = fit(paths)
    assert together.fit.identity.ndim == 1 and len(together.fit.cameras) == 4
    assert together.normalised_error.max() < 0.02
    assert together.notes == ()


@pytest.mark.parametrize("person", ["001", "020", "082"])
def test_a_smile_is_no_other_face(shared: Path, person: str) -> None:
    folder = shared / "photos" / "london"
    neutral, smiling = (fit([folder / f"{person}_{kind}.jpg"]) for kind in ("neutral", "smiling"))
    names = load_model().expression_names
    smile = [names.index("mouthSmileLeft"), names.index("mouthSmileRight")]
    assert smiling.fit.expressions[0, smile].mean() > neutral.fit.expressions[0, smile].mean() + 0.15
    assert apart_mm(neutral, smiling) < 1.2
