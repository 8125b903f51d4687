"""Plain geometry: meshes and strands with a colour, and tubes to build them from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Accessory:
    """A mesh beside the head, in its frame.

    Attributes:
        kind: "frame", "lens" or "hand".
        vertices: ``[V, 3]`` float32, metres.
        triangles: ``[T, 3]`` int32, counter-clockwise seen from outside.
        colour: ``[3]`` linear albedo; a lens is clear and has the tint of what passes it.
        roughness: Principled's.
        metallic: whether it is bare metal.
    """

    kind: str
    vertices: np.ndarray
    triangles: np.ndarray
    colour: np.ndarray
    roughness: float
    metallic: bool = False


@dataclass(frozen=True, eq=False)
class Strands:
    """Hairs beside the head, in its frame.

    Attributes:
        kind: "hair" or "beard".
        points: ``[S, P, 3]`` float32 from root to tip, metres.
        radius: ``[S, P]`` float32, metres.
        colour: ``[3]`` linear.
    """

    kind: str
    points: np.ndarray
    radius: np.ndarray
    colour: np.ndarray


def tube(path: np.ndarray, radius: float, closed: bool, sides: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """A round tube along a path: vertices ``[N * sides, 3]`` and triangles.

    Args:
        path: ``[N, 3]``, without a straight angle back.
        radius: metres.
        closed: whether the last point joins the first; open ends are capped.
        sides: corners of the cross-section.
    """
    count = len(path)
    if closed:
        along = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    else:
        along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.empty_like(path)
    helper = np.eye(3)[np.abs(along[0]).argmin()]
    for index, direction in enumerate(along):  # the frame is carried along, so that the tube does not twist
        helper = helper - (helper @ direction) * direction
        helper = helper / np.linalg.norm(helper)
        across[index] = helper
    angle = 2 * np.pi * np.arange(sides) / sides
    other = np.cross(along, across)
    ring = np.cos(angle)[:, None] * across[:, None] + np.sin(angle)[:, None] * other[:, None]
    vertices = (path[:, None] + radius * ring).reshape(-1, 3)
    rows = np.arange(count if closed else count - 1)[:, None] * sides
    next_rows = (rows + sides) % (count * sides)
    column, next_column = np.arange(sides), (np.arange(sides) + 1) % sides
    a, b, c, d = (rows + column, rows + next_column, next_rows + next_column, next_rows + column)
    faces = [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
    if not closed:
        last = (count - 1) * sides
        fan = np.arange(1, sides - 1)
        faces.append(np.stack([np.zeros_like(fan), fan + 1, fan], 1))
        faces.append(last + np.stack([np.zeros_like(fan), fan, fan + 1], 1))
    return vertices.astype(np.float32), np.concatenate(faces).astype(np.int32)


def join(pieces: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """One mesh of several."""
    first = np.cumsum([0] + [len(vertices) for vertices, _ in pieces])
    triangles = [faces + start for (_, faces), start in zip(pieces, first)]
    return np.concatenate([vertices for vertices, _ in pieces]), np.concatenate(triangles).astype(np.int32)
