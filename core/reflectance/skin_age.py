"""A skin some decades older or younger: modelled on what dermatology says, for no data here tells it.

Older skin gets lines, pigment spots and mottling, drier and a little yellower; lips pale, brows thin and grey, and the
person's own creases deepen. A younger one loses creases and uneven colour of its own; nothing is put there. The maps
of lines and pigment are made by ``training.ageing``; ``docs/latent_directions.md`` says what is measured of it.
"""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..errors import FitError
from ..mapfiles import linear_from_srgb, normals_from_slopes, resized, slopes_from_normals, srgb_from_linear
from ..shape.shape_age import AGEING_PATH, DECADES_OLD
from .directions import room

MELANIN = np.array([0.45, 0.85, 1.2], np.float32)
"""How a mark of melanin darkens red, green and blue, as logarithms."""
FINE, CREASE, UNEVEN = 0.0006, 0.003, 0.006
"""Metres (standard deviations): below the first are pores; creases reach to the second, blotches to the third."""
BLURRED_TEXELS, COARSE_SIDE = 2.5, 512
"""Maps are blurred at a size where that takes this many texels, at most at this side."""
DEEPENED, DARKENED = 0.5, 0.3
"""How much stronger the person's own slopes and dark creases are at the old end."""
SMOOTHED = 1.0
"""How many times the way to the old end, towards young, takes all creases and blotches away."""
OWN_SLOPE, OWN_DARK = 0.25, 0.25
"""The largest slope and darkness (logarithm) that counts as a crease of the person's own; more is hair or an edge."""
LINE_DARKNESS = np.array([250.0, 420.0, 450.0], np.float32)
"""Logarithm by which a line darkens, per metre of its depth."""
LIPS, YOUNG_LIPS = 0.45, 0.2
"""How far lips go towards the cheeks' colour at the old end, and away from it as far towards young."""
BROWS_LIGHTER, BROWS_GREYER = 0.5, 0.7
YELLOW = np.array([0.025, 0.0, -0.05], np.float32)
"""Logarithm added to red, green and blue at the old end."""
DRY_SPECULAR, DRY_ROUGHNESS = -0.12, 0.14
LEAST, MOST = 0.004, 0.95
"""Albedo."""


@dataclass(frozen=True, eq=False)
class SkinAge:
    """Where and how skin ages, over the UV tile; row 0 is v = 1.

    Attributes:
        relief: [2,S,S] height in metres at the old end, of what comes early and of what comes late.
        pigment: [2,P,P] melanin at the old end, likewise.
        plain, lips, brows: [P,P] in [0,1].
        metres: side of the tile on the face.
    """

    relief: np.ndarray
    pigment: np.ndarray
    plain: np.ndarray
    lips: np.ndarray
    brows: np.ndarray
    metres: float


@functools.lru_cache(maxsize=1)
def load_skin_age(path: Path = AGEING_PATH) -> SkinAge:
    """Read the maps (cached: treat them as read-only).

    Raises:
        FitError: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            relief, pigment = (
                file[name].astype(np.float32) * np.float32(file[f"{name}_step"]) for name in ("relief", "pigment")
            )
            masks = (file[name].astype(np.float32) / 255 for name in ("plain", "lips", "brows"))
            return SkinAge(relief, pigment, *masks, float(file["metres"]))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise FitError(f"The file {path.name} is missing or damaged.", "Install the add-on again.") from error


def aged(
    maps: Mapping[str, np.ndarray],
    decades: float,
    skin_age: SkinAge | None = None,
    report: Callable[..., None] = lambda *_: None,
) -> dict[str, np.ndarray]:
    """Return a head's encoded maps, older (or younger, below zero) by some decades.

    Args:
        maps: as in a head folder: in [0,1], [S,S] or [S,S,3], row 0 is v = 1.
        decades: `shape_age.DECADES_OLD` of them are the old end.
        skin_age: the shipped one by default.
        report: called with (stage, fraction) before each map; may raise to stop.
    """
    skin_age = load_skin_age() if skin_age is None else skin_age
    way = decades / DECADES_OLD
    result = dict(maps)
    report("Ageing the colour", 0.3)
    albedo = linear_from_srgb(maps["diffuse_albedo"])
    here = _at(skin_age, len(albedo))
    log_albedo = np.log(np.maximum(albedo, LEAST))
    result["diffuse_albedo"] = srgb_from_linear(np.clip(np.exp(_aged_colour(log_albedo, way, here)), LEAST, MOST))
    for name, change in (("specular_albedo", DRY_SPECULAR), ("roughness", DRY_ROUGHNESS)):
        if name in maps:
            plain = _at(skin_age, len(maps[name])).plain
            result[name] = np.clip(maps[name] * np.exp(change * way * plain), 0, 1)
    if "normal" in maps:
        report("Ageing the relief", 0.7)
        slopes = slopes_from_normals(maps["normal"])
        result["normal"] = normals_from_slopes(_aged_slopes(slopes, way, _at(skin_age, len(slopes))))
    return result


def _aged_colour(log_albedo: np.ndarray, way: float, here: SkinAge) -> np.ndarray:
    plain = here.plain[..., None]
    cheeks = np.average(log_albedo, axis=(0, 1), weights=here.plain)
    fine, near, around = (_blurred(log_albedo, here, metres) for metres in (FINE, CREASE, UNEVEN))
    if way > 0:
        change = DARKENED * way * plain * np.clip(fine - near, -OWN_DARK, 0)
        height = _grown(here.relief, way)
        change += np.minimum(height, 0)[..., None] * LINE_DARKNESS
        change -= room(float(np.exp(cheeks[1]))) * _grown(here.pigment, way)[..., None] * MELANIN
    else:
        # Hair and edges stay: what is much darker than its surroundings is no blotch.
        uneven = fine - around
        share = min(1.0, -SMOOTHED * way) * np.exp(-((uneven.mean(-1, keepdims=True) / OWN_DARK) ** 2))
        change = -share * plain * uneven
    change += way * plain * YELLOW
    if lip_weight := float(here.lips.sum()):
        lips = (log_albedo * here.lips[..., None]).sum((0, 1)) / lip_weight
        change += (LIPS if way > 0 else YOUNG_LIPS) * way * here.lips[..., None] * (cheeks - lips)
    hair = np.minimum(log_albedo - around, 0)
    grey = hair + max(0.0, BROWS_GREYER * way) * (hair.mean(-1, keepdims=True) - hair)
    change += here.brows[..., None] * ((1 - BROWS_LIGHTER * way) * grey - hair)
    return log_albedo + change


def _aged_slopes(slopes: np.ndarray, way: float, here: SkinAge) -> np.ndarray:
    creases = np.clip(_blurred(slopes, here, FINE) - _blurred(slopes, here, CREASE), -OWN_SLOPE, OWN_SLOPE)
    if way < 0:
        return slopes - min(1.0, -SMOOTHED * way) * here.plain[..., None] * creases
    height = _grown(here.relief, way)
    texel = here.metres / len(height)
    right = cv2.Scharr(height, cv2.CV_32F, 1, 0) / (32 * texel)
    down = cv2.Scharr(height, cv2.CV_32F, 0, 1) / (32 * texel)
    return slopes + np.stack([-right, down], -1) + DEEPENED * way * here.plain[..., None] * creases


@functools.lru_cache(maxsize=3)
def _at(skin_age: SkinAge, size: int) -> SkinAge:
    """Return the same at another size."""
    relief, pigment = (
        np.stack([resized(part, size) for part in parts]) for parts in (skin_age.relief, skin_age.pigment)
    )
    masks = (np.clip(resized(mask, size), 0, 1) for mask in (skin_age.plain, skin_age.lips, skin_age.brows))
    return SkinAge(relief, pigment, *masks, skin_age.metres)


def _grown(parts: np.ndarray, way: float) -> np.ndarray:
    """Return what comes early and what comes late [2,S,S], on some of the way to the old end."""
    return np.float32(way) * parts[0] + np.float32(way**2) * parts[1]


def _blurred(image: np.ndarray, here: SkinAge, metres: float) -> np.ndarray:
    """Return the mean of plain skin [S,S,C] around each texel."""
    share = metres / here.metres
    side = min(len(image), COARSE_SIDE, round(BLURRED_TEXELS / share))
    weight = resized(here.plain, side) + np.float32(1e-3)
    small = resized(image, side) * weight[..., None]
    blurred, amount = (cv2.GaussianBlur(part, (0, 0), share * side) for part in (small, weight))
    blurred /= amount[..., None]
    return resized(blurred, len(image))
