"""Likeness of a relit head to the true one, both as linear light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .colour import ciede2000, lab_from_linear, luminance, srgb_from_linear
from .error_bands import error_bands
from .image import psnr, ssim
from .perceptual import perceptual_distance
from .truth_surface import face_masks

if TYPE_CHECKING:
    from ..truth.records import HeldOut, TruthPhoto
    from .truth_surface import TruthSurface

MEAN_LUMINANCE = 0.25
"""What the truth's exposure is set to inside the mask; the other picture gets the same exposure."""
FEWEST_PIXELS = 50


def measure_held_out(image: np.ndarray, truth: TruthPhoto | TruthSurface, held_out: HeldOut) -> dict[str, float]:
    """Compare a fitted head, rendered with the true camera under a held-out light, with the true head.

    Args:
        image: [h, w, 3 or 4] linear light of the fitted head, laid upon the true one.
        truth: the photo that the method saw, or its `TruthSurface`, which saves time.
        held_out: the true head's picture under that light.

    Returns:
        What `measure_relit` gives over the face, and with ``_observed`` and ``_hidden`` over the parts of it that the
        photo showed and did not show, at one and the same exposure.
    """
    masks = face_masks(truth, held_out.camera)
    exposure = exposure_of(held_out.image, masks.face)
    figures = {}
    for suffix, mask in (("", masks.face), ("_observed", masks.observed), ("_hidden", masks.hidden)):
        found = measure_relit(image, held_out.image, mask, exposure)
        figures |= {f"{name}{suffix}": value for name, value in found.items()}
    return figures


def exposure_of(truth_image: np.ndarray, mask: np.ndarray) -> float:
    """The factor that brings a true picture's mean luminance inside a mask to `MEAN_LUMINANCE`."""
    inside = np.asarray(truth_image, np.float64)[..., :3][mask]
    return MEAN_LUMINANCE / max(float(luminance(inside).mean()), 1e-9) if len(inside) else 1.0


def measure_relit(
    image: np.ndarray, truth_image: np.ndarray, mask: np.ndarray, exposure: float | None = None
) -> dict[str, float]:
    """Compare two pictures of linear light inside a mask.

    Args:
        image: [H, W, 3 or 4] of the fitted head; a fourth channel is its coverage (colour multiplied by it).
        truth_image: [H, W, 3 or 4] of the true head.
        mask: [H, W] bool.
        exposure: of both pictures; None for `exposure_of` the truth inside the mask.

    Returns:
        ``psnr`` (dB), ``ssim``, ``ciede2000`` (mean), ``lpips_like`` (missing without the weights), all after sRGB
        encoding; ``matched_psnr``, when the image's mean colour inside the mask is scaled to the truth's (what light
        and skin tone cannot explain); ``luminance_ratio`` of the two means; the shares of `error_bands`. Empty when the
        mask is nearly so.
    """
    mask = np.asarray(mask, bool)
    if mask.sum() < FEWEST_PIXELS:
        return {}
    found, true = (np.nan_to_num(np.asarray(picture, np.float64)[..., :3]) for picture in (image, truth_image))
    exposure = exposure or exposure_of(true, mask)
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
        **error_bands(encoded, expected, mask),
    }
    distance = perceptual_distance(encoded, expected, mask)
    return figures if distance is None else {**figures, "lpips_like": distance}
