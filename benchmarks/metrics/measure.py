"""Every figure of a fitted head that needs no renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from core.head import Head
from core.render.interpolate import barycentric
from core.render.rasterize import rasterize

from .cameras import camera_error, landmark_error
from .detail import with_height_map, with_normal_map
from .fitted import Fitted
from .geometry import Closest, Similarity, Surface, align, angle_degrees, best_similarity
from .maps import albedo_error, albedo_picture_error, gloss_error
from .seams import seam_step
from .textures import at_map_size, sampled
from .truth_surface import LEAST_SHARE, FacePoints, TruthSurface

if TYPE_CHECKING:
    from ..truth.records import TruthPhoto

ALIGNED_POINTS = 2000
FEWEST_LANDMARKS = 6
MILLIMETRES = 1000.0
SEAM_SIZE = 256
"""Texels a side of the map in which seams are sought."""
SEAM_DISTANCE = 0.008
"""Metres from the true face beyond which a texel of the fitted one has no true colour."""


class Measured(NamedTuple):
    """Figures by name, and the similarity [4, 4] that lays the fitted, posed head upon the true, posed one."""

    figures: dict[str, float]
    true_from_head: np.ndarray


def measure_head(head: Head, truth: TruthPhoto | TruthSurface, photo: int = 0) -> Measured:
    """All figures of a head folder's fit of one true photo that need no renderer; see `measure_fitted`."""
    return measure_fitted(Fitted.of_head(head, photo), truth)


def measure_fitted(fitted: Fitted, truth: TruthPhoto | TruthSurface) -> Measured:
    """All figures of a fit that need no renderer. A figure that cannot be had is missing.

    Args:
        fitted: what the method found.
        truth: the photo of the truth data set that it saw; or its `TruthSurface`, which several methods can share.
    """
    true = TruthSurface.of(truth)
    samples = true.samples
    surface = Surface(fitted.posed, fitted.triangles)
    start = _start(fitted.landmarks, true.landmarks(true.posed))
    free = _aligned(surface, samples.position, samples.normal, start, scale=True)
    rigid = _aligned(surface, samples.position, samples.normal, start, scale=False)
    figures = _distances("rigid", surface, samples.position, rigid, samples.observed)
    figures |= _distances("scaled", surface, samples.position, free, samples.observed)
    figures["scale"] = free.scale
    if fitted.neutral is not None:
        figures |= _neutral_error(fitted, samples, free)
    found = surface.closest(free.inverse().apply(samples.position))
    figures |= _normal_error(fitted, surface, found, samples, true, free)
    figures |= _camera_figures(fitted, true, free)
    if "diffuse_albedo" in fitted.maps and fitted.triangle_uv is not None:
        figures |= _map_figures(fitted, surface, found, samples, true, free)
    return Measured({name: float(value) for name, value in figures.items()}, free.matrix)


def _start(found: np.ndarray | None, true: np.ndarray) -> dict[bool, Similarity]:
    """Where alignment starts, by whether the scale is free: landmarks, or the frame that all heads share."""
    if found is not None:
        known = np.isfinite(found).all(1) & np.isfinite(true).all(1)
        known[:17] = False  # the jaw line slides
        if known.sum() >= FEWEST_LANDMARKS:
            return {scale: best_similarity(found[known], true[known], scale) for scale in (False, True)}
    return dict.fromkeys((False, True), Similarity.identity())


def _aligned(surface: Surface, points: np.ndarray, normals: np.ndarray, start: dict, scale: bool) -> Similarity:
    step = max(1, len(points) // ALIGNED_POINTS)
    return align(surface, points[::step], start[scale], scale, normals[::step])


def _distances(
    name: str, surface: Surface, points: np.ndarray, true_from_fitted: Similarity, observed: np.ndarray
) -> dict[str, float]:
    """Median, mean and 90th percentile in mm of the true points' distances to the fitted surface."""
    distance = surface.closest(true_from_fitted.inverse().apply(points)).distance * true_from_fitted.scale * MILLIMETRES
    figures = {
        f"{name}_median_mm": np.median(distance),
        f"{name}_mean_mm": distance.mean(),
        f"{name}_p90_mm": np.quantile(distance, 0.9),
    }
    for suffix, part in (("observed", observed), ("hidden", ~observed)):
        if part.mean() >= LEAST_SHARE:
            figures[f"{name}_median_{suffix}_mm"] = np.median(distance[part])
    return figures


def _neutral_error(fitted: Fitted, samples: FacePoints, posed: Similarity) -> dict[str, float]:
    """How far the shape without expression is from the true one, aligned anew."""
    surface = Surface(fitted.neutral, fitted.triangles)
    normals = samples.normal  # only to tell the skin's two sides apart
    middle = fitted.neutral[fitted.triangles.ravel()].mean(0)
    unscaled = Similarity(1.0, posed.rotation, posed.apply(middle) - posed.rotation @ middle)
    figures = {}
    for scale, start, name in ((False, unscaled, "neutral"), (True, posed, "neutral_scaled")):
        motion = _aligned(surface, samples.neutral, normals, {scale: start}, scale)
        found = _distances(name, surface, samples.neutral, motion, samples.observed)
        figures |= {key: found[key] for key in (f"{name}_median_mm", f"{name}_mean_mm")}
    return figures


def _normal_error(
    fitted: Fitted, surface: Surface, found: Closest, samples: FacePoints, true: TruthSurface, motion: Similarity
) -> dict[str, float]:
    """Mean angle between the smooth normals; and with the relief of both sides' maps, averaged to about 1 mm."""
    smooth = surface.normals(found)
    angle = angle_degrees(smooth @ motion.rotation.T, samples.normal)
    figures = {"normals_degrees": angle.mean()}
    for suffix, part in (("observed", samples.observed), ("hidden", ~samples.observed)):
        if part.mean() >= LEAST_SHARE:
            figures[f"normals_{suffix}_degrees"] = angle[part].mean()
    if "normal" in fitted.maps and fitted.triangle_uv is not None:
        corner_uv = fitted.triangle_uv[found.triangle]
        uv = (corner_uv * found.weights[:, :, None]).sum(1)
        corner = surface.vertices[surface.triangles[found.triangle]]
        fine = with_normal_map(smooth, corner, corner_uv, sampled(fitted.maps["normal"], uv))
        corners = true.triangles[samples.triangle]
        true_uv = np.asarray(true.head.uv, np.float64)[samples.triangle]
        expected = with_height_map(samples.normal, true.posed[corners], true_uv, true.head.height, samples.uv)
        figures["normals_detail_degrees"] = angle_degrees(fine @ motion.rotation.T, expected).mean()
    return figures


def _camera_figures(fitted: Fitted, true: TruthSurface, motion: Similarity) -> dict[str, float]:
    if fitted.camera is None:
        return {}
    figures = camera_error(fitted.camera, true.camera, motion, true.samples.position.mean(0))
    if fitted.landmarks is not None:
        marks = true.landmarks(true.posed)
        figures |= landmark_error(fitted.landmarks, fitted.camera, marks, true.camera, true.eye_distance)
    return figures


def _map_figures(
    fitted: Fitted, surface: Surface, found: Closest, samples: FacePoints, true: TruthSurface, motion: Similarity
) -> dict[str, float]:
    albedo, true_albedo = fitted.maps["diffuse_albedo"], at_map_size(np.asarray(true.head.albedo))
    uv = _uv_at(fitted, found)
    figures = albedo_error(sampled(albedo, uv), sampled(true_albedo, samples.uv), samples.observed, samples.bare)
    texels, place, shape = true.texels()
    texel_uv = _uv_at(fitted, surface.closest(motion.inverse().apply(texels.position)))
    figures |= albedo_picture_error(sampled(albedo, texel_uv), sampled(true_albedo, texels.uv), place, shape)
    figures |= gloss_error(fitted.maps, uv, true.head.specular, true.head.roughness, samples.uv)
    if "provenance" in fitted.maps and fitted.face is not None:
        step = _seam(fitted, true, motion)
        if step is not None:
            figures["seam_ciede2000"] = max(step, 0.0)  # softer than the truth is no seam
    return figures


def _uv_at(fitted: Fitted, found: Closest) -> np.ndarray:
    return (fitted.triangle_uv[found.triangle] * found.weights[:, :, None]).sum(1)


def _seam(fitted: Fitted, true: TruthSurface, motion: Similarity) -> float | None:
    """The seam of the fitted albedo; the true one is laid into its UV tile to tell borders that are really there."""
    albedo, provenance = (at_map_size(fitted.maps[name], SEAM_SIZE) for name in ("diffuse_albedo", "provenance"))
    size = len(albedo)
    uv = fitted.triangle_uv[fitted.face].reshape(-1, 2)
    flat = torch.from_numpy(np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size, np.ones(len(uv))], 1))
    triangles = torch.arange(len(flat)).view(-1, 3)
    ids = rasterize(flat, triangles, size, size)
    pixels, weights = (values.numpy() for values in barycentric(flat, triangles, ids))
    corners = fitted.triangles[fitted.face][ids.flatten().numpy()[pixels]]
    places = motion.apply((fitted.posed[corners] * weights[:, :, None]).sum(1))
    found = true.face_surface.closest(places)
    true_uv = np.asarray(true.head.uv, np.float64)[true.face_triangles[found.triangle]]
    near = found.distance < SEAM_DISTANCE
    reference, region = np.zeros((size * size, 3)), np.zeros(size * size, bool)
    reference[pixels] = sampled(at_map_size(true.head.albedo), (true_uv * found.weights[:, :, None]).sum(1))
    region[pixels[near]] = True
    return seam_step(albedo, provenance, region.reshape(size, size), reference.reshape(size, size, 3))
