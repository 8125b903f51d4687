"""The people of the reflectance data set: de-lit, completed and brought to the wanted size.

What is coarse comes from the same 256-texel steps as the prior (`training.albedo_prior`), so that both agree; what
is finer than that is added from the photo at the wanted size, and from the prior's stochastic detail, matched to the
person's own, where no photo was.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import binary_fill_holes

from core.completion.atlas import Atlas, bleed, build_atlas
from core.morphable import MorphableModel
from core.reflectance.maps import GLARE
from training.albedo_prior import (
    CUT_METRES,
    FEATHER_METRES,
    RESOLUTION,
    complete_people,
    held_out,
    level,
    mirror_texels,
    photo_albedos,
    skin_albedos,
    without_baked_shade,
)
from training.photo_albedo import Unwrapped, balance_exposures, delight_photo, mean_tones, unwrap_photos
from training.reflectance_prior import region_shares, texel_metres
from training.reflectance_surface import Canvas

PHOTO_FILES = {"london": "london/{}_neutral.jpg", "canada": "canada/{}.jpg"}
LICENCES = {"london": "CC BY 4.0", "canada": "CC BY 4.0", "makehuman": "CC0 1.0"}
HOLE_CUT = 0.0015
"""Metres around eyes, nostrils and mouth that are not believed: lashes, and what lies behind the openings."""
MIRRORED_TRUST = 0.9
"""How much of what only the mirrored half of a photo shows is believed."""
STRAY, STRAY_BLUR, STRAY_AROUND = 0.3, 0.006, 0.05
"""Difference of a person's logarithm from the usual beside the rim at which it counts as hair or shadow; blur of that
difference and of the usual, as shares of the map."""
RIM = 0.06
COLOUR_LIMIT = 0.25
"""How far plain skin's colour can be from the person's usual one, as a logarithm."""
DARK_FINE, LIGHT_FINE = -0.5, 0.25
"""How dark and how light marks smaller than the prior's texels can be."""
FINE_MATCH = (0.5, 2.5)
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
        names: [P]; painted skins first, then photographed people.
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
    trust = np.stack([believed(atlas, confidence, texel) for confidence in seen])
    photos = level(atlas, position, photos, trust, skins, tone_weight, plain)
    trust = np.stack([without_strays(atlas, *pair, plain) for pair in zip(photos, trust)])
    photos = np.stack([without_glare(*pair, plain) for pair in zip(photos, trust)])
    filled, known = from_mirror(photos, trust, mirror)
    everybody = np.concatenate([skins, filled])
    known = np.concatenate([np.ones(skins.shape[:2], np.float32), known])
    completed = complete_people(mirror, everybody, known, tone_weight)
    usual = completed.mean(0)
    completed += without_baked_shade(atlas, usual, shares) - usual
    trust = np.concatenate([np.ones(skins.shape[:2], np.float32), trust])
    names = [f"makehuman {name}" for name in skin_names] + photo_names
    albedo = dict(zip(names, completed))
    oil = oiliness(model, atlas, {name: albedo[name] for name in photo_names}, lights, tone_weight, shared, cache)
    return CoarsePeople(names, completed, trust, lights, oil)


def oiliness(
    model: MorphableModel,
    atlas: Atlas,
    log_albedo: dict[str, np.ndarray],
    lights: dict[str, np.ndarray],
    tone_weight: np.ndarray,
    shared: Path,
    cache: Path,
) -> dict[str, float]:
    """Return how strong each person's highlights were, in standard deviations of their set.

    What goes along with skin tone is taken out of it: on dark skin more of what is seen is highlight, and the
    separation of the two is not that good.

    Args:
        log_albedo: [N,3] by name.
        lights: [25,3] by set.
        tone_weight: [N] where it is measured.
    """
    result = {}
    for source, light in lights.items():
        names = [name for name in log_albedo if name.startswith(source)]
        shine = []
        for name in names:
            photo = studio_photo(model, atlas, name, tone_weight, shared, cache)
            matte = delight_photo(photo, light, np.exp(log_albedo[name][photo.texels]))
            shine.append(measured_shine(photo, light, matte, tone_weight))
        tones = mean_tones(np.stack([log_albedo[name] for name in names]), np.tile(tone_weight, (len(names), 1)))
        known = np.column_stack([np.ones(len(names)), tones[:, 1]])
        rest = shine - known @ np.linalg.lstsq(known, np.array(shine), rcond=None)[0]
        result |= dict(zip(names, np.clip(rest / max(rest.std(), 1e-6), -2.5, 2.5).tolist()))
    return result


def studio_photo(
    model: MorphableModel, atlas: Atlas, name: str, tone_weight: np.ndarray, shared: Path, cache: Path
) -> Unwrapped:
    """Return the unwrapped photo of a person by name; the Ontario set's exposures are made equal."""
    source, person = name.split(" ", 1)
    path = shared / "photos" / PHOTO_FILES[source].format(person)
    photo = unwrap_photos(model, atlas, [path], cache)[path.stem]
    return balance_exposures([photo], tone_weight)[0] if source == "canada" else photo


def believed(atlas: Atlas, confidence: np.ndarray, texel: float) -> np.ndarray:
    """Return the confidence [N] without its rim: wide along hair and cloth, narrow around eyes and mouth.

    Args:
        confidence: [N] in [0,1].
        texel: size of a texel in metres.
    """
    image = atlas.image(confidence)
    outer = binary_fill_holes(image > 0.3)
    outer = cv2.morphologyEx(outer.astype(np.uint8), cv2.MORPH_OPEN, _disc(CUT_METRES / texel))
    rim = _shrunk(outer.astype(np.float32), CUT_METRES / texel, FEATHER_METRES / texel)
    sure = np.clip((image - 0.2) / 0.6, 0, 1)
    return atlas.gather(np.minimum(rim, _shrunk(sure, HOLE_CUT / texel, HOLE_CUT / texel)))


def _shrunk(mask: np.ndarray, cut: float, feather: float) -> np.ndarray:
    """Erode a mask by ``cut`` texels and blur it by ``feather`` without reaching farther out than it did."""
    small = cv2.GaussianBlur(cv2.erode(mask, _disc(cut)), (0, 0), feather)
    return np.minimum(small, mask)


def _disc(radius: float) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)


def without_strays(atlas: Atlas, log_albedo: np.ndarray, trust: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """Return the trust [N] of one person without what looks unlike their skin near the rim: fringes, collars, bands.

    Args:
        log_albedo: [N,3].
        trust: [N] in [0,1].
        plain: [N] in [0,1], 0 on brows, lips, lids and nostrils, which look unlike skin and are kept.
    """
    size = atlas.size
    seen = atlas.image(trust)
    # The rims of eyes, brows, nostrils and lips are not where hair or cloth begins.
    outline = binary_fill_holes((seen > 0.3) | atlas.image(plain < 0.9).astype(bool))
    outline = cv2.morphologyEx(outline.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    depth = cv2.distanceTransform(outline, cv2.DIST_L2, 3) / size
    inner = atlas.image(trust * plain) * (depth > RIM)
    image = atlas.image(log_albedo)
    usual = masked_blur(image, inner + 1e-4 * seen, STRAY_AROUND * size)
    unlike = np.abs(image - usual).mean(2) * atlas.image(plain)
    unlike = cv2.GaussianBlur(unlike * (seen > 0.02), (0, 0), STRAY_BLUR * size)
    near_rim = np.clip(1.5 - depth / RIM, 0, 1)
    kept = seen * (1 - near_rim * (1 - np.exp(-((unlike / STRAY) ** 2))))
    return np.minimum(atlas.gather(cv2.GaussianBlur(kept, (0, 0), 0.004 * size)), trust)


def masked_blur(image: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Blur an image [S,S,3] by a Gaussian, taking values only from where ``weight`` [S,S] is."""
    values = cv2.GaussianBlur(image * weight[..., None], (0, 0), sigma)
    return values / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-6)[..., None]


def without_glare(log_albedo: np.ndarray, trust: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """Return a person's log albedo [N,3] with what is much lighter or of another colour than their skin pressed down.

    Skin has dark marks but hardly bright ones: those are highlights that were not taken off whole, most of all on
    dark people, and too little light reckoned with in the hollows of the eyes. The fit to a photo does the same.

    Args:
        trust, plain: [N] in [0,1]; the colour of what is not plain skin is left.
    """
    skin = trust * plain > 0.5
    lightness = log_albedo.mean(1, keepdims=True)
    colour = log_albedo - lightness
    usual, usual_colour = np.median(lightness[skin]), np.median(colour[skin], axis=0)
    excess = np.maximum(lightness - usual - GLARE, 0)
    pressed = lightness - excess + GLARE * (1 - np.exp(-excess / GLARE))
    away = colour - usual_colour
    limited = COLOUR_LIMIT * np.tanh(away / COLOUR_LIMIT)
    return (pressed + usual_colour + away + plain[:, None] * (limited - away)).astype(np.float32)


def from_mirror(log_albedo: np.ndarray, trust: np.ndarray, mirror: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fill what is hidden on one side from the other (the flip correction of AlbedoGAN, arXiv 2304.12483).

    Returns:
        log albedo [P,N,3] and how far it is known [P,N].
    """
    other = MIRRORED_TRUST * trust[:, mirror] * (1 - trust)
    known = trust + other
    share = (other / np.maximum(known, 1e-4))[..., None]
    return log_albedo + share * (log_albedo[:, mirror] - log_albedo), known


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
    validation = held_out(coarse.names)
    painted, painted_names = skin_albedos(model, atlas, shared / "skins")
    skins = dict(zip(painted_names, painted))
    for name in chosen:
        row = coarse.names.index(name)
        source, person = name.split(" ", 1)
        base = enlarge(small, atlas, coarse.log_albedo[row])
        trust = np.clip(enlarge(small, atlas, coarse.trust[row]), 0, 1)
        if source in PHOTO_FILES:
            photo = studio_photo(model, atlas, name, tone_weight, shared, cache)
            own, known = np.zeros_like(base), np.zeros(len(base), np.float32)
            own[photo.texels] = delight_photo(photo, coarse.lights[source], np.exp(base[photo.texels]))
            known[photo.texels] = photo.confidence
        else:
            own, known = skins[person], np.ones(len(base), np.float32)
        fine = np.clip(fine_part(atlas, own, known), DARK_FINE, LIGHT_FINE)
        log_albedo = base + trust[:, None] * fine
        texture = texture_strength(finest, fine, trust * plain)
        log_albedo += texture * (1 - trust)[:, None] * detail
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
    return float(np.clip(own / max(usual, 1e-6), *FINE_MATCH))


def measured_shine(photo: Unwrapped, light: np.ndarray, matte: np.ndarray, weight: np.ndarray) -> float:
    """Return the logarithm of the highlight on cheeks and forehead over what the set's average skin would show.

    Args:
        matte: [M,3] log albedo without highlights.
        weight: [N] where it is measured.
    """
    weight = weight[photo.texels] * photo.confidence
    shading = np.maximum(photo.transfer @ light, 0.02)
    highlight = np.maximum(photo.colour - np.exp(matte) * shading, 0).mean(1)
    predicted = np.maximum(photo.gloss @ light, 0).mean(1)
    return float(np.log(max(weight @ highlight, 1e-6) / max(weight @ predicted, 1e-6)))


def person_facts(shared: Path) -> dict[str, tuple[int | None, str | None]]:
    """Return age and sex by name: of the photographed people as published, of painted skins the sex only."""
    facts = {}
    for source in ("london", "canada"):
        with (shared / "photos" / f"{source}_info.csv").open() as file:
            for row in csv.DictReader(file):
                age = row["face_age"].split(".")[0]
                facts[f"{source} {row['face_id']}"] = (int(age) if age.isdigit() else None, row["face_gender"] or None)
    for path in (shared / "skins").glob("*.jpg"):
        facts[f"makehuman {path.stem}"] = (None, "female" if "female" in path.stem else "male")
    return facts
