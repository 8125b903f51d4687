"""Cavity and displacement maps as images, computed from a head's normal map."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.reflectance import relief

LARGEST = 1024
"""Texels along a side; finer normal maps are thinned out, for pores are no smaller."""


def pixels(image: bpy.types.Image) -> np.ndarray:
    """Return an image's values [H, W, 4], row 0 at the bottom, as they are stored."""
    width, height = image.size
    values = np.empty(4 * width * height, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(height, width, 4)


def cavity_image(name: str, normal: bpy.types.Image, scale: np.ndarray) -> bpy.types.Image:
    """Return a new packed image: 1 on open skin, 0 in pores and creases."""
    return grey_image(name, relief.cavity(_heights(normal, scale), scale))


def displacement_image(name: str, normal: bpy.types.Image, scale: np.ndarray) -> tuple[bpy.types.Image, float]:
    """Return a new packed image, 0.5 on the mesh's own surface, and the metres from 0 to 1."""
    height = _heights(normal, scale)
    reach = 2 * float(np.quantile(np.abs(height), 0.9995)) or 1e-6
    return grey_image(name, np.clip(height / reach + 0.5, 0, 1), floating=True), reach


def grey_image(name: str, values: np.ndarray, floating: bool = False) -> bpy.types.Image:
    """Return a new packed image of numbers [H, W] in [0, 1], row 0 at the bottom."""
    height, width = values.shape
    image = bpy.data.images.new(name, width, height, alpha=False, is_data=True, float_buffer=floating)
    image.colorspace_settings.name = "Non-Color"
    image.pixels.foreach_set(np.repeat(values.astype(np.float32)[..., None], 4, 2).ravel())
    image.pack()
    return image


def _heights(normal: bpy.types.Image, scale: np.ndarray) -> np.ndarray:
    step = max(1, max(normal.size) // LARGEST)
    values = pixels(normal)[::step, ::step, :3]
    return relief.heights(values * 2 - 1, scale)
