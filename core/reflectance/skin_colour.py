"""The colour of bare skin in one photo: varying with the light over the face, and with shade.

Colour is log(red/green), log(green/blue) and log luminance: the brightness of the light changes only the
last, its tint shifts the first two, and dark and light skin spread alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8

from ..photos.photo import decode_srgb

SKIN_SPREAD = np.array([0.07, 0.09, 0.28], np.float32)
"""Standard deviations of evenly lit skin about its local mean."""
SPREAD_LIMIT = np.array([2.2, 2.2, 2.0], np.float32)
"""How many times that the spread may be in hard or mixed light."""
ROUNDS = np.array([[3.0, 3.0, 4.5], [2.5, 2.5, 3.5], [2.0, 2.0, 2.5]], np.float32)
"""Standard deviations tolerated, round by round, while the local colour is sought: brightness varies most."""
NEIGHBOURHOOD = 0.10
"""Gaussian radius of "local" in face sizes."""
NOISE = 0.004


def colour_features(srgb8: UInt8[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W 3"]:
    """log(red/green), log(green/blue), log luminance of linear light."""
    linear = decode_srgb(srgb8) + np.float32(NOISE)
    red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return np.stack([np.log(red / green), np.log(green / blue), np.log(luminance)], axis=-1)


@dataclass(frozen=True, eq=False)
class SkinColour:
    """Skin's colour around each pixel.

    Attributes:
        local: Mean colour of the skin nearby.
        spread: Standard deviations about it.
        slope: Change of the two chromaticities per unit of log luminance: shaded skin is redder.
    """

    local: Float32[np.ndarray, "H W 3"]
    spread: Float32[np.ndarray, "3"]
    slope: Float32[np.ndarray, "2"]

    @classmethod
    def measured(
        cls,
        features: Float32[np.ndarray, "H W 3"],
        samples: Bool[np.ndarray, "H W"],
        bare: Bool[np.ndarray, "H W"],
        face_size: float,
    ) -> SkinColour:
        """From pixels that most likely are skin (``samples``) and those that may be (``bare``)."""
        centre = np.median(features[samples], axis=0)
        spread = _limited(1.48 * np.median(np.abs(features[samples] - centre), axis=0))
        colour = cls(np.broadcast_to(centre, features.shape), spread, np.zeros(2, np.float32))
        for tolerance in ROUNDS:
            squared = (colour._scaled(features) / tolerance) ** 2
            weight = np.where(bare, np.exp(-0.5 * squared.sum(axis=-1)), 0.0).astype(np.float32)
            local = blurred_mean(features, weight, NEIGHBOURHOOD * face_size, centre)
            slope, spread = _slope_and_spread(features - local, weight)
            colour = cls(local, spread, slope)
        return colour

    def distance(
        self,
        features: Float32[np.ndarray, "H W 3"],
        face: Bool[np.ndarray, "H W"],
        shade_tolerance: Float[np.ndarray, "H W"],
    ) -> Float[np.ndarray, "H W"]:
        """Squared distance from the local skin colour in standard deviations.

        A highlight is skin too: inside ``face`` what is brighter may be paler, since it has the light's
        colour. ``shade_tolerance`` widens the spread of brightness, as under the chin.
        """
        scaled = self._scaled(features)
        highlight = face & (scaled[..., 2] > 0)
        paler = highlight[..., None] & (scaled[..., :2] < 0)
        scaled[..., :2] = np.where(paler, 0.3 * scaled[..., :2], scaled[..., :2])
        scaled[..., 2] = np.where(highlight, 0.3 * scaled[..., 2], scaled[..., 2] / shade_tolerance)
        return (scaled**2).sum(axis=-1)

    def density(self, squared_distance: Float[np.ndarray, "H W"]) -> Float[np.ndarray, "H W"]:
        """Density of skin colours at that distance."""
        return np.exp(-0.5 * squared_distance) / ((2 * np.pi) ** 1.5 * float(self.spread.prod()))

    def _scaled(self, features: Float32[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W 3"]:
        difference = features - self.local
        difference[..., :2] -= self.slope * difference[..., 2:]
        return difference / self.spread


def _slope_and_spread(difference, weight) -> tuple[Float32[np.ndarray, "2"], Float32[np.ndarray, "3"]]:
    skin = weight > 0.3
    if np.count_nonzero(skin) < 100:
        return np.zeros(2, np.float32), SKIN_SPREAD
    inside = difference[skin]
    brightness = inside[:, 2]
    slope = (inside[:, :2] * brightness[:, None]).mean(axis=0) / max(float((brightness**2).mean()), 1e-6)
    slope = np.clip(slope, -0.4, 0.2).astype(np.float32)
    rest = inside.copy()
    rest[:, :2] -= slope * brightness[:, None]
    return slope, _limited(1.48 * np.median(np.abs(rest), axis=0))


def _limited(spread: np.ndarray) -> Float32[np.ndarray, "3"]:
    return np.clip(spread, SKIN_SPREAD, SKIN_SPREAD * SPREAD_LIMIT).astype(np.float32)


def blurred_mean(values, weight, sigma: float, fallback=None) -> Float32[np.ndarray, "H W C"]:
    """Weighted mean over a neighbourhood that widens where there is little weight.

    ``fallback`` [C] is what it comes to far from any weight; the mean of all when None.

    Worked out at a quarter of the resolution: the result is smooth, and wide blurs are slow.
    """
    if fallback is None:
        fallback = np.average(values.reshape(-1, values.shape[-1]), axis=0, weights=weight.ravel() + 1e-9)
    height, width = weight.shape
    small = (max(1, width // 4), max(1, height // 4))
    summed = cv2.resize(values * weight[..., None], small, interpolation=cv2.INTER_AREA)
    total = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    result = np.broadcast_to(np.asarray(fallback, np.float32), (*total.shape, values.shape[-1]))
    for widening in (3.0, 1.0):
        radius = sigma * widening * small[0] / width
        near = cv2.GaussianBlur(total, (0, 0), radius)[..., None]
        blurred = cv2.GaussianBlur(summed, (0, 0), radius).reshape(result.shape)
        result = (blurred + 0.05 * result) / (near + 0.05)
    wide = cv2.resize(result.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return wide.reshape(height, width, -1)
