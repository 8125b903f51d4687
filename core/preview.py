"""Pictures for the artist to watch while a reconstruction runs."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from .mapfiles import linear_from_srgb
from .photos.views import View
from .reflectance.maps import PriorMaps, ReflectanceMaps
from .render.occlusion import self_shadow
from .render.relight import EYE_GLOSS, TEETH, texture
from .render.scene import RenderMesh, render_head, tonemap
from .render.shading import Subsurface
from .shape.morphable import MorphableModel

WIDTH = 512
COARSE_WIDTH = 256
"""Pixels of pictures that another one will replace soon."""


def face_window(view: View, margin: float = 0.9) -> tuple[int, int, int]:
    """Return the square around the face as (left, top, side) in photo pixels; it may exceed the photo."""
    low, high = view.landmarks.points.min(0), view.landmarks.points.max(0)
    side = round(float((high - low).max()) * (1 + margin))
    centre = (low + high) / 2 - (0, 0.06 * side)
    return int(centre[0] - side / 2), int(centre[1] - side / 2), side


def crop(image: np.ndarray, window: tuple[int, int, int], width: int = WIDTH) -> np.ndarray:
    """Cut a window of `face_window` out of ``image`` [H,W,3] uint8 and bring it to ``width`` pixels."""
    left, top, side = window
    shift = np.float32([[1, 0, -left], [0, 1, -top]]) * (width / side)
    shift[:, 2] += 0.5 * (width / side - 1)
    mode = cv2.INTER_AREA if side > width else cv2.INTER_CUBIC
    if side > 2 * width:
        image = cv2.GaussianBlur(image, (0, 0), side / width * 0.4)
    return cv2.warpAffine(image, shift, (width, width), flags=mode, borderMode=cv2.BORDER_REPLICATE)


def photographed_face(view: View) -> np.ndarray:
    """Return the face as it was photographed, [512,512,3] uint8 sRGB."""
    return crop(view.photo.srgb8, face_window(view))


def face_over_photo(
    model: MorphableModel,
    view: View,
    light: np.ndarray,
    skin: PriorMaps | ReflectanceMaps,
    eyes: np.ndarray | None = None,
    width: int = WIDTH,
) -> np.ndarray:
    """Return the photo's face with the head drawn over it, [width,width,3] uint8 sRGB.

    Args:
        model: the shape model.
        view: with the posed head; its traced shadows are used again.
        light: [B,3] of the photo.
        skin: maps, as far as they are known.
        eyes: [S,S,3] albedo of the eyes; grey when None.
        width: pixels a side.
    """
    left, top, side = face_window(view)
    camera = view.camera.cropped(left, top, side, side).scaled(2 * width / side)
    photo = crop(view.photo.srgb8, (left, top, side), 2 * width)
    vertices = torch.from_numpy(np.ascontiguousarray(view.vertices, np.float32))
    mesh = RenderMesh.of_model(model)
    parts = {"teeth": {"diffuse": torch.tensor(TEETH)}, "eye": {"specular": torch.tensor([EYE_GLOSS])}}
    if eyes is not None:
        parts["eye"]["diffuse"] = texture(eyes)
    with torch.no_grad():
        image = render_head(
            vertices,
            mesh,
            camera,
            _textures(skin),
            torch.from_numpy(np.asarray(light, np.float32)),
            background=torch.from_numpy(linear_from_srgb(photo / np.float32(255))),
            part_maps=parts,
            self_shadow=self_shadow(torch.from_numpy(view.transfer), vertices, mesh.triangles),
            subsurface=Subsurface(),
            edges=False,
        ).image
    return tonemap(torch.nn.functional.avg_pool2d(image.permute(2, 0, 1), 2).permute(1, 2, 0))


def _textures(skin: PriorMaps | ReflectanceMaps) -> dict[str, torch.Tensor]:
    maps = {"specular": texture(skin.specular_albedo), "roughness": texture(skin.roughness)}
    if isinstance(skin, ReflectanceMaps):
        return {**maps, "diffuse": texture(skin.diffuse_albedo), "normal": texture(skin.normal)}
    return {**maps, "diffuse": texture(np.exp(np.minimum(skin.log_albedo, 0)))}


def shape_over_photo(model: MorphableModel, view: View) -> np.ndarray:
    """Return the photo's face with the fitted mesh drawn over it, [512,512,3] uint8 sRGB."""
    window = face_window(view)
    picture = crop(view.photo.srgb8, window)
    scale = WIDTH / window[2]
    pixels, _ = view.camera.project(view.vertices)
    pixels = (pixels - window[:2]) * scale
    quads = model.quads[model.quad_part == model.part_names.index("skin")]
    quads = quads[model.regions["face"][quads].all(1)]
    outline = pixels[quads]
    edge = outline[:, 1] - outline[:, 0]
    other = outline[:, 3] - outline[:, 0]
    towards_camera = edge[:, 0] * other[:, 1] - edge[:, 1] * other[:, 0] < 0
    lines = np.round(outline[towards_camera] * 16).astype(np.int32)
    drawn = cv2.polylines(picture.copy(), list(lines), True, (255, 255, 255), 1, cv2.LINE_AA, shift=4)
    return cv2.addWeighted(picture, 0.65, drawn, 0.35, 0)
