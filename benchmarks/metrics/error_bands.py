"""Where the squared error of a picture sits: in its mean colour, in what is broad, middling or fine, or at the rim."""

from __future__ import annotations

import cv2
import numpy as np

BROAD, FINE = 0.12, 0.03
"""Standard deviations of the Gaussians that part the bands, in widths of the mask (square root of its area)."""
RIM = 0.04
"""Width of the rim, in widths of the mask."""


def error_bands(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Return shares of the mean squared difference of two pictures inside a mask.

    The bands' shares do not quite add up to 1, because Gaussians do not part them cleanly.

    Args:
        first, second: [H, W, C].
        mask: [H, W] bool, not empty.

    Returns:
        ``share_mean_colour``, ``share_broad``, ``share_middle``, ``share_fine``; ``share_rim`` of the error that lies
        along the mask's border. All 0 where the pictures are equal.
    """
    difference = np.where(mask[..., None], np.asarray(first, np.float64) - second, 0)
    names = ("mean_colour", "broad", "middle", "fine", "rim")
    total = (difference**2).sum()
    if total <= 0:
        return {f"share_{name}": 0.0 for name in names}
    width = float(np.sqrt(mask.sum()))
    mean = np.where(mask[..., None], difference[mask].mean(0), 0)
    broad, coarse = (_blurred(difference, mask, sigma * width) for sigma in (BROAD, FINE))
    bands = [mean, broad - mean, coarse - broad, difference - coarse]
    padded = np.pad(mask, 1).astype(np.uint8)
    rim = mask & (cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1] < RIM * width)
    parts = [*bands, np.where(rim[..., None], difference, 0)]
    return {f"share_{name}": float((part**2).sum() / total) for name, part in zip(names, parts, strict=True)}


def _blurred(values: np.ndarray, mask: np.ndarray, sigma: float) -> np.ndarray:
    weight = cv2.GaussianBlur(mask.astype(np.float64), (0, 0), sigma)
    smooth = cv2.GaussianBlur(values, (0, 0), sigma).reshape(values.shape)
    return np.where(mask[..., None], smooth / np.maximum(weight, 1e-9)[..., None], 0)
