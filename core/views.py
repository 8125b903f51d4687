"""One photo and all that is known of it: what it shows, its camera, the head as posed in it, how light reaches it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from .camera import Camera
from .errors import FitError
from .fitting.fit import Fit
from .fitting.geometry import fit_landmarks
from .landmarks import Landmarks, detect_landmarks
from .morphable import MorphableModel
from .photo import Photo, load_photo
from .render.occlusion import radiance_transfer
from .segmentation import person_mask, skin_mask


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
    """

    photo: Photo
    landmarks: Landmarks
    skin: np.ndarray
    camera: Camera | None = None
    vertices: np.ndarray | None = None
    transfer: np.ndarray | None = None


def look_at(path: Path, face: int | None) -> View:
    """Read a photo, find the face and where its skin is."""
    photo = load_photo(path)
    landmarks = detect_landmarks(photo, face)
    return View(photo, landmarks, skin_mask(photo, landmarks, person_mask(photo, landmarks.box)))


def fit_geometry(model: MorphableModel, views: Sequence[View]) -> tuple[Fit, list[View], list[str]]:
    """Fit shape, expressions and cameras to the landmarks; return warnings in plain words too."""
    result = fit_landmarks(
        model,
        [view.landmarks for view in views],
        [(view.photo.width, view.photo.height) for view in views],
        [view.photo.exif_focal_35mm for view in views],
    )
    posed = [
        replace(view, camera=camera, vertices=model.vertices(result.fit.identity, expression))
        for view, camera, expression in zip(views, result.fit.cameras, result.fit.expressions, strict=True)
    ]
    return result.fit, posed, list(result.notes)


def trace_light(model: MorphableModel, view: View) -> View:
    """Compute how light from all around reaches each vertex, the head's own shadows included."""
    triangles = torch.from_numpy(model.triangles)
    transfer = radiance_transfer(torch.from_numpy(view.vertices), triangles, order=4)
    return replace(view, transfer=transfer.numpy())
