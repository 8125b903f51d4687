"""The eyeballs' texture: the iris in the colour that the photos show, the rest drawn.

A portrait rarely shows more than a dozen pixels of iris, half of it under a reflection: its colour can be
measured, its fibres cannot. So the colour is measured and the pattern is made, from the seed.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from ..completion.atlas import Atlas

IRIS_RADIUS = 0.00585
"""Half of the visible iris's width in metres: 11.7 mm, nearly the same in all adults (Rüfer et al. 2005)."""
PUPIL_RADIUS = 0.0021
SCLERA = np.array([0.50, 0.45, 0.42], np.float32)
SCLERA_LEVELS = (0.4, 1.1)
"""How dark and how light the white of an eye may be measured, relative to that: lids shade it."""
BROWN = np.array([0.085, 0.042, 0.022], np.float32)
"""Linear albedo of the commonest iris; taken where the photos cannot tell."""
MEASURED_IRIS = 6.0
"""Radius in pixels of an iris, to which smaller ones are enlarged before anything is measured."""
FEWEST_WHITE = 6
"""Pixels of the photo."""
NARROW = 0.55
"""How far an eye is open, in widths of its iris, below which lashes shade its white."""

RIGHT_EYE_OPENING = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE_OPENING = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
MIDDLES_OF_LIDS = ((159, 145), (386, 374))


class OpenEye(NamedTuple):
    """The picture of one eye, enlarged where it is small.

    Attributes:
        side: 0 the person's right, 1 the left.
        colour: [H,W,3] linear light.
        open: [H,W] bool, between the lids.
        distance: [H,W] from the iris' centre, in radii of the iris.
        iris_radius: in pixels of the photo.
        enlarged: by how much.
    """

    side: int
    colour: np.ndarray
    open: np.ndarray
    distance: np.ndarray
    iris_radius: float
    enlarged: float


def open_eyes(linear: np.ndarray, points: np.ndarray) -> list[OpenEye]:
    """Return the eyes (right, left) that a photo shows large enough to measure colours in.

    Args:
        linear: [height,width,3] photo in linear light.
        points: [478,2] landmarks in pixels; 468 and 473 are the irises' centres, followed by four rim points each.
    """
    eyes = []
    for side, (centre, opening) in enumerate(((468, RIGHT_EYE_OPENING), (473, LEFT_EYE_OPENING))):
        radius = float(np.linalg.norm(points[centre + 1 : centre + 5] - points[centre], axis=1).mean())
        lids = points[list(opening)]
        left, top = np.maximum(np.floor(lids.min(0) - 4).astype(int), 0)
        right, bottom = np.ceil(lids.max(0) + 4).astype(int)
        part = linear[top : max(bottom, 0), left : max(right, 0)]
        if radius < 2.5 or part.size == 0:
            continue
        enlarged = max(1.0, MEASURED_IRIS / radius)
        part = cv2.resize(part, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_LINEAR)
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round((lids - (left, top)) * enlarged - 0.5).astype(np.int32)], 1)
        rim = 2 * max(1, round(0.12 * radius * enlarged)) + 1
        mask = cv2.erode(mask, np.ones((rim, rim), np.uint8)).astype(bool)
        y, x = np.mgrid[: part.shape[0], : part.shape[1]] + 0.5
        at = (points[centre] - (left, top)) * enlarged
        distance = np.hypot(x - at[0], y - at[1]) / (radius * enlarged)
        eyes.append(OpenEye(side, part, mask, distance, radius, enlarged))
    return eyes


def lightest_whites(linear: np.ndarray, points: np.ndarray) -> list[tuple[int, np.ndarray, float]]:
    """Return of each eye (0 right, 1 left) that shows its white the colour [3] of the lightest part of it.

    Not the very lightest, which mirrors lamps; and none of an eye that is screwed up, as in a broad smile. The third
    value is the iris' radius in pixels of the photo. Arguments as of :func:`open_eyes`.
    """
    found = []
    for eye in open_eyes(linear, points):
        upper, lower = (points[lid] for lid in MIDDLES_OF_LIDS[eye.side])
        if np.linalg.norm(upper - lower) < 2 * NARROW * eye.iris_radius:
            continue
        white = eye.colour[eye.open & (eye.distance > 1.18)]
        if len(white) >= FEWEST_WHITE * eye.enlarged**2:
            found.append((eye.side, _between(white, 0.85, 0.95), eye.iris_radius))
    return found


def eye_colours(linear: np.ndarray, points: np.ndarray, light: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Measure the albedo of iris [3] and white [3] in one photo; None where the eyes are too small or shut.

    Args:
        linear: [height,width,3] photo in linear light.
        points: [478,2] landmarks in pixels, as of :func:`open_eyes`.
        light: [3] diffuse light that falls on the eye region (white surface's outgoing radiance).
    """
    eyes = open_eyes(linear, points)
    # The landmarks' rim lies about on the limbus: well inside is iris or pupil, well outside is white.
    irises = [(eye.colour[eye.open & (eye.distance < 0.62)], eye.enlarged) for eye in eyes]
    whites = [(eye.colour[eye.open & (eye.distance > 1.15)], eye.enlarged) for eye in eyes]
    for parts in (irises, whites):
        if sum(len(pixels) / enlarged**2 for pixels, enlarged in parts) < 12:
            return None
    iris, white = (np.concatenate([pixels for pixels, _ in parts]) for parts in (irises, whites))
    light = np.maximum(light, 0.02)
    # The darkest of the iris is pupil, the lightest reflections; the darkest of the white are corners and lashes.
    iris = np.clip(_between(iris, 0.2, 0.5) / light, 0.006, 0.35)
    level = np.clip(_between(white, 0.5, 0.9).mean() / light.mean() / SCLERA.mean(), *SCLERA_LEVELS)
    return iris.astype(np.float32), (SCLERA * level).astype(np.float32)


def _between(colours: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return the median colour of those whose lightness lies between two quantiles."""
    lightness = colours.mean(1)
    kept = (lightness >= np.quantile(lightness, low)) & (lightness <= np.quantile(lightness, high))
    return np.median(colours[kept], axis=0)


def paint_eyes(
    atlas: Atlas, vertices: np.ndarray, centre: np.ndarray, iris: np.ndarray, white: np.ndarray, seed: int
) -> np.ndarray:
    """Return the eyeball's albedo [S,S,3], linear.

    Args:
        atlas: of one eyeball's tile.
        vertices: [V,3] neutral head, gaze along +Z.
        centre: [3] of that eyeball, metres.
        iris: [3] measured albedo.
        white: [3] albedo of the white between the lids.
        seed: of the pattern.
    """
    offset = atlas.interpolate(vertices) - centre.astype(np.float32)
    distance = np.hypot(offset[:, 0], offset[:, 1])
    angle = np.arctan2(offset[:, 1], offset[:, 0])
    front = offset[:, 2] > 0
    generator = np.random.default_rng(seed)
    fibres = np.zeros(len(angle))
    for frequency in (23, 37, 58, 91):
        phase, swirl = generator.uniform(0, 2 * np.pi), generator.normal(0, 0.6)
        fibres += np.sin(frequency * angle + phase + swirl * 4 * distance / IRIS_RADIUS) / 4
    radial = distance / IRIS_RADIUS
    brightness = 1.05 + 0.30 * fibres + 0.25 * _bump(radial, 0.50, 0.12) - 0.6 * _step(radial, 0.78, 0.98)
    colour = iris * np.clip(brightness, 0.2, 2)[:, None]
    pupil = _step(distance, PUPIL_RADIUS * 1.08, PUPIL_RADIUS * 0.92)
    colour = colour * (1 - pupil)[:, None] + 0.003 * pupil[:, None]
    outside = np.maximum(_step(radial, 0.93, 1.07), ~front)[:, None]
    redness = np.clip((distance / IRIS_RADIUS - 1) * 0.5, 0, 1)[:, None] * np.array([0.0, 0.16, 0.18], np.float32)
    # Towards the lids the white is in the shade of lashes and of the wet rim, finer than any light model here.
    shade = (1 - 0.35 * _step(radial, 1.15, 1.9))[:, None]
    return atlas.image(colour * (1 - outside) + white * shade * (1 - redness) * outside).astype(np.float32)


def _step(value: np.ndarray, start: float, end: float) -> np.ndarray:
    t = np.clip((value - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def _bump(value: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.exp(-(((value - centre) / width) ** 2))
