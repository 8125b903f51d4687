"""The pinhole camera of a photo: projection, pose, and the focal length that a lens is sold under.

World is the head frame (metres, right-handed, Y up, the face looks to +Z). The camera frame has OpenCV axes
(x right, y down, z forward). Pixels are continuous: (0, 0) is the corner of the image, the centre of the
first pixel is (0.5, 0.5). Only numpy, so that Blender itself can import this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

FULL_FRAME_DIAGONAL_MM = float(np.hypot(36.0, 24.0))
"""Diagonal of the 24 x 36 mm frame that "35 mm equivalent" focal lengths refer to."""

FACING_CAMERA = np.diag([1.0, -1.0, -1.0])
"""Rotation `camera_from_world` of a camera that a head looks straight into."""


def focal_px_from_35mm(focal_35mm: float, width: int, height: int) -> float:
    """Focal length in pixels of a 35 mm equivalent one (equal diagonals, as camera makers compute it)."""
    return focal_35mm * float(np.hypot(width, height)) / FULL_FRAME_DIAGONAL_MM


def focal_35mm_from_px(focal_px: float, width: int, height: int) -> float:
    """35 mm equivalent of a focal length in pixels (inverse of `focal_px_from_35mm`)."""
    return focal_px * FULL_FRAME_DIAGONAL_MM / float(np.hypot(width, height))


def cross_matrix(vector: np.ndarray) -> np.ndarray:
    """Matrix [..., 3, 3] with `cross_matrix(a) @ b == cross(a, b)` for vectors `a` [..., 3]."""
    vector = np.asarray(vector)
    matrix = np.zeros((*vector.shape, 3), vector.dtype)
    matrix[..., 0, 1], matrix[..., 0, 2] = -vector[..., 2], vector[..., 1]
    matrix[..., 1, 0], matrix[..., 1, 2] = vector[..., 2], -vector[..., 0]
    matrix[..., 2, 0], matrix[..., 2, 1] = -vector[..., 1], vector[..., 0]
    return matrix


def rotation_from_vector(vector: np.ndarray) -> np.ndarray:
    """Rotation matrix [3, 3] of a rotation vector [3] (axis times angle in radians; Rodrigues' formula)."""
    vector = np.asarray(vector, np.float64)
    angle = float(np.linalg.norm(vector))
    cross = cross_matrix(vector)
    if angle < 1e-6:  # the closed form divides by the angle; its series is exact to double precision here
        return np.eye(3) + cross + 0.5 * cross @ cross
    return np.eye(3) + np.sin(angle) / angle * cross + (1.0 - np.cos(angle)) / angle**2 * cross @ cross


def nearest_rotation(matrix: np.ndarray) -> np.ndarray:
    """Rotation closest to a [3, 3] matrix in the Frobenius norm (orthogonal Procrustes)."""
    left, _, right = np.linalg.svd(matrix)
    return left @ np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))]) @ right


@dataclass(frozen=True, eq=False)
class Camera:
    """A full perspective camera without lens distortion.

    Attributes:
        focal_px: focal length in pixels, the same in x and y (square pixels).
        principal_px: [2] pixel that the optical axis goes through.
        width: image width in pixels.
        height: image height in pixels.
        camera_from_world: [4, 4] rigid transform from the head frame (metres) to OpenCV camera axes.
    """

    focal_px: float
    principal_px: np.ndarray
    width: int
    height: int
    camera_from_world: np.ndarray

    def __post_init__(self) -> None:
        principal = np.array(self.principal_px, np.float64).reshape(2)
        matrix = np.array(self.camera_from_world, np.float64).reshape(4, 4)
        object.__setattr__(self, "focal_px", float(self.focal_px))
        object.__setattr__(self, "principal_px", principal)
        object.__setattr__(self, "camera_from_world", matrix)

    @property
    def rotation(self) -> np.ndarray:
        """[3, 3] rotation from world to camera axes."""
        return self.camera_from_world[:3, :3]

    @property
    def translation(self) -> np.ndarray:
        """[3] the world's origin in camera coordinates, metres."""
        return self.camera_from_world[:3, 3]

    @property
    def position(self) -> np.ndarray:
        """[3] the camera's centre of projection in the world, metres."""
        return -self.rotation.T @ self.translation

    @property
    def focal_35mm(self) -> float:
        """35 mm equivalent focal length, from the image diagonal."""
        return focal_35mm_from_px(self.focal_px, self.width, self.height)

    def transform(self, points: np.ndarray) -> np.ndarray:
        """World points [N, 3] in camera coordinates [N, 3], metres."""
        return points @ self.rotation.T + self.translation

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [N, 2] and depths [N] (metres along the optical axis) of world points [N, 3].

        A point is in front of the camera where its depth is positive; the pixel means nothing elsewhere.
        """
        in_camera = self.transform(points)
        depth = in_camera[:, 2]
        return self.focal_px * in_camera[:, :2] / depth[:, None] + self.principal_px, depth

    def scaled(self, factor: float) -> Camera:
        """The camera of the same photo resized by `factor` (sizes are rounded to whole pixels)."""
        return replace(
            self,
            focal_px=self.focal_px * factor,
            principal_px=self.principal_px * factor,
            width=max(1, round(self.width * factor)),
            height=max(1, round(self.height * factor)),
        )

    def cropped(self, x0: float, y0: float, width: int, height: int) -> Camera:
        """The camera of the window with top-left corner (x0, y0); the window may exceed the image."""
        principal = self.principal_px - np.array([x0, y0], np.float64)
        return replace(self, principal_px=principal, width=width, height=height)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, ready for JSON."""
        return {
            "focal_px": self.focal_px,
            "principal_px": self.principal_px.tolist(),
            "width": int(self.width),
            "height": int(self.height),
            "camera_from_world": self.camera_from_world.tolist(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Camera:
        """The camera that `to_dict` wrote."""
        return cls(
            focal_px=data["focal_px"],
            principal_px=np.asarray(data["principal_px"]),
            width=int(data["width"]),
            height=int(data["height"]),
            camera_from_world=np.asarray(data["camera_from_world"]),
        )
