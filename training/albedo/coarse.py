"""What both sets of studio photos and the painted skins say of albedo, at 256 texels.

Skins are resampled into our UV layout, photos unwrapped through our own geometry fit and de-lit all together
(`training.albedo.photos`); the low-rank model of everybody completes what no photo saw (`training.albedo.low_rank`).
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial import cKDTree

from core.completion.atlas import Atlas
from core.mapfiles import linear_from_srgb
from core.shape.morphable import MorphableModel, split_quads
from training.skin.prior import texel_metres
from training.skin.tone import DARKEST

from .low_rank import complete
from .photos import balance_exposures, delight_set, mean_tones, unwrap_photos

RESOLUTION = 256
COMPLETION_RANK, COMPLETION_ROUNDS = 20, 15
RIM_METRES = 0.014
"""How wide photos fade into the skins."""
AROUND, LIFTED, LIFTED_HOLES = 0.027, 0.5, 0.7
"""How far around a texel plain skin is looked at, as a share of the map, and how much of the way darkness is lifted."""
CACHE = Path(os.environ.get("RELIT_CACHE", Path.home() / ".cache" / "relit"))


def skin_albedos(model: MorphableModel, atlas: Atlas, folder: Path) -> tuple[np.ndarray, list[str]]:
    """Return the log albedo [P,N,3] of MakeHuman's CC0 skins at the atlas's texels, and their names.

    ``old_eurasian`` is left out: its licence is unclear.
    """
    corners = split_quads(model.hm08_uv)[atlas.triangle]
    at = np.einsum("nkc,nk->nc", corners, atlas.weights)
    rows = []
    paths = sorted(path for path in folder.glob("*_diffuse*.jpg") if "old_eurasian" not in path.name)
    for path in paths:
        image = linear_from_srgb(cv2.imread(str(path))[:, :, ::-1].astype(np.float32) / 255)
        image = cv2.GaussianBlur(image, (0, 0), 1.0)  # a texel of ours spans about two of theirs
        height, width = image.shape[:2]
        pixels = np.stack([at[:, 0] * width - 0.5, (1 - at[:, 1]) * height - 0.5], 1).astype(np.float32)
        colour = np.concatenate(
            [cv2.remap(image, part[:, None], None, cv2.INTER_LINEAR)[:, 0] for part in np.array_split(pixels, 8)]
        )
        rows.append(np.log(np.maximum(colour, DARKEST)))
    return np.stack(rows), [path.stem for path in paths]


def photo_albedos(
    model: MorphableModel, atlas: Atlas, tone_weight: np.ndarray, folder: Path, cache: Path
) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, np.ndarray]]:
    """Return log albedo [P,N,3] and confidence [P,N] of the people in both sets of studio photos, names and lights.

    A name is the set's and the person's: ``london 001``. A set's light is [25,3], by the set's name.
    """
    mirror = mirror_texels(model, atlas)
    london = unwrap_photos(model, atlas, sorted((folder / "london").glob("*_neutral.jpg")), cache)
    with (folder / "london_info.csv").open() as file:
        white = {row["face_id"] for row in csv.DictReader(file) if row["face_eth"] == "white"}
    european = np.array([name[:3] in white for name in london])
    london_log, london_seen, london_light = delight_set(list(london.values()), european, mirror, tone_weight)
    canada = unwrap_photos(model, atlas, sorted((folder / "canada").glob("*.jpg")), cache)
    balanced = balance_exposures(list(canada.values()), tone_weight)
    canada_log, canada_seen, canada_light = delight_set(balanced, np.ones(len(balanced), bool), mirror, tone_weight)
    names = [f"london {name[:3]}" for name in london] + [f"canada {name}" for name in canada]
    lights = {"london": london_light, "canada": canada_light}
    return np.concatenate([london_log, canada_log]), np.concatenate([london_seen, canada_seen]), names, lights


def held_out(names: list[str]) -> np.ndarray:
    """Return [P] bool: every tenth person of the London set, kept for validation."""
    london = sorted(name for name in names if name.startswith("london"))
    return np.isin(names, london[4::10])


def level(
    atlas: Atlas,
    position: np.ndarray,
    photos: np.ndarray,
    trust: np.ndarray,
    skins: np.ndarray,
    tone_weight: np.ndarray,
    plain: np.ndarray,
) -> np.ndarray:
    """Return the photos' log albedo [P,N,3] without coarse shade that the set's light did not explain.

    Over the face, the coarse lightness that all people share is taken for light. Near the rim of what was
    seen, lit and seen at a grazing angle, each person is brought to the skins' level, or a step would show.

    Args:
        position: [N,3] of the texels on the mean head, metres.
        trust: [P,N] in [0,1].
        skins: [S,N,3] log albedo that covers all.
        tone_weight: [N] where a person's tone is measured.
        plain: [N] in [0,1], 0 on brows, lips, lids and nostrils, which are no shade.
    """
    sigma = RIM_METRES / texel_metres(atlas, position)

    def coarse(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(atlas.image(values), (0, 0), sigma)

    tones = mean_tones(photos, trust * tone_weight)[:, None]
    shade = np.einsum("pn,pnc->n", trust, tones - photos) / 3
    known = trust.sum(0) * plain
    shade = coarse(shade * plain) / np.maximum(coarse(known), 0.1)
    result = photos + atlas.gather(shade)[:, None]

    theirs = (skins - mean_tones(skins, np.tile(tone_weight, (len(skins), 1)))[:, None]).mean(0)
    extent = np.maximum(coarse(np.ones(len(plain), np.float32)), 1e-2)
    for row, photo in enumerate(result):
        known = trust[row] * plain
        difference = theirs + tones[row] - photo
        step = coarse(difference * known[:, None])
        step /= np.maximum(coarse(known), 1e-2)[..., None]
        near_rim = np.clip(2.5 * (1 - coarse(trust[row]) / extent), 0, 1)
        result[row] = photo + atlas.gather(step * near_rim[..., None])
    return result


def complete_people(
    mirror: np.ndarray, log_albedo: np.ndarray, seen: np.ndarray, tone_weight: np.ndarray
) -> np.ndarray:
    """Fill in what was not seen of each person; mirror images of the people count as people.

    Works on the difference to each person's tone, so that what is filled in has it.

    Args:
        mirror: [N] index of each texel's mirror image.
        log_albedo: [P,N,3].
        seen: [P,N] in [0,1].
        tone_weight: [N] where the tone is measured.
    """
    people = len(log_albedo)
    tones = mean_tones(log_albedo, seen * tone_weight)[:, None]
    difference = log_albedo - tones
    both = np.concatenate([difference, difference[:, mirror]]).reshape(2 * people, -1)
    both_seen = np.repeat(np.concatenate([seen, seen[:, mirror]]), 3, axis=1)
    completed = complete(both, both_seen, COMPLETION_RANK, COMPLETION_ROUNDS)[:people]
    return completed.reshape(log_albedo.shape) + tones


def mirror_texels(model: MorphableModel, atlas: Atlas) -> np.ndarray:
    """Return the index [N] of each texel's mirror image, by position on the mean head (which is
    symmetric)."""
    position = atlas.interpolate(model.mean)
    return cKDTree(position).query(position * np.array([-1, 1, 1], np.float32))[1]


def without_baked_shade(atlas: Atlas, mean: np.ndarray, shares: dict[str, np.ndarray]) -> np.ndarray:
    """Return a mean log albedo [N,3] whose lids, nostrils and creases are nearly as light as the skin around them.

    Photos and painted skins are dark there from lashes, make-up and shade that no light model explains; a renderer
    casts that shade itself. Brows and lips keep their darkness.
    """
    holes = np.max([shares[name] for name in ("lids", "nostrils", "eye_socket")], axis=0)
    coloured = np.max([shares[name] for name in ("brows", "lips")], axis=0)
    plain = (1 - np.max([holes, coloured, shares["mouth_inner"]], axis=0)) ** 2
    sigma = AROUND * atlas.size
    around = atlas.gather(cv2.GaussianBlur(atlas.image(mean * plain[:, None]), (0, 0), sigma))
    around /= np.maximum(atlas.gather(cv2.GaussianBlur(atlas.image(plain), (0, 0), sigma)), 1e-3)[:, None]
    lifted = (LIFTED + (LIFTED_HOLES - LIFTED) * holes) * (1 - coloured)
    return mean + lifted[:, None] * np.maximum(around - mean, 0)
