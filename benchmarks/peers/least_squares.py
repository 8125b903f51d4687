"""The textbook fit of a shape model to landmarks: a scaled orthographic camera and ridge regression, in turn.

No tuned priors, no contours, no perspective, no robust weights: what a course on 3D morphable models ends with.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.metrics import Fitted
from core.camera import nearest_rotation
from core.shape.morphable import load_model

from .seen import look, of_model

ROUNDS = 10
LANDMARK_NOISE = 0.02
"""Standard deviation of a landmark over the width of the face's landmarks; coefficients have one of 1."""


@lru_cache(maxsize=1)
def linear_landmarks() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices [N] of the landmarks with a fixed place on the model, their mean [N, 3] and modes [K, N, 3]."""
    model = load_model()
    marks = model.landmarks_478
    usable = np.flatnonzero((marks.weight > 0) & ~marks.contour)
    modes = np.concatenate([marks.points(basis) for basis in (model.identity_basis, model.expression_basis)])
    return usable, marks.points(model.mean)[usable].astype(np.float64), modes[:, usable].astype(np.float64)


def fit(photo: Path) -> Fitted:
    """Shape and expression of our model by linear least squares."""
    model = load_model()
    usable, mean, modes = linear_landmarks()
    coefficients = solve(look(photo).landmarks.points[usable].astype(np.float64), mean, modes)
    identity, expression = np.split(coefficients, [len(model.identity_basis)])
    return of_model(model.vertices(identity, expression), model.vertices(identity))


def solve(target: np.ndarray, mean: np.ndarray, modes: np.ndarray) -> np.ndarray:
    """Coefficients [K] of the modes.

    Args:
        target: [N, 2] pixels, y down.
        mean: [N, 3]; modes: [K, N, 3].
    """
    noise = LANDMARK_NOISE * float(np.ptp(target[:, 0]))
    coefficients = np.zeros(len(modes))
    for _ in range(ROUNDS):
        camera, shift = orthographic(mean + np.tensordot(coefficients, modes, 1), target)
        design = np.einsum("ab,knb->nak", camera, modes).reshape(-1, len(modes)) / noise
        residual = (target - mean @ camera.T - shift).ravel() / noise
        coefficients = np.linalg.solve(design.T @ design + np.eye(len(modes)), design.T @ residual)
    return coefficients


def orthographic(points: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The scaled orthographic camera ([2, 3] and [2]) nearest to the best affine one that maps points to pixels."""
    design = np.column_stack([points - points.mean(0), np.ones(len(points))])
    affine = np.linalg.lstsq(design, target, rcond=None)[0]
    rows = affine[:3].T
    scale = np.linalg.norm(rows, axis=1).mean()
    rotation = nearest_rotation(np.vstack([rows, np.cross(rows[0], rows[1]) / scale]))
    camera = scale * rotation[:2]
    return camera, target.mean(0) - camera @ points.mean(0)
