"""Skin tone against exposure: what settles the one thing that shading cannot.

A darker person in a brighter light makes the same picture. What tells them apart is outside the skin: how cameras
expose, which light is usual, and the whites of the eyes, whose colour is nearly the same in all people. Each is a
Gaussian evidence on three numbers, the logarithm by which the albedo is moved (and the light divided).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PRIOR_TRUST = 0.4
"""How far the prior of the albedo counts: tones are spread more evenly than a Gaussian."""
TYPICAL_SKIN = np.log(0.2)
"""Logarithm of an albedo in the middle of the tones."""
EXPECTED_SHADING = -0.62
"""Mean logarithm of the light on a face of that albedo, as a white surface would show it in the photo, where the face
is as bright as the rest of the picture."""
METERING = 0.45
"""How far a camera makes up for the skin: 1 would show all faces alike, 0 would show each as light as it is."""
SURROUNDINGS = 0.35
"""How far a camera lets the whole picture decide: before a bright background a face is shown too dark."""
SHADING_SPREAD = 0.45
WHITE_BALANCE_SPREAD = 0.18
WHITE = np.log([0.82, 0.68, 0.62])
"""Logarithm of the white of an eye, as the lightest part of it looks in the light that falls on the lids."""
WHITE_SPREAD = 0.25
WHITE_CHROMA_SPREAD = 0.12
FINE_IRIS = 5.5
"""Radius of an iris in pixels from which the white beside it is measured well."""

LESS_RED, DARKEST = 0.05, -0.1
"""How much less red than the skin (logarithm of red over green) and how light beside it a white is at least: what is
not is a hand, a lid or a shadow before the eye."""

AVERAGE = np.full((3, 3), 1 / 3)
CHROMA = np.eye(3) - AVERAGE


@dataclass(frozen=True)
class WhiteOfEyes:
    """The white of one eye in a photo.

    Attributes:
        colour: [3] linear light, of their lightest part.
        transfer: [25] diffuse light transfer onto the lids of that side.
        iris_radius: in pixels of the photo.
    """

    colour: np.ndarray
    transfer: np.ndarray
    iris_radius: float


def metering_evidence(
    shading: np.ndarray, albedo: np.ndarray, prominence: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """How exposure and white balance bear on the shift of the albedo.

    Args:
        shading: [3] mean logarithm of the light on the face.
        albedo: [3] mean logarithm of its albedo.
        prominence: logarithm of how much brighter than the whole picture the face is.

    Returns:
        Precision [3, 3] and target [3] of the shift s: it costs (s' precision s) / 2 - target' s.
    """
    # Lightness: shading - s = expected - METERING * (albedo + s - TYPICAL), give or take the spread.
    reach = 1 - METERING
    expected = EXPECTED_SHADING + SURROUNDINGS * prominence
    surplus = shading.mean() - expected + METERING * (albedo.mean() - TYPICAL_SKIN)
    precision = AVERAGE / 3 * (reach / SHADING_SPREAD) ** 2 + CHROMA / WHITE_BALANCE_SPREAD**2
    target = np.full(3, reach * surplus / 3 / SHADING_SPREAD**2) + CHROMA @ shading / WHITE_BALANCE_SPREAD**2
    return precision, target


def plausible_whites(whites: Sequence[WhiteOfEyes], skin: np.ndarray) -> list[WhiteOfEyes]:
    """Return the whites that can be whites, beside the mean logarithm [3] of the skin's colour in the same photo."""
    beside = [np.log(np.maximum(white.colour, 2e-3)) - skin for white in whites]
    return [
        white
        for white, colour in zip(whites, beside, strict=True)
        if colour[0] - colour[1] < -LESS_RED and colour.mean() > DARKEST
    ]


def white_evidence(whites: Sequence[WhiteOfEyes], light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How the whites of the eyes bear on the shift; precision and target as of :func:`metering_evidence`.

    Shaded by brows and lids they look darker than they are, never lighter: of two eyes the lighter counts, and what
    looks too dark counts less.
    """
    lacking = [
        WHITE + np.log(np.maximum(white.transfer @ light, 0.02)) - np.log(np.maximum(white.colour, 2e-3))
        for white in whites
    ]
    best = int(np.argmin([one.mean() for one in lacking]))
    blur = min(whites[best].iris_radius / FINE_IRIS, 1.0)
    surprise = lacking[best].mean() / WHITE_SPREAD
    trust = blur**2 / (1 + (surprise / (2.0 if surprise > 0 else 3.0)) ** 2)
    precision = trust * (AVERAGE / 3 / WHITE_SPREAD**2 + CHROMA / WHITE_CHROMA_SPREAD**2)
    return precision, precision @ lacking[best]
