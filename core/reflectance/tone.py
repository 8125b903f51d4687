"""Skin tone of a colour: CIELAB, the individual typology angle and the Monk scale.

Colours are linear light with Rec.709 primaries and a D65 white, the last axis being red, green, blue.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..srgb import linear_from_srgb

MONK_HEX = (
    "f6ede4",
    "f3e7db",
    "f7ead0",
    "eadaba",
    "d7bd96",
    "a07e56",
    "825c43",
    "604134",
    "3a312a",
    "292420",
)
"""The ten swatches of the Monk Skin Tone scale (Ellis Monk, 2022), lightest first, sRGB."""

XYZ_FROM_LINEAR = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1; its row sums are the D65 white."""


def lab_from_linear(linear: ArrayLike) -> NDArray[np.float64]:
    """CIELAB (L* in [0, 100], a*, b*) of linear light, relative to D65."""
    ratio = np.asarray(linear, np.float64) @ XYZ_FROM_LINEAR.T / XYZ_FROM_LINEAR.sum(1)
    cubic = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(cubic, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def individual_typology_angle(linear: ArrayLike) -> NDArray[np.float64]:
    """Individual typology angle in degrees: above 55 very light, below -30 dark (Chardon et al. 1991)."""
    lightness, _, yellowness = np.moveaxis(lab_from_linear(linear), -1, 0)
    return np.degrees(np.arctan2(lightness - 50, yellowness))


def tone_of(albedo: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Skin tone of an albedo map as one individual typology angle.

    The angle is that of the mean colour; a mean of angles would let dark texels (brows, stubble) outweigh.

    Args:
        albedo: `[..., 3]`, linear light.
        weight: `[...]`, how much each texel counts (a skin mask); all equally when None.
    """
    albedo = np.asarray(albedo, np.float64).reshape(-1, 3)
    weight = np.ones(len(albedo)) if weight is None else np.asarray(weight, np.float64).reshape(-1)
    return float(individual_typology_angle(np.average(albedo, axis=0, weights=weight)))


def monk_index(angle: float) -> int:
    """Number (1 lightest ... 10 darkest) of the Monk swatch nearest in individual typology angle, in
    degrees."""
    return int(np.argmin(np.abs(MONK_ANGLES - angle))) + 1


MONK_LINEAR = linear_from_srgb(np.array([list(bytes.fromhex(code)) for code in MONK_HEX]) / 255)
MONK_ANGLES = individual_typology_angle(MONK_LINEAR)
