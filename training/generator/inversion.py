"""How well maps of people that training has not seen can be made by a frozen generator, and by the linear prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from skimage.color import deltaE_ciede2000
from torch import Tensor

from core.reflectance.generator import ReflectanceGenerator
from core.reflectance.prior import ReflectancePrior
from core.reflectance.tone import lab_from_linear

from .data import TrainingMaps, stacked
from .losses import reconstruction_loss, srgb_from_log

CODE_WEIGHT = 1e-5
"""Of the squared code, in standard deviations, beside the reconstruction loss."""
RATE = 0.1
TEXEL_NOISE = 0.05


@dataclass(frozen=True)
class Score:
    """Errors of diffuse albedo over texels that a photo showed: PSNR of sRGB-encoded albedo in dB, and CIEDE2000."""

    psnr: float
    ciede: float


def invert(
    generator: ReflectanceGenerator,
    wanted: Float[Tensor, "B 7 S S"],
    trust: Float[Tensor, "B 1 S S"],
    steps: dict[int, int],
    coefficients: Float[Tensor, "B K"] | None = None,
) -> Float[Tensor, "B D"]:
    """Return the codes whose maps come nearest to wanted ones; weights stay as they are.

    Args:
        generator: frozen.
        wanted: maps, at least as large as the largest size of ``steps``.
        trust: how much each texel counts.
        steps: of Adam per size, in order.
        coefficients: of the linear prior to begin with; the mean person when None.
    """
    start = generator.w_average.expand(len(wanted), -1)
    if coefficients is not None:
        start = generator.code_from_prior(coefficients)
    offset = ((start - generator.w_average) / generator.w_scale).clone().requires_grad_()
    optimizer = torch.optim.Adam([offset], lr=RATE, betas=(0.9, 0.95))
    total, done = sum(steps.values()), 0
    for size, count in steps.items():
        target, weight = (torch.nn.functional.avg_pool2d(x, x.shape[-1] // size) for x in (wanted, trust))
        for _ in range(count):
            optimizer.param_groups[0]["lr"] = RATE * (1 - 0.9 * done / total)
            optimizer.zero_grad(set_to_none=True)
            found = stacked(generator.synthesis(generator.w_average + offset * generator.w_scale, size))
            loss = len(wanted) * reconstruction_loss(found, target, weight) + CODE_WEIGHT * offset.square().sum()
            loss.backward()
            optimizer.step()
            done += 1
    return (generator.w_average + offset * generator.w_scale).detach()


def prior_coefficients(
    prior: ReflectancePrior,
    wanted: Float[Tensor, "B 3 S S"],
    trust: Float[Tensor, "B 1 S S"],
    noise: float = TEXEL_NOISE,
) -> Float[Tensor, "B K"]:
    """Return the most probable coefficients of the linear prior for maps of its size or that size halved.

    Args:
        wanted: log albedo.
        trust: how much each texel counts.
        noise: standard deviation of a texel around the model.
    """
    factor = prior.albedo_mean.shape[0] // wanted.shape[-1]
    images = torch.from_numpy(np.concatenate([prior.albedo_mean[None], prior.albedo_basis])).permute(0, 3, 1, 2)
    images = torch.nn.functional.avg_pool2d(images.float(), factor) if factor > 1 else images.float()
    mean, modes = images[0].flatten(), images[1:].flatten(1)
    rows = []
    for values, weight in zip(wanted.cpu().flatten(1), trust.cpu()):
        weighted = modes * weight.expand(3, -1, -1).flatten()
        system = weighted @ modes.T + noise**2 * torch.eye(len(modes))
        rows.append(torch.linalg.solve(system, weighted @ (values - mean)))
    return torch.stack(rows).to(wanted)


def scores(
    found: Float[Tensor, "B 3 S S"], wanted: Float[Tensor, "B 3 S S"], counted: Bool[Tensor, "B S S"]
) -> list[Score]:
    """Return the errors of log albedo over the counted texels, a score per sample."""
    result = []
    for ours, truth, mask in zip(found.cpu(), wanted.cpu(), counted.cpu()):
        ours, truth = ours[:, mask].T, truth[:, mask].T
        error = (srgb_from_log(ours) - srgb_from_log(truth)).square().mean().item()
        a, b = (lab_from_linear(values.exp().clamp(max=1).numpy()) for values in (ours, truth))
        result.append(Score(-10 * np.log10(max(error, 1e-12)), float(deltaE_ciede2000(a, b).mean())))
    return result


def compare_with_prior(
    generator: ReflectanceGenerator,
    prior: ReflectancePrior,
    people: TrainingMaps,
    size: int,
    steps: dict[int, int],
    keep: list[Tensor] | None = None,
) -> dict[str, list[Score]]:
    """Return scores of the generator's inversion and of the linear prior's modes on the same maps.

    Args:
        generator: frozen.
        prior: whose maps are at least ``size`` texels wide.
        people: items that training has not seen; the first of each person counts.
        size: texels a side at which maps are compared.
        steps: as in :func:`invert`.
        keep: gets the prior's and the generator's log albedo.
    """
    samples = own_tones(people)
    wanted, trust = people.maps(samples, size), people.trust(samples, size)
    counted = (trust[:, 0] > 0.9) & people.covered(size)
    coefficients = prior_coefficients(prior, wanted[:, :3], trust)
    linear = torch.stack([torch.from_numpy(prior.log_albedo(row)) for row in coefficients.cpu().numpy()])
    linear = torch.nn.functional.avg_pool2d(linear.permute(0, 3, 1, 2), prior.albedo_mean.shape[0] // size)
    codes = invert(generator, wanted, trust, steps, coefficients)
    with torch.no_grad():
        found = torch.cat([generator.synthesis(code[None], size).log_albedo for code in codes])
    if keep is not None:
        keep += [linear, found]
    return {"prior": scores(linear, wanted[:, :3], counted), "generator": scores(found, wanted[:, :3], counted)}


def own_tones(people: TrainingMaps) -> list[int]:
    """Return the first item of every person: the one at the person's own tone."""
    first: dict[str, int] = {}
    for row, item in enumerate(people.items):
        first.setdefault(item["name"], row)
    return list(first.values())


def summary(values: list[Score]) -> dict[str, float]:
    """Return the mean PSNR and CIEDE2000."""
    return {
        "psnr": round(float(np.mean([value.psnr for value in values])), 3),
        "ciede": round(float(np.mean([value.ciede for value in values])), 3),
    }
