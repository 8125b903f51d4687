"""Layers that people of the reflectance data set wear at random: freckles, moles, stubble, wrinkles, redness, make-up.

All are modelled, none is captured. Each takes a :class:`~training.skin.surface.Skin` and a strength in [0, 1],
changes the maps that the thing itself would change, and writes its strength down. They are placed in metres on the
mean head, so that no seam of the UV layout shows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from core.reflectance.skin_age import MELANIN

from .surface import Canvas, Skin, waves

BLOOD = np.array([0.10, 1.0, 0.75], np.float32)
"""How a mark of blood darkens red, green and blue, as logarithms."""
HAIR = np.array([0.020, 0.014, 0.010], np.float32)
"""Linear albedo of dark stubble."""
LIPSTICKS = np.array([[0.40, 0.03, 0.05], [0.28, 0.02, 0.06], [0.50, 0.12, 0.13], [0.22, 0.06, 0.05]], np.float32)
SHADOWS = np.array([[0.10, 0.07, 0.06], [0.16, 0.10, 0.08], [0.07, 0.07, 0.10], [0.22, 0.12, 0.12]], np.float32)
MAX_FRECKLES, MAX_MOLES = 700, 14


def dark_room(skin: Skin, weight: np.ndarray) -> float:
    """Return how much a mark can still darken a skin, 1 on light ones: on dark ones melanin hides blood and melanin."""
    lightness = float(np.average(np.exp(skin.log_albedo[:, 1]), weights=weight))
    return float(np.clip(lightness / 0.28, 0.2, 1.0))


def freckles(canvas: Canvas, skin: Skin, strength: float, rng: np.random.Generator) -> None:
    """Brown spots of 0.5 to 2 mm, most of them on cheeks, nose and forehead."""
    face = plain_skin(canvas)
    likely = face * (0.06 + canvas.shares["cheeks"] + canvas.shares["nose"] + 0.5 * canvas.shares["forehead"])
    count = int(120 + strength * (MAX_FRECKLES - 120))
    amount = (0.2 + 0.6 * strength) * dark_room(skin, face)
    spots = _spots(canvas, likely, count, (0.0005, 0.0017), rng)
    skin.log_albedo -= amount * (spots * face)[:, None] * MELANIN
    skin.layers["freckles"] = strength


def moles(canvas: Canvas, skin: Skin, strength: float, rng: np.random.Generator) -> None:
    """A few dark raised spots of 1 to 3 mm anywhere."""
    face = plain_skin(canvas)
    spots = _spots(canvas, face, 1 + round(strength * (MAX_MOLES - 1)), (0.0008, 0.0022), rng) * face
    skin.log_albedo -= 0.9 * dark_room(skin, face) * spots[:, None] * MELANIN
    skin.height += 0.00025 * spots
    skin.layers["moles"] = strength


def stubble(canvas: Canvas, skin: Skin, strength: float, rng: np.random.Generator) -> None:
    """Short dark hair where a beard grows: darker, bluer on light skin, rougher."""
    zone = canvas.beard * (1 - canvas.share("lips", "nostrils", "mouth_inner"))
    patchy = np.clip(1 + 0.12 * waves(canvas.position, 0.03, rng), 0.6, 1.4)
    grain = np.clip(1 + 0.35 * rng.normal(size=len(zone)), 0.3, 2.0).astype(np.float32)
    cover = np.clip(zone * patchy * grain * (0.08 + 0.42 * strength), 0, 0.85)
    albedo = np.exp(skin.log_albedo)
    hair = HAIR * min(1.0, float(albedo[:, 1].mean()) / 0.1)
    skin.log_albedo[:] = np.log(albedo + cover[:, None] * (hair - albedo))
    skin.height += 0.00006 * strength * zone * (grain - 1)
    skin.roughness *= 1 + 0.15 * strength * zone
    skin.specular *= 1 - 0.15 * strength * zone
    skin.layers["stubble"] = strength


def wrinkles(canvas: Canvas, skin: Skin, strength: float, rng: np.random.Generator) -> None:
    """Lines of the forehead, between the brows, at the corners of the eyes, under them, and from nose to mouth."""
    depth = np.zeros(len(canvas.position), np.float32)
    for line, width, deep in _wrinkle_lines(canvas.points, rng):
        depth = np.maximum(depth, deep * _groove(canvas.position, line, width))
    depth *= plain_skin(canvas) * np.clip(1 + 0.25 * waves(canvas.position, 0.01, rng), 0.3, 1.5)
    skin.height -= strength * 0.00045 * depth
    skin.log_albedo -= strength * depth[:, None] * np.array([0.07, 0.13, 0.14], np.float32)
    skin.roughness *= 1 + 0.1 * strength * depth
    skin.pores *= 1 + 0.3 * strength
    skin.layers["wrinkles"] = strength


def redness(canvas: Canvas, skin: Skin, strength: float, rng: np.random.Generator) -> None:
    """Blood in cheeks, nose and chin, in blotches."""
    zone = np.clip(1.1 * canvas.shares["cheeks"] + canvas.shares["nose"] + 0.5 * canvas.shares["chin"], 0, 1)
    blotch = np.clip(0.8 + 0.35 * waves(canvas.position, 0.016, rng) + 0.2 * waves(canvas.position, 0.004, rng), 0, 2)
    amount = 0.38 * strength * dark_room(skin, plain_skin(canvas))
    skin.log_albedo -= amount * (zone * blotch * plain_skin(canvas))[:, None] * BLOOD
    skin.layers["redness"] = strength


def makeup(canvas: Canvas, skin: Skin, strength: float, rng: np.random.Generator) -> None:
    """Foundation that evens and dulls the skin, lipstick, eye shadow, rouge."""
    face = plain_skin(canvas)
    mean = np.average(skin.log_albedo, axis=0, weights=face * canvas.share("cheeks", "forehead") + 1e-6)
    away = skin.log_albedo - mean
    even = 0.35 * strength * face * np.exp(-((away.mean(1) / 0.35) ** 2))
    skin.log_albedo -= even[:, None] * away
    skin.height *= 1 - 0.3 * strength * face
    skin.roughness *= 1 + 0.06 * strength * face
    light = dark_room(skin, face) ** 0.5
    lips = np.clip(1.4 * canvas.shares["lips"] - 0.2, 0, 1) * rng.uniform(0.4, 0.9) * strength
    _paint(skin, lips, LIPSTICKS[rng.integers(len(LIPSTICKS))] * light)
    skin.roughness *= np.exp(rng.uniform(-0.3, 0.15) * lips)
    above = _lid_zone(canvas)
    _paint(skin, 0.6 * strength * rng.uniform(0.3, 1) * above, SHADOWS[rng.integers(len(SHADOWS))] * light)
    rouge = canvas.shares["cheeks"] * rng.uniform(0, 0.22) * strength * light
    skin.log_albedo -= rouge[:, None] * BLOOD
    skin.layers["makeup"] = strength


LAYERS: dict[str, Callable[[Canvas, Skin, float, np.random.Generator], None]] = {
    "freckles": freckles,
    "moles": moles,
    "stubble": stubble,
    "wrinkles": wrinkles,
    "redness": redness,
    "makeup": makeup,
}


def plain_skin(canvas: Canvas, back: float = -0.04) -> np.ndarray:
    """Return the face's plain skin [N], in [0,1]; what lies behind ``back`` (metres of z) is none."""
    away = canvas.share("brows", "lips", "nostrils", "mouth_inner", "eye_socket", "scalp", "ears")
    front = np.clip((canvas.position[:, 2] - back) / 0.02, 0, 1)
    return (np.clip(1 - away, 0, 1) * front).astype(np.float32)


def _spots(
    canvas: Canvas, likely: np.ndarray, count: int, radii: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Return round spots [N] in [0,1] at random texels; ``radii`` in metres."""
    centre = canvas.position[rng.choice(len(likely), count, p=likely.astype(np.float64) / likely.sum(dtype=np.float64))]
    radius, power = rng.uniform(*radii, count), rng.uniform(0.4, 1, count)
    distance, nearest = cKDTree(centre).query(canvas.position, distance_upper_bound=2 * radii[1])
    result = np.zeros(len(likely), np.float32)
    near = np.flatnonzero(np.isfinite(distance))
    relative = distance[near] / np.maximum(radius[nearest[near]], 0.7 * canvas.texel)
    result[near] = power[nearest[near]] * np.exp(-(relative**2))
    return result


def _paint(skin: Skin, cover: np.ndarray, colour: np.ndarray) -> None:
    """Lay an opaque linear colour [3] over the skin by ``cover`` [N] in [0,1]."""
    albedo = np.exp(skin.log_albedo)
    skin.log_albedo[:] = np.log(albedo + cover[:, None] * (colour - albedo))


def _lid_zone(canvas: Canvas) -> np.ndarray:
    """Return the upper lids [N] in [0,1]."""
    zone = np.zeros(len(canvas.position), np.float32)
    for corners, brow in (((36, 39), 19), ((42, 45), 24)):
        eye = canvas.points[list(corners)].mean(0)
        reach = canvas.points[brow, 1] - eye[1]
        across = (canvas.position[:, 0] - eye[0]) / (
            0.75 * np.linalg.norm(np.diff(canvas.points[list(corners)], axis=0))
        )
        up = (canvas.position[:, 1] - eye[1] - 0.35 * reach) / (0.3 * reach)
        front = canvas.position[:, 2] > eye[2] - 0.03
        zone = np.maximum(zone, np.exp(-(across**4) - up**2) * front)
    return zone * (1 - canvas.share("brows", "eye_socket"))


def _wrinkle_lines(points: np.ndarray, rng: np.random.Generator) -> list[tuple[np.ndarray, float, float]]:
    """Return lines on the mean head seen from the front: [K,2] in metres, width in metres, and depth up to 1.

    Args:
        points: [68,3] iBUG landmarks.
    """
    xy = points[:, :2]
    lines, share = [], np.linspace(0, 1, 24)[:, None]
    bow = np.sin(np.pi * share)
    for step in range(rng.integers(3, 6)):
        x = np.linspace(-0.035, 0.035, 30) * rng.uniform(0.7, 1.1)
        y = xy[[19, 24], 1].mean() + 0.012 + 0.009 * step + rng.normal(0, 0.0015)
        y = y - 6 * x**2 + 0.0012 * np.sin(x / 0.009 + rng.uniform(0, 6))
        lines.append((np.stack([x, y], 1), 0.0009, rng.uniform(0.5, 1)))
    for side, outer, inner, nose, mouth in ((-1, 36, 39, 31, 48), (1, 45, 42, 35, 54)):
        for angle in np.radians([25, 5, -15, -35]) + rng.normal(0, 0.08, 4):
            along = np.linspace(0.006, rng.uniform(0.016, 0.026), 14)[:, None]
            lines.append((xy[outer] + along * [side * np.cos(angle), np.sin(angle)], 0.0007, rng.uniform(0.4, 0.9)))
        under = xy[inner] + share * (xy[outer] - xy[inner]) - [0, 0.011] - bow * [0, 0.004]
        lines.append((under, 0.001, rng.uniform(0.2, 0.6)))
        start, end = xy[nose] + [side * 0.006, 0.004], xy[mouth] + [side * 0.010, -0.004]
        lines.append((start + share * (end - start) + bow * [side * 0.005, 0], 0.0014, rng.uniform(0.6, 1)))
        frown = xy[[21, 22]].mean(0) + [side * 0.006, 0] + np.linspace(-0.004, 0.014, 14)[:, None] * [0, 1]
        lines.append((frown, 0.0008, rng.uniform(0.2, 0.8)))
    return lines


def _groove(position: np.ndarray, line: np.ndarray, width: float) -> np.ndarray:
    """Return the depth [N] in [0,1] of a groove along a line seen from the front, thinner towards its ends."""
    fine = np.linspace(0, len(line) - 1, 6 * len(line))
    xy = np.stack([np.interp(fine, np.arange(len(line)), line[:, axis]) for axis in (0, 1)], 1)
    distance, nearest = cKDTree(xy).query(position[:, :2], distance_upper_bound=4 * width)
    result = np.zeros(len(position), np.float32)
    near = np.flatnonzero(np.isfinite(distance) & (position[:, 2] > -0.03))
    taper = np.sin(np.pi * np.clip((nearest[near] + 1) / (len(fine) + 1), 0, 1)) ** 0.5
    result[near] = taper * np.exp(-((distance[near] / width) ** 2))
    return result
