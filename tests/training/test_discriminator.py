"""The discriminator: what it tells apart, its penalty, and the augmentation that follows it."""

from __future__ import annotations

import numpy as np
import torch

from core.reflectance.generator import ReflectanceGenerator
from training.generator.adversarial import Adversary
from training.generator.discriminator import Augmentation, Discriminator, gradient_penalty


def test_a_step_of_the_discriminator_tells_better(made_up_data, tiny):
    adversary = Adversary(made_up_data, 64, seed=0, narrow=16)
    torch.manual_seed(0)
    generator = ReflectanceGenerator(tiny)
    losses = [adversary.judge(generator, 4)["critics"] for _ in range(10)]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    assert torch.isfinite(adversary.persuade(generator, 4))


def test_penalty_is_the_gradient_of_the_verdicts(made_up_data):
    torch.manual_seed(0)
    discriminator = Discriminator(64, narrow=16)
    maps = made_up_data.maps([0, 1], 64)
    penalty = gradient_penalty(discriminator, maps)
    step = 1e-2 * torch.randn_like(maps)
    with torch.no_grad():
        change = discriminator(maps + step).sum() - discriminator(maps - step).sum()
    bound = 2 * (2 * penalty).sqrt() * step.flatten(1).norm(dim=1).norm()
    assert 0 < change.abs() <= 1.05 * bound


def test_augmentation_follows_overconfidence(made_up_data):
    augment = Augmentation(speed=0.3)
    maps = made_up_data.maps([0], 64)
    assert augment(maps, torch.Generator()) is maps
    augment.adapt(torch.ones(8))
    assert augment.chance == 0.3
    changed = [augment(maps, torch.Generator().manual_seed(seed)) for seed in range(8)]
    assert any(not torch.equal(value, maps) for value in changed)
    augment.adapt(-torch.ones(8))
    assert augment.chance == 0.0
