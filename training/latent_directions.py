"""Finds the sliders of skin in the generator's codes: see ``docs/latent_directions.md``.

    python -m training.latent_directions --checkpoint OUT/checkpoint.pt --data FOLDER_OR_PACK --sheets FOLDER

1. Within people: how the codes of one person's items differ with the tone (a cubic curve) and with the painted layers.
2. Between people: how what is left of a person's codes goes with age and sex, studio by studio; each number of the
   code is held back by its own uncertainty (James and Stein 1961).
3. Decoupling: what each slider does to the measures of the others is taken out of it, to first order, and it is scaled
   to its unit.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from core.reflectance.directions import (
    DIRECTIONS_PATH,
    LEAST_ROOM,
    MELANIN,
    ROOMY_ALBEDO,
    LatentDirections,
    file_digest,
    save_directions,
)
from core.reflectance.generator import GENERATOR_PATH, ReflectanceGenerator, load_generator
from training.direction_measures import MEASURES, READ, STEPS, Measures, measure_codes, sex_of, tone_steps
from training.direction_report import write_report
from training.generator_trainer import read_checkpoint
from training.reflectance_items import load
from training.reflectance_layers import LAYERS
from training.reflectance_surface import Skin

LINES = ("redness", "age", "masculinity", "stubble")
DECADE = 10.0
ANCHORS = 6
"""People at whom the sliders' effects are measured for decoupling."""
RIDGE = 1e-3
CURVE_ROUNDS = 3
FRECKLE_DENSITY, SEED = 0.5, 4
AROUND_METRES = 0.006
"""Over which freckles keep the mean colour."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Items of training with their codes.

    Attributes:
        codes: [N,D], each the mean of an item's code and its mirror image's.
        items: [N] what is known of each.
        person: [N] number of the person.
    """

    codes: np.ndarray
    items: list[dict]
    person: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, items: list[dict]) -> Samples:
        """Pair up the codes [2N,D] of a checkpoint, items first and then their mirror images."""
        if len(codes) != 2 * len(items):
            raise SystemExit("The checkpoint was made with another data set.")
        names = [item["name"] for item in items]
        both = 0.5 * (codes[: len(items)] + codes[len(items) :])
        return cls(both.astype(np.float64), items, np.unique(names, return_inverse=True)[1])

    def column(self, value) -> np.ndarray:
        """Return a number of every item."""
        return np.array([value(item) for item in self.items], np.float64)


@dataclass(frozen=True, eq=False)
class Effects:
    """How codes follow what is known of people, before decoupling.

    Attributes:
        curve: [T,D] codes of the mean person from light to dark.
        lines: name to [D] per unit of a label: strength 1 of a layer, ten years, half of the difference between the
            sexes.
    """

    curve: np.ndarray
    lines: dict[str, np.ndarray]


def find_effects(samples: Samples, colour: np.ndarray) -> Effects:
    """Return how codes follow tone, layers, age and sex.

    Args:
        samples: people.
        colour: [3,D] how the mean colour follows the code (`colour_reader`).
    """
    tone = samples.column(lambda item: tone_steps(item["tone"]))
    layers = np.array([[item["layers"].get(name, 0.0) for name in LAYERS] for item in samples.items])
    within = np.concatenate([_powers(tone), layers], 1)
    found = regress(_centred(within, samples.person), _centred(samples.codes, samples.person))
    left = samples.codes - within @ found
    powers = found[:3]
    base = left.mean(0)
    curve = base + _powers(np.arange(STEPS + 1.0)) @ powers
    lines = dict(zip(LAYERS, found[3:]))
    lines |= _between_people(samples, left, colour)
    return Effects(curve, lines)


def _between_people(samples: Samples, left: np.ndarray, colour: np.ndarray) -> dict[str, np.ndarray]:
    """Return what of the people's codes goes with age and with sex, people of one colour and one studio compared."""
    first = np.unique(samples.person, return_index=True)[1]
    people = [samples.items[row] for row in first]
    mean = np.stack([left[samples.person == number].mean(0) for number in range(len(first))])
    known = np.array([item["age"] is not None and sex_of(item) is not None for item in people])
    age = np.array([item["age"] for item, k in zip(people, known) if k], np.float64)
    sex = np.array([sex_of(item) for item, k in zip(people, known) if k])
    sources = sorted({item["source"] for item in people})
    place = np.array([[item["source"] == source for source in sources] for item, k in zip(people, known) if k], float)
    place = place[:, place.any(0)]
    predictors = np.concatenate([np.stack([age / DECADE, sex], 1), mean[known] @ colour.T], 1)
    own = predictors - place @ np.linalg.lstsq(place, predictors, rcond=None)[0]
    codes = mean[known] - place @ np.linalg.lstsq(place, mean[known], rcond=None)[0]
    found, error = regress(own, codes, errors=True)
    kept = found * np.clip(1 - (error / np.where(found == 0, 1, found)) ** 2, 0, 1)
    return {"age": kept[0], "masculinity": kept[1]}


def regress(predictors: np.ndarray, values: np.ndarray, errors: bool = False):
    """Return the least-squares coefficients [P,D], and their standard errors [P,D] if wanted."""
    system = predictors.T @ predictors
    system += RIDGE * np.trace(system) / len(system) * np.eye(len(system))
    inverse = np.linalg.inv(system)
    found = inverse @ (predictors.T @ values)
    if not errors:
        return found
    left = values - predictors @ found
    variance = (left**2).sum(0) / max(len(values) - len(system), 1)
    return found, np.sqrt(np.diag(inverse)[:, None] * variance)


def _powers(tone: np.ndarray) -> np.ndarray:
    """Return a cubic's terms [N,3] of tones in units, about the middle of their range."""
    x = 2 * np.asarray(tone, np.float64) / STEPS - 1
    return np.stack([x, x**2, x**3], 1)


def _centred(values: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Return values [N,K] without each person's mean."""
    count = np.bincount(person)
    mean = np.stack([np.bincount(person, column) for column in values.T], 1) / count[:, None]
    return values - mean[person]


def decoupled(
    generator: ReflectanceGenerator, effects: Effects, anchors: np.ndarray, measures: Measures
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines [K,D] and the curve of tones [T,D], none of which moves the measures of the others.

    Args:
        generator: whose maps are measured.
        effects: what was found in the codes.
        anchors: [A,D] codes of people at whom lines are measured.
        measures: of redness and stubble in units of the sliders; a unit of age and of masculinity is that of the
            effect itself, whatever it does to the readers.
    """
    kept = [MEASURES.index(name) for name in LINES]
    raw = np.stack([effects.lines[name] for name in LINES])
    tone = np.gradient(effects.curve, axis=0).mean(0)
    moves = np.concatenate([tone[None], raw])
    sizes = np.array([_size(generator, move, measures) for move in moves])
    moves /= sizes[:, None]
    wanted = [MEASURES.index("skin_tone"), *kept]
    response = np.mean([_response(generator, code, moves, measures) for code in anchors], 0)[:, wanted]
    lines = (np.linalg.inv(response) @ moves)[1:]
    units = np.array([sizes[row] * response[row, row] if LINES[row - 1] in READ else 1 for row in range(1, len(moves))])
    lines *= units[:, None]
    curve = effects.curve
    for _ in range(CURVE_ROUNDS):
        found = measure_codes(generator, curve, measures)
        others = found[:, kept] - found[STEPS // 2, kept]
        curve = _evenly(curve - others / units @ lines, found[:, 0])
    return lines, curve


def _size(generator: ReflectanceGenerator, move: np.ndarray, measures: Measures) -> float:
    """Return how many units a move is, by the measure that it changes most."""
    average = generator.w_average.cpu().numpy().astype(np.float64)
    return float(np.abs(_response(generator, average, move[None], measures)).max())


def _response(generator: ReflectanceGenerator, code: np.ndarray, moves: np.ndarray, measures: Measures) -> np.ndarray:
    """Return what moves [M,D] from a code change in the measures, [M,K]."""
    codes = np.concatenate([code + 0.5 * moves, code - 0.5 * moves])
    found = measure_codes(generator, codes, measures)
    return found[: len(moves)] - found[len(moves) :]


def _evenly(curve: np.ndarray, tones: np.ndarray) -> np.ndarray:
    """Return the curve [T,D] at whole units of measured tones [T], continued in straight lines at its ends."""
    wanted = np.arange(len(curve))
    first = np.clip(np.searchsorted(tones, wanted) - 1, 0, len(tones) - 2)
    share = (wanted - tones[first]) / (tones[first + 1] - tones[first])
    return curve[first] + share[:, None] * (curve[first + 1] - curve[first])


def colour_reader(generator: ReflectanceGenerator, codes: np.ndarray, measures: Measures) -> np.ndarray:
    """Return [3,D] how the mean log albedo of cheeks and forehead follows the code, on average over codes [N,D]."""
    size = generator.config.sizes[0]
    weight = torch.from_numpy(measures.canvas.atlas.image(measures.tone_weight))[None, None]
    weight = torch.nn.functional.adaptive_avg_pool2d(weight, size)
    tensors = torch.from_numpy(np.asarray(codes, np.float32)).requires_grad_()
    colour = (generator.synthesis(tensors, size).log_albedo * weight / weight.sum()).sum((0, 2, 3))
    slopes = [torch.autograd.grad(channel, tensors, retain_graph=True)[0].mean(0) for channel in colour]
    return torch.stack(slopes).numpy().astype(np.float64)


def freckle_pattern(measures: Measures, anchors: list[np.ndarray]) -> np.ndarray:
    """Return freckles [P,P] of the data set's layer on a blank skin, as dark as one unit.

    Args:
        measures: tell the units.
        anchors: log albedo [N,3] at the texels, of people on whom one unit is one unit on average.
    """
    canvas = measures.canvas
    count = len(canvas.position)
    blank = Skin(np.full((count, 3), -0.5, np.float32), *(np.zeros(count, np.float32) for _ in range(3)))
    LAYERS["freckles"](canvas, blank, FRECKLE_DENSITY, np.random.default_rng(SEED))
    image = canvas.atlas.image((-0.5 - blank.log_albedo[:, 1]) / MELANIN[1])
    covered = canvas.atlas.covered.astype(np.float32)
    sigma = AROUND_METRES / canvas.texel
    around = cv2.GaussianBlur(image, (0, 0), sigma) / np.maximum(cv2.GaussianBlur(covered, (0, 0), sigma), 1e-3)
    spots = canvas.atlas.gather(image - around)
    amount = 1.0
    for _ in range(4):
        rises = [freckle_rise(measures, texels, amount * spots) for texels in anchors]
        amount /= np.mean(rises)
    return canvas.atlas.image((amount * spots).astype(np.float32))


def freckle_rise(measures: Measures, texels: np.ndarray, spots: np.ndarray) -> float:
    """Return by how many units spots [N] freckle a log albedo [N,3]."""
    green = float(np.exp(texels[:, 1]).mean())
    room = np.clip(green / ROOMY_ALBEDO, LEAST_ROOM, 1)
    after = texels - (room * spots)[:, None] * np.float32(MELANIN)
    return measures.label(after, "freckles") - measures.label(texels, "freckles")


def main(arguments: Sequence[str] | None = None) -> int:
    """Find, write, measure and draw the sliders."""
    parser = argparse.ArgumentParser(prog="python -m training.latent_directions", description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, required=True, help="of the generator's training: its codes")
    parser.add_argument("--data", type=Path, required=True, help="the data set of that training")
    parser.add_argument("--generator", type=Path, default=GENERATOR_PATH)
    parser.add_argument("--out", type=Path, default=DIRECTIONS_PATH)
    parser.add_argument("--sheets", type=Path, help="folder for figures and strip pictures")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    items = load(options.data)
    generator = load_generator(options.generator)
    codes = read_checkpoint(options.checkpoint)["codes"]["weight"].numpy()
    samples = Samples.of(codes, [items.items[row] for row in items.rows("train")])
    measures = Measures(items, generator.config.size, half=0)
    directions = find_directions(generator, samples, measures, file_digest(options.generator))
    save_directions(directions, options.out)
    print(f"{options.out}: {', '.join(directions.sliders)}")
    if options.sheets:
        write_report(generator, directions, items, Measures(items, generator.config.size, half=1), options.sheets)
    return 0


def find_directions(
    generator: ReflectanceGenerator, samples: Samples, measures: Measures, digest: str
) -> LatentDirections:
    """Return the sliders of a generator.

    Args:
        generator: frozen.
        samples: its codes.
        measures: at the generator's own size.
        digest: of the generator's file.
    """
    by_tone = np.argsort(samples.column(lambda item: item["tone"]))
    plain = [row for row in by_tone if not samples.items[row]["layers"]]
    anchors = samples.codes[[plain[round(place)] for place in np.linspace(0.1, 0.9, ANCHORS) * (len(plain) - 1)]]
    effects = find_effects(samples, colour_reader(generator, anchors, measures))
    lines, curve = decoupled(generator, effects, anchors, measures)
    reader = -colour_reader(generator, curve, measures).mean(0)
    texels = [measures.texels(generator, code) for code in anchors]
    return LatentDirections(
        LINES,
        lines.astype(np.float32),
        curve.astype(np.float32),
        reader.astype(np.float32),
        np.maximum.accumulate(curve @ reader).astype(np.float32),
        freckle_pattern(measures, texels),
        digest,
    )


if __name__ == "__main__":
    sys.exit(main())
