"""How far the camera that a method found is from the true one, and where it puts the landmarks."""

from __future__ import annotations

import numpy as np

from core.camera import Camera

from .geometry import Similarity, angle_degrees, normalised, rotation_degrees

INNER_LANDMARKS = slice(17, 68)
"""Brows, nose, eyes and mouth. The jaw line's 17 points have no place of their own on a surface."""


def camera_error(fitted: Camera, truth: Camera, true_from_fitted: Similarity, centre: np.ndarray) -> dict[str, float]:
    """Focal length, distance and direction of the camera, seen from the head.

    Args:
        fitted: in the fitted head's frame; its picture may be a resized copy of the true one.
        truth: in the true head's frame.
        true_from_fitted: what aligns the heads.
        centre: [3] middle of the true face, to which distances are measured.

    Returns:
        ``focal_ratio`` and ``distance_ratio`` (fitted over true), the absolute values of their logarithms in percent
        as ``focal_percent`` and ``distance_percent``; when the heads lie upon each other, ``view_degrees`` is the angle
        between the directions from which the cameras see the face, and ``camera_degrees`` that of the rotation between
        the cameras (a wrong focal length turns a camera, too, when the face is not in the picture's middle).
    """
    focal = fitted.focal_px / fitted.width / (truth.focal_px / truth.width)
    seat = true_from_fitted.apply(fitted.position)
    found, expected = seat - centre, truth.position - centre
    distance = float(np.linalg.norm(found) / np.linalg.norm(expected))
    turned = fitted.rotation @ true_from_fitted.rotation.T
    return {
        "focal_ratio": float(focal),
        "focal_percent": 100 * abs(float(np.log(focal))),
        "distance_ratio": distance,
        "distance_percent": 100 * abs(float(np.log(distance))),
        "view_degrees": float(angle_degrees(normalised(found), normalised(expected))),
        "camera_degrees": rotation_degrees(turned, truth.rotation),
    }


def landmark_error(
    fitted_points: np.ndarray, fitted: Camera, true_points: np.ndarray, truth: Camera, eye_distance: float
) -> dict[str, float]:
    """Mean distance of the inner landmarks in the picture.

    Args:
        fitted_points: [68, 3] on the fitted head; true_points: [68, 3] on the true one. Not a number where unknown.
        fitted: camera of the fitted head; truth: the true camera.
        eye_distance: metres between the outer corners of the true eyes.

    Returns:
        ``landmarks_px`` in the photo's pixels and ``landmarks_eye_percent``, the same over the eye distance as it would
        be seen from the front at the head's depth. Empty when fewer than six landmarks are known to both.
    """
    known = np.isfinite(fitted_points).all(1) & np.isfinite(true_points).all(1)
    known[: INNER_LANDMARKS.start] = False
    if known.sum() < 6:
        return {}
    found, _ = fitted.project(fitted_points[known])
    expected, depth = truth.project(true_points[known])
    found = found * (truth.width / fitted.width, truth.height / fitted.height)
    error = float(np.linalg.norm(found - expected, axis=1).mean())
    return {
        "landmarks_px": error,
        "landmarks_eye_percent": 100 * error / (truth.focal_px * eye_distance / float(depth.mean())),
    }
