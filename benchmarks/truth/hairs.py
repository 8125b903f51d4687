"""Hair that is painted on skin: brows stroke by stroke, stubble and a shaved scalp; and what colours hair has."""

from __future__ import annotations

import cv2
import numpy as np

from .noise import noise, octaves, smoothstep
from .places import CANVAS_STEP, Places, canvas_shape, canvas_xy

BLACK, DARK, BROWN, LIGHT, BLOND, RED, GREY = np.float32([
    [0.012, 0.010, 0.009], [0.022, 0.015, 0.011], [0.05, 0.03, 0.018], [0.12, 0.07, 0.038], [0.26, 0.17, 0.085],
    [0.15, 0.05, 0.018], [0.28, 0.27, 0.26],
])  # fmt: skip
"""Linear albedo of hair."""


def hair_colour(tone: int, generator: np.random.Generator) -> np.ndarray:
    """A hair colour ``[3]``, linear, that people of a Monk tone have."""
    fair = np.array([0.08, 0.2, 0.27, 0.17, 0.12, 0.06, 0.1])
    dark = np.array([0.52, 0.34, 0.04, 0.0, 0.0, 0.0, 0.1])
    share = np.clip((tone - 2) / 4, 0, 1)
    chosen = generator.choice(7, p=(1 - share) * fair + share * dark)
    colour = np.stack([BLACK, DARK, BROWN, LIGHT, BLOND, RED, GREY])[chosen]
    return (colour * np.exp(generator.normal(0, 0.12))).astype(np.float32)


def brows(places: Places, generator: np.random.Generator) -> np.ndarray:
    """How much of each point ``[N]`` the hairs of the brows cover."""
    thickness, density = generator.uniform(0.7, 1.25), generator.uniform(0.45, 1.1)
    fine = 2  # strokes are drawn at this many times the canvas and averaged
    rows, columns = canvas_shape()
    picture = np.zeros((rows * fine, columns * fine), np.uint8)
    for line, outwards in ((places.marks[21:16:-1], -1.0), (places.marks[22:27], 1.0)):
        for path in _brow_hairs(line[:, :2], outwards, thickness, density, generator):
            pixels = (canvas_xy(path) * fine * 16).round().astype(np.int32)
            cv2.polylines(picture, [pixels], False, 255, 1, cv2.LINE_AA, 4)
    small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    width = 0.00009 / (CANVAS_STEP / fine)  # a stroke is one pixel wide, a hair 0.09 mm
    return np.minimum(0.9, places.on_canvas(cv2.GaussianBlur(small, (0, 0), 0.6).astype(np.float32) / 255 * width))


def _brow_hairs(
    line: np.ndarray, outwards: float, thickness: float, density: float, generator: np.random.Generator
) -> list[np.ndarray]:
    """Hairs ``[P, 2]`` in metres along a brow's five landmarks, from the nose outwards."""
    knots = np.linspace(0, 1, 5)
    hairs = []
    for _ in range(int(800 * density)):
        along = generator.beta(1.0, 1.25)
        middle = np.array([np.interp(along, knots, line[:, axis]) for axis in range(2)])
        half = 0.0047 * thickness * np.interp(along, [0, 0.12, 0.5, 1.0], [0.75, 1, 0.85, 0.2])
        across = np.clip(generator.normal(0, 0.5), -1.15, 1.15)
        root = middle + np.array([generator.normal(0, 0.0006), half * across])
        ahead = np.array([np.interp(min(along + 0.2, 1), knots, line[:, axis]) for axis in range(2)]) - middle
        base = np.arctan2(ahead[1], outwards * ahead[0]) if along < 0.8 else -0.35
        rise = np.interp(along, [0, 0.2, 1], [1.15, 0.55, 0.1]) - 0.5 * (across > 0.2) * min(1, along * 3)
        angle = base + rise + generator.normal(0, 0.13)
        length = generator.uniform(0.0045, 0.0085) * np.interp(along, [0, 0.2, 1], [0.75, 1, 0.8])
        bend = angle - np.linspace(0, 0.5, 5)
        steps = np.stack([outwards * np.cos(bend), np.sin(bend)], 1) * length / 4
        hairs.append(np.concatenate([root[None], root + np.cumsum(steps[:-1], 0)]))
    return hairs


def stubble(places: Places, amount: float, generator: np.random.Generator) -> np.ndarray:
    """How much of each point ``[N]`` is covered by a shaved or unshaved beard.

    Args:
        places: of the skin.
        amount: 0 (none) to 1 (some days old).
        generator: of the noise.
    """
    area = places.beard(0.004 * noise(places.points, 0.012, generator))
    patches = 0.75 + 0.25 * octaves(places.points, 0.02, 0.004, 0.7, generator)
    dots = smoothstep(noise(places.points, 0.0011, generator), -0.1, 1.6)
    return np.clip(amount * area * patches * (0.35 + 0.9 * dots), 0, 0.9)


def shaved_scalp(places: Places, amount: float, height: float, generator: np.random.Generator) -> np.ndarray:
    """How much of each point ``[N]`` closely cropped hair covers; ``height`` as in ``Places.scalp``."""
    area = places.scalp(0.004 * octaves(places.points, 0.02, 0.003, 0.8, generator), height)
    dots = smoothstep(octaves(places.points, 0.0014, 0.0006, 0.9, generator), -1.5, 1.5)
    return np.clip(amount * area * (0.7 + 0.35 * dots), 0, 0.97)
