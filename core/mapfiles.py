"""Maps: as PNG files (the one place that knows bit depths), at another size, and as slopes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .errors import FitError
from .srgb import linear_from_srgb, srgb_from_linear

__all__ = [
    "encode_png",
    "linear_from_srgb",
    "normals_from_slopes",
    "quantised",
    "read_png",
    "resized",
    "slopes_from_normals",
    "srgb_from_linear",
]


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


def resized(image: np.ndarray, size: int) -> np.ndarray:
    """Return a map [S,S] or [S,S,C] with another side, float32; the same array where it has that side."""
    if len(image) == size:
        return image
    method = cv2.INTER_AREA if len(image) > size else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image, np.float32), (size, size), interpolation=method)


def slopes_from_normals(encoded: np.ndarray) -> np.ndarray:
    """Return tangent slopes [S,S,2] of a normal map in [0,1]."""
    normal = encoded * 2 - 1
    return normal[..., :2] / np.maximum(normal[..., 2:], 0.1)


def normals_from_slopes(slopes: np.ndarray) -> np.ndarray:
    """Return the normal map [S,S,3] in [0,1] of tangent slopes."""
    normal = np.concatenate([slopes, np.ones_like(slopes[..., :1])], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return normal * 0.5 + 0.5
