"""Teeth and gums along the two arches of ``hm08``'s helper strips, in decimetres of the base mesh.

Every tooth is a small closed crown that subdivision rounds; the gum is a band around the necks with papillae between
the teeth. Crown widths are anatomical averages (S. Nelson: Wheeler's Dental Anatomy), scaled to the arch.
"""

from __future__ import annotations

import numpy as np

# Rows of hm08's strips on the person's left, from the middle line backwards: necks (gum margin) and biting edges.
UPPER_NECK = (15079, 15075, 15074, 15073, 15072, 15084, 15083, 15082, 15081)
UPPER_EDGE = (15069, 15086, 15071, 15070, 15085, 15078, 15077, 15076, 15080)
LOWER_NECK = (15012, 15013, 15014, 15015, 15011, 15016, 15017, 15018, 15009)
LOWER_EDGE = (15010, 15001, 15002, 15003, 15004, 15005, 15006, 15007, 15008)
UPPER_WIDTHS = np.array((8.5, 6.5, 7.5, 7.0, 6.8, 10.0, 9.0))  # millimetres, central incisor to second molar
LOWER_WIDTHS = np.array((5.2, 5.7, 6.9, 7.0, 7.1, 11.0, 10.5))
NECK_DEPTH = np.array((0.062, 0.060, 0.075, 0.082, 0.082, 0.098, 0.095))  # lips to tongue, decimetres
EDGE_DEPTH = np.array((0.020, 0.020, 0.035, 0.068, 0.070, 0.085, 0.082))
OVERBITE = 0.018  # the upper edges reach this far past the strip's edge
LOWER_SETBACK = 0.028  # the lower teeth stand behind the upper ones
RINGS = (
    (-0.25, 0.86, 0.0),
    (0.12, 0.9, 0.1),
    (0.62, 1.02, 0.55),
    (1.0, 0.94, 1.0),
)  # height, width, edge share
AROUND = np.array([(-1, 1), (0, 1.06), (1, 1), (1, 0), (1, -1), (0, -1.06), (-1, -1), (-1, 0)]) / 2
GUM_SECTION = ((-0.95, 0.55), (-0.45, 0.62), (0.06, 0.54), (0.06, -0.54), (-0.45, -0.66), (-0.95, -0.6))
PAPILLA = 0.22  # of the crown's height, between two teeth


def _arch(line: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Points ``[N, 3]`` at shares 0..1 of a polyline's length, smoothed by a cubic through its corners."""
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    mirrored = np.concatenate([(line * (-1, 1, 1))[:0:-1], line])
    knots = np.r_[-length[:0:-1], length]
    degree = 7
    fitted = [np.polynomial.Polynomial.fit(knots, mirrored[:, axis], degree) for axis in range(3)]
    return np.stack([polynomial(share * length[-1]) for polynomial in fitted], axis=1)


def _jaw(vertices: np.ndarray, upper: bool):
    """Function from shares of the arch to neck points, the way from there to the edge, outward and along."""
    neck = vertices[list(UPPER_NECK if upper else LOWER_NECK)].copy()
    edge = vertices[list(UPPER_EDGE if upper else LOWER_EDGE)].copy()
    if upper:
        edge[:, 1] -= OVERBITE * np.linspace(1, 0.2, len(edge))
    else:
        for row in (neck, edge):
            row[:, 2] -= LOWER_SETBACK * np.linspace(1, 0.3, len(row))
            row[:, 0] *= 0.95
        edge[:, 1] -= 0.004

    def frame(share: np.ndarray):
        base, tip = _arch(neck, share), _arch(edge, share)
        ahead, behind = _arch(neck, share + 1e-3), _arch(neck, share - 1e-3)
        along = ahead - behind
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        rise = tip - base
        outward = np.cross(along, np.array([0.0, 1.0, 0.0]))
        outward *= np.where(outward[:, 2:] + outward[:, :1] * np.sign(base[:, :1] + 1e-9) < 0, -1, 1)
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        return base, rise, outward, along

    return frame


def teeth(vertices: np.ndarray, upper: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crowns of one jaw.

    Args:
        vertices: the base mesh.
        upper: which jaw.

    Returns:
        Points ``[N, 3]``, quads ``[M, 4]`` and corner UVs ``[M, 4, 2]``: u runs along the arch, v over the crown.
    """
    frame = _jaw(vertices, upper)
    widths = UPPER_WIDTHS if upper else LOWER_WIDTHS
    stops = np.r_[0, np.cumsum(widths)] / widths.sum()
    points, quads, uvs, count = [], [], [], 0
    for tooth in range(len(widths)):
        own, faces, uv = _crown(frame, stops[tooth], stops[tooth + 1], NECK_DEPTH[tooth], EDGE_DEPTH[tooth])
        for side in (1, -1):
            points.append(own * (side, 1, 1))
            turned = faces if (side == 1) == upper else faces[:, ::-1]
            quads.append(turned + count)
            place = uv.copy()
            place[:, 0] = 0.5 + side * (0.02 + 0.46 * (stops[tooth] + (stops[tooth + 1] - stops[tooth]) * uv[:, 0]))
            uvs.append(place[turned])
            count += len(own)
    return np.concatenate(points), np.concatenate(quads), np.concatenate(uvs)


def _crown(frame, start: float, end: float, neck_depth: float, edge_depth: float):
    middle = (start + end) / 2
    base, rise, outward, along = (value[0] for value in frame(np.array([middle])))
    left, right = frame(np.array([start, end]))[0]
    width = np.linalg.norm(right - left)
    rings = []
    for height, wide, share in RINGS:
        depth = neck_depth + (edge_depth - neck_depth) * share
        centre = base + rise * height - outward * (0.5 * neck_depth - 0.12 * (neck_depth - edge_depth) * share)
        rings.append(centre + AROUND[:, :1] * along * width * wide + AROUND[:, 1:] * outward * depth)
    points = np.concatenate([*rings, rings[-1].mean(0, keepdims=True) + 0.02 * rise])
    here = np.arange(8)
    after = (here + 1) % 8
    quads = [np.stack([r * 8 + after, r * 8 + here, (r + 1) * 8 + here, (r + 1) * 8 + after], 1) for r in range(3)]
    last, pole = 24, 32
    quads.append(np.array([(last + (k + 1) % 8, last + k, last + (k - 1) % 8, pole) for k in (0, 2, 4, 6)]))
    u = np.r_[np.tile(AROUND[:, 0] + 0.5, 4), 0.5]
    v = np.r_[np.repeat([0.55, 0.65, 0.8, 0.93], 8) + np.tile(AROUND[:, 1] * 0.02, 4), 0.96]
    return points, np.concatenate(quads), np.stack([u, v], axis=1)


def gums(vertices: np.ndarray, upper: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gum of one jaw; see `teeth`."""
    frame = _jaw(vertices, upper)
    widths = UPPER_WIDTHS if upper else LOWER_WIDTHS
    stops = np.r_[0, np.cumsum(widths)] / widths.sum()
    shares = np.sort(np.r_[stops, (stops[1:] + stops[:-1]) / 2])
    depth = np.interp(shares, (stops[1:] + stops[:-1]) / 2, NECK_DEPTH)
    base, rise, outward, _ = frame(shares)
    between = np.arange(len(shares)) % 2 == 0
    rows = []
    for height, across in GUM_SECTION:
        lift = height + (PAPILLA * between if height > 0 else 0)
        inward = (0.5 - across) * depth
        rows.append(base + rise * np.broadcast_to(lift, len(shares))[:, None] - outward * inward[:, None])
    left = np.stack(rows, axis=1)
    section = np.concatenate([(left * (-1, 1, 1))[:0:-1], left])
    stations, width = section.shape[:2]
    number = np.arange(stations * width).reshape(stations, width)
    quads = np.stack([number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]], -1).reshape(-1, 4)
    quads = quads[:, ::-1] if upper else quads
    u = np.broadcast_to(np.linspace(0.02, 0.98, stations)[:, None], (stations, width))
    v = np.broadcast_to(np.linspace(0.03, 0.48, width)[None], (stations, width))
    uv = np.stack([u, v], axis=-1).reshape(-1, 2)
    return section.reshape(-1, 3), quads, uv[quads]
