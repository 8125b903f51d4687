"""What every peer starts from: the photo, and the 478 landmarks that Relit's own network finds in it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.metrics import Fitted
from benchmarks.metrics.fitted import INNER_REGIONS
from core.camera import Camera
from core.photos.views import View
from core.pipeline import Steps
from core.settings import FitSettings
from core.shape.morphable import MorphableModel, load_model

INNER_68 = (
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),  # brows
    *(168, 197, 5, 4, 98, 97, 2, 326, 327),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
)
"""MediaPipe's points that stand for iBUG's landmarks 17 to 67; the jaw line has no fixed ones."""
JAW = 17


@lru_cache(maxsize=4)
def look(photo: Path) -> View:
    """The photo with its landmarks; looked at once for all peers.

    Raises:
        FitError: no usable face.
    """
    return Steps().look_at(photo, None)


def landmarks_68(points: np.ndarray) -> np.ndarray:
    """iBUG's landmarks [68, 3] among MediaPipe's points [468 or more, 3]; the jaw line is not a number."""
    return np.concatenate([np.full((JAW, 3), np.nan), points[list(INNER_68)]])


def outer_skin(model: MorphableModel) -> np.ndarray:
    """Triangles [T, 3] of the skin that a camera can see."""
    inner = np.zeros(len(model.mean), bool)
    for name in INNER_REGIONS:
        if name in model.regions:
            inner |= model.regions[name]
    skin = model.triangle_part == model.part_names.index("skin")
    return model.triangles[skin & ~inner[model.triangles].all(1)]


def of_model(posed: np.ndarray, neutral: np.ndarray, camera: Camera | None = None) -> Fitted:
    """A head of our shape model as the metrics see it."""
    model = load_model()
    return Fitted(
        posed=posed.astype(np.float64),
        triangles=outer_skin(model),
        neutral=neutral.astype(np.float64),
        landmarks=model.landmarks_68.points(posed),
        camera=camera,
    )


def relit(photo: Path) -> Fitted:
    """Relit's own shape and camera, as the pipeline has them."""
    steps, model = Steps(), load_model()
    fit, (view,), _ = steps.fit_geometry(model, [look(photo)], FitSettings().geometry)
    return of_model(view.vertices, model.vertices(fit.identity), view.camera)


def mean_head(photo: Path) -> Fitted:
    """The mean of our shape model, whoever is on the photo."""
    look(photo)
    mean = load_model().mean
    return of_model(mean, mean)
