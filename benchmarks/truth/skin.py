"""Skins of all ten Monk tones for heads of any topology: albedo, specular, roughness, pores and eyes, all known.

Melanin and haemoglobin are laid over the face by procedural fields in space and become colour through BioSkin's net,
so a skin depends on its seed and tone alone, not on the shape under it; a scan keeps its own marks and is brought to
another tone. Nothing here knows the statistics that the product's own prior was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from core.errors import FitError

from . import hairs
from .eye_paint import paint_eye
from .noise import noise, octaves, smoothstep
from .pigments import Pigments, tone_angle
from .places import Places
from .retone import retoned_scan
from .texels import Texels, skin_texels
from .truth_head import TruthHead

EYE_SIZE = 512
IRIS_UV_RADIUS = 0.1  # of heads whose eyes are shut


@dataclass(frozen=True, eq=False)
class SkinMaps:
    """What a head's skin and eyes are made of.

    Attributes:
        albedo: ``[S, S, 3]`` linear.
        specular: ``[S, S]`` Principled's Specular IOR Level at IOR 1.4.
        roughness: ``[S, S]`` Principled's Roughness.
        height: ``[S, S]`` metres over the mesh: pores and fine lines.
        eye_albedo: ``[E, E, 3]`` linear, in the eyes' tile.
        tone: Monk tone, 1 to 10.
        hair_colour: ``[3]`` linear, of brows and stubble; hair and beards take it too.
    """

    albedo: np.ndarray
    specular: np.ndarray
    roughness: np.ndarray
    height: np.ndarray
    eye_albedo: np.ndarray
    tone: int
    hair_colour: np.ndarray


def paint_skin(head: TruthHead, tone: int, seed: int, shared: Path, size: int) -> SkinMaps:
    """A skin for a head, the same for the same arguments.

    Args:
        head: from ``heads.make_head``.
        tone: Monk tone, 1 (lightest) to 10.
        seed: of everything else: freckles, stubble, brows, redness, gloss, eyes.
        shared: folder of the reference data.
        size: width and height of the maps.

    Raises:
        FitError: there is no such tone, or reference data is missing.
    """
    if not 1 <= tone <= 10:
        raise FitError(f"There is no Monk tone {tone}.", "Choose one from 1 to 10.")
    generator = np.random.default_rng((seed, tone, 3))
    texels = skin_texels(head, size)
    colour = hairs.hair_colour(tone, generator)
    eye = paint_eye(tone, head.iris_uv_radius or IRIS_UV_RADIUS, EYE_SIZE, generator)
    pigments = Pigments(
        Path(shared) / "bioskin" / "BioSkinRGB.pt",
        thickness=generator.uniform(0.75, 0.95),
        oxygenation=generator.uniform(0.3, 0.8),
        eumelanin=generator.uniform(0.6, 0.9),
    )
    angle = tone_angle(tone, generator)
    if head.source_uv is not None:
        folder = Path(shared) / "scans" / "lee_perry_smith"
        albedo, specular, roughness, height = retoned_scan(texels, folder, pigments, tone, angle, generator)
    else:
        places = Places(head, texels.points, texels.normals)
        albedo = _albedo(places, texels, pigments, tone, angle, colour, generator)
        specular, roughness = _gloss(places, generator)
        height = _relief(places, generator)
    return SkinMaps(
        albedo=texels.image(albedo.astype(np.float32)),
        specular=texels.image(specular),
        roughness=texels.image(roughness),
        height=texels.image(height),
        eye_albedo=eye,
        tone=tone,
        hair_colour=colour,
    )


def _albedo(
    places: Places,
    texels: Texels,
    pigments: Pigments,
    tone: int,
    angle: float,
    hair: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Linear albedo ``[N, 3]`` of the texels."""
    melanin = _melanin(places, tone, generator)
    blood = _blood(places, tone, generator)
    lips = places.lips(0.0022, 0.0006 * noise(places.points, 0.004, generator))
    measured = (texels.face > 0.5) & (lips < 0.02)
    melanin += _spots(places, tone, generator)
    sample = generator.choice(np.flatnonzero(measured), 6000)
    melanin += pigments.melanin_for(angle, melanin[sample], blood[sample])
    albedo = pigments.albedo(melanin, blood) * _lip_ratio(places, lips, tone, generator)
    man = generator.random() < 0.55
    beard = generator.choice([0.12, 0.35, 0.7]) if man else 0.0
    scalp = generator.choice([0.0, 0.35, 0.85], p=[0.25, 0.25, 0.5])
    for cover in (
        hairs.brows(places, generator),
        hairs.stubble(places, beard, generator),
        hairs.shaved_scalp(places, scalp, generator.uniform(0.042, 0.06), generator),
    ):
        darker = hair * np.minimum(1, 0.8 * albedo[:, 1:2] / hair[1])  # no hair shines out of dark skin
        albedo = albedo + cover[:, None] * (darker - albedo)
    return albedo


def _melanin(places: Places, tone: int, generator: np.random.Generator) -> np.ndarray:
    """Melanin ``[N]`` relative to the person's mean."""
    points = places.points
    strength = generator.uniform(0.7, 1.3)
    mottling = 0.009 * octaves(points, 0.04, 0.006, 0.85, generator) + 0.007 * octaves(
        points, 0.004, 0.001, 0.8, generator
    )
    sun = generator.uniform(0.0, 0.02) * (places.forehead() + places.bridge() + 0.6 * places.cheeks())
    ringed = generator.uniform(0.01, 0.035) if tone < 5 else generator.uniform(0.02, 0.05)
    eyes = ringed * places.under_eyes() + 0.7 * ringed * places.lids()
    mouth = generator.uniform(0.0, 0.02) * places.blob(places.mouth, 26, 20, 25)
    below = -0.015 * smoothstep(points[:, 1], places.chin[1] - 0.005, places.chin[1] - 0.03)
    return strength * (mottling + sun + eyes + mouth + below)


def _blood(places: Places, tone: int, generator: np.random.Generator) -> np.ndarray:
    """Haemoglobin ``[N]``."""
    points = places.points
    level = generator.uniform(0.1, 0.2) + 0.017 * tone + 0.04 * max(3 - tone, 0)
    flush = generator.uniform(0.5, 1.5)
    fields = (
        (0.10, places.nose()),
        (0.09, places.cheeks()),
        (0.10, places.ears()),
        (0.05, places.chin_pad()),
        (0.05, places.under_eyes()),
        (0.07, places.lids()),
        (-0.04, places.forehead()),
    )
    red = sum(weight * generator.uniform(0.6, 1.4) * field for weight, field in fields)
    mottling = 0.035 * octaves(points, 0.03, 0.004, 0.8, generator) + 0.03 * octaves(
        points, 0.003, 0.001, 0.8, generator
    )
    return np.clip(level + flush * red + mottling, 0.02, 0.95)


def _spots(places: Places, tone: int, generator: np.random.Generator) -> np.ndarray:
    """Melanin ``[N]`` that freckles and moles add."""
    points = places.points
    face = np.flatnonzero(places.normals[:, 2] > -0.2)
    ragged = 1 + 0.25 * noise(points, 0.0015, generator)
    added = np.zeros(len(points), np.float32)
    freckled = generator.random() < (0.5 if tone <= 4 else 0.15)
    for count, low, high, strength in (
        (int(generator.uniform(150, 700)) if freckled else 25, 0.0005, 0.0015, generator.uniform(0.05, 0.11)),
        (generator.poisson(4), 0.0006, 0.0018, 0.3),
    ):
        if count == 0:
            continue
        if strength < 0.2:
            likely = 0.05 + places.cheeks()[face] + places.bridge()[face] + 0.5 * places.forehead()[face]
        else:
            likely = np.ones(len(face))
        centre = points[generator.choice(face, count, p=likely / likely.sum())]
        radius = generator.uniform(low, high, count)
        power = strength * generator.uniform(0.4, 1.0, count)
        distance, nearest = cKDTree(centre).query(points, distance_upper_bound=2 * high)
        near = np.flatnonzero(np.isfinite(distance))
        relative = distance[near] * ragged[near] / radius[nearest[near]]
        added[near] = np.maximum(added[near], power[nearest[near]] * smoothstep(relative, 1.15, 0.5))
    return added


def _lip_ratio(places: Places, lips: np.ndarray, tone: int, generator: np.random.Generator) -> np.ndarray:
    """What multiplies the skin's albedo ``[N, 3]`` on the lips: red on light people, browner or pink on dark ones.

    The net knows skin only: more blood does not make its skin a lip.
    """
    light = np.float32([-0.22, -0.72, -0.55]) * generator.uniform(0.75, 1.25)
    dark = np.float32([-0.22, -0.3, -0.12]) * generator.uniform(0.0, 1.6)
    share = np.clip((tone - 2) / 7, 0, 1)
    shift = (1 - share) * light + share * dark + generator.normal(0, 0.06, 3).astype(np.float32)
    folds = octaves(places.points * np.float32([1, 0.25, 0.25]), 0.0025, 0.001, 0.8, generator)
    upper = smoothstep(places.points[:, 1], places.marks[62, 1] - 0.002, places.marks[62, 1] + 0.001)
    shade = 0.06 * folds - generator.uniform(0.05, 0.25) * upper
    line = 4 * lips * (1 - lips)
    return np.exp(lips[:, None] * (shift + shade[:, None]) - generator.uniform(0, 0.15) * line[:, None])


def _gloss(places: Places, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Specular and roughness ``[N]``: brow, nose and lips shine most."""
    points = places.points
    oil = generator.normal(0, 1)
    zone = np.maximum.reduce([0.8 * places.forehead(), places.nose(), places.bridge(), 0.5 * places.chin_pad()])
    lips = places.lips(0.003)
    dull = np.maximum(places.under_eyes(), 0.5 * places.cheeks())
    specular = 0.46 + 0.03 * oil + 0.12 * zone - 0.06 * dull + 0.035 * octaves(points, 0.02, 0.001, 0.8, generator)
    roughness = 0.5 - 0.04 * oil - 0.1 * zone + 0.05 * dull + 0.03 * octaves(points, 0.02, 0.001, 0.8, generator)
    specular = specular + lips * (0.62 - specular)
    roughness = roughness + lips * (generator.uniform(0.3, 0.42) - roughness)
    return specular.clip(0.2, 1).astype(np.float32), roughness.clip(0.22, 0.8).astype(np.float32)


def _relief(places: Places, generator: np.random.Generator) -> np.ndarray:
    """Height ``[N]`` in metres: pores, fine lines, the lips' folds."""
    points = places.points
    lips = places.lips(0.002)
    open_pores = 0.4 + 0.6 * np.clip(places.nose() + places.cheeks() + 0.4 * places.forehead(), 0, 1)
    pits = -smoothstep(noise(points, 0.0012, generator), 0.6, 1.8)
    grain = octaves(points, 0.0018, 0.0008, 0.8, generator)
    age = generator.uniform(0, 1)
    ripple = noise(points * np.float32([0.25, 1, 0.6]), 0.005, generator) * places.forehead()
    crow = noise(points * np.float32([0.4, 1, 0.4]), 0.003, generator) * places.pair(
        places.marks[36] - (0.01, 0, 0), places.marks[45] + (0.01, 0, 0), 9, 9, 15
    )
    folds = noise(points * np.float32([1, 0.2, 0.2]), 0.0022, generator)
    skin = 28e-6 * open_pores * pits + 7e-6 * grain + age * (70e-6 * ripple + 45e-6 * crow)
    return (skin * (1 - lips) + 60e-6 * lips * folds).astype(np.float32)
