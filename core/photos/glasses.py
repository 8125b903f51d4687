"""Finds glasses, and the pixels that their frames cover, by the thin lines they draw across the face.

A frame's bridge crosses the nose between the eyes, and its arms run from the eyes' corners to the ears; bare
skin has no such line in all three places.
"""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from .face_parts import (
    LEFT_BROW,
    LEFT_EYE,
    LEFT_EYE_OUTER,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_EYE_OUTER,
)
from .face_regions import between_pixel_centres
from .photo import Photo, decode_srgb

Points = Float32[np.ndarray, "478 2"]

# The strip: eyes level, outer corners 200 pixels apart.
EYE_DISTANCE = 200
STRIP_WIDTH, STRIP_HEIGHT = 380, 220
EYES_LEFT, EYES_TOP = 90, 90
LINE_WIDTHS = (1.5, 3.0)
"""Gaussian radii in pixels at which lines are sought."""
BRIDGE_COLUMNS = slice(176, 205)
BRIDGE_ROWS = slice(50, 145)
ARM_COLUMNS = (slice(46, 80), slice(300, 334))
ARM_ROWS = slice(60, 135)

# Measured on 204 studio portraits without glasses: the largest evidence is -2.58.
EVIDENCE_CENTRE, EVIDENCE_WIDTH = -2.28, 0.1
STRONG_LINE, WEAK_LINE = 0.45, 0.22
FRAME_WIDTH = 17
FRAME_ROWS = (20, 175)
TEXTURE = 0.06
MIN_LINE_LENGTH = 0.25


def glasses_score(photo: Photo, points: Points) -> float:
    """How likely the face wears glasses, in [0, 1]; above 0.5 means yes. Rimless ones count too.

    Args:
        photo: The photo.
        points: The face's landmarks in pixels.
    """
    lines = _lines(_features(_cut_strip(photo, points)), LINE_WIDTHS, across=True)
    bridge = _longest_line(lines[BRIDGE_ROWS, BRIDGE_COLUMNS], 7)
    arms = [_longest_line(lines[ARM_ROWS, columns], 9) for columns in ARM_COLUMNS]
    evidence = np.log(bridge + 0.01) + 0.3 * np.log(min(arms) + 0.01)
    return float(1.0 / (1.0 + np.exp(-(evidence - EVIDENCE_CENTRE) / EVIDENCE_WIDTH)))


def frame_mask(photo: Photo, points: Points) -> Float32[np.ndarray, "H W"]:
    """The pixels covered by frames, assuming that there are any: 1 on them, 0 elsewhere."""
    features = _features(_cut_strip(photo, points))
    lines = np.max([_thin_parts(feature) for feature in features], axis=0)
    # Coarse skin in hard light is full of faint lines: frames must stand out from those.
    lines *= TEXTURE / max(float(np.median(lines)), TEXTURE)
    lines[_eyes_and_brows(points)] = 0.0
    lines[: FRAME_ROWS[0]] = lines[FRAME_ROWS[1] :] = 0.0
    frames = cv2.dilate(_long_lines(lines).astype(np.float32), _disc(5))
    back = cv2.invertAffineTransform(_strip_from_photo(points))
    mask = cv2.warpAffine(frames, between_pixel_centres(back), (photo.width, photo.height), flags=cv2.INTER_LINEAR)
    return np.clip(mask, 0.0, 1.0)


def _strip_from_photo(points: Points) -> np.ndarray:
    """Affine 2x3 map to the strip; it levels the eyes."""
    right, left = points[RIGHT_EYE_OUTER], points[LEFT_EYE_OUTER]
    along = (left - right).astype(np.float64)
    down = np.array([-along[1], along[0]])
    photo_from_strip = np.column_stack([along, down]) / EYE_DISTANCE
    linear = np.linalg.inv(photo_from_strip)
    return np.column_stack([linear, np.array([EYES_LEFT, EYES_TOP]) - linear @ right])


def _cut_strip(photo: Photo, points: Points) -> np.ndarray:
    matrix = _strip_from_photo(points)
    finer = int(np.clip(np.ceil(1.0 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))), 1, 6))
    size = (STRIP_WIDTH * finer, STRIP_HEIGHT * finer)
    cut = cv2.warpAffine(
        photo.srgb8,
        between_pixel_centres(matrix * finer),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.resize(cut, (STRIP_WIDTH, STRIP_HEIGHT), interpolation=cv2.INTER_AREA)


def _features(strip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of luminance and of red: dark frames show in the first, coloured ones in the second."""
    linear = decode_srgb(strip) + np.float32(0.01)
    return np.log(linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)), np.log(linear[..., 0])


def _lines(features, widths, across: bool) -> Float32[np.ndarray, "H W"]:
    """Strength of thin lines, level ones (``across``) or upright ones: scaled second derivatives."""
    result = np.zeros((STRIP_HEIGHT, STRIP_WIDTH), np.float32)
    order = (0, 2) if across else (2, 0)
    for feature in features:
        for width in widths:
            curvature = cv2.Sobel(cv2.GaussianBlur(feature, (0, 0), width), cv2.CV_32F, *order, ksize=3)
            result = np.maximum(result, np.abs(curvature) * (width**2 / 4.0))
    return result


def _thin_parts(feature: Float32[np.ndarray, "H W"]) -> Float32[np.ndarray, "H W"]:
    """How much darker or brighter pixels are than their surroundings, in parts narrower than a frame."""
    smooth = cv2.GaussianBlur(feature, (0, 0), 1.0)
    darker = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, _disc(FRAME_WIDTH))
    brighter = cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, _disc(FRAME_WIDTH))
    return np.maximum(darker, 0.7 * brighter)


def _disc(diameter: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))


def _longest_line(lines: Float32[np.ndarray, "H W"], reach: int) -> float:
    """Strength of the most continuous level line: that strong in at least three quarters of the columns."""
    widened = cv2.dilate(lines, np.ones((reach, 1), np.uint8))
    return float(np.percentile(widened, 25, axis=1).max())


def _long_lines(lines: Float32[np.ndarray, "H W"]) -> Bool[np.ndarray, "H W"]:
    """Weak lines that contain a strong part and reach far enough to be no wrinkle."""
    count, labels = cv2.connectedComponents((lines > WEAK_LINE).astype(np.uint8), connectivity=8)
    kept = np.zeros_like(lines, bool)
    for number in range(1, count):
        part = labels == number
        rows, columns = np.nonzero(part)
        length = max(np.ptp(rows), np.ptp(columns)) / EYE_DISTANCE
        if length > MIN_LINE_LENGTH and lines[part].max() > STRONG_LINE:
            kept |= part
    return kept


def _eyes_and_brows(points: Points) -> Bool[np.ndarray, "H W"]:
    matrix = _strip_from_photo(points)
    corners = points @ matrix[:, :2].T + matrix[:, 2]
    mask = np.zeros((STRIP_HEIGHT, STRIP_WIDTH), np.uint8)
    for part in (LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW):
        cv2.fillPoly(mask, [np.round(corners[list(part)]).astype(np.int32)], 1)
    return cv2.dilate(mask, _disc(13)).astype(bool)
