"""Colour differences as people see them, and skin tone as dermatologists measure it.

Linear light has Rec. 709 primaries in [0, 1]; Lab is CIE 1976 with white point D65.
"""

from __future__ import annotations

import numpy as np

from core.mapfiles import linear_from_srgb, srgb_from_linear

__all__ = ["ciede2000", "ita_degrees", "lab_from_linear", "linear_from_srgb", "luminance", "srgb_from_linear"]

_XYZ_FROM_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _XYZ_FROM_RGB.sum(1)
_SEVENTH_POWER = 25.0**7


def luminance(linear: np.ndarray) -> np.ndarray:
    """Luminance [...] of linear light [..., 3]."""
    return np.asarray(linear, np.float64) @ _XYZ_FROM_RGB[1]


def lab_from_linear(linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* [..., 3] of linear light [..., 3]."""
    ratio = np.asarray(linear, np.float64) @ _XYZ_FROM_RGB.T / _WHITE
    edge = (6 / 29) ** 3
    root = np.where(ratio > edge, np.cbrt(np.maximum(ratio, edge)), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def ita_degrees(lab: np.ndarray) -> np.ndarray:
    """Individual typology angle [...] of Lab [..., 3]: above 55 very light, below -30 dark (Chardon et al. 1991).

    Yellowness b is taken as at least 0: skin is never bluer than grey, and a sign change would flip the angle.
    """
    lab = np.asarray(lab, np.float64)
    return np.degrees(np.arctan2(lab[..., 0] - 50.0, np.maximum(lab[..., 2], 1e-6)))


def ciede2000(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """CIEDE2000 differences [...] of Lab colours [..., 3] (Luo et al. 2001; formulae as in Sharma et al. 2005)."""
    l1, a1, b1 = np.moveaxis(np.asarray(first, np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(second, np.float64), -1, 0)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    grey = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + _SEVENTH_POWER)))
    a1, a2 = a1 * (1 + grey), a2 * (1 + grey)
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    colourless = c1 * c2 == 0
    hue_step = (h2 - h1 + 180) % 360 - 180
    hue_step = np.where(hue_step == -180, np.where(h2 - h1 > 0, 180.0, -180.0), hue_step)
    hue_step = np.where(colourless, 0.0, hue_step)
    hue = np.where(np.abs(h1 - h2) <= 180, (h1 + h2) / 2, ((h1 + h2 + 360) / 2) % 360)
    hue = np.where(colourless, h1 + h2, hue)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    step_l, step_c = l2 - l1, c2 - c1
    step_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(hue_step / 2))
    tilt = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    weight_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    weight_c = 1 + 0.045 * chroma
    weight_h = 1 + 0.015 * chroma * tilt
    turn = np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2)))
    blue = -2 * np.sqrt(chroma**7 / (chroma**7 + _SEVENTH_POWER)) * np.sin(turn)
    lightness, colour, tint = step_l / weight_l, step_c / weight_c, step_h / weight_h
    return np.sqrt(np.maximum(lightness**2 + colour**2 + tint**2 + blue * colour * tint, 0.0))
