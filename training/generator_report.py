"""What a generator makes, to look at and in figures.

    python -m training.generator_report --generator FILE --data FOLDER_OR_PACK --out FOLDER

Writes ``samples.png`` (64 people who do not exist), ``heads.png`` (the same, lit, on the mean head), ``maps.png`` (all
maps of eight), ``interpolation.png``, ``mixing.png`` (coarse levels of a row's person, fine levels of a column's),
``inversion.png`` (validation people | linear prior | generator) and ``figures.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.completion.atlas import build_atlas
from core.reflectance.generator import GENERATOR_PATH, ReflectanceGenerator, load_generator
from core.reflectance.prior import load_prior
from core.reflectance.synthesis import TRUNK_SIZES
from core.reflectance.tone import individual_typology_angle
from core.shape.morphable import load_model
from training.dataset.items import load
from training.generator.data import TrainingMaps, stacked
from training.generator.heads import draw_heads
from training.generator.inversion import compare_with_prior, own_tones, summary
from training.generator.losses import perceptual_or_none, srgb_from_log
from training.skin.prior import region_shares

SAMPLES, CELL = 64, 128
INVERSION_SIZE, INVERSION_STEPS = 256, {64: 40, 128: 40, 256: 15}
TONE_EDGES = tuple(range(-75, 76, 15))
"""Degrees of individual typology angle between the histogram's bars."""
KERNEL_SIZE = 128


@torch.no_grad()
def maps_of(generator: ReflectanceGenerator, codes: Tensor, size: int) -> Float[Tensor, "B 7 S S"]:
    """Return the maps of many codes, a few at a time."""
    return torch.cat([stacked(generator.synthesis(part, size)) for part in codes.split(4)])


def picture(maps: Float[Tensor, "B 7 S S"], kind: str = "albedo") -> Float[Tensor, "B 3 S S"]:
    """Return one kind of map as sRGB colours: ``albedo``, ``specular``, ``roughness`` or ``slopes``."""
    if kind == "albedo":
        return srgb_from_log(maps[:, :3])
    if kind == "slopes":
        slopes = maps[:, 5:7]
        normal = torch.cat([slopes, torch.ones_like(slopes[:, :1])], 1)
        return torch.nn.functional.normalize(normal, dim=1) * 0.5 + 0.5
    channel = {"specular": 3, "roughness": 4}[kind]
    return maps[:, channel : channel + 1].expand(-1, 3, -1, -1)


def write_grid(pictures: Float[Tensor, "B 3 S S"], columns: int, path: Path) -> None:
    """Write pictures side by side as one PNG."""
    rows = -(-len(pictures) // columns)
    side = pictures.shape[-1]
    sheet = np.ones((rows * side, columns * side, 3), np.float32)
    for number, image in enumerate(pictures.clamp(0, 1).permute(0, 2, 3, 1).numpy()):
        top, left = (side * place for place in divmod(number, columns))
        sheet[top : top + side, left : left + side] = image
    cv2.imwrite(str(path), np.round(255 * sheet[..., ::-1]).astype(np.uint8))


def sample_sheet(generator: ReflectanceGenerator, path: Path, seed: int, count: int = SAMPLES) -> None:
    """Write the albedo of people who do not exist."""
    write_grid(picture(maps_of(generator, generator.sample(count, seed), CELL)), 8, path)


def map_sheet(generator: ReflectanceGenerator, path: Path, seed: int, size: int) -> None:
    """Write all maps of eight people who do not exist, a row each kind."""
    maps = maps_of(generator, generator.sample(8, seed), size)
    kinds = ("albedo", "specular", "roughness", "slopes")
    write_grid(torch.cat([picture(maps, kind) for kind in kinds]), 8, path)


def head_sheet(generator: ReflectanceGenerator, path: Path, seed: int, count: int) -> None:
    """Write people who do not exist as lit heads."""
    maps = maps_of(generator, generator.sample(count, seed), INVERSION_SIZE)
    write_grid(torch.stack(list(draw_heads(maps, CELL))), 8, path)


def interpolation_sheet(generator: ReflectanceGenerator, path: Path, seed: int, rows: int = 4) -> None:
    """Write eight steps from one person to another, a row each pair."""
    ends = generator.sample(2 * rows, seed).view(rows, 2, -1)
    steps = torch.linspace(0, 1, 8)[:, None]
    codes = torch.cat([a + steps * (b - a) for a, b in ends])
    write_grid(picture(maps_of(generator, codes, CELL)), 8, path)


def mixing_sheet(generator: ReflectanceGenerator, path: Path, seed: int, people: int = 5) -> None:
    """Write every row's person to 64 texels with every column's person above; the persons themselves are the rims."""
    coarse, fine = generator.sample(2 * people, seed).chunk(2)
    rows = generator.config.levels
    cells = [picture(maps_of(generator, fine, CELL))]
    cells.insert(0, torch.ones(1, 3, CELL, CELL))
    for person in coarse:
        codes = person.expand(people, rows, -1).clone()
        codes[:, len(TRUNK_SIZES) :] = fine[:, None]
        cells += [picture(maps_of(generator, person[None], CELL)), picture(maps_of(generator, codes, CELL))]
    write_grid(torch.cat(cells), people + 1, path)


def tone_weight(size: int) -> Float[Tensor, "S S"]:
    """Return how much each texel counts for the skin tone: cheeks and forehead."""
    model = load_model()
    atlas = build_atlas(model, size)
    shares = region_shares(model, atlas)
    weight = atlas.image(np.maximum(shares["cheeks"], shares["forehead"])[:, None])[..., 0]
    return torch.from_numpy(np.ascontiguousarray(weight, np.float32))


def tones(maps: Float[Tensor, "B 7 S S"], weight: Float[Tensor, "S S"]) -> np.ndarray:
    """Return individual typology angles [B] in degrees."""
    mean = torch.einsum("bcyx,yx->bc", maps[:, :3].exp(), weight / weight.sum())
    return individual_typology_angle(mean.numpy())


def histogram(angles: np.ndarray) -> np.ndarray:
    """Return how many angles lie between :data:`TONE_EDGES`; those beyond count in the outermost bars."""
    return np.histogram(np.clip(angles, TONE_EDGES[0], TONE_EDGES[-1]), TONE_EDGES)[0]


def kernel_distance(made: Float[Tensor, "A F"], real: Float[Tensor, "B F"]) -> float:
    """Return the unbiased squared maximum mean discrepancy with a cubic kernel (KID, Binkowski et al. 2018)."""

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        return (a @ b.T / a.shape[1] + 1) ** 3

    def apart(values: Tensor) -> Tensor:
        return (values.sum() - values.diagonal().sum()) / (len(values) * (len(values) - 1))

    return float(apart(kernel(made, made)) + apart(kernel(real, real)) - 2 * kernel(made, real).mean())


def texture_features(maps: Float[Tensor, "B 7 S S"]) -> Float[Tensor, "B F"] | None:
    """Return means and deviations of the recogniser's first layers, or None without its weights."""
    network = perceptual_or_none()
    if network is None:
        return None
    with torch.no_grad():
        layers = [network.features(part) for part in maps.split(16)]
    return torch.cat([torch.cat([torch.cat([x.mean((2, 3)), x.std((2, 3))], 1) for x in part], 1) for part in layers])


def figures(generator: ReflectanceGenerator, train: TrainingMaps, people: TrainingMaps, seed: int) -> dict:
    """Return tones, kernel distances and times."""
    made = maps_of(generator, generator.sample(SAMPLES, seed), KERNEL_SIZE)
    weight = tone_weight(KERNEL_SIZE)
    angles = tones(made, weight)
    chosen = train.draw(4 * SAMPLES, torch.Generator().manual_seed(seed))
    real = train.maps(chosen, KERNEL_SIZE)
    held = people.maps(range(len(people)), KERNEL_SIZE)
    result = {
        "tones of samples": histogram(angles).tolist(),
        "tones of items": (histogram(tones(real, weight)) / 4).tolist(),
        "tone edges": list(TONE_EDGES),
        "milliseconds": timing(generator),
    }
    features = [texture_features(maps) for maps in (made, real, held)]
    if features[0] is not None:
        centre, scale = features[1].mean(0), features[1].std(0) + 1e-6
        made, real, held = ((value - centre) / scale for value in features)
        result["kernel distance"] = {
            "samples to training items": kernel_distance(made, real),
            "samples to validation items": kernel_distance(made, held),
            "training to validation items": kernel_distance(real, held),
        }
    return result


def timing(generator: ReflectanceGenerator) -> dict[str, list[float]]:
    """Return milliseconds of forward, and of forward and backward to the code, per size; medians of five."""
    result = {}
    for size in (size for size in (64, 128, 512) if size in generator.config.sizes):
        rows: list[tuple[float, float]] = []
        for _ in range(5):
            w = generator.w_average[None].clone()
            start = time.perf_counter()
            with torch.no_grad():
                generator.synthesis(w, size)
            forward = time.perf_counter() - start
            start = time.perf_counter()
            stacked(generator.synthesis(w.requires_grad_(), size)).square().sum().backward()
            rows.append((1e3 * forward, 1e3 * (time.perf_counter() - start)))
        result[str(size)] = [round(float(value), 1) for value in np.median(rows, 0)]
    return result


def inversion_sheet(generator: ReflectanceGenerator, people: TrainingMaps, path: Path) -> dict[str, dict[str, float]]:
    """Write the validation people, their linear prior and their inversion, a row each; return mean scores."""
    kept: list[Tensor] = []
    found = compare_with_prior(generator, load_prior(), people, INVERSION_SIZE, INVERSION_STEPS, kept)
    samples = own_tones(people)
    wanted = people.maps(samples, INVERSION_SIZE)[:, :3]
    write_grid(torch.cat([srgb_from_log(images) for images in (wanted, *kept)]), len(samples), path)
    return {name: summary(scores) | {"people": len(scores)} for name, scores in found.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write all sheets and figures."""
    parser = argparse.ArgumentParser(prog="python -m training.generator_report", description=__doc__.splitlines()[0])
    parser.add_argument("--generator", type=Path, default=GENERATOR_PATH)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    generator = load_generator(options.generator)
    items = load(options.data)
    train, people = TrainingMaps(items, "train"), TrainingMaps(items, "validation")
    sample_sheet(generator, options.out / "samples.png", options.seed)
    head_sheet(generator, options.out / "heads.png", options.seed, SAMPLES)
    map_sheet(generator, options.out / "maps.png", options.seed, INVERSION_SIZE)
    interpolation_sheet(generator, options.out / "interpolation.png", options.seed)
    mixing_sheet(generator, options.out / "mixing.png", options.seed)
    found = {"inversion": inversion_sheet(generator, people, options.out / "inversion.png")}
    found |= figures(generator, train, people, options.seed)
    (options.out / "figures.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
