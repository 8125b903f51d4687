"""The few hundred points of the shape model that landmarks speak of, cut out once and kept.

A fit touches the mesh only at the embedded landmarks, and at short lines across the outline of the face along
which the contour landmarks slide (Cao et al., "Displaced Dynamic Expression Regression", 2014). Only numpy.
"""

from __future__ import annotations

import pathlib
import weakref
import zlib
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

CALIBRATION_PATH = pathlib.Path(__file__).parents[1] / "data" / "landmark_calibration.npz"
"""Where the landmark network usually puts its points, and how much each can be trusted; made by
`training/landmark_calibration.py`. Good for every shape of the mesh that it was made on (`fingerprint`)."""

FEWEST_CANDIDATES = 4
"""A contour landmark with fewer places to slide to stays where it is embedded."""

LONGEST_GAP = 0.02
"""Metres between two places of a line on the mean head; a longer gap leaps to another part of the body."""

HAIRLINE_RISE = 0.7
"""Sine of the elevation, seen from the middle of the face, above which the outline is a hairline."""

IRIS_RINGS = (slice(468, 473), slice(473, 478))
"""Landmarks of the iris: centre, then four points on its rim; the person's right eye, then the left one."""


@dataclass(frozen=True, eq=False)
class LandmarkModel:
    """Linear model of N landmarks and of C lines of S points, float64; coordinates come first in every array.

    Attributes:
        mean: [3, N + C*S] positions at zero coefficients, metres, head frame; the landmarks, then the lines.
        basis: [3, N + C*S, K + E] offsets of a unit of each identity, then each expression coefficient.
        normals: [N, 3] surface normals of the mean at the landmarks.
        weight: [N] how far each landmark can be trusted, 0 = not embedded; contour landmarks included.
        drift: [2, N, D] usual errors of the landmark network, x right and y down beside an upright head, in units
            of the distance between the eyes; a coefficient of 1 is one standard deviation.
        contour: [C] landmark indices with a line, ordered around the face.
        line_usable: [C, S] bool, False where a line has ended. Lines go from the front of the head backwards.
        outline: [O] indices of all landmarks of the outline, ordered around the face; some have no line.
        identities: K.
        expression_names: the E names.
        centre: [3] middle of the face, the pivot of the pose.
    """

    mean: np.ndarray
    basis: np.ndarray
    normals: np.ndarray
    weight: np.ndarray
    drift: np.ndarray
    contour: np.ndarray
    line_usable: np.ndarray
    outline: np.ndarray
    identities: int
    expression_names: tuple[str, ...]
    centre: np.ndarray

    @property
    def landmarks(self) -> int:
        """N, the number of landmarks."""
        return len(self.weight)

    def points(self, coefficients: np.ndarray) -> np.ndarray:
        """[3, N + C*S] positions for coefficients [K + E]."""
        return self.mean + self.basis @ coefficients


_CACHE: dict[int, tuple[Any, LandmarkModel]] = {}


def landmark_model(model: Any) -> LandmarkModel:
    """The landmark model of a `MorphableModel`, made at the first call and kept while the model lives."""
    key = id(model)
    cached = _CACHE.get(key)
    if cached is None or cached[0]() is not model:
        cached = (weakref.ref(model, lambda _: _CACHE.pop(key, None)), _cut_out(model))
        _CACHE[key] = cached
    return cached[1]


def _cut_out(model: Any) -> LandmarkModel:
    embedding = model.landmarks_478
    corners, barycentric, weight, drift = _calibrated(model)
    flagged = np.asarray(embedding.contour, bool)
    mean = np.asarray(model.mean, np.float64)

    triangle = mean[corners]
    normals = np.cross(triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    points = np.einsum("nc,ncd->nd", barycentric, triangle)
    inside = (weight > 0) & ~flagged
    centre = points[inside].mean(0)

    outline = np.flatnonzero(flagged)
    around = np.arctan2(points[outline, 0] - centre[0], points[outline, 1] - centre[1])
    outline = outline[np.argsort(around)]
    candidates = np.asarray(embedding.contour_candidates)
    rise = points[outline] - centre
    rise = rise[:, 1] / np.linalg.norm(rise[:, :2], axis=1)
    enough = (candidates[outline] >= 0).sum(1) >= FEWEST_CANDIDATES
    contour = outline[enough & (rise < HAIRLINE_RISE)]
    lines = candidates[contour]
    leap = np.linalg.norm(np.diff(mean[lines], axis=1), axis=-1) > LONGEST_GAP
    leap |= lines[:, 1:] < 0
    lines[:, 1:][np.logical_or.accumulate(leap, axis=1)] = -1

    vertices = np.concatenate([corners.ravel(), np.maximum(lines, 0).ravel()])
    return LandmarkModel(
        mean=_picked(mean[None], vertices, barycentric)[:, :, 0],
        basis=np.concatenate(
            [_picked(basis, vertices, barycentric) for basis in (model.identity_basis, model.expression_basis)],
            axis=-1,
        ),
        normals=normals,
        weight=weight,
        drift=drift,
        contour=contour,
        line_usable=lines >= 0,
        outline=outline,
        identities=len(model.identity_basis),
        expression_names=tuple(str(name) for name in model.expression_names),
        centre=centre,
    )


def fingerprint(model: Any) -> int:
    """Checksum of the mesh's vertex numbering: an embedding is good for every model that shares it."""
    return zlib.crc32(np.ascontiguousarray(model.triangles, np.int32).tobytes())


def _calibrated(model: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Triangles [N, 3], barycentric coordinates [N, 3], weights [N] and drift [2, N, D] of the landmarks.

    Settled on many heads where the model has the mesh that this was done for, else the model's own.
    """
    embedding = model.landmarks_478
    drift = np.zeros((2, len(embedding.weight), 0))
    if CALIBRATION_PATH.exists():
        with np.load(CALIBRATION_PATH) as settled:
            if int(settled["mesh"]) == fingerprint(model):
                embedding = SimpleNamespace(**{name: settled[name] for name in settled.files})
                drift = settled["drift"].astype(np.float64)
    corners = np.asarray(embedding.triangle_vertices, np.int64)
    barycentric = np.asarray(embedding.barycentric, np.float64)
    return corners, barycentric, np.array(embedding.weight, np.float64), drift


def _picked(basis: np.ndarray, vertices: np.ndarray, barycentric: np.ndarray) -> np.ndarray:
    """[3, N + C*S, B] of vertex vectors [B, V, 3]: first the corners of N triangles, then single vertices."""
    rows = basis[:, vertices].astype(np.float64)
    corners = rows[:, : barycentric.size].reshape(len(rows), *barycentric.shape, 3)
    embedded = np.einsum("bncd,nc->dnb", corners, barycentric)
    return np.concatenate([embedded, rows[:, barycentric.size :].transpose(2, 1, 0)], 1)
