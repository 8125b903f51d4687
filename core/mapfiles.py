"""Maps as PNG files: the one place that knows bit depths and transfer curves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from .errors import FitError


def srgb_from_linear(linear: np.ndarray) -> np.ndarray:
    """Encode linear light in [0,1] with the sRGB curve (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def linear_from_srgb(encoded: np.ndarray) -> np.ndarray:
    """Decode sRGB values in [0,1] to linear light."""
    encoded = np.asarray(encoded, np.float32)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode_png(values: np.ndarray, bits: int = 8) -> bytes:
    """Return values in [0,1], [H,W] or [H,W,3] RGB, as the bytes of a PNG file, as they are (no curve)."""
    pixels = quantised(values, bits)
    if pixels.ndim == 3:
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    return cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 4])[1].tobytes()


def quantised(values: np.ndarray, bits: int = 8) -> np.ndarray:
    """Return values in [0,1] as uint8 or uint16."""
    limit, kind = (255, np.uint8) if bits == 8 else (65535, np.uint16)
    return np.ascontiguousarray(np.round(np.clip(values, 0, 1) * np.float32(limit)).astype(kind))


def read_png(path: Path) -> np.ndarray:
    """Read a map in [0,1], float32, [H,W] or [H,W,3] RGB, as it is (no curve).

    Raises:
        FitError: When the file is missing or damaged.
    """
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED) if path.is_file() else None
    if pixels is None:
        raise FitError(f"The map {path.name} in {path.parent} is missing or damaged.", "Reconstruct the head again.")
    limit = 255.0 if pixels.dtype == np.uint8 else 65535.0
    return (pixels[..., :3][..., ::-1] if pixels.ndim == 3 else pixels).astype(np.float32) / limit
