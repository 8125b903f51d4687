"""How well the albedo prior explains people it was not made from, by number of modes and by skin tone.

    python -m training.albedo_validation --shared ../shared

Everybody photographed for the London set is explained by a prior made without them (ten folds; the first
fold's people are those kept out of the shipped prior too), on the texels of the data set's map that their own photo
shows. Errors are those of the de-lit albedo: mean absolute difference of linear RGB, and CIEDE2000.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from skimage.color import deltaE_ciede2000

from core.completion.atlas import build_atlas
from core.reflectance.tone import lab_from_linear, monk_index
from core.shape.morphable import load_model
from training.albedo.coarse import CACHE, RESOLUTION, held_out, mirror_texels
from training.albedo.low_rank import explain
from training.albedo_prior import SIZE, albedo_modes, albedo_samples, importance
from training.reflectance_dataset import ensure
from training.skin.prior import region_shares

COUNTS = (0, 10, 20, 40, 48)
TEXEL_NOISE, INDEPENDENT_TEXELS = 0.12, 400.0
"""As the fit to a photo weighs its evidence (`core.fitting.appearance`)."""


def errors_of(log_albedo: np.ndarray, trust: np.ndarray, mean: np.ndarray, modes: np.ndarray) -> tuple[float, float]:
    """Return linear RGB error and CIEDE2000 of one person [N,3], averaged over what was seen."""
    noise = TEXEL_NOISE * np.sqrt(max(trust.sum() / INDEPENDENT_TEXELS, 1.0))
    if len(modes):
        flat = modes.reshape(len(modes), -1)
        seen = np.repeat(trust, 3)
        fitted = explain(log_albedo.ravel(), seen, mean.ravel(), flat, noise)[1].reshape(-1, 3)
    else:
        fitted = mean
    truth, fitted = np.exp(log_albedo), np.exp(fitted)
    linear = np.abs(truth - fitted).mean(1)
    perceived = deltaE_ciede2000(lab_from_linear(truth), lab_from_linear(fitted))
    return float(np.average(linear, weights=trust)), float(np.average(perceived, weights=trust))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    atlas = build_atlas(model, RESOLUTION)
    mirror, counts = mirror_texels(model, atlas), importance(region_shares(model, atlas))
    items = ensure(options.cache, options.shared, SIZE)
    names = np.array([facts["name"] for facts in items.items])
    samples, weights = albedo_samples(items, atlas, range(len(items)))
    own = {names[row]: row for row, facts in enumerate(items.items) if facts["variant"] == 0}
    london = [name for name in sorted(own) if name.startswith("london")]
    kept_out = [name for name in london if held_out(list(own))[list(own).index(name)]]
    rest = [name for name in london if name not in kept_out]
    table = {}
    for tested in [kept_out, *(rest[fold::9] for fold in range(9))]:
        train = ~np.isin(names, tested)
        mean, modes = albedo_modes(samples[train], weights[train], mirror, counts, max(COUNTS))
        for name in tested:
            seen = items.seen[own[name]].astype(np.float32) / 255
            trust = atlas.gather(cv2.resize(seen, (RESOLUTION, RESOLUTION), interpolation=cv2.INTER_LINEAR))
            table[name] = [errors_of(samples[own[name]], trust, mean, modes[:count]) for count in COUNTS]
    tones = {name: monk_index(items.items[own[name]]["tone"]) for name in table}
    _report("kept out of the shipped prior", [table[name] for name in kept_out])
    _report("all, ten folds", list(table.values()))
    for monk in range(1, 11):
        _report(f"Monk {monk}", [table[name] for name in table if tones[name] == monk])


def _report(title: str, rows: list[list[tuple[float, float]]]) -> None:
    if not rows:
        return
    mean = np.mean(rows, axis=0)
    cells = "  ".join(f"K={count}: {linear:.4f} / {perceived:.2f}" for count, (linear, perceived) in zip(COUNTS, mean))
    print(f"{title:32s} {len(rows):3d} people  {cells}")


if __name__ == "__main__":
    main()
