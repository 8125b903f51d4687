"""How well the albedo prior explains people it was not made from, by number of modes and by skin tone.

    python -m training.albedo_validation --shared ../shared

Everybody photographed for the London set is explained by a prior made without them (ten folds; the first
fold's people are those kept out of the shipped prior too), on the texels that their photo shows. Errors are
those of the de-lit albedo: mean absolute difference of linear RGB, and CIEDE2000.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from skimage.color import deltaE_ciede2000

from core.completion.atlas import build_atlas
from core.morphable import load_model
from core.reflectance.tone import individual_typology_angle, lab_from_linear, monk_index
from training.albedo_prior import (
    CACHE,
    RESOLUTION,
    albedo_modes,
    balance_tones,
    gather_people,
    importance,
    mirror_texels,
)
from training.low_rank import explain
from training.reflectance_prior import region_shares
from training.skin_tone import BioSkin, mean_colours

COUNTS = (0, 10, 20, 40, 48)
TEXEL_NOISE, INDEPENDENT_TEXELS = 0.12, 400.0
"""As the fit to a photo weighs its evidence (`core.fitting.appearance`)."""


def errors_of(
    log_albedo: np.ndarray, trust: np.ndarray, mean: np.ndarray, modes: np.ndarray
) -> tuple[float, float]:
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
    shares = region_shares(model, atlas)
    tone_weight = np.maximum(shares["cheeks"], shares["forehead"])
    people = gather_people(model, atlas, tone_weight, options.shared, options.cache)
    net = BioSkin(options.shared / "bioskin" / "BioSkinRGB.pt")
    mirror, counts = mirror_texels(model, atlas), importance(shares)
    london = [row for row, name in enumerate(people.names) if name.startswith("london")]
    angles = individual_typology_angle(mean_colours(people.completed, tone_weight))
    table = {}
    for fold in range(10):
        tested = london[(fold + 4) % 10 :: 10]
        rest = np.setdiff1d(np.arange(len(people.names)), tested)
        samples, weights = balance_tones(net, people.completed[rest], tone_weight)
        mean, modes = albedo_modes(samples, weights, mirror, counts, max(COUNTS))
        for row in tested:
            table[row] = [errors_of(people.log_albedo[row], people.trust[row], mean, modes[:count])
                          for count in COUNTS]
    _report("kept out of the shipped prior", [table[row] for row in london[4::10]])
    _report("all, ten folds", list(table.values()))
    for monk in range(1, 11):
        _report(f"Monk {monk}", [table[row] for row in table if monk_index(angles[row]) == monk])


def _report(title: str, rows: list[list[tuple[float, float]]]) -> None:
    if not rows:
        return
    mean = np.mean(rows, axis=0)
    cells = "  ".join(f"K={count}: {linear:.4f} / {perceived:.2f}"
                      for count, (linear, perceived) in zip(COUNTS, mean))
    print(f"{title:32s} {len(rows):3d} people  {cells}")


if __name__ == "__main__":
    main()
