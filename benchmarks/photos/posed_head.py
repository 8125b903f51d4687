"""A fitted head as it stands in a photo, drawn small and quickly: any camera, its own or another head's skin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from core.camera import Camera, rotation_from_vector
from core.fitting.landmark_model import landmark_model
from core.fitting.teeth import TEETH_HEIGHT, with_teeth
from core.head import Head
from core.mapfiles import linear_from_srgb, read_png
from core.render.occlusion import radiance_transfer, self_shadow
from core.render.projection import TorchCamera, project
from core.render.rasterize import rasterize
from core.render.relight import EYE_GLOSS, TEETH, skin_maps
from core.render.scene import RenderMesh, render_head
from core.render.shading import Subsurface
from core.shape.morphable import load_model, split_quads

FACE_REACH = 0.095
"""Metres from the tip of the nose that count as the face, as the NoW challenge crops it."""
NOSE_TIP = 4
"""MediaPipe's landmark at the tip of the nose."""
PIVOT_DEPTH = 0.05
"""Metres behind the middle of the face about which a head is turned."""
OVERSAMPLING = 2


class Looks(NamedTuple):
    """What a head wears: textures of the skin, and of other parts by kind (see `core.render.scene.render_head`)."""

    skin: Mapping[str, Tensor]
    parts: Mapping[str, Mapping[str, Tensor]]

    @classmethod
    def of(cls, head: Head) -> Looks:
        """The maps in a head's folder."""
        parts = {"teeth": {"diffuse": torch.tensor(TEETH)}, "eye": {"specular": torch.tensor([EYE_GLOSS])}}
        if "eye_albedo" in head.maps:
            eyes = linear_from_srgb(read_png(head.maps["eye_albedo"]))
            parts["eye"]["diffuse"] = torch.from_numpy(np.ascontiguousarray(eyes.transpose(2, 0, 1)))
        return cls(skin_maps(head), parts)


class PosedHead:
    """One head with one photo's expression, camera and light.

    Args:
        head: From `read_head`.
        photo: Which of its photos.
        identity: Coefficients of the shape model that take the place of the head's own.
    """

    def __init__(self, head: Head, photo: int = 0, identity: np.ndarray | None = None) -> None:
        self.head, self.photo = head, photo
        self.identity = np.asarray(head.fit["identity"] if identity is None else identity, np.float32)
        vertices = load_model().vertices(self.identity, head.photo_expression[photo])
        self.vertices = with_teeth(load_model(), vertices, head.fit.get("extra", {}).get(TEETH_HEIGHT, 0.0))
        width, height = (int(side) for side in head.image_size[photo])
        self.camera = Camera(
            float(head.focal_px[photo]), head.principal_px[photo], width, height, head.camera_from_world[photo]
        )

    @property
    def light(self) -> Tensor:
        """``[25, 3]`` spherical harmonics of the light that was found in the photo."""
        return torch.tensor(self.head.fit["lighting"][self.photo], dtype=torch.float32)

    @cached_property
    def looks(self) -> Looks:
        """What the head itself wears."""
        return Looks.of(self.head)

    @cached_property
    def mesh(self) -> RenderMesh:
        """What is drawn of the head."""
        head = self.head
        return RenderMesh.build(
            split_quads(head.quads), split_quads(head.uv), np.repeat(head.quad_part, 2), head.part_names
        )

    @cached_property
    def shadow(self) -> Tensor:
        """``[V, 25]`` what the head hides from itself."""
        points = torch.from_numpy(self.vertices)
        return self_shadow(radiance_transfer(points, self.mesh.triangles), points, self.mesh.triangles)

    def landmarks(self, camera: Camera) -> np.ndarray:
        """``[478, 2]`` pixels where the fit has the landmarks; those of the outline where this camera sees it."""
        model = load_model()
        cut = landmark_model(model)
        coefficients = np.zeros(cut.basis.shape[2])
        coefficients[: cut.identities] = np.pad(self.identity, (0, cut.identities))[: cut.identities]
        coefficients[cut.identities :] = self.head.photo_expression[self.photo]
        places = cut.points(coefficients)[:, : cut.landmarks].T
        sliding = model.landmarks_478.contour
        slid = model.landmarks_478.slide(self.vertices, camera.camera_from_world).points(self.vertices)
        places[sliding] = slid[sliding]
        return camera.project(places)[0].astype(np.float32)

    def window(self, side: int, margin: float) -> tuple[Camera, tuple[int, int, int]]:
        """A square around the face, ``margin`` times as long as the face.

        Returns:
            Its camera at ``side`` pixels, and the square in the photo as (left, top, length); it may exceed it.
        """
        pixels, _ = self.camera.project(self.vertices[face_vertices(self.head)])
        low, high = pixels.min(0), pixels.max(0)
        length = int((high - low).max() * margin)
        left, top = (int(value) for value in np.round((low + high) / 2 - length / 2))
        # Scaled by whole sides: the square is exactly `side` pixels long.
        return self.camera.cropped(left, top, length, length).scaled(side / length), (left, top, length)

    def turned(self, camera: Camera, degrees: float) -> Camera:
        """The camera moved about the head's vertical axis; positive shows more of the person's left side."""
        turn = np.eye(4)
        turn[:3, :3] = rotation_from_vector(np.array([0.0, -np.radians(degrees), 0.0]))
        middle = self._middle - (0.0, 0.0, PIVOT_DEPTH)
        turn[:3, 3] = middle - turn[:3, :3] @ middle
        pose = camera.camera_from_world @ turn
        return Camera(camera.focal_px, camera.principal_px, camera.width, camera.height, pose)

    def less_seen_side(self) -> int:
        """1 when the camera sees less of the person's left side, else -1."""
        return -1 if (self.camera.position - self._middle)[0] > 0 else 1

    def draw(self, camera: Camera, looks: Looks | None = None, background: np.ndarray | None = None) -> np.ndarray:
        """Linear radiance ``[height, width, 3]`` under the photo's light.

        Args:
            camera: From where.
            looks: What the head wears; its own when None.
            background: ``[height, width, 3]`` linear; black when None.
        """
        fine, behind = camera.scaled(OVERSAMPLING), None
        looks = looks or self.looks
        if background is not None:
            behind = torch.from_numpy(cv2.resize(background, (fine.width, fine.height)))
        with torch.no_grad():
            image = render_head(
                torch.from_numpy(self.vertices),
                self.mesh,
                fine,
                looks.skin,
                self.light,
                None,
                behind,
                part_maps=looks.parts,
                self_shadow=self.shadow,
                subsurface=Subsurface(),
                edges=False,
            ).image
        return cv2.resize(image.numpy(), (camera.width, camera.height), interpolation=cv2.INTER_AREA)

    def face_pixels(self, camera: Camera) -> np.ndarray:
        """``[height, width]`` bool: pixels that show the skin of the face, up to 95 mm from the tip of the nose."""
        points = project(torch.from_numpy(self.vertices), TorchCamera.of(camera, torch.from_numpy(self.vertices)))
        seen = rasterize(points, self.mesh.triangles, camera.height, camera.width, cull_back_faces=True)
        skin = torch.tensor([name == "skin" for name in self.mesh.part_names])[self.mesh.triangle_part]
        inside = torch.from_numpy(face_vertices(self.head))[self.mesh.triangles].all(1) & skin
        return (inside[seen.clamp(min=0)] & (seen >= 0)).numpy()

    @cached_property
    def _middle(self) -> np.ndarray:
        return self.vertices[face_vertices(self.head)].mean(0)


def face_vertices(head: Head) -> np.ndarray:
    """``[V]`` bool: the face's skin up to :data:`FACE_REACH` from the tip of the nose, on the neutral head."""
    tip = load_model().landmarks_478.points(head.vertices)[NOSE_TIP]
    return head.regions["face"] & (np.linalg.norm(head.vertices - tip, axis=1) < FACE_REACH)


def cut(image: np.ndarray, square: tuple[int, int, int], side: int) -> np.ndarray:
    """A square (left, top, length) of an image ``[H, W]`` or ``[H, W, C]`` at ``side`` pixels; borders repeat."""
    left, top, length = square
    height, width = image.shape[:2]
    rows = np.clip(np.arange(top, top + length), 0, height - 1)
    columns = np.clip(np.arange(left, left + length), 0, width - 1)
    way = cv2.INTER_AREA if side < length else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image[np.ix_(rows, columns)]), (side, side), interpolation=way)
