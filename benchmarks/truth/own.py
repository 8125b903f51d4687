"""Random heads of the project's own shape model, which a fit can reach: the benchmark's "same family"."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from core.shape.morphable import MorphableModel, load_model

from . import lashes
from .eyes import eye_uv, iris_uv_radius
from .truth_head import CORNEA, EYE, LASHES, MOUTH, SKIN, TEETH, Assembly, TruthHead, displacement

_KINDS = {"skin": SKIN, "gums": MOUTH, "tongue": MOUTH, "teeth": TEETH, "cornea": CORNEA}
LASHES_PER_STRIP = 90


def own_head(seed: int) -> TruthHead:
    """A random identity: every coefficient from the standard normal distribution.

    Args:
        seed: of identity, displacement and lashes.
    """
    model = load_model()
    generator = np.random.default_rng((seed, 2))
    vertices = model.vertices(generator.normal(size=len(model.coarse_identity))).astype(np.float64)
    balls = {side: model.triangles[_rows(model, f"eye_{side}")] for side in ("left", "right")}
    inner = model.regions["mouth_inner"] | model.regions["eye_socket"]
    still = np.concatenate([vertices[model.regions["mouth_inner"]], *(vertices[np.unique(b)] for b in balls.values())])
    vertices += displacement(vertices, model.triangles[_rows(model, "skin")], still, generator)
    assembly = Assembly(vertices, model.expression_basis)
    for prefix, part in _KINDS.items():
        rows = _rows(model, prefix)
        assembly.add(model.triangles[rows], model.triangle_uv[rows], part)
    centres, radii = [], []
    for side, ball in balls.items():
        points = vertices[np.unique(ball)]
        low, high = points.min(0), points.max(0)
        centres.append(np.append((low + high)[:2] / 2, low[2] + (high - low)[1] / 2))
        radii.append((high - low)[1] / 2)
        assembly.add(ball, eye_uv(vertices[ball], centres[-1]), EYE)
        rows = _rows(model, f"lashes_{side}")
        grown = lashes.grow(
            vertices, model.triangles[rows], model.triangle_uv[rows], centres[-1], LASHES_PER_STRIP, generator
        )
        assembly.add_new(*grown, LASHES)
    open_skin = model.regions["skin"] & ~inner & ~model.regions["nostrils"]
    outside = np.flatnonzero(open_skin)
    nearest = outside[cKDTree(model.mean[outside]).query(model.landmarks_68.points(model.mean))[1]]
    return assembly.head(
        np.where(model.landmarks_68.weight > 0, nearest, -1).astype(np.int32),
        open_skin,
        (centres, radii, iris_uv_radius(radii[0])),
        name=f"own-{seed:04d}",
        family="own",
        seed=seed,
        expression_names=model.expression_names,
    )


def _rows(model: MorphableModel, prefix: str) -> np.ndarray:
    """The triangles of all parts whose name starts so."""
    parts = [index for index, name in enumerate(model.part_names) if name.startswith(prefix)]
    return np.flatnonzero(np.isin(model.triangle_part, parts))
