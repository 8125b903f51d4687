"""The specular layer: GGX microfacets over a dielectric, as in Cycles' Principled BSDF.

`specular_albedo` s in [0, 1] is Specular IOR Level at IOR 1.4, so the reflectance at normal incidence is
0.0555556 s; `roughness` r has alpha = r^2.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor
from torch.nn import functional

from .lighting import Lights

IOR = 1.4
REFLECTANCE = 2 * ((IOR - 1) / (IOR + 1)) ** 2
"""Reflectance at normal incidence for each unit of specular albedo."""

LIGHTS_AT_ONCE = 8

_TABLE_SIZE = (11, 17, 33)  # specular albedo, roughness, cosine to the viewer


def ggx_lights(normal: Tensor, view: Tensor, specular_albedo: Tensor, roughness: Tensor, lights: Lights) -> Tensor:
    """Specular reflection [N, 3] of directional lights by a GGX microfacet surface (Walter et al. 2007).

    Smith's height-correlated masking and shadowing, exact dielectric Fresnel. Costs about 20 operations on
    arrays of a row a point and a column a light, so few lights are taken at a time.
    """
    radiance = normal.new_zeros(len(normal), 3)
    for first in range(0, len(lights.direction), LIGHTS_AT_ONCE):
        part = slice(first, first + LIGHTS_AT_ONCE)
        visibility = None if lights.visibility is None else lights.visibility[:, part]
        some = Lights(lights.direction[part], lights.energy[part], visibility)
        radiance = radiance + _ggx_some_lights(normal, view, specular_albedo, roughness, some)
    return radiance


def _ggx_some_lights(
    normal: Tensor, view: Tensor, specular_albedo: Tensor, roughness: Tensor, lights: Lights
) -> Tensor:
    light = lights.direction.t()
    to_light = (normal @ light).clamp(min=0)
    to_view = (normal * view).sum(1, keepdim=True).clamp(min=1e-3)
    # With unit vectors the half vector needs only the cosine between view and light.
    between = (view @ light).clamp(-1 + 1e-6, 1)
    half_length = (2 + 2 * between).sqrt()
    at_half = ((to_light + to_view) / half_length).clamp(0, 1)
    alpha_2 = roughness.clamp(min=0.03).pow(4).unsqueeze(1)
    distribution = alpha_2 / (math.pi * (at_half.square() * (alpha_2 - 1) + 1).square())
    visibility = 0.5 / (
        to_light * (to_view.square() * (1 - alpha_2) + alpha_2).sqrt()
        + to_view * (to_light.square() * (1 - alpha_2) + alpha_2).sqrt()
    )
    fresnel = dielectric_fresnel((1 + between) / half_length, specular_albedo.unsqueeze(1))
    if lights.visibility is not None:
        to_light = to_light * lights.visibility
    return (distribution * visibility * fresnel * to_light) @ lights.energy


def dielectric_fresnel(cosine: Tensor, specular_albedo: Tensor) -> Tensor:
    """Unpolarised reflectance of a dielectric at an angle of incidence; Principled's index of refraction.

    The index is the one whose reflectance at normal incidence is 0.0555556 x `specular_albedo`, so nothing
    at all is reflected at specular albedo 0, not even at grazing angles.
    """
    root = (REFLECTANCE * specular_albedo.clamp(1e-5, 10)).sqrt()
    index = (1 + root) / (1 - root)
    along = (index.square() - 1 + cosine.square()).sqrt()
    ratio = (along - cosine) / (along + cosine)
    parallel = (cosine * (along + cosine) - 1) / (cosine * (along - cosine) + 1)
    return 0.5 * ratio.square() * (1 + parallel.square())


def specular_reflectance(cosine: Tensor, roughness: Tensor, specular_albedo: Tensor) -> Tensor:
    """Share [N] of constant light that the specular layer reflects to a viewer at a cosine [N].

    Read from a table of the GGX integral, with gradients to all three.
    """
    table = _reflectance_table().to(cosine)
    # Even steps of the cosine's square root put more cells near grazing, where the table is steep.
    place = torch.stack([cosine.clamp(1e-4, 1).sqrt(), roughness.clamp(0, 1), specular_albedo.clamp(0, 1)], 1)
    grid = (2 * place - 1).view(1, 1, 1, -1, 3)
    sampled = functional.grid_sample(table, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return sampled.view(-1)


@functools.cache
def _reflectance_table() -> Tensor:
    """[1, 1, albedo, roughness, sqrt(cosine)], by sampling visible normals (Heitz 2018) for each cell."""
    albedo, roughness, root = (torch.linspace(0, 1, size, dtype=torch.float64) for size in _TABLE_SIZE)
    cosine = root.square().clamp(min=1e-4).unsqueeze(1)
    points = 256
    radius = ((torch.arange(points, dtype=torch.float64) + 0.5) / points).sqrt()
    angle = torch.arange(points, dtype=torch.float64) * (math.pi * (3 - math.sqrt(5)))
    rows = []
    for alpha in roughness.clamp(min=0.03).square():
        cosine_half, cosine_light = _visible_half_vectors(cosine, alpha, radius * angle.cos(), radius * angle.sin())
        # Smith's height-correlated masking and shadowing, over the masking that the sampling has paid for.
        masking, shadowing = _smith_lambda(cosine, alpha), _smith_lambda(cosine_light.clamp(min=1e-6), alpha)
        passing = torch.where(cosine_light > 0, (1 + masking) / (1 + masking + shadowing), 0.0)
        rows.append((dielectric_fresnel(cosine_half, albedo.view(-1, 1, 1)) * passing).mean(2))
    return torch.stack(rows, 1).view(1, 1, *_TABLE_SIZE)


def _visible_half_vectors(cosine: Tensor, alpha: Tensor, across: Tensor, upward: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines [M, P] of view and half vector, and of light and surface, for view cosines [M, 1].

    `across`, `upward` [P] are points of the unit disc; all lies in the frame whose x-z plane holds the view.
    """
    sine = (1 - cosine.square()).sqrt()
    stretched = torch.hypot(alpha * sine, cosine)
    x, z = alpha * sine / stretched, cosine / stretched
    share = 0.5 * (1 + z)
    raised = (1 - share) * (1 - across.square()).clamp(min=0).sqrt() + share * upward
    depth = (1 - across.square() - raised.square()).clamp(min=0).sqrt()
    half_x, half_y = alpha * (depth * x - raised * z), (alpha * across).expand_as(raised)
    half_z = (raised * x + depth * z).clamp(min=1e-9)
    length = (half_x.square() + half_y.square() + half_z.square()).sqrt()
    cosine_half = ((half_x * sine + half_z * cosine) / length).clamp(0, 1)
    return cosine_half, 2 * cosine_half * half_z / length - cosine


def _smith_lambda(cosine: Tensor, alpha: Tensor) -> Tensor:
    """Smith's Lambda of GGX: masking is 1 / (1 + Lambda)."""
    tangent_2 = 1 / cosine.square() - 1
    return 0.5 * ((1 + alpha.square() * tangent_2).sqrt() - 1)
