"""Eyelashes: hairs drawn into a picture, laid along the strips of the mesh that stand for them.

The strips are grids of quads, from the lid's rim to the tips. They get UVs of their own, along the lid and
along the hairs, and a picture whose brightness is where there is hair. numpy only.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ..head import Head

PICTURE_SIZE = (1024, 512)  # the upper lid's hairs in the upper half, the lower lid's below
SEED = 7

COLOUR = (0.012, 0.008, 0.006)
"""Of a lash, linear."""


def lash_uv(head: Head) -> np.ndarray:
    """Return UVs [Q, 4, 2] for the lashes' picture; zero on every other part.

    u runs along the lid; v runs from the rim to the tips, in [0.5, 1] on the upper lid and in [0, 0.5] on
    the lower one.
    """
    uv = np.zeros((*head.quads.shape, 2), np.float32)
    for side, name in enumerate(("lashes_left", "lashes_right")):
        if name not in head.part_names:
            continue
        quads = np.flatnonzero(head.quad_part == head.part_names.index(name))
        strips = [quads[rows] for rows in connected(head.quads[quads])]
        strips = [strip for strip in strips if is_grid(head.quads[strip])]
        heights = [head.vertices[head.quads[strip]][..., 1].mean() for strip in strips]
        for strip, height in zip(strips, heights):
            along, across = strip_coordinates(head.quads[strip], head.vertices, head.eye_centre[side])
            base = 0.5 if height == max(heights) else 0.0
            uv[strip, :, 0] = along
            uv[strip, :, 1] = base + 0.5 * across
    return uv


def connected(quads: np.ndarray) -> list[np.ndarray]:
    """Return the rows of ``quads`` [N, 4] of each connected piece."""
    label = np.unique(quads, return_inverse=True)[1].reshape(quads.shape)
    group = np.arange(label.max() + 1)
    while True:
        lowest = group[label].min(1)
        before = group.copy()
        np.minimum.at(group, label.ravel(), np.repeat(lowest, 4))
        if (group == before).all():
            pieces = group[label].min(1)
            return [np.flatnonzero(pieces == piece) for piece in np.unique(pieces)]


def is_grid(quads: np.ndarray) -> bool:
    """Whether a piece has the four corners that a grid has; others are left without hairs."""
    return int((np.unique(quads, return_counts=True)[1] == 1).sum()) == 4


def strip_coordinates(quads: np.ndarray, vertices: np.ndarray, eye_centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the corners [N, 4] of a strip lie along the lid and along the hairs, both in [0, 1].

    The rim is the long side that is nearer to the eye's centre; the side nearer to the nose is 0.
    """
    neighbours, uses = defaultdict(set), defaultdict(int)
    for quad in quads.tolist():
        for first, second in zip(quad, quad[1:] + quad[:1]):
            neighbours[first].add(second)
            neighbours[second].add(first)
            uses[first] += 1
    sides = sorted(_sides(neighbours, uses), key=len)
    short, long = sides[:2], sides[2:]
    rim = min(long, key=lambda side: np.linalg.norm(vertices[side] - eye_centre, axis=1).mean())
    inner = min(short, key=lambda side: np.abs(vertices[side, 0]).mean())
    along, across = _steps_from(inner, neighbours), _steps_from(rim, neighbours)
    limits = max(along.values()), max(across.values())
    return tuple(
        np.array([[steps[vertex] for vertex in quad] for quad in quads.tolist()], np.float32) / limit
        for steps, limit in zip((along, across), limits)
    )


def _sides(neighbours: dict[int, set[int]], uses: dict[int, int]) -> list[list[int]]:
    """Return the four sides of a grid as rows of vertices, corner to corner."""
    corners = {vertex for vertex, count in uses.items() if count == 1}
    border = {vertex for vertex, count in uses.items() if count <= 2}
    sides = []
    for corner in corners:
        for start in neighbours[corner]:
            side = [corner, start]
            while side[-1] not in corners:
                side.append(next(n for n in neighbours[side[-1]] if n in border and n != side[-2]))
            if side[0] < side[-1]:  # each side is walked from both ends
                sides.append(side)
    return sides


def _steps_from(start: list[int], neighbours: dict[int, set[int]]) -> dict[int, int]:
    steps, ring = dict.fromkeys(start, 0), list(start)
    while ring:
        ring = [n for vertex in ring for n in neighbours[vertex] if n not in steps]
        count = max(steps.values()) + 1
        steps.update(dict.fromkeys(ring, count))
    return steps


def draw_hairs() -> np.ndarray:
    """Return the picture [H, W] in [0, 1], row 0 at the bottom: how much of each pixel is hair."""
    width, height = PICTURE_SIZE
    random = np.random.default_rng(SEED)
    lower = _draw_row(random, width, height // 2, count=75, longest=0.62, root_width=3.0)
    upper = _draw_row(random, width, height // 2, count=130, longest=0.97, root_width=4.6)
    return np.concatenate([lower, upper])


def _draw_row(
    random: np.random.Generator, width: int, height: int, count: int, longest: float, root_width: float
) -> np.ndarray:
    """Draw one lid's hairs; ``longest`` in heights of the row, ``root_width`` in pixels."""
    row = np.zeros((height, width), np.float32)
    roots = (np.arange(count) + random.uniform(0.1, 0.9, count)) / count
    clumps = np.sort(random.uniform(0, 1, count // 4))
    for root in roots:
        towards = clumps[np.abs(clumps - root).argmin()]
        # Lashes grow longest over the outer half of the lid and vanish at its corners.
        length = longest * random.uniform(0.7, 1.0) * np.clip(6 * root * (1 - root), 0, 1) ** 0.6
        length *= 0.72 + 0.28 * np.sin(np.pi * min(1.0, root + 0.15)) if root < 0.5 else 1.0
        lines = np.arange(max(2, int(length * height)))
        reach = lines / max(1, len(lines) - 1)
        tip = root + 0.55 * (towards - root) + random.normal(0, 0.008) + 0.02 * (root - 0.4)
        centre = width * (root + (tip - root) * reach**1.6)
        half = 0.5 * root_width * random.uniform(0.75, 1.15) * np.sqrt(1 - 0.92 * reach)
        columns = np.floor(centre[:, None]).astype(int) + np.arange(-5, 6)
        cover = np.clip(half[:, None] + 0.5 - np.abs(columns + 0.5 - centre[:, None]), 0, 1)
        inside = (columns >= 0) & (columns < width)
        rows = np.broadcast_to(lines[:, None], columns.shape)
        np.maximum.at(row, (rows[inside], columns[inside]), cover[inside].astype(np.float32))
    return row
