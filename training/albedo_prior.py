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
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree

from core.completion.atlas import Atlas, bleed, build_atlas
from core.morphable import MorphableModel, load_model, split_quads
from core.reflectance.prior import PRIOR_PATH, ReflectancePrior, save_prior
from core.reflectance.tone import linear_from_srgb
from training.low_rank import principal_components
from training.reflectance_prior import fine_detail, region_shares, specular_and_roughness
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
GUTTER = 4


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


def balance_tones(
    net: BioSkin, log_albedo: np.ndarray, tone_weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return samples [S,N,3] of even skin tone and their weights [S]: everybody as they are and at other
    tones.

    The other tones are stratified over the whole range; a person's own appearance counts the more the rarer
    its tone is in the set, and all of those together as much as all the moved ones.
    """
    people = len(log_albedo)
    own = angles_of(log_albedo, tone_weight)
    density = np.exp(-0.5 * ((own[:, None] - own[None]) / 12) ** 2).sum(1)
    own_weight = np.minimum(1 / density, 0.5)
    targets = uniform_angles(people * TONES_PER_PERSON)
    targets = np.random.default_rng(0).permutation(targets).reshape(people, TONES_PER_PERSON)
    samples, weights = [log_albedo], [own_weight / own_weight.sum() * people]
    shares = [skin_share(person, tone_weight) for person in log_albedo]
    changer = ToneChanger(net, mean_colours(log_albedo, tone_weight))
    for column in range(TONES_PER_PERSON):
        samples.append(np.stack([
            changer.retone(person, skin, angle, tone_weight)
            for person, skin, angle in zip(log_albedo, shares, targets[:, column])
        ]))
        weights.append(np.full(people, 1 / TONES_PER_PERSON))
    return np.concatenate(samples), np.concatenate(weights)


def mirrored(model: MorphableModel, atlas: Atlas, log_albedo: np.ndarray) -> np.ndarray:
    """Return each person's [P,N,3] mirror image, by position on the mean head (which is symmetric)."""
    position = atlas.interpolate(model.mean)
    _, source = cKDTree(position).query(position * np.array([-1, 1, 1], np.float32))
    return log_albedo[:, source]


def with_gutter(atlas: Atlas, values: np.ndarray) -> np.ndarray:
    """Return texels [N,3] as an image that goes on for a few texels beyond the charts and is 0 farther
    out."""
    distance, nearest = distance_transform_edt(~atlas.covered, return_indices=True)
    image = atlas.image(values)[nearest[0], nearest[1]]
    return image * (distance <= GUTTER)[..., None]


def make_prior(
    model: MorphableModel, atlas: Atlas, samples: np.ndarray, weights: np.ndarray, modes: int, scans: Path
) -> ReflectancePrior:
    """Return the prior of balanced log albedos [S,N,3] with weights [S]."""
    both = np.concatenate([samples, mirrored(model, atlas, samples)]).reshape(2 * len(samples), -1)
    mean, basis, _ = principal_components(both, np.tile(weights, 2), modes)
    specular, roughness = specular_and_roughness(model, build_atlas(model, GLOSS_RESOLUTION), scans)
    albedo_detail, normal_detail = fine_detail(model, build_atlas(model, DETAIL_RESOLUTION), scans)
    return ReflectancePrior(
        albedo_mean=bleed(atlas.image(mean.reshape(-1, 3)), atlas.covered),
        albedo_basis=np.stack([with_gutter(atlas, mode.reshape(-1, 3)) for mode in basis]),
        albedo_detail=albedo_detail,
        specular_albedo=specular,
        roughness=roughness,
        normal_detail=normal_detail,
        log=True,
        shape_version=model.version,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="skins, photos and scans")
    parser.add_argument("--modes", type=int, default=MODES)
    parser.add_argument("--out", type=Path, default=PRIOR_PATH)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    atlas = build_atlas(model, RESOLUTION)
    shares = region_shares(model, atlas)
    tone_weight = np.maximum(shares["cheeks"], shares["forehead"])
    net = BioSkin(options.shared / "bioskin" / "BioSkinRGB.pt")
    log_albedo, _ = skin_albedos(model, atlas, options.shared / "skins")
    samples, weights = balance_tones(net, log_albedo, tone_weight)
    prior = make_prior(model, atlas, samples, weights, options.modes, options.shared / "scans")
    save_prior(prior, options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
