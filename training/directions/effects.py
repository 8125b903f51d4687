"""How the codes of people follow their tone, layers, age and sex, before anything is made orthogonal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.reflectance.generator import ReflectanceGenerator
from training.skin.layers import LAYERS

from .measures import STEPS, Measures, sex_of, tone_steps

DECADE = 10.0
RIDGE = 1e-3
SEED = 4


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


def halves_agree(generator: ReflectanceGenerator, samples: Samples, colour: np.ndarray) -> dict[str, float]:
    """Return how alike two halves of the people find each effect: the cosine between the albedo's two changes.

    What is noise comes out near 0, and no slider is made of it.
    """
    person = np.random.default_rng(SEED).permutation(samples.person.max() + 1)[samples.person]
    changes = []
    for half in (0, 1):
        rows = np.flatnonzero(person % 2 == half)
        number = np.unique(samples.person[rows], return_inverse=True)[1]
        lines = find_effects(Samples(samples.codes[rows], [samples.items[row] for row in rows], number), colour).lines
        codes = generator.w_average.cpu().numpy() + np.stack(
            [sign * line for sign in (1, -1) for line in lines.values()]
        )
        with torch.no_grad():
            albedo = generator.synthesis(
                torch.from_numpy(codes.astype(np.float32)), generator.config.sizes[0]
            ).log_albedo
        changes.append((albedo[: len(lines)] - albedo[len(lines) :]).flatten(1))
    cosine = torch.nn.functional.cosine_similarity(*changes)
    return {name: round(float(value), 2) for name, value in zip(lines, cosine)}


def colour_reader(generator: ReflectanceGenerator, codes: np.ndarray, measures: Measures) -> np.ndarray:
    """Return [3,D] how the mean log albedo of cheeks and forehead follows the code, on average over codes [N,D]."""
    size = generator.config.sizes[0]
    weight = torch.from_numpy(measures.canvas.atlas.image(measures.tone_weight))[None, None]
    weight = torch.nn.functional.adaptive_avg_pool2d(weight, size)
    tensors = torch.from_numpy(np.asarray(codes, np.float32)).requires_grad_()
    colour = (generator.synthesis(tensors, size).log_albedo * weight / weight.sum()).sum((0, 2, 3))
    slopes = [torch.autograd.grad(channel, tensors, retain_graph=True)[0].mean(0) for channel in colour]
    return torch.stack(slopes).numpy().astype(np.float64)
