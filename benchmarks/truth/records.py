"""Reads the truth data set: one object for a photo, whose arrays are loaded when they are asked for."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.camera import Camera

from .truth_head import PARTS


@dataclass(frozen=True)
class HeadRecord:
    """A head's folder. Shape: as :class:`~.truth_head.TruthHead`, neutral; maps over its UVs."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @functools.cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / "truth.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    family = property(lambda self: str(self._arrays["family"]))
    tone = property(lambda self: int(self._arrays["tone"]))
    seed = property(lambda self: int(self._arrays["seed"]))
    vertices = property(lambda self: self._arrays["vertices"], doc="``[V, 3]`` metres, neutral.")
    triangles = property(lambda self: self._arrays["triangles"], doc="``[T, 3]``.")
    uv = property(lambda self: self._arrays["uv"], doc="``[T, 3, 2]`` per corner.")
    part = property(lambda self: self._arrays["part"], doc="``[T]`` index into ``PARTS``.")
    face = property(lambda self: self._arrays["face"], doc="``[V]`` bool, the face as NoW crops it.")
    landmarks_68 = property(lambda self: self._arrays["landmarks_68"], doc="``[68]`` vertices, -1 where unknown.")
    hair_colour = property(lambda self: self._arrays["hair_colour"], doc="``[3]`` linear.")

    @functools.cached_property
    def skin_colour(self) -> np.ndarray:
        """``[3]`` linear, mean albedo of the face."""
        corners = self.uv[(self.part == PARTS.index("skin")) & self.face[self.triangles].all(1)].reshape(-1, 2)
        size = len(self.albedo)
        row, column = np.clip(((1 - corners[:, 1]) * size, corners[:, 0] * size), 0, size - 1).astype(int)
        return self.albedo[row, column].mean(0)

    @property
    def skin_triangles(self) -> np.ndarray:
        """``[Ts, 3]``."""
        return self.triangles[self.part == PARTS.index("skin")]

    @functools.cached_property
    def albedo(self) -> np.ndarray:
        """``[S, S, 3]`` float32, linear; row 0 is v = 1."""
        return _linear(cv2.imread(str(self.folder / "albedo.png"))[:, :, ::-1])

    @functools.cached_property
    def eye_albedo(self) -> np.ndarray:
        """``[E, E, 3]`` float32, linear."""
        return _linear(cv2.imread(str(self.folder / "eye_albedo.png"))[:, :, ::-1])

    @functools.cached_property
    def specular(self) -> np.ndarray:
        """``[S, S]`` Specular IOR Level."""
        return _grey(self.folder / "specular.png")

    @functools.cached_property
    def roughness(self) -> np.ndarray:
        """``[S, S]`` roughness of the Principled shader."""
        return _grey(self.folder / "roughness.png")

    @functools.cached_property
    def height(self) -> np.ndarray:
        """``[S, S]`` metres: pores and wrinkles that the mesh does not hold."""
        return np.load(self.folder / "height.npy").astype(np.float32)


@dataclass(frozen=True)
class HeldOut:
    """A picture of the true head under a light that no method has seen.

    Attributes:
        image: ``[h, w, 4]`` float32 linear radiance, colour multiplied by alpha (coverage).
        camera: whose picture it is.
        light: name of one of bpy's own environments.
        rotation_degrees, strength: of that environment (Blender's Mapping node, Z).
        view: ``"photo"`` or ``"turned"``.
    """

    image: np.ndarray
    camera: Camera
    light: str
    rotation_degrees: float
    strength: float
    view: str


@dataclass(frozen=True)
class TruthPhoto:
    """One photo and all that is known of it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def path(self) -> Path:
        """The only file that a method under test may read."""
        return self.folder / "photo.jpg"

    @functools.cached_property
    def meta(self) -> dict[str, Any]:
        """How the photo was made, see ``dataset.py``."""
        return json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))

    @functools.cached_property
    def head(self) -> HeadRecord:
        return _head(self.folder.parent.parent / "heads" / self.meta["head"])

    @functools.cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / "truth.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files}

    posed = property(lambda self: self._arrays["posed"], doc="``[V, 3]`` metres, as in the photo.")
    focal_px = property(lambda self: float(self._arrays["focal_px"]))
    principal_px = property(lambda self: self._arrays["principal_px"])
    width = property(lambda self: int(self._arrays["width"]))
    height = property(lambda self: int(self._arrays["height"]))
    camera_from_world = property(lambda self: self._arrays["camera_from_world"])
    object_index = property(
        lambda self: self._arrays["object_index"],
        doc="``[H, W]`` 0 nothing, 1 skin, 2 eye, 3 mouth or teeth, 4 hair or lashes, 5 glasses, 6 hand.",
    )
    family = property(lambda self: self.meta["family"])
    tone = property(lambda self: self.meta["tone"])
    group = property(lambda self: self.meta["group"])
    smiling = property(lambda self: self.meta["smiling"])
    yaw_degrees = property(lambda self: self.meta["yaw_degrees"])
    light_kind = property(lambda self: self.meta["light_kind"])

    @property
    def camera(self) -> Camera:
        """The true camera."""
        return _camera(self._arrays)

    @functools.cached_property
    def relit(self) -> list[HeldOut]:
        """The held-out pictures: the photo's view, then the turned one."""
        return [_held_out(path) for path in sorted((self.folder / "relit").glob("*.npz"))]


@functools.lru_cache(maxsize=64)
def _head(folder: Path) -> HeadRecord:
    return HeadRecord(folder)


def _held_out(path: Path) -> HeldOut:
    with np.load(path, allow_pickle=False) as file:
        return HeldOut(
            image=file["image"].astype(np.float32),
            camera=_camera(file),
            light=str(file["light"]),
            rotation_degrees=float(file["rotation_degrees"]),
            strength=float(file["strength"]),
            view=str(file["view"]),
        )


def _camera(arrays: Any) -> Camera:
    width, height = int(arrays["width"]), int(arrays["height"])
    return Camera(float(arrays["focal_px"]), arrays["principal_px"], width, height, arrays["camera_from_world"])


def _linear(encoded: np.ndarray) -> np.ndarray:
    value = encoded.astype(np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _grey(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return picture.astype(np.float32) / np.iinfo(picture.dtype).max
