"""Smooth random fields in space: the same at both sides of a UV seam, because they know nothing of UVs."""

from __future__ import annotations

import functools

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

CELLS, SAMPLES = 24, 4
"""A volume repeats after so many cells; each cell has so many samples a side."""


@functools.lru_cache(maxsize=4)
def _volume(seed: int) -> np.ndarray:
    white = np.random.default_rng(seed).normal(size=(CELLS * SAMPLES,) * 3).astype(np.float32)
    smooth = gaussian_filter(white, SAMPLES / 2, mode="wrap")
    return smooth / smooth.std()


def noise(points: np.ndarray, wavelength: float, generator: np.random.Generator) -> np.ndarray:
    """A normal random field ``[N]`` (mean 0, deviation 1) at points ``[N, 3]``.

    Args:
        points: metres.
        wavelength: distance in metres over which it changes sign and back, about.
        generator: each call takes its own rotation and offset from it.
    """
    rotation = np.linalg.qr(generator.normal(size=(3, 3)))[0] * (2 * SAMPLES / wavelength)
    offset = generator.uniform(0, CELLS * SAMPLES, 3)
    volume = _volume(int(generator.integers(4)))
    places = np.asarray(points, np.float32) @ rotation.T.astype(np.float32) + offset.astype(np.float32)
    return map_coordinates(volume, places.T, order=1, mode="grid-wrap")


def octaves(
    points: np.ndarray, longest: float, shortest: float, roughness: float, generator: np.random.Generator
) -> np.ndarray:
    """A sum of fields of halved wavelengths ``[N]``, deviation 1; each has ``roughness`` times the one before."""
    total, power, strength = np.zeros(len(points), np.float32), 0.0, 1.0
    wavelength = longest
    while wavelength >= shortest:
        total += strength * noise(points, wavelength, generator)
        power += strength**2
        wavelength, strength = wavelength / 2, strength * roughness
    return total / np.float32(np.sqrt(max(power, 1e-12)))


def smoothstep(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to ``low``, 1 from ``high`` on (``low`` may be the larger), smooth in between."""
    share = np.clip((np.asarray(values, np.float32) - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)
