"""The regions of one face in a window, and how likely bare skin is by place alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter

from .face_parts import (
    CHIN,
    FACE_OVAL,
    FOREHEAD_MIDDLE,
    FOREHEAD_TOP,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LOWER_FACE,
    LOWER_LIP_INNER,
    NOSE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    SKIN_SAMPLES,
    UPPER_LIP_INNER,
)
from .face_regions import Window, grown, region
from .landmarks import Landmarks


@dataclass(frozen=True, eq=False)
class FaceLayout:
    """Landmarks in window coordinates, and the regions that follow from them.

    Attributes:
        window: The cut-out of the photo.
        points: The landmarks in the window's pixels.
        size: The longer side of the landmarks' bounding box in the window's pixels.
    """

    window: Window
    points: Float[np.ndarray, "478 2"]
    size: float

    @classmethod
    def of(cls, landmarks: Landmarks, window: Window) -> FaceLayout:
        return cls(window, window.points(landmarks.points), landmarks.side * window.scale)

    def part(self, indices: Sequence[int]) -> Bool[np.ndarray, "S S"]:
        return region(self.window, self.points, indices)

    @functools.cached_property
    def oval(self) -> Bool[np.ndarray, "S S"]:
        return self.part(FACE_OVAL)

    @property
    def up(self) -> Float[np.ndarray, "2"]:
        """Unit vector from the chin to the forehead."""
        upward = self.points[FOREHEAD_TOP] - self.points[CHIN]
        return upward / np.linalg.norm(upward)

    def above(self, landmark: int) -> Float[np.ndarray, "S S"]:
        """Height of each pixel above a landmark in face sizes, in the face's own upright frame."""
        return (self._grid - self.points[landmark]) @ self.up / self.size

    def aside(self, landmark: int) -> Float[np.ndarray, "S S"]:
        """Sideways distance of each pixel from a landmark in face sizes, without sign."""
        across = np.array([-self.up[1], self.up[0]])
        return np.abs((self._grid - self.points[landmark]) @ across) / self.size

    @functools.cached_property
    def _grid(self) -> Float[np.ndarray, "S S 2"]:
        y, x = np.mgrid[: self.window.side, : self.window.side] + 0.5
        return np.stack([x, y], axis=-1)

    @functools.cached_property
    def samples(self) -> Bool[np.ndarray, "S S"]:
        """Discs on the cheeks, the nose, the forehead and the chin."""
        mask = np.zeros((self.window.side, self.window.side), np.uint8)
        for x, y in self.points[list(SKIN_SAMPLES)]:
            cv2.circle(mask, (round(float(x)), round(float(y))), round(0.045 * self.size), 1, -1)
        return mask.astype(bool) & ~grown(self.coloured_parts, 0.01 * self.size)

    @functools.cached_property
    def coloured_parts(self) -> Bool[np.ndarray, "S S"]:
        """Brows, lips and eyes: parts of the face whose colour is not that of skin."""
        parts = (LEFT_BROW, RIGHT_BROW, OUTER_LIPS, LEFT_EYE, RIGHT_EYE)
        return np.any([self.part(part) for part in parts], axis=0)

    @functools.cached_property
    def bare(self) -> Bool[np.ndarray, "S S"]:
        """Where skin may be measured. Fringes reach down to the middle of the forehead: not above it."""
        below = self.above(FOREHEAD_MIDDLE) < 0.0
        return self.oval & below & ~grown(self.coloured_parts, 0.02 * self.size)

    def openings(self) -> Bool[np.ndarray, "S S"]:
        """The eyes between the lids, and the mouth between the lips when it is open."""
        eyes = self.part(LEFT_EYE) | self.part(RIGHT_EYE)
        mouth_height = np.linalg.norm(self.points[UPPER_LIP_INNER] - self.points[LOWER_LIP_INNER])
        mouth = self.part(INNER_LIPS) if mouth_height > 0.015 * self.size else np.zeros_like(eyes)
        return grown(eyes | mouth, 0.006 * self.size)

    @functools.cached_property
    def depth(self) -> Float[np.ndarray, "S S"]:
        """Distance from the rim of the face oval in face sizes; 0 outside."""
        return cv2.distanceTransform(self.oval.astype(np.uint8), cv2.DIST_L2, 5) / self.size

    @functools.cached_property
    def prior_log_odds(self) -> Float[np.ndarray, "S S"]:
        """How likely skin is by place alone: certain in the face, likely on the neck, rare elsewhere."""
        outside = cv2.distanceTransform((~self.oval).astype(np.uint8), cv2.DIST_L2, 5) / self.size
        height = self.above(CHIN)
        neck = 2.0 - 9.0 * np.clip(self.aside(CHIN) - 0.28, 0, None) - 6.0 * np.clip(-height - 0.3, 0, None)
        place = np.maximum(1.0 - 14.0 * outside, np.where(height < 0.35, neck, -5.0))
        return np.where(self.oval, 1.5 + 3.5 * np.clip(self.depth / 0.08, 0.0, 1.0), np.maximum(place, -5.0))

    def shade_tolerance(self) -> Float[np.ndarray, "S S"]:
        """By how much wider skin's brightness may spread: under the chin lies a shadow."""
        return 1.0 + np.clip((0.1 - self.above(CHIN)) / 0.1, 0.0, 1.0)

    def evidence_weight(self) -> Float[np.ndarray, "S S"]:
        """How far colour may overrule place: little where skin is coloured, bearded or shaded by form."""
        weight = np.full((self.window.side, self.window.side), 1.0, np.float32)
        weight[self.oval & (self.above(FOREHEAD_MIDDLE) < 0.0)] = 0.5
        weight[self.part(NOSE)] = 0.25
        weight[self.part(LOWER_FACE)] = 0.15
        # Long hair hangs over the rim of the cheeks.
        weight[self.oval & (self.depth < 0.07) & (self.above(UPPER_LIP_INNER) > 0.0)] = 0.6
        weight[grown(self.coloured_parts, 0.015 * self.size)] = 0.12
        return gaussian_filter(weight, 0.01 * self.size)
