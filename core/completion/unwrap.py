"""A photo in UV space: the colour of every texel that the camera saw, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from ..camera import Camera
from ..render.interpolate import vertex_normals
from ..render.rasterize import rasterize
from ..render.scene import HIDDEN_PARTS
from ..shape.morphable import MorphableModel
from .atlas import Atlas


@dataclass(frozen=True)
class UnwrappedPhoto:
    """One photo at the texels of an :class:`Atlas`.

    Attributes:
        colour: [N,3] linear light as photographed.
        confidence: [N] in [0,1]: 0 where hidden, turned away, outside the picture or not skin.
        position: [N,3] of the texel in the head frame, metres.
        normal: [N,3] unit normal of the fitted mesh, head frame.
        view: [N,3] unit direction from the texel to the camera, head frame.
        pixel_size: [N] photo pixels that one texel spans; below 1 the photo is coarser than the map.
    """

    colour: np.ndarray
    confidence: np.ndarray
    position: np.ndarray
    normal: np.ndarray
    view: np.ndarray
    pixel_size: np.ndarray


def solid_triangles(model: MorphableModel) -> np.ndarray:
    """Return the triangles [T,3] that hide what is behind them: all but corneas and lashes."""
    clear = [index for index, name in enumerate(model.part_names) if name.startswith(HIDDEN_PARTS)]
    return model.triangles[~np.isin(model.triangle_part, clear)]


def visible_depth(model: MorphableModel, vertices: np.ndarray, camera: Camera) -> np.ndarray:
    """Return the depth image [height,width] of the whole head (infinite where there is none), metres."""
    pixels, depth = camera.project(vertices)
    points = torch.from_numpy(np.column_stack([pixels, depth]).astype(np.float32))
    triangles = solid_triangles(model)
    triangle_id = rasterize(points, torch.from_numpy(triangles), camera.height, camera.width).numpy()
    corner_depth = depth[triangles]
    # The farthest corner is never nearer than the surface: a texel of the same triangle always passes.
    return np.where(triangle_id >= 0, corner_depth.max(1)[triangle_id], np.inf).astype(np.float32)


def unwrap(
    atlas: Atlas,
    model: MorphableModel,
    vertices: np.ndarray,
    camera: Camera,
    linear: np.ndarray,
    skin: np.ndarray,
) -> UnwrappedPhoto:
    """Look every texel up in the photo.

    Args:
        atlas: texels of the skin part.
        model: gives the topology.
        vertices: [V,3] the head as it is in this photo (identity and expression), head frame.
        camera: of this photo.
        linear: [height,width,3] the photo in linear light.
        skin: [height,width] in [0,1], where the photo shows skin.
    """
    position = atlas.interpolate(vertices)
    normal = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(model.triangles).long())
    normal = atlas.interpolate(normal.numpy())
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-8)
    view = camera.position.astype(np.float32) - position
    view /= np.linalg.norm(view, axis=1, keepdims=True)
    pixels, depth = camera.project(position)
    facing = np.einsum("nc,nc->n", normal, view)

    scale = min(1.0, 1024 / max(_face_extent(pixels), 1.0))
    nearest = visible_depth(model, vertices, camera.scaled(scale))
    # Erode the occluder by a pixel: half-covered pixels at a silhouette must not let the background in.
    nearest = cv2.erode(nearest, np.ones((3, 3), np.uint8))
    at = pixels * scale - 0.5
    front = _sample(nearest, at, cv2.INTER_NEAREST, border=0.0)
    tolerance = 0.004 + 0.004 * (1 - np.clip(facing, 0, 1))
    visible = (depth > 0) & (depth < front + tolerance)

    pixel_size = _pixels_per_texel(atlas, position, depth, camera, facing)
    colour = _sample_filtered(linear, pixels, pixel_size)
    amount = _sample(skin.astype(np.float32), pixels - 0.5, cv2.INTER_LINEAR, border=0.0)
    angle = np.clip((facing - 0.15) / 0.55, 0, 1)
    confidence = visible * amount * angle * angle * (3 - 2 * angle)
    return UnwrappedPhoto(colour, confidence.astype(np.float32), position, normal, view, pixel_size)


def _face_extent(pixels: np.ndarray) -> float:
    return float(np.ptp(pixels, axis=0).max())


def _sample(image: np.ndarray, at: np.ndarray, mode: int, border: float) -> np.ndarray:
    """Sample ``image`` at array coordinates ``at`` [N,2] (x, y); OpenCV wants two-dimensional maps."""
    columns = 4096
    count = len(at)
    padded = np.full((-(-count // columns) * columns, 2), -10, np.float32)
    padded[:count] = at
    padded = padded.reshape(-1, columns, 2)
    out = cv2.remap(image, padded, None, mode, borderMode=cv2.BORDER_CONSTANT, borderValue=(border,) * 4)
    return out.reshape(-1, *image.shape[2:])[:count]


def _sample_filtered(linear: np.ndarray, pixels: np.ndarray, pixel_size: np.ndarray) -> np.ndarray:
    """Sample with a footprint: bicubic where the photo is coarser than the map, smaller copies where finer."""
    result = np.clip(_sample(linear, pixels - 0.5, cv2.INTER_CUBIC, 0.0), 0, None)
    small, scale = linear, 1.0
    while scale > 1 / 16 and (pixel_size * scale > 1.5).any():
        small = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        scale /= 2
        coarse = pixel_size * scale * 2 > 1.5
        result[coarse] = _sample(small, pixels[coarse] * scale - 0.5, cv2.INTER_LINEAR, 0.0)
    return result


def _pixels_per_texel(
    atlas: Atlas, position: np.ndarray, depth: np.ndarray, camera: Camera, facing: np.ndarray
) -> np.ndarray:
    """Return how many photo pixels one texel spans, from the texels' spacing on the surface."""
    spacing = atlas.image(position, np.nan)
    step = np.linalg.norm(np.diff(spacing, axis=1, append=np.nan), axis=2)
    texel = np.nan_to_num(atlas.gather(step), nan=0.0)
    return texel * camera.focal_px / np.maximum(depth, 1e-3) * np.sqrt(np.clip(facing, 0.05, 1))
