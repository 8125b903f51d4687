"""What pinned landmarks make of a head: its shape, its expression and its camera. Only numpy, no ``bpy``.

A reconstruction goes beyond the landmarks, so the head must not fall back to them when one is pinned: the landmarks
are fitted twice, without and with the pins, and the head moves by the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from ...core.camera import Camera
from ...core.fitting.fit import Fit
from ...core.fitting.geometry import fit_landmarks
from ...core.fitting.landmark_model import landmark_model
from ...core.settings import GeometrySettings
from ...core.shape.morphable import MorphableModel

Pins = Sequence[Sequence[float]]
"""Index, x and y of landmarks in pixels of the photo."""

CORRECTIONS = 3
"""Times a settled head is brought nearer to its pins: it moves by a difference, which lands a little beside them."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was seen in a photo: as `look.Findings`, and the pins that the head was built with."""

    points: np.ndarray
    weights: np.ndarray
    expression_scores: Mapping[str, float]
    size: tuple[int, int]
    focal_35mm: float | None
    pins: Pins = ()


@dataclass(frozen=True, eq=False)
class Shape:
    """A head under its pins.

    Attributes:
        change: [K] identity coefficients that the pins have added.
        expressions: [P, E] of each photo.
        cameras: P cameras.
    """

    change: np.ndarray
    expressions: np.ndarray
    cameras: tuple[Camera, ...]


def unpinned(built: Fit) -> Shape:
    """Return the head as it was built."""
    return Shape(np.zeros(len(built.identity), np.float32), np.array(built.expressions), tuple(built.cameras))


def usable_landmarks(model: MorphableModel) -> np.ndarray:
    """Return the landmarks that can be pinned: those that the shape model has."""
    return np.flatnonzero(landmark_model(model).weight > 0)


def seen_points(model: MorphableModel, identity: np.ndarray, expression: np.ndarray, camera: Camera) -> np.ndarray:
    """Return where a head's landmarks are seen [478, 2], in pixels of the photo."""
    cut = landmark_model(model)
    points = cut.points(np.concatenate([identity[: cut.identities], expression]))[:, : cut.landmarks]
    return camera.project(points.T)[0]


class PinSolver:
    """Finds the head that goes through pins.

    Args:
        model: The shape model.
        built: The head as it was built; its photos are counted from 0.
        evidence: For each of its photos what was seen, None where that is not known.

    Raises:
        FitError: The landmarks cannot carry a fit.
    """

    def __init__(self, model: MorphableModel, built: Fit, evidence: Sequence[Evidence | None]) -> None:
        self._model, self._built = model, built
        self._photos = [photo for photo, seen in enumerate(evidence) if seen is not None]
        self._evidence = [seen for seen in evidence if seen is not None]
        self._built_pins = {photo: tuple(map(tuple, self._seen(photo).pins)) for photo in self._photos}
        self._base = self._fit(self._built_pins, None, None).fit
        self._last = self._base
        self._apart = {
            photo: self._points(self._base.identity, photo, self._base) - self._points(built.identity, photo, None)
            for photo in self._photos
        }
        self._beside = {photo: apart.copy() for photo, apart in self._apart.items()}

    @property
    def photos(self) -> tuple[int, ...]:
        """The photos whose pins count."""
        return tuple(self._photos)

    def solve(self, pins: Mapping[int, Pins], settle: bool = False) -> Shape:
        """Return the head under pins.

        Args:
            pins: By photo.
            settle: Take the time to be exact; otherwise one look, good enough while the mouse moves.
        """
        pins = {photo: tuple(map(tuple, pins.get(photo, ()))) for photo in self._photos}
        if pins == self._built_pins:
            self._last = self._base
            return unpinned(self._built)
        shape = self._step(pins, None if settle else 1)
        for _ in range(CORRECTIONS if settle else 0):
            shape = self._step(pins, 2)
        return shape

    def _step(self, pins: Mapping[int, Pins], rounds: int | None) -> Shape:
        moved = {
            photo: [(index, *(np.array(place) + self._beside[photo][int(index)])) for index, *place in mine]
            for photo, mine in pins.items()
        }
        found = self._last = self._fit(moved, self._last, rounds).fit
        change = found.identity - self._base.identity
        expressions, cameras = np.array(self._built.expressions), list(self._built.cameras)
        for place, photo in enumerate(self._photos):
            moved_by = found.expressions[place] - self._base.expressions[place]
            expressions[photo] = np.clip(expressions[photo] + moved_by, 0.0, 1.0)
            camera = _moved(cameras[photo], self._base.cameras[place], found.cameras[place])
            wanted = self._points(found.identity, photo, found) - self._apart[photo]
            shown = seen_points(self._model, self._built.identity + change, expressions[photo], camera)
            cameras[photo] = _laid_upon(camera, shown, wanted)
        shape = Shape(change, expressions, tuple(cameras))
        for photo, mine in pins.items():
            points = seen_points(self._model, self._built.identity + change, expressions[photo], cameras[photo])
            for index, *place in mine:  # what is missing now is asked for the next time
                self._beside[photo][int(index)] += np.array(place) - points[int(index)]
        return shape

    def _fit(self, pins: Mapping[int, Pins], start: Fit | None, rounds: int | None):
        seen = [
            SimpleNamespace(
                points=one.points, weights=one.weights, expression_scores=one.expression_scores, pins=pins[photo]
            )
            for photo, one in zip(self._photos, self._evidence, strict=True)
        ]
        return fit_landmarks(
            self._model,
            seen,
            [one.size for one in self._evidence],
            [one.focal_35mm for one in self._evidence],
            None if rounds is None else GeometrySettings(rounds),
            start=start,
        )

    def _seen(self, photo: int) -> Evidence:
        return self._evidence[self._photos.index(photo)]

    def _points(self, identity: np.ndarray, photo: int, fit: Fit | None) -> np.ndarray:
        place = self._photos.index(photo) if fit is not None else photo
        fit = fit or self._built
        return seen_points(self._model, identity, fit.expressions[place], fit.cameras[place])


def _laid_upon(camera: Camera, shown: np.ndarray, wanted: np.ndarray) -> Camera:
    """The camera, shifted and zoomed until points that it shows [N, 2] lie upon others, in the mean.

    A head that was refined stands at another distance than the landmarks alone would place it. There the same change
    of distance and shape looks different, and pins would carry the whole face away.
    """
    middle, spread = shown.mean(0), shown - shown.mean(0)
    zoom = (spread * (wanted - wanted.mean(0))).sum() / (spread**2).sum()
    missing = wanted.mean(0) - camera.principal_px - zoom * (middle - camera.principal_px)
    pose, focal = camera.camera_from_world.copy(), camera.focal_px * zoom
    pose[:2, 3] += missing * pose[2, 3] / focal
    return replace(camera, camera_from_world=pose, focal_px=focal)


def _moved(camera: Camera, base: Camera, found: Camera) -> Camera:
    """The camera after the move that leads from one found without to one found with pins."""
    pose = found.camera_from_world @ np.linalg.inv(base.camera_from_world) @ camera.camera_from_world
    return replace(camera, camera_from_world=pose, focal_px=camera.focal_px * found.focal_px / base.focal_px)
