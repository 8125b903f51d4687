"""Where the landmark network really puts its points on a head: `core/data/landmark_calibration.npz`.

The embedding that comes with the shape model was read off one frontal, orthographic picture of the mean head.
The network's points drift on other faces, turned heads and near cameras; a fit takes that drift for shape,
and above all for a longer focal length. So random heads are photographed in perspective, the product's own
detector is run on the pictures, its points are cast back onto the mesh, and every landmark moves to where it
usually lands. What it still errs is mostly shared with its neighbours: the principal axes of these errors
become unknowns of a fit (`drift`), and only the rest counts as noise and becomes the landmark's weight.

    python -m training.landmark_calibration --shared ../shared --views 300
"""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from core.camera import FACING_CAMERA, Camera, rotation_from_vector
from core.errors import FitError
from core.fitting.landmark_model import CALIBRATION_PATH, surface_points
from core.landmarks import detect_landmarks
from core.morphable import MorphableModel, load_model, split_quads
from core.photo import Photo, decode_srgb
from core.render.interpolate import barycentric, vertex_normals
from core.render.rasterize import rasterize

SIZE = 768
FRAME_HEIGHT = 0.32
"""Metres of the head's plane that a picture shows."""
NEAREST, FURTHEST = 0.2, 2.5
MIDDLE = np.array([0.0, -0.03, 0.02])
DRIFTS = 20
"""Usual errors that are kept; on pictures that they were not made from they halve what is left."""
FEWEST_LANDINGS = 10
"""A landmark that fell on skin less often stays where it was."""
RIGHT_EYE, LEFT_EYE = 33, 263
IRISES = 468
"""The first landmark that belongs to an iris; those have their own vertices on the eyes."""
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
    """One picture: the network's landmarks [478, 2], the camera, the head [V, 3], and per landmark the
    triangle that it landed on (-1 = beside the head) with barycentric coordinates [478, 3]."""

    points: np.ndarray
    camera: Camera
    vertices: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description="Settle the landmarks on pictures of random heads.")
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path("../shared"))
    parser.add_argument("--views", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    casts = list(cast_views(model, arguments.shared, arguments.views, np.random.default_rng(arguments.seed)))
    save(model, casts)


def save(model: MorphableModel, casts: list[Cast]) -> None:
    """Settle the landmarks, split what they still err into usual errors and the rest, and write the file."""
    corners, weights = settle(model, casts)
    inner = inner_landmarks(model)
    before = errors(model, casts, model.landmarks_478.triangle_vertices, model.landmarks_478.barycentric)
    after = errors(model, casts, corners, weights)
    drift, rest = split(after, _partners(casts))
    stray = np.sqrt((rest**2).sum(-1).mean(0) / 2)
    trust = model.landmarks_478.weight.astype(np.float32).copy()
    trust[inner] = np.clip((np.percentile(stray[inner], 10) / stray[inner]) ** 2, 0.05, 1.0)
    print(f"{len(casts)} views; root mean square errors of a coordinate, in distances between the eyes:")
    for name, values in (("first", before), ("settled", after), ("beyond the usual errors", rest)):
        print(f"{name}: {np.sqrt((values[:, inner] ** 2).mean()):.4f}")
    start = model.landmarks_478.points(model.mean)
    offset = (model.mean[corners] * weights[:, :, None]).sum(1) - start
    offset[np.linalg.norm(offset, axis=1) < 1e-5] = 0.0
    np.savez_compressed(
        CALIBRATION_PATH,
        start=start.astype(np.float32),
        offset=offset.astype(np.float32),
        weight=trust,
        drift=drift.astype(np.float32),
    )


def inner_landmarks(model: MorphableModel) -> np.ndarray:
    """Indices of the landmarks that are points of the skin: neither outline nor iris."""
    count = len(model.landmarks_478.weight)
    return np.flatnonzero(~model.landmarks_478.contour & (np.arange(count) < IRISES))


def cast_views(model: MorphableModel, shared: pathlib.Path, count: int, rng: np.random.Generator) -> Iterator[Cast]:
    """Photograph `count` random heads, and cast the landmarks found on them back."""
    paths = [path for path in sorted((shared / "skins").glob("*.jpg")) if "eurasian" not in path.name]
    skins = [_read_skin(path) for path in paths]
    hidden = [number for number, name in enumerate(model.part_names) if name.startswith(HIDDEN_PARTS)]
    kept = np.flatnonzero(~np.isin(model.triangle_part, hidden))
    skin_uv = split_quads(model.hm08_uv)
    for number in range(count):
        vertices = model.vertices(rng.normal(0.0, 0.9, len(model.coarse_identity)), _expression(model, rng))
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
        yield Cast(points, camera, vertices, triangle, weights.numpy()[place])


def settle(model: MorphableModel, casts: list[Cast]) -> tuple[np.ndarray, np.ndarray]:
    """Embedding [478, 3], [478, 3]: the point of the skin nearest to where each landmark usually lands.

    Positions are compared on the mean head. Left and right are settled together.
    """
    embedding = model.landmarks_478
    corners, weights = embedding.triangle_vertices.copy(), embedding.barycentric.copy()
    partner = _partners(casts)
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    landed = [_landed(model, casts, landmark) for landmark in range(len(corners))]
    for landmark in range(IRISES):
        mirrored = landed[partner[landmark]] * (-1, 1, 1)
        places = np.concatenate([landed[landmark], mirrored])
        if len(places) >= FEWEST_LANDINGS:
            target = _geometric_median(places)[None]
            corners[landmark], weights[landmark] = (found[0] for found in surface_points(model.mean, skin, target))
    return corners, weights


def _partners(casts: list[Cast]) -> np.ndarray:
    """[478] the landmark on the other side of the face, from the average picture and its mirror image."""
    equal = np.ones(len(casts[0].points))
    average = np.mean([_aligned(cast.points, casts[0].points, equal) for cast in casts], axis=0)
    across = average[LEFT_EYE] - average[RIGHT_EYE]
    average = (average - average.mean(0)) @ np.array([[across[0], -across[1]], [across[1], across[0]]])
    return np.linalg.norm(average[:, None] * (-1, 1) - average[None], axis=-1).argmin(1)


def errors(model: MorphableModel, casts: list[Cast], corners: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[n, 478, 2] how far the network's points are from an embedding, x right and y down, after the picture's
    shift, turn and scale are taken out; in units of 63 mm at the face. Zero for outlines and irises."""
    normals = _normals(model)
    inner = np.zeros(len(corners))
    inner[inner_landmarks(model)] = 1.0
    found = []
    for cast in casts:
        embedded = (cast.vertices[corners] * weights[:, :, None]).sum(1)
        pixels, depth = cast.camera.project(embedded)
        share = inner * np.clip((_facing(cast.camera, embedded, normals) + 0.15) / 0.45, 0.02, 1.0)
        offset = _aligned(cast.points, pixels, share) - pixels
        found.append(offset * inner[:, None] / (0.063 * cast.camera.focal_px / depth.mean()))
    return np.array(found)


def split(found: np.ndarray, partner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The usual errors [2, 478, D] (principal axes times their standard deviations, the mean error included),
    and what they leave over [2 n, 478, 2] of the errors and their mirror images."""
    both = np.concatenate([found, found[:, partner] * (-1, 1)])
    flat = both.reshape(len(both), -1)
    _, strength, axes = np.linalg.svd(flat, full_matrices=False)
    axes, strength = axes[:DRIFTS], strength[:DRIFTS] / np.sqrt(len(both))
    rest = flat - flat @ axes.T @ axes
    drift = (axes * strength[:, None]).reshape(DRIFTS, -1, 2)
    return drift.transpose(2, 1, 0), rest.reshape(both.shape)


def _landed(model: MorphableModel, casts: list[Cast], landmark: int) -> np.ndarray:
    """[n, 3] places on the mean head where one landmark fell on skin that faces the camera."""
    normal = _normals(model)[landmark : landmark + 1]
    places = []
    for cast in casts:
        triangle = cast.triangle[landmark]
        if triangle < 0:
            continue
        corners = model.triangles[triangle]
        there = (cast.weights[landmark] @ cast.vertices[corners])[None]
        if _facing(cast.camera, there, normal)[0] > 0.45:
            places.append(cast.weights[landmark] @ model.mean[corners])
    return np.array(places).reshape(-1, 3)


def _normals(model: MorphableModel) -> np.ndarray:
    corners = model.mean[model.landmarks_478.triangle_vertices]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def _facing(camera: Camera, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    sight = camera.position - points
    return (normals * sight).sum(1) / np.linalg.norm(sight, axis=1)


def _geometric_median(points: np.ndarray) -> np.ndarray:
    middle = np.median(points, 0)
    for _ in range(20):
        weight = 1.0 / np.hypot(np.linalg.norm(points - middle, axis=1), 0.001)
        middle = (points * weight[:, None]).sum(0) / weight.sum()
    return middle


def _aligned(source: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`source` [n, 2] after the similarity that brings it closest to `target` [n, 2]."""
    weight = weight / weight.sum()
    shift, onto = weight @ source, weight @ target
    complex_source = (source - shift) @ np.array([1.0, 1.0j])
    complex_target = (target - onto) @ np.array([1.0, 1.0j])
    turn = (weight * complex_source.conj() @ complex_target) / (weight @ np.abs(complex_source) ** 2)
    turned = complex_source * turn
    return np.column_stack([turned.real, turned.imag]) + onto


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


if __name__ == "__main__":
    main()
