"""Who of the reflectance data set is shown at which skin tone, and in which colour real people of that tone are.

BioSkin's nets move a person's texels (`training.skin.tone`); taken alone they turn warm light skins orange where they
get dark. So the mean colour is matched to the studio's own people of that tone: mean logarithms as smooth functions of
the individual typology angle, with part of the person's own deviation from them; and the histogram of plain skin moves
as it does from people of the one tone to people of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.reflectance.tone import individual_typology_angle
from training.skin.tone import BioSkin, ToneChanger, skin_share

TONE_STEPS = np.linspace(60, -62, 11)
"""Edges of ten equal steps of individual typology angle, degrees; measured skin lies within them."""
EXTRA_TONES = 2
DISTURBANCE = 20.0
"""Degrees by which people are shuffled when tones are handed out in order."""
UNKNOWN_SPREAD = 6.0
"""Degrees by which the tones of people vary whose white balance was lost."""
SPREAD_OF_TONES = 15.0
"""Degrees within which people count as alike when the curve of colours is fitted: rare tones weigh as much."""
KEPT_DEVIATION, LARGEST_DEVIATION = 0.6, 0.12
QUANTILES = np.linspace(0.05, 0.95, 10)
PLAIN_SKIN = 0.5
"""Texels that are skin by more than this make up a histogram."""


@dataclass(frozen=True)
class Variant:
    """One item to be made.

    Attributes:
        name: of the person.
        index: 0 is the person's own tone.
        angle: individual typology angle to reach in degrees; None keeps the person's.
    """

    name: str
    index: int
    angle: float | None


def plan_variants(names: list[str], own: np.ndarray, validation: np.ndarray, seed: int) -> list[Variant]:
    """Return who is shown at which tone, so that ten steps of tone come out as equally frequent as can be.

    The Ontario set's tones were lost with its white balance: its people's own are drawn about the European mean that
    they were set to. Painted skins keep their angle but take a measured colour. Other tones go to people in order of
    their own, disturbed, so that most people move little.

    Args:
        names: [P] of people.
        own: [P] individual typology angle of each, degrees.
        validation: [P] bool; those people appear once, as they are.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    own = own.copy()
    matched = np.array([not name.startswith("london") for name in names])
    drawn = np.array([name.startswith("canada") for name in names])
    own[drawn] += rng.normal(0, UNKNOWN_SPREAD, drawn.sum())
    variants = [Variant(name, 0, float(own[row]) if matched[row] else None) for row, name in enumerate(names)]
    people = np.flatnonzero(~validation)
    counts = np.bincount(tone_step(own[people]), minlength=10)
    targets = []
    for _ in range(EXTRA_TONES * len(people)):
        step = int(counts.argmin())
        counts[step] += 1
        targets.append(rng.uniform(TONE_STEPS[step + 1], TONE_STEPS[step]))
    targets = np.sort(targets)[::-1]
    for index in range(EXTRA_TONES):
        order = people[np.argsort(-own[people] + rng.normal(0, DISTURBANCE, len(people)))]
        variants += [
            Variant(names[row], index + 1, float(angle)) for row, angle in zip(order, targets[index::EXTRA_TONES])
        ]
    rank = {name: row for row, name in enumerate(names)}
    return sorted(variants, key=lambda variant: (rank[variant.name], variant.index))


def tone_step(angles: np.ndarray) -> np.ndarray:
    """Return which of the ten steps of tone each angle [N] in degrees lies in, 0 the lightest."""
    return np.clip(np.digitize(-np.asarray(angles), -TONE_STEPS) - 1, 0, 9)


def balance(items: list[dict]) -> None:
    """Set the weights of items so that ten steps of tone weigh the same in training; their mean is 1."""
    training = [item for item in items if item["split"] == "train"]
    steps = tone_step(np.array([item["tone"] for item in training]))
    weights = 1 / np.bincount(steps, minlength=10)[steps]
    for item, weight in zip(training, weights / weights.mean()):
        item["weight"] = round(float(weight), 4)


class ToneMatcher:
    """Shows people at other skin tones.

    Args:
        net: the BioSkin pair.
        colours: [P,3] mean linear albedo of everybody.
        measured: [P] bool, those whose colour was measured: they say how real skin of each tone looks.
        skins: [P,M,3] log albedo of plain skin of everybody, at any texels: how it varies over the face of one person.
            Without it histograms are left as they come out.
    """

    def __init__(
        self, net: BioSkin, colours: np.ndarray, measured: np.ndarray, skins: np.ndarray | None = None
    ) -> None:
        self._changer = ToneChanger(net, colours)
        angles = individual_typology_angle(colours[measured])
        alike = np.exp(-0.5 * ((angles[:, None] - angles[None]) / SPREAD_OF_TONES) ** 2).sum(1)
        self._curve = np.polyfit(angles / 60, np.log(colours[measured]), 2, w=1 / np.sqrt(alike))
        self._histogram = None
        if skins is not None:
            own = np.array([_quantiles(skin) for skin in skins[measured]])
            flat = np.polyfit(angles / 60, own.reshape(len(own), -1), 1, w=1 / np.sqrt(alike))
            self._histogram = flat.reshape(2, *own.shape[1:])

    def colour_at(self, angle: float) -> np.ndarray:
        """Return the mean logarithm [3] of the linear albedo of people of a tone, degrees."""
        return np.array([1, angle / 60, (angle / 60) ** 2])[::-1] @ self._curve

    def wanted(self, mean: np.ndarray, angle: float) -> np.ndarray:
        """Return the mean logarithm [3] of a person of mean logarithm [3] at another tone, degrees."""
        own = mean - self.colour_at(float(individual_typology_angle(np.exp(mean))))
        own = np.clip(KEPT_DEVIATION * own, -LARGEST_DEVIATION, LARGEST_DEVIATION)
        low, high = angle - 40, angle + 40
        for _ in range(20):
            middle = (low + high) / 2
            if individual_typology_angle(np.exp(self.colour_at(middle) + own)) < angle:
                low = middle
            else:
                high = middle
        return self.colour_at(middle) + own

    def histogram_at(self, angle: float) -> np.ndarray:
        """Return how skin of a tone, degrees, varies over a face: quantiles [Q,3] about its median, logarithms."""
        return self._histogram[0] * angle / 60 + self._histogram[1]

    def matched(self, log_albedo: np.ndarray, angle: float, plain: np.ndarray, before: float) -> np.ndarray:
        """Return log albedo [N,3] whose histogram over plain skin [N] bool has changed as it does between two tones.

        Masked histogram matching as in FitMe (arXiv 2305.09641), but to the person's own histogram moved by what people
        of both tones differ by: nobody's freckles are evened out.

        Args:
            angle: individual typology angle that was reached; before: that of the person, degrees.
        """
        middle = np.median(log_albedo[plain], axis=0)
        own = _quantiles(log_albedo[plain])
        wanted = own + self.histogram_at(angle) - self.histogram_at(before)
        moved = log_albedo.copy()
        for channel in range(3):
            values = log_albedo[:, channel] - middle[channel]
            rising = np.maximum.accumulate(wanted[:, channel])
            # Beyond the outermost quantiles everything moves as they do.
            moved[:, channel] += np.interp(values, own[:, channel], rising - own[:, channel])
        return moved

    def retone(self, log_albedo: np.ndarray, angle: float, tone_weight: np.ndarray) -> np.ndarray:
        """Return the log albedo [N,3] of a person at another tone; hair and brows get darker but not lighter.

        Args:
            angle: individual typology angle to reach, degrees.
            tone_weight: [N] where the tone is measured.
        """
        share = skin_share(log_albedo, tone_weight)
        moved = self._changer.retone(log_albedo, share, angle, tone_weight)
        wanted = self.wanted(_log_mean(log_albedo, tone_weight), angle)
        if wanted.mean() < _log_mean(log_albedo, tone_weight).mean():
            share = np.ones_like(share)
        if self._histogram is not None:
            before = float(individual_typology_angle(np.exp(_log_mean(log_albedo, tone_weight))))
            plain = (tone_weight > PLAIN_SKIN) & (skin_share(log_albedo, tone_weight) > PLAIN_SKIN)
            moved += share[:, None] * (self.matched(moved, angle, plain, before) - moved)
        return (moved + share[:, None] * (wanted - _log_mean(moved, tone_weight))).astype(np.float32)


def _quantiles(skin: np.ndarray) -> np.ndarray:
    """Return quantiles [Q,3] of the log albedo of texels [M,3] about its median."""
    return np.quantile(skin, QUANTILES, axis=0) - np.median(skin, axis=0)


def _log_mean(log_albedo: np.ndarray, tone_weight: np.ndarray) -> np.ndarray:
    return np.log(np.average(np.exp(log_albedo), axis=0, weights=tone_weight))
