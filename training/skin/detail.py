"""Pore-level detail of skin over a whole head, made from a small patch without seam or repetition.

Texture by example with tiling and blending (Heitz & Neyret 2018): every lattice vertex shows a random piece
of the exemplar, neighbours are blended in a space where the exemplar is Gaussian (so that blending keeps its
variance), and its own histogram is put back at the end. It is looked up by position on the head in
millimetres, blended over the three coordinate planes, and so knows nothing of UV seams.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr, ndtri

CELL = 0.22
"""Distance of lattice vertices as a share of the exemplar's shorter side."""


@dataclass(frozen=True)
class Exemplar:
    """A patch of skin.

    Attributes:
        gaussian: [H,W] the patch with its histogram made a standard normal one.
        histogram: [1024] its values in ascending order, standard deviation 1, mean 0.
        millimetres: size of one pixel.
    """

    gaussian: np.ndarray
    histogram: np.ndarray
    millimetres: float


def make_exemplar(patch: np.ndarray, millimetres: float, finest: float, coarsest: float) -> Exemplar:
    """Keep the band of a patch between two scales.

    Args:
        patch: [H,W] height or lightness.
        millimetres: size of one pixel.
        finest, coarsest: standard deviations in millimetres of the Gaussians that bound the band.
    """
    patch = patch.astype(np.float64)
    band = gaussian_filter(patch, finest / millimetres) - gaussian_filter(patch, coarsest / millimetres)
    # Moles, lines and specks of the scanned person are not skin in general.
    low, high = np.percentile(band, [1.5, 98.5])
    band = np.clip(band, low, high)
    order = np.empty(band.size, np.int64)
    order[np.argsort(band, axis=None)] = np.arange(band.size)
    gaussian = ndtri((order + 0.5) / band.size).reshape(band.shape)
    values = np.sort(band, axis=None)
    values = (values - values.mean()) / values.std()
    return Exemplar(gaussian.astype(np.float32), values[np.linspace(0, band.size - 1, 1024).astype(int)], millimetres)


def skin_field(exemplar: Exemplar, position: np.ndarray, normal: np.ndarray, seed: int) -> np.ndarray:
    """Return the exemplar's texture [N] (mean 0, standard deviation 1) at points of a surface.

    Args:
        exemplar: the patch.
        position: [N,3] in metres.
        normal: [N,3] unit normals; they decide how much each coordinate plane counts.
        seed: another seed, another arrangement of the same skin.
    """
    coordinates = position.astype(np.float64) * 1000 / exemplar.millimetres
    plane_weights = np.abs(normal) ** 4 + 1e-4
    total = np.zeros(len(position))
    for axis, (first, second) in enumerate(((2, 1), (0, 2), (0, 1))):
        plane = _tile_and_blend(exemplar.gaussian, coordinates[:, [first, second]], seed + 7919 * axis)
        total += plane_weights[:, axis] * plane
    total /= np.sqrt((plane_weights**2).sum(1))
    return np.interp(ndtr(total), (np.arange(1024) + 0.5) / 1024, exemplar.histogram)


def _tile_and_blend(gaussian: np.ndarray, at: np.ndarray, seed: int) -> np.ndarray:
    """Blend three randomly moved and turned copies of the exemplar at pixels ``at`` [N,2]; variance stays
    1."""
    cell = CELL * min(gaussian.shape)
    skewed = np.stack([at[:, 0] - at[:, 1] / np.sqrt(3), at[:, 1] * 2 / np.sqrt(3)], 1) / cell
    base = np.floor(skewed).astype(np.int64)
    x, y = (skewed - base).T
    upper = (x + y > 1).astype(np.int64)
    weights = np.where(upper[:, None], np.stack([x + y - 1, 1 - y, 1 - x], 1), np.stack([1 - x - y, x, y], 1))
    # Corners of the lower triangle: (0,0), (1,0), (0,1); of the upper one: (1,1), (1,0), (0,1).
    corners = (np.stack([upper, upper], 1), np.array([[1, 0]]), np.array([[0, 1]]))
    total = np.zeros(len(at))
    for weight, corner in zip(weights.T, corners):
        vertex = base + corner
        place = np.stack([vertex[:, 0] + vertex[:, 1] / 2, vertex[:, 1] * np.sqrt(3) / 2], 1) * cell
        offset, angle = _random_piece(vertex, seed, gaussian.shape)
        away, cosine, sine = at - place, np.cos(angle), np.sin(angle)
        turned = np.stack([cosine * away[:, 0] - sine * away[:, 1], sine * away[:, 0] + cosine * away[:, 1]], 1)
        total += weight * _look_up(gaussian, turned + offset)
    return total / np.sqrt((weights**2).sum(1))


def _random_piece(vertex: np.ndarray, seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return a repeatable random place in the exemplar [N,2] and angle [N] for each lattice vertex [N,2]."""
    state = vertex[:, 0] * 73856093 ^ vertex[:, 1] * 19349663 ^ seed * 83492791
    state = (state ^ (state >> 13)) * 1274126177 & 0x7FFFFFFF
    state ^= state >> 16
    place = np.stack([state % shape[1], (state // shape[1]) % shape[0]], 1)
    return place, 2 * np.pi * ((state // 977) % 1024) / 1024


def _look_up(gaussian: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Sample bilinearly; the patch goes on as its own mirror image beyond its border."""
    height, width = gaussian.shape
    column, row = np.floor(at - 0.5).astype(np.int64).T
    right, down = (at - 0.5 - np.stack([column, row], 1)).T
    columns = [_reflect(column + step, width) for step in (0, 1)]
    rows = [_reflect(row + step, height) for step in (0, 1)]
    above = gaussian[rows[0], columns[0]] * (1 - right) + gaussian[rows[0], columns[1]] * right
    below = gaussian[rows[1], columns[0]] * (1 - right) + gaussian[rows[1], columns[1]] * right
    return above * (1 - down) + below * down


def _reflect(index: np.ndarray, size: int) -> np.ndarray:
    index = index % (2 * size)
    return np.where(index < size, index, 2 * size - 1 - index)
