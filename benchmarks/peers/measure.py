"""One peer on one photo of the truth data set, in figures."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.metrics import Fitted, TruthSurface, measure_fitted
from benchmarks.metrics.geometry import Similarity, Surface

from .catalogue import Peer
from .seen import look

INNER_REACH = 0.07
"""Metres around the tip of the nose within which every peer has a mesh (MediaPipe's ends at the hairline)."""
NOSE_TIP = 30
MILLIMETRES = 1000.0
SHAPE_FIGURES = ("rigid", "scaled", "neutral", "normals", "scale", "focal", "distance", "camera", "landmarks")


def figures(peer: Peer, photo: Any) -> dict[str, float]:
    """Figures of `measure_fitted`, and of parts that every peer covers; lengths in mm.

    Returns:
        Beside those of `measure_fitted`: ``inner_median_mm``, as ``scaled_median_mm`` near the nose;
        ``points_median_mm``, the distance of the peer's own vertices to the true face; ``seconds``, without the
        landmarks that all start from.
    """
    look(photo.path)
    start = time.perf_counter()
    fitted = peer.fit(photo.path)
    seconds = time.perf_counter() - start
    true = _surface(photo)
    measured = measure_fitted(fitted, true)
    found = {name: value for name, value in measured.figures.items() if name.startswith(SHAPE_FIGURES)}
    motion = similarity(measured.true_from_head)
    return found | _covered(fitted, true, motion) | {"seconds": seconds}


def similarity(matrix: np.ndarray) -> Similarity:
    """The similarity that a matrix [4, 4] stands for."""
    scale = float(np.cbrt(np.linalg.det(matrix[:3, :3])))
    return Similarity(scale, matrix[:3, :3] / scale, matrix[:3, 3])


@lru_cache(maxsize=2)
def _surface(photo: Any) -> TruthSurface:
    """One for all peers: what it works out takes longer than most fits."""
    return TruthSurface(photo)


def _covered(fitted: Fitted, true: TruthSurface, motion: Similarity) -> dict[str, float]:
    samples, mine = true.samples, Surface(fitted.posed, fitted.triangles)
    tip = true.landmarks(true.neutral)[NOSE_TIP]
    near = ((samples.neutral - tip) ** 2).sum(1) < INNER_REACH**2
    distance = mine.closest(motion.inverse().apply(samples.position[near])).distance * motion.scale
    face = Surface(true.posed, true.triangles[true.face_triangles])
    own = motion.apply(fitted.posed[np.unique(fitted.triangles)])
    back = face.closest(own[((own - true.landmarks(true.posed)[NOSE_TIP]) ** 2).sum(1) < INNER_REACH**2])
    return {
        "inner_median_mm": float(np.median(distance)) * MILLIMETRES,
        "inner_p90_mm": float(np.quantile(distance, 0.9)) * MILLIMETRES,
        "points_median_mm": float(np.median(back.distance)) * MILLIMETRES,
    }
