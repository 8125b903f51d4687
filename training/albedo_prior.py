"""Makes ``core/data/reflectance_prior.npz`` from the reflectance data set: one command, half a minute on one core.

    python -m training.albedo_prior --shared ../shared

Principal components of the logarithm of everybody's albedo, over all tones and with mirror images; specular albedo,
roughness and pores are regional (`training.skin.prior`). The data set is made first where it is missing
(`training.reflectance_dataset`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt

from core.completion.atlas import Atlas, bleed, build_atlas
from core.reflectance.prior import PRIOR_PATH, ReflectancePrior, layout_digest, save_prior
from core.shape.morphable import load_model
from training.albedo.coarse import CACHE, RESOLUTION, mirror_texels
from training.albedo.low_rank import principal_components
from training.dataset.items import ReflectanceItems
from training.reflectance_dataset import ensure
from training.skin.prior import paint, region_shares, skin_statistics

MODES = 48
WIDER = 1.1
"""How much more people vary than the items: of those moved to another tone 60 % of their own colour is kept."""
GUTTER = 4
"""Texels."""
SIZE = 512
"""Of the data set's maps."""


def albedo_samples(items: ReflectanceItems, atlas: Atlas, rows: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the log albedo [S,N,3] of some items at the atlas's texels, and their weights [S]."""
    samples = np.stack([atlas.gather(items.log_albedo(row, atlas.size)) for row in rows])
    return samples, np.array([items.items[row]["weight"] for row in rows])


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
    return mean.reshape(-1, 3), WIDER * modes.reshape(count, -1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="skins, photos and scans")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the data set lies")
    parser.add_argument("--modes", type=int, default=MODES)
    parser.add_argument("--out", type=Path, default=PRIOR_PATH)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    atlas = build_atlas(model, RESOLUTION)
    items = ensure(options.cache, options.shared, SIZE)
    train = [row for row, facts in enumerate(items.items) if facts["split"] == "train"]
    samples, weights = albedo_samples(items, atlas, train)
    counts = importance(region_shares(model, atlas))
    mean, modes = albedo_modes(samples, weights, mirror_texels(model, atlas), counts, options.modes)
    statistics = skin_statistics(model, options.shared / "scans")
    prior = ReflectancePrior(
        albedo_mean=bleed(atlas.image(mean), atlas.covered),
        albedo_basis=np.stack([with_gutter(atlas, mode) for mode in modes]),
        albedo_detail=statistics.albedo_detail,
        specular_albedo=statistics.specular_albedo,
        roughness=statistics.roughness,
        normal_detail=statistics.normal_detail,
        log=True,
        layout=layout_digest(model.uv),
    )
    save_prior(prior, options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
