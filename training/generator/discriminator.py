"""Discriminators that look at each kind of map, and at all together, as in FitMe (arXiv 2305.09641).

Residual critics (StyleGAN2, arXiv 1912.04958) with non-saturating logistic loss and R1 penalty (Mescheder et al.
2018), and adaptive augmentation for a small data set (Karras et al. 2020, arXiv 2006.06676).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu, softplus

from .data import CHANNELS, mirrored

PARTS = {"albedo": slice(0, 3), "gloss": slice(3, 5), "slopes": slice(5, 7), "joint": slice(0, 7)}
CENTRE = (-1.7, -1.7, -1.7, 0.45, 0.45, 0.0, 0.0)
SPREAD = (0.6, 0.6, 0.6, 0.1, 0.1, 0.1, 0.1)
"""Typical means and standard deviations of the channels, so that critics see numbers around one."""
WIDTHS = {4: 256, 8: 256, 16: 192, 32: 128, 64: 96, 128: 64, 256: 32, 512: 16, 1024: 8}
WANTED_OVERCONFIDENCE = 0.6
"""Share by which real maps are told from made ones above which augmentation grows."""


class Critic(nn.Module):
    """Looks at some channels at any size up to the largest: a layer per size that begins there."""

    def __init__(self, channels: int, size: int, narrow: int = 1) -> None:
        super().__init__()
        widths = {side: max(4, width // narrow) for side, width in WIDTHS.items() if side <= size}
        self.enter = nn.ModuleDict({str(side): nn.Conv2d(channels, width, 1) for side, width in widths.items()})
        self.first = nn.ModuleDict()
        self.second = nn.ModuleDict()
        self.shortcut = nn.ModuleDict()
        for side in (side for side in widths if side > 4):
            self.first[str(side)] = nn.Conv2d(widths[side], widths[side], 3, padding=1)
            self.second[str(side)] = nn.Conv2d(widths[side], widths[side // 2], 3, padding=1)
            self.shortcut[str(side)] = nn.Conv2d(widths[side], widths[side // 2], 1, bias=False)
        self.last = nn.Conv2d(widths[4] + 1, widths[4], 3, padding=1)
        self.verdict = nn.Linear(widths[4] * 16, 1)

    def forward(self, x: Float[Tensor, "B C S S"]) -> Float[Tensor, "B"]:
        side = x.shape[-1]
        x = leaky_relu(self.enter[str(side)](x), 0.2)
        while side > 4:
            y = leaky_relu(self.first[str(side)](x), 0.2)
            y = avg_pool2d(leaky_relu(self.second[str(side)](y), 0.2), 2)
            x = (y + self.shortcut[str(side)](avg_pool2d(x, 2))) * math.sqrt(0.5)
            side //= 2
        variety = (x.var(0, unbiased=False) + 1e-8).sqrt().mean().expand(len(x), 1, side, side)
        x = leaky_relu(self.last(torch.cat([x, variety], 1)), 0.2)
        return self.verdict(x.flatten(1))[:, 0]


class Discriminator(nn.Module):
    """One critic per kind of map and one for all: a column of verdicts each."""

    def __init__(self, size: int, narrow: int = 1) -> None:
        super().__init__()
        self.critics = nn.ModuleDict(
            {name: Critic(part.stop - part.start, size, narrow) for name, part in PARTS.items()}
        )
        self.register_buffer("centre", torch.tensor(CENTRE)[:, None, None])
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None])

    def forward(self, maps: Float[Tensor, "B 7 S S"]) -> Float[Tensor, "B 4"]:
        maps = (maps - self.centre) / self.spread
        return torch.stack([critic(maps[:, PARTS[name]]) for name, critic in self.critics.items()], 1)


class Augmentation:
    """Changes that do not leak into what is generated while they are rare: mirrored, moved, other tone, a hole.

    Attributes:
        chance: of each change; grows while real maps are told too easily from made ones.
    """

    def __init__(self, speed: float = 2e-3) -> None:
        self.chance, self.speed = 0.0, speed

    def adapt(self, real_verdicts: Tensor) -> None:
        """Follow the sign of the verdicts on real maps."""
        overconfident = real_verdicts.sign().mean().item() > WANTED_OVERCONFIDENCE
        self.chance = min(max(self.chance + (self.speed if overconfident else -self.speed), 0.0), 0.8)

    def __call__(self, maps: Float[Tensor, "B 7 S S"], random: torch.Generator) -> Float[Tensor, "B 7 S S"]:
        return torch.stack([self._one(image, random) for image in maps]) if self.chance > 0 else maps

    def _one(self, image: Float[Tensor, "7 S S"], random: torch.Generator) -> Tensor:
        size = image.shape[-1]
        mirror, move, tone, hole = (torch.rand(4, generator=random) < self.chance).tolist()
        if mirror:
            image = mirrored(image)
        if move:
            steps = torch.randint(-size // 8, size // 8 + 1, (2,), generator=random).tolist()
            image = image.roll(steps, (1, 2))
        if tone:
            change = torch.zeros(CHANNELS)
            change[:3] = 0.3 * torch.randn(1, generator=random)
            image = image + change.to(image)[:, None, None]
        if hole:
            top, left = torch.randint(0, size // 2, (2,), generator=random).tolist()
            keep = torch.ones_like(image)
            keep[:, top : top + size // 2, left : left + size // 2] = 0
            image = image * keep
        return image


def discriminator_loss(verdicts_real: Tensor, verdicts_made: Tensor) -> Tensor:
    """Return the logistic loss, summed over the critics."""
    return (softplus(-verdicts_real) + softplus(verdicts_made)).mean(0).sum()


def generator_loss(verdicts_made: Tensor) -> Tensor:
    """Return the non-saturating logistic loss, summed over the critics."""
    return softplus(-verdicts_made).mean(0).sum()


def gradient_penalty(discriminator: Discriminator, real: Float[Tensor, "B 7 S S"]) -> Tensor:
    """Return R1: the squared gradient of the verdicts on real maps."""
    real = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


class PathLength:
    """Keeps equal steps in w equal steps in the maps (StyleGAN2): the penalty follows the mean length so far."""

    def __init__(self, decay: float = 0.01) -> None:
        self.mean, self.decay = 0.0, decay

    def __call__(self, maps: Float[Tensor, "B 7 S S"], w: Float[Tensor, "B D"], random: torch.Generator) -> Tensor:
        noise = torch.randn(maps.shape, generator=random).to(maps) / maps.shape[-1]
        (gradient,) = torch.autograd.grad((maps * noise).sum(), w, create_graph=True)
        length = gradient.square().sum(1).sqrt()
        self.mean += self.decay * (length.mean().item() - self.mean)
        return (length - self.mean).square().mean()
