"""The fitting of eos (Huber et al. 2016, "A Multiresolution 3D Morphable Face Model and Fitting Framework").

The package carries the method but not its model (the Surrey Face Model is given out apart, for non-commercial use), so
eos fits ours: the same shapes and the same landmarks, another method. Its settings are its own defaults.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.metrics import Fitted
from core.errors import FitError
from core.shape.morphable import load_model

from .seen import look, of_model

MILLIMETRES = 1000.0


@lru_cache(maxsize=1)
def eos_model() -> tuple[Any, np.ndarray, np.ndarray]:
    """Our model in eos' form, and which landmark [N] lies at which vertex [N].

    Our modes are not orthogonal; eos wants an orthonormal basis and variances, and gets the same Gaussian in them.
    """
    import eos

    model = load_model()
    modes = model.identity_basis.reshape(len(model.identity_basis), -1).T.astype(np.float64) * MILLIMETRES
    basis, deviation, _ = np.linalg.svd(modes, full_matrices=False)
    kept = deviation > 1e-6 * deviation[0]
    shape = eos.morphablemodel.PcaModel(
        (model.mean * MILLIMETRES).reshape(-1, 1).astype(np.float32),
        basis[:, kept].astype(np.float32),
        (deviation[kept] ** 2).reshape(-1, 1).astype(np.float32),
        model.triangles.tolist(),
    )
    expressions = [
        eos.morphablemodel.Blendshape(name, (offset * MILLIMETRES).reshape(-1, 1).astype(np.float32))
        for name, offset in zip(model.expression_names, model.expression_basis, strict=True)
    ]
    marks = model.landmarks_478
    usable = np.flatnonzero((marks.weight > 0) & ~marks.contour)
    corners = marks.triangle_vertices[usable]
    vertex = corners[np.arange(len(usable)), marks.barycentric[usable].argmax(1)]
    return eos.morphablemodel.MorphableModel(shape, expressions, eos.morphablemodel.PcaModel()), usable, vertex


def fit(photo: Path) -> Fitted:
    """Shape and expression of our model as eos finds them.

    Raises:
        FitError: eos found nothing finite.
    """
    import eos

    view = look(photo)
    morphable, usable, vertex = eos_model()
    points = view.landmarks.points[usable].astype(np.float32)
    marks = [eos.core.Landmark(str(index), point) for index, point in zip(vertex, points, strict=True)]
    _, _, shape, expression = eos.fitting.fit_shape_and_pose(
        morphable, marks, eos.core.LandmarkMapper(), view.photo.width, view.photo.height
    )
    neutral = np.asarray(morphable.get_shape_model().draw_sample(shape), np.float64).reshape(-1, 3) / MILLIMETRES
    posed = neutral + np.tensordot(expression, load_model().expression_basis, 1)
    if not np.isfinite(posed).all():
        raise FitError(f"eos found no shape for {photo.name}.", "Leave the photo out.")
    return of_model(posed, neutral)
