"""The pinhole camera in torch: differentiable in the vertices, the pose and the focal length."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class CameraLike(Protocol):
    """What rendering needs of a camera; `core.camera.Camera` and `TorchCamera` both have it.

    The world is the head frame; `camera_from_world` [4, 4] leads to OpenCV axes (x right, y down, z
    forward); lengths in metres, `focal_px` and `principal_px` [2] in pixels with centres at 0.5.
    """

    @property
    def focal_px(self): ...
    @property
    def principal_px(self): ...
    @property
    def camera_from_world(self): ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


class TorchCamera(NamedTuple):
    """A camera whose parameters are tensors, so that gradients reach them."""

    focal_px: Tensor
    principal_px: Tensor
    camera_from_world: Tensor
    width: int
    height: int

    @classmethod
    def of(cls, camera: CameraLike, like: Tensor) -> TorchCamera:
        """The same camera in the precision and on the device of `like`; keeps the graph of tensors."""
        focal, principal, pose = (
            torch.as_tensor(value, dtype=like.dtype, device=like.device)
            for value in (camera.focal_px, camera.principal_px, camera.camera_from_world)
        )
        return cls(focal, principal, pose, camera.width, camera.height)

    @property
    def position(self) -> Tensor:
        """[3] the centre of projection in the world."""
        return -self.camera_from_world[:3, :3].t() @ self.camera_from_world[:3, 3]


def project(vertices: Tensor, camera: CameraLike) -> Tensor:
    """x, y in pixels and depth in metres [V, 3] of world points [V, 3].

    Points at or behind the camera get coordinates that mean nothing; `rasterize` drops their triangles.
    """
    view = TorchCamera.of(camera, vertices)
    local = vertices @ view.camera_from_world[:3, :3].t() + view.camera_from_world[:3, 3]
    depth = local[:, 2:]
    safe = torch.where(depth.abs() < 1e-6, torch.full_like(depth, 1e-6), depth)
    return torch.cat([local[:, :2] / safe * view.focal_px + view.principal_px, depth], 1)
