"""The reflectance data set as one picture: items from light to dark as maps, and how often each tone is there."""

from __future__ import annotations

import cv2
import numpy as np

from .items import ReflectanceItems, decode_slopes

SIDE, COLUMNS = 256, 10
HISTOGRAM_HEIGHT = 160
STEEPER = 3.0
"""How much steeper the relief is shown than it is."""


def contact_sheet(data: ReflectanceItems, seed: int = 0) -> np.ndarray:
    """Return a picture [H,W,3] uint8: columns from light to dark; albedo, specular, roughness and normals, twice."""
    rng = np.random.default_rng(seed)
    tones = np.array([item["tone"] for item in data.items])
    groups = np.array_split(np.argsort(-tones), COLUMNS)
    chosen = np.stack([rng.choice(group, 2, replace=False) for group in groups], 1)
    rows = [np.concatenate([_column(data, index) for index in line], 1) for line in chosen]
    return np.concatenate([*rows, _histogram(tones, rows[0].shape[1])], 0)


def _column(data: ReflectanceItems, index: int) -> np.ndarray:
    """Return one item's maps below each other, cut to the face."""
    gloss = data.gloss[index]
    slopes = STEEPER * decode_slopes(data.slopes[index])
    normal = np.concatenate([slopes, np.ones_like(slopes[..., :1])], 2)
    normal = 127.5 + 127.5 * normal / np.linalg.norm(normal, axis=2, keepdims=True)
    maps = (data.diffuse[index], *(np.repeat(gloss[..., channel, None], 3, 2) for channel in (0, 1)), normal)
    return np.concatenate([_face(image.astype(np.uint8)) for image in maps], 0)


def _face(image: np.ndarray) -> np.ndarray:
    size = len(image)
    top, left, side = round(0.21 * size), round(0.15 * size), round(0.7 * size)
    cut = image[top : top + side, left : left + side]
    return cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _histogram(tones: np.ndarray, width: int) -> np.ndarray:
    """Return bars over individual typology angle, light on the left, 60 to -62 degrees in 20 steps."""
    counts, _ = np.histogram(-tones, 20, (-60, 62))
    image = np.full((HISTOGRAM_HEIGHT, width, 3), 24, np.uint8)
    step = width / len(counts)
    for place, count in enumerate(counts):
        height = round((HISTOGRAM_HEIGHT - 30) * count / max(counts.max(), 1))
        corner, other = (
            (round(place * step) + 3, HISTOGRAM_HEIGHT - height),
            (round((place + 1) * step) - 3, HISTOGRAM_HEIGHT),
        )
        cv2.rectangle(image, corner, other, (200, 170, 140), -1)
        text = f"{60 - 6.1 * (place + 0.5):.0f}: {count}"
        cv2.putText(image, text, (corner[0], 18), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (230, 230, 230), 1)
    return image
