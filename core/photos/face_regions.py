"""A square window around a face to work in, and the regions of a face in it; `face_parts` names the landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32


@dataclass(frozen=True, eq=False)
class Window:
    """A square cut-out of the photo around a face, in which masks are worked out.

    Attributes:
        window_from_photo: Affine 2x3 map of pixel coordinates (pixel centres at 0.5).
        side: Pixels per side.
    """

    window_from_photo: Float[np.ndarray, "2 3"]
    side: int

    @classmethod
    def around(cls, box: Float32[np.ndarray, "4"], reach: float, side: int) -> Window:
        """A window around the middle of ``box``, ``reach`` times its longer side, of ``side`` pixels."""
        scale = side / (reach * float((box[2:] - box[:2]).max()))
        shift = side / 2 - scale * (box[:2] + box[2:]) / 2
        return cls(np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]]), side)

    @property
    def scale(self) -> float:
        """Window pixels per photo pixel."""
        return float(self.window_from_photo[0, 0])

    def points(self, points: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N 2"]:
        return points @ self.window_from_photo[:, :2].T + self.window_from_photo[:, 2]

    def cut(self, image: np.ndarray, border: int = cv2.BORDER_REPLICATE) -> np.ndarray:
        """The photo's pixels in the window; averaged where the window is coarser."""
        finer = int(np.clip(np.ceil(1.0 / self.scale), 1, 8))
        matrix = self.window_from_photo * finer
        matrix = between_pixel_centres(matrix)
        size = (self.side * finer, self.side * finer)
        cut = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
        return cv2.resize(cut, (self.side, self.side), interpolation=cv2.INTER_AREA) if finer > 1 else cut

    def paste(self, values: Float32[np.ndarray, "S S"], width: int, height: int) -> Float32[np.ndarray, "H W"]:
        """Values of the window in the photo's pixels; 0 outside of the window."""
        matrix = cv2.invertAffineTransform(between_pixel_centres(self.window_from_photo))
        pasted = cv2.warpAffine(values, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=0.0)
        return np.clip(pasted, 0.0, 1.0)

    def polygon(self, points: Float[np.ndarray, "N 2"]) -> Bool[np.ndarray, "S S"]:
        """The pixels inside a polygon whose corners are window coordinates."""
        mask = np.zeros((self.side, self.side), np.uint8)
        corners = np.round((points - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [corners], 1, lineType=cv2.LINE_8, shift=4)
        return mask.astype(bool)


def region(window: Window, points: Float[np.ndarray, "478 2"], part: Sequence[int]) -> Bool[np.ndarray, "S S"]:
    """The pixels of one of the polygons of this module; ``points`` are window coordinates."""
    return window.polygon(points[list(part)])


def grown(mask: Bool[np.ndarray, "S S"], pixels: float) -> Bool[np.ndarray, "S S"]:
    """A mask grown (or, with a negative number, shrunk) by so many pixels."""
    width = round(abs(pixels)) * 2 + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return change(mask.astype(np.uint8), kernel).astype(bool)


def between_pixel_centres(matrix: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """The same affine map for OpenCV, which puts pixel centres at whole numbers."""
    moved = matrix.astype(np.float64)
    moved[:, 2] += moved[:, :2] @ np.full(2, 0.5) - 0.5
    return moved
