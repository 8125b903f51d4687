"""Finds faces with BlazeFace (Bazarevsky et al. 2019): near ones, small ones and sideways ones."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from ..weights import FACE_DETECTION_FULL_RANGE, FACE_LANDMARKER, find
from .litert import load_network

MIN_SCORE = 0.5
OVERLAP = 0.3
"""Intersection over union above which two boxes show the same face."""
SURE_SCORE = 0.9
"""No face that is sideways or upside down was seen to score as much."""
OVERVIEW_SIDE = 576
"""Longer side to which a picture is reduced before the networks look at it as a whole."""
TILE_GRIDS = (2, 3)
"""Tiles per side in which small faces are sought when the whole picture shows none."""
TILE_OVERLAP = 0.25


@dataclass(frozen=True, eq=False)
class FaceBox:
    """Where a face is, in pixels of the photo (x right, y down, pixel centres at 0.5).

    Attributes:
        box: Left, top, right, bottom; from the brows to the chin, roughly.
        keypoints: The person's right eye, left eye, nose tip and mouth (more may follow), in this order.
        score: The detector's confidence in [0, 1].
    """

    box: Float32[np.ndarray, "4"]
    keypoints: Float32[np.ndarray, "K 2"]
    score: float

    @property
    def centre(self) -> Float32[np.ndarray, "2"]:
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def side(self) -> float:
        """The longer side of the box in pixels."""
        return float((self.box[2:] - self.box[:2]).max())

    @property
    def roll(self) -> float:
        """Angle in radians from the picture's x axis to the line from the right to the left eye."""
        x, y = self.keypoints[1] - self.keypoints[0]
        return float(np.arctan2(y, x))


def find_faces(image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
    """All faces of a picture; small ones are sought in tiles when the whole picture shows none."""
    factor = max(1.0, max(image.shape[:2]) / OVERVIEW_SIDE)
    size = (max(1, round(image.shape[1] / factor)), max(1, round(image.shape[0] / factor)))
    overview = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if factor > 1.0 else image
    to_image = np.array([image.shape[1] / size[0], image.shape[0] / size[1]], np.float32)
    faces = _detect_both_ranges(overview)
    if faces:
        return [_scaled(face, to_image) for face in _best_turn(overview, faces)]
    for grid in TILE_GRIDS:
        for tile, offset in _tiles(image, grid):
            faces += [_shifted(face, offset) for face in _detect_both_ranges(tile)]
        if faces:
            return _without_duplicates(faces)
    return [_scaled(face, to_image) for face in _best_turn(overview, [])]


def _best_turn(image: UInt8[np.ndarray, "H W 3"], upright: list[FaceBox]) -> list[FaceBox]:
    """The faces at the one of the four quarter turns at which they are seen most clearly.

    The detectors see an upside-down face too, but mistake its mouth for the eyes: unless a face is surely
    upright, all turns are compared.
    """
    best = upright
    for quarter_turns in (1, 3, 2):
        if _clearest(best) > SURE_SCORE:
            break
        turned = np.ascontiguousarray(np.rot90(image, quarter_turns))
        found = _detect_both_ranges(turned)
        if _clearest(found) > _clearest(best):
            best = [_turned_back(face, quarter_turns, turned.shape) for face in found]
    return best


def _clearest(faces: list[FaceBox]) -> float:
    return max((face.score for face in faces), default=0.0)


def _detect_both_ranges(image: UInt8[np.ndarray, "H W 3"]) -> list[FaceBox]:
    """Short range first: where both see a face, its box is the more exact one."""
    bundle, full_range = find(FACE_LANDMARKER), find(FACE_DETECTION_FULL_RANGE)
    near = _detect(image, load_network(bundle, "face_detector.tflite"), _short_range_anchors(), 128)
    far = _detect(image, load_network(full_range), _full_range_anchors(), 192)
    return _without_duplicates(near + far)


def _detect(image: UInt8[np.ndarray, "H W 3"], network, anchors, size: int) -> list[FaceBox]:
    height, width = image.shape[:2]
    scale = size / max(height, width)
    padded = np.zeros((size, size, 3), np.float32)
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (size - small[0]) // 2, (size - small[1]) // 2
    resized = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
    padded[top : top + small[1], left : left + small[0]] = resized
    regressors, logits = network(padded[None] / 127.5 - 1.0)
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
    keep = scores > MIN_SCORE
    values = regressors[0, keep].reshape(-1, 8, 2)
    centres, extents = values[:, 0] + anchors[keep] * size, values[:, 1]
    keypoints = values[:, 2:] + anchors[keep][:, None] * size
    boxes = np.concatenate([centres - extents / 2, centres + extents / 2], axis=1)
    offset = np.array([left, top], np.float32)
    to_photo = np.array([width / small[0], height / small[1]], np.float32)
    return [
        FaceBox(
            ((box.reshape(2, 2) - offset) * to_photo).reshape(4).astype(np.float32),
            ((points - offset) * to_photo).astype(np.float32),
            score,
        )
        for box, points, score in _blended(boxes, keypoints, scores[keep])
    ]


def _blended(boxes, keypoints, scores) -> Iterator[tuple[np.ndarray, np.ndarray, float]]:
    """Weighted non-maximum suppression: each cluster's mean, weighted by score."""
    order = np.argsort(-scores)
    while len(order):
        cluster = _overlap(boxes[order[0]], boxes[order]) > OVERLAP
        cluster[0] = True
        members = order[cluster]
        weight = scores[members] / scores[members].sum()
        yield weight @ boxes[members], np.tensordot(weight, keypoints[members], 1), float(scores[order[0]])
        order = order[~cluster]


def _overlap(box, boxes) -> np.ndarray:
    """Intersection over union of one box with many."""
    inner = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shared = np.clip(inner, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return shared / np.maximum(areas - shared, 1e-6)


def _without_duplicates(faces: list[FaceBox]) -> list[FaceBox]:
    kept: list[FaceBox] = []
    for face in faces:
        if not kept or _overlap(face.box, np.stack([other.box for other in kept])).max() <= OVERLAP:
            kept.append(face)
    return kept


def _tiles(image, grid: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    height, width = image.shape[:2]
    reach = (1.0 + TILE_OVERLAP) / grid
    for row in range(grid):
        for column in range(grid):
            top = round(height * (1.0 - reach) * row / (grid - 1))
            left = round(width * (1.0 - reach) * column / (grid - 1))
            tile = image[top : top + round(height * reach), left : left + round(width * reach)]
            if tile.size:
                yield np.ascontiguousarray(tile), np.array([left, top], np.float32)


def _scaled(face: FaceBox, factors: np.ndarray) -> FaceBox:
    return replace(face, box=face.box * np.tile(factors, 2), keypoints=face.keypoints * factors)


def _shifted(face: FaceBox, offset: np.ndarray) -> FaceBox:
    return replace(face, box=face.box + np.tile(offset, 2), keypoints=face.keypoints + offset)


def _turned_back(face: FaceBox, quarter_turns: int, turned_shape: tuple[int, ...]) -> FaceBox:
    """From the pixels of ``np.rot90(image, quarter_turns)`` to those of ``image``."""
    points = np.concatenate([face.box.reshape(2, 2), face.keypoints])
    height, width = turned_shape[:2]
    for _ in range(quarter_turns):  # undo one counter-clockwise turn
        points = np.stack([height - points[:, 1], points[:, 0]], axis=1)
        height, width = width, height
    box = np.concatenate([points[:2].min(axis=0), points[:2].max(axis=0)])
    return replace(face, box=box.astype(np.float32), keypoints=points[2:].astype(np.float32))


@functools.cache
def _short_range_anchors() -> Float32[np.ndarray, "896 2"]:
    return np.concatenate([_grid(16, 2), _grid(8, 6)])


@functools.cache
def _full_range_anchors() -> Float32[np.ndarray, "2304 2"]:
    return _grid(48, 1)


def _grid(cells: int, repeats: int) -> Float32[np.ndarray, "N 2"]:
    """Cell centres in [0, 1], row by row, each ``repeats`` times."""
    steps = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    y, x = np.meshgrid(steps, steps, indexing="ij")
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0)
