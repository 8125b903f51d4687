"""The skin's UV layout: left-right symmetric, upright, dense on the face, free of overlaps and flips.

One half of the head (x >= 0) is flattened with its front midline held on u = 0.5 and mirrored to the other half.
The bust is open along the back of the head; the eye sockets and the mouth's inside are charts of their own in the
tile's corners (MakeHuman's own seams, without the one under the jaw).
"""

from __future__ import annotations

import cv2
import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

from .slim import Slim, border_loop, rest_shapes, tutte
from .subdivision import unique_edges

MIDLINE = 1e-6  # metres
CHART_NAMES = ("head", "mouth", "socket")
MARGIN = 0.006  # of the tile, around the layout
GRID = 512  # cells per side when charts are placed
SLIM_STEPS = 150
SMOOTHING_STEPS = 6
# Texels per metre, relative; later regions win.
DENSITY = {
    "scalp": 0.45, "neck": 0.5, "ears": 1.0, "face": 2.6, "lids": 2.8, "lips": 2.6, "nostrils": 2.0,
    "mouth_inner": 0.4, "eye_socket": 0.3,
}  # fmt: skip


def two_triangles(quads: np.ndarray) -> np.ndarray:
    """The quads split along their first diagonal."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def uv_islands(quads: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Island number of every quad: neighbours belong together when they agree on the UVs of their edge."""
    sides: dict[tuple[int, int], list] = {}
    for quad, (corners, places) in enumerate(zip(quads.tolist(), uv.round(6).tolist())):
        for i in range(4):
            first, second = (corners[i], places[i]), (corners[(i + 1) % 4], places[(i + 1) % 4])
            if first[0] > second[0]:
                first, second = second, first
            sides.setdefault((first[0], second[0]), []).append((quad, first[1], second[1]))
    pairs = [(a[0], b[0]) for a, b in (side for side in sides.values() if len(side) == 2) if a[1:] == b[1:]]
    first, second = np.array(pairs).T
    graph = sparse.coo_matrix((np.ones(len(first)), (first, second)), shape=(len(quads),) * 2)
    return connected_components(graph, directed=False)[1]


def charts(vertices: np.ndarray, quads: np.ndarray, hm08_uv: np.ndarray) -> np.ndarray:
    """Chart of every skin quad (index into `CHART_NAMES`), from MakeHuman's islands."""
    island = uv_islands(quads, hm08_uv)
    chart = np.zeros(len(quads), int)
    centre = vertices[quads].mean(1)
    for number in range(island.max() + 1):
        mine = island == number
        if np.abs(centre[mine, 0]).min() > 0.008:
            chart[mine] = CHART_NAMES.index("socket")
        elif np.ptp(centre[mine, 0]) < 0.08:
            chart[mine] = CHART_NAMES.index("mouth")
    return chart


def skin_uv(vertices, quads, hm08_uv, density, mirror) -> np.ndarray:
    """UVs ``[Q, 4, 2]`` of the skin's coarse quads.

    Args:
        vertices: ``[V, 3]`` symmetric template in metres.
        quads: ``[Q, 4]`` skin quads.
        hm08_uv: ``[Q, 4, 2]``.
        density: ``[V]`` wanted texels per metre, relative.
        mirror: ``[V]`` left-right table.
    """
    chart = charts(vertices, quads, hm08_uv)
    left = vertices[quads].mean(1)[:, 0] > 0
    names = dict(enumerate(CHART_NAMES))
    halves = {name: quads[left & (chart == number)] for number, name in names.items()}
    flat = {"head": _flatten_head(vertices, halves, density)}
    for name in CHART_NAMES[1:]:
        flat[name] = _flatten_disc(vertices, halves[name], density)
    placed = pack(flat, halves)
    uv = np.zeros((len(quads), 4, 2))
    for number, name in names.items():
        uv[left & (chart == number)] = placed[name][halves[name]]
    _mirror_half(quads, left, mirror, uv)
    return uv


def texel_density(vertices, quads, regions: dict[str, np.ndarray]) -> np.ndarray:
    """Wanted texels per metre (relative) at every coarse vertex, smoothed over the mesh.

    Args:
        vertices: ``[V, 3]``; quads: skin quads.
        regions: masks whose first V entries belong to the coarse vertices.
    """
    count = len(vertices)
    density = np.full(count, 1.0)
    for name, value in DENSITY.items():
        density[regions[name][:count]] = value
    edges, _ = unique_edges(quads)
    rows, columns = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    graph = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    degree = np.maximum(np.asarray(graph.sum(1)).ravel(), 1)
    smooth = np.log(density)
    for _ in range(SMOOTHING_STEPS):
        smooth = (smooth + graph @ smooth / degree) / 2
    return np.exp(smooth)


def _mirror_half(quads, left, mirror, uv) -> None:
    """Fills the quads of the other side from their partners."""
    partner = {tuple(sorted(quads[quad])): quad for quad in np.flatnonzero(left)}
    for quad in np.flatnonzero(~left):
        other = partner[tuple(sorted(mirror[quads[quad]]))]
        for corner in range(4):
            place = quads[other].tolist().index(mirror[quads[quad, corner]])
            uv[quad, corner] = (1 - uv[other, place, 0], uv[other, place, 1])


def _flatten_head(vertices, halves, density) -> np.ndarray:
    """Half of the outer skin, ``[V + 2, 2]`` (the last two are helpers); the front midline lies on u = 0."""
    quads = halves["head"]
    eye = _fan(quads, halves["socket"], len(vertices))
    mouth = _fan(quads, halves["mouth"], len(vertices) + 1)
    lids, lips = np.unique(eye[:, :2]), np.unique(mouth[:, :2])
    centres = np.stack([vertices[lids].mean(0), vertices[lips].mean(0) * (0, 1, 1)])
    points = np.concatenate([vertices, centres])
    density = np.r_[density, density[lids].mean(), density[lips].mean()]
    fans = np.concatenate([eye, mouth])
    loop = np.array(border_loop(np.concatenate([two_triangles(quads), fans])))
    on_middle = np.abs(points[loop, 0]) < MIDLINE
    crown = np.flatnonzero(on_middle)[points[loop[on_middle], 1].argmax()]
    loop = np.roll(loop, -crown)  # starts at the crown and runs down the face
    on_middle = np.abs(points[loop, 0]) < MIDLINE
    chin = np.flatnonzero(~on_middle)[0] - 1  # the last vertex of the front midline, at the collar
    border = np.concatenate([_spread(points[loop[: chin + 1]], lambda t: np.stack([0 * t, 1 - 2 * t], 1))[:-1],
                             _spread(points[np.r_[loop[chin:], loop[:1]]], _half_circle)[:-1]])  # fmt: skip
    return _relax(points, quads, fans, density, loop, border, loop[: chin + 1])


def _half_circle(t: np.ndarray) -> np.ndarray:
    angle = np.pi * (t - 0.5)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _spread(line: np.ndarray, curve) -> np.ndarray:
    """Places a polyline on a curve over 0..1 by its length."""
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    return curve(length / length[-1])


def _fan(quads: np.ndarray, beyond: np.ndarray, centre: int) -> np.ndarray:
    """Triangles that close the hole where another chart begins, around a helper vertex."""
    directed = {tuple(side) for side in np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2).tolist()}
    other = np.stack([beyond, np.roll(beyond, -1, 1)], -1).reshape(-1, 2).tolist()
    return np.array([(first, second, centre) for first, second in other if (second, first) in directed])


def _flatten_disc(vertices: np.ndarray, quads: np.ndarray, density: np.ndarray) -> np.ndarray:
    loop = np.array(border_loop(two_triangles(quads)))

    def circle(t: np.ndarray) -> np.ndarray:
        return np.stack([np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)], axis=1)

    border = _spread(vertices[np.r_[loop, loop[:1]]], circle)[:-1]
    return _relax(vertices, quads, np.zeros((0, 3), int), density, loop, border, np.array([], int))


def _relax(points, quads, fans, density, loop, border, fixed_u) -> np.ndarray:
    """Tutte's embedding, relaxed; fans count next to nothing but must not flip either."""
    triangles = np.concatenate([two_triangles(quads), fans])
    helper = np.arange(len(triangles)) >= len(triangles) - len(fans)
    inverse_rest, area = rest_shapes(points, triangles, density[triangles].mean(1))
    start = tutte(triangles, len(points), loop, border)
    start = start * np.sqrt(area[~helper].sum() / signed_areas(start, triangles)[~helper].sum())
    area[helper] *= 1e-3
    return Slim(triangles, inverse_rest, area, start, fixed_u).run(SLIM_STEPS)


def signed_areas(uv: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area of flat triangles, positive when counter-clockwise."""
    first, second = uv[triangles[:, 1]] - uv[triangles[:, 0]], uv[triangles[:, 2]] - uv[triangles[:, 0]]
    return (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


def pack(flat: dict[str, np.ndarray], halves: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Scales the half head to the right half of the tile and puts the small charts into what is free."""
    used = np.unique(halves["head"])
    head = flat["head"]
    low, high = head[used].min(0), head[used].max(0)
    scale = min((0.5 - MARGIN) / high[0], (1 - 2 * MARGIN) / (high[1] - low[1]))
    placed = {"head": (head - (0, low[1])) * scale + (0.5, MARGIN)}
    grid = _occupancy(placed["head"], halves["head"])
    for name in ("mouth", "socket"):
        chart = flat[name] - flat[name][np.unique(halves[name])].mean(0)
        size = scale
        while (spot := _free_spot(grid, chart * size, halves[name])) is None:
            size *= 0.93
        placed[name] = spot
        grid |= _occupancy(spot, halves[name])
    return placed


def _occupancy(uv: np.ndarray, quads: np.ndarray) -> np.ndarray:
    picture = np.zeros((GRID, GRID), np.uint8)
    for quad in (uv[quads] * GRID).round().astype(np.int32):
        cv2.fillConvexPoly(picture, quad, 1)
    return picture.astype(bool)


def _free_spot(grid: np.ndarray, chart: np.ndarray, quads: np.ndarray) -> np.ndarray | None:
    """The chart turned and shifted to a free place in the right half of the tile, or None."""
    taken = cv2.dilate(grid.astype(np.uint8), np.ones((7, 7), np.uint8))
    taken[:, : GRID // 2 + 4] = 1
    border = 4
    taken[:border] = taken[-border:] = 1
    taken[:, -border:] = 1
    used = np.unique(quads)
    for turn in np.radians(np.arange(0, 360, 15)):
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        turned = chart @ rotation
        turned = turned - turned[used].min(0)
        if turned[used].max() > 0.5:
            continue
        mask = _occupancy(turned, quads).astype(np.float32)
        rows, columns = np.nonzero(mask)
        mask = mask[: rows.max() + 1, : columns.max() + 1]
        clash = cv2.matchTemplate(taken.astype(np.float32), mask, cv2.TM_CCORR)
        if clash.min() < 0.5:
            row, column = np.unravel_index(clash.argmin(), clash.shape)
            return turned + np.array([column, row]) / GRID
    return None
