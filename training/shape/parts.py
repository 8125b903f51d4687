"""Cuts the bust out of ``hm08`` and adds the eyes: the coarse mesh of the shape model.

The coarse vertices are a linear function of the vertices of ``hm08`` (`CoarseMesh.from_base`), so every target
of MakeHuman carries over, also to vertices that ``hm08`` does not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from .source import BaseMesh
from .teeth import gums, teeth

PART_NAMES = (
    "skin", "eye_left", "eye_right", "cornea_left", "cornea_right", "teeth_upper", "teeth_lower",
    "gums_upper", "gums_lower", "tongue", "lashes_left", "lashes_right",
)  # fmt: skip

# The bust ends at the closed edge loop of hm08 that runs through this edge, on the middle line below the throat.
COLLAR_EDGE_HEIGHT = 5.25

SEGMENTS = 16
LIMBUS = np.radians(29.5)
# Rings of the eyeball from the front pole: (radius, depth) of the iris disk, then angles of the sclera.
IRIS_RINGS = ((0.0, 0.80), (0.17, 0.80), (0.33, 0.815), (0.45, 0.84))
SCLERA_ANGLES = np.radians((29.5, 32.5, 38.0, 47.0, 60.0, 78.0, 100.0, 125.0, 152.0))
CORNEA_RINGS = (0.0, 0.16, 0.31, 0.42, 0.495, 0.525, 0.56)


@dataclass(frozen=True)
class CoarseMesh:
    """The control mesh.

    Attributes:
        from_base: ``[Vc, 19158]`` coarse vertices from the vertices of ``hm08``.
        quads: ``[Qc, 4]``.
        quad_part: ``[Qc]`` index into `PART_NAMES`.
        hm08_uv: ``[Qc, 4, 2]`` MakeHuman's UVs (zero for parts that ``hm08`` lacks).
        part_uv: ``[Qc, 4, 2]`` UVs of all parts but the skin, each kind in its own 0-1 tile.
        hm08_index: ``[Vc]`` vertex of ``hm08``, or -1.
        mirror: ``[Vc]``.
    """

    from_base: sparse.csr_matrix
    quads: np.ndarray
    quad_part: np.ndarray
    hm08_uv: np.ndarray
    part_uv: np.ndarray
    hm08_index: np.ndarray
    mirror: np.ndarray


def fit_sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre and radius of the sphere nearest to some points, by linear least squares."""
    system = np.c_[2 * points, np.ones(len(points))]
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(solution[3] + centre @ centre))


def build_coarse_mesh(base: BaseMesh) -> CoarseMesh:
    """Bust, eyes, teeth, gums, tongue and lashes in one control mesh."""
    quads, parts, uvs = _cut(base)
    used = np.unique(quads)
    total = len(base.vertices)
    number = np.full(total, -1)
    number[used] = np.arange(len(used))
    rows = [_selection(used, total)]
    quads, parts, hm08_uvs, part_uvs = [number[quads]], [parts], [uvs], [_unit_tiles(parts, uvs)]
    pieces = _new_pieces(base)
    count = len(used)
    starts = {}
    for name, (helper, points, faces, uv) in pieces.items():
        rows.append(sparse.csr_matrix(_affine_weights(base.vertices[helper], points)) @ _selection(helper, total))
        quads.append(faces + count)
        parts.append(np.full(len(faces), PART_NAMES.index(name)))
        hm08_uvs.append(np.zeros((len(faces), 4, 2)))
        part_uvs.append(uv)
        starts[name] = count
        count += len(points)
    mirror = [number[base.mirror[used]]]
    for name, (_, points, _, _) in pieces.items():
        other = name.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right")
        distance = ((pieces[other][1][None] - (points * (-1, 1, 1))[:, None]) ** 2).sum(-1)
        mirror.append(starts[other] + distance.argmin(1))
    return CoarseMesh(
        sparse.vstack(rows).tocsr(),
        np.concatenate(quads),
        np.concatenate(parts).astype(np.uint8),
        np.concatenate(hm08_uvs),
        np.concatenate(part_uvs),
        np.r_[used, np.full(count - len(used), -1)].astype(np.int32),
        np.concatenate(mirror).astype(np.int32),
    )


def _new_pieces(base: BaseMesh) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """What ``hm08`` lacks, by part: helper vertices to hang it on, points, quads, corner UVs."""
    pieces = {}
    for side in ("left", "right"):
        helper = np.unique(base.quads[base.groups == f"helper-{side[0]}-eye"])
        centre, radius = fit_sphere(base.vertices[helper])
        for kind, (points, faces, uv) in (("eye", eyeball()), ("cornea", cornea())):
            pieces[f"{kind}_{side}"] = (helper, centre + radius * points, faces, uv)
    for jaw in ("upper", "lower"):
        helper = np.unique(base.quads[base.groups == f"helper-{jaw}-teeth"])
        pieces[f"teeth_{jaw}"] = (helper, *teeth(base.vertices, jaw == "upper"))
        pieces[f"gums_{jaw}"] = (helper, *gums(base.vertices, jaw == "upper"))
    return pieces


def _selection(chosen: np.ndarray, count: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(chosen)), (np.arange(len(chosen)), chosen)), shape=(len(chosen), count))


def _cut(base: BaseMesh) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quads of ``hm08`` that are kept, their part and their UVs."""
    body = base.groups == "body"
    body_quads = base.quads[body]
    bust = _above_loop(base.vertices, body_quads, _collar_loop(base.vertices, body_quads))
    kept, uvs, parts = [body_quads[bust]], [base.quad_uvs[body][bust]], [np.zeros(bust.sum(), int)]
    for group, part in (
        ("helper-tongue", "tongue"),
        ("helper-l-eyelashes-1", "lashes_left"),
        ("helper-l-eyelashes-2", "lashes_left"),
        ("helper-r-eyelashes-1", "lashes_right"),
        ("helper-r-eyelashes-2", "lashes_right"),
    ):
        chosen = base.groups == group
        index = np.full(chosen.sum(), PART_NAMES.index(part))
        kept.append(base.quads[chosen])
        uvs.append(base.quad_uvs[chosen])
        parts.append(index)
    return np.concatenate(kept), np.concatenate(parts), np.concatenate(uvs)


def _collar_loop(vertices: np.ndarray, quads: np.ndarray) -> list[int]:
    """The closed edge loop around the collar: it goes straight on at every vertex of valence four."""
    neighbours: dict[int, set[int]] = {}
    for side in np.stack([quads, np.roll(quads, -1, axis=1)], -1).reshape(-1, 2).tolist():
        neighbours.setdefault(side[0], set()).add(side[1])
        neighbours.setdefault(side[1], set()).add(side[0])
    across: dict[int, set[int]] = {}
    for quad in quads.tolist():
        for corner in quad:
            across.setdefault(corner, set()).update(quad)
    front = np.flatnonzero((np.abs(vertices[:, 0]) < 1e-4) & (vertices[:, 2] > 0.3))
    front = front[np.isin(front, quads)]
    start = int(front[np.abs(vertices[front, 1] - COLLAR_EDGE_HEIGHT).argmin()])
    loop = [start, max(neighbours[start], key=lambda vertex: vertices[vertex, 0])]
    while True:
        before, here = loop[-2:]
        side_ways = {v for v in neighbours[before] if v != here and v in across[here]}
        beside = {v for quad_mate in side_ways for v in neighbours[quad_mate]}
        straight = neighbours[here] - {before} - beside
        if len(straight) != 1:
            raise RuntimeError(f"the collar loop of hm08 breaks at vertex {here}")
        following = straight.pop()
        if following == start:
            return loop
        loop.append(following)


def _above_loop(vertices: np.ndarray, quads: np.ndarray, loop: list[int]) -> np.ndarray:
    """Mask of the quads on the head's side of a closed loop of edges."""
    barrier = {frozenset(edge) for edge in zip(loop, loop[1:] + loop[:1])}
    sides = np.stack([quads, np.roll(quads, -1, axis=1)], -1)
    touching: dict[frozenset, list[int]] = {}
    for quad, edges in enumerate(sides.tolist()):
        for edge in edges:
            touching.setdefault(frozenset(edge), []).append(quad)
    pairs = [quad for edge, quad in touching.items() if len(quad) == 2 and edge not in barrier]
    first, second = np.array(pairs).T
    graph = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(len(quads),) * 2)
    _, label = connected_components(graph, directed=False)
    crown = vertices[quads].mean(1)[:, 1].argmax()
    return label == label[crown]


def _affine_weights(helper: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Weights ``[P, H]`` that hang points on helper vertices.

    Minimum-norm affine weights: an affine motion of the helper moves the points exactly along.
    """
    centre, size = helper.mean(0), helper.std()
    system = np.c_[np.ones(len(helper)), (helper - centre) / size]
    return np.c_[np.ones(len(points)), (points - centre) / size] @ np.linalg.pinv(system.T).T


def _surface_of_revolution(rings: np.ndarray, closed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, quads and ring numbers of a surface around +Z; the first ring is a pole (and the last if closed).

    Args:
        rings: ``[R, 2]`` radius and depth, from the front to the back.
        closed: whether the last ring is a pole too.
    """
    turn = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    around = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    inner = rings[1:-1] if closed else rings[1:]
    points = [np.array([[0.0, 0.0, rings[0, 1]]])]
    points += [np.c_[around * radius, np.full(SEGMENTS, depth)] for radius, depth in inner]
    if closed:
        points.append(np.array([[0.0, 0.0, rings[-1, 1]]]))
    here = np.arange(SEGMENTS)
    after = (here + 1) % SEGMENTS
    even = here[::2]
    quads = [np.stack([np.zeros_like(even), 1 + even, 2 + even, 1 + (even + 2) % SEGMENTS], axis=1)]
    for ring in range(len(inner) - 1):
        near, far = 1 + ring * SEGMENTS, 1 + (ring + 1) * SEGMENTS
        quads.append(np.stack([near + here, far + here, far + after, near + after], axis=1))
    if closed:
        last, pole = 1 + (len(inner) - 1) * SEGMENTS, 1 + len(inner) * SEGMENTS
        quads.append(
            np.stack([np.full_like(even, pole), last + (even + 2) % SEGMENTS, last + even + 1, last + even], 1)
        )
    return np.concatenate(points), np.concatenate(quads), around


def eyeball() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The eyeball with a flat iris: points in units of its radius, quads, corner UVs.

    UV: the pole is the middle of the tile; the angle from the optical axis grows outwards with the power 0.6, so
    that the iris has a third of the tile's width.
    """
    sclera = [(np.sin(angle), np.cos(angle)) for angle in SCLERA_ANGLES]
    points, quads, _ = _surface_of_revolution(np.array([*IRIS_RINGS, *sclera, (0.0, -1.0)]), closed=True)
    return points, quads, eye_uv(points)[quads]


def eye_uv(points: np.ndarray) -> np.ndarray:
    """UV of points of the unit eyeball; see `eyeball`."""
    radius = np.linalg.norm(points[:, :2], axis=1)
    angle = np.arctan2(radius, points[:, 2])
    direction = points[:, :2] / np.maximum(radius, 1e-9)[:, None]
    return 0.5 + 0.48 * direction * ((angle / np.pi) ** 0.6)[:, None]


def cornea() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The clear bulge over the iris (radius of curvature 0.65 eyeball radii) with a rim that hugs the sclera."""
    radius = np.array(CORNEA_RINGS)
    curvature = 0.65
    depth = np.sqrt(np.maximum(curvature**2 - radius**2, 0)) + 0.44
    sclera = np.sqrt(1 - radius**2) + 0.004
    rings = np.stack([radius, np.where(radius < 0.5, np.maximum(depth, sclera), sclera)], axis=1)
    points, quads, _ = _surface_of_revolution(rings, closed=False)
    uv = 0.5 + points[:, :2] * (0.48 / radius[-1])
    return points, quads, uv[quads]


def _unit_tiles(parts: np.ndarray, uvs: np.ndarray) -> np.ndarray:
    """MakeHuman's UVs of tongue and lashes, each scaled to its own 0-1 tile."""
    tiles = np.zeros_like(uvs)
    for kind in ("tongue", "lashes_left", "lashes_right"):
        chosen = parts == PART_NAMES.index(kind)
        low = uvs[chosen].min((0, 1))
        tiles[chosen] = 0.01 + 0.98 * (uvs[chosen] - low) / (uvs[chosen].max((0, 1)) - low)
    return tiles
