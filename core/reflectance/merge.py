"""Several photos of one skin, laid over each other: each texel follows the photos that saw it best.

Photos differ in what the light model missed, in exposure and by a pixel or two in place. Each photo's level is first
brought to that of the others where they overlap. Then two bands are blended apart (Burt and Adelson 1983): coarse
colour over wide borders, so that no step shows where a photo ends, and fine detail from the best photo rather than
as an average, so that a mole does not show twice. Where one photo strays far from the skin's usual colour and another
does not, it is light or shadow that was not told from skin, and the other counts more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ..completion.atlas import Atlas

BORDER = 0.03
"""Width of the border between two photos in the coarse band, and what counts as coarse, as a share of the map."""

COARSE_SHARE = 0.1
"""Weight of a photo without any detail, beside one with all of it."""

FINE_POWER = 2
"""Power to which the weights are raised in the fine band: higher follows the best photo, 1 averages."""

STRAYING = 0.4
"""Logarithm by which coarse colour differs from the usual one where a photo's weight has sunk to a quarter."""

LEVEL_ROUNDS = 3
RATIO_LIMITS = (-2.5, 2.0)
"""Logarithms beyond which a texel is no skin."""

UNSEEN = 1e-6
SEEN_WELL = 0.3
"""Weight from which a texel tells the skin's usual colour."""


@dataclass(frozen=True)
class Observation:
    """One de-lit photo at the atlas's texels.

    Attributes:
        log_albedo: [N,3] logarithm of the albedo that the photo shows.
        confidence: [N] in [0,1].
        sharpness: [N] photo pixels per texel, at most 1: how much of the map's detail the photo can carry.
    """

    log_albedo: np.ndarray
    confidence: np.ndarray
    sharpness: np.ndarray

    @property
    def weight(self) -> np.ndarray:
        """[N] of the photo beside others."""
        return (self.confidence**2 * (COARSE_SHARE + np.minimum(self.sharpness, 1)) + UNSEEN).astype(np.float32)


def merge_photos(
    atlas: Atlas, observations: Sequence[Observation], expected_log_albedo: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Merge photos into one log ratio to what is expected.

    Args:
        atlas: of the skin.
        observations: one per photo.
        expected_log_albedo: [S,S,3].

    Returns:
        The ratio [S,S,3] and its sharpness [S,S], as in :class:`Observation`.
    """
    expected = atlas.gather(expected_log_albedo)
    ratios = [np.clip(one.log_albedo - expected, *RATIO_LIMITS).astype(np.float32) for one in observations]
    weights = [one.weight for one in observations]
    total = sum(weights)
    shares = (weight * np.minimum(one.sharpness, 1) for weight, one in zip(weights, observations, strict=True))
    sharpness = atlas.image(sum(shares) / total)
    if len(ratios) == 1:
        return atlas.image(ratios[0]), sharpness
    levels = photo_levels(ratios, weights)
    return _blended(atlas, [ratio - level for ratio, level in zip(ratios, levels, strict=True)], weights), sharpness


def photo_levels(ratios: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return how far each photo [N,3] lies above the merged ones where they overlap, [3] logarithms each."""
    total = sum(weights)
    levels = [np.zeros(3, np.float32) for _ in ratios]
    for _ in range(LEVEL_ROUNDS):
        shifted = [ratio - level for ratio, level in zip(ratios, levels, strict=True)]
        merged = sum(weight[:, None] * one for weight, one in zip(weights, shifted, strict=True)) / total[:, None]
        for index, (weight, one) in enumerate(zip(weights, shifted, strict=True)):
            overlap = np.minimum(weight, total - weight)
            levels[index] = levels[index] + (overlap @ (one - merged)) / max(float(overlap.sum()), UNSEEN)
    return levels


def masked_blur(image: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur that takes its values from where ``weight`` is; done at a size where sigma is 6 texels."""
    scale = min(1.0, 6.0 / sigma)
    small = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    values = cv2.resize(image * weight[..., None], small, interpolation=cv2.INTER_AREA)
    amount = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    values, amount = (cv2.GaussianBlur(x, (0, 0), sigma * scale) for x in (values, amount))
    # OpenCV drops a lone channel.
    blurred = values.reshape(*amount.shape, -1) / np.maximum(amount, 1e-4)[..., None]
    return cv2.resize(blurred, image.shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(image.shape)


def _blended(atlas: Atlas, ratios: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
    sigma, covered = BORDER * atlas.size, atlas.covered.astype(np.float32)
    usual = _usual_ratio(ratios, weights)
    coarse = fine = np.zeros((atlas.size, atlas.size, 3), np.float32)
    wide_total = narrow_total = np.full((atlas.size, atlas.size, 1), UNSEEN**FINE_POWER, np.float32)
    for ratio, weight in zip(ratios, weights, strict=True):
        image, amount = atlas.image(ratio), atlas.image(weight)
        low = masked_blur(image, amount, sigma)
        astray = np.abs(low - usual).mean(2, keepdims=True)
        trust = 1 / (1 + (astray / STRAYING) ** 2) ** 2
        wide = trust * masked_blur(amount[..., None], covered, sigma)
        narrow = trust * amount[..., None] ** FINE_POWER
        coarse, wide_total = coarse + wide * low, wide_total + wide
        fine, narrow_total = fine + narrow * (image - low), narrow_total + narrow
    return (coarse / wide_total + fine / narrow_total) * covered[..., None]


def _usual_ratio(ratios: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
    """[3] median over the texels that the photos together see well."""
    total = sum(weights)
    merged = sum(weight[:, None] * ratio for weight, ratio in zip(weights, ratios, strict=True)) / total[:, None]
    seen = total >= min(SEEN_WELL, float(np.median(total)))
    return np.median(merged[seen], axis=0)
