"""Makes ``core/data/reflectance_prior.npz``: one command, about three minutes on one core after the first
run.

    python -m training.albedo_prior --shared ../shared

1. Albedo of eleven CC0 skins, resampled into our UV layout, and of studio photos (CC BY 4.0) unwrapped
   through our own geometry fit and de-lit (`training.photo_albedo`).
2. What no photo saw is filled in by the low-rank model of the whole set (`training.low_rank`).
3. Everybody is moved through the range of human skin tones (`training.skin_tone`), so that the set has as
   many dark people as light ones, and mirrored.
4. Principal components of the logarithm.
5. Specular albedo, roughness and pores (`training.reflectance_prior`).
"""

from __future__ import annotations

import argparse
import csv
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from core.completion.atlas import Atlas, bleed, build_atlas
from core.mapfiles import linear_from_srgb
from core.morphable import MorphableModel, load_model, split_quads
from core.reflectance.prior import PRIOR_PATH, ReflectancePrior, layout_digest, save_prior
from training.low_rank import complete, principal_components
from training.photo_albedo import balance_exposures, delight_set, mean_tones, unwrap_photos
from training.reflectance_prior import (
    fine_detail,
    paint,
    region_shares,
    specular_and_roughness,
    texel_metres,
)
from training.skin_tone import (
    DARKEST,
    BioSkin,
    ToneChanger,
    angles_of,
    mean_colours,
    skin_share,
    uniform_angles,
)

RESOLUTION, DETAIL_RESOLUTION, GLOSS_RESOLUTION = 256, 1024, 512
MODES = 48
TONES_PER_PERSON = 2
"""How many other tones each person takes, besides their own."""
DISTURBANCE = 20.0
"""Degrees of individual typology angle."""
COMPLETION_RANK, COMPLETION_ROUNDS = 20, 15
GUTTER = 4
"""Texels."""
RIM_METRES, CUT_METRES, FEATHER_METRES = 0.014, 0.008, 0.005
"""How wide photos fade into the skins, how much of their edge is cut off, and how soft the cut is."""
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
        colour = np.concatenate([cv2.remap(image, part[:, None], None, cv2.INTER_LINEAR)[:, 0]
                                 for part in np.array_split(pixels, 8)])
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


def trusted(atlas: Atlas, position: np.ndarray, seen: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Return the confidence [P,N] without the rim of what was seen: hair, cloth and grazing light begin
    there.

    Args:
        position: [N,3] of the texels on the mean head, metres.
        seen: [P,N] in [0,1].
        holes: [N] in [0,1]: eyes, nostrils and mouth, whose rims are not such rims.
    """
    texel = texel_metres(atlas, position)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(CUT_METRES / texel) + 1,) * 2)
    result = np.empty_like(seen)
    for row, confidence in enumerate(seen):
        sure = np.clip((np.maximum(confidence, holes) - 0.3) / 0.6, 0, 1).astype(np.float32)
        shrunk = cv2.GaussianBlur(cv2.erode(atlas.image(sure, 1.0), kernel), (0, 0), FEATHER_METRES / texel)
        result[row] = np.minimum(atlas.gather(shrunk), confidence)
    return result


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


def balance_tones(
    net: BioSkin, log_albedo: np.ndarray, tone_weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples [S,N,3] of even skin tone and their weights [S]: people as they are and at other tones.

    The other tones are stratified over the whole range and handed out so that people move little (in order of
    their own tones, disturbed by :data:`DISTURBANCE`). A person's own appearance counts the more the rarer
    its tone is in the set, and all of those together as much as all the moved ones.
    """
    people = len(log_albedo)
    own = angles_of(log_albedo, tone_weight)
    density = np.exp(-0.5 * ((own[:, None] - own[None]) / 12) ** 2).sum(1)
    own_weight = np.minimum(1 / density, 0.5)
    samples, weights = [log_albedo], [own_weight / own_weight.sum() * people]
    shares = [skin_share(person, tone_weight) for person in log_albedo]
    changer = ToneChanger(net, mean_colours(log_albedo, tone_weight))
    rng = np.random.default_rng(0)
    for _ in range(TONES_PER_PERSON):
        targets = np.empty(people)
        targets[np.argsort(-own + rng.normal(0, DISTURBANCE, people))] = uniform_angles(people)
        samples.append(np.stack([
            changer.retone(person, skin, angle, tone_weight)
            for person, skin, angle in zip(log_albedo, shares, targets)
        ]))
        weights.append(np.full(people, 1 / TONES_PER_PERSON))
    return np.concatenate(samples), np.concatenate(weights)


def mirror_texels(model: MorphableModel, atlas: Atlas) -> np.ndarray:
    """Return the index [N] of each texel's mirror image, by position on the mean head (which is
    symmetric)."""
    position = atlas.interpolate(model.mean)
    return cKDTree(position).query(position * np.array([-1, 1, 1], np.float32))[1]


def importance(shares: dict[str, np.ndarray]) -> np.ndarray:
    """Return how much each texel [N] counts: faces are what people look at, and what photos show."""
    table = {"scalp": 0.15, "neck": 0.6, "ears": 0.4, "mouth_inner": 0.05, "eye_socket": 0.05}
    return paint(table, 1.0, shares)


def with_gutter(atlas: Atlas, values: np.ndarray) -> np.ndarray:
    """Return texels [N,3] as an image that goes on for a few texels beyond the charts and is 0 farther
    out."""
    distance, nearest = distance_transform_edt(~atlas.covered, return_indices=True)
    image = atlas.image(values)[nearest[0], nearest[1]]
    return image * (distance <= GUTTER)[..., None]


def albedo_modes(
    samples: np.ndarray, weights: np.ndarray, mirror: np.ndarray, texel_importance: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean [N,3] and modes [count,N,3] of balanced log albedos [S,N,3] and their mirror images."""
    both = np.concatenate([samples, samples[:, mirror]]).reshape(2 * len(samples), -1)
    mean, modes = principal_components(both, np.tile(weights, 2), np.repeat(texel_importance, 3), count)
    return mean.reshape(-1, 3), modes.reshape(count, -1, 3)


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


def make_prior(
    model: MorphableModel, atlas: Atlas, mean: np.ndarray, modes: np.ndarray, scans: Path
) -> ReflectancePrior:
    """Return the prior of an albedo model, :func:`albedo_modes`, with gloss and detail."""
    specular, roughness = specular_and_roughness(model, build_atlas(model, GLOSS_RESOLUTION), scans)
    albedo_detail, normal_detail = fine_detail(model, build_atlas(model, DETAIL_RESOLUTION), scans)
    return ReflectancePrior(
        albedo_mean=bleed(atlas.image(mean), atlas.covered),
        albedo_basis=np.stack([with_gutter(atlas, mode) for mode in modes]),
        albedo_detail=albedo_detail,
        specular_albedo=specular,
        roughness=roughness,
        normal_detail=normal_detail,
        log=True,
        layout=layout_digest(model.uv),
    )


@dataclass(frozen=True)
class People:
    """Everybody that the prior is made of.

    Attributes: ``names`` [P]; ``log_albedo`` [P,N,3] as seen; ``trust`` [P,N] in [0,1], what was seen;
        ``completed`` [P,N,3].
    """

    names: list[str]
    log_albedo: np.ndarray
    trust: np.ndarray
    completed: np.ndarray


def gather_people(
    model: MorphableModel, atlas: Atlas, tone_weight: np.ndarray, shared: Path, cache: Path
) -> People:
    """Return skins and photographed people at the atlas's texels."""
    skins, skin_names = skin_albedos(model, atlas, shared / "skins")
    photos, seen, photo_names, _ = photo_albedos(model, atlas, tone_weight, shared / "photos", cache)
    log_albedo = np.concatenate([skins, photos])
    seen = np.concatenate([np.ones(skins.shape[:2], np.float32), seen])
    shares = region_shares(model, atlas)
    holes = np.max([shares[name] for name in ("eye_socket", "mouth_inner", "nostrils")], axis=0)
    position = atlas.interpolate(model.mean)
    trust = trusted(atlas, position, seen, holes)
    photos = slice(len(skins), None)
    plain = 1 - np.max([shares[name] for name in ("brows", "lips", "lids", "nostrils")], axis=0)
    levelled = level(atlas, position, log_albedo[photos], trust[photos], skins, tone_weight, plain)
    log_albedo = np.concatenate([skins, levelled])
    completed = complete_people(mirror_texels(model, atlas), log_albedo, trust, tone_weight)
    return People(skin_names + photo_names, log_albedo, trust, completed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="skins, photos and scans")
    parser.add_argument("--cache", type=Path, default=CACHE, help="unwrapped photos")
    parser.add_argument("--modes", type=int, default=MODES)
    parser.add_argument("--out", type=Path, default=PRIOR_PATH)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    atlas = build_atlas(model, RESOLUTION)
    shares = region_shares(model, atlas)
    tone_weight = np.maximum(shares["cheeks"], shares["forehead"])
    people = gather_people(model, atlas, tone_weight, options.shared, options.cache)
    net = BioSkin(options.shared / "bioskin" / "BioSkinRGB.pt")
    samples, weights = balance_tones(net, people.completed[~held_out(people.names)], tone_weight)
    mirror = mirror_texels(model, atlas)
    mean, modes = albedo_modes(samples, weights, mirror, importance(shares), options.modes)
    mean = without_baked_shade(atlas, mean, shares)
    save_prior(make_prior(model, atlas, mean, modes, options.shared / "scans"), options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
