"""How well a photo shows its face, in words: too few pixels, blurred, harshly lit, over- or underexposed.

The limits come from the 143 photos of faces in four collections (studio, studio, four poses and distances of one
person, 94 official portraits); docs/method.md has the distributions.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from .face_layout import FaceLayout
from .face_parts import (
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
)
from .face_regions import Window, grown
from .landmarks import Landmarks
from .photo import Photo, decode_srgb

REACH = 1.4
SMALL = 270.0
"""Pixels of a face's longer side that fill half of the texels across a face in maps of 1024."""

SHARP_SIDE = 256.0
"""Pixels of a face at which sharpness is compared: finer detail is a bonus, not a need."""
BLURRED = 0.25
"""Finest octave over the one two octaves coarser. All 143 photos lie above 0.40; blurred by 0.5 % of the face's
side half of them fall below 0.28, by 0.75 % all of them below 0.25."""

LIGHT_SIDE = 320.0
ONE_SIDED = 1.75
"""Stops between the cheeks. Studio photos lie below 0.7, 10 % of the official portraits above."""
CLIPPED, OVEREXPOSED = 254, 0.10
"""An sRGB value that says nothing any more, and the share of bare skin at it; 6 % of the official portraits."""
UNDEREXPOSED = 50.0
"""Median of the brightest channel of bare skin; the darkest skin in studio light has 67."""

CHEEKS = ((50, 280), (205, 425), (101, 330), (117, 346), (187, 411), (108, 337), (69, 299))
"""Landmarks of bare skin on the person's right side, each with its counterpart on the left."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


def quality_notes(photo: Photo, landmarks: Landmarks) -> list[str]:
    """Plain sentences about what a photo lacks; empty for a good one."""
    notes = []
    if landmarks.side < SMALL:
        notes.append(f"The face is only {landmarks.side:.0f} pixels tall; fine detail of the skin is guessed.")
    if sharpness(photo, landmarks) < BLURRED:
        notes.append("The face is blurred; a sharper photo gives a closer shape and finer skin.")
    return notes + _light_notes(photo, landmarks)


def sharpness(photo: Photo, landmarks: Landmarks) -> float:
    """Contrast of the finest octave over that of the octave two coarser, around eyes, brows and lips.

    A sharp picture has about as much contrast in every octave, a blurred one loses the finest; a ratio of two does
    not depend on how contrasty the light is. Larger faces are looked at as if they had :data:`SHARP_SIDE` pixels.
    """
    layout, pixels = _cut(photo, landmarks, SHARP_SIDE)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = {radius: cv2.GaussianBlur(grey, (0, 0), radius) for radius in (1.0, 2.0, 4.0)}
    parts = (LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW, OUTER_LIPS)
    drawn = grown(np.any([layout.part(part) for part in parts], axis=0), 0.03 * layout.size)
    fine, coarse = (grey - smooth[1.0])[drawn], (smooth[2.0] - smooth[4.0])[drawn]
    return float(np.sqrt((fine**2).mean() / max((coarse**2).mean(), 1e-6)))


def one_sidedness(linear: Float32[np.ndarray, "S S"], layout: FaceLayout) -> float:
    """Stops by which the person's right cheek is brighter than the left one (median of pairs of places)."""
    y, x = np.mgrid[: layout.window.side, : layout.window.side] + 0.5

    def light(landmark: int) -> float:
        near = np.hypot(x - layout.points[landmark, 0], y - layout.points[landmark, 1]) < 0.06 * layout.size
        return float(np.median(linear[near])) + 0.002 if near.any() else np.nan

    stops = [np.log2(light(right) / light(left)) for right, left in CHEEKS]
    return float(np.nanmedian(stops)) if np.isfinite(stops).any() else 0.0


def _light_notes(photo: Photo, landmarks: Landmarks) -> list[str]:
    layout, pixels = _cut(photo, landmarks, LIGHT_SIDE)
    brightest = pixels.max(axis=2)[layout.bare & _inside(photo, layout.window)]
    if not brightest.size:
        return []
    notes = []
    if (brightest >= CLIPPED).mean() > OVEREXPOSED:
        notes.append("Parts of the face are overexposed; their colour is guessed.")
    if np.median(brightest) < UNDEREXPOSED:
        notes.append("The face is very dark in the photo; expect noise and guessed colours.")
    stops = one_sidedness(decode_srgb(pixels) @ _LUMINANCE, layout)
    if abs(stops) > ONE_SIDED:
        dark = "left" if stops > 0 else "right"
        notes.append(
            f"Harsh light: the person's {dark} cheek gets {abs(stops):.1f} stops less than the other; its skin is"
            " partly guessed."
        )
    return notes


def _cut(photo: Photo, landmarks: Landmarks, side: float) -> tuple[FaceLayout, UInt8[np.ndarray, "S S 3"]]:
    """The face with that many pixels, or as many as there are."""
    window = Window.around(landmarks.box, REACH, round(REACH * min(landmarks.side, side)))
    return FaceLayout.of(landmarks, window), window.cut(photo.srgb8)


def _inside(photo: Photo, window: Window) -> Bool[np.ndarray, "S S"]:
    """Pixels of a window that the photo has."""
    linear, shift = window.window_from_photo[:, :2], window.window_from_photo[:, 2]
    corners = np.array([[0, 0], [photo.width, 0], [photo.width, photo.height], [0, photo.height]]) @ linear.T + shift
    return window.polygon(corners)
