"""A head folder under any light, from any side: the pictures that need no Blender."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ..camera import FACING_CAMERA, Camera, rotation_from_vector
from ..head import Head
from ..mapfiles import linear_from_srgb, read_png
from .environment import load_hdri, split_environment
from .occlusion import cast_shadows, radiance_transfer, self_shadow
from .scene import RenderMesh, clay, render_head, tonemap
from .shading import Subsurface

# Turn of the camera about the head, in radians: towards the person's left, and up.
VIEWS = {"front": (0.0, 0.0), "side": (-np.pi / 2, 0.0), "three_quarter": (-0.7, 0.08)}
# Smooth light would lie on a wet eye like a veil; what an eye mirrors are windows and lamps, small and sharp.
EYE_GLOSS = 0.12
TEETH = (0.74, 0.70, 0.62)
DISTANCE = 1.2
FIELD = 0.36
"""Metres of the head that fit into a picture's height."""


def render_photo(head: Head, photo: int, over_photo: bool = True) -> np.ndarray:
    """Return a photo rendered again: same camera, expression and light, [height,width,3] uint8 sRGB.

    Args:
        head: from `read_head`.
        photo: which of the head's photos.
        over_photo: draw the head over the photo; else over black.
    """
    width, height = (int(side) for side in head.image_size[photo])
    camera = Camera(head.focal_px[photo], head.principal_px[photo], width, height, head.camera_from_world[photo])
    light = torch.tensor(head.fit["lighting"][photo], dtype=torch.float32)
    background = linear_from_srgb(read_png(head.photos[photo])) if over_photo else np.zeros((height, width, 3))
    # Supersampled around the head only: a portrait can have twelve megapixels of background.
    left, top, right, bottom = _window(head, photo, camera)
    inside = camera.cropped(left, top, right - left, bottom - top)
    scale = float(np.clip(1024 / max(inside.width, inside.height), 0.25, 2.0))
    drawn = inside.scaled(scale)
    backdrop = cv2.resize(background[top:bottom, left:right], (drawn.width, drawn.height), interpolation=cv2.INTER_AREA)
    image = _render(head, head.posed_vertices(photo), drawn, light, None, torch.from_numpy(backdrop))
    small = cv2.resize(image.numpy(), (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    background[top:bottom, left:right] = small
    return tonemap(torch.from_numpy(np.ascontiguousarray(background)))


def render_hdri(head: Head, hdri: Path, view: str = "front", size: int = 768) -> np.ndarray:
    """Return the neutral head lit by an environment picture, [size,size,3] uint8 sRGB, exposed for it."""
    environment = load_hdri(hdri)
    light, lamps = split_environment(environment)
    vertices = head.vertices
    image = _render(head, vertices, orbit_camera(head, view, 2 * size), light, lamps, None)
    face = image[image.sum(2) > 0].mean()
    image = torch.nn.functional.avg_pool2d(image.permute(2, 0, 1), 2).permute(1, 2, 0)
    return tonemap(image, float(0.22 / face.clamp(min=1e-4)))


def render_clay(head: Head, view: str = "front", size: int = 768) -> np.ndarray:
    """Return the bare shape of the neutral head in clay, [size,size,3] uint8 sRGB."""
    return tonemap(clay(torch.from_numpy(head.vertices), _mesh(head), orbit_camera(head, view, size)))


def orbit_camera(head: Head, view: str, size: int) -> Camera:
    """Return a portrait camera on the head from one of :data:`VIEWS`."""
    turn, lift = VIEWS[view]
    skin = head.vertices[head.regions["face"] | head.regions["ears"]]
    low, high = skin.min(0), skin.max(0)
    target = (low + high) / 2
    target[2] = high[2] - 0.09
    around = rotation_from_vector(np.array([0, turn, 0])) @ rotation_from_vector(np.array([-lift, 0, 0]))
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA @ around.T
    pose[:3, 3] = -pose[:3, :3] @ target + (0, 0, DISTANCE)
    return Camera(size * DISTANCE / FIELD, np.array([size / 2, size / 2]), size, size, pose)


def _render(
    head: Head, vertices: np.ndarray, camera: Camera, light: Tensor, lamps, background: Tensor | None
) -> Tensor:
    mesh = _mesh(head)
    points = torch.from_numpy(np.ascontiguousarray(vertices, np.float32))
    triangles = mesh.triangles
    shadow = self_shadow(radiance_transfer(points, triangles), points, triangles)
    if lamps is not None:
        lamps = cast_shadows(lamps, points, triangles)
    parts = {"teeth": {"diffuse": torch.tensor(TEETH)}, "eye": {"specular": torch.tensor([EYE_GLOSS])}}
    if "eye_albedo" in head.maps:
        parts["eye"]["diffuse"] = texture(linear_from_srgb(read_png(head.maps["eye_albedo"])))
    with torch.no_grad():
        return render_head(
            points,
            mesh,
            camera,
            skin_maps(head),
            light,
            lamps,
            background,
            part_maps=parts,
            self_shadow=shadow,
            subsurface=Subsurface(),
            edges=False,
        ).image


def skin_maps(head: Head) -> dict[str, Tensor]:
    """Return the skin's maps as textures for `render_head`; what is missing takes its defaults."""
    maps = {"diffuse": texture(linear_from_srgb(read_png(head.maps["diffuse_albedo"])))}
    for name, channel in (("specular_albedo", "specular"), ("roughness", "roughness")):
        if name in head.maps:
            maps[channel] = texture(read_png(head.maps[name]))
    if "normal" in head.maps:
        maps["normal"] = texture(read_png(head.maps["normal"]) * 2 - 1)
    return maps


def texture(image: np.ndarray) -> Tensor:
    """Return an image [H,W] or [H,W,C] as `render_head` takes it, [C,H,W]."""
    image = image if image.ndim == 3 else image[..., None]
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32))


def _mesh(head: Head) -> RenderMesh:
    triangles = np.stack([head.quads[:, [0, 1, 2]], head.quads[:, [0, 2, 3]]], 1).reshape(-1, 3)
    uv = np.stack([head.uv[:, [0, 1, 2]], head.uv[:, [0, 2, 3]]], 1).reshape(-1, 3, 2)
    return RenderMesh.build(triangles, uv, np.repeat(head.quad_part, 2), head.part_names)


def _window(head: Head, photo: int, camera: Camera) -> tuple[int, int, int, int]:
    """Return the photo pixels (left, top, right, bottom) that the head covers."""
    pixels, _ = camera.project(head.posed_vertices(photo))
    low = np.clip(np.floor(pixels.min(0)) - 2, 0, [camera.width - 2, camera.height - 2]).astype(int)
    high = np.clip(np.ceil(pixels.max(0)) + 2, low + 2, [camera.width, camera.height]).astype(int)
    return (*low, *high)
