"""Distances between surfaces, and the similarity that brings one onto another.

All lengths are in the unit of the input (metres here). A distance is always that of a true point to the nearest
point *of a triangle* of the fitted surface, as the NoW benchmark (Sanyal et al. 2019) measures it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

SAMPLE_SPACING = 0.003
"""Metres between the points that stand for a triangle while its neighbourhood is searched."""
CANDIDATES = 8
MOST_PARTS = 24
TRIM = 0.02
"""Share of the worst pairs that the alignment ignores; the distances that are reported ignore none. Not more: without a
nose that does not fit, a face may turn by degrees at hardly any cost."""
ROUNDS = 40
CONVERGED = 5e-6  # metres that a point still moves


@dataclass(frozen=True, eq=False)
class Similarity:
    """``x -> scale * rotation @ x + translation``."""

    scale: float
    rotation: np.ndarray
    translation: np.ndarray

    @classmethod
    def identity(cls) -> Similarity:
        return cls(1.0, np.eye(3), np.zeros(3))

    @property
    def matrix(self) -> np.ndarray:
        """[4, 4] homogeneous."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.scale * self.rotation, self.translation
        return matrix

    def apply(self, points: np.ndarray) -> np.ndarray:
        """Points [..., 3] moved."""
        return self.scale * (points @ self.rotation.T) + self.translation

    def inverse(self) -> Similarity:
        return Similarity(1.0 / self.scale, self.rotation.T, -(self.rotation.T @ self.translation) / self.scale)

    def after(self, first: Similarity) -> Similarity:
        """The similarity that does ``first``, then this one."""
        return Similarity(self.scale * first.scale, self.rotation @ first.rotation, self.apply(first.translation))


@dataclass(frozen=True, eq=False)
class Closest:
    """Where the nearest surface points of N points lie.

    Attributes:
        points: [N, 3].
        distance: [N].
        triangle: [N] index of the triangle.
        weights: [N, 3] barycentric weights in it.
    """

    points: np.ndarray
    distance: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray


class Surface:
    """A triangle mesh that can be asked for its nearest points.

    Attributes:
        vertices: [V, 3] float64.
        triangles: [T, 3].
        vertex_normals: [V, 3] unit, area-weighted over the triangles that were given.
    """

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray) -> None:
        self.vertices = np.asarray(vertices, np.float64)
        self.triangles = np.asarray(triangles)
        self.vertex_normals = vertex_normals(self.vertices, self.triangles)
        points, self._owner = _scattered(self.vertices[self.triangles])
        self._tree = cKDTree(points)

    def closest(self, points: np.ndarray) -> Closest:
        """The nearest surface points of ``points`` [N, 3]."""
        points = np.asarray(points, np.float64)
        count = min(CANDIDATES, len(self._owner))
        _, near = self._tree.query(points, count)
        candidates = self._owner[near.reshape(len(points), count)]
        weights, squared = _nearest_on_triangles(
            np.repeat(points, count, 0), self.vertices[self.triangles[candidates.ravel()]]
        )
        best = squared.reshape(-1, count).argmin(1)
        rows = np.arange(len(points))
        triangle = candidates[rows, best]
        weights = weights.reshape(-1, count, 3)[rows, best]
        foot = (self.vertices[self.triangles[triangle]] * weights[:, :, None]).sum(1)
        distance = np.sqrt(squared.reshape(-1, count)[rows, best])
        return Closest(foot, distance, triangle, weights)

    def normals(self, closest: Closest) -> np.ndarray:
        """Smooth unit normals [N, 3] at the points that `closest` found."""
        mixed = (self.vertex_normals[self.triangles[closest.triangle]] * closest.weights[:, :, None]).sum(1)
        return normalised(mixed)


def align(
    surface: Surface, points: np.ndarray, start: Similarity, scale: bool, normals: np.ndarray | None = None
) -> Similarity:
    """The similarity (or rigid motion) that brings a fitted surface to true points.

    Iterative closest points with point-to-plane steps (Chen and Medioni 1991); the worst pairs are left out in
    every round. Residuals are in the true frame, so that no scale is favoured because it shrinks them.

    Args:
        surface: the fitted surface.
        points: [N, 3] of the true surface.
        start: fitted to true; its scale is kept unless ``scale``.
        scale: whether the scale is free.
        normals: [N, 3] true normals; pairs whose normals differ by more than 60 degrees are left out.
    """
    points = np.asarray(points, np.float64)
    current = start
    for _ in range(ROUNDS):
        found = surface.closest(current.inverse().apply(points))
        foot, normal = current.apply(found.points), surface.normals(found) @ current.rotation.T
        offset = points - foot
        usable = np.ones(len(points), bool) if normals is None else (normals * normal).sum(1) > 0.5
        if usable.sum() < 30:
            usable[:] = True
        squared = (offset**2).sum(1)
        usable &= squared <= np.quantile(squared[usable], 1 - TRIM)
        step = _plane_step(foot[usable], normal[usable], offset[usable], scale)
        current = step.after(current)
        moved = np.abs(step.apply(foot) - foot).max()
        if moved < CONVERGED:
            break
    return current


def best_similarity(source: np.ndarray, target: np.ndarray, scale: bool) -> Similarity:
    """The similarity that maps ``source`` to ``target`` [N, 3] with the least squared error (Umeyama 1991)."""
    a, b = source.mean(0), target.mean(0)
    left, singular, right = np.linalg.svd((target - b).T @ (source - a))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ np.diag(sign) @ right
    factor = float((singular * sign).sum() / ((source - a) ** 2).sum()) if scale else 1.0
    return Similarity(factor, rotation, b - factor * rotation @ a)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit area-weighted normals [V, 3]; zero where a vertex has no triangle."""
    corner = vertices[triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    summed = np.zeros_like(vertices, dtype=np.float64)
    for column in range(3):
        for axis in range(3):
            summed[:, axis] += np.bincount(triangles[:, column], face[:, axis], len(vertices))
    return normalised(summed)


def normalised(vectors: np.ndarray) -> np.ndarray:
    """Vectors [..., 3] of length 1; zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-20)


def angle_degrees(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angles [N] between unit vectors [N, 3]."""
    return np.degrees(np.arccos(np.clip((first * second).sum(-1), -1.0, 1.0)))


def rotation_degrees(first: np.ndarray, second: np.ndarray) -> float:
    """Angle of the rotation between two rotation matrices."""
    cosine = (np.trace(first @ second.T) - 1.0) / 2.0
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _plane_step(foot: np.ndarray, normal: np.ndarray, offset: np.ndarray, scale: bool) -> Similarity:
    """One linear least-squares step of rotation, translation and, if asked, scale about the feet's middle."""
    centre = foot.mean(0)
    arm = foot - centre
    radius = float(np.sqrt((arm**2).sum(1).mean())) + 1e-12  # makes the unknowns alike in size
    columns = [np.cross(arm, normal) / radius, normal]
    if scale:
        columns.append((arm * normal).sum(1, keepdims=True) / radius)
    rows = np.concatenate(columns, 1)
    system = rows.T @ rows
    system[np.diag_indices_from(system)] += 1e-9 * np.trace(system)
    solution = np.linalg.solve(system, rows.T @ (offset * normal).sum(1))
    turn = solution[:3] / radius
    left, _, right = np.linalg.svd(np.eye(3) + _cross_matrix(turn))
    rotation = left @ right
    factor = 1.0 + (solution[6] / radius if scale else 0.0)
    return Similarity(factor, rotation, centre + solution[3:6] - factor * rotation @ centre)


def _cross_matrix(v: np.ndarray) -> np.ndarray:
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def _scattered(corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points [M, 3] spread over triangles [T, 3, 3], and the triangle [M] of each."""
    longest = np.linalg.norm(corner - np.roll(corner, 1, 1), axis=2).max(1)
    parts = np.clip(np.ceil(longest / SAMPLE_SPACING), 1, MOST_PARTS).astype(int)
    points, owner = [], []
    for count in np.unique(parts):
        chosen = np.flatnonzero(parts == count)
        i, j = (grid.ravel() for grid in np.meshgrid(np.arange(count), np.arange(count)))
        upright, flipped = i + j < count, i + j < count - 1
        first = np.concatenate([i[upright] + 1 / 3, i[flipped] + 2 / 3]) / count
        second = np.concatenate([j[upright] + 1 / 3, j[flipped] + 2 / 3]) / count
        weights = np.stack([1 - first - second, first, second], 1)
        points.append(np.einsum("mc,tcx->tmx", weights, corner[chosen]).reshape(-1, 3))
        owner.append(np.repeat(chosen, len(weights)))
    return np.concatenate(points), np.concatenate(owner)


def _nearest_on_triangles(points: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Barycentric weights [M, 3] of the nearest point of triangles [M, 3, 3], and squared distances [M]."""
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
    d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    weights = np.stack([1 - v - w, v, w], 1)
    rows = np.flatnonzero((weights < 0).any(1))
    if len(rows):
        weights[rows] = _nearest_on_edges(points[rows], corner[rows])
    offset = points - (corner * weights[:, :, None]).sum(1)
    return weights, (offset**2).sum(1)


def _nearest_on_edges(points: np.ndarray, corner: np.ndarray) -> np.ndarray:
    best = np.full(len(points), np.inf)
    weights = np.zeros((len(points), 3))
    for first, second in ((0, 1), (1, 2), (2, 0)):
        side = corner[:, second] - corner[:, first]
        along = ((points - corner[:, first]) * side).sum(1) / np.maximum((side**2).sum(1), 1e-30)
        along = np.clip(along, 0.0, 1.0)
        squared = ((points - corner[:, first] - along[:, None] * side) ** 2).sum(1)
        rows = squared < best
        best[rows] = squared[rows]
        weights[rows] = 0.0
        weights[rows, first], weights[rows, second] = 1 - along[rows], along[rows]
    return weights
