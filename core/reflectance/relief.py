"""Fine relief of skin out of its normal map: heights in metres, and where the skin folds in. numpy only.

Maps are ``[H, W]`` with row 0 at v = 0 (Blender's order); a tangent-space normal (x along u, y along v) is the slope
of the surface. Slopes are integrated by least squares in Fourier space (Frankot & Chellappa, "A method for enforcing
integrability in shape from shading algorithms", PAMI 1988); what is broader than skin's own relief is left out, for it
belongs to the mesh and would add up the errors of the map.
"""

from __future__ import annotations

import numpy as np

BROADEST = 0.006
"""Metres: relief of longer waves belongs to the mesh."""
STEEPEST = 2.0
"""Slopes beyond are errors of a map, not pores."""
FOLD_WIDTH = 0.0015
"""Metres: creases and pores are seen against their surroundings of this size."""
GRID = 32


def metres_per_uv(uv: np.ndarray, corners: np.ndarray, grid: int = GRID) -> np.ndarray:
    """Return how many metres one unit of UV spans, over a grid of the UV tile ``[grid, grid]``, row 0 at v = 0.

    Args:
        uv: ``[Q, 4, 2]`` UVs of the quads' corners.
        corners: ``[Q, 4, 3]`` their places in metres.
        grid: cells along a side; cells without a quad get the median.
    """
    flat = np.abs(_cross(uv[:, 2] - uv[:, 0], uv[:, 3] - uv[:, 1])) / 2
    area = np.linalg.norm(np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]), axis=1) / 2
    cell = np.clip((uv.mean(1) * grid).astype(int), 0, grid - 1)
    index = cell[:, 1] * grid + cell[:, 0]
    flat_sum = np.bincount(index, flat, grid * grid)
    area_sum = np.bincount(index, area, grid * grid)
    used = flat_sum > 1e-9
    scale = np.full(grid * grid, np.sqrt(area.sum() / max(flat.sum(), 1e-12)))
    scale[used] = np.sqrt(area_sum[used] / flat_sum[used])
    return scale.reshape(grid, grid)


def heights(normal: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the relief ``[N, N]`` in metres, float32, of a normal map.

    Args:
        normal: ``[N, N, 3]`` tangent-space normals in [-1, 1], need not be of unit length.
        scale: from :func:`metres_per_uv`.
    """
    size = len(normal)
    span = _spread(scale, size) / size  # metres per texel
    slopes = -normal[..., :2] / np.maximum(normal[..., 2:], 0.1)
    slopes = np.clip(slopes, -STEEPEST, STEEPEST) * span[..., None]
    wave_v, wave_u = np.meshgrid(2 * np.pi * np.fft.fftfreq(size), 2 * np.pi * np.fft.rfftfreq(size), indexing="ij")
    square = wave_u**2 + wave_v**2
    square[0, 0] = 1.0
    rise_u, rise_v = (np.fft.rfft2(slopes[..., axis]) for axis in (0, 1))
    relief = -1j * (wave_u * rise_u + wave_v * rise_v) / square
    broadest = 2 * np.pi * np.median(span) / BROADEST
    relief *= 1 - np.exp(-square / broadest**2)
    relief[0, 0] = 0.0
    return np.fft.irfft2(relief, s=(size, size)).astype(np.float32)


def cavity(relief: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return how open the skin is ``[N, N]``: 1 on bumps and plain skin, towards 0 in pores and creases.

    Args:
        relief: from :func:`heights`.
        scale: from :func:`metres_per_uv`.
    """
    size = len(relief)
    width = FOLD_WIDTH * size / np.median(scale)
    depth = relief - _blurred(relief, width)
    spread = np.sqrt(np.mean(depth**2)) + 1e-9
    return np.clip(1 + np.minimum(depth + 0.5 * spread, 0) / (4 * spread), 0, 1).astype(np.float32)


def _blurred(values: np.ndarray, width: float) -> np.ndarray:
    """A Gaussian blur of ``width`` texels; the map is taken to repeat."""
    wave_v, wave_u = np.meshgrid(np.fft.fftfreq(len(values)), np.fft.rfftfreq(len(values)), indexing="ij")
    damping = np.exp(-2 * (np.pi * width) ** 2 * (wave_u**2 + wave_v**2))
    return np.fft.irfft2(np.fft.rfft2(values) * damping, s=values.shape)


def _spread(grid: np.ndarray, size: int) -> np.ndarray:
    """Resample a coarse grid to ``[size, size]``, bilinearly."""
    place = np.clip((np.arange(size) + 0.5) / size * len(grid) - 0.5, 0, len(grid) - 1)
    low = np.minimum(place.astype(int), len(grid) - 2)
    share = place - low
    rows = grid[low] * (1 - share)[:, None] + grid[low + 1] * share[:, None]
    return rows[:, low] * (1 - share) + rows[:, low + 1] * share


def _cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
