"""The people of the reflectance data set: de-lit, completed and brought to the wanted size.

What is coarse comes from the same 256-texel steps for everybody (`training.albedo.coarse`); what
is finer than that is added from the photo at the wanted size, and from the prior's stochastic detail, matched to the
person's own, where no photo was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.completion.atlas import Atlas, bleed, build_atlas
from core.completion.complete import hair_doubt
from core.shape.morphable import MorphableModel
from training.skin.prior import region_shares, texel_metres
from training.skin.surface import Canvas

from .cleaning import believed, calmed, fill_hidden, from_mirror, without_strays
from .coarse import (
    RESOLUTION,
    complete_people,
    held_out,
    level,
    mirror_texels,
    photo_albedos,
    skin_albedos,
    without_baked_shade,
)
from .photos import delight_photo
from .scans import SCANS, scan_texels
from .studio import PHOTO_FILES, oiliness, person_facts, studio_photo

LICENCES = {"london": "CC BY 4.0", "canada": "CC BY 4.0", "makehuman": "CC0 1.0", "scan": "CC BY 3.0"}
LEFT_OUT = ("london 143",)
"""Hair hangs over this person's brows and forehead, and is not told from brows."""
DARK_FINE, LIGHT_FINE = -0.5, 0.25
"""How dark and how light marks smaller than the prior's texels can be."""
FINE_MATCH = (0.6, 1.8)
"""How far the stochastic detail may be weakened or strengthened to match a person's own."""


@dataclass(frozen=True)
class Person:
    """One person's own appearance at the texels of an atlas.

    Attributes:
        name: the source's and the person's: ``london 001``.
        source, licence: of the photo or texture.
        split: ``train`` or ``validation``.
        age: in years, or None; sex: ``female``, ``male`` or None.
        log_albedo: [N,3] natural logarithm of linear diffuse albedo.
        seen: [N] in [0,1], how far it is the person's own and not completed.
        oil: how oily the skin looked in the studio, in standard deviations of the set; None without a photo.
        texture: strength of the person's fine detail relative to the prior's; 1 where it was not seen.
        gloss: [N] highlight strength relative to the cheek as captured, or None.
    """

    name: str
    source: str
    licence: str
    split: str
    age: int | None
    sex: str | None
    log_albedo: np.ndarray
    seen: np.ndarray
    oil: float | None = None
    texture: float = 1.0
    gloss: np.ndarray | None = None


@dataclass(frozen=True)
class CoarsePeople:
    """Everybody at 256 texels.

    Attributes:
        names: [P]; painted skins first, then scans, then photographed people.
        log_albedo: [P,M,3] completed.
        trust: [P,M] in [0,1], what the person's own photo shows.
        lights: [25,3] by the photos' set.
        oil: in standard deviations, by name; of photographed people.
    """

    names: list[str]
    log_albedo: np.ndarray
    trust: np.ndarray
    lights: dict[str, np.ndarray]
    oil: dict[str, float]


def coarse_people(model: MorphableModel, shared: Path, cache: Path) -> CoarsePeople:
    """Return painted skins and photographed people, completed, at the prior's resolution."""
    atlas = build_atlas(model, RESOLUTION)
    shares = region_shares(model, atlas)
    tone_weight = np.maximum(shares["cheeks"], shares["forehead"])
    mirror = mirror_texels(model, atlas)
    skins, skin_names = skin_albedos(model, atlas, shared / "skins")
    photos, seen, photo_names, lights = photo_albedos(model, atlas, tone_weight, shared / "photos", cache)
    plain = 1 - np.max([shares[name] for name in ("brows", "lips", "lids", "nostrils")], axis=0)
    position = atlas.interpolate(model.mean)
    texel = texel_metres(atlas, position)
    forehead = np.clip(atlas.interpolate(hair_doubt(model)[:, None])[:, 0] * 2 - 1, 0, 1)
    trust = np.stack([believed(atlas, confidence, texel) for confidence in seen])
    photos = level(atlas, position, photos, trust, skins, tone_weight, plain)
    trust = np.stack([without_strays(atlas, *pair, plain, forehead) for pair in zip(photos, trust)])
    photos, trust = calmed(atlas, photos, trust, tone_weight, plain)
    filled, known = from_mirror(photos, trust, mirror)
    scans = [scan_texels(model, atlas, shared / "scans", name) for name in SCANS]
    painted = np.concatenate([skins, [scan[0] for scan in scans]])
    painted_known = np.concatenate([np.ones(skins.shape[:2], np.float32), [scan[1] for scan in scans]])
    everybody = np.concatenate([painted, filled])
    known = np.concatenate([painted_known, known])
    completed = complete_people(mirror, everybody, known, tone_weight)
    hidden = slice(len(painted), None)
    bare = 1 - np.max([shares[name] for name in ("brows", "lips", "nostrils")], axis=0)
    for region, source in (("lids", bare), ("lips", shares["lips"])):
        completed[hidden] = fill_hidden(atlas, completed[hidden], known[hidden], shares[region], source)
    usual = completed.mean(0)
    completed += without_baked_shade(atlas, usual, shares) - usual
    trust = np.concatenate([painted_known, trust])
    names = [f"makehuman {name}" for name in skin_names] + [f"scan {name}" for name in SCANS] + photo_names
    kept = np.array([name not in LEFT_OUT for name in names])
    names, completed, trust = [name for name in names if name not in LEFT_OUT], completed[kept], trust[kept]
    photo_names = [name for name in photo_names if name not in LEFT_OUT]
    albedo = dict(zip(names, completed))
    oil = oiliness(model, atlas, {name: albedo[name] for name in photo_names}, lights, tone_weight, shared, cache)
    return CoarsePeople(names, completed, trust, lights, oil)


def not_for_training(names: list[str]) -> np.ndarray:
    """Return [P] bool: the people kept for validation, and scanned heads that the benchmark measures with."""
    benchmark = [f"scan {name}" for name, scan in SCANS.items() if scan.benchmark]
    return held_out(names) | np.isin(names, benchmark)


def people_at(
    model: MorphableModel, canvas: Canvas, coarse: CoarsePeople, chosen: Sequence[str], shared: Path, cache: Path
) -> Iterator[Person]:
    """Yield the chosen people at the canvas's size, one after the other.

    What of the prior's stochastic detail is fine is compared to each person's own, and added where that was not seen.
    """
    atlas, detail = canvas.atlas, canvas.detail
    facts = person_facts(shared)
    tone_weight = canvas.share("cheeks", "forehead")
    plain = 1 - canvas.share("brows", "lips", "lids", "nostrils", "scalp")
    finest = fine_part(atlas, detail, np.ones(len(detail), np.float32))
    small = build_atlas(model, RESOLUTION)
    validation = not_for_training(coarse.names)
    painted, painted_names = skin_albedos(model, atlas, shared / "skins")
    skins = dict(zip(painted_names, painted))
    for name in chosen:
        row = coarse.names.index(name)
        source, person = name.split(" ", 1)
        gloss = None
        base = enlarge(small, atlas, coarse.log_albedo[row])
        trust = np.clip(enlarge(small, atlas, coarse.trust[row]), 0, 1)
        if source in PHOTO_FILES:
            photo = studio_photo(model, atlas, name, tone_weight, shared, cache)
            own, known = np.zeros_like(base), np.zeros(len(base), np.float32)
            own[photo.texels] = delight_photo(photo, coarse.lights[source], np.exp(base[photo.texels]))
            known[photo.texels] = photo.confidence
        elif source == "scan":
            own, known, captured = scan_texels(model, atlas, shared / "scans", person)
            gloss = canvas.regional_gloss()
            gloss *= (captured / gloss) ** trust
        else:
            own, known = skins[person], np.ones(len(base), np.float32)
        fine = np.clip(fine_part(atlas, own, known), DARK_FINE, LIGHT_FINE)
        measured = texture_strength(finest, fine, trust * plain)
        texture = float(np.clip(measured, *FINE_MATCH))
        # Noise of a dark photo is no texture; a painting that has too little gets some.
        log_albedo = base + (trust * min(1.0, texture / measured))[:, None] * fine
        log_albedo += (texture * (1 - trust) + max(1 - measured, 0) * trust)[:, None] * detail
        age, sex = facts.get(name, (None, None))
        yield Person(
            name,
            source,
            LICENCES[source],
            "validation" if validation[row] else "train",
            age,
            sex,
            log_albedo.astype(np.float32),
            trust,
            coarse.oil.get(name),
            texture,
            gloss,
        )


def enlarge(small: Atlas, atlas: Atlas, values: np.ndarray) -> np.ndarray:
    """Return values [M] or [M,C] of a small atlas at the texels of a larger one."""
    image = bleed(small.image(values), small.covered)
    return atlas.gather(cv2.resize(image, (atlas.size, atlas.size), interpolation=cv2.INTER_CUBIC))


def fine_part(atlas: Atlas, log_albedo: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return what of a log albedo [N,3] is finer than the prior's texels can hold; 0 where it is not known [N]."""
    weight = atlas.image((known > 0.05).astype(np.float32))
    image = atlas.image(log_albedo) * weight[..., None]
    size = (RESOLUTION, RESOLUTION)
    amount = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(image, size, interpolation=cv2.INTER_AREA) / np.maximum(amount, 1e-4)[..., None]
    coarse = cv2.resize(bleed(coarse, amount > 0), (atlas.size,) * 2, interpolation=cv2.INTER_CUBIC)
    return atlas.gather((image - coarse) * weight[..., None])


def texture_strength(detail: np.ndarray, fine: np.ndarray, weight: np.ndarray) -> float:
    """Return how strong a person's fine detail is relative to the prior's stochastic one, both [N,3].

    Args:
        weight: [N] in [0,1], plain skin that was seen.
    """
    chosen = weight > 0.8
    if chosen.sum() < 100:
        return 1.0
    # Medians: outliers are hairs and moles.
    own, usual = (np.median(np.abs(values[chosen].mean(1))) for values in (fine, detail))
    return float(max(own, 1e-6) / max(usual, 1e-6))
