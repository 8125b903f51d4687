"""People who were never photographed: frequency bands and regions of the face exchanged between items of one tone.

Half of them have the colours of one person and what is finer than :data:`CUT` of another: as it is (freckles, lines,
brows' hairs). The other half have one person's region in another's face, coarse parts blended over a wide border and
fine parts over a narrow one (Burt and Adelson 1983). Gloss and relief go along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from training.skin.surface import Canvas

REGIONS = {
    "mouth": ("lips", "mouth_inner"),
    "eyes": ("brows", "lids", "eye_socket"),
    "nose": ("nose", "nostrils"),
    "cheeks": ("cheeks",),
    "forehead": ("forehead",),
}
KINDS = ("bands", *REGIONS)
LARGEST_STEP = 8.0
"""Degrees of typology angle by which two people may differ who are mixed."""
CUT, WIDE, NARROW = 0.016, 0.02, 0.004
"""Gaussian radii as shares of the map: where bands part, and the borders of regions for coarse and for fine parts."""
TRIES = 50


class Mixture(NamedTuple):
    """A mixed item to be made.

    Attributes:
        first, second: rows of the items; the second gives its fine band or its region.
        kind: one of :data:`KINDS`.
    """

    first: int
    second: int
    kind: str


def plan_mixtures(items: Sequence[dict], count: int, seed: int) -> list[Mixture]:
    """Return who is mixed with whom: training people of one sex and nearly one tone, dark and light equally often.

    Args:
        items: what is known of each item, with ``weight`` (see `training.dataset.tones.balance`).
        count: how many mixtures.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    rows = [row for row, item in enumerate(items) if item["split"] == "train"]
    weights = np.array([items[row]["weight"] for row in rows])
    tones = np.array([items[row]["tone"] for row in rows])
    planned = []
    for number in range(count):
        kind = "bands" if number % 2 == 0 else str(rng.choice(list(REGIONS)))
        for _ in range(TRIES):
            first = int(rng.choice(len(rows), p=weights / weights.sum()))
            fitting = [other for other in range(len(rows)) if _fits(items[rows[first]], items[rows[other]])]
            near = [other for other in fitting if abs(tones[other] - tones[first]) < LARGEST_STEP]
            if near:
                planned.append(Mixture(rows[first], rows[int(rng.choice(near))], kind))
                break
        else:
            raise ValueError("No two people of the data set are near enough in tone to be mixed.")
    return planned


def _fits(one: dict, other: dict) -> bool:
    return one["name"] != other["name"] and (one["sex"] == other["sex"] or None in (one["sex"], other["sex"]))


def region_mask(canvas: Canvas, kind: str) -> np.ndarray:
    """Return the region of a kind [S,S] in [0,1]."""
    return canvas.atlas.image(canvas.share(*REGIONS[kind]).astype(np.float32))


def mixed(first: np.ndarray, second: np.ndarray, kind: str, mask: np.ndarray | None = None) -> np.ndarray:
    """Return a mixture of two maps [S,S,C].

    Args:
        first, second: maps of one kind; albedo as its logarithm.
        kind: one of :data:`KINDS`.
        mask: [S,S] where the second person's region lies; None for bands.
    """
    size = len(first)
    coarse, other = (_blurred(image, CUT * size) for image in (first, second))
    if kind == "bands":
        return coarse + (second - other)
    wide, narrow = (_blurred(mask, radius * size)[..., None] for radius in (WIDE, NARROW))
    return coarse + wide * (other - coarse) + (1 - narrow) * (first - coarse) + narrow * (second - other)


def _blurred(image: np.ndarray, radius: float) -> np.ndarray:
    smooth = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), radius, borderType=cv2.BORDER_REFLECT)
    return smooth.reshape(image.shape)
