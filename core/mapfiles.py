"""Maps as PNG files: the one place that knows bit depths."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .errors import FitError
from .srgb import linear_from_srgb, srgb_from_linear

__all__ = ["encode_png", "linear_from_srgb", "read_png", "srgb_from_linear"]


_TO_RGBA = {4: cv2.COLOR_BGRA2RGBA, 3: cv2.COLOR_BGR2RGBA}


def encode_png(values: np.ndarray, bits: int = 8) -> bytes:
    """Return values in [0,1], [H,W], [H,W,3] RGB or [H,W,4] RGBA, as a PNG file's bytes, as they are (no curve)."""
    pixels = quantised(values, bits)
    if pixels.ndim == 3:
        pixels = np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 4])[1].tobytes()


def quantised(values: np.ndarray, bits: int = 8) -> np.ndarray:
    """Return values in [0,1] as uint8 or uint16."""
    limit, kind = (255, np.uint8) if bits == 8 else (65535, np.uint16)
    return np.ascontiguousarray(np.round(np.clip(values, 0, 1) * np.float32(limit)).astype(kind))


def read_png(path: Path, alpha: bool = False) -> np.ndarray:
    """Read a map in [0,1], float32, [H,W] or [H,W,3] RGB, or else [H,W,4] with its alpha, as it is (no curve).

    Raises:
        FitError: When the file is missing or damaged.
    """
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if pixels is None:
        raise FitError(f"The map {path.name} in {path.parent} is missing or damaged.", "Reconstruct the head again.")
    limit = 255.0 if pixels.dtype == np.uint8 else 65535.0
    if alpha:
        pixels = cv2.cvtColor(pixels, _TO_RGBA.get(pixels.ndim == 3 and pixels.shape[2], cv2.COLOR_GRAY2RGBA))
    elif pixels.ndim == 3:
        pixels = pixels[..., :3][..., ::-1]
    return pixels.astype(np.float32) / limit
