"""One photo and all that is known of it: what it shows, its camera, the head posed in it, its light."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..camera import Camera
from ..completion.unwrap import solid_triangles
from ..fitting.fit import Fit
from ..fitting.geometry import fit_landmarks
from ..fitting.landmark_evidence import Priors
from ..render.interpolate import vertex_normals
from ..render.lighting import glossy
from ..render.occlusion import radiance_transfer
from ..render.shading import specular_reflectance
from ..settings import AppearanceSettings, GeometrySettings
from ..shape.morphable import MorphableModel
from .landmarks import Landmarks, detect_landmarks
from .photo import Photo, load_photo
from .photo_quality import quality_notes
from .segmentation import person_mask, skin_mask

SKIN_SPECULAR = 0.5
SKIN_ROUGHNESS = 0.45

Pins = Sequence[Sequence[float]]
"""Index, x and y of landmarks, in pixels of the photo as it is used: upright, scaled down where it is very large."""


@dataclass(frozen=True, eq=False)
class View:
    """A photo on its way through the fit.

    Attributes:
        photo: upright, in linear light.
        landmarks: of the face that is reconstructed.
        skin: [height,width] in [0,1].
        camera: set by `fit_geometry`.
        vertices: [V,3] the head with this photo's expression, head frame; set by `fit_geometry`.
        transfer: [V,25] diffuse radiance transfer with the head's own shadows; set by `trace_light`.
        gloss: [V,25] specular transfer towards the camera (`gloss_response`); set by `trace_light`.
    """

    photo: Photo
    landmarks: Landmarks
    skin: np.ndarray
    camera: Camera | None = None
    vertices: np.ndarray | None = None
    transfer: np.ndarray | None = None
    gloss: np.ndarray | None = None


def look_at(path: Path, face: int | None) -> View:
    """Read a photo, find the face (as `detect_landmarks`) and where its skin is."""
    photo = load_photo(path)
    landmarks = detect_landmarks(photo, face)
    landmarks = replace(landmarks, notes=(*landmarks.notes, *quality_notes(photo, landmarks)))
    return View(photo, landmarks, skin_mask(photo, landmarks, person_mask(photo, landmarks.box)))


def pinning(look: Callable[[Path, int | None], View], pins: Mapping[Path, Pins]) -> Callable[[Path, int | None], View]:
    """`look_at`, or what stands in its place, with the landmarks that the artist has put in place in each photo."""

    def look_and_pin(path: Path, face: int | None) -> View:
        view = look(path, face)
        if not pins.get(path):
            return view
        return replace(view, landmarks=replace(view.landmarks, pins=tuple(map(tuple, pins[path]))))

    return look_and_pin


def fit_geometry(
    model: MorphableModel, views: Sequence[View], settings: GeometrySettings, priors: Priors | None = None
) -> tuple[Fit, list[View], list[str]]:
    """Fit shape, expressions and cameras to the landmarks; return warnings in plain words too."""
    result = fit_landmarks(
        model,
        [view.landmarks for view in views],
        [(view.photo.width, view.photo.height) for view in views],
        [view.photo.exif_focal_35mm for view in views],
        settings,
        priors,
        names=[view.photo.path.name for view in views],
    )
    posed = [
        replace(view, camera=camera, vertices=model.vertices(result.fit.identity, expression))
        for view, camera, expression in zip(views, result.fit.cameras, result.fit.expressions, strict=True)
    ]
    notes = [_about(view, note, len(views)) for view in views for note in (*view.photo.notes, *view.landmarks.notes)]
    return result.fit, posed, [*notes, *result.notes]


def _about(view: View, note: str, photos: int) -> str:
    """A note that says which of several photos it speaks of."""
    name = view.photo.path.name
    return note if photos == 1 or name in note else f"{name}: {note}"


def trace_light(model: MorphableModel, view: View, settings: AppearanceSettings) -> View:
    """Compute how light from all around reaches each vertex, and the camera by way of its gloss.

    The head's own shadows are included.
    """
    transfer = radiance_transfer(
        torch.from_numpy(view.vertices),
        torch.from_numpy(solid_triangles(model)),
        directions=settings.shadow_directions,
        resolution=settings.shadow_resolution,
    )
    view = replace(view, transfer=transfer.numpy())
    return replace(view, gloss=gloss_response(model, view))


def hidden_share(transfer: np.ndarray) -> np.ndarray:
    """Return which share [V] of the sky above each vertex is hidden by the head itself."""
    return np.clip(1 - transfer[:, 0] * np.sqrt(4 * np.pi), 0, 0.95)


def gloss_response(model: MorphableModel, view: View) -> np.ndarray:
    """Return what each vertex reflects specularly towards the camera, [V,25]: radiance = response @ light.

    For skin of ordinary gloss (:data:`SKIN_SPECULAR`, :data:`SKIN_ROUGHNESS`); hidden sky reflects nothing.
    """
    vertices = torch.from_numpy(view.vertices)
    normal = vertex_normals(vertices, torch.from_numpy(model.triangles).long())
    towards = torch.nn.functional.normalize(torch.from_numpy(view.camera.position).float() - vertices, dim=1)
    facing = (normal * towards).sum(1).clamp(min=0.05)
    mirror = torch.nn.functional.normalize(2 * facing[:, None] * normal - towards, dim=1)
    roughness = torch.full_like(facing, SKIN_ROUGHNESS)
    reflectance = specular_reflectance(facing, roughness, torch.full_like(facing, SKIN_SPECULAR))
    response = glossy(mirror, roughness, torch.eye(25)) * reflectance[:, None]
    return response.numpy() * (1 - hidden_share(view.transfer))[:, None]
