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
from pathlib import Path

import numpy as np
import torch

from core.reflectance.directions import (
    DIRECTIONS_PATH,
    FRECKLES,
    WRINKLES,
    LatentDirections,
    file_digest,
    save_directions,
)
from core.reflectance.generator import GENERATOR_PATH, ReflectanceGenerator, load_generator
from training.dataset.items import load
from training.directions.effects import Effects, Samples, colour_reader, find_effects, halves_agree
from training.directions.layers import freckle_layer, wrinkle_layer
from training.directions.measures import MASCULINITY, MEASURES, STEPS, Measures, measure_codes
from training.directions.report import write_report
from training.generator.trainer import read_checkpoint

LINES = ("redness", "masculinity", "stubble")
ANCHORS = 6
"""People at whom the sliders' effects are measured for decoupling."""
CURVE_ROUNDS = 3


def decoupled(
    generator: ReflectanceGenerator, effects: Effects, anchors: np.ndarray, measures: Measures
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines [K,D] and the curve of tones [T,D], none of which moves the measures of the others.

    Args:
        generator: whose maps are measured.
        effects: what was found in the codes.
        anchors: [A,D] codes of people at whom lines are measured.
        measures: of redness and stubble in units of the sliders; a unit of masculinity is half of the sexes'
            difference, whatever that does to the reader.
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
    units = np.array(
        [sizes[row] * response[row, row] if LINES[row - 1] == MASCULINITY else 1 for row in range(1, len(moves))]
    )
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
    people = [items.items[row] for row in items.rows("train")]
    # People who were mixed from others follow: they are nobody's.
    each = len(codes) // 2
    codes = np.concatenate([codes[: len(people)], codes[each : each + len(people)]])
    samples = Samples.of(codes, people)
    measures = Measures(items, generator.config.size, half=0)
    directions, agreement = find_directions(generator, samples, measures, file_digest(options.generator))
    save_directions(directions, options.out)
    print(f"{options.out}: {', '.join(directions.sliders)}")
    if options.sheets:
        other = Measures(items, generator.config.size, half=1)
        write_report(generator, directions, items, other, options.sheets, {"halves agree": agreement})
    return 0


def find_directions(
    generator: ReflectanceGenerator, samples: Samples, measures: Measures, digest: str
) -> tuple[LatentDirections, dict[str, float]]:
    """Return the sliders of a generator, and what `halves_agree` says.

    Args:
        generator: frozen.
        samples: its codes.
        measures: at the generator's own size.
        digest: of the generator's file.
    """
    by_tone = np.argsort(samples.column(lambda item: item["tone"]))
    plain = [row for row in by_tone if not samples.items[row]["layers"]]
    anchors = samples.codes[[plain[round(place)] for place in np.linspace(0.1, 0.9, ANCHORS) * (len(plain) - 1)]]
    colour = colour_reader(generator, anchors, measures)
    effects = find_effects(samples, colour)
    lines, curve = decoupled(generator, effects, anchors, measures)
    reader = -colour_reader(generator, curve, measures).mean(0)
    people = [measures.texels(generator, code) for code in anchors]
    layers = {FRECKLES: freckle_layer(measures, people), WRINKLES: wrinkle_layer(measures.canvas)}
    found = LatentDirections(
        LINES,
        lines.astype(np.float32),
        curve.astype(np.float32),
        reader.astype(np.float32),
        np.maximum.accumulate(curve @ reader).astype(np.float32),
        layers,
        digest,
    )
    return found, halves_agree(generator, samples, colour)


if __name__ == "__main__":
    sys.exit(main())
