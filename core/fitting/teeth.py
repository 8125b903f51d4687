"""Where the upper teeth stand, as far as photos show their biting edge.

Lips can be drawn where they are with the skull a few millimetres too high or too low: a raised upper lip and a short
one look the same. The biting edge of the incisors is the one fixed part of a smile, so it is looked for in the opening
of the mouth, and the teeth of the upper jaw are set to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..photos.face_parts import INNER_LIPS
from ..photos.views import View
from ..shape.morphable import MorphableModel
from .appearance import LUMINANCE

TEETH_HEIGHT = "teeth_height"
"""Name in `Fit.extra` of how far the upper teeth were moved, metres, up."""

STEP = 0.0002
"""Metres a row and a column of the mouth seen flat."""
ABOVE, BELOW = 0.012, 0.016
"""Metres of it above and below the model's biting edge."""
HALF_WIDTH = 0.006
"""Metres to either side of the middle that are looked at: the central incisors, whose edge is nearly straight."""
LEAST_GAP, LEAST_PIXELS = 0.0018, 4.0
"""An opening lower than that, in metres or in pixels of the photo, shows no edge."""
MOST_TURNED = 0.75
"""Cosine between the face's and the camera's direction under which the teeth are seen too much from the side."""
BRIGHT = 0.45
"""Of the opening's brightest part, below which a pixel is no tooth."""
AS_RED_AS_LIPS = 0.35
"""How far from the teeth's redness to the lip's a tooth may be."""
PALER, LIGHTER = 0.15, 1.05
"""How much less red (logarithm of red over green) and how many times as light as the lower lip teeth are at least;
else the mouth shows tongue, gums or the dark."""
LIP_ROWS = 8
"""Rows below the opening that are taken for the lower lip."""
BEHIND_LIP = 0.0008
"""Metres above the lower lip's edge from which on the lip, not the tooth, may be what ends."""
FEWEST_COLUMNS = 0.35
"""Share of the columns that have to show a tooth."""
BELIEF = 0.9
"""Of what is measured: people stand 1.8 mm (standard deviation) from the fitted teeth, the edge is found to 0.5."""
MOST_MOVED, MOST_LOWERED = 0.004, 0.0025
"""Metres; the latter where the edge itself is hidden by the lip."""


def teeth_height(model: MorphableModel, views: Sequence[View]) -> float:
    """Return how far the upper teeth have to move, metres, up; 0 where no photo shows them.

    Args:
        model: of the posed heads.
        views: photos with cameras and posed heads.
    """
    found = [height for view in views if (height := _height_in(model, view)) is not None]
    return float(np.mean(found)) if found else 0.0


def with_teeth(model: MorphableModel, vertices: np.ndarray, height: float) -> np.ndarray:
    """Return a head's vertices [V,3] with its upper teeth and their gums ``height`` metres further up."""
    moved = np.array(vertices, np.float32)
    moved[_upper_jaw(model, ("teeth_upper", "gums_upper")), 1] += np.float32(height)
    return moved


def _upper_jaw(model: MorphableModel, parts: Sequence[str]) -> np.ndarray:
    numbers = [model.part_names.index(name) for name in parts]
    return np.unique(model.quads[np.isin(model.quad_part, numbers)])


def _height_in(model: MorphableModel, view: View) -> float | None:
    incisors = _upper_jaw(model, ("teeth_upper",))
    incisors = view.vertices[incisors[np.abs(model.mean[incisors, 0]) < 1.5 * HALF_WIDTH]]
    edge = incisors[incisors[:, 1].argmin()]
    towards = view.camera.position - edge
    if towards[2] < MOST_TURNED * np.linalg.norm(towards):
        return None
    front = incisors[incisors[:, 1] < edge[1] + 0.004, 2].max()
    across = np.arange(-HALF_WIDTH, HALF_WIDTH, STEP) + incisors[:, 0].mean()
    down = np.arange(edge[1] + ABOVE, edge[1] - BELOW, -STEP)
    plane = np.stack(np.broadcast_arrays(across, down[:, None], front), -1)
    pixels = view.camera.project(plane.reshape(-1, 3))[0].reshape(*plane.shape[:2], 2)
    seen = cv2.remap(view.photo.linear, *_sampled(pixels), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    opening = np.zeros(view.photo.linear.shape[:2], np.uint8)
    lips = np.round((view.landmarks.points[list(INNER_LIPS), :2] - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(opening, [lips], 255, shift=4)
    opening = cv2.remap(opening, *_sampled(pixels), cv2.INTER_LINEAR) > 127
    per_pixel = np.linalg.norm(pixels[-1] - pixels[0], axis=-1).mean() / len(down)
    gap = np.median(opening.sum(0))
    if gap * STEP < LEAST_GAP or gap * per_pixel < LEAST_PIXELS:
        return None
    return _height_of_edge(seen, opening)


def _sampled(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.ascontiguousarray(pixels[..., axis] - 0.5, np.float32) for axis in (0, 1))


def _height_of_edge(seen: np.ndarray, opening: np.ndarray) -> float | None:
    """Return how far above its place in the model the biting edge lies in the mouth seen flat, metres.

    Args:
        seen: [R,C,3] linear light; the model's edge lies ``ABOVE`` below the first row.
        opening: [R,C] bool, between the lips.
    """
    luminance = seen @ LUMINANCE
    redness = np.log(np.maximum(seen[..., 0], 0.01) / np.maximum(seen[..., 1], 0.01))
    bright = np.percentile(luminance[opening], 85)
    brightest = opening & (luminance > 0.8 * bright)
    lip = np.zeros_like(opening)
    lip[LIP_ROWS:] = opening[:-LIP_ROWS]
    lip &= ~opening
    if not (lip.any() and brightest.any()):
        return None
    paler = np.median(redness[lip]) - np.median(redness[brightest])
    if paler < PALER or bright < LIGHTER * np.median(luminance[lip]):
        return None
    tooth = (luminance > BRIGHT * bright) & (redness < np.median(redness[brightest]) + AS_RED_AS_LIPS * paler)
    ends, hidden = [], []
    for column in range(seen.shape[1]):
        rows = np.flatnonzero(opening[:, column])
        if not len(rows):
            continue
        top, lip_row = rows[0], rows[-1] + 1
        below = tooth[top : lip_row + round(0.0012 / STEP), column]
        first = np.flatnonzero(below[: max(3, int(0.6 * len(rows)))])
        if not len(first):
            continue
        rest = np.flatnonzero(~below[first[0] :])
        ends.append(top + first[0] + rest[0] if len(rest) else top + len(below))
        hidden.append(ends[-1] >= lip_row - BEHIND_LIP / STEP)
    if len(ends) < FEWEST_COLUMNS * seen.shape[1]:
        return None
    height = ABOVE - float(np.median(ends)) * STEP
    if np.mean(hidden) > 0.5:  # the teeth reach at least as far down as the lip lets see
        return float(np.clip(height, -MOST_LOWERED, 0.0))
    return float(np.clip(BELIEF * height, -MOST_MOVED, MOST_MOVED))
