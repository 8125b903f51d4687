"""Eyelashes: thin tapering ribbons that grow along the strips by which a source stands for them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

LEVELS = 4
WIDTH = 0.00009
"""Metres at the root."""


def grow(
    vertices: np.ndarray,
    triangles: np.ndarray,
    uv: np.ndarray,
    eye_centre: np.ndarray,
    count: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lashes over all strips among ``triangles``.

    Args:
        vertices: ``[V, 3]`` of the source.
        triangles: ``[T, 3]`` of one or several strips, each a grid whose u runs along the lid.
        uv: ``[T, 3, 2]``.
        eye_centre: ``[3]``; the roots are on the side that is nearer to it.
        count: lashes for each strip.
        generator: of places and lengths.

    Returns:
        Vertices ``[N, 3]``, their sources ``[N, 3]`` and weights ``[N, 3]``, triangles ``[K, 3]`` and UVs
        ``[K, 3, 2]``, as ``Assembly.add_new`` takes them.
    """
    pieces = [_strip(vertices, triangles[rows], uv[rows], eye_centre, count, generator) for rows in _strips(triangles)]
    source, weight, side = (np.concatenate(arrays) for arrays in zip(*pieces))
    points = (vertices[source] * weight[..., None]).sum(1)
    lashes = len(points) // LEVELS
    half = 0.5 * WIDTH * np.linspace(1, 0.15, LEVELS)
    aside = side * np.tile(half, lashes)[:, None]
    ribbon = np.stack([points - aside, points + aside], 1).reshape(-1, 3)
    first = 2 * (np.arange(lashes)[:, None] * LEVELS + np.arange(LEVELS - 1)).ravel()
    faces = np.concatenate([first[:, None] + [0, 1, 3], first[:, None] + [0, 3, 2]])
    middle = np.full((len(faces), 3, 2), 0.5, np.float32)
    return ribbon, np.repeat(source, 2, 0), np.repeat(weight, 2, 0), faces, middle


def _strips(triangles: np.ndarray) -> list[np.ndarray]:
    """The rows of ``triangles`` of each connected piece."""
    ids, corner = np.unique(triangles, return_inverse=True)
    corner = corner.reshape(-1, 3)
    links = (np.r_[corner[:, 0], corner[:, 1]], np.r_[corner[:, 1], corner[:, 2]])
    graph = coo_matrix((np.ones(len(links[0])), links), shape=(len(ids), len(ids)))
    label = connected_components(graph, directed=False)[1][corner[:, 0]]
    return [np.flatnonzero(label == piece) for piece in range(label.max() + 1)]


def _strip(vertices, triangles, uv, eye_centre, count, generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    low, high = uv.reshape(-1, 2).min(0), uv.reshape(-1, 2).max(0)
    grid = (uv - low) / (high - low)
    distance = np.linalg.norm(vertices[triangles] - eye_centre, axis=2)
    if np.corrcoef(grid[..., 1].ravel(), distance.ravel())[0, 1] < 0:
        grid[..., 1] = 1 - grid[..., 1]
    along = (np.arange(count) + generator.uniform(0.1, 0.9, count)) / count
    length = generator.uniform(0.6, 0.95, count)
    lean = generator.normal(0, 0.02, count)
    step = np.linspace(0, 1, LEVELS)
    places = np.stack([np.clip(along[:, None] + lean[:, None] * step, 0.005, 0.995), length[:, None] * step], -1)
    source, weight = _locate(places.reshape(-1, 2), triangles, grid)
    points = (vertices[source] * weight[..., None]).sum(1).reshape(count, LEVELS, 3)
    growth = points[:, -1] - points[:, 0]
    roots = points[:, 0] - eye_centre
    side = np.cross(growth, roots)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    return source, weight, np.repeat(side, LEVELS, 0)


def _locate(places: np.ndarray, triangles: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices ``[N, 3]`` and weights ``[N, 3]`` of the triangle in which each place ``[N, 2]`` lies, or nearly."""
    origin, first, second = uv[:, 0], uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    offset = places[:, None] - origin
    b = (offset[..., 0] * second[:, 1] - offset[..., 1] * second[:, 0]) / area
    c = (first[:, 0] * offset[..., 1] - first[:, 1] * offset[..., 0]) / area
    weights = np.stack([1 - b - c, b, c], -1)
    best = weights.min(-1).argmax(1)
    chosen = np.clip(weights[np.arange(len(places)), best], 0, 1)
    return triangles[best], chosen / chosen.sum(1, keepdims=True)
