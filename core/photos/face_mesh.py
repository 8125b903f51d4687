"""The mesh of 478 face landmarks (Kartynnik et al. 2019) and the expression scores that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from ..weights import FACE_LANDMARKER, find
from .face_detection import FaceBox
from .face_parts import (
    LEFT_EYE_OUTER,
    RIGHT_EYE_OUTER,
)
from .face_regions import between_pixel_centres
from .litert import load_network

ROUNDS = 3
"""Times the face is cut out again, each time around the landmarks found before."""
CROP_SIDE = 256
CROP_MARGIN = 1.5
"""Side of the cut-out over the longer side of the landmarks' bounding box, in the eyes' frame."""

# fmt: off
OTHER_SIDE = (  # each landmark's counterpart on the other side of the face, itself on the middle line
    0, 1, 2, 248, 4, 5, 6, 249, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 250, 251, 252, 253, 254, 255, 256,
    257, 258, 259, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 276, 277, 278,
    279, 280, 281, 282, 283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299, 300,
    301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 322,
    323, 94, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 336, 337, 338, 339, 340, 341, 342, 343,
    344, 345, 346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 360, 361, 362, 363, 364, 365,
    366, 367, 368, 369, 370, 371, 372, 373, 374, 375, 376, 377, 378, 379, 151, 152, 380, 381, 382, 383, 384, 385,
    386, 387, 388, 389, 390, 164, 391, 392, 393, 168, 394, 395, 396, 397, 398, 399, 175, 400, 401, 402, 403, 404,
    405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 195, 419, 197, 420, 199, 200, 421, 422,
    423, 424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 435, 436, 437, 438, 439, 440, 441, 442, 443, 444,
    445, 446, 447, 448, 449, 450, 451, 452, 453, 454, 455, 456, 457, 458, 459, 460, 461, 462, 463, 464, 465, 466,
    467, 3, 7, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44,
    45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71,
    72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 95, 96, 97, 98, 99,
    100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121,
    122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143,
    144, 145, 146, 147, 148, 149, 150, 153, 154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 165, 166, 167, 169,
    170, 171, 172, 173, 174, 176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192,
    193, 194, 196, 198, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218,
    219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239, 240,
    241, 242, 243, 244, 245, 246, 247, 473, 476, 475, 474, 477, 468, 471, 470, 469, 472,
)
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
    """Cuts the face out, upright, and again around what was found; None when nothing is there.

    At last the network sees the mirror image too: where it errs differently on the two, half of the error goes.
    """
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
    other = _mesh_in_crop(image, centre, side, roll, mirrored=True)
    return Mesh((mesh.points + other.points) / 2, (mesh.depth + other.depth) / 2, mesh.confidence)


def _mesh_in_crop(
    image: UInt8[np.ndarray, "H W 3"], centre: np.ndarray, side: float, roll: float, mirrored: bool = False
) -> Mesh:
    crop, photo_from_crop = _cut_out(image, centre, side, roll)
    network = load_network(find(FACE_LANDMARKER), "face_landmarks_detector.tflite")
    seen = crop[:, ::-1] if mirrored else crop
    coordinates, logit, _ = network(np.ascontiguousarray(seen)[None].astype(np.float32) / 255.0)
    values = coordinates.reshape(478, 3).astype(np.float64)
    if mirrored:
        values = values[list(OTHER_SIDE)] * (-1.0, 1.0, 1.0) + (CROP_SIDE, 0.0, 0.0)
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
