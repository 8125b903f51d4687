"""The mapping network fitted to the codes of people, so that a random z is a person too.

Codes are compared with samples by their sliced Wasserstein distance (Bonneel et al. 2015): along random directions,
sorted against sorted. Directions are drawn among the principal ones, where people differ most.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from core.reflectance.generator import ReflectanceGenerator

DIRECTIONS = 128
"""Random directions per step."""
JITTER = 0.1
"""Standard deviation, in that of the codes, of what is added to people's codes, who are few."""
RIDGE = 1e-2
LEAST_SCALE = 0.02


@torch.no_grad()
def describe_codes(
    generator: ReflectanceGenerator,
    codes: Float[Tensor, "N D"],
    weights: Float[Tensor, "N"],
    coefficients: Float[Tensor, "N K"],
) -> None:
    """Set the generator's mean code, the codes' standard deviations, and the way from the linear prior to codes.

    Args:
        generator: whose ``w_average``, ``w_scale``, ``prior_map`` and ``prior_offset`` change.
        codes: of the samples of training.
        weights: how many people each sample stands for.
        coefficients: of the linear prior for the same samples.
    """
    share = weights / weights.sum()
    average = share @ codes
    generator.w_average.copy_(average)
    generator.w_scale.copy_((share @ (codes - average).square()).sqrt().clamp(min=LEAST_SCALE))
    _fit_prior_map(generator, codes, share, coefficients)


def fit_mapping(
    generator: ReflectanceGenerator,
    codes: Float[Tensor, "N D"],
    weights: Float[Tensor, "N"],
    steps: int,
    seed: int,
    batch: int = 256,
) -> float:
    """Train the mapping network of a generator whose codes are described.

    Args:
        codes: of the samples of training.
        weights: how many people each sample stands for.
        steps: of Adam.
        seed: of the random numbers.
        batch: samples a step.

    Returns:
        The last steps' mean sliced Wasserstein distance, in standard deviations.
    """
    average, scale = generator.w_average.clone(), generator.w_scale.clone()
    with torch.no_grad():
        generator.mapping.scale.copy_(scale)
        generator.mapping.last.bias.copy_(average)
    random = torch.Generator().manual_seed(seed)
    people, share = ((codes - average) / scale).cpu(), (weights / weights.sum()).cpu()
    spread, directions = _principal(people, share)
    optimizer = torch.optim.Adam(generator.mapping.parameters(), lr=1e-3, betas=(0.5, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
    distances = []
    for _ in range(steps):
        drawn = torch.multinomial(share, batch, replacement=True, generator=random)
        wanted = people[drawn] + JITTER * torch.randn(batch, people.shape[1], generator=random)
        z = torch.randn(batch, people.shape[1], generator=random)
        mix = torch.randn(len(spread), DIRECTIONS, generator=random) * spread[:, None]
        axes = torch.nn.functional.normalize(directions.T @ mix, dim=0).to(codes)
        found = (generator.mapping(z.to(codes)) - average) / scale
        distance = ((found @ axes).sort(0).values - (wanted.to(codes) @ axes).sort(0).values).square().mean()
        optimizer.zero_grad(set_to_none=True)
        distance.backward()
        optimizer.step()
        schedule.step()
        distances.append(float(distance.detach()))
    last = distances[-max(1, steps // 10) :]
    return (sum(last) / len(last)) ** 0.5 if last else 0.0


def _principal(people: Tensor, share: Tensor) -> tuple[Float[Tensor, "K"], Float[Tensor, "K D"]]:
    """Return standard deviations along the principal directions of standardised codes, and those directions."""
    variance, vectors = torch.linalg.eigh((people.T * share) @ people)
    return variance.clamp(min=0).sqrt().flip(0), vectors.flip(1).T.contiguous()


def _fit_prior_map(generator: ReflectanceGenerator, codes: Tensor, share: Tensor, coefficients: Tensor) -> None:
    """Ridge regression of codes on the prior's coefficients, towards the identity that an untrained generator has."""
    count = coefficients.shape[1]
    start = torch.eye(count, codes.shape[1]).to(codes)
    centre = share @ coefficients
    weighted = (coefficients - centre) * share[:, None]
    difference = codes - coefficients @ start
    mean = share @ difference
    system = weighted.T @ (coefficients - centre) + RIDGE * torch.eye(count).to(codes)
    change = torch.linalg.solve(system, weighted.T @ (difference - mean))
    generator.prior_map.copy_(start + change)
    generator.prior_offset.copy_(mean - centre @ change)
