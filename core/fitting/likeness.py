"""Whether the drawn head is taken for the person in the photo, as a function of its maps and light.

In the photo's own pose only skin is drawn, over the photo: hair, eyes and glasses are the photo's and cannot be
blamed. From another side, in another light and with another expression (GANFIT's second picture, arXiv 1902.05978) the
whole head is drawn: a likeness that holds only where the photo was taken is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from ..camera import Camera, rotation_from_vector
from ..completion.complete import TYPICAL_ALBEDO
from ..photos.recognition import FIVE_POINTS, RecognitionNetwork, face_chip
from ..photos.views import View
from ..reflectance.generator import GeneratedMaps
from ..render.interpolate import barycentric, interpolate, interpolate_corners
from ..render.projection import project
from ..render.rasterize import rasterize
from ..render.scene import RenderMesh, render_head
from ..render.texture import sample
from ..shape.morphable import MorphableModel
from .appearance import LEAST_SHADING
from .losses import Recognised, encoded

SIDE = 192
"""Pixels of the drawn window; the recogniser sees 150."""
MARGIN = 1.45
TURN, LIFT = 0.6, 0.25
"""Radians by which the second picture's camera turns about the head at most, aside and up."""
GREY = 0.3


@dataclass(frozen=True, eq=False)
class StillFace:
    """One photo's window with everything that does not change with the maps.

    Attributes:
        photo: [3, W, W] linear light.
        pixels: [N] flat indices of the pixels that show skin.
        share: [N] how far they do.
        uv: [N, 2].
        transfer, gloss: [N, 25] from light to what a white, and a glossy, surface shows.
        points: [478, 2] landmarks in the window's pixels.
        target: the person in the photo.
    """

    photo: Tensor
    pixels: Tensor
    share: Tensor
    uv: Tensor
    transfer: Tensor
    gloss: Tensor
    points: np.ndarray
    target: Recognised

    @classmethod
    def of_view(
        cls,
        model: MorphableModel,
        mesh: RenderMesh,
        view: View,
        network: RecognitionNetwork,
        device: torch.device | str,
    ) -> StillFace:
        """The window around the face in one photo."""
        camera, window = face_window(model, view)
        photo, skin = (_cut(image, window) for image in (view.photo.linear, view.skin))
        vertices = torch.from_numpy(view.vertices).to(device)
        points_px = project(vertices, camera)
        seen = rasterize(points_px, mesh.triangles, camera.height, camera.width, cull_back_faces=True)
        pixels, weights = barycentric(points_px, mesh.triangles, seen)
        triangle = seen.flatten()[pixels]
        share = torch.from_numpy(skin).to(device).flatten()[pixels]
        drawn = (mesh.triangle_part[triangle] == mesh.part_names.index("skin")) & (share > 0.05)
        pixels, weights, triangle, share = pixels[drawn], weights[drawn], triangle[drawn], share[drawn]
        corners = mesh.triangles[triangle]
        hidden = torch.from_numpy(1 - view.transfer[:, 0] * np.sqrt(4 * np.pi)).clamp(0, 0.95).float()
        transfer, gloss = (torch.from_numpy(values).float() for values in (view.transfer, view.gloss))
        carried = torch.cat([transfer / (1 - TYPICAL_ALBEDO * hidden[:, None]), gloss], 1)
        values = interpolate(carried.to(device), corners, weights)
        uv = interpolate_corners(mesh.triangle_uv, triangle, weights)
        points = ((view.landmarks.points - window[:2]) * (SIDE / window[2])).astype(np.float32)
        linear = torch.from_numpy(np.ascontiguousarray(photo.transpose(2, 0, 1))).to(device)
        target = Recognised(network, face_chip(encoded(linear).clamp(0, 1), points))
        return cls(linear, pixels, share, uv, values[:, :25], values[:, 25:], points, target)

    def chip(self, log_albedo: Tensor, light: Tensor) -> Tensor:
        """The face [1, 3, 150, 150] as the recogniser sees it, drawn with a map [1, 3, S, S] in a light [25, 3]."""
        albedo = sample(log_albedo[0], self.uv).exp()
        drawn = albedo * (self.transfer @ light).clamp(min=LEAST_SHADING) + (self.gloss @ light).clamp(min=0)
        flat = self.photo.flatten(1)
        mixed = torch.lerp(flat[:, self.pixels], drawn.t(), self.share)
        picture = flat.index_copy(1, self.pixels, mixed).view_as(self.photo)
        return face_chip(encoded(picture).clamp(max=1.0), self.points)


class Likeness:
    """Identity and content loss of a head against its photos.

    Args:
        model: the shape model.
        views: the photos with posed heads and traced light.
        network: the recogniser.
        eyes: [3, E, E] linear albedo of the eyes for the second picture; without it there is none.
        seed: of the second picture's poses.
        device: where it runs.
    """

    def __init__(
        self,
        model: MorphableModel,
        views: Sequence[View],
        network: RecognitionNetwork,
        eyes: Tensor | None = None,
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self._model, self._views, self._network, self._eyes = model, views, network, eyes
        self._mesh = RenderMesh.of_model(model, device)
        self._faces = [StillFace.of_view(model, self._mesh, view, network, device) for view in views]
        self._random = np.random.default_rng(seed)

    def compare(self, maps: GeneratedMaps, lights: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
        """Identity and content loss (see `losses.Recognised.compare`), averaged over the photos."""
        found = [
            face.target.compare(face.chip(maps.log_albedo, _tensor(light, maps)))
            for face, light in zip(self._faces, lights, strict=True)
        ]
        identity, content = (torch.stack(values).mean() for values in zip(*found))
        if self._eyes is not None:
            identity = identity + self.turned(maps, lights)
        return identity, content

    def turned(self, maps: GeneratedMaps, lights: Sequence[np.ndarray]) -> Tensor:
        """Identity loss of one photo's head from another side, in a light turned about it."""
        number = int(self._random.integers(len(self._views)))
        view, face = self._views[number], self._faces[number]
        camera = _around(face_window(self._model, view)[0], view, self._random)
        light = torch.zeros_like(_tensor(lights[number], maps))
        light[:4] = _tensor(lights[number], maps)[:4] * _tensor(self._random.uniform(0.6, 1.2, (4, 1)), maps)
        vertices = torch.from_numpy(view.vertices).to(light)
        drawn = render_head(
            vertices,
            self._mesh,
            camera,
            material(maps),
            light,
            background=light.new_full((camera.height, camera.width, 3), GREY),
            part_maps={"eye": {"diffuse": self._eyes}},
            edges=False,
        ).image
        chip = face_chip(encoded(drawn.permute(2, 0, 1)).clamp(max=1.0), _drawn_points(self._model, view, camera))
        return face.target.distance(chip)


def material(maps: GeneratedMaps) -> Mapping[str, Tensor]:
    """A generated person's maps as `render_head` takes them."""
    slopes = maps.slopes[0]
    normal = torch.nn.functional.normalize(torch.cat([slopes, torch.ones_like(slopes[:1])]), dim=0)
    return {"diffuse": maps.albedo[0], "specular": maps.specular[0], "roughness": maps.roughness[0], "normal": normal}


def face_window(model: MorphableModel, view: View) -> tuple[Camera, tuple[int, int, int]]:
    """The camera of a square window around the face, :data:`SIDE` pixels wide, and its left, top and length."""
    pixels, _ = view.camera.project(view.vertices[model.regions["face"]])
    low, high = pixels.min(0), pixels.max(0)
    length = int((high - low).max() * MARGIN)
    left, top = (int(value) for value in np.round((low + high) / 2 - length / 2))
    return view.camera.cropped(left, top, length, length).scaled(SIDE / length), (left, top, length)


def _around(camera: Camera, view: View, random: np.random.Generator) -> Camera:
    turn, lift = random.uniform(-TURN, TURN), random.uniform(-LIFT, LIFT)
    rotation = rotation_from_vector(np.array([0.0, turn, 0.0])) @ rotation_from_vector(np.array([lift, 0.0, 0.0]))
    middle = view.vertices.mean(0)
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = middle - rotation @ middle
    return Camera(camera.focal_px, camera.principal_px, SIDE, SIDE, camera.camera_from_world @ pose)


def _drawn_points(model: MorphableModel, view: View, camera: Camera) -> np.ndarray:
    """[478, 2] pixels; only the five that frame a face are filled."""
    embedding = model.landmarks_478
    points = np.zeros((len(embedding.weight), 2), np.float32)
    places = embedding.points(view.vertices)[list(FIVE_POINTS)]
    points[list(FIVE_POINTS)] = camera.project(places)[0]
    return points


def _cut(image: np.ndarray, window: tuple[int, int, int]) -> np.ndarray:
    """A square window of a picture, border pixels repeated outside, at :data:`SIDE` pixels."""
    left, top, length = window
    height, width = image.shape[:2]
    before, after = (max(0, -top), max(0, -left)), (max(0, top + length - height), max(0, left + length - width))
    cut = image[max(0, top) : top + length, max(0, left) : left + length]
    cut = cv2.copyMakeBorder(cut, before[0], after[0], before[1], after[1], cv2.BORDER_REPLICATE)
    mode = cv2.INTER_AREA if length >= SIDE else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(cut, (SIDE, SIDE), interpolation=mode), np.float32)


def _tensor(values: np.ndarray, like: GeneratedMaps) -> Tensor:
    return torch.as_tensor(np.asarray(values, np.float32)).to(like.log_albedo)
