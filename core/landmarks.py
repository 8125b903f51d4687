"""Dense face landmarks, expression scores and head turn of one face in a photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from .errors import FitError
from .face_detection import FaceBox, find_faces
from .face_regions import LEFT_CHEEK, LEFT_EYE_OUTER, RIGHT_CHEEK, RIGHT_EYE_OUTER, between_pixel_centres
from .glasses import glasses_score
from .landmark_backends import (
    INSIGHTFACE_NOTE,
    alignment_weights,
    find_faces_with_insightface,
    insightface_pack,
    points_68_with_alignment,
)
from .litert import load_network
from .photo import Photo
from .weights import FACE_LANDMARKER, find

MIN_FACE_SIDE = 64.0
MIN_CONFIDENCE = 0.5
MAX_YAW = np.radians(60.0)
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
class Landmarks:
    """The landmarks of one face, in pixels of the photo (x right, y down, pixel centres at 0.5).

    Attributes:
        points: The 468 points of MediaPipe's face mesh, then 5 points for each iris (468-472 the person's
            right, 473-477 the left; the first of the five is the centre).
        depth: Depth of each point relative to the face's centre in pixels, growing away from the camera;
            rough.
        confidence: The network's belief that it sees a face there, in [0, 1].
        box: Left, top, right, bottom of the points.
        expression_scores: Activation in [0, 1] of each of ARKit's 52 expression units (``tongueOut`` is
            not measured and always 0).
        face_count: Usable faces in the photo.
        yaw: Turn of the head in radians about its up axis; positive when it looks towards its own left,
            which is the right-hand side of the picture.
        backend: The networks that were used.
        glasses: How likely the face wears glasses, in [0, 1]; above 0.5 means yes.
        notes: Plain sentences for the artist.
        points_68: iBUG landmarks by face-alignment where the artist has it, else None.
    """

    points: Float32[np.ndarray, "478 2"]
    depth: Float32[np.ndarray, "478"]
    confidence: float
    box: Float32[np.ndarray, "4"]
    expression_scores: dict[str, float]
    face_count: int
    yaw: float
    backend: str
    glasses: float = 0.0
    notes: tuple[str, ...] = ()
    points_68: Float32[np.ndarray, "68 2"] | None = None

    @property
    def side(self) -> float:
        """The longer side of the box in pixels."""
        return float((self.box[2:] - self.box[:2]).max())


@dataclass(frozen=True, eq=False)
class _Mesh:
    points: np.ndarray
    depth: np.ndarray
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


def detect_faces(photo: Photo) -> list[FaceBox]:
    """All faces in a photo, from left to right; possibly none.

    Found with the artist's insightface models where they are on disk, else with the built-in detectors.
    """
    pack = insightface_pack()
    faces = find_faces_with_insightface(photo.srgb8, pack) if pack else find_faces(photo.srgb8)
    return sorted(faces, key=lambda face: float(face.centre[0]))


def detect_landmarks(photo: Photo, face: int | None = None) -> Landmarks:
    """The landmarks of one face.

    Args:
        photo: The photo.
        face: Which face, counted from 0 and from left to right; None takes the largest.

    Raises:
        FitError: There is no face, not that many faces, or the face is too small, hidden or turned away.
    """
    meshes = [mesh for box in detect_faces(photo) if (mesh := _fit_mesh(photo.srgb8, box))]
    meshes = list(_distinct(meshes))
    if not meshes:
        raise FitError(
            f"No face was found in {photo.path.name}.",
            "Choose a photo that shows the face from the front, sharp and at least "
            f"{MIN_FACE_SIDE:.0f} pixels tall.",
        )
    usable = [mesh for mesh in meshes if mesh.side >= MIN_FACE_SIDE and mesh.confidence >= MIN_CONFIDENCE]
    mesh, notes = _chosen(photo, usable or meshes, face)
    yaw = _yaw(mesh)
    _check(photo, mesh, yaw)
    points = mesh.points.astype(np.float32)
    glasses = glasses_score(photo, points)
    notes += _pose_notes(mesh, yaw)
    if glasses > 0.5:
        notes.append("The person seems to wear glasses; skin under the frames is guessed.")
    backend = "builtin"
    if insightface_pack():
        backend, notes = "insightface", [*notes, INSIGHTFACE_NOTE]
    points_68 = None
    if alignment_weights():
        points_68 = points_68_with_alignment(photo.srgb8, mesh.box.astype(np.float32))
        backend += "+face-alignment"
    return Landmarks(
        points=points,
        depth=mesh.depth.astype(np.float32),
        confidence=mesh.confidence,
        box=mesh.box.astype(np.float32),
        expression_scores=_expression_scores(mesh),
        face_count=len(usable or meshes),
        yaw=yaw,
        glasses=glasses,
        backend=backend,
        notes=tuple(notes),
        points_68=points_68,
    )


def _chosen(photo: Photo, meshes: list[_Mesh], face: int | None) -> tuple[_Mesh, list[str]]:
    if face is None:
        number = max(range(len(meshes)), key=lambda index: meshes[index].side)
        if len(meshes) == 1:
            return meshes[0], []
        return meshes[number], [
            f"{len(meshes)} faces found in {photo.path.name}; using the largest, number {number} "
            "from the left (counted from 0). Choose another with --face N."
        ]
    if not 0 <= face < len(meshes):
        raise FitError(
            f"Face {face} was asked for, but {photo.path.name} shows {len(meshes)} "
            f"face{'s' if len(meshes) > 1 else ''} (counted from 0, left to right).",
            f"Choose a number from 0 to {len(meshes) - 1}.",
        )
    return meshes[face], []


def _check(photo: Photo, mesh: _Mesh, yaw: float) -> None:
    if mesh.side < MIN_FACE_SIDE:
        raise FitError(
            f"The face in {photo.path.name} is {mesh.side:.0f} pixels tall; "
            f"at least {MIN_FACE_SIDE:.0f} are needed.",
            "Choose a photo with a larger face, or the original instead of a thumbnail.",
        )
    if mesh.confidence < MIN_CONFIDENCE:
        raise FitError(
            f"The face in {photo.path.name} is too hidden, blurred or turned away to be measured "
            f"(confidence {mesh.confidence:.2f}; at least {MIN_CONFIDENCE:.2f} is needed).",
            "Choose a sharp photo that shows both eyes, the nose and the mouth.",
        )
    if abs(yaw) > MAX_YAW:
        raise FitError(
            f"The face in {photo.path.name} is turned by {np.degrees(abs(yaw)):.0f} degrees; "
            f"at most {np.degrees(MAX_YAW):.0f} can be used.",
            "Choose a photo that is closer to frontal.",
        )


def _pose_notes(mesh: _Mesh, yaw: float) -> list[str]:
    notes = []
    if abs(yaw) > np.radians(30.0):
        notes.append(f"The head is turned by {np.degrees(abs(yaw)):.0f} degrees; its far side is guessed.")
    if abs(mesh.roll) > np.radians(60.0):
        notes.append("The face lies on its side in the photo; turn the photo upright for the best result.")
    return notes


def _fit_mesh(image: UInt8[np.ndarray, "H W 3"], face: FaceBox) -> _Mesh | None:
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


def _mesh_in_crop(image: UInt8[np.ndarray, "H W 3"], centre: np.ndarray, side: float, roll: float) -> _Mesh:
    crop, photo_from_crop = _cut_out(image, centre, side, roll)
    network = load_network(find(FACE_LANDMARKER), "face_landmarks_detector.tflite")
    coordinates, logit, _ = network(crop[None].astype(np.float32) / 255.0)
    values = coordinates.reshape(478, 3).astype(np.float64)
    points = values[:, :2] @ photo_from_crop[:, :2].T + photo_from_crop[:, 2]
    confidence = 1.0 / (1.0 + np.exp(-float(np.clip(logit.ravel()[0], -80, 80))))
    return _Mesh(points, values[:, 2] * side / CROP_SIDE, confidence)


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


def _distinct(meshes: list[_Mesh]) -> Iterator[_Mesh]:
    """Two boxes may lead to one and the same face; the first is kept."""
    centres: list[np.ndarray] = []
    for mesh in meshes:
        centre = mesh.points.mean(axis=0)
        if all(np.linalg.norm(centre - other) > 0.25 * mesh.side for other in centres):
            centres.append(centre)
            yield mesh


def _yaw(mesh: _Mesh) -> float:
    across = mesh.points[LEFT_CHEEK] - mesh.points[RIGHT_CHEEK]
    away = mesh.depth[LEFT_CHEEK] - mesh.depth[RIGHT_CHEEK]
    return float(np.arctan2(away, np.linalg.norm(across)))


def _expression_scores(mesh: _Mesh) -> dict[str, float]:
    network = load_network(find(FACE_LANDMARKER), "face_blendshapes.tflite")
    (scores,) = network(mesh.points[list(EXPRESSION_INPUTS)][None].astype(np.float32))
    named = dict(zip(EXPRESSION_NAMES, (float(score) for score in scores.ravel()[1:]), strict=True))
    return {**named, "tongueOut": 0.0}
