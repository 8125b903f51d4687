"""Where an expression presses the skin into folds."""

from __future__ import annotations

import numpy as np

FOLD_START, FOLD_RANGE = 0.04, 0.12
"""Shortening of the skin (logarithm) at which folds begin, and over which they come to their full depth."""
LEAST_SIDE = 1e-7
"""Metres; no triangle is taken for thinner."""


def folds(triangles: np.ndarray, neutral: np.ndarray, posed: np.ndarray) -> np.ndarray:
    """Return how far an expression presses the skin into folds at each vertex [V], in [0,1].

    Skin that is shortened in one direction folds across it: beside a smile, below a squint, above raised brows. The
    mesh is too coarse to fold, so in a photo the folds would pass for dark lines on the skin.

    Args:
        triangles: [T,3] of the mesh.
        neutral: [V,3] without expression.
        posed: [V,3] with it.
    """
    stretch = _in_plane(posed, triangles) @ np.linalg.inv(_in_plane(neutral, triangles))
    shortest = np.log(np.maximum(np.linalg.svd(stretch, compute_uv=False)[:, 1], 1e-3))
    total, count = np.zeros((2, len(neutral)))
    for corner in triangles.T:
        total += np.bincount(corner, shortest, len(neutral))
        count += np.bincount(corner, minlength=len(neutral))
    pressed = -total / np.maximum(count, 1)
    return np.clip((pressed - FOLD_START) / FOLD_RANGE, 0, 1).astype(np.float32)


def _in_plane(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return two sides of each triangle as the columns of a matrix in its own plane, [T,2,2]."""
    first, second = (vertices[triangles[:, corner]] - vertices[triangles[:, 0]] for corner in (1, 2))
    along = np.maximum(np.linalg.norm(first, axis=1), LEAST_SIDE)
    across = np.maximum(np.linalg.norm(np.cross(first, second), axis=1) / along, LEAST_SIDE)
    slant = np.einsum("tc,tc->t", first, second) / along
    return np.stack([np.stack([along, slant], -1), np.stack([np.zeros_like(along), across], -1)], 1)
