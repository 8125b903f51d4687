"""How much redness, freckles, stubble, wrinkles, masculinity and skin tone a map shows, in units of the sliders.

Redness, freckles and stubble are the data set's labels, measured on the map. Masculinity is what a ridge regression
from coarse albedo, trained on people of the data set, reads off it. One unit is one standard deviation over items (over
men for stubble); a unit of skin tone is a tenth of the range from 60 to -62 degrees; wrinkles are
hundredths of slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.completion.atlas import build_atlas
from core.reflectance.generator import GeneratedMaps, ReflectanceGenerator
from core.reflectance.prior import load_prior
from core.reflectance.tone import individual_typology_angle, lab_from_linear
from core.shape.morphable import load_model
from training.dataset.items import ReflectanceItems
from training.dataset.labels import measured_labels
from training.skin.surface import Canvas, Skin, make_canvas
from training.skin.tone import mean_colours

LIGHTEST, DARKEST, STEPS = 60.0, -62.0, 10
STEP = (LIGHTEST - DARKEST) / STEPS
"""Degrees of individual typology angle in one unit of skin tone."""
LABELS = ("redness", "freckles", "stubble")
A_STAR, WRINKLES, MASCULINITY = "a*", "wrinkles", "masculinity"
MEASURES = ("skin_tone", *LABELS, A_STAR, WRINKLES, MASCULINITY)
CREASE_METRES = 0.001
READER_SIZE = 64
RIDGES = (10.0, 30.0, 100.0, 300.0, 1000.0)
FOLDS = 7
HALVES_SEED = 4


def tone_steps(angle: np.ndarray | float) -> np.ndarray | float:
    """Return how many units of skin tone an individual typology angle lies from the lightest one."""
    return (LIGHTEST - np.asarray(angle)) / STEP


@dataclass(frozen=True, eq=False)
class Reader:
    """A ridge regression from coarse log albedo to one number of a person.

    Attributes:
        weights: [3,64,64].
        offset, scale: the regression is ``(maps * weights).sum() + offset``; divided by ``scale`` it has a standard
            deviation of 1 over people.
        correlation: of its values with the truth, for people that it was not trained on.
        people: how many have a truth.
    """

    weights: np.ndarray
    offset: float
    scale: float
    correlation: float
    people: int

    def read(self, log_albedo: Float[Tensor, "B 3 S S"]) -> np.ndarray:
        """Return the number [B] in standard deviations."""
        small = torch.nn.functional.adaptive_avg_pool2d(log_albedo, READER_SIZE).cpu().numpy()
        return (np.einsum("bcyx,cyx->b", small, self.weights) + self.offset) / self.scale


def train_reader(features: np.ndarray, truth: np.ndarray, names: Sequence[str], importance: np.ndarray) -> Reader:
    """Return a ridge regression; how strongly it is held back is chosen by cross-validation over people.

    Args:
        features: [N,3,64,64] log albedo of items.
        truth: [N].
        names: [N] whom each item shows: all items of one person are left out together.
        importance: [64,64] how much each texel counts.
    """
    people, person = np.unique(names, return_inverse=True)
    weight = np.sqrt(importance / importance.mean())
    values = (features * weight).reshape(len(features), -1)
    centre, mean = values.mean(0), truth.mean()
    kernel = (values - centre) @ (values - centre).T
    kernel /= np.trace(kernel) / len(kernel)
    fold = np.random.default_rng(0).permutation(len(people))[person] % FOLDS
    best = max((np.corrcoef(_left_out(kernel, truth - mean, fold, ridge), truth)[0, 1], -ridge) for ridge in RIDGES)
    dual = np.linalg.solve(kernel - best[1] * 1e-2 * np.eye(len(kernel)), truth - mean)
    scale = np.trace((values - centre) @ (values - centre).T) / len(values)
    weights = (dual @ (values - centre) / scale).reshape(features.shape[1:])
    said = kernel @ dual
    return Reader(
        weights * weight, float(mean - centre @ weights.ravel()), float(said.std()), float(best[0]), len(people)
    )


def _left_out(kernel: np.ndarray, truth: np.ndarray, fold: np.ndarray, ridge: float) -> np.ndarray:
    """Return each item's regression by the items of other folds."""
    said = np.zeros_like(truth)
    for number in range(FOLDS):
        inside, outside = fold != number, fold == number
        system = kernel[np.ix_(inside, inside)] + ridge * 1e-2 * np.eye(int(inside.sum()))
        said[outside] = kernel[np.ix_(outside, inside)] @ np.linalg.solve(system, truth[inside])
    return said


def sex_of(item: dict) -> float | None:
    """Return 1 for men, -1 for women, None where it is not known."""
    return {"male": 1.0, "female": -1.0}.get(item["sex"])


def masculinity_reader(items: ReflectanceItems, half: int) -> Reader:
    """Return the reader of how men differ from women of their age and studio (studios differ in light).

    Args:
        items: the data set.
        half: 0 or 1, which half of the people teaches.
    """
    rows = [
        row
        for row in items.rows("train")
        if items.items[row]["age"] is not None and sex_of(items.items[row]) is not None
    ]
    everybody = np.unique([items.items[row]["name"] for row in rows])
    mine = set(np.random.default_rng(HALVES_SEED).permutation(everybody)[half::2])
    rows = [row for row in rows if items.items[row]["name"] in mine]
    known = [items.items[row] for row in rows]
    features = np.stack([items.log_albedo(row, READER_SIZE).transpose(2, 0, 1) for row in rows])
    importance = np.mean([_small(items.seen[row]) for row in rows], 0)
    sex = np.array([sex_of(item) for item in known])
    studios = sorted({item["source"] for item in known})
    rest = np.array([[item["age"], *(item["source"] == studio for studio in studios)] for item in known], np.float64)
    truth = sex - rest @ np.linalg.lstsq(rest, sex, rcond=None)[0]
    return train_reader(features, truth, [item["name"] for item in known], importance)


def relief_of(canvas: Canvas, slopes: np.ndarray) -> float:
    """Return how strong slopes [S,S,2] of cheeks and forehead are, coarser than pores, in hundredths."""
    smooth = cv2.GaussianBlur(np.ascontiguousarray(slopes), (0, 0), CREASE_METRES / canvas.texel)
    energy = canvas.atlas.gather(np.square(smooth).sum(2))
    return 100 * float(np.sqrt(np.average(energy, weights=canvas.share("cheeks", "forehead"))))


class Measures:
    """Reads all measures off generated maps.

    Args:
        items: the data set; its training split gives the readers and the units.
        size: texels a side of the maps that will be measured.
        half: of the people, see `masculinity_reader`: what the reader of one half has shaped is measured with that of
            the other.
    """

    def __init__(self, items: ReflectanceItems, size: int, half: int) -> None:
        model = load_model()
        self.size = size
        self.canvas: Canvas = make_canvas(model, build_atlas(model, size), load_prior())
        self.tone_weight = self.canvas.share("cheeks", "forehead")
        apart = self.canvas.share("lips", "nostrils", "brows", "lids", "mouth_inner", "eye_socket")
        self.flushed = self.canvas.share("cheeks", "nose") * (1 - apart)
        known = [items.items[row] for row in items.rows("train")]
        growing = {"stubble": [item for item in known if item["sex"] == "male"]}
        self.units = {
            name: float(np.std([item["labels"][name] for item in growing.get(name, known)])) for name in LABELS
        }
        self.reader = masculinity_reader(items, half)

    def of(self, maps: GeneratedMaps) -> Float[np.ndarray, "B K"]:
        """Return all measures of maps, in the order of `MEASURES`."""
        read = self.reader.read(maps.log_albedo)
        albedo, slopes = (image.permute(0, 2, 3, 1).cpu().numpy() for image in (maps.log_albedo, maps.slopes))
        return np.array(
            [
                [*self._of_texels(self.canvas.atlas.gather(colour)), self.relief(slope), said]
                for colour, slope, said in zip(albedo, slopes, read)
            ]
        )

    def relief(self, slopes: np.ndarray) -> float:
        """Return :func:`relief_of` slopes [S,S,2]."""
        return relief_of(self.canvas, slopes)

    def _of_texels(self, texels: np.ndarray) -> list[float]:
        labels = self._labels(texels)
        scaled = (labels[name] / self.units[name] for name in LABELS)
        return [float(tone_steps(self.angle(texels))), *scaled, self.green_to_red(texels)]

    def label(self, texels: np.ndarray, name: str) -> float:
        """Return one of the labels of log albedo [N,3] at the texels, in units."""
        return self._labels(texels)[name] / self.units[name]

    def texels(self, generator: ReflectanceGenerator, code: np.ndarray) -> np.ndarray:
        """Return the log albedo [N,3] of a code [D] at the texels."""
        with torch.no_grad():
            maps = generator.synthesis(_row(generator, code), self.size)
        return self.canvas.atlas.gather(maps.log_albedo[0].permute(1, 2, 0).cpu().numpy())

    def _labels(self, texels: np.ndarray) -> dict[str, float]:
        nothing = np.zeros(len(texels), np.float32)
        return measured_labels(self.canvas, Skin(texels, nothing, nothing, nothing))

    def angle(self, texels: np.ndarray) -> float:
        """Return the individual typology angle of log albedo [N,3] at the texels, degrees."""
        return float(individual_typology_angle(mean_colours(texels[None], self.tone_weight))[0])

    def green_to_red(self, texels: np.ndarray) -> float:
        """Return a* of cheeks and nose of log albedo [N,3] at the texels."""
        return float(lab_from_linear(mean_colours(texels[None], self.flushed))[0, 1])


@torch.no_grad()
def measure_codes(generator: ReflectanceGenerator, codes: np.ndarray, measures: Measures) -> np.ndarray:
    """Return the measures [N,K] of codes [N,D], made one at a time."""
    return np.concatenate([measures.of(generator.synthesis(_row(generator, code), measures.size)) for code in codes])


def _row(generator: ReflectanceGenerator, code: np.ndarray) -> Float[Tensor, "1 D"]:
    return torch.from_numpy(np.asarray(code, np.float32)[None]).to(generator.w_average.device)


def _small(seen: np.ndarray) -> np.ndarray:
    """Return how much of each coarse texel a photo showed, [64,64] in [0,1]."""
    tensor = torch.from_numpy(np.asarray(seen, np.float32))[None, None] / 255
    return torch.nn.functional.adaptive_avg_pool2d(tensor, READER_SIZE)[0, 0].numpy()
