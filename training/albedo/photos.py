"""Albedo of people in studio photos: unwrapped through our own geometry fit, and de-lit all together.

All photos of a set were taken under one light, so that light is one unknown for the whole set, in spherical
harmonics with the heads' own shadows and gloss; it is found by alternating it with the albedo, which is
taken as each person's tone times a pattern common to all, symmetric on average. What low frequencies mean,
albedo or light, a set of photos does not tell; here the common part of them counts as light.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.camera import Camera
from core.completion.atlas import Atlas
from core.completion.unwrap import unwrap
from core.errors import FitError
from core.fitting.appearance import BANDS
from core.photos.photo import load_photo
from core.photos.views import fit_geometry, gloss_response, look_at, trace_light
from core.reflectance.maps import delight
from core.settings import FitSettings
from core.shape.morphable import MorphableModel

RIDGE = np.array([1e-4, 1e-3, 5e-3, 3e-2, 8e-2])[BANDS]
LEAST = 0.02
"""Confidence below which a texel is not kept."""

EUROPEAN_SKIN = np.array([0.506, 0.304, 0.219])
"""Mean linear albedo of European faces: L* 65, a* 11.5, b* 16.5 (about what spectrophotometers measure)."""


@dataclass(frozen=True)
class Unwrapped:
    """One photo at the texels it saw.

    Attributes:
        texels: [M] indices into the atlas's texels.
        colour: [M,3] linear light.
        confidence: [M] in [0,1].
        transfer, gloss: [M,25] diffuse and specular response to the light.
    """

    texels: np.ndarray
    colour: np.ndarray
    confidence: np.ndarray
    transfer: np.ndarray
    gloss: np.ndarray


def unwrap_photos(model: MorphableModel, atlas: Atlas, paths: Sequence[Path], cache: Path) -> dict[str, Unwrapped]:
    """Unwrap photos; those in which no head can be fitted are left out.

    Fitting and tracing light are kept in the cache per photo and shape, whatever the UV layout; the unwrapped
    photos per layout too.
    """
    shape = _digest(model.coarse_mean, model.coarse_identity, model.quads)
    layout = _digest(model.uv, model.regions["neck"], np.array(atlas.size))
    posed, unwrapped = cache / f"posed-{shape}", cache / f"unwrapped-{shape}-{layout}"
    result = {}
    for path in paths:
        name = f"{path.parent.name}-{path.stem}.npz"
        try:
            result[path.stem] = Unwrapped(
                **_cached(
                    unwrapped / name,
                    lambda path=path, name=name: _unwrap_photo(
                        model, atlas, path, _cached(posed / name, lambda: _pose_photo(model, path))
                    ),
                )
            )
        except FitError as error:
            print(f"{path.name}: {error.message}")
    return result


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]


def _cached(file: Path, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays of ``file``, made first where it is missing; float32 is kept in half precision."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = make()
        part = file.with_suffix(f".{os.getpid()}.part.npz")
        np.savez(part, **{name: _halved(array) for name, array in arrays.items()})
        part.replace(file)
    with np.load(file) as arrays:
        return {
            name: arrays[name].astype(np.float32) if arrays[name].dtype == np.float16 else arrays[name]
            for name in arrays.files
        }


def _halved(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float16) if array.dtype == np.float32 else array


def _pose_photo(model: MorphableModel, path: Path) -> dict[str, np.ndarray]:
    """Return all that is needed of a photo's fit, as arrays."""
    settings = FitSettings()
    _, (view,), _ = fit_geometry(model, [look_at(path, None)], settings.geometry)
    view = trace_light(model, view, settings.appearance)
    return {
        "vertices": view.vertices.astype(np.float64),
        "camera_from_world": view.camera.camera_from_world,
        "focal_px": np.array(view.camera.focal_px),
        "principal_px": view.camera.principal_px,
        "skin": np.round(view.skin * 255).astype(np.uint8),
        "transfer": view.transfer.astype(np.float32),
        "gloss": gloss_response(model, view).astype(np.float32),
    }


def _unwrap_photo(
    model: MorphableModel, atlas: Atlas, path: Path, posed: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the fields of an :class:`Unwrapped`."""
    photo = load_photo(path)
    vertices = posed["vertices"].astype(np.float32)
    camera = Camera(
        float(posed["focal_px"]), posed["principal_px"], photo.width, photo.height, posed["camera_from_world"]
    )
    seen = unwrap(atlas, model, vertices, camera, photo.linear, posed["skin"].astype(np.float32) / 255)
    # Ears fitted to landmarks of the face lie too far from those in the photo; necks lie in shadow and cloth.
    usable = np.ones(len(model.mean), np.float32)
    for name in ("ears", "neck", "eye_socket", "mouth_inner"):
        usable[model.regions[name]] = 0
    confidence = seen.confidence * atlas.interpolate(usable[:, None])[:, 0]
    texels = np.flatnonzero(confidence > LEAST)
    return {
        "texels": texels,
        "colour": seen.colour[texels].astype(np.float32),
        "confidence": confidence[texels].astype(np.float32),
        "transfer": atlas.interpolate(posed["transfer"])[texels],
        "gloss": atlas.interpolate(posed["gloss"])[texels],
    }


def delight_set(
    photos: Sequence[Unwrapped],
    european: np.ndarray,
    mirror: np.ndarray,
    tone_weight: np.ndarray,
    rounds: int = 5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log albedo [P,N,3], confidence [P,N], and the light [25,3].

    Args:
        photos: of one studio.
        european: [P] bool: people whose mean tone, :data:`EUROPEAN_SKIN`, tells exposure and white balance.
        mirror: [N] index of each texel's mirror image.
        tone_weight: [N] where a person's tone is measured.
    """
    count = len(mirror)
    log_albedo = np.zeros((len(photos), count, 3), np.float32)
    confidence = np.zeros((len(photos), count), np.float32)
    for row, photo in enumerate(photos):
        confidence[row, photo.texels] = photo.confidence
        log_albedo[row, photo.texels] = np.log(np.maximum(photo.colour, 2e-3))
    pattern = np.zeros((count, 3), np.float32)
    tones = mean_tones(log_albedo - pattern, confidence * tone_weight)
    light = np.zeros((len(BANDS), 3))
    for _ in range(rounds):
        tones += np.log(EUROPEAN_SKIN) - tones[european].mean(0)
        expected = np.exp(tones[:, None] + pattern)
        light = _solve_light(photos, expected, log_albedo, confidence)
        for row, photo in enumerate(photos):
            log_albedo[row, photo.texels] = delight_photo(photo, light, expected[row, photo.texels])
        tones = mean_tones(log_albedo - pattern, confidence * tone_weight)
        pattern = _pattern(log_albedo, confidence, tones)
        pattern = 0.5 * (pattern + pattern[mirror])
        pattern -= np.average(pattern, axis=0, weights=tone_weight)
    return log_albedo, confidence * _like_skin(log_albedo - tones[:, None]), light


def delight_photo(photo: Unwrapped, light: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return the log albedo [M,3] at the texels that a photo saw.

    Args:
        light: [25,3] that it was taken under.
        expected: [M,3] linear albedo that is believed there, for the skin's colour under a highlight.
    """
    shading = np.maximum(photo.transfer @ light, 0.02).astype(np.float32)
    gloss = np.clip(photo.gloss @ light, 0, 0.5 * photo.colour).astype(np.float32)
    matte = delight(photo.colour, shading, gloss, expected, np.ones(3, np.float32))
    # On dark skin, what is taken for gloss can be all there is in blue: leave half of every channel.
    half = np.log(np.maximum(0.5 * photo.colour, 2e-3) / shading)
    return np.maximum(matte, half)


def balance_exposures(photos: Sequence[Unwrapped], tone_weight: np.ndarray) -> list[Unwrapped]:
    """Return photos of European people as if each had been exposed and white-balanced for the mean tone.

    For a set whose colour casts differ from photo to photo: the tones are lost, the patterns are kept.
    """
    balanced = []
    for photo in photos:
        weight = photo.confidence * tone_weight[photo.texels]
        mean = np.average(np.log(np.maximum(photo.colour, 2e-3)), axis=0, weights=weight)
        gain = np.exp(np.log(EUROPEAN_SKIN) - mean).astype(np.float32)
        balanced.append(replace(photo, colour=photo.colour * gain))
    return balanced


def _solve_light(
    photos: Sequence[Unwrapped], expected: np.ndarray, log_albedo: np.ndarray, confidence: np.ndarray
) -> np.ndarray:
    """Return the light [25,3] of all photos at once; every person counts alike, however dark."""
    systems, targets = np.zeros((3, len(BANDS), len(BANDS))), np.zeros((3, len(BANDS)))
    for row, photo in enumerate(photos):
        albedo = expected[row, photo.texels]
        misfit = np.abs(log_albedo[row, photo.texels] - np.log(albedo)).mean(1)
        weight = confidence[row, photo.texels] / (1 + (misfit / 0.25) ** 2)
        weight = weight * (photo.colour.max(1) < 0.97) / max(float(weight.sum()), 1.0)
        for channel in range(3):
            level = float(np.average(albedo[:, channel], weights=photo.confidence))
            response = (photo.transfer * albedo[:, channel : channel + 1] + photo.gloss) / level
            systems[channel] += (response * weight[:, None]).T @ response
            targets[channel] += (response * weight[:, None]).T @ (photo.colour[:, channel] / level)
    ridge = np.diag(RIDGE) * len(photos)
    return np.stack([np.linalg.solve(systems[c] + ridge, targets[c]) for c in range(3)], 1)


def mean_tones(log_albedo: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weighted mean [P,3] of log albedo [P,N,3], weights [P,N]."""
    total = np.einsum("pnc,pn->pc", log_albedo, weight)
    return (total / np.maximum(weight.sum(1), 1e-6)[:, None]).astype(np.float32)


def _like_skin(difference: np.ndarray) -> np.ndarray:
    """Return [P,N] in [0,1], 0 for white cloth and glare: much lighter and bluer than the person's skin."""
    lighter, bluer = difference.mean(2), difference[..., 2] - difference[..., 0]
    return 1 - np.clip((lighter - 0.1) / 0.3, 0, 1) * np.clip((bluer - 0.15) / 0.25, 0, 1)


def _pattern(log_albedo: np.ndarray, confidence: np.ndarray, tones: np.ndarray) -> np.ndarray:
    """Return the average [N,3] of what differs from everybody's tone; zero where hardly anybody was seen."""
    total = np.einsum("pnc,pn->nc", log_albedo - tones[:, None], confidence)
    return (total / (confidence.sum(0) + 0.5)[:, None]).astype(np.float32)
