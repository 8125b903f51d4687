"""Maps: brought to the size at which they are compared, and read at points."""

from __future__ import annotations

import cv2
import numpy as np

MAP_SIZE = 512
"""Maps are compared at this many texels a side (about a millimetre each): pores are no colour."""


def sampled(image: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Bilinear values [N, C] of a map [H, W, C] at UVs [N, 2] (origin bottom left; texel centres at half steps)."""
    height, width = image.shape[:2]
    x, y = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    places = [np.ascontiguousarray(value, np.float32).reshape(1, -1) for value in (x, y)]
    flat = np.ascontiguousarray(image, np.float32)
    rows = []
    for start in range(0, len(x), 32000):  # OpenCV takes no picture wider than 32767
        part = [place[:, start : start + 32000] for place in places]
        values = cv2.remap(flat, *part, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        rows.append(values.reshape(part[0].size, -1))
    return np.concatenate(rows)


def at_map_size(image: np.ndarray, size: int = MAP_SIZE) -> np.ndarray:
    """A map averaged down to ``size`` texels a side; smaller ones stay as they are."""
    if max(image.shape[:2]) <= size:
        return image
    return cv2.resize(image.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
