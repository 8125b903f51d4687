"""The focal length that a camera wrote into a photo's EXIF tags."""

from __future__ import annotations

import numpy as np
from PIL import Image

FULL_FRAME_DIAGONAL = float(np.hypot(36.0, 24.0))

_EXIF_IFD = 0x8769
_FOCAL_LENGTH, _FOCAL_LENGTH_35MM = 37386, 41989
_PLANE_X_RESOLUTION, _PLANE_RESOLUTION_UNIT = 41486, 41488
_PIXEL_WIDTH, _PIXEL_HEIGHT = 40962, 40963
_MILLIMETRES_PER_UNIT = {2: 25.4, 3: 10.0, 4: 1.0}


def focal_35mm(exif: Image.Exif, size: tuple[int, int], notes: list[str]) -> float | None:
    """35 mm equivalent focal length from EXIF, or None. ``size`` is the file's, before turning upright."""
    try:
        tags = exif.get_ifd(_EXIF_IFD)
        taken = (float(tags.get(_PIXEL_WIDTH, 0)), float(tags.get(_PIXEL_HEIGHT, 0)))
        focal = float(tags.get(_FOCAL_LENGTH_35MM, 0) or 0)
        if not focal and tags.get(_FOCAL_LENGTH) and tags.get(_PLANE_X_RESOLUTION) and min(taken) > 0:
            unit = _MILLIMETRES_PER_UNIT.get(int(tags.get(_PLANE_RESOLUTION_UNIT, 2)), 25.4)
            sensor_diagonal = float(np.hypot(*taken)) / float(tags[_PLANE_X_RESOLUTION]) * unit
            focal = float(tags[_FOCAL_LENGTH]) * FULL_FRAME_DIAGONAL / sensor_diagonal
    except (TypeError, ValueError, ZeroDivisionError, KeyError, OverflowError, SyntaxError, OSError):
        return None
    if not np.isfinite(focal) or not 5.0 <= focal <= 2000.0:
        return None
    if min(taken) > 0:
        aspect_taken, aspect_now = max(taken) / min(taken), max(size) / min(size)
        if abs(aspect_taken / aspect_now - 1.0) > 0.02:
            notes.append("The photo was cropped after it was taken; its recorded focal length is not used.")
            return None
    return focal
