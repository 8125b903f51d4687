"""Skin tone against exposure: what settles the one thing that shading cannot.

A darker person in a brighter light makes the same picture. What tells them apart is outside the skin: how cameras
expose, which light is usual, and the whites of the eyes, whose colour is nearly the same in all people. Each is a
Gaussian evidence on three numbers, the logarithm by which the albedo is moved (and the light divided).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TYPICAL_SKIN = np.log(0.2)
"""Logarithm of an albedo in the middle of the tones."""
EXPECTED_SHADING = -0.30
"""Mean logarithm of the light on a face of that albedo, as a white surface would show it in the photo."""
METERING = 0.45
"""How far a camera makes up for the skin: 1 would show all faces alike, 0 would show each as light as it is."""
SHADING_SPREAD = 0.50
WHITE_BALANCE_SPREAD = 0.18
WHITE = np.log([0.78, 0.65, 0.59])
"""Logarithm of the white of an eye, as the lightest part of it looks in the light that falls on the lids."""
WHITE_SPREAD = 0.33
WHITE_CHROMA_SPREAD = 0.08
FINE_IRIS = 7.0
"""Radius of an iris in pixels from which the white beside it is measured well."""

AVERAGE = np.full((3, 3), 1 / 3)
CHROMA = np.eye(3) - AVERAGE


@dataclass(frozen=True)
class WhiteOfEyes:
    """The whites of the eyes in one photo.

    Attributes:
        colour: [3] linear light, of their lightest part.
        transfer: [25] diffuse light transfer onto the lids.
        iris_radius: in pixels of the photo.
    """

    colour: np.ndarray
    transfer: np.ndarray
    iris_radius: float


def metering_evidence(shading: np.ndarray, albedo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How exposure and white balance bear on the shift of the albedo.

    Args:
        shading: [3] mean logarithm of the light on the face.
        albedo: [3] mean logarithm of its albedo.

    Returns:
        Precision [3, 3] and target [3] of the shift s: it costs (s' precision s) / 2 - target' s.
    """
    # Lightness: shading - s = EXPECTED - METERING * (albedo + s - TYPICAL), give or take the spread.
    reach = 1 - METERING
    surplus = shading.mean() - EXPECTED_SHADING + METERING * (albedo.mean() - TYPICAL_SKIN)
    precision = AVERAGE / 3 * (reach / SHADING_SPREAD) ** 2 + CHROMA / WHITE_BALANCE_SPREAD**2
    target = np.full(3, reach * surplus / 3 / SHADING_SPREAD**2) + CHROMA @ shading / WHITE_BALANCE_SPREAD**2
    return precision, target


def white_evidence(white: WhiteOfEyes, light: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How the whites of the eyes bear on the shift; precision and target as of :func:`metering_evidence`.

    Shaded by brows and lids they look darker than they are, never lighter: what looks too dark counts less.
    """
    arriving = np.maximum(white.transfer @ light, 0.02)
    lacking = WHITE - np.log(np.maximum(white.colour, 2e-3)) + np.log(arriving)
    blur = min(white.iris_radius / FINE_IRIS, 1.0)
    surprise = lacking.mean() / WHITE_SPREAD
    trust = blur**2 / (1 + (surprise / (2.0 if surprise > 0 else 3.0)) ** 2)
    precision = trust * (AVERAGE / 3 / WHITE_SPREAD**2 + CHROMA / WHITE_CHROMA_SPREAD**2)
    return precision, precision @ lacking
