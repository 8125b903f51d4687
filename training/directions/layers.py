"""What a code cannot hold: freckles and wrinkles, as layers that `core.head_edit` lays over a head's maps.

They are those of the data set (`training.skin.layers`) on a blank skin.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from core.reflectance.directions import LIMIT, MapLayer, room
from training.skin.layers import LAYERS, MELANIN
from training.skin.surface import Canvas, Skin, slopes_of

from .measures import Measures

FRECKLE_DENSITY, SEED = 0.5, 4
AROUND_METRES = 0.006
"""Over which freckles keep the mean colour."""
BLANK = -0.5
"""Log albedo of the blank skin: light enough for every mark."""


def freckle_layer(measures: Measures, people: Sequence[np.ndarray]) -> MapLayer:
    """Return freckles, which keep the colour around them; a unit is one standard deviation of freckles on average.

    Args:
        measures: tell the units.
        people: log albedo [N,3] at the texels, of those on whom a unit is a unit on average.
    """
    canvas = measures.canvas
    blank = _painted(canvas, "freckles", FRECKLE_DENSITY)
    image = canvas.atlas.image((BLANK - blank.log_albedo[:, 1]) / MELANIN[1])
    covered = canvas.atlas.covered.astype(np.float32)
    sigma = AROUND_METRES / canvas.texel
    around = cv2.GaussianBlur(image, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(covered, (0, 0), sigma), 1e-3)
    spots = canvas.atlas.gather(image - around)
    amount = 1.0
    for _ in range(4):
        amount /= np.mean([_rise(measures, texels, amount * spots) for texels in people])
    log_albedo = canvas.atlas.image((-amount * spots)[:, None] * MELANIN)
    return MapLayer(log_albedo.astype(np.float32), np.zeros((*log_albedo.shape[:2], 2), np.float32), True)


def wrinkle_layer(canvas: Canvas) -> MapLayer:
    """Return lines of forehead, brows, eyes and mouth; the largest change is the data set's strongest."""
    blank = _painted(canvas, "wrinkles", 1.0)
    log_albedo = canvas.atlas.image(blank.log_albedo - BLANK) / LIMIT
    slopes = canvas.atlas.image(slopes_of(canvas, blank.height, 0.0)) / LIMIT
    return MapLayer(log_albedo.astype(np.float32), slopes.astype(np.float32), False)


def _painted(canvas: Canvas, name: str, strength: float) -> Skin:
    """Return a blank skin with one layer of the data set."""
    count = len(canvas.position)
    blank = Skin(np.full((count, 3), BLANK, np.float32), *(np.zeros(count, np.float32) for _ in range(3)))
    LAYERS[name](canvas, blank, strength, np.random.default_rng(SEED))
    return blank


def _rise(measures: Measures, texels: np.ndarray, spots: np.ndarray) -> float:
    """Return by how many units spots [N] freckle a log albedo [N,3]."""
    shown = room(float(np.exp(texels[:, 1]).mean())) * spots
    return measures.label(texels - shown[:, None] * MELANIN, "freckles") - measures.label(texels, "freckles")
