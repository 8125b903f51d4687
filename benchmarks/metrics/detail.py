"""Normals with the fine relief that maps add: a normal map on the fitted head, a height map on the true one."""

from __future__ import annotations

import numpy as np

from .geometry import normalised
from .textures import at_map_size, sampled


def with_normal_map(normal: np.ndarray, corner: np.ndarray, corner_uv: np.ndarray, mapped: np.ndarray) -> np.ndarray:
    """Unit normals [N, 3] of a surface with a tangent-space normal map (+x along u, +y along v).

    Args:
        normal: [N, 3] smooth normals.
        corner: [N, 3, 3] the triangle of each point; corner_uv: [N, 3, 2] its UVs.
        mapped: [N, 3] the map's values in [-1, 1].
    """
    along_u, along_v = _uv_gradients(corner, corner_uv)
    # The tangent lies in the surface, square to the gradient of v; Gram-Schmidt as renderers do.
    tangent = np.cross(along_v, np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]))
    tangent *= np.sign((tangent * along_u).sum(1, keepdims=True))
    tangent = normalised(tangent - normal * (tangent * normal).sum(1, keepdims=True))
    bitangent = np.cross(normal, tangent)
    bitangent *= np.where((bitangent * along_v).sum(1, keepdims=True) < 0, -1.0, 1.0)
    return normalised(tangent * mapped[:, :1] + bitangent * mapped[:, 1:2] + normal * mapped[:, 2:])


def with_height_map(
    normal: np.ndarray, corner: np.ndarray, corner_uv: np.ndarray, height: np.ndarray, uv: np.ndarray
) -> np.ndarray:
    """Unit normals [N, 3] of a surface raised by a height map [S, S] in metres, at UVs [N, 2]."""
    height = at_map_size(np.asarray(height, np.float32))
    slope_v, slope_u = np.gradient(height.astype(np.float64))
    slopes = np.stack([slope_u * height.shape[1], -slope_v * height.shape[0]], -1)  # row 0 is v = 1
    slope = sampled(slopes, uv)
    along_u, along_v = _uv_gradients(corner, corner_uv)
    return normalised(normal - along_u * slope[:, :1] - along_v * slope[:, 1:])


def _uv_gradients(corner: np.ndarray, corner_uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients [N, 3] of u and of v along the surface of triangles [N, 3, 3], per metre."""
    side_1, side_2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    normal = np.cross(side_1, side_2)
    squared = np.maximum((normal**2).sum(1, keepdims=True), 1e-30)
    dual_1, dual_2 = np.cross(side_2, normal) / squared, np.cross(normal, side_1) / squared
    step_1, step_2 = corner_uv[:, 1] - corner_uv[:, 0], corner_uv[:, 2] - corner_uv[:, 0]
    return tuple(dual_1 * step_1[:, i : i + 1] + dual_2 * step_2[:, i : i + 1] for i in (0, 1))
