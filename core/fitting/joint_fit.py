"""From the landmarks' head and the linear prior's skin to the person: the fit through the renderer.

Shape, expression and camera first, with the albedo held (`fitting.shape_refinement`); then the generator's code and
the light, with the shape held (`fitting.inversion`); then the generator itself around the code
(`fitting.pivotal_tuning`). Each changes what the one before took for granted, so shadows and light are traced again
in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from ..completion.atlas import build_atlas
from ..completion.complete import complete_eyes, complete_maps, texel_evidence
from ..photos.recognition import load_recognition
from ..photos.views import View
from ..reflectance.generator import GeneratedMaps, ReflectanceGenerator
from ..reflectance.maps import PriorMaps, ReflectanceMaps
from ..reflectance.prior import ReflectancePrior
from ..reflectance.skin_code import CODE
from ..settings import JointSettings
from ..shape.morphable import MorphableModel
from ..weights import DLIB_RECOGNITION, available
from .fit import Fit
from .inversion import Level, invert, nearest_code
from .likeness import Likeness
from .pivotal_tuning import Believed, tune
from .shape_posterior import ShapePosterior
from .shape_refinement import MovingTexels, refine_shape

SHAPE_SIZE = 128
"""Texels a side of the maps at which shape is compared."""
TRUST = (1.0, 0.5, 0.25)
"""How much tuning believes of the maps where they were observed, mirrored and filled."""
EYE_SIZE = 128
LARGE_CHANGE = 0.25
"""Root mean square of what photos change of the lightness (logarithm), from which on tuning doubts it."""


def refine_geometry(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    settings: JointSettings,
    on_step: Callable[[int], None] | None = None,
    device: torch.device | str = "cpu",
) -> tuple[Fit, list[View]]:
    """Go on from the landmarks' shape, expressions and cameras to those that explain the colours too.

    Args:
        model: the shape model.
        prior: of the albedo.
        views: photos with posed heads and traced light; both are of the old shape afterwards.
        fit: with light and the prior's coefficients.
        settings: number of steps.
        on_step: called with each step's number; may raise to stop.
        device: where it runs.
    """
    posterior = ShapePosterior.of_fit(
        model,
        [view.landmarks for view in views],
        [(view.photo.width, view.photo.height) for view in views],
        [view.photo.exif_focal_35mm for view in views],
        fit,
        device=device,
    )
    atlas = build_atlas(model, SHAPE_SIZE)
    texels = [MovingTexels.of_view(atlas, model, view, device) for view in views]
    small = cv2.resize(prior.log_albedo(fit.albedo), (SHAPE_SIZE, SHAPE_SIZE), interpolation=cv2.INTER_AREA)
    lighting = [torch.from_numpy(np.asarray(light, np.float32)).to(device) for light in fit.lighting]
    log_albedo = torch.from_numpy(atlas.gather(small)).to(device)
    whitened, _ = refine_shape(posterior, texels, log_albedo, lighting, settings.shape_steps, on_step)
    refined = posterior.fitted(whitened, fit)
    posed = [
        replace(view, camera=camera, vertices=model.vertices(refined.identity, expression))
        for view, camera, expression in zip(views, refined.cameras, refined.expressions, strict=True)
    ]
    return refined, posed


def fit_reflectance(
    model: MorphableModel,
    prior: ReflectancePrior,
    generator: ReflectanceGenerator,
    views: Sequence[View],
    fit: Fit,
    settings: JointSettings,
    seed: int = 0,
    on_step: Callable[[int], None] | None = None,
    device: torch.device | str = "cpu",
    on_skin: Callable[[Fit, PriorMaps], None] | None = None,
) -> tuple[Fit, PriorMaps]:
    """Invert the generator and tune it to the person.

    Args:
        model: the shape model.
        prior: gives where the code starts, and the pores that no photo shows.
        generator: see `reflectance.generator.load_generator`.
        views: photos with posed heads and traced light.
        fit: with light and the prior's coefficients.
        settings: sizes and numbers of steps.
        seed: of everything random.
        on_step: called with each step's number, counted through; may raise to stop.
        device: where it runs.
        on_skin: called with the fit and the expected skin as they are by then, after each size of map.

    Returns:
        The fit with its light and code, and what the person's skin is expected to look like.
    """
    generator = generator.to(device)
    believed = prior.log_albedo(fit.albedo)
    levels = [_level(model, views, believed, size, device) for size in settings.code_sizes]
    likeness = None
    if settings.likeness and available(DLIB_RECOGNITION):
        eyes = complete_eyes(model, views, fit, EYE_SIZE, seed).transpose(2, 0, 1)
        network = load_recognition().to(device)
        likeness = Likeness(model, views, network, torch.from_numpy(eyes.copy()).to(device), seed, device)
    start = nearest_code(generator, levels[0].log_albedo, fit.albedo)

    def show(code: torch.Tensor, lighting: Sequence[np.ndarray]) -> None:
        with torch.no_grad():
            maps = generator.synthesis(code[None], settings.code_sizes[-1])
        on_skin(replace(fit, lighting=tuple(lighting)), expected_maps(maps, prior))

    on_level = None if on_skin is None else show
    found = invert(generator, levels, settings.code_steps, start, fit.lighting, likeness, on_step, on_level)
    fit = replace(fit, lighting=found.lighting, extra={**fit.extra, CODE: found.code.cpu().numpy().astype(np.float32)})
    own = generator
    if settings.tuning_steps:
        size, before = settings.code_sizes[-1], sum(settings.code_steps)
        with torch.no_grad():
            pivot = generator.synthesis(found.code[None], size)
        if on_skin is not None:
            on_skin(fit, expected_maps(pivot, prior))
        maps = complete_maps(model, prior, views, fit, size, expected_maps(pivot, prior))
        skin = believed_skin(maps, pivot.log_albedo)
        counted = None if on_step is None else lambda step: on_step(before + step)
        own = tune(generator, skin, settings.tuning_steps, found.code, seed, counted)
    with torch.no_grad():
        maps = own.synthesis(found.code[None], own.config.size)
    return fit, replace(expected_maps(maps, prior), believed=settings.tuning_steps > 0)


def with_likely_code(generator: ReflectanceGenerator, fit: Fit) -> Fit:
    """Return a fit with the code of the linear prior's coefficients, so that a head without inversion can be edited."""
    with torch.no_grad():
        code = generator.code_from_prior(fit.albedo)
    return replace(fit, extra={**fit.extra, CODE: code.cpu().numpy().astype(np.float32)})


def _level(
    model: MorphableModel, views: Sequence[View], log_albedo: np.ndarray, size: int, device: torch.device | str
) -> Level:
    atlas = build_atlas(model, size)
    small = cv2.resize(log_albedo, (size, size), interpolation=cv2.INTER_AREA)
    image = torch.from_numpy(small.transpose(2, 0, 1)[None].copy()).to(device)
    return Level(atlas, tuple(texel_evidence(model, atlas, view) for view in views), image)


def believed_skin(maps: ReflectanceMaps, pivot: Tensor) -> Believed:
    """What a head's maps say of the skin: most where the photos saw it, something where it was mirrored or filled.

    Where photos differ much from what the generator takes for skin, it is mostly by their shadows: then the albedo
    that tuning aims at stays nearer to the pivot's.

    Args:
        maps: at the size of the tuning.
        pivot: [1, 3, S, S] logarithm of the albedo that the code gives.
    """
    log_albedo = torch.from_numpy(np.log(maps.diffuse_albedo).transpose(2, 0, 1)[None].copy()).to(pivot)
    provenance = torch.from_numpy(maps.provenance.transpose(2, 0, 1)[None].copy()).to(pivot)
    change = log_albedo - pivot
    observed = provenance[:, :1]
    spread = ((observed * change.mean(1, keepdim=True).square()).sum() / observed.sum().clamp(min=1e-6)).sqrt()
    trust = 1 / (1 + (spread / LARGE_CHANGE) ** 4)
    shares = pivot.new_tensor(TRUST)[None, :, None, None]
    return Believed(pivot + trust * change, (provenance * shares).sum(1, keepdim=True))


def expected_maps(maps: GeneratedMaps, prior: ReflectancePrior) -> PriorMaps:
    """A generated person's maps as the maps' completion takes them."""
    log_albedo, specular, roughness, slopes = (
        np.ascontiguousarray(image[0].permute(1, 2, 0).cpu().numpy())
        for image in (maps.log_albedo, maps.specular, maps.roughness, maps.slopes)
    )
    return PriorMaps(log_albedo, prior.albedo_detail, specular[..., 0], roughness[..., 0], slopes)
