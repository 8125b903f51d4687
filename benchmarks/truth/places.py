"""Where on a face a point is: soft masks in [0, 1], from the head's landmarks and nothing else of its topology."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.interpolate import splev, splprep

from .noise import smoothstep
from .truth_head import TruthHead

CANVAS_STEP = 0.0001
"""Metres for a pixel of the frontal canvas."""
CANVAS_CENTRE, CANVAS_SIZE = (0.0, -0.025), (0.15, 0.17)


class Places:
    """Masks over points of a neutral head.

    Args:
        head: with all 68 landmarks.
        points: ``[N, 3]`` on its skin, metres.
        normals: ``[N, 3]``.
    """

    def __init__(self, head: TruthHead, points: np.ndarray, normals: np.ndarray) -> None:
        self.points, self.normals = points, normals
        self.marks = head.vertices[head.landmarks_68].astype(np.float64)
        self.eyes = head.eye_centre.astype(np.float64)
        self.eye_radius = float(head.eye_radius.mean())
        self.chin, self.mouth = self.marks[8], self.marks[48:60].mean(0)
        self.brow = (self.marks[19, 1] + self.marks[24, 1]) / 2

    def blob(self, centre: np.ndarray, x: float, y: float, z: float) -> np.ndarray:
        """A soft ball around a centre; radii in millimetres."""
        offset = (self.points - np.asarray(centre, np.float32)) / (0.001 * np.float32([x, y, z]))
        return np.exp(-0.5 * (offset**2).sum(1))

    def pair(self, right: np.ndarray, left: np.ndarray, x: float, y: float, z: float) -> np.ndarray:
        """The same on both sides."""
        return np.maximum(self.blob(right, x, y, z), self.blob(left, x, y, z))

    def nose(self) -> np.ndarray:
        """The tip and the wings."""
        tip, wings = self.blob(self.marks[30], 12, 11, 16), self.pair(self.marks[31], self.marks[35], 8, 9, 10)
        return np.maximum(tip, wings)

    def bridge(self) -> np.ndarray:
        """The ridge of the nose."""
        return self.blob(self.marks[28], 9, 16, 12)

    def cheeks(self) -> np.ndarray:
        """Where people blush."""
        right = 0.5 * self.marks[36] + 0.5 * self.marks[48] + (-0.004, 0, 0)
        left = 0.5 * self.marks[45] + 0.5 * self.marks[54] + (0.004, 0, 0)
        return self.pair(right, left, 19, 16, 26)

    def forehead(self) -> np.ndarray:
        """Between the brows and the hair."""
        return self.blob((0, self.brow + 0.03, self.marks[27, 2] - 0.005), 42, 18, 45)

    def under_eyes(self) -> np.ndarray:
        """The hollow below the lower lid."""
        right, left = self.marks[[39, 40, 41]].mean(0), self.marks[[42, 46, 47]].mean(0)
        return self.pair(right - (0, 0.008, 0), left - (0, 0.008, 0), 13, 6, 16)

    def lids(self) -> np.ndarray:
        """The upper lid and the socket's rim."""
        left, right = self.eyes + np.array([0, 0.004, self.eye_radius])
        return self.pair(right, left, 17, 9, 16)

    def ears(self) -> np.ndarray:
        """Both ears: what stands out from the side of the skull."""
        x, y, z = np.abs(self.points[:, 0]), self.points[:, 1], self.points[:, 2]
        beside = np.flatnonzero((y > -0.05) & (y < 0.015) & (z < -0.04) & (z > -0.12))
        tip = beside[x[beside].argmax()] if len(beside) else 0
        out = smoothstep(x, x[tip] - 0.02, x[tip] - 0.014) * smoothstep(y, 0.018, 0.008) * smoothstep(y, -0.065, -0.045)
        right, left = ((side * (x[tip] - 0.012), -0.018, z[tip]) for side in (-1, 1))
        hollow = self.pair(right, left, 14, 22, 16)
        return np.maximum(
            out * smoothstep(z, -0.02, -0.04) * smoothstep(z, -0.13, -0.115), smoothstep(hollow, 0.5, 0.7)
        )

    def chin_pad(self) -> np.ndarray:
        """The front of the chin."""
        return self.blob(self.chin + np.array([0, 0.012, 0.003]), 14, 12, 16)

    def scalp(self, roughness: np.ndarray, height: float = 0.052) -> np.ndarray:
        """Where hair grows on the head.

        Args:
            roughness: ``[N]`` metres by which the hairline wanders.
            height: of the hairline over the brows, metres.
        """
        y, z = self.points[:, 1] + roughness, self.points[:, 2]
        front = self.marks[27, 2]
        line_z = front - np.array([0.25, 0.14, 0.105, 0.085, 0.068, 0.05, 0.03, 0.0])
        line_y = np.array([-0.07, -0.06, -0.035, 0.0, 0.012, self.brow + 0.018, self.brow + 0.8 * height, 0])
        line_y[-1] = self.brow + height
        above = y - np.interp(z, line_z, line_y)
        return smoothstep(above, -0.003, 0.004) * (1 - self.ears())

    def beard(self, roughness: np.ndarray) -> np.ndarray:
        """Where a beard grows: jaw, chin, upper lip, and down to the throat."""
        x, y, z = np.abs(self.points[:, 0]), self.points[:, 1] + roughness, self.points[:, 2]
        corner = self.marks[[48, 54], 1].mean()
        nose, ear = self.marks[33, 1] - 0.003 - corner, -0.012 - corner
        heights = [nose, nose, 0.45 * nose, 0.2 * ear, 0.35 * ear, 0.75 * ear, ear]
        top = corner + np.interp(x, [0.0, 0.016, 0.026, 0.032, 0.05, 0.066, 0.08], heights)
        inside = smoothstep(top - y, -0.002, 0.007) * smoothstep(y, self.chin[1] - 0.045, self.chin[1] - 0.015)
        front = smoothstep(z, self.marks[27, 2] - 0.105, self.marks[27, 2] - 0.09)
        bare = self.pair(self.marks[57] + (-0.013, -0.009, 0), self.marks[57] + (0.013, -0.009, 0), 6, 4, 12)
        return inside * front * (1 - 0.6 * bare) * (1 - self.lips(0.0015)) * (1 - self.ears())

    def lips(self, softness: float, wander: np.ndarray | float = 0.0) -> np.ndarray:
        """The red of the lips.

        Args:
            softness: metres over which its border fades.
            wander: ``[N]`` metres by which the border is irregular.
        """
        distance = self._on_canvas(self._lip_distance()) + wander
        near = smoothstep(self.points[:, 2], self.mouth[2] - 0.025, self.mouth[2] - 0.015)
        return smoothstep(distance, -softness / 2, softness / 2) * near

    def on_canvas(self, picture: np.ndarray) -> np.ndarray:
        """Values ``[N]`` of a frontal picture (see ``canvas_xy``), for the skin that faces the front."""
        facing = smoothstep(self.normals[:, 2], 0.0, 0.25) * smoothstep(self.points[:, 2], -0.03, -0.02)
        return self._on_canvas(picture) * facing

    def _on_canvas(self, picture: np.ndarray) -> np.ndarray:
        place = canvas_xy(self.points[:, :2]).astype(np.float32)
        place[:, 0] = place[:, 0].clip(0, picture.shape[1] - 1)
        place[:, 1] = place[:, 1].clip(0, picture.shape[0] - 1)
        rows = [cv2.remap(picture, part[None, :, 0], part[None, :, 1], cv2.INTER_LINEAR)[0] for part in _chunks(place)]
        return np.concatenate(rows)

    def _lip_distance(self) -> np.ndarray:
        """Frontal picture of the distance to the lips' border in metres, positive inside."""
        outline = self.marks[48:60, :2]
        tangled = splprep(np.append(outline, outline[:1], 0).T, s=0, per=True)[0]
        smooth = np.stack(splev(np.linspace(0, 1, 200), tangled), 1)
        mask = np.zeros(canvas_shape(), np.uint8)
        cv2.fillPoly(mask, [canvas_xy(smooth).round().astype(np.int32)], 255)
        inside, outside = (cv2.distanceTransform(m, cv2.DIST_L2, 5) for m in (mask, 255 - mask))
        return (inside - outside) * CANVAS_STEP


def canvas_shape() -> tuple[int, int]:
    """Rows and columns of a frontal picture."""
    return round(CANVAS_SIZE[1] / CANVAS_STEP), round(CANVAS_SIZE[0] / CANVAS_STEP)


def canvas_xy(points: np.ndarray) -> np.ndarray:
    """Column and row ``[..., 2]`` on a frontal picture of x and y ``[..., 2]`` in metres."""
    right = (points[..., 0] - CANVAS_CENTRE[0] + CANVAS_SIZE[0] / 2) / CANVAS_STEP
    down = (CANVAS_CENTRE[1] + CANVAS_SIZE[1] / 2 - points[..., 1]) / CANVAS_STEP
    return np.stack([right, down], -1)


def _chunks(values: np.ndarray, size: int = 30000) -> list[np.ndarray]:
    """Parts that OpenCV's ``remap`` can take: it is limited to 32767 columns."""
    return [values[start : start + size] for start in range(0, len(values), size)]
