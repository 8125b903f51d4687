"""The few hundred points of the shape model that landmarks speak of, cut out once and kept.

A fit touches the mesh only at the embedded landmarks, and at short lines across the outline of the face along
which the contour landmarks slide (Cao et al., "Displaced Dynamic Expression Regression", 2014). Only numpy.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

from .landmark_calibration import Calibration, calibration

FEWEST_CANDIDATES = 4
"""A contour landmark with fewer places to slide to stays where it is embedded."""

IDENTITIES = 100
"""Identity coefficients that are fitted; those after them move a landmark by less than 0.1 mm."""

GAZE_SHARE = 8.0
"""Weight of the middle of an iris against another landmark's."""

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
        bias, response, drift: [2, N, 4], [2, N, K], [2, N, D] how the landmark network errs; see `Calibration`.
        contour: [C] landmark indices with a line, ordered around the face.
        line_usable: [C, S] bool, False where a line has ended. Lines go from the front of the head backwards.
        outline: [O] indices of all landmarks of the outline, ordered around the face; some have no line.
        identities: K, the identity coefficients that landmarks can tell; finer ones stay at zero.
        expression_names: the E names.
        centre: [3] middle of the face, the pivot of the pose.
    """

    mean: np.ndarray
    basis: np.ndarray
    normals: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    response: np.ndarray
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
        settled = calibration(model, _identities(model))
        cached = (weakref.ref(model, lambda _: _CACHE.pop(key, None)), cut_out(model, settled))
        _CACHE[key] = cached
    return cached[1]


def cut_out(model: Any, settled: Calibration) -> LandmarkModel:
    """The landmark model of a `MorphableModel` whose landmarks lie and err as `settled` says."""
    embedding = model.landmarks_478
    corners, barycentric, weight = settled.corners, settled.barycentric, settled.weight.copy()
    flagged = np.asarray(embedding.contour, bool)
    for ring in IRIS_RINGS:  # rims measure the iris (`Priors.iris_diameter`), they do not shape the eye
        weight[ring][1:] = 0.0
        weight[ring.start] *= GAZE_SHARE  # a gaze has no other witness than the iris
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
        mean=_picked(mean[None, vertices], barycentric)[:, :, 0],
        basis=np.concatenate([_picked(basis, barycentric) for basis in _vertex_bases(model, vertices)], axis=-1),
        normals=normals,
        weight=weight,
        bias=settled.bias,
        response=settled.response,
        drift=settled.drift,
        contour=contour,
        line_usable=lines >= 0,
        outline=outline,
        identities=_identities(model),
        expression_names=tuple(str(name) for name in model.expression_names),
        centre=centre,
    )


def _identities(model: Any) -> int:
    return min(IDENTITIES, len(model.coarse_identity))


def _vertex_bases(model: Any, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Identity [K, n, 3] and expression [E, n, 3] offsets of fine vertices, without building the dense bases."""
    index, share = model.subdivision_index[vertices], model.subdivision_weight[vertices]
    bases = []
    for coarse in (model.coarse_identity[:IDENTITIES], model.coarse_expression):
        columns = (coarse[:, index[:, column]] * share[:, column, None] for column in range(index.shape[1]))
        bases.append(sum(columns))
    return bases[0], bases[1]


def _picked(values: np.ndarray, barycentric: np.ndarray) -> np.ndarray:
    """[3, N + C*S, B] of vertex vectors [B, n, 3]: first the corners of N triangles, then single vertices."""
    corners = values[:, : barycentric.size].reshape(len(values), *barycentric.shape, 3)
    embedded = np.einsum("bncd,nc->dnb", corners.astype(np.float64), barycentric)
    return np.concatenate([embedded, values[:, barycentric.size :].transpose(2, 1, 0)], 1)
