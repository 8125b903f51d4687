"""Spectacles: frames of several shapes around the eyes, bridge, temples to the ears, and lenses."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .shapes import Accessory, join, tube
from .truth_head import SKIN, TruthHead

FRAME_COLOURS = np.float32([
    [0.012, 0.012, 0.013], [0.03, 0.014, 0.008], [0.09, 0.04, 0.015], [0.03, 0.04, 0.07], [0.55, 0.5, 0.42],
])  # fmt: skip
METAL_COLOURS = np.float32([[0.55, 0.55, 0.56], [0.7, 0.5, 0.25], [0.05, 0.05, 0.055]])
CLEARANCE = 0.002
"""Metres between frame and skin."""


def make_glasses(head: TruthHead, posed: np.ndarray, seed: int) -> list[Accessory]:
    """A frame and two lenses that sit on a posed head.

    Args:
        head: gives the eyes and the ears.
        posed: ``[V, 3]`` its vertices as photographed.
        seed: of shape, thickness and colour.
    """
    generator = np.random.default_rng((seed, 4))
    metal = generator.random() < 0.4
    width, height = generator.uniform(0.048, 0.055), generator.uniform(0.034, 0.046)
    thick = generator.uniform(0.0007, 0.0011) if metal else generator.uniform(0.0014, 0.0024)
    squareness = generator.choice([2.0, 2.6, 3.6])
    surface = _Front(posed[np.unique(head.triangles[head.part == SKIN])])
    rims = [_rim(side * abs(centre[0]), width, height, squareness) for side, centre in zip((1, -1), head.eye_centre)]
    points = np.concatenate(rims)
    curve = 2.2  # per metre: how a frame bows back at the sides
    clear = points[np.abs(points[:, 0]) > 0.012]
    bow = curve * clear[:, 0] ** 2
    level = max(np.percentile(surface.depth(clear) + bow, 97) + CLEARANCE + thick, head.eye_radius.max() + 0.01)
    rims = [np.column_stack([rim, level - curve * rim[:, 0] ** 2]) for rim in rims]
    pieces = [tube(rim, thick, closed=True) for rim in rims]
    pieces.append(tube(_bridge(rims, surface, thick), thick, closed=False))
    pieces += [tube(_temple(rim, head, posed), thick, closed=False) for rim in rims]
    vertices, triangles = join(pieces)
    colours = METAL_COLOURS if metal else FRAME_COLOURS
    colour = colours[generator.integers(len(colours))]
    frame = Accessory("frame", vertices, triangles, colour, 0.25 if metal else 0.3, bool(metal))
    return [frame, *(_lens(rim) for rim in rims)]


class _Front:
    """Depth of the skin seen from the front."""

    def __init__(self, vertices: np.ndarray) -> None:
        front = vertices[vertices[:, 2] > -0.06]
        self._tree, self._depth = cKDTree(front[:, :2]), front[:, 2]

    def depth(self, points: np.ndarray) -> np.ndarray:
        """Largest z ``[N]`` within 3 mm of x and y ``[N, 2+]``; far behind where there is no skin."""
        near = self._tree.query_ball_point(points[:, :2], 0.003)
        return np.array([self._depth[rows].max() if rows else -1.0 for rows in near])


def _rim(x: float, width: float, height: float, squareness: float) -> np.ndarray:
    """Outline ``[N, 2]`` of a lens around an eye: a superellipse, a little outwards and below the pupil."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    power = 2 / squareness
    across = 0.5 * width * np.sign(cosine) * np.abs(cosine) ** power
    up = 0.5 * height * np.sign(sine) * np.abs(sine) ** power
    nearest = 0.5 * width + 0.0085  # from the middle, so that both rims leave room for the nose
    return np.column_stack([np.sign(x) * max(abs(x) + 0.001, nearest) + across, up - 0.004])


def _bridge(rims: list[np.ndarray], surface: _Front, thick: float) -> np.ndarray:
    """From rim to rim over the nose."""
    ends = []
    for rim in rims:
        inner = rim[np.abs(rim[:, 0]) < np.abs(rim[:, 0]).min() + 0.008]
        ends.append(inner[inner[:, 1].argmax()])
    share = np.linspace(0, 1, 16)[:, None]
    path = ends[0] + (ends[1] - ends[0]) * share
    path[:, 1] += 0.003 * np.sin(np.pi * share[:, 0])
    path[:, 2] = np.maximum(path[:, 2], surface.depth(path) + CLEARANCE + thick)
    return path


def _temple(rim: np.ndarray, head: TruthHead, posed: np.ndarray) -> np.ndarray:
    """From the outer edge of a rim back to the ear and down behind it."""
    side = np.sign(rim[:, 0].mean())
    hinge = rim[(side * rim[:, 0] + 0.5 * rim[:, 1]).argmax()]
    skin = posed[np.unique(head.triangles[head.part == SKIN])]
    band = skin[(np.abs(skin[:, 1] - hinge[1]) < 0.008) & (side * skin[:, 0] > 0.04) & (skin[:, 2] < 0)]
    back = hinge[2] - 0.115
    depth = np.linspace(hinge[2], back, 14)
    tree = cKDTree(band[:, 2:])
    reach = [max(side * band[rows, 0].max() if side > 0 else -band[rows, 0].min(), 0.0) if rows else 0.0
             for rows in tree.query_ball_point(depth[:, None], 0.006)]  # fmt: skip
    straight = np.linspace(side * hinge[0], max(max(reach[4:]) + 0.001, side * hinge[0]), 14)
    x = np.maximum(straight, np.minimum(np.array(reach) + 0.0015, straight + 0.012))
    y = np.interp(depth, [back, hinge[2]], [hinge[1] - 0.004, hinge[1]])
    path = np.column_stack([side * x, y, depth])
    hook = path[-1] + np.array([[0, -0.008, -0.012], [-0.002 * side, -0.024, -0.018], [-0.004 * side, -0.038, -0.02]])
    return np.concatenate([hinge[None] + [side * 0.001, 0, -0.0005], path[1:], hook])


def _lens(rim: np.ndarray) -> Accessory:
    """A clear sheet inside a rim."""
    inner = np.concatenate([rim.mean(0, keepdims=True), rim])
    count = len(rim)
    around = np.arange(count)
    triangles = np.column_stack([np.zeros(count, int), 1 + around, 1 + (around + 1) % count])
    normal = np.cross(inner[triangles[0, 1]] - inner[0], inner[triangles[0, 2]] - inner[0])
    if normal[2] < 0:
        triangles = triangles[:, ::-1]
    return Accessory("lens", inner.astype(np.float32), triangles.astype(np.int32), np.float32([0.97, 0.98, 0.97]), 0.02)
