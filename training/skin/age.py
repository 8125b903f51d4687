"""What age adds to a skin: lines, pigment spots and mottling, as maps for `core.reflectance.skin_age`.

All of it is modelled: placed in metres on the mean head, so that no seam of the UV layout shows. What comes early in
life grows in proportion to the years, what comes late with their square.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from .layers import plain_skin
from .surface import Canvas, waves

SEED = 12
DEEPEST = 0.0005
"""Metres, of a line of depth 1 at the old end."""
NETWORK_DEPTH = 0.00006
NETWORK_METRES = (0.0045, 0.007)
EARLY_SPOTS, LATE_SPOTS = 14, 30
SPOT_METRES = (0.0008, 0.0022)
SPOT_DARKNESS = (0.12, 0.34)
"""Of melanin (`MELANIN`), at the old end."""
MOTTLE_METRES = ((0.022, 0.03), (0.006, 0.025))
"""Sizes of blotches and how strong they are."""
BACK = -0.07
"""Metres of z behind which a head does not age: the neck is further back than the face."""
BULGE = 0.3
"""How high the rims of a line rise, as a share of its depth."""


@dataclass(frozen=True)
class Line:
    """A line seen from the front.

    Attributes:
        points: [K,2] on the mean head, metres.
        width: metres.
        depth: up to 1.
        late: whether it comes late in life.
        back: metres of z behind which it ends.
    """

    points: np.ndarray
    width: float
    depth: float
    late: bool = False
    back: float = -0.035


def relief(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Return the heights [N] in metres at the old end of what comes early and of what comes late."""
    rng = np.random.default_rng(SEED)
    early, late = (np.zeros(len(canvas.position), np.float32) for _ in range(2))
    for line in _lines(canvas.points, rng):
        height = line.depth * _profile(canvas.position, line)
        target = late if line.late else early
        np.copyto(target, np.where(np.abs(height) > np.abs(target), height, target))
    broken = np.clip(1 + 0.45 * waves(canvas.position, 0.014, rng), 0.2, 1.6)
    face = plain_skin(canvas, BACK)
    early *= DEEPEST * face * broken
    late *= DEEPEST * face * broken
    late += NETWORK_DEPTH * _thin(canvas) * _network(canvas.position, rng)
    return early, late


def pigment(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Return the melanin [N] at the old end that comes early and that comes late; neither changes the mean."""
    rng = np.random.default_rng(SEED + 1)
    face = plain_skin(canvas, BACK)
    sunny = face * (0.15 + canvas.shares["cheeks"] + 0.5 * canvas.shares["forehead"] + 0.4 * canvas.shares["nose"])
    mottle = sum(power * waves(canvas.position, metres, rng) for metres, power in MOTTLE_METRES)
    early = face * mottle + _spots(canvas, sunny, EARLY_SPOTS, rng)
    late = _spots(canvas, sunny, LATE_SPOTS, rng)
    weight = canvas.share("cheeks", "forehead") * face
    return tuple(part - face * np.average(part, weights=weight) for part in (early, late))


def _spots(canvas: Canvas, likely: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return flat spots [N] with ragged edges."""
    chance = likely.astype(np.float64) / likely.sum(dtype=np.float64)
    centre = canvas.position[rng.choice(len(likely), count, p=chance)]
    radius, power = rng.uniform(*SPOT_METRES, count), rng.uniform(*SPOT_DARKNESS, count)
    ragged = 1 + 0.15 * waves(canvas.position, 0.005, rng) + 0.12 * waves(canvas.position, 0.0015, rng)
    distance, nearest = cKDTree(centre).query(canvas.position, distance_upper_bound=3 * SPOT_METRES[1])
    result = np.zeros(len(likely), np.float32)
    near = np.flatnonzero(np.isfinite(distance))
    relative = distance[near] / (radius[nearest[near]] * np.clip(ragged[near], 0.5, 1.6))
    result[near] = power[nearest[near]] / (1 + np.exp(7 * (relative - 1)))
    return result * plain_skin(canvas, BACK)


def _thin(canvas: Canvas) -> np.ndarray:
    """Return where skin is thin and gets like crepe [N] in [0,1]: around the eyes, cheeks, neck."""
    return plain_skin(canvas, BACK) * np.clip(
        canvas.shares["lids"] + 0.7 * canvas.shares["cheeks"] + 0.5 * canvas.shares["chin"] + canvas.shares["neck"],
        0.25,
        1,
    )


def _network(position: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return fine furrows [N] in [-1,0] that cross each other: where random waves pass through zero."""
    furrows = [np.exp(-((waves(position, metres, rng) / 0.22) ** 2)) for metres in NETWORK_METRES]
    return -np.max(furrows, 0) * np.clip(1 + 0.5 * waves(position, 0.02, rng), 0.2, 1.6)


def _profile(position: np.ndarray, line: Line) -> np.ndarray:
    """Return a line's height [N]: -1 at its bottom, `BULGE` on its rims, less towards its ends."""
    fine = np.linspace(0, len(line.points) - 1, 8 * len(line.points))
    xy = np.stack([np.interp(fine, np.arange(len(line.points)), line.points[:, axis]) for axis in (0, 1)], 1)
    distance, nearest = cKDTree(xy).query(position[:, :2], distance_upper_bound=6 * line.width)
    result = np.zeros(len(position), np.float32)
    near = np.flatnonzero(np.isfinite(distance) & (position[:, 2] > line.back))
    along = np.sin(np.pi * (nearest[near] + 1) / (len(fine) + 1)) ** 0.7
    away = distance[near] / line.width
    # At an end the nearest point stays the same: without the taper a line would end in a round pit.
    result[near] = along * (BULGE * np.exp(-(((away - 2.2) / 1.2) ** 2)) - np.exp(-(away**2)))
    return result


def _lines(points: np.ndarray, rng: np.random.Generator) -> Iterator[Line]:
    """Yield the lines of an old face; ``points`` are iBUG's landmarks [68,3] of the mean head."""
    xy = points[:, :2]
    yield from _forehead(xy, rng)
    for side, outer, inner, wing, corner, brow in ((-1, 36, 39, 31, 48, 21), (1, 45, 42, 35, 54, 22)):
        yield from _eye(xy[outer], xy[inner], side, rng)
        yield from _mouth(xy[wing], xy[corner], side, rng)
        frown = _moved(xy[brow], -0.001 * side, -0.003)
        yield Line(frown + _bent([0.0008 * side, 0.017], 0.0012 * side), 0.0008, rng.uniform(0.5, 0.8))
    for share in (0.3, 0.55):
        middle = xy[27] * (1 - share) + xy[28] * share
        yield Line(middle + _bent([0.012, 0], -0.001) - [0.006, 0], 0.0006, 0.3, late=True)
    for x in np.linspace(-0.017, 0.017, 10) + rng.normal(0, 0.0008, 10):
        top = np.array([x, xy[51, 1] + 0.0005 - 8 * x**2])
        yield Line(
            top + _bent([0.12 * x, rng.uniform(0.005, 0.009)], 0.0003), 0.0005, rng.uniform(0.2, 0.45), late=True
        )
    for drop in (0.028, 0.042, 0.058):
        start = np.array([-0.04, xy[8, 1] - drop])
        yield Line(start + _bent([0.08, 0], -0.006), 0.0016, rng.uniform(0.15, 0.35), late=drop > 0.03, back=-0.08)


def _forehead(xy: np.ndarray, rng: np.random.Generator) -> Iterator[Line]:
    brow = xy[[19, 24], 1].mean()
    for step, (depth, half) in enumerate(((0.25, 0.026), (0.55, 0.036), (0.6, 0.038), (0.45, 0.034), (0.25, 0.028))):
        x = rng.normal(0, 0.003) + np.linspace(-half, half, 40)
        y = brow + 0.012 + 0.0095 * step + rng.normal(0, 0.0008) - 2.5 * x**2
        y = y + 0.0011 * np.sin(x / rng.uniform(0.008, 0.012) + rng.uniform(0, 6))
        yield Line(np.stack([x, y], 1), 0.0012, depth, late=depth < 0.4)
        # Beside it runs a piece of a finer one.
        start, end = sorted(rng.choice(40, 2, replace=False))
        if end - start > 8:
            piece = np.stack([x, y + rng.choice([-1, 1]) * 0.003], 1)[start:end]
            yield Line(piece, 0.0007, 0.5 * depth, late=True)


def _eye(outer: np.ndarray, inner: np.ndarray, side: int, rng: np.random.Generator) -> Iterator[Line]:
    for number, degrees in enumerate((32, 16, 2, -14, -30)):
        angle = np.radians(degrees) + rng.normal(0, 0.1)
        start = outer + rng.uniform(0.003, 0.008) * _towards(angle, side)
        length, sag = rng.uniform(0.009, 0.02), -0.0012 * np.sign(degrees + 0.1)
        depth, late = rng.uniform(0.35, 0.75), number in (0, 4)
        line = start + _bent(length * _towards(angle, side), sag)
        yield Line(line, 0.0006, depth, late)
        # Most fork.
        fork = _bent(rng.uniform(0.005, 0.009) * _towards(angle + rng.choice([-0.35, 0.35]), side), sag / 2)
        yield Line(line[rng.integers(6, 12)] + fork, 0.0005, 0.7 * depth, late=True)
    across = outer - inner
    for drop, depth, late in ((0.0085, 0.55, False), (0.0125, 0.45, True), (0.017, 0.35, True)):
        start = inner + 0.08 * across - [0, drop]
        yield Line(start + _bent(0.85 * across, -side * 0.003), 0.0007, depth * rng.uniform(0.7, 1), late)


def _mouth(wing: np.ndarray, corner: np.ndarray, side: int, rng: np.random.Generator) -> Iterator[Line]:
    start, end = _moved(wing, side * 0.0055, 0.004), _moved(corner, side * 0.011, -0.002)
    yield Line(start + _bent(end - start, -side * 0.004), 0.0013, rng.uniform(0.75, 1))
    low = _moved(corner, side * 0.003, -0.003)
    yield Line(low + _bent([side * 0.006, -0.02], side * 0.0015), 0.001, rng.uniform(0.55, 0.8), late=True)
    for away in (0.019, 0.026):
        high = _moved(corner, side * away, 0.008 - 0.2 * away)
        yield Line(high + _bent([side * 0.004, -0.022], side * 0.004), 0.0009, rng.uniform(0.25, 0.45), late=True)


def _moved(point: np.ndarray, right: float, up: float) -> np.ndarray:
    return point + np.array([right, up])


def _towards(angle: float, side: int) -> np.ndarray:
    return np.array([side * np.cos(angle), np.sin(angle)])


def _bent(reach: np.ndarray | list[float], bow: float, count: int = 20) -> np.ndarray:
    """Return points [K,2] of a bow from the origin to ``reach``, its middle ``bow`` metres aside."""
    reach = np.asarray(reach, np.float64)
    across = np.array([-reach[1], reach[0]]) / np.linalg.norm(reach)
    share = np.linspace(0, 1, count)[:, None]
    return share * reach + bow * np.sin(np.pi * share) * across
