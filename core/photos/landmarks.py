"""Dense face landmarks, expression scores and head turn of one face in a photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ..errors import FitError
from .face_detection import FaceBox, find_faces
from .face_mesh import Mesh, expression_scores, fit_mesh
from .face_parts import (
    LEFT_CHEEK,
    RIGHT_CHEEK,
)
from .glasses import glasses_score
from .landmark_backends import (
    INSIGHTFACE_NOTE,
    alignment_weights,
    find_faces_with_insightface,
    insightface_pack,
    points_68_with_alignment,
)
from .photo import Photo

MIN_FACE_SIDE = 64.0
MIN_CONFIDENCE = 0.5
MAX_YAW = np.radians(60.0)


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
        pins: Index, x and y of landmarks that the artist has put where they are, in pixels.
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
    pins: tuple[tuple[float, float, float], ...] = ()

    @property
    def side(self) -> float:
        """The longer side of the box in pixels."""
        return float((self.box[2:] - self.box[:2]).max())


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
    return measure_face(photo, detect_meshes(photo), face)


def detect_meshes(photo: Photo) -> list[Mesh]:
    """The faces of a photo that `measure_face` chooses from, from left to right; at least one.

    They are the usable ones: large and clear enough. Where there is none, those that are not.

    Raises:
        FitError: There is no face.
    """
    meshes = [mesh for box in detect_faces(photo) if (mesh := fit_mesh(photo.srgb8, box))]
    # What is both tiny and hardly a face is none at all.
    meshes = [mesh for mesh in meshes if mesh.side >= MIN_FACE_SIDE or mesh.confidence >= MIN_CONFIDENCE]
    meshes = list(_distinct(meshes))
    if not meshes:
        raise FitError(
            f"No face was found in {photo.path.name}.",
            f"Choose a photo that shows the face from the front, sharp and at least {MIN_FACE_SIDE:.0f} pixels tall.",
        )
    return [mesh for mesh in meshes if mesh.side >= MIN_FACE_SIDE and mesh.confidence >= MIN_CONFIDENCE] or meshes


def measure_face(photo: Photo, meshes: list[Mesh], face: int | None = None) -> Landmarks:
    """The landmarks of one of the faces that `detect_meshes` found; arguments and errors of `detect_landmarks`."""
    mesh, notes = _chosen(photo, meshes, face)
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
        expression_scores=expression_scores(mesh),
        face_count=len(meshes),
        yaw=yaw,
        glasses=glasses,
        backend=backend,
        notes=tuple(notes),
        points_68=points_68,
    )


def _chosen(photo: Photo, meshes: list[Mesh], face: int | None) -> tuple[Mesh, list[str]]:
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


def _check(photo: Photo, mesh: Mesh, yaw: float) -> None:
    if mesh.side < MIN_FACE_SIDE:
        raise FitError(
            f"The face in {photo.path.name} is {mesh.side:.0f} pixels tall; at least {MIN_FACE_SIDE:.0f} are needed.",
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


def _pose_notes(mesh: Mesh, yaw: float) -> list[str]:
    notes = []
    if abs(yaw) > np.radians(30.0):
        notes.append(f"The head is turned by {np.degrees(abs(yaw)):.0f} degrees; its far side is guessed.")
    if abs(mesh.roll) > np.radians(60.0):
        notes.append("The face lies on its side in the photo; turn the photo upright for the best result.")
    return notes


def _distinct(meshes: list[Mesh]) -> Iterator[Mesh]:
    """Two boxes may lead to one and the same face; the first is kept."""
    centres: list[np.ndarray] = []
    for mesh in meshes:
        centre = mesh.points.mean(axis=0)
        if all(np.linalg.norm(centre - other) > 0.25 * mesh.side for other in centres):
            centres.append(centre)
            yield mesh


def _yaw(mesh: Mesh) -> float:
    across = mesh.points[LEFT_CHEEK] - mesh.points[RIGHT_CHEEK]
    away = mesh.depth[LEFT_CHEEK] - mesh.depth[RIGHT_CHEEK]
    return float(np.arctan2(away, np.linalg.norm(across)))
