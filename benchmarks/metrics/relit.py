"""Likeness of a relit head to the true one, both as linear light."""

from __future__ import annotations

import numpy as np

from .colour import ciede2000, lab_from_linear, luminance, srgb_from_linear
from .image import psnr, ssim
from .perceptual import perceptual_distance

MEAN_LUMINANCE = 0.25
"""What the truth's exposure is set to inside the mask; the other picture gets the same exposure."""
FEWEST_PIXELS = 50


def measure_relit(image: np.ndarray, truth_image: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Compare two pictures of linear light inside a mask.

    Args:
        image: [H, W, 3 or 4] of the fitted head; a fourth channel is its coverage (colour multiplied by it).
        truth_image: [H, W, 3 or 4] of the true head.
        mask: [H, W] bool.

    Returns:
        ``psnr`` (dB), ``ssim``, ``ciede2000`` (mean), ``lpips_like`` (missing without the weights), all after sRGB
        encoding; ``matched_psnr``, when the image's mean colour inside the mask is scaled to the truth's (what light
        and skin tone cannot explain); ``luminance_ratio`` of the two means. Empty when the mask is nearly so.
    """
    mask = np.asarray(mask, bool)
    if mask.sum() < FEWEST_PIXELS:
        return {}
    found, true = (np.nan_to_num(np.asarray(picture, np.float64)[..., :3]) for picture in (image, truth_image))
    exposure = MEAN_LUMINANCE / max(float(luminance(true[mask]).mean()), 1e-9)
    gain = true[mask].mean(0) / np.maximum(found[mask].mean(0), 1e-9)
    encoded, matched, expected = (
        srgb_from_linear(picture * exposure).astype(np.float64) for picture in (found, found * gain, true)
    )
    labs = (lab_from_linear(np.clip(picture[mask] * exposure, 0, 1)) for picture in (found, true))
    figures = {
        "psnr": psnr(encoded, expected, mask),
        "ssim": ssim(encoded, expected, mask),
        "matched_psnr": psnr(matched, expected, mask),
        "ciede2000": float(ciede2000(*labs).mean()),
        "luminance_ratio": float(luminance(found[mask]).mean() / max(luminance(true[mask]).mean(), 1e-9)),
    }
    distance = perceptual_distance(encoded, expected, mask)
    return figures if distance is None else {**figures, "lpips_like": distance}
