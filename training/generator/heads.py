"""Generated skin on the mean head, lit: what maps alone do not show."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from core.camera import FACING_CAMERA, Camera
from core.render.lighting import Lights, lights_to_sh
from core.render.occlusion import radiance_transfer, self_shadow
from core.render.scene import RenderMesh, render_head, tonemap
from core.render.shading import Subsurface
from core.shape.morphable import load_model

DISTANCE, FIELD = 1.2, 0.30
"""Metres from the head to the camera, and of the head in the picture's height."""
LAMPS = (((0.6, 0.5, 0.7), 3.0), ((-0.8, 0.2, 0.5), 1.2), ((0.0, 1.0, 0.2), 0.8))
"""Towards each lamp (the head's left, up, front) and its energy."""
AMBIENT, ORDER = 0.35, 4


def draw_heads(maps: Float[Tensor, "B 7 S S"], size: int) -> Iterator[Float[Tensor, "3 s s"]]:
    """Yield the mean head with each set of maps, sRGB-encoded, from the front under soft lamps.

    Args:
        maps: generated maps, any size.
        size: width and height of the pictures; drawn at twice that.
    """
    model = load_model()
    mesh = RenderMesh.build(model.triangles, model.triangle_uv, model.triangle_part, model.part_names)
    vertices = torch.from_numpy(np.ascontiguousarray(model.mean, np.float32))
    shadow = self_shadow(radiance_transfer(vertices, mesh.triangles), vertices, mesh.triangles)
    camera, light = _camera(model.mean[model.regions["face"]], 2 * size), _light()
    for skin in maps:
        slopes = skin[5:7]
        normal = normalize(torch.cat([slopes, torch.ones_like(slopes[:1])]), dim=0)
        channels = {
            "diffuse": skin[:3].exp().clamp(max=1),
            "specular": skin[3:4],
            "roughness": skin[4:5],
            "normal": normal,
        }
        with torch.no_grad():
            image = render_head(
                vertices, mesh, camera, channels, light, self_shadow=shadow, subsurface=Subsurface(), edges=False
            ).image
        picture = torch.from_numpy(tonemap(image)).permute(2, 0, 1).float() / 255
        yield interpolate(picture[None], size=(size, size), mode="area")[0]


def _camera(face: np.ndarray, size: int) -> Camera:
    target = (face.min(0) + face.max(0)) / 2
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA
    pose[:3, 3] = -FACING_CAMERA @ target + (0, 0, DISTANCE)
    return Camera(size * DISTANCE / FIELD, np.array([size / 2, size / 2]), size, size, pose)


def _light() -> Float[Tensor, "25 3"]:
    direction = normalize(torch.tensor([place for place, _ in LAMPS]), dim=1)
    energy = torch.tensor([[energy] * 3 for _, energy in LAMPS])
    light = lights_to_sh(Lights(direction, energy), ORDER)
    light[0] += AMBIENT * (4 * torch.pi) ** 0.5
    return light
