"""Pivotal tuning: the generator bends a little so that the code found for a person gives that person.

A code reaches what is common among people. What is this person's own, a generator can learn from the photos, if it
changes only around the code: Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images" (ACM TOG 2022), as
FitMe does. A locality term holds what the generator gives for other codes, so the person can still be edited.

The face recogniser has no say here: free to bend every weight, the generator pleased it with blotches where no photo
had looked.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..reflectance.generator import GeneratedMaps, ReflectanceGenerator
from .appearance import INDEPENDENT_TEXELS, TEXEL_NOISE
from .losses import robust_mean

WEIGHT_STEP = 3e-4
"""Of Adam on the generator's weights."""
NEIGHBOUR = 0.5
"""How far from the pivot, on the way to a random code, the locality term looks."""
LOCALITY_WEIGHT = 2000.0
LOCALITY_SIZE = 64
LEAST_WEIGHT = 0.02


@dataclass(frozen=True, eq=False)
class Believed:
    """What is believed of a person's skin, of which tuning is to be reminded.

    Attributes:
        log_albedo: [1, 3, S, S] natural logarithm of the diffuse albedo.
        weight: [1, 1, S, S] how far the photos saw it.
    """

    log_albedo: Tensor
    weight: Tensor


def tune(
    generator: ReflectanceGenerator,
    believed: Believed,
    steps: int,
    code: Tensor,
    seed: int = 0,
    on_step: Callable[[int], None] | None = None,
) -> ReflectanceGenerator:
    """Bend a copy of the generator around a code.

    Args:
        generator: stays as it is.
        believed: the skin that the photos show, at the map size of the tuning.
        steps: of Adam.
        code: [D] the pivot.
        seed: of the codes at which the generator must stay.
        on_step: called with the number of each step; may raise to stop.
    """
    tuned = copy.deepcopy(generator).requires_grad_(True)
    tuned.mapping.requires_grad_(False)
    weights = [weight for weight in tuned.parameters() if weight.requires_grad]
    optimiser = torch.optim.Adam(weights, lr=WEIGHT_STEP)
    size = believed.log_albedo.shape[-1]
    seen = torch.nonzero(believed.weight.flatten() > LEAST_WEIGHT).squeeze(1)
    target, weight = believed.log_albedo.flatten(2)[0, :, seen].t(), believed.weight.flatten()[seen]
    neighbours = generator.sample(max(steps, 1), seed)
    for step in range(steps):
        if on_step is not None:
            on_step(step)
        maps = tuned.synthesis(code[None], size)
        residual = (maps.log_albedo.flatten(2)[0, :, seen].t() - target) / TEXEL_NOISE
        cost = INDEPENDENT_TEXELS * robust_mean(residual, weight)
        other = torch.lerp(code, neighbours[step], NEIGHBOUR)[None]
        cost = cost + LOCALITY_WEIGHT * _difference(generator, tuned, other)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
    return tuned.requires_grad_(False)


def _difference(generator: ReflectanceGenerator, tuned: ReflectanceGenerator, code: Tensor) -> Tensor:
    """Mean squared difference of two generators' maps for a code [1, D]."""
    with torch.no_grad():
        kept = generator.synthesis(code, LOCALITY_SIZE)
    return (_stacked(tuned.synthesis(code, LOCALITY_SIZE)) - _stacked(kept)).square().mean()


def _stacked(maps: GeneratedMaps) -> Tensor:
    return torch.cat([maps.log_albedo, maps.specular, maps.roughness, maps.slopes], 1)
