"""What Relit is measured against: simpler methods, and itself with one step switched off.

Every method is a set of the pipeline's steps (`core.pipeline.Steps`), so all of them see the same landmarks, write
the same head folder and are measured by the same code. Baselines are given every advantage that costs nothing: our
landmarks, our skin mask, the prior's specular albedo and roughness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch

from core.completion.atlas import Atlas, bleed, build_atlas
from core.completion.complete import complete_maps, estimate_appearance
from core.completion.unwrap import unwrap
from core.fitting.appearance import Appearance
from core.fitting.fit import Fit
from core.fitting.joint_fit import fit_reflectance
from core.fitting.landmark_evidence import Priors
from core.photos.views import SKIN_ROUGHNESS, SKIN_SPECULAR, View, fit_geometry, gloss_response, look_at, trace_light
from core.pipeline import Steps, fit_head
from core.preview import photographed_face
from core.reflectance.maps import PriorMaps, ReflectanceMaps
from core.reflectance.prior import ReflectancePrior
from core.render.interpolate import vertex_normals
from core.render.lighting import cosine_transfer
from core.settings import FitSettings
from core.shape.morphable import MorphableModel

STILL = 1e-3
"""Standard deviation of coefficients that are not to move."""


@dataclass(frozen=True)
class Method:
    """A way to make a head of a photo.

    Attributes:
        name: as in tables and on the command line.
        sentence: what it does, for the reader of a table.
        steps: the pipeline's steps.
    """

    name: str
    sentence: str
    steps: Steps

    def fit(self, photo: Path, out: Path, map_size: int = 512) -> Path:
        """Reconstruct ``photo`` and return the head folder.

        Raises:
            FitError: when the method refuses the photo.
        """
        return fit_head([photo], out, FitSettings(map_size=map_size, threads=1), lambda *_: None, self.steps)


# The artist's preview is not measured, and a photo is looked at once for all methods but Relit itself.
_look_once = lru_cache(maxsize=2)(look_at)


def _photo_itself(model: MorphableModel, view: View, *_: object) -> np.ndarray:
    return photographed_face(view)


def _steps(**replaced: Callable) -> Steps:
    return replace(Steps(look_at=_look_once, picture=_photo_itself), **replaced)


def _fit_geometry_with(**priors: float) -> Callable:
    def fit_geometry_with(model: MorphableModel, views: Sequence[View], settings) -> tuple:
        return fit_geometry(model, views, settings, replace(Priors(), **priors))

    return fit_geometry_with


def keep_shape(
    model: MorphableModel, prior: ReflectancePrior, views: Sequence[View], fit: Fit, *settings
) -> tuple[Fit, list[View]]:
    """Stay with the shape that the landmarks gave."""
    return fit, list(views)


def keep_prior(
    model: MorphableModel, prior: ReflectancePrior, generator, views: Sequence[View], fit: Fit, *settings
) -> tuple[Fit, None]:
    """Stay with the linear prior's skin and the light that was found with it."""
    return fit, None


def _fit_reflectance_with(**changed) -> Callable:
    def fit_reflectance_with(model, prior, generator, views, fit, settings, *others) -> tuple:
        return fit_reflectance(model, prior, generator, views, fit, replace(settings, **changed), *others)

    return fit_reflectance_with


def see_everything_as_skin(path: Path, face: int | None) -> View:
    """Look at the photo without asking what of it is skin."""
    view = _look_once(path, face)
    return replace(view, skin=np.ones_like(view.skin))


def trace_open_sky(model: MorphableModel, view: View, settings) -> View:
    """Let light reach each vertex from its whole hemisphere, as if the head hid nothing from itself."""
    triangles = torch.from_numpy(model.triangles).long()
    transfer = cosine_transfer(vertex_normals(torch.from_numpy(view.vertices), triangles), 4)
    view = replace(view, transfer=transfer.numpy())
    return replace(view, gloss=gloss_response(model, view))


def trace_matt(model: MorphableModel, view: View, settings) -> View:
    """Trace the light as usual, on skin without gloss."""
    view = trace_light(model, view, settings)
    return replace(view, gloss=np.zeros_like(view.gloss))


def light_from_everywhere(model: MorphableModel, prior: ReflectancePrior, views: Sequence[View], rounds) -> Appearance:
    """Take the prior's mean skin, in a light from all sides that makes it as bright as the photo, colour included."""
    lighting = []
    for view in views:
        light = np.zeros((view.transfer.shape[1], 3), np.float32)
        light[0] = _skin_colour(view) / _mean_albedo(model, prior) * np.sqrt(4 * np.pi)
        lighting.append(light)
    return Appearance(tuple(lighting), np.zeros(len(prior.albedo_basis), np.float32), 1.0)


def photo_is_albedo(model: MorphableModel, prior: ReflectancePrior, views: Sequence[View], rounds) -> Appearance:
    """Take the light for white and even, so that the photo shows the albedo; the prior stays at its mean."""
    found = light_from_everywhere(model, prior, views, rounds)
    white = tuple(
        np.sqrt(4 * np.pi) * np.eye(len(light), 1, dtype=np.float32) @ np.ones((1, 3), np.float32)
        for light in found.lighting
    )
    return replace(found, lighting=white)


def keep_mean_tone(model: MorphableModel, prior: ReflectancePrior, views: Sequence[View], rounds: int) -> Appearance:
    """Estimate light and skin, then give the skin the prior's mean tone, and the light what that changes."""
    found = estimate_appearance(model, prior, views, rounds)
    tone = np.average(_face_texels(prior.albedo_basis.transpose(1, 2, 0, 3), model), axis=0)  # [K,3]
    shift = found.albedo @ tone
    change = tone @ np.linalg.solve(tone.T @ tone, shift)
    lighting = tuple((light * np.exp(shift)).astype(np.float32) for light in found.lighting)
    return replace(found, lighting=lighting, albedo=(found.albedo - change).astype(np.float32))


def maps_of_prior(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Take the prior's maps for the person's coefficients; no texel is taken from the photo."""
    blind = [replace(view, skin=np.zeros_like(view.skin)) for view in views]
    return complete_maps(model, prior, blind, fit, size, expected)


def maps_in_grey_world_tone(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Give the prior's mean maps the skin's mean colour, the photo balanced so that what is not skin is grey."""
    maps, view = maps_of_prior(model, prior, views, fit, size), views[0]
    surroundings = np.average(view.photo.linear.reshape(-1, 3), axis=0, weights=1 - view.skin.ravel() + 1e-9)
    tone = _skin_colour(view) * surroundings.mean() / np.maximum(surroundings, 1e-4)
    ratio = (tone / _mean_albedo(model, prior)).astype(np.float32)
    return replace(maps, diffuse_albedo=np.clip(maps.diffuse_albedo * ratio, 0.004, 0.95))


def maps_with_photo_pasted(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Paste the photo as albedo, light and all; what it hides is mirrored, then the prior in the pasted tone."""
    view, maps, atlas = views[0], maps_of_prior(model, prior, views, fit, size), build_atlas(model, size)
    seen = unwrap(atlas, model, view.vertices, view.camera, view.photo.linear, view.skin)
    pasted, observed = atlas.image(seen.colour), _feathered(atlas, seen.confidence)
    mirrored = observed[:, ::-1] * (1 - observed)
    fill = maps.diffuse_albedo * (_skin_colour(view) / _mean_albedo(model, prior)).astype(np.float32)
    shares = np.stack([observed, mirrored, 1 - observed - mirrored], -1).astype(np.float32)
    albedo = sum(shares[..., index, None] * layer for index, layer in enumerate((pasted, pasted[:, ::-1], fill)))
    provenance = shares * atlas.covered[..., None]
    return replace(maps, diffuse_albedo=bleed(np.clip(albedo, 0, 1), atlas.covered), provenance=provenance)


def maps_without_mirror(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Complete the maps, but fill from the prior what would be mirrored from the other side."""
    maps = complete_maps(model, prior, views, fit, size, expected)
    blind = maps_of_prior(model, prior, views, fit, size, expected)
    share = maps.provenance[..., 1]

    def filled(name: str) -> np.ndarray:
        mirrored, prior_only = getattr(maps, name), getattr(blind, name)
        weight = share if mirrored.ndim == 2 else share[..., None]
        return mirrored + weight * (prior_only - mirrored)

    names = ("diffuse_albedo", "specular_albedo", "roughness", "normal")
    provenance = np.stack([maps.provenance[..., 0], np.zeros_like(share), share + maps.provenance[..., 2]], -1)
    return ReflectanceMaps(**{name: filled(name) for name in names}, provenance=provenance)


def maps_without_fine_normals(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Complete the maps and make the normal map flat."""
    maps = complete_maps(model, prior, views, fit, size, expected)
    return replace(maps, normal=np.broadcast_to(np.float32([0, 0, 1]), maps.normal.shape))


def maps_of_one_material(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Complete the maps and give all of the skin the same specular albedo and roughness."""
    maps = complete_maps(model, prior, views, fit, size, expected)
    specular, roughness = (np.full((size, size), value, np.float32) for value in (SKIN_SPECULAR, SKIN_ROUGHNESS))
    return replace(maps, specular_albedo=specular, roughness=roughness)


def _skin_colour(view: View) -> np.ndarray:
    """Return the mean colour [3] of the photo's skin in linear light."""
    return np.average(view.photo.linear.reshape(-1, 3), axis=0, weights=view.skin.ravel() + 1e-9)


def _mean_albedo(model: MorphableModel, prior: ReflectancePrior) -> np.ndarray:
    """Return the mean albedo [3] of the face of the prior's mean."""
    return np.exp(_face_texels(prior.albedo_mean, model)).mean(0)


def _face_texels(image: np.ndarray, model: MorphableModel) -> np.ndarray:
    """Return the texels [N,...] of a UV image [R,R,...] that lie in the face."""
    atlas = build_atlas(model, len(image))
    face = atlas.interpolate(model.regions["face"].astype(np.float32)[:, None])[:, 0] > 0.99
    return atlas.gather(image)[face]


def _feathered(atlas: Atlas, confidence: np.ndarray) -> np.ndarray:
    """Return how much of each texel [S,S] is pasted: all where the photo shows it well, with a soft rim."""
    share = np.clip((atlas.image(confidence) - 0.1) / 0.4, 0, 1)
    return cv2.GaussianBlur(share, (0, 0), max(1.0, 0.006 * atlas.size)) * atlas.covered


_STILL_IDENTITY = {"identity_sigma": STILL}
_STILL_EXPRESSION = {"expression_sigma": STILL, "score_share": 0.0}
_PLAIN = {"refine_geometry": keep_shape, "fit_reflectance": keep_prior}

METHODS = {
    method.name: method
    for method in (
        Method("relit", "Relit as it is.", Steps()),
        Method(
            "mean_head",
            "The mean head without expression, its camera from the landmarks, the prior's mean albedo in the mean "
            "colour of the photo's skin, white-balanced so that the rest of the photo is grey on average.",
            _steps(
                fit_geometry=_fit_geometry_with(**_STILL_IDENTITY, **_STILL_EXPRESSION),
                trace_light=trace_open_sky,
                estimate_appearance=photo_is_albedo,
                complete_maps=maps_in_grey_world_tone,
                **_PLAIN,
            ),
        ),
        Method(
            "pasted_photo",
            "Shape from the landmarks, the photo pasted as albedo; what it hides is mirrored, then filled.",
            _steps(
                trace_light=trace_open_sky,
                estimate_appearance=photo_is_albedo,
                complete_maps=maps_with_photo_pasted,
                **_PLAIN,
            ),
        ),
        Method(
            "without_identity",
            "Everybody has the mean head's shape.",
            _steps(fit_geometry=_fit_geometry_with(**_STILL_IDENTITY), refine_geometry=keep_shape),
        ),
        Method(
            "without_expression",
            "Every face is neutral.",
            _steps(fit_geometry=_fit_geometry_with(**_STILL_EXPRESSION), refine_geometry=keep_shape),
        ),
        Method("without_skin_mask", "The whole photo counts as skin.", _steps(look_at=see_everything_as_skin)),
        Method("without_shadows", "The head casts no shadow on itself.", _steps(trace_light=trace_open_sky)),
        Method("without_gloss", "No highlight is predicted from the light.", _steps(trace_light=trace_matt)),
        Method(
            "without_light",
            "The light comes evenly from all sides, the skin is the prior's mean.",
            _steps(estimate_appearance=light_from_everywhere, **_PLAIN),
        ),
        Method("without_tone", "Everybody has the prior's mean tone.", _steps(estimate_appearance=keep_mean_tone)),
        Method("without_refined_shape", "The shape is that of the landmarks.", _steps(refine_geometry=keep_shape)),
        Method("without_generator", "Expected skin is the linear prior's.", _steps(fit_reflectance=keep_prior)),
        Method(
            "without_tuning",
            "The generator stays as it is.",
            _steps(fit_reflectance=_fit_reflectance_with(tuning_steps=0)),
        ),
        Method(
            "without_likeness",
            "No face recogniser is asked.",
            _steps(fit_reflectance=_fit_reflectance_with(likeness=False)),
        ),
        Method("without_photo_detail", "No texel is taken from the photo.", _steps(complete_maps=maps_of_prior)),
        Method("without_mirror", "Nothing is mirrored.", _steps(complete_maps=maps_without_mirror)),
        Method("without_fine_normals", "The normal map is flat.", _steps(complete_maps=maps_without_fine_normals)),
        Method("without_material", "One gloss for all of the skin.", _steps(complete_maps=maps_of_one_material)),
    )
}
"""All methods by name."""

BASELINES = ("mean_head", "pasted_photo")
MAIN_METHODS = ("relit", *BASELINES)
STAGES_OFF = tuple(name for name in METHODS if name.startswith("without_"))


def method(name: str) -> Method:
    """Return a method by its name.

    Raises:
        SystemExit: when there is none of that name.
    """
    if name not in METHODS:
        raise SystemExit(f"There is no method {name!r}; choose from {', '.join(METHODS)}.")
    return METHODS[name]
