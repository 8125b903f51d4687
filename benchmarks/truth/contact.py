"""A sheet of the truth data set: each photo with its index picture and its two held-out pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .lights import LUMINANCE
from .photograph import encode_srgb
from .records import HeldOut, TruthPhoto

CELL = 256
COLUMNS = 4
INDEX_COLOURS = np.array(
    [(0, 0, 0), (224, 172, 140), (255, 255, 255), (170, 40, 50), (90, 70, 50), (60, 140, 255), (90, 200, 90)], np.uint8
)
MEAN_LEVEL = 0.25


def contact_sheet(photos: Sequence[TruthPhoto]) -> Image.Image:
    """One cell of four pictures for each photo, with a line of words."""
    rows = -(-len(photos) // 2)
    sheet = Image.new("RGB", (2 * COLUMNS * CELL, rows * (CELL + 16)), (30, 30, 30))
    draw = ImageDraw.Draw(sheet)
    for place, photo in enumerate(photos):
        left, top = place % 2 * COLUMNS * CELL, place // 2 * (CELL + 16)
        pictures = [Image.open(photo.path), Image.fromarray(INDEX_COLOURS[photo.object_index])]
        pictures += [shown(relit) for relit in photo.relit]
        for column, picture in enumerate(pictures):
            picture = picture.convert("RGB")
            picture.thumbnail((CELL, CELL))
            sheet.paste(picture, (left + column * CELL, top + 16))
        meta = photo.meta
        words = f"{photo.name}  yaw {meta['yaw_degrees']:.0f}  {meta['lens_mm']:.0f} mm at {meta['distance_m']:.2f} m  "
        words += f"{meta['light_kind']} {meta['light']}  held out: {', '.join(relit.light for relit in photo.relit)}"
        draw.text((left + 4, top + 2), words, (230, 230, 230))
    return sheet


def shown(relit: HeldOut) -> Image.Image:
    """A held-out picture as sRGB, exposed for its own mean."""
    colour, alpha = relit.image[:, :, :3], relit.image[:, :, 3]
    inside = alpha > 0.5
    level = float((colour[inside] @ LUMINANCE).mean()) if inside.any() else 1.0
    return Image.fromarray(np.round(255 * encode_srgb(colour * (MEAN_LEVEL / max(level, 1e-9)))).astype(np.uint8))
