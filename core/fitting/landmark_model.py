"""The few hundred points of the shape model that landmarks speak of, cut out once and kept.

A fit touches the mesh only at the embedded landmarks, and at short lines across the outline of the face along
which the contour landmarks slide (Cao et al., "Displaced Dynamic Expression Regression", 2014). Only numpy.
"""

from __future__ import annotations

import pathlib
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np

CALIBRATION_PATH = pathlib.Path(__file__).parents[1] / "data" / "landmark_calibration.npz"
"""Where the landmark network usually puts its points, and how much each can be trusted; made by
`training/landmark_calibration.py`. Kept as offsets on the mean head: it outlives a renumbered mesh."""

SAME_START = 0.003
"""Metres by which a model's landmarks may differ from those that the calibration started from, in the median."""

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
        drift: [2, N, D] usual errors of the landmark network, x right and y down beside an upright head, in units
            of the distance between the eyes; a coefficient of 1 is one standard deviation.
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
        drift=drift,
        contour=contour,
        line_usable=lines >= 0,
        outline=outline,
        identities=min(IDENTITIES, len(model.coarse_identity)),
        expression_names=tuple(str(name) for name in model.expression_names),
        centre=centre,
    )


def surface_points(mean: np.ndarray, triangles: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points of a surface nearest to targets, to a twentieth of a triangle's side.

    Args:
        mean: [V, 3] vertices.
        triangles: [T, 3].
        targets: [n, 3] points near the surface.

    Returns:
        Triangles [n, 3] and barycentric coordinates [n, 3].
    """
    middle = mean[triangles].mean(1)
    squared = (middle**2).sum(1) - 2.0 * targets @ middle.T
    near = triangles[np.argpartition(squared, 12, axis=1)[:, :12]]
    first, second = np.meshgrid(np.linspace(0.0, 1.0, 21), np.linspace(0.0, 1.0, 21))
    grid = np.stack([first, second, 1.0 - first - second], -1)[first + second <= 1.0 + 1e-9]
    places = np.einsum("gc,ntcd->ntgd", grid, mean[near])
    distance = np.linalg.norm(places - targets[:, None, None], axis=-1).reshape(len(targets), -1)
    triangle, place = np.divmod(distance.argmin(1), len(grid))
    return near[np.arange(len(targets)), triangle], grid[place]


def _calibrated(model: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Triangles [N, 3], barycentric coordinates [N, 3], weights [N] and drift [2, N, D] of the landmarks.

    The model's own, moved over the skin to where the network usually puts its points; as they are for a model that
    the calibration was not made for.
    """
    embedding = model.landmarks_478
    corners = np.array(embedding.triangle_vertices, np.int64)
    barycentric = np.array(embedding.barycentric, np.float64)
    weight = np.array(embedding.weight, np.float64)
    if not is_calibrated(model):
        return corners, barycentric, weight, np.zeros((2, len(weight), 0))
    with np.load(CALIBRATION_PATH) as settled:
        offset, drift = settled["offset"], settled["drift"].astype(np.float64)
        weight = settled["weight"].astype(np.float64)
    mean = np.asarray(model.mean, np.float64)
    moved = np.flatnonzero(offset.any(1))
    targets = np.einsum("nc,ncd->nd", barycentric, mean[corners])[moved] + offset[moved]
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    corners[moved], barycentric[moved] = surface_points(mean, skin, targets)
    return corners, barycentric, weight, drift


def is_calibrated(model: Any) -> bool:
    """Whether the calibration was made for a model whose landmarks start from the same places (within 3 mm)."""
    if not CALIBRATION_PATH.exists():
        return False
    with np.load(CALIBRATION_PATH) as settled:
        start = settled["start"]
    embedding = model.landmarks_478
    own = np.einsum("nc,ncd->nd", embedding.barycentric, model.mean[embedding.triangle_vertices])
    return bool(np.median(np.linalg.norm(own - start, axis=1)) < SAME_START)


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
