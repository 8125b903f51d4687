"""The eyelashes' picture as an image of the file."""

from __future__ import annotations

import bpy
import numpy as np

from ...core.shape.lashes import PICTURE_SIZE, draw_hairs

UV_NAME = "Lashes"


def hair_image(name: str) -> bpy.types.Image:
    """Return the picture as a new packed image."""
    width, height = PICTURE_SIZE
    image = bpy.data.images.new(name, width, height, alpha=False, is_data=True)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = draw_hairs()[..., None]
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image
