"""The result of fitting a head to photos: everything that is needed to render it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..camera import Camera


@dataclass(frozen=True, eq=False)
class Fit:
    """Parameters of one head seen in P photos.

    Stages take a fit and give back a new one (`dataclasses.replace`); nothing is changed in place.

    Attributes:
        identity: [K] coefficients of the shape model, 1 = one standard deviation; shared by all photos.
        expressions: [P, E] expression coefficients in [0, 1], one row a photo.
        cameras: P cameras, one a photo.
        lighting: per photo, spherical harmonic coefficients [9 or 25, 3] of the linear environment light;
            None until the light was estimated.
        albedo: [A] coefficients of the reflectance prior; None until they were estimated.
        extra: named arrays that later stages keep with the fit (for instance a generator's code).
    """

    identity: np.ndarray
    expressions: np.ndarray
    cameras: tuple[Camera, ...]
    lighting: tuple[np.ndarray, ...] | None = None
    albedo: np.ndarray | None = None
    extra: Mapping[str, np.ndarray] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and dictionaries, ready for `fit.json`."""
        return {
            "identity": self.identity.tolist(),
            "expressions": self.expressions.tolist(),
            "cameras": [camera.to_dict() for camera in self.cameras],
            "lighting": None if self.lighting is None else [light.tolist() for light in self.lighting],
            "albedo": None if self.albedo is None else self.albedo.tolist(),
            "extra": {name: np.asarray(array).tolist() for name, array in self.extra.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Fit:
        """The fit that `to_dict` wrote; arrays come back as float32 (cameras as float64)."""
        lighting, albedo = data.get("lighting"), data.get("albedo")
        cameras = tuple(Camera.from_dict(camera) for camera in data["cameras"])
        return cls(
            identity=np.asarray(data["identity"], np.float32),
            expressions=np.asarray(data["expressions"], np.float32).reshape(len(cameras), -1),
            cameras=cameras,
            lighting=None if lighting is None else tuple(np.asarray(light, np.float32) for light in lighting),
            albedo=None if albedo is None else np.asarray(albedo, np.float32),
            extra={name: np.asarray(array, np.float32) for name, array in data.get("extra", {}).items()},
        )
