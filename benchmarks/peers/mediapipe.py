"""MediaPipe's own face geometry: the network's 468 points as a mesh in centimetres, and its canonical face.

The canonical face lies in the same file as the landmark network. How screen points become a metric face is MediaPipe's
"face geometry" module, written anew: assume a camera with a vertical field of view of 63 degrees, undo its projection,
and find the scale at which the result is as large as the canonical face (weighted orthogonal Procrustes, twice).
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.metrics import Fitted
from core.camera import FACING_CAMERA, Camera
from core.weights import FACE_LANDMARKER, find

from .seen import landmarks_68, look

METADATA = "geometry_pipeline_metadata_landmarks.binarypb"
POINTS = 468
FIELD_OF_VIEW = np.radians(63.0)
METRES = 0.01
_MESH, _BASIS = 1, 2
_VERTICES, _TRIANGLES = 3, 4
_VALUES_PER_VERTEX = 5  # position and UV


class Canonical(NamedTuple):
    """MediaPipe's mean face: vertices [468, 3] in cm (Y up, looking to +Z), triangles [898, 3], and how much each
    vertex [468] counts where a face is aligned to it."""

    vertices: np.ndarray
    triangles: np.ndarray
    weights: np.ndarray


@lru_cache(maxsize=1)
def canonical() -> Canonical:
    """Read it from the landmark network's file."""
    with zipfile.ZipFile(find(FACE_LANDMARKER)) as archive:
        message = archive.read(METADATA)
    weights = np.zeros(POINTS)
    values, corners = [], []
    for number, value in fields(message):
        if number == _MESH:
            mesh = list(fields(value))
            values = [item for key, item in mesh if key == _VERTICES]
            corners = [item for key, item in mesh if key == _TRIANGLES]
        elif number == _BASIS:
            entry = dict(fields(value))
            weights[entry[1]] = entry[2]
    vertices = np.array(values, np.float64).reshape(POINTS, _VALUES_PER_VERTEX)[:, :3]
    return Canonical(vertices, np.array(corners).reshape(-1, 3), weights)


def fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Number and value of each field of a protocol-buffer message; what is nested stays bytes."""
    place = 0
    while place < len(message):
        key, place = _whole_number(message, place)
        if key & 7 == 0:
            value, place = _whole_number(message, place)
        elif key & 7 == 5:
            (value,), place = struct.unpack_from("<f", message, place), place + 4
        elif key & 7 == 2:
            size, place = _whole_number(message, place)
            value, place = message[place : place + size], place + size
        else:
            raise ValueError(f"field {key >> 3} has the unknown wire type {key & 7}")
        yield key >> 3, value


def _whole_number(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place


def geometry(photo: Path) -> Fitted:
    """MediaPipe's mesh of the face, with its expression, and its camera."""
    view = look(photo)
    width, height = view.photo.width, view.photo.height
    points = np.column_stack([view.landmarks.points[:POINTS], view.landmarks.depth[:POINTS]])
    metric, pose = metric_face(points, width, height)
    return Fitted(
        posed=metric * METRES,
        triangles=canonical().triangles,
        landmarks=landmarks_68(metric * METRES),
        camera=_camera(pose, width, height),
    )


def canonical_face(photo: Path) -> Fitted:
    """MediaPipe's mean face, whoever is on the photo."""
    look(photo)
    vertices = canonical().vertices * METRES
    return Fitted(vertices, canonical().triangles, neutral=vertices, landmarks=landmarks_68(vertices))


def metric_face(points: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """From points on the screen to a face in centimetres.

    Args:
        points: [468, 3] x right, y down and depth away from the camera, all in pixels.
        width, height: of the photo.

    Returns:
        The points [468, 3] in the frame of the canonical face, and the pose [4, 4] (scaled rotation and translation)
        that brings them before the camera (x right, y up, looking to -Z).
    """
    # Everything below is in units of the distance to the screen, at which a pixel has this size.
    pixel = 2 * np.tan(FIELD_OF_VIEW / 2) / height
    screen = (points - (width / 2, height / 2, 0)) * (pixel, -pixel, pixel)
    middle = screen[:, 2].mean()

    def before_camera(scale: float) -> np.ndarray:
        distance = (screen[:, 2] - middle + 1) / scale
        return np.column_stack([screen[:, :2] * distance[:, None], -distance])

    first = _size(screen * (1, 1, -1))
    scale = first * _size(before_camera(first))
    metric = before_camera(scale)
    pose = _pose(canonical().vertices, metric, canonical().weights)
    return (metric - pose[:3, 3]) @ np.linalg.inv(pose[:3, :3]).T, pose


def _size(points: np.ndarray) -> float:
    """How large points are, the canonical face being 1."""
    return float(np.linalg.norm(_pose(canonical().vertices, points, canonical().weights)[:3, 0]))


def _pose(source: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The scaled rotation and translation [4, 4] from source to target [N, 3] with the least weighted error."""
    share = (weights / weights.sum())[:, None]
    a, b = (share * source).sum(0), (share * target).sum(0)
    left, singular, right = np.linalg.svd((share * (target - b)).T @ (source - a))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    scale = (singular * sign).sum() / (share * (source - a) ** 2).sum()
    pose = np.eye(4)
    pose[:3, :3] = scale * left @ np.diag(sign) @ right
    pose[:3, 3] = b - pose[:3, :3] @ a
    return pose


def _camera(pose: np.ndarray, width: int, height: int) -> Camera:
    scale = np.linalg.norm(pose[:3, 0])
    rigid = np.eye(4)
    rigid[:3, :3] = FACING_CAMERA @ pose[:3, :3] / scale
    rigid[:3, 3] = FACING_CAMERA @ pose[:3, 3] / scale * METRES
    focal = height / 2 / np.tan(FIELD_OF_VIEW / 2)
    return Camera(focal, np.array([width / 2, height / 2]), width, height, rigid)
