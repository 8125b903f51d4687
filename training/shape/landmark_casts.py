"""Pictures of random heads of the shape model, and what the landmark network finds on them.

Painted skins, a soft light from anywhere before the face, a camera at 0.2 to 2.5 m. For
`training.landmark_calibration`.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from core.camera import FACING_CAMERA, Camera, rotation_from_vector
from core.errors import FitError
from core.photos.landmarks import detect_landmarks
from core.photos.photo import Photo, decode_srgb
from core.render.interpolate import barycentric, vertex_normals
from core.render.rasterize import rasterize
from core.shape.morphable import MorphableModel, split_quads

SIZE = 768
FRAME_HEIGHT = 0.32
"""Metres of the head's plane that a picture shows."""
NEAREST, FURTHEST = 0.2, 2.5
SPREAD = 0.9
"""Standard deviation of identity coefficients."""
MIDDLE = np.array([0.0, -0.03, 0.02])
HIDDEN_PARTS = ("cornea", "lashes")
# Linear colours of what the painted skins do not cover.
COLOURS = {"teeth": (0.6, 0.55, 0.45), "gums": (0.35, 0.1, 0.1), "tongue": (0.4, 0.13, 0.12)}
SCLERA, IRIS, PUPIL = (0.55, 0.52, 0.5), (0.09, 0.05, 0.03), (0.01, 0.01, 0.01)
EXPRESSIONS = (
    ("mouthSmileLeft", "mouthSmileRight"), ("jawOpen",), ("browInnerUp",), ("browDownLeft", "browDownRight"),
    ("mouthPucker",), ("eyeSquintLeft", "eyeSquintRight"), ("mouthFrownLeft", "mouthFrownRight"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cast:
    """One picture and the truth about it.

    Attributes:
        points: [478, 2] the network's landmarks, pixels.
        camera: that took the picture.
        identity, expression: [K], [E] of the head.
        vertices: [V, 3] of the head.
        triangle: [478] triangle that each landmark landed on, -1 beside the head.
        barycentric: [478, 3] barycentric coordinates there.
    """

    points: np.ndarray
    camera: Camera
    identity: np.ndarray
    expression: np.ndarray
    vertices: np.ndarray
    triangle: np.ndarray
    barycentric: np.ndarray


def cast_views(model: MorphableModel, shared: pathlib.Path, count: int, rng: np.random.Generator) -> Iterator[Cast]:
    """Photograph `count` random heads, and cast the landmarks found on them back."""
    paths = [path for path in sorted((shared / "skins").glob("*.jpg")) if "eurasian" not in path.name]
    skins = [_read_skin(path) for path in paths]
    hidden = [number for number, name in enumerate(model.part_names) if name.startswith(HIDDEN_PARTS)]
    kept = np.flatnonzero(~np.isin(model.triangle_part, hidden))
    skin_uv = split_quads(model.hm08_uv)
    for number in range(count):
        identity = rng.normal(0.0, SPREAD, len(model.coarse_identity))
        expression = _expression(model, rng)
        vertices = model.vertices(identity, expression)
        camera = _camera(rng, frontal=number % 3 == 0)
        points_px = np.column_stack(camera.project(vertices)).astype(np.float32)
        points_px = torch.from_numpy(points_px)
        triangles = torch.from_numpy(np.ascontiguousarray(model.triangles[kept]).astype(np.int64))
        triangle_id = rasterize(points_px, triangles, SIZE, SIZE)
        pixels, weights = barycentric(points_px, triangles, triangle_id)
        shown = kept[triangle_id.flatten()[pixels].numpy()]
        colours = _colours(model, vertices, shown, weights.numpy(), skin_uv, skins[rng.integers(len(skins))])
        picture = _lit(model, vertices, shown, weights.numpy(), colours, pixels.numpy(), rng)
        try:
            points = detect_landmarks(_photo(picture)).points.astype(np.float64)
        except FitError:
            continue
        column, row = np.clip(points, 0, SIZE - 1).astype(int).T
        place = np.full(SIZE * SIZE, -1)
        place[pixels.numpy()] = np.arange(len(pixels))
        place = place[row * SIZE + column]
        triangle = np.where(place >= 0, shown[place], -1)
        yield Cast(points, camera, identity, expression, vertices, triangle, weights.numpy()[place])


def _expression(model: MorphableModel, rng: np.random.Generator) -> np.ndarray:
    """Mostly at rest, sometimes one or two things at once."""
    expression = np.zeros(len(model.expression_names), np.float32)
    for names in EXPRESSIONS:
        if rng.random() < 0.15:
            expression[[model.expression_names.index(name) for name in names]] = rng.uniform(0.1, 0.7)
    return expression


def _camera(rng: np.random.Generator, frontal: bool) -> Camera:
    distance = float(np.exp(rng.uniform(np.log(NEAREST), np.log(FURTHEST))))
    turn = np.array([rng.normal(0, 0.12), rng.normal(0, 0.05) if frontal else rng.uniform(-0.6, 0.6), 0.0])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector(np.array([0.0, 0.0, rng.normal(0, 0.08)]))
    matrix[:3, :3] = matrix[:3, :3] @ rotation_from_vector(turn) @ FACING_CAMERA
    matrix[:3, 3] = np.array([0.0, 0.0, distance]) - matrix[:3, :3] @ MIDDLE
    return Camera(SIZE / FRAME_HEIGHT * distance, np.full(2, SIZE / 2), SIZE, SIZE, matrix)


def _colours(model, vertices, shown, weights, skin_uv, skin) -> np.ndarray:
    """Linear colour [n, 3] of each covered pixel: painted skin, eyes and the inside of the mouth."""
    uv = (skin_uv[shown] * weights[:, :, None]).sum(1)
    size = np.array(skin.shape[1::-1])
    column, row = np.clip(np.column_stack([uv[:, 0], 1.0 - uv[:, 1]]) * size, 0, size - 1).astype(int).T
    colours = skin[row, column]
    parts = model.triangle_part[shown]
    for number, name in enumerate(model.part_names):
        of_part = parts == number
        for start, colour in COLOURS.items():
            if name.startswith(start):
                colours[of_part] = colour
        if name.startswith("eye_") and of_part.any():
            centre = 473 if name == "eye_left" else 468
            rim = model.landmarks_478.points(vertices)[centre : centre + 5]
            place = (vertices[model.triangles[shown[of_part]]] * weights[of_part][:, :, None]).sum(1)
            radius = np.linalg.norm(place - rim[0], axis=1) / np.linalg.norm(rim[1:] - rim[0], axis=1).mean()
            ring = np.where((radius < 1.0)[:, None], IRIS, SCLERA)
            colours[of_part] = np.where((radius < 0.4)[:, None], PUPIL, ring)
    return colours


def _lit(model, vertices, shown, weights, colours, pixels, rng) -> np.ndarray:
    """sRGB picture [SIZE, SIZE, 3] uint8 under one soft light, exposed for the face."""
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(model.triangles.astype(np.int64)))
    normal = (normals.numpy()[model.triangles[shown]] * weights[:, :, None]).sum(1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    light = np.array([0.0, 0.3, 1.0]) + rng.normal(0.0, 0.4, 3)
    light /= np.linalg.norm(light)
    lit = colours * (0.4 + 0.6 * np.clip(normal @ light, 0.0, 1.0))[:, None]
    picture = np.full((SIZE * SIZE, 3), rng.uniform(0.05, 0.6))
    picture[pixels] = np.clip(lit * (0.33 / np.median(lit.mean(1))) ** 0.7, 0.0, 1.0)
    return np.round(255.0 * picture ** (1.0 / 2.2)).astype(np.uint8).reshape(SIZE, SIZE, 3)


def _photo(picture: np.ndarray) -> Photo:
    return Photo(pathlib.Path("synthetic"), "", decode_srgb(picture), picture, SIZE, SIZE)


def _read_skin(path: pathlib.Path) -> np.ndarray:
    image = cv2.imread(str(path))
    return decode_srgb(np.ascontiguousarray(image[..., ::-1])).copy()
