"""Distant light as real spherical harmonics of radiance, and as a few directional lights.

Directions are in the head frame (Y up, the face looks to +Z). Coefficient l * l + l + m belongs to the
orthonormal real harmonic of degree l, order m, with the usual polynomials in x, y, z. Coefficients are
radiance [B, 3] with B = (order + 1)^2: constant white light of radiance 1 is [sqrt(4 pi), 0, 0, ...].
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .photo_light import harmonic_planes

COSINE_BANDS = (1.0, 2 / 3, 1 / 4, 0.0, -1 / 24)
"""Bands of the clamped cosine divided by pi (Ramamoorthi & Hanrahan 2001, eq. 8)."""

MAX_ORDER = len(COSINE_BANDS) - 1
_ROUGHNESS_STEPS = 33


class Lights(NamedTuple):
    """Directional lights; a white Lambertian surface that faces one has the radiance `energy / pi`.

    Attributes:
        direction: [K, 3] unit, towards the lights.
        energy: [K, 3] radiance x solid angle.
        visibility: [V, K] or [N, K] from 0 to 1, how much of each light arrives at vertices or points
            (`occlusion.cast_shadows`); None where nothing casts sharp shadows.
    """

    direction: Tensor
    energy: Tensor
    visibility: Tensor | None = None


def order_of(coefficients: Tensor) -> int:
    """The highest degree in coefficients [B, ...], B = (order + 1)^2."""
    order = math.isqrt(len(coefficients)) - 1
    if (order + 1) ** 2 != len(coefficients) or order > MAX_ORDER:
        raise ValueError(f"{len(coefficients)} coefficients are no spherical harmonics of order 0 to 4")
    return order


def sh_basis(directions: Tensor, order: int) -> Tensor:
    """The orthonormal real spherical harmonics [N, (order + 1)^2] of unit directions [N, 3], order <= 4."""
    # Contiguous planes: several times faster than columns of rows.
    x, y, z = directions.t().contiguous().unbind(0)
    return torch.stack(harmonic_planes(x, y, z, order)).t()


def per_coefficient(bands: Tensor) -> Tensor:
    """Repeats one row a degree [order + 1, ...] for each of its coefficients [(order + 1)^2, ...]."""
    repeats = torch.arange(len(bands), device=bands.device) * 2 + 1
    return torch.repeat_interleave(bands, repeats, dim=0)


def cosine_transfer(normals: Tensor, order: int) -> Tensor:
    """Rows [N, B] that turn radiance into the outgoing radiance of an unshadowed white surface."""
    return sh_basis(normals, order) * per_coefficient(normals.new_tensor(COSINE_BANDS[: order + 1]))


def irradiance(normals: Tensor, sh: Tensor) -> Tensor:
    """Irradiance / pi [N, 3] at unit normals [N, 3] under radiance [B, 3].

    Divided by pi, so a white Lambertian surface has this outgoing radiance: 1 under constant light 1.
    """
    order = order_of(sh)
    bands = per_coefficient(sh.new_tensor(COSINE_BANDS[: order + 1]))
    return sh_basis(normals, order) @ (sh * bands.unsqueeze(1))


def glossy(directions: Tensor, roughness: Tensor, sh: Tensor) -> Tensor:
    """Radiance [N, 3] blurred by the GGX lobe of a roughness [N] (Principled's; alpha = roughness^2).

    Each degree is attenuated by the lobe's zonal harmonic for a view along the normal, as in the split-sum
    approximation (Karis 2013): times the lobe's albedo, this is the specular reflection.

    Args:
        directions: [N, 3] the lobes' unit axes.
        roughness: [N] from 0 to 1.
        sh: [B, 3] radiance.
    """
    order = order_of(sh)
    table = _ggx_bands().to(sh)[:, : order + 1]
    place = roughness.clamp(0, 1) * (len(table) - 1)
    below = place.detach().floor().clamp(max=len(table) - 2).long()
    share = (place - below).unsqueeze(1)
    bands = table.index_select(0, below) * (1 - share) + table.index_select(0, below + 1) * share
    basis = sh_basis(directions, order)
    radiance = (basis[:, :1] @ sh[:1]) * bands[:, :1]
    for degree in range(1, order + 1):
        part = slice(degree * degree, (degree + 1) ** 2)
        radiance = radiance + (basis[:, part] @ sh[part]) * bands[:, degree : degree + 1]
    return radiance


@functools.cache
def _ggx_bands() -> Tensor:
    """Zonal bands [R, 5] of the reflected GGX lobe at roughness 0 to 1, view along the normal.

    Towards a light at the angle t the lobe is D(t / 2) V(t) cos(t), with Smith's height-correlated
    visibility V; scaled to the integral 1, since the albedo is another factor.
    """
    # Cubed, the midpoints crowd towards the axis, where the lobe of a smooth surface is narrow.
    midpoint = (np.arange(4000) + 0.5) / 4000
    angle = midpoint**3 * (math.pi / 2)
    measure = midpoint**2 * np.sin(angle)
    rows = []
    for roughness in np.linspace(0, 1, _ROUGHNESS_STEPS):
        alpha = max(roughness, 0.05) ** 2
        cosine = np.cos(angle)
        distribution = 1 / (np.cos(angle / 2) ** 2 * (alpha**2 - 1) + 1) ** 2
        lobe = measure * distribution * cosine / (cosine + np.sqrt(cosine**2 * (1 - alpha**2) + alpha**2))
        lobe /= lobe.sum()
        rows.append([lobe @ np.polynomial.Legendre.basis(degree)(np.cos(angle)) for degree in range(5)])
    rows[0] = [1.0] * 5
    return torch.tensor(np.array(rows))


def rotate(sh: Tensor, rotation: Tensor) -> Tensor:
    """The light [B, 3] after it was turned by a rotation matrix [3, 3] about the head.

    Each degree is closed under rotation, so solving on a fixed set of directions is exact.
    """
    directions = fibonacci_directions(4 * len(sh)).to(sh)
    order = order_of(sh)
    # What shines from d afterwards shone from R^-1 d before; rows are directions, so R^-1 d is d @ R.
    return torch.linalg.pinv(sh_basis(directions, order)) @ (sh_basis(directions @ rotation, order) @ sh)


def vertical_rotation(angle: float) -> Tensor:
    """The matrix [3, 3] that turns by an angle in radians about +Y, from +Z (front) towards +X."""
    cosine, sine = math.cos(angle), math.sin(angle)
    return torch.tensor([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])


def lights_to_sh(lights: Lights, order: int) -> Tensor:
    """Radiance coefficients [B, 3] of directional lights."""
    return sh_basis(lights.direction, order).t() @ lights.energy


def fibonacci_directions(count: int) -> Tensor:
    """Evenly spread unit directions [count, 3], float64, on a golden-angle spiral."""
    index = torch.arange(count, dtype=torch.float64)
    height = 1 - (2 * index + 1) / count
    angle = index * (math.pi * (3 - math.sqrt(5)))
    ring = (1 - height * height).clamp(min=0).sqrt()
    return functional.normalize(torch.stack([ring * angle.cos(), height, ring * angle.sin()], 1), dim=1)
