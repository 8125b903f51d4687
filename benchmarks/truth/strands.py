"""Hair of the head and beards: strands that grow out of the skin, fall, and slide along what is in their way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .noise import noise, smoothstep
from .places import Places
from .shapes import Strands
from .truth_head import SKIN, TruthHead, vertex_normals


@dataclass(frozen=True)
class Style:
    """A way to wear hair.

    Attributes:
        length: shortest and longest, metres.
        lift: how steeply it leaves the skin, 0 flat to 1 upright.
        weight: pull downwards over the whole length.
        curl: metres of the curls' radius.
        count: strands.
        points: along a strand.
        radius: metres at the root.
    """

    length: tuple[float, float]
    lift: float
    weight: float
    curl: float
    count: int
    points: int
    radius: float


STYLES = {
    "crop": Style((0.01, 0.018), 0.5, 0.1, 0.0, 14000, 5, 0.00014),
    "short": Style((0.03, 0.055), 0.22, 0.7, 0.0004, 12000, 7, 0.00016),
    "medium": Style((0.08, 0.14), 0.14, 2.2, 0.0012, 10000, 10, 0.0002),
    "long": Style((0.22, 0.3), 0.1, 5.0, 0.002, 9000, 16, 0.00024),
    "curls": Style((0.03, 0.07), 0.6, 0.4, 0.0035, 9000, 18, 0.00018),
}
CURL_LENGTH = 0.016
"""Metres of hair to one turn."""


def make_hair(head: TruthHead, posed: np.ndarray, seed: int, colour: np.ndarray, style: str | None = None) -> Strands:
    """Hair on a posed head.

    Args:
        head: gives the hairline.
        posed: ``[V, 3]`` its vertices as photographed.
        seed: of the style, the parting, the fringe and every strand.
        colour: ``[3]`` linear.
        style: one of ``STYLES``; by the seed where None.
    """
    generator = np.random.default_rng((seed, 6))
    chosen = STYLES[style or generator.choice(list(STYLES))]
    height = generator.uniform(0.048, 0.06)
    roots, normals, places = _roots(head, posed, chosen.count, generator, lambda p: _scalp(p, height, generator))
    top = roots[roots[:, 1].argmax()]
    crown = np.array([0.0, top[1], top[2] - 0.01])
    fringe = generator.random() < 0.5
    part = generator.choice([-0.03, 0.0, 0.03])
    front = smoothstep(places[:, 2], crown[2] + 0.02, crown[2] + 0.05)[:, None]
    away = roots - crown
    aside = np.stack([np.sign(roots[:, 0] - part) * 0.9, np.zeros(len(roots)), np.full(len(roots), -0.7)], 1)
    flow = _unit(away) if fringe else _unit(_unit(away) * (1 - front) + aside * front)
    length = generator.uniform(*chosen.length, len(roots))
    if fringe:
        length = np.minimum(length, np.where(front[:, 0] > 0.5, generator.uniform(0.035, 0.055), np.inf))
    strands = _grow(head, posed, roots, normals, flow, length, chosen, generator, spread=1.0)
    return Strands("hair", strands, _taper(strands, chosen.radius), np.asarray(colour, np.float32))


def make_beard(head: TruthHead, posed: np.ndarray, seed: int, colour: np.ndarray) -> Strands:
    """A full beard of some millimetres to centimetres on a posed head that has all 68 landmarks."""
    generator = np.random.default_rng((seed, 7))
    longest = generator.choice([0.006, 0.012, 0.025])
    style = Style((0.6 * longest, longest), 0.5, 0.6, 0.0006, 7000, 6, 0.00011)
    roots, normals, _ = _roots(head, posed, style.count, generator, lambda p: p.beard(_wander(p, generator)))
    down = np.broadcast_to(np.array([0.0, -1.0, 0.15]), roots.shape)
    length = generator.uniform(*style.length, len(roots))
    strands = _grow(head, posed, roots, normals, down, length, style, generator)
    return Strands("beard", strands, _taper(strands, style.radius), np.asarray(colour, np.float32))


def _scalp(places: Places, height: float, generator: np.random.Generator) -> np.ndarray:
    return places.scalp(_wander(places, generator), height)


def _wander(places: Places, generator: np.random.Generator) -> np.ndarray:
    return 0.004 * noise(places.points, 0.012, generator)


def _roots(head: TruthHead, posed: np.ndarray, count: int, generator: np.random.Generator, mask) -> tuple:
    """Random places where ``mask`` lets hair grow: positions, normals, and positions on the neutral head ``[N, 3]``."""
    skin = head.triangles[head.part == SKIN]
    neutral, normals = head.vertices, vertex_normals(head.vertices, skin)
    corners = neutral[skin]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    high = np.flatnonzero(corners[:, :, 1].min(1) > -0.19)
    chosen = high[generator.choice(len(high), 8 * count, p=area[high] / area[high].sum())]
    weight = generator.dirichlet(np.ones(3), len(chosen))
    points = (corners[chosen] * weight[..., None]).sum(1)
    grown = (normals[skin[chosen]] * weight[..., None]).sum(1)
    inside = np.flatnonzero(generator.random(len(chosen)) < mask(Places(head, points.astype(np.float32), grown)))[
        :count
    ]
    chosen, weight = chosen[inside], weight[inside]
    roots = (posed[skin[chosen]] * weight[..., None]).sum(1)
    outwards = (vertex_normals(posed, skin)[skin[chosen]] * weight[..., None]).sum(1)
    return roots, _unit(outwards), points[inside]


def _grow(
    head, posed, roots, normals, flow, length, style: Style, generator: np.random.Generator, spread: float = 0.0
) -> np.ndarray:
    """Strands ``[S, P, 3]`` that follow ``flow`` ``[S, 3]``, bend down and stay outside of the skin.

    ``spread`` is how much they make way for the face.
    """
    skin = head.triangles[head.part == SKIN]
    used = np.unique(skin)
    body, outside = posed[used], vertex_normals(posed, skin)[used]
    tree = cKDTree(body)
    flow = _unit(flow - (flow * normals).sum(1, keepdims=True) * normals)
    direction = _unit(style.lift * normals + (1 - style.lift) * flow)
    direction = _unit(direction + 0.15 * np.stack([noise(roots, 0.02, generator) for _ in range(3)], 1))
    brow, front = posed[head.landmarks_68[[19, 24]], 1].mean(), posed[head.landmarks_68[27], 2]
    layer = generator.uniform(0.0005, 0.004, len(roots)) * min(1, style.length[1] / 0.03)
    step = (length / (style.points - 1))[:, None]
    path, where = [roots - 0.0005 * normals], roots
    for index in range(style.points - 1):
        pull = style.weight / style.points * np.array([0, -1.0, 0])
        over_face = smoothstep(where[:, 2], front - 0.06, front - 0.04) * smoothstep(
            where[:, 1], brow + 0.05, brow + 0.02
        )
        over_face *= smoothstep(np.abs(where[:, 0]), 0.085, 0.06)
        aside = over_face[:, None] * np.stack([np.sign(where[:, 0] - 1e-4), *np.zeros((2, len(where)))], 1)
        aside[:, 2] -= 0.8 * over_face
        direction = _unit(direction + pull + spread * aside + 0.04 * generator.normal(size=direction.shape))
        where = where + step * direction
        nearest = tree.query(where)[1]
        gap = ((where - body[nearest]) * outside[nearest]).sum(1)
        lack = np.maximum(layer * min(1, (index + 1) / 3) - gap, 0)[:, None]
        where = where + lack * outside[nearest]
        inwards = np.minimum((direction * outside[nearest]).sum(1), 0)[:, None] * (lack > 0)
        direction = _unit(direction - inwards * outside[nearest])
        path.append(where)
    strands = np.stack(path, 1)
    return (strands + _curls(strands, length, style, generator)).astype(np.float32)


def _curls(strands: np.ndarray, length: np.ndarray, style: Style, generator: np.random.Generator) -> np.ndarray:
    """Offsets ``[S, P, 3]`` of a helix around each strand; neighbours curl together."""
    if style.curl == 0:
        return np.zeros_like(strands)
    along = _unit(strands[:, -1] - strands[:, 0])
    across = _unit(np.cross(along, np.array([0.31, 0.2, 0.93])))
    other = np.cross(along, across)
    share = np.linspace(0, 1, style.points)
    phase = 3 * noise(strands[:, 0], 0.008, generator) + generator.normal(0, 0.3, len(strands))
    angle = 2 * np.pi * length[:, None] / CURL_LENGTH * share * (style.curl > 0.003) + phase[:, None]
    angle += 2 * np.pi * share * (style.curl <= 0.003) * np.maximum(1, length[:, None] / 0.06)
    size = style.curl * smoothstep(share, 0, 0.25)[None, :, None]
    return size * (np.cos(angle)[..., None] * across[:, None] + np.sin(angle)[..., None] * other[:, None])


def _taper(strands: np.ndarray, radius: float) -> np.ndarray:
    share = np.linspace(0, 1, strands.shape[1], dtype=np.float32)
    return np.broadcast_to(radius * (1 - 0.75 * share**2), strands.shape[:2]).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
