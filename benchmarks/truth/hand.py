"""A hand that rests on the cheek or the chin: fingers of three bones, blended into one skin."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from .shapes import Accessory
from .truth_head import TruthHead, vertex_normals

STEP = 0.0022
"""Metres between the samples of the blended distance field."""
BLEND = 0.005
"""Metres over which two bones grow together."""

# A right hand that shows its back to +Z: knuckles of index to little finger, bone lengths and radii in millimetres.
KNUCKLES = ((-27, 2), (-9, 5), (9, 3), (25, -4))
BONES = ((42, 25, 21), (46, 29, 22), (42, 27, 22), (33, 20, 19))
RADII = ((9.5, 8.5, 7.6, 6.6), (10, 9, 8, 6.8), (9.5, 8.5, 7.6, 6.6), (8.5, 7.6, 6.8, 5.8))
THUMB = ((-22, -62, 0), (-44, -34, -8), (-52, -6, -14), (-52, 20, -17))
THUMB_RADII = (14, 12, 10, 8)
WRIST, ELBOW = (0, -88, 2), (4, -270, 6)
ANCHORS = ("cheek", "chin")


def make_hand(head: TruthHead, posed: np.ndarray, seed: int, colour: np.ndarray) -> Accessory:
    """A hand and a forearm that touch a posed head.

    Args:
        head: gives the landmarks.
        posed: ``[V, 3]`` its vertices as photographed.
        seed: of the place, the side and the fingers' bend.
        colour: ``[3]`` linear albedo, the face's mean skin.
    """
    generator = np.random.default_rng((seed, 5))
    side = generator.choice([-1.0, 1.0])
    place = ANCHORS[generator.integers(len(ANCHORS))]
    starts, ends, first, last = _bones(generator)
    points = posed[head.landmarks_68]
    if place == "cheek":
        mouth, brow = points[54 if side > 0 else 48], points[26 if side > 0 else 17]
        anchor = 0.62 * mouth + 0.38 * brow + (side * 0.012, 0, -0.012)
        outwards = np.array([side * 0.8, -0.1, 0.55])
        fingers = np.array([side * generator.uniform(0.1, 0.3), 1.0, -0.25])
        rest = (0.0, -18.0, 0.0)
    else:
        anchor = points[8] + (side * 0.012, 0.004, 0)
        outwards = np.array([side * 0.15, -0.55, 0.85])
        fingers = np.array([-side, generator.uniform(0.15, 0.45), 0.1])
        rest = (0.0, 12.0, 0.0)
    z = outwards / np.linalg.norm(outwards)
    y = fingers - (fingers @ z) * z
    y /= np.linalg.norm(y)
    turn = np.stack([np.cross(y, z), y, z], 1)
    mirror = np.array([1.0 if (side > 0) == (place == "cheek") else -1.0, 1, 1])
    starts, ends = (((bone - rest) * mirror * 0.001) @ turn.T + anchor for bone in (starts, ends))
    shift = _push(starts, ends, first, last, head, posed, z)
    starts, ends = starts + shift * z, ends + shift * z
    vertices, triangles = _skin(starts, ends, first, last)
    return Accessory("hand", vertices, triangles, np.asarray(colour, np.float32), 0.5)


def _bones(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Starts and ends ``[B, 3]`` of all bones in millimetres, and the radii ``[B]`` in metres at both."""
    starts, ends, first, last = [], [], [], []

    def add(start, end, start_radius, end_radius):
        starts.append(start)
        ends.append(end)
        first.append(start_radius * 0.001)
        last.append(end_radius * 0.001)

    bend = generator.uniform(0.15, 0.4)
    for finger, ((x, y), lengths, radii) in enumerate(zip(KNUCKLES, BONES, RADII)):
        position, angle = np.array([x, y, 0.0]), generator.normal(0.12, 0.08)
        add(np.array([0.55 * x, -80.0, 0]), position, 12, 11.5)
        spread = (finger - 1.4) * generator.uniform(0.05, 0.12)
        for length, start_radius, end_radius in zip(lengths, radii, radii[1:]):
            step = np.array([np.sin(spread) * np.cos(angle), np.cos(spread) * np.cos(angle), -np.sin(angle)])
            add(position, position + length * step, start_radius, end_radius)
            position = position + length * step
            angle += bend + generator.normal(0, 0.06)
    for start, end, start_radius, end_radius in zip(THUMB, THUMB[1:], THUMB_RADII, THUMB_RADII[1:]):
        add(np.array(start, float), np.array(end, float), start_radius, end_radius)
    add(np.array([0.0, -75, 0]), np.array(WRIST, float), 22, 23)
    add(np.array(WRIST, float), np.array(ELBOW, float), 25, 36)
    return np.array(starts), np.array(ends), np.array(first), np.array(last)


def _push(starts, ends, first, last, head: TruthHead, posed: np.ndarray, direction: np.ndarray) -> float:
    """How far to move along ``direction`` so that hand and face only just touch, metres."""
    share = np.linspace(0, 1, 6)[:, None, None]
    bones = slice(0, len(starts) - 1)  # the forearm may pass wherever it likes
    samples = ((1 - share) * starts[bones] + share * ends[bones]).reshape(-1, 3)
    radii = ((1 - share[..., 0]) * first[bones] + share[..., 0] * last[bones]).ravel()
    tree = cKDTree(posed[head.face])  # in the neck it may sink a little
    shift = 0.06
    while shift > -0.08:  # from outside inwards until it touches
        moved = samples + shift * direction
        if (tree.query(moved)[0] < radii).any():
            break
        shift -= 0.0015
    return shift


def _skin(starts, ends, first, last) -> tuple[np.ndarray, np.ndarray]:
    """The surface of all bones grown together: vertices ``[V, 3]`` and triangles ``[T, 3]``."""
    margin = last.max() + 3 * STEP
    low = np.minimum(starts, ends).min(0) - margin
    high = np.maximum(starts, ends).max(0) + margin
    axes = [np.arange(a, b, STEP, dtype=np.float32) for a, b in zip(low, high)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    total = np.zeros(grid.shape[:3], np.float32)
    for start, end, start_radius, end_radius in zip(starts, ends, first, last):
        reach = max(start_radius, end_radius) + 4 * BLEND
        box = tuple(
            slice(max(int((min(a, b) - reach - edge) / STEP), 0), int((max(a, b) + reach - edge) / STEP) + 2)
            for a, b, edge in zip(start, end, low)
        )
        bone = (end - start).astype(np.float32)
        offset = grid[box] - start.astype(np.float32)
        share = np.clip(offset @ bone / max(float(bone @ bone), 1e-12), 0, 1)
        distance = np.linalg.norm(offset - share[..., None] * bone, axis=-1)
        distance -= start_radius + share * (end_radius - start_radius)
        total[box] += np.exp(-distance / BLEND)
    field = -BLEND * np.log(np.maximum(total, 1e-6))
    vertices, triangles, _, _ = marching_cubes(field, 0.0, spacing=(STEP,) * 3)
    vertices = vertices.astype(np.float32) + low.astype(np.float32)
    normals = vertex_normals(vertices, triangles)
    inwards = (normals * (vertices - vertices.mean(0))).sum() < 0
    return vertices, np.ascontiguousarray(triangles[:, ::-1] if inwards else triangles).astype(np.int32)
