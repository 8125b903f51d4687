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

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from .lighting import Lights, glossy, irradiance, lights_to_sh, order_of, per_coefficient
from .microfacet import ggx_lights, specular_reflectance


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
    open_direction: Tensor | None = None,
) -> Tensor:
    """Linear outgoing radiance [N, 3].

    A mirror direction that the head itself blocks reflects skin as bright as the point's own.

    Args:
        normal_diffuse: [N, 3] unit normals for the diffuse reflection.
        normal_specular: [N, 3] unit normals for the specular one.
        view: [N, 3] unit directions to the camera.
        diffuse_albedo: [N, 3] linear.
        specular_albedo: [N].
        roughness: [N].
        occlusion: [N] open share of the cosine-weighted hemisphere, or None for all of it.
        sh: [B, 3] radiance in the frame of the normals, without `lights`.
        lights: directional lights on top of `sh`, with crisp highlights. Where their visibility at the points
            is known they shade one by one, else they join the harmonics for the diffuse reflection.
        shadow: [N, 3] irradiance / pi that the head takes from itself, mostly negative:
            `occlusion.self_shadow @ harmonics`. Without it, the hidden share is as bright as the rest.
        subsurface: None for a plain Lambertian base.
        open_direction: [N, 3] unit mean direction of the open sky (`occlusion.open_directions`), the normals
            if missing.
    """
    facing = (normal_specular * view).sum(1)
    reflectance = specular_reflectance(facing, roughness, specular_albedo)
    diffuse = diffuse_radiance(normal_diffuse, diffuse_albedo, occlusion, sh, lights, shadow, subsurface)
    axis = lobe_axis(normal_specular, view, roughness)
    reflectance = reflectance.unsqueeze(1)
    specular = glossy(axis, roughness, sh) * reflectance
    direct = torch.zeros_like(specular)
    if lights is not None:
        direct = ggx_lights(normal_specular, view, specular_albedo, roughness, lights)
        if lights.visibility is None:
            # What the head hides of them is guessed as for all other light.
            specular, direct = specular + direct, torch.zeros_like(direct)
    specular = specular.clamp(min=0)
    if occlusion is not None:
        open_direction = normal_specular if open_direction is None else open_direction
        share = open_lobe_share(axis, normal_specular, roughness, occlusion, open_direction).unsqueeze(1)
        specular = torch.lerp(diffuse * reflectance, specular, share)
    return diffuse * (1 - reflectance) + specular + direct


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
    sh = harmonic_light(sh, lights)
    arriving = irradiance(normal, _soften(sh, subsurface))
    if shadow is not None:
        arriving = arriving + shadow
    elif occlusion is not None:
        arriving = arriving * occlusion.unsqueeze(1)
    if lights is not None and lights.visibility is not None:
        cosine = (normal @ lights.direction.t()).clamp(min=0) * lights.visibility
        arriving = arriving.clamp(min=0) + cosine @ lights.energy / math.pi
    radiance = albedo * arriving.clamp(min=0)
    if occlusion is None:
        return radiance
    hidden = (1 - occlusion).clamp(0, 0.99).unsqueeze(1)
    return radiance / (1 - albedo * hidden)


def harmonic_light(sh: Tensor, lights: Lights | None) -> Tensor:
    """The radiance [B, 3] that shades through harmonics: `sh`, and lights of unknown visibility."""
    if lights is None or lights.visibility is not None:
        return sh
    return sh + lights_to_sh(lights, order_of(sh))


def lobe_axis(normal: Tensor, view: Tensor, roughness: Tensor) -> Tensor:
    """Unit mean directions [N, 3] of the reflected lobe.

    That of a rough surface leans from the mirror direction to the normal (Lagarde & de Rousiers 2014,
    listing 21).
    """
    alpha = roughness.square().unsqueeze(1)
    smooth = (1 - alpha).clamp(1e-6, 1)
    mirror = 2 * (normal * view).sum(1, keepdim=True) * normal - view
    axis = torch.lerp(normal, mirror, smooth * (smooth.sqrt() + alpha))
    return functional.normalize(axis, dim=1, eps=1e-12)


def open_lobe_share(
    axis: Tensor, normal: Tensor, roughness: Tensor, occlusion: Tensor, open_direction: Tensor
) -> Tensor:
    """Share [N] of the specular lobe that sees the sky, by the overlap of two cones (Jimenez et al. 2016).

    The sky is a cone about `open_direction` that holds the open share of the hemisphere. The overlap counts
    relative to that with the whole hemisphere, so a point with nothing above it is not dimmed. No gradient.
    """
    with torch.no_grad():
        lobe = torch.exp2(-3.321928 * roughness.square())  # cosine of the cone that holds 90 % of the lobe
        sky = (1 - occlusion.clamp(0, 1)).sqrt()
        overlap = _cone_overlap(sky, lobe, (open_direction * axis).sum(1))
        whole = _cone_overlap(torch.zeros_like(sky), lobe, (normal * axis).sum(1))
        return (overlap / whole.clamp(min=1e-3)).clamp(0, 1)


def _cone_overlap(cosine_1: Tensor, cosine_2: Tensor, cosine_between: Tensor) -> Tensor:
    """Solid angle [N] / 2 pi that two cones share (Oat & Sander 2007), from cosines of their half angles."""
    cosines = (cosine_1, cosine_2, cosine_between)
    angle_1, angle_2, between = (cosine.clamp(-1, 1).acos() for cosine in cosines)
    nested = (angle_1 - angle_2).abs()
    place = 1 - ((between - nested) / (angle_1 + angle_2 - nested).clamp(min=1e-6)).clamp(0, 1)
    return place * place * (3 - 2 * place) * (1 - torch.maximum(cosine_1, cosine_2))


def _soften(sh: Tensor, subsurface: Subsurface | None) -> Tensor:
    """Radiance [B, 3] blurred as `Subsurface` says."""
    if subsurface is None:
        return sh
    degree = torch.arange(order_of(sh) + 1, dtype=sh.dtype, device=sh.device).unsqueeze(1)
    width = sh.new_tensor(subsurface.radius) * (subsurface.scale / subsurface.feature)
    damping = torch.exp(-0.5 * degree * (degree + 1) * width.square())
    return sh * per_coefficient(1 - subsurface.weight + subsurface.weight * damping)
