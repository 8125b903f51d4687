"""The colour of skin under distant light, with the parameters of Blender's Principled BSDF.

| here | Principled BSDF |
|---|---|
| `diffuse_albedo` | Base Color |
| `specular_albedo` s in [0, 1] | Specular IOR Level at IOR 1.4; reflectance at normal incidence 0.0555556 s |
| `roughness` r in [0, 1] | Roughness; GGX alpha = r^2 |
| `Subsurface` | Subsurface Weight, Radius and Scale |

Everything is linear radiance and differentiable. Cycles is the reference; `specular_reflectance` is the
same integral that Cycles takes away from the layers below the specular one.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .lighting import Lights, cosine_transfer, glossy, lights_to_sh, order_of, per_coefficient

IOR = 1.4
REFLECTANCE = 2 * ((IOR - 1) / (IOR + 1)) ** 2
"""Reflectance at normal incidence for each unit of specular albedo."""

_TABLE_SIZE = (11, 17, 33)  # specular albedo, roughness, cosine to the viewer


class Subsurface(NamedTuple):
    """Light that leaves the skin elsewhere than it entered, as a blur of the irradiance over the surface.

    On a ball of radius `feature`, a blur of width s damps degree l by exp(-l (l + 1) (s / feature)^2 / 2);
    the constant degree keeps its energy.

    Attributes:
        weight: Principled's Subsurface Weight.
        radius: relative width for red, green, blue.
        scale: width of the unit radius in metres.
        feature: typical radius of curvature of a face in metres.
    """

    weight: float = 0.2
    radius: tuple[float, float, float] = (1.0, 0.2, 0.1)
    scale: float = 0.0015
    feature: float = 0.01


def shade(
    normal_diffuse: Tensor,
    normal_specular: Tensor,
    view: Tensor,
    diffuse_albedo: Tensor,
    specular_albedo: Tensor,
    roughness: Tensor,
    occlusion: Tensor | None,
    sh: Tensor,
    lights: Lights | None = None,
    shadow: Tensor | None = None,
    subsurface: Subsurface | None = None,
) -> Tensor:
    """Linear outgoing radiance [N, 3].

    Args:
        normal_diffuse: [N, 3] unit normals for the diffuse reflection.
        normal_specular: [N, 3] unit normals for the specular one.
        view: [N, 3] unit directions to the camera.
        diffuse_albedo: [N, 3] linear.
        specular_albedo: [N].
        roughness: [N].
        occlusion: [N] open share of the cosine-weighted hemisphere, or None for all of it.
        sh: [B, 3] radiance in the frame of the normals, without `lights`.
        lights: directional lights on top of `sh`: crisp highlights, diffuse through the harmonics.
        shadow: [N, 3] irradiance / pi that the head takes from itself in this light, mostly negative:
            `occlusion.self_shadow @ (sh + lights)`. Without it, the hidden share is as bright as the rest.
        subsurface: None for a plain Lambertian base.
    """
    reflectance = specular_reflectance((normal_specular * view).sum(1), roughness, specular_albedo)
    diffuse = diffuse_radiance(normal_diffuse, diffuse_albedo, occlusion, sh, lights, shadow, subsurface)
    specular = specular_radiance(
        normal_specular, view, specular_albedo, roughness, sh, lights, reflectance
    ) * _specular_occlusion((normal_specular * view).sum(1), roughness, occlusion).unsqueeze(1)
    return diffuse * (1 - reflectance).unsqueeze(1) + specular


def diffuse_radiance(
    normal: Tensor,
    albedo: Tensor,
    occlusion: Tensor | None,
    sh: Tensor,
    lights: Lights | None = None,
    shadow: Tensor | None = None,
    subsurface: Subsurface | None = None,
) -> Tensor:
    """Diffusely reflected radiance [N, 3] before the specular layer takes its share; see `shade`.

    What is hidden from the light is hidden by skin. It is taken to be of the same albedo and as brightly
    lit, which sums all bounces: E / (1 - albedo * hidden share). So a white head in a white furnace vanishes.
    """
    order = order_of(sh)
    if lights is not None:
        sh = sh + lights_to_sh(lights, order)
    arriving = cosine_transfer(normal, order) @ _soften(sh, subsurface)
    if shadow is not None:
        arriving = arriving + shadow
    elif occlusion is not None:
        arriving = arriving * occlusion.unsqueeze(1)
    radiance = albedo * arriving.clamp(min=0)
    if occlusion is None:
        return radiance
    hidden = (1 - occlusion).clamp(0, 0.99).unsqueeze(1)
    return radiance / (1 - albedo * hidden)


def specular_radiance(
    normal: Tensor,
    view: Tensor,
    specular_albedo: Tensor,
    roughness: Tensor,
    sh: Tensor,
    lights: Lights | None = None,
    reflectance: Tensor | None = None,
) -> Tensor:
    """Specularly reflected radiance [N, 3]: harmonics by the split sum, `lights` one by one.

    The lobe of a rough surface leans from the mirror direction to the normal (Lagarde & de Rousiers 2014,
    listing 21).
    """
    facing = (normal * view).sum(1, keepdim=True)
    if reflectance is None:
        reflectance = specular_reflectance(facing.squeeze(1), roughness, specular_albedo)
    alpha = roughness.square().unsqueeze(1)
    smooth = (1 - alpha).clamp(1e-6, 1)
    mirror = 2 * facing * normal - view
    axis = torch.lerp(normal, mirror, smooth * (smooth.sqrt() + alpha))
    axis = functional.normalize(axis, dim=1, eps=1e-12)
    radiance = glossy(axis, roughness, sh) * reflectance.unsqueeze(1)
    if lights is not None:
        radiance = radiance + ggx_lights(normal, view, specular_albedo, roughness, lights)
    return radiance.clamp(min=0)


def ggx_lights(
    normal: Tensor, view: Tensor, specular_albedo: Tensor, roughness: Tensor, lights: Lights
) -> Tensor:
    """Specular reflection [N, 3] of directional lights by a GGX microfacet surface (Walter et al. 2007).

    Smith's height-correlated masking and shadowing, exact dielectric Fresnel. Costs about 20 operations on
    [N, K] arrays.
    """
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
        cosine_half, cosine_light = _visible_half_vectors(
            cosine, alpha, radius * angle.cos(), radius * angle.sin()
        )
        # Smith's height-correlated masking and shadowing, over the masking that the sampling has paid for.
        masking, shadowing = _smith_lambda(cosine, alpha), _smith_lambda(cosine_light.clamp(min=1e-6), alpha)
        passing = torch.where(cosine_light > 0, (1 + masking) / (1 + masking + shadowing), 0.0)
        rows.append((dielectric_fresnel(cosine_half, albedo.view(-1, 1, 1)) * passing).mean(2))
    return torch.stack(rows, 1).view(1, 1, *_TABLE_SIZE)


def _visible_half_vectors(
    cosine: Tensor, alpha: Tensor, across: Tensor, upward: Tensor
) -> tuple[Tensor, Tensor]:
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


def _soften(sh: Tensor, subsurface: Subsurface | None) -> Tensor:
    """Radiance [B, 3] blurred as `Subsurface` says."""
    if subsurface is None:
        return sh
    degree = torch.arange(order_of(sh) + 1, dtype=sh.dtype, device=sh.device).unsqueeze(1)
    width = sh.new_tensor(subsurface.radius) * (subsurface.scale / subsurface.feature)
    damping = torch.exp(-0.5 * degree * (degree + 1) * width.square())
    return sh * per_coefficient(1 - subsurface.weight + subsurface.weight * damping)


def _specular_occlusion(cosine: Tensor, roughness: Tensor, occlusion: Tensor | None) -> Tensor:
    """Open share [N] of the specular lobe from that of the hemisphere (Lagarde & de Rousiers 2014)."""
    if occlusion is None:
        return torch.ones_like(cosine)
    # The floors keep the power's slope finite where nothing is open.
    base = (cosine.clamp(min=0) + occlusion).clamp(min=1e-4)
    open_share = base.pow(torch.exp2(-16 * roughness.square() - 1)) - 1 + occlusion
    return open_share.clamp(0, 1)
