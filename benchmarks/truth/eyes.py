"""Eyeballs of one kind for every source: a white with an iris in it, under a clear cornea, in one layout of UVs."""

from __future__ import annotations

import numpy as np

IRIS_RADIUS = 0.0059
"""Metres; people's irises differ by half a millimetre only."""
TILE_DEGREES = 110.0
"""Angle from the pupil's axis that the edge of the eyes' tile stands for."""


def eye_uv(points: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """UVs ``[..., 2]`` of points on an eyeball: the angle from the axis of sight is the distance from the middle.

    Args:
        points: ``[..., 3]`` on an eye that looks to +Z.
        centre: ``[3]`` of the eyeball.
    """
    offset = points - centre
    aside = np.hypot(offset[..., 0], offset[..., 1])
    angle = np.degrees(np.arctan2(aside, offset[..., 2]))
    radius = 0.5 * np.minimum(angle / TILE_DEGREES, 0.98)
    return 0.5 + offset[..., :2] * (radius / np.maximum(aside, 1e-9))[..., None]


def iris_uv_radius(radius: float) -> float:
    """The iris's radius in UVs on an eyeball of a radius in metres."""
    return 0.5 * float(np.degrees(np.arcsin(IRIS_RADIUS / radius))) / TILE_DEGREES


def sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre ``[3]`` and radius of the sphere through points ``[N, 3]`` (least squares)."""
    system = np.concatenate([2 * points, np.ones((len(points), 1))], 1)
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    return solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


def flatten_iris(points: np.ndarray, centre: np.ndarray, rim: float) -> np.ndarray:
    """The iris behind a cornea: the cornea's points ``[N, 3]`` pushed back to a shallow funnel.

    Args:
        points: of the shell, eye looking to +Z.
        centre: ``[3]`` of the eyeball.
        rim: metres from the axis at which iris and shell meet.
    """
    aside = np.hypot(*(points - centre)[:, :2].T)
    edge = points[np.abs(aside - rim) < 0.0012, 2]
    level = float(edge.mean() if len(edge) else points[:, 2].min()) - 0.0004
    depth = 0.0005 * (1 - np.minimum(aside / rim, 1))
    result = points.copy()
    result[:, 2] = np.minimum(points[:, 2] - 0.0001, level - depth)
    return result
