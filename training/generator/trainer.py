"""One step of the generator's training, and everything that an exact continuation needs.

An auto-decoder (Bojanowski et al. 2018, arXiv 1707.05776): every sample has a code of its own that is trained with
the weights. Fine levels are trained on windows, which cost a fraction of whole maps.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from core.reflectance.generator import GeneratorConfig, ReflectanceGenerator
from core.reflectance.prior import ReflectancePrior, load_prior
from core.reflectance.style_layers import Window
from core.reflectance.synthesis import BASE, TRUNK_SIZES

from .adversarial import Adversary
from .data import TrainingMaps, stacked
from .inversion import prior_coefficients
from .losses import code_prior, consistency_loss, perceptual_or_none, reconstruction_loss
from .mapping import describe_codes, fit_mapping

SCHEDULE = (
    (0, {64: 0.5, 128: 0.5}),
    (150, {64: 0.25, 128: 0.45, 256: 0.3}),
    (600, {64: 0.15, 128: 0.35, 256: 0.3, 512: 0.2, 1024: 0.1}),
)
"""From which step on, how often each size is trained."""
BATCH = {64: 8, 128: 4, 256: 4, 512: 4, 1024: 4}
EXTENT = {256: 32, 512: 24, 1024: 16}
"""Windows of fine levels, in texels of the 64-texel level."""
RIM = 3
"""Texels of that level along a window's rim that differ from the whole map and do not count."""
RATES = {"maps": 5e-5, "means": 1e-4, "affine": 1e-4, "heads": 1e-4, "features": 5e-4, "mapping": 1e-5}
"""The mapping network is fitted in closed form when the discriminator joins, and only nudged from there."""
WARM_UP = 150
"""Steps over which the rates rise: Adam's first steps are large, and training begins at a good place."""
CODE_RATE, CODE_WEIGHT = 0.01, 1e-3
PERCEPTUAL_WEIGHT = 0.02
MIXING_EVERY, MIXING_WEIGHT = 10, 1.0
ADVERSARIAL_WEIGHT = 0.02
AVERAGING = 0.995
"""Decay of the moving average of the weights, which is what ships."""


@dataclass(frozen=True)
class Settings:
    """What a training run is asked for.

    Attributes:
        seed: of everything random.
        adversarial_after: steps of regression before the discriminator joins; None for never.
        batch_factor: multiplies the batch sizes.
        narrow: divides the discriminator's widths.
        perceptual: whether the recogniser's first layers compare textures.
    """

    seed: int = 0
    adversarial_after: int | None = None
    batch_factor: int = 1
    narrow: int = 1
    perceptual: bool = True


class Trainer:
    """Attributes:
    generator: being trained.
    average: moving average of its weights.
    codes: one per sample.
    """

    def __init__(
        self, data: TrainingMaps, generator: ReflectanceGenerator, codes: Float[Tensor, "N D"], settings: Settings
    ) -> None:
        self.data, self.settings, self.step_number = data, settings, 0
        self.generator = generator.to(data.device).train()
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.codes = torch.nn.Embedding(*codes.shape, sparse=True).to(data.device)
        self.codes.weight.data.copy_(codes)
        self.optimizer = torch.optim.Adam(_groups(generator), betas=(0.9, 0.99), fused=True)
        self.code_optimizer = torch.optim.SparseAdam(self.codes.parameters(), lr=CODE_RATE)
        self.random = torch.Generator().manual_seed(settings.seed)
        self.perceptual = perceptual_or_none(data.device) if settings.perceptual else None
        self.adversary: Adversary | None = None

    def step(self) -> dict[str, float]:
        """Train by one step; return the losses' names and values."""
        size = self._draw_size()
        samples = self.data.draw(BATCH[size] * self.settings.batch_factor, self.random)
        window = self._draw_window(size)
        losses = self._reconstruction(samples, size, window)
        if self.step_number % MIXING_EVERY == 0 and 128 in self.generator.config.sizes:
            losses["mixing"] = MIXING_WEIGHT * self._mixing(samples)
        total = sum(losses.values())
        report = {"size": float(size)} | {name: value.item() for name, value in losses.items()}
        if self._adversarial():
            report |= self.adversary.judge(self.generator, BATCH[64] * self.settings.batch_factor)
            persuasion = self.adversary.persuade(self.generator, BATCH[64] * self.settings.batch_factor)
            report["persuasion"] = persuasion.item()
            total = total + ADVERSARIAL_WEIGHT * persuasion
        self.optimizer.zero_grad(set_to_none=True)
        self.code_optimizer.zero_grad(set_to_none=True)
        total.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = group["full"] * min(1.0, (self.step_number + 1) / WARM_UP)
        self.optimizer.step()
        self.code_optimizer.step()
        self.step_number += 1
        self._follow()
        return report

    def finished(self, prior: ReflectancePrior, mapping: bool = True) -> tuple[ReflectanceGenerator, dict[str, float]]:
        """Return what would ship now, and how its random people's tones compare (`fit_mapping`).

        Args:
            prior: the linear prior whose coefficients `code_from_prior` is to understand.
            mapping: whether random people matter: fitting the mapping network takes some seconds.
        """
        generator = copy.deepcopy(self.average)
        weights = self.data.weights.repeat(2).to(self.data.device)
        codes = self.codes.weight.detach()
        samples = range(len(self.data))
        maps, trust = self.data.maps(samples, BASE), self.data.trust(samples, BASE)
        coefficients = prior_coefficients(prior, maps[:, :3], trust)[:, : generator.config.coefficients]
        describe_codes(generator, codes, weights, coefficients)
        distance = {}
        if mapping and self.adversary is None:
            distance = fit_mapping(generator, codes, weights, self.data.importance, self.settings.seed)
        return generator.requires_grad_(False).eval(), distance

    def _reconstruction(self, samples: list[int], size: int, window: Window | None) -> dict[str, Tensor]:
        rows = torch.tensor(samples, device=self.data.device)
        codes = self.codes(rows)
        found = stacked(self.generator.synthesis(codes, size, window))
        wanted = self.data.maps(samples, size, window)
        trust = self.data.trust(samples, size, window)
        if window is not None:
            trust = trust * _inside(window, size).to(trust)
        losses = {
            "difference": reconstruction_loss(found, wanted, trust),
            "code": CODE_WEIGHT * code_prior(codes),
        }
        if self.perceptual is not None and size >= 128:
            losses["texture"] = PERCEPTUAL_WEIGHT * self.perceptual(found * trust, wanted * trust)
        return losses

    def _mixing(self, samples: list[int]) -> Tensor:
        """Fine levels of one person must not change another from afar."""
        samples = samples[:4]
        rows = torch.tensor(samples, device=self.data.device)
        codes = self.codes(rows).detach()
        mixed = codes[:, None].repeat(1, self.generator.config.levels, 1)
        mixed[:, len(TRUNK_SIZES) :] = codes.roll(1, 0)[:, None]
        with torch.no_grad():
            coarse = stacked(self.generator.synthesis(codes, BASE))
        found = stacked(self.generator.synthesis(mixed, 128))
        return consistency_loss(found, coarse, self.data.trust(samples, BASE))

    def _adversarial(self) -> bool:
        after = self.settings.adversarial_after
        if after is None or self.step_number < after:
            return False
        if self.adversary is None:
            mapping = self.finished(load_prior())[0].mapping.state_dict()
            self.generator.mapping.load_state_dict(mapping)
            self.average.mapping.load_state_dict(mapping)
            self._begin_adversarial()
        return True

    def _begin_adversarial(self) -> None:
        size = min(self.generator.config.size, self.data.size)
        self.adversary = Adversary(self.data, size, self.settings.seed, self.settings.narrow)

    def _draw_size(self) -> int:
        shares = next(shares for start, shares in reversed(SCHEDULE) if self.step_number >= start)
        sizes = [size for size in shares if size in self.generator.config.sizes and size in self.data.sizes]
        chances = torch.tensor([shares[size] for size in sizes])
        return sizes[int(torch.multinomial(chances, 1, generator=self.random))]

    def _draw_window(self, size: int) -> Window | None:
        if size not in EXTENT:
            return None
        extent = EXTENT[size]
        places = torch.randint(0, BASE - extent + 1, (4, 2), generator=self.random).tolist()
        windows = [Window(top, left, extent) for top, left in places]
        return max(windows, key=lambda window: self.data.importance_of(window))

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(AVERAGING, (1 + self.step_number) / (10 + self.step_number))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 1 - decay)

    def save(self, path: Path, **more: object) -> None:
        """Write a checkpoint, in one rename."""
        state = {
            "config": self.generator.config,
            "settings": self.settings,
            "layout": self.generator.layout,
            "generator": self.generator.state_dict(),
            "average": self.average.state_dict(),
            "codes": self.codes.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "code_optimizer": self.code_optimizer.state_dict(),
            "random": self.random.get_state(),
            "step": self.step_number,
            "adversary": self.adversary and self.adversary.state_dict(),
            **more,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    @classmethod
    def resume(cls, data: TrainingMaps, state: dict) -> Trainer:
        """Return the trainer of a checkpoint, which goes on as if it had never stopped."""
        generator = ReflectanceGenerator(state["config"], state["layout"])
        trainer = cls(data, generator, state["codes"]["weight"].cpu(), state["settings"])
        trainer.generator.load_state_dict(state["generator"])
        trainer.average.load_state_dict(state["average"])
        trainer.codes.load_state_dict(state["codes"])
        trainer.optimizer.load_state_dict(state["optimizer"])
        trainer.code_optimizer.load_state_dict(state["code_optimizer"])
        trainer.random.set_state(state["random"].cpu())
        trainer.step_number = state["step"]
        if state["adversary"]:
            trainer._begin_adversarial()
            trainer.adversary.load_state_dict(state["adversary"])
        return trainer


def read_checkpoint(path: Path) -> dict:
    """Return the state of a checkpoint of ours."""
    with torch.serialization.safe_globals([GeneratorConfig, Settings]):
        return torch.load(path, map_location="cpu", weights_only=True)


def _groups(generator: ReflectanceGenerator) -> list[dict]:
    """Return the weights by what they are: each kind has its own rate."""
    groups: dict[str, list] = {name: [] for name in RATES}
    for name, value in generator.named_parameters():
        if name.startswith("mapping."):
            kind = "mapping"
        elif ".maps" in name:
            kind = "maps"
        elif ".means" in name:
            kind = "means"
        elif ".banks." in name:
            kind = "affine"
        elif ".details." in name or ".skip." in name:
            kind = "heads"
        else:
            kind = "features"
        groups[kind].append(value)
    return [{"params": groups[name], "lr": rate, "full": rate} for name, rate in RATES.items() if groups[name]]


def _inside(window: Window, size: int) -> Float[Tensor, "1 1 E E"]:
    """Return 1 where a window equals the whole map: the rim counts only where it is the map's own."""
    extent = window.extent
    inside = torch.zeros(1, 1, extent, extent)
    top, left = (0 if place == 0 else RIM for place in (window.top, window.left))
    bottom, right = (extent if place + extent == BASE else extent - RIM for place in (window.top, window.left))
    inside[..., top:bottom, left:right] = 1
    return inside.repeat_interleave(size // BASE, 2).repeat_interleave(size // BASE, 3)
