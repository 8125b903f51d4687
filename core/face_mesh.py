"""The mesh of 478 face landmarks (Kartynnik et al. 2019) and the expression scores that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from .face_detection import FaceBox
from .face_regions import LEFT_EYE_OUTER, RIGHT_EYE_OUTER, between_pixel_centres
from .litert import load_network
from .weights import FACE_LANDMARKER, find

ROUNDS = 3
"""Times the face is cut out again, each time around the landmarks found before."""
CROP_SIDE = 256
CROP_MARGIN = 1.5
"""Side of the cut-out over the longer side of the landmarks' bounding box, in the eyes' frame."""

# fmt: off
EXPRESSION_INPUTS = (  # the landmarks that the expression network reads
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70,
    78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149,
    150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195,
    197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300,
    308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375,
    377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454,
    466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)
EXPRESSION_NAMES = (  # ARKit's names in the network's order; its first output, "neutral", is left out
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft",
    "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)
# fmt: on


@dataclass(frozen=True, eq=False)
class Mesh:
    """Landmarks as the network gives them: pixels of the photo, depth away from the camera, confidence."""

    points: Float[np.ndarray, "478 2"]
    depth: Float[np.ndarray, "478"]
    confidence: float

    @property
    def box(self) -> np.ndarray:
        return np.concatenate([self.points.min(axis=0), self.points.max(axis=0)])

    @property
    def side(self) -> float:
        return float((self.box[2:] - self.box[:2]).max())

    @property
    def roll(self) -> float:
        x, y = self.points[LEFT_EYE_OUTER] - self.points[RIGHT_EYE_OUTER]
        return float(np.arctan2(y, x))


def fit_mesh(image: UInt8[np.ndarray, "H W 3"], face: FaceBox) -> Mesh | None:
    """Cuts the face out, upright, and again around what was found; None when nothing is there."""
    centre, side, roll = face.centre, face.side * CROP_MARGIN, face.roll
    mesh = None
    for _ in range(ROUNDS):
        mesh = _mesh_in_crop(image, centre, side, roll)
        roll = mesh.roll
        turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        upright = mesh.points @ turn
        low, high = upright.min(axis=0), upright.max(axis=0)
        centre, side = turn @ ((low + high) / 2), float((high - low).max()) * CROP_MARGIN
        if not np.isfinite(side) or side < 2.0:
            return None
    return mesh


def _mesh_in_crop(image: UInt8[np.ndarray, "H W 3"], centre: np.ndarray, side: float, roll: float) -> Mesh:
    crop, photo_from_crop = _cut_out(image, centre, side, roll)
    network = load_network(find(FACE_LANDMARKER), "face_landmarks_detector.tflite")
    coordinates, logit, _ = network(crop[None].astype(np.float32) / 255.0)
    values = coordinates.reshape(478, 3).astype(np.float64)
    points = values[:, :2] @ photo_from_crop[:, :2].T + photo_from_crop[:, 2]
    confidence = float(1.0 / (1.0 + np.exp(-np.clip(logit.ravel()[0], -80, 80))))
    return Mesh(points, values[:, 2] * side / CROP_SIDE, confidence)


def _cut_out(
    image: UInt8[np.ndarray, "H W 3"], centre: np.ndarray, side: float, roll: float
) -> tuple[UInt8[np.ndarray, "256 256 3"], np.ndarray]:
    """A square cut-out, turned by ``roll``, and the affine 2x3 map from its pixels to the photo's."""
    scale = side / CROP_SIDE
    cos, sin = np.cos(roll) * scale, np.sin(roll) * scale
    linear = np.array([[cos, -sin], [sin, cos]])
    photo_from_crop = np.column_stack([linear, np.asarray(centre) - linear @ np.full(2, CROP_SIDE / 2)])
    # Sampled at up to eight times the size and averaged: one sample per pixel would alias.
    finer = int(np.clip(np.ceil(scale), 1, 8))
    sampled = between_pixel_centres(np.column_stack([linear / finer, photo_from_crop[:, 2]]))
    crop = cv2.warpAffine(
        image,
        sampled,
        (CROP_SIDE * finer, CROP_SIDE * finer),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if finer > 1:
        crop = cv2.resize(crop, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_AREA)
    return crop, photo_from_crop


def expression_scores(mesh: Mesh) -> dict[str, float]:
    """Activation in [0, 1] of each of ARKit's 52 units; ``tongueOut`` is not measured and always 0."""
    network = load_network(find(FACE_LANDMARKER), "face_blendshapes.tflite")
    (scores,) = network(mesh.points[list(EXPRESSION_INPUTS)][None].astype(np.float32))
    named = dict(zip(EXPRESSION_NAMES, (float(score) for score in scores.ravel()[1:]), strict=True))
    return {**named, "tongueOut": 0.0}
