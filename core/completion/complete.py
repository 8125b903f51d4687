"""All photos and the prior to one set of maps: unwrap, take the light off, merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from ..fitting.appearance import LEAST_SHADING, LUMINANCE, Appearance, TexelEvidence, fit_appearance
from ..fitting.fit import Fit
from ..fitting.skin_tone import WhiteOfEyes
from ..photos.views import View, hidden_share
from ..reflectance.eyes import BROWN, SCLERA, eye_colours, lightest_whites, paint_eyes
from ..reflectance.maps import PriorMaps, ReflectanceMaps, combine, delight
from ..reflectance.merge import Observation
from ..reflectance.prior import ReflectancePrior
from ..shape.morphable import MorphableModel
from .atlas import Atlas, bleed, build_atlas
from .folds import folds
from .unwrap import unwrap

# Regions whose darkness is colour, not depth: they get no creases from it.
FLAT_REGIONS = ("brows", "lips", "nostrils", "mouth_inner", "eye_socket")
TYPICAL_ALBEDO = 0.3
"""Of the skin that hides the sky from other skin, off which light bounces once more."""
BLACK = 2e-3
"""Linear light below which a photo shows nothing but noise."""
FOREHEAD_START = 0.008
"""Metres above the brows over which the forehead begins."""
SOFT_AND_HARD = 0.25, 0.5
"""Standard deviation of the logarithm of the light on a face: in a studio 0.2, in sun from one side 1."""
CHEEK_DOUBT = 0.35
CHEEK_HALF_WIDTH = 0.055
"""Metres from the middle of the face at which whiskers may grow."""


def estimate_appearance(
    model: MorphableModel, prior: ReflectancePrior, views: Sequence[View], rounds: int
) -> Appearance:
    """Fit every photo's light and the shared albedo coefficients, at the prior's own resolution."""
    atlas = build_atlas(model, len(prior.albedo_mean))
    evidence = face_evidence(model, atlas, views)
    basis = np.stack([atlas.gather(mode) for mode in prior.albedo_basis])
    return fit_appearance(evidence, atlas.gather(prior.albedo_mean), basis, rounds)


def face_evidence(model: MorphableModel, atlas: Atlas, views: Sequence[View]) -> list[TexelEvidence]:
    """Return all that each photo says of light, albedo and tone."""
    return [
        replace(
            texel_evidence(model, atlas, view),
            whites=whites_of_eyes(model, view),
            picture_level=picture_level(view),
            glasses=view.landmarks.glasses > 0.5,
        )
        for view in views
    ]


def texel_evidence(model: MorphableModel, atlas: Atlas, view: View) -> TexelEvidence:
    """Return what a photo says of light and albedo at the texels of an atlas."""
    seen = unwrap(atlas, model, view.vertices, view.camera, view.photo.linear, view.skin)
    bounce = 1 / (1 - TYPICAL_ALBEDO * hidden_share(view.transfer))
    transfer = atlas.interpolate(view.transfer * bounce[:, None])
    return TexelEvidence(seen.colour, seen.confidence, transfer, atlas.interpolate(view.gloss))


def picture_level(view: View) -> float:
    """Return the mean logarithm of the luminance of a whole photo."""
    height, width = view.photo.linear.shape[:2]
    scale = min(1.0, 256 / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(view.photo.linear, size, interpolation=cv2.INTER_AREA)
    return float(np.log(np.maximum(small @ LUMINANCE, BLACK)).mean())


def whites_of_eyes(model: MorphableModel, view: View) -> tuple[WhiteOfEyes, ...]:
    """Return the whites of those eyes that a photo shows, and the light that reaches them."""
    lids, left = model.regions["lids"], model.mean[:, 0] > 0
    sides = [view.transfer[lids & side].mean(0) for side in (~left, left)]
    found = lightest_whites(view.photo.linear, view.landmarks.points)
    return tuple(WhiteOfEyes(colour, sides[side], iris_radius) for side, colour, iris_radius in found)


def complete_maps(
    model: MorphableModel,
    prior: ReflectancePrior,
    views: Sequence[View],
    fit: Fit,
    size: int,
    expected_maps: PriorMaps | None = None,
) -> ReflectanceMaps:
    """Return the head's maps at ``size`` texels.

    Args:
        model, prior, views, fit: what was found so far.
        size: texels a side.
        expected_maps: what the person's skin is expected to look like, at any size; the prior's for the fit's
            coefficients when None.
    """
    atlas = build_atlas(model, size)
    prior_maps = enlarge_prior(prior, fit.albedo, size) if expected_maps is None else expected_maps.resized(size)
    expected = np.exp(atlas.gather(prior_maps.log_albedo))
    observations, hardness = [], []
    for view, light in zip(views, fit.lighting, strict=True):
        seen = unwrap(atlas, model, view.vertices, view.camera, view.photo.linear, view.skin)
        shading = atlas.interpolate(np.maximum(view.transfer @ light, LEAST_SHADING))
        hidden = atlas.interpolate(hidden_share(view.transfer)[:, None])
        shading = shading / (1 - np.minimum(expected, 0.9) * hidden)
        gloss = atlas.interpolate(np.maximum(view.gloss @ light, 0))
        log_albedo = delight(seen.colour, shading, gloss, expected, _light_colour(shading, seen.confidence))
        clipped = np.clip((1.0 - seen.colour.max(1)) / 0.04, 0, 1)
        dark = np.clip(shading.mean(1) / (0.25 * np.average(shading.mean(1), weights=seen.confidence + 1e-6)), 0, 1)
        observations.append(Observation(log_albedo, seen.confidence * clipped * dark, seen.pixel_size))
        hardness.append(_hardness(shading, seen.confidence))
    flat = np.clip(sum(model.regions[name].astype(np.float32) for name in FLAT_REGIONS), 0, 1)
    features = cv2.GaussianBlur(atlas.image(atlas.interpolate(flat[:, None]))[..., 0], (0, 0), size * 0.004)
    doubt = atlas.image(atlas.interpolate(hair_doubt(model)[:, None]))[..., 0]
    beard = atlas.image(atlas.interpolate(beard_zone(model)[:, None]))[..., 0]
    folded = atlas.image(_folded_texels(model, atlas, views, fit, observations))
    # A mark that another photo shows in softer light is no shade; one that hardly shows the face has no say.
    shown = np.array([one.confidence.sum() for one in observations])
    hard = float(np.min(hardness, where=shown >= 0.5 * shown.max(), initial=1.0))
    return combine(atlas, observations, prior_maps, features, doubt, texel_size(model, atlas), beard, folded, hard)


def enlarge_prior(prior: ReflectancePrior, coefficients: np.ndarray, size: int) -> PriorMaps:
    """Return the prior's maps for one person's coefficients, at ``size`` texels."""
    maps = PriorMaps(
        prior.log_albedo(coefficients),
        prior.albedo_detail,
        prior.specular_albedo,
        prior.roughness,
        prior.normal_detail,
    )
    return maps.resized(size)


def hair_doubt(model: MorphableModel) -> np.ndarray:
    """Return how readily something dark at each vertex [V] is taken for hair that hangs there, in [0,1].

    All of the forehead is suspect, the cheeks a little; below the nose it is a beard, which belongs to the face.
    """
    brow = model.mean[model.regions["brows"], 1].max()
    nose = model.mean[model.regions["nostrils"], 1].mean()
    forehead = np.clip((model.mean[:, 1] - brow) / FOREHEAD_START, 0, 1)
    cheek = CHEEK_DOUBT * np.clip((model.mean[:, 1] - nose) / FOREHEAD_START, 0, 1)
    return (np.maximum(forehead, cheek) * (model.mean[:, 2] > -0.06)).astype(np.float32)


def beard_zone(model: MorphableModel) -> np.ndarray:
    """Return where on the face [V] a beard may grow, in [0,1]: from the nose to the chin, and beside the ears."""
    nose = model.mean[model.regions["nostrils"], 1].mean()
    chin = model.landmarks_68.points(model.mean)[8, 1]
    below = (nose - model.mean[:, 1]) / FOREHEAD_START
    beside = (np.abs(model.mean[:, 0]) - CHEEK_HALF_WIDTH) / FOREHEAD_START
    above_neck = (model.mean[:, 1] - chin) / FOREHEAD_START + 2
    zone = np.minimum(np.maximum(below, beside), above_neck)
    return np.clip(zone, 0, 1).astype(np.float32) * model.regions["face"]


def _folded_texels(
    model: MorphableModel, atlas: Atlas, views: Sequence[View], fit: Fit, observations: Sequence[Observation]
) -> np.ndarray:
    """Return `folds` at the texels [N], of each photo as far as the texel comes from it."""
    neutral = model.vertices(fit.identity)
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    each = [atlas.interpolate(folds(skin, neutral, view.vertices)[:, None])[:, 0] for view in views]
    return np.average(each, axis=0, weights=[one.weight for one in observations]).astype(np.float32)


def texel_size(model: MorphableModel, atlas: Atlas) -> float:
    """Return the typical width of a face texel in metres."""
    position = atlas.image(atlas.interpolate(model.mean), np.nan)
    face = atlas.image(atlas.interpolate(model.regions["face"].astype(np.float32)[:, None]))[..., 0] > 0.99
    step = np.linalg.norm(np.diff(position, axis=1, append=np.nan), axis=2)
    return float(np.nanmedian(step[face]))


def complete_eyes(model: MorphableModel, views: Sequence[View], fit: Fit, size: int, seed: int) -> np.ndarray:
    """Return the eyeballs' albedo [size,size,3]: both eyes share one tile."""
    colours = []
    lids = model.regions["lids"]
    for view, light in zip(views, fit.lighting, strict=True):
        arriving = np.maximum(view.transfer[lids] @ light, LEAST_SHADING).mean(0)
        colours.append(eye_colours(view.photo.linear, view.landmarks.points, arriving))
    known = [pair for pair in colours if pair is not None]
    iris, white = np.median(known, axis=0) if known else (BROWN, SCLERA)
    atlas = build_atlas(model, size, "eye_left")
    neutral = model.vertices(fit.identity)
    painted = paint_eyes(atlas, neutral, model.eyeballs(neutral)[0][0], iris, white, seed)
    return bleed(painted, atlas.covered)


def _hardness(shading: np.ndarray, weight: np.ndarray) -> float:
    """Return from 0 to 1 how unevenly a photo's light falls on the face."""
    logarithm = np.log(shading.mean(1))
    spread = np.sqrt(np.cov(logarithm, aweights=weight + 1e-6))
    soft, hard = SOFT_AND_HARD
    return float(np.clip((spread - soft) / (hard - soft), 0, 1))


def _light_colour(shading: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.average(shading, axis=0, weights=weight + 1e-6)
