"""A small orthographic z-buffer in numpy, for landmark embedding and for pictures to look at."""

from __future__ import annotations

import numpy as np


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area-weighted unit normals ``[V, 3]``."""
    corners = vertices[triangles]
    face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], face)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)


def rasterize(image_points: np.ndarray, triangles: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Front-most triangle and barycentrics of every pixel.

    Args:
        image_points: ``[V, 3]`` x right, y down in pixels, third value grows towards the viewer.
        triangles: ``[T, 3]``.
        size: height and width of the picture.

    Returns:
        ``[size, size]`` triangle index or -1 and ``[size, size, 3]`` barycentrics.
    """
    corners = image_points[triangles]
    low = np.clip(np.floor(corners[:, :, :2].min(1)).astype(int), 0, size)
    high = np.clip(np.ceil(corners[:, :, :2].max(1)).astype(int), 0, size)
    extent = high - low
    count = extent.prod(1)
    owner = np.repeat(np.arange(len(triangles)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    x = low[owner, 0] + place % np.maximum(extent[owner, 0], 1)
    y = low[owner, 1] + place // np.maximum(extent[owner, 0], 1)
    barycentric = _barycentric(corners[owner], x + 0.5, y + 0.5)
    inside = (barycentric >= 0).all(1)
    owner, x, y, barycentric = owner[inside], x[inside], y[inside], barycentric[inside]
    depth = (corners[owner, :, 2] * barycentric).sum(1)
    order = np.argsort(depth, kind="stable")
    triangle_id = np.full((size, size), -1)
    weights = np.zeros((size, size, 3))
    triangle_id[y[order], x[order]] = owner[order]
    weights[y[order], x[order]] = barycentric[order]
    return triangle_id, weights


def _barycentric(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    a, b, c = corners[:, 0, :2], corners[:, 1, :2], corners[:, 2, :2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    safe = np.where(np.abs(area) < 1e-12, np.inf, area)
    first = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) / safe
    second = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) / safe
    result = np.stack([first, second, 1 - first - second], axis=1)
    result[np.isinf(safe)] = -1
    return result


def view(vertices: np.ndarray, size: int, centre: np.ndarray, half_height: float, yaw: float) -> np.ndarray:
    """Orthographic image points ``[V, 3]`` of a head turned by ``yaw`` radians about Y."""
    cosine, sine = np.cos(yaw), np.sin(yaw)
    turned = vertices - centre
    turned = turned @ np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
    scale = size / 2 / half_height
    return np.stack([size / 2 + turned[:, 0] * scale, size / 2 - turned[:, 1] * scale, turned[:, 2]], axis=1)


def render(
    vertices: np.ndarray,
    triangles: np.ndarray,
    colours: np.ndarray,
    *,
    size: int = 512,
    centre: np.ndarray | tuple[float, float, float] = (0.0, -0.02, 0.0),
    half_height: float = 0.15,
    yaw: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clay picture with soft frontal light.

    Args:
        vertices: ``[V, 3]`` metres.
        triangles: ``[T, 3]``.
        colours: ``[V, 3]`` per-vertex or ``[T, 3]`` per-triangle colour in 0..1.
        size, centre, half_height, yaw: the view; see `view`.

    Returns:
        Picture ``[size, size, 3]`` uint8, triangle ids and barycentrics as of `rasterize`.
    """
    points = view(vertices, size, np.asarray(centre), half_height, yaw)
    normals = vertex_normals(points * (1, -1, size / 2 / half_height), triangles)
    triangle_id, weights = rasterize(points, triangles, size)
    seen = triangle_id >= 0
    chosen = triangles[triangle_id[seen]]
    normal = (normals[chosen] * weights[seen][:, :, None]).sum(1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    light = np.array([0.25, 0.45, 0.86])
    shade = 0.25 + 0.75 * np.clip(normal @ light, 0, 1)
    if len(colours) == len(vertices):
        base = (colours[chosen] * weights[seen][:, :, None]).sum(1)
    else:
        base = colours[triangle_id[seen]]
    picture = np.full((size, size, 3), 0.35)
    picture[seen] = base * shade[:, None]
    return (np.clip(picture, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8), triangle_id, weights
