"""How far light wanders in skin of a given colour, and what such skin is called. numpy only.

Skin is taken as one turbid medium, as Principled's subsurface is. Its reduced scattering is the average that
Jacques gives for skin ("Optical properties of biological tissues: a review", Phys. Med. Biol. 58, 2013, table 1:
a = 46 per cm at 500 nm, b = 1.421), its absorption follows from the diffuse albedo by the dipole (Jensen et al.,
"A practical model for subsurface light transport", SIGGRAPH 2001). More melanin means more absorption, so light goes
less far, red light above all.
"""

from __future__ import annotations

import numpy as np

IOR = 1.4
WAVELENGTHS = np.array([610.0, 550.0, 465.0])
"""Nanometres that stand for Rec. 709's red, green and blue."""
SCATTERING = 4600.0 * (WAVELENGTHS / 500.0) ** -1.421
"""Reduced scattering coefficient of skin, per metre."""

SKIN_TYPES = (
    (55.0, "very light"),
    (41.0, "light"),
    (28.0, "intermediate"),
    (10.0, "tan"),
    (-30.0, "brown"),
    (-np.inf, "dark"),
)
"""Lower ends of the individual typology angle in degrees (Chardon et al. 1991; Del Bino & Bernerd 2013)."""


def skin_type(angle: float) -> str:
    """Return the name of skin of an individual typology angle in degrees."""
    return next(name for lowest, name in SKIN_TYPES if angle > lowest or lowest == -np.inf)


def reduced_albedo(albedo: np.ndarray) -> np.ndarray:
    """Return the share of extinction that is scattering, which gives a surface its diffuse albedo.

    Args:
        albedo: ``[...]`` diffuse albedo in [0, 1].
    """
    share = 1 - np.linspace(1, 0, 2001) ** 3  # dense towards 1, where the albedo is steep
    inner = -1.440 / IOR**2 + 0.710 / IOR + 0.668 + 0.0636 * IOR
    boundary = (1 + inner) / (1 - inner)
    root = np.sqrt(3 * (1 - share))
    reflected = share / 2 * (1 + np.exp(-4 / 3 * boundary * root)) * np.exp(-root)
    return np.interp(albedo, reflected, share)


def mean_free_path(albedo: np.ndarray) -> np.ndarray:
    """Return metres that red, green and blue light go between two events in skin.

    Args:
        albedo: ``[3]`` mean diffuse albedo of the skin, linear light.
    """
    return reduced_albedo(np.clip(albedo, 0.005, 0.95)) / SCATTERING


def diffusion_length(albedo: np.ndarray) -> np.ndarray:
    """Return metres within which the light that leaves skin again falls to 1/e (``1 / sigma_tr`` of the dipole)."""
    return mean_free_path(albedo) / np.sqrt(3 * (1 - reduced_albedo(np.clip(albedo, 0.005, 0.95))))
