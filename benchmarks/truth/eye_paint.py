"""The colours of an eye: white with veins, iris of many colours, pupil; in the tile that ``eyes.eye_uv`` lays out."""

from __future__ import annotations

import numpy as np

from .noise import noise, octaves, smoothstep

IRISES = np.float32([
    [0.035, 0.016, 0.008], [0.06, 0.028, 0.012], [0.11, 0.055, 0.022], [0.12, 0.085, 0.03], [0.09, 0.11, 0.06],
    [0.10, 0.15, 0.19], [0.08, 0.14, 0.24], [0.15, 0.17, 0.18],
])  # fmt: skip
"""Linear albedo of irises: dark brown, brown, light brown, hazel, green, blue grey, blue, grey."""
PUPIL = 0.004


def paint_eye(tone: int, iris_uv_radius: float, size: int, generator: np.random.Generator) -> np.ndarray:
    """Linear albedo ``[size, size, 3]`` of an eye.

    Args:
        tone: Monk tone; dark people's eyes are brown.
        iris_uv_radius: of the iris in the tile; some 0.1.
        size: width and height in pixels.
        generator: of the person.
    """
    share = np.clip((tone - 2) / 4, 0, 1)
    fair, dark = np.array([1, 2, 2, 2, 1.5, 2, 2, 1]), np.array([5, 3, 1, 0, 0, 0, 0, 0])
    weight = (1 - share) * fair / fair.sum() + share * dark / dark.sum()
    base = IRISES[generator.choice(len(IRISES), p=weight)] * np.exp(generator.normal(0, 0.15))
    step = (np.arange(size) + 0.5) / size - 0.5
    x, y = np.meshgrid(step, -step)
    radius, angle = np.hypot(x, y) / iris_uv_radius, np.arctan2(y, x)
    white = _white(x, y, radius, tone, generator)
    iris = _iris(radius, angle, base, generator)
    inside = smoothstep(radius, 1.04, 0.94)[..., None]
    return (white * (1 - inside) + iris * inside).astype(np.float32)


def _white(x: np.ndarray, y: np.ndarray, radius: np.ndarray, tone: int, generator: np.random.Generator) -> np.ndarray:
    points = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    level = generator.uniform(0.5, 0.64) - 0.006 * (tone - 1)
    tint = np.float32([1.0, 0.91 + generator.normal(0, 0.015), 0.84 - 0.006 * tone + generator.normal(0, 0.02)])
    vein = np.abs(noise(points, 0.12, generator)) / (0.4 + np.abs(noise(points, 0.05, generator)))
    vein = smoothstep(vein, 0.12, 0.0) * smoothstep(noise(points, 0.2, generator), -0.5, 1.0)
    red = generator.uniform(0.15, 0.6) * vein.reshape(x.shape) * smoothstep(radius, 1.1, 2.6)
    cloud = 0.04 * octaves(points, 0.3, 0.05, 0.6, generator).reshape(x.shape)
    corner = 0.25 * smoothstep(np.abs(x) / np.maximum(radius, 1e-6) * radius, 0.2, 0.42)
    white = level * tint * (1 + cloud[..., None])
    return white * np.exp(-(red + corner)[..., None] * np.float32([0.25, 1.0, 0.9]))


def _iris(radius: np.ndarray, angle: np.ndarray, base: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    spokes = np.stack([np.cos(angle) * 0.1, np.sin(angle) * 0.1, 0.02 * radius], -1).reshape(-1, 3)
    fibre = octaves(spokes, 0.02, 0.003, 0.8, generator).reshape(radius.shape)
    colour = base * np.exp(0.3 * fibre)[..., None]
    pupil = PUPIL / 0.0118 * generator.uniform(0.75, 1.25)
    collar = np.exp(-(((radius - pupil - 0.14) / 0.1) ** 2))[..., None]
    colour = colour * (1 + collar * (np.float32([1.5, 1.1, 0.7]) - 1 + 0.3))
    rim = smoothstep(radius, 0.8, 1.0)[..., None] * generator.uniform(0.3, 0.75)
    colour = colour * (1 - rim)
    hole = smoothstep(radius, pupil + 0.02, pupil - 0.02)[..., None]
    return colour * (1 - hole) + 0.003 * hole
