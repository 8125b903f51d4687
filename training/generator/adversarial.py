"""The adversarial part of the generator's training: what a step does, and all that has to be kept between steps."""

from __future__ import annotations

import torch

from core.reflectance.generator import ReflectanceGenerator

from .data import TrainingMaps, stacked
from .discriminator import (
    Augmentation,
    Discriminator,
    PathLength,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)

RATE = 1e-3
R1_EVERY, PATH_EVERY = 16, 8
R1_WEIGHT, PATH_WEIGHT = 2.0, 2.0
LARGER_AFTER = 2500
"""Steps at each size before the next one."""


class Adversary:
    """The discriminator and what goes with it.

    Args:
        data: real maps.
        size: the largest size to look at.
        seed: of its random numbers and first weights.
        narrow: divides the critics' widths.
    """

    def __init__(self, data: TrainingMaps, size: int, seed: int, narrow: int = 1) -> None:
        self.data, self.size, self.steps = data, size, 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.discriminator = Discriminator(size, narrow).to(data.device)
        self.optimizer = torch.optim.Adam(self.discriminator.parameters(), lr=RATE, betas=(0.0, 0.99))
        self.augment, self.path = Augmentation(), PathLength()
        self.random = torch.Generator().manual_seed(seed)

    @property
    def current_size(self) -> int:
        """The size of this step's maps: progressive, from 64 texels up."""
        return min(64 << (self.steps // LARGER_AFTER), self.size)

    def judge(self, generator: ReflectanceGenerator, batch: int) -> dict[str, float]:
        """Train the discriminator by one step."""
        size = self.current_size
        real = self.data.maps(self.data.draw(batch, self.random), size)
        with torch.no_grad():
            made = stacked(generator.synthesis(self._people(generator, batch), size))
        self.optimizer.zero_grad(set_to_none=True)
        verdicts_real = self.discriminator(self.augment(real, self.random))
        loss = discriminator_loss(verdicts_real, self.discriminator(self.augment(made, self.random)))
        total = loss
        if self.steps % R1_EVERY == 0:
            total = total + 0.5 * R1_WEIGHT * R1_EVERY * gradient_penalty(self.discriminator, real)
        total.backward()
        self.optimizer.step()
        self.augment.adapt(verdicts_real[:, -1].detach())
        self.steps += 1
        return {"critics": loss.item(), "augmentation": self.augment.chance}

    def persuade(self, generator: ReflectanceGenerator, batch: int) -> torch.Tensor:
        """Return the generator's loss, with the path length penalty now and then."""
        size = self.current_size
        w = self._people(generator, batch)
        made = stacked(generator.synthesis(w, size))
        self.discriminator.requires_grad_(False)
        loss = generator_loss(self.discriminator(self.augment(made, self.random)))
        self.discriminator.requires_grad_(True)
        if self.steps % PATH_EVERY == 0:
            loss = loss + PATH_WEIGHT * PATH_EVERY * self.path(made, w, self.random)
        return loss

    def _people(self, generator: ReflectanceGenerator, batch: int) -> torch.Tensor:
        z = torch.randn(batch, generator.config.code, generator=self.random)
        return generator.mapping(z.to(self.data.device))

    def state_dict(self) -> dict:
        """Everything that an exact continuation needs."""
        return {
            "discriminator": self.discriminator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": self.random.get_state(),
            "augmentation": self.augment.chance,
            "path": self.path.mean,
            "steps": self.steps,
        }

    def load_state_dict(self, state: dict) -> None:
        """Take up where :meth:`state_dict` was made."""
        self.discriminator.load_state_dict(state["discriminator"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.random.set_state(state["random"].cpu())
        self.augment.chance, self.path.mean, self.steps = state["augmentation"], state["path"], state["steps"]
