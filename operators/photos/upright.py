"""Photos as images of Blender, upright: Blender ignores the orientation that a camera has written into the file."""

from __future__ import annotations

import os

import bpy
import numpy as np

PHOTO = "relit_photo"
"""Custom property of an image that was turned upright: the photo that it is a copy of."""


def image_of(path: str, orientation: int) -> bpy.types.Image:
    """Return a photo as an image of Blender: the file itself, or a copy turned as EXIF says, which Blender ignores.

    Raises:
        RuntimeError: The file is no picture.
    """
    image = bpy.data.images.load(path, check_existing=True)
    if orientation == 1:
        return image
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    turned = _turned(pixels.reshape(height, width, 4), orientation)
    name = f"{os.path.basename(path)} upright"[:60]
    for copy in bpy.data.images:
        if copy.get(PHOTO) == path and tuple(copy.size) == (turned.shape[1], turned.shape[0]):
            break
    else:
        copy = bpy.data.images.new(name, turned.shape[1], turned.shape[0], alpha=False)
        copy[PHOTO] = path
    copy.colorspace_settings.name = image.colorspace_settings.name
    copy.pixels.foreach_set(np.ascontiguousarray(turned).ravel())
    copy.update()
    return copy


def _turned(rows: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels [H, W, C], the lowest row first, of a picture with an orientation of EXIF, upright."""
    if orientation in {2, 4, 5, 7}:
        rows = rows[:, ::-1]
    quarters_clockwise = {3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}.get(orientation, 0)
    return np.rot90(rows[::-1], -quarters_clockwise)[::-1]
