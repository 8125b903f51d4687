"""A scan's own maps at another skin tone: its marks stay, its mean colour and the visibility of blood change."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from core.mapfiles import linear_from_srgb

from .noise import octaves, smoothstep
from .pigments import Pigments
from .texels import Texels
from .truth_head import require

BLOOD = 0.3
"""Haemoglobin of the person's mean skin."""
DARKEST = 0.006


def retoned_scan(
    texels: Texels, folder: Path, pigments: Pigments, tone: int, angle: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Albedo ``[N, 3]``, specular, roughness and height ``[N]`` of the texels of Lee Perry-Smith's scan.

    Args:
        texels: with ``source_uv``.
        folder: of the scan.
        pigments: of the person to make of him.
        tone: Monk tone; blood shows less the darker the skin is.
        angle: typology angle of the mean skin, degrees.
        generator: of the gloss.
    """
    colour = linear_from_srgb(_sample(folder / "Map-COL.jpg", texels.source_uv))
    shine = _sample(folder / "Map-SPEC.jpg", texels.source_uv)[:, 0]
    ratio = np.log(np.maximum(colour, DARKEST))
    face = texels.face > 0.5
    ratio -= np.median(ratio[face], axis=0)
    hair = smoothstep(-ratio[:, 0], 0.5, 1.2)  # brows are as dark on anybody
    grey = ratio.mean(1, keepdims=True)
    ratio = grey + (ratio - grey) * np.interp(tone, [1, 4, 7, 10], [1.0, 1.0, 0.75, 0.45])
    ratio = grey * 0.85 + (ratio - grey)
    melanin, blood = np.zeros(1), np.full(1, BLOOD)
    for _ in range(3):  # the mean of a varied skin is lighter than the skin of its mean
        mean = pigments.albedo(melanin + pigments.melanin_for(angle, melanin, blood), blood)[0]
        albedo = mean * np.exp(ratio)
        skin = face & (hair < 0.05)
        mean = mean * mean / albedo[skin].mean(0)
        albedo = mean * np.exp(ratio)
    brown = np.minimum(albedo, np.maximum(colour, DARKEST) * 0.6)
    albedo = albedo + hair[:, None] * (brown - albedo)
    gloss = np.clip(shine / max(float(shine[face].mean()), 1e-3), 0.2, 2.5) ** 0.45
    oil = generator.normal(0, 1)
    fine = octaves(texels.points, 0.02, 0.001, 0.8, generator)
    specular = np.clip((0.46 + 0.03 * oil) * gloss, 0.2, 0.8)
    roughness = np.clip(0.5 - 0.04 * oil - 0.12 * (gloss - 1) + 0.02 * fine, 0.25, 0.75)
    return (
        np.clip(albedo, 0.003, 0.95),
        specular.astype(np.float32),
        roughness.astype(np.float32),
        _relief(texels, folder),
    )


def _sample(path: Path, uv: np.ndarray) -> np.ndarray:
    """Values ``[N, C]`` in [0, 1] of a picture at UVs ``[N, 2]``."""
    picture = np.asarray(Image.open(require(path)), np.float32) / 255
    return _lookup(picture, uv)


def _lookup(picture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    place = np.stack([uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5], 1).astype(np.float32)
    rows = []
    for start in range(0, len(place), 30000):  # OpenCV's remap takes 32767 columns
        part = place[None, start : start + 30000]
        rows.append(
            cv2.remap(picture, part[..., 0], part[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
        )
    return np.concatenate(rows).reshape(len(place), -1)


def _relief(texels: Texels, folder: Path) -> np.ndarray:
    """Height ``[N]`` in metres: what of the displacement map is finer than some 4 mm, at 25 micrometres rms."""
    path = require(folder / "Infinite-Level_02_Disp_NoSmoothUV-4096.jpg")
    picture = np.asarray(Image.open(path).convert("L").resize((2048, 2048), Image.BOX), np.float32)
    fine = gaussian_filter(picture, 0.6) - gaussian_filter(picture, 12)
    values = _lookup(np.clip(fine, -12, 12), texels.source_uv)[:, 0]
    return (25e-6 * values / max(float(values[texels.face > 0.5].std()), 1e-6)).clip(-2e-4, 2e-4).astype(np.float32)
