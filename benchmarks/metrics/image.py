"""Likeness of two pictures inside a mask: PSNR and SSIM."""

from __future__ import annotations

import cv2
import numpy as np

HIGHEST_PSNR = 60.0
"""dB that two equal pictures get, so that means stay finite; eight-bit rounding alone leaves 59 dB."""
_WINDOW_SIGMA = 1.5
_WINDOW_SIDE = 11
_STABILISERS = (0.01**2, 0.03**2)


def psnr(first: np.ndarray, second: np.ndarray, mask: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio in dB of values in [0, 1], over the pixels of ``mask`` (all without one)."""
    squared = (np.asarray(first, np.float64) - np.asarray(second, np.float64)) ** 2
    squared = squared if mask is None else squared[mask]
    return float(min(-10 * np.log10(max(squared.mean(), 1e-12)), HIGHEST_PSNR))


def ssim(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004: Gaussian window of sigma 1.5, 11 pixels wide), mean over ``mask``.

    Both pictures get one grey outside of the mask, so that only what is inside can differ.

    Args:
        first: [H, W, C] in [0, 1]; so is ``second``.
        mask: [H, W] bool.
    """
    grey = np.asarray(second, np.float64)[mask].mean(0)
    x, y = (np.where(mask[..., None], np.asarray(image, np.float64), grey) for image in (first, second))
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x, variance_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    covariance = _windowed(x * y) - mean_x * mean_y
    c1, c2 = _STABILISERS
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(likeness[mask].mean())


def _windowed(image: np.ndarray) -> np.ndarray:
    side = (_WINDOW_SIDE, _WINDOW_SIDE)
    return cv2.GaussianBlur(image, side, _WINDOW_SIGMA, borderType=cv2.BORDER_REFLECT).reshape(image.shape)
