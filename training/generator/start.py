"""Where training of the generator begins: the linear prior, and what the data set's principal components add to it.

The generator's modes are linear in the code, so the best ones to begin with are known in closed form. Coarse
albedo gets, besides the prior's 48 modes, the components of what those leave over: first of whole maps, then of
overlapping windows, because people share brows and lips more often than whole faces. Finer levels, gloss and slopes
get components of their own, whose scores are predicted from the prior's coefficients as far as they can be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.reflectance.generator import ReflectanceGenerator
from core.reflectance.style_layers import ModeBank
from core.reflectance.synthesis import BASE, laplacian_pyramid

from .data import TrainingMaps, mirrored

TEXEL_NOISE = 0.1
"""Standard deviation of a texel's logarithm around the prior's modes when coefficients are estimated."""
WHOLE_SHARE = 0.25
"""Of the further coarse modes, how many are of whole maps; the others are of windows."""
WINDOWS, RIDGE = 4, 0.1
"""Windows a side; how much the prediction of fine scores is held back, per sample."""
CHANNELS = {"albedo": slice(0, 3), "gloss": slice(3, 5), "slopes": slice(5, 7)}


@dataclass
class _Codes:
    """Codes [N,D] of the samples, and the next number that nothing uses yet."""

    values: Tensor
    used: int

    def take(self, scores: Float[Tensor, "N K"]) -> slice:
        """Give scores their own numbers of the code, as many as are left."""
        count = min(scores.shape[1], self.values.shape[1] - self.used)
        numbers = slice(self.used, self.used + count)
        self.values[:, numbers] = scores[:, :count]
        self.used += count
        return numbers


def components(
    samples: Float[Tensor, "N D"], share: Float[Tensor, "N"], importance: Float[Tensor, "D"], count: int
) -> tuple[Float[Tensor, "K D"], Float[Tensor, "N K"], Float[Tensor, "K"]]:
    """Return weighted principal components of centred samples, scaled to one standard deviation.

    Args:
        samples: centred.
        share: of each sample, with sum 1.
        importance: how much the variance of each value counts when components are ranked.
        count: at most this many.

    Returns:
        modes, scores with variance 1, and the variance that each explains.
    """
    scaled = samples * share.sqrt()[:, None]
    variance, vectors = torch.linalg.eigh(((scaled * importance) @ scaled.T).double())
    count = min(count, int((variance > 1e-9 * variance.max().clamp(min=1e-12)).sum()))
    vectors = vectors.flip(1)[:, :count].float()
    return vectors.T @ scaled, vectors / share.sqrt()[:, None], variance.flip(0)[:count].float()


@torch.no_grad()
def start_from_data(generator: ReflectanceGenerator, data: TrainingMaps) -> Float[Tensor, "N D"]:
    """Put the data set's means and components into a generator that is the linear prior; return samples' codes.

    Args:
        generator: fresh from :func:`core.reflectance.generator.generator_from_prior`, on the processor.
        data: the items of training; a code per sample, mirror images included.
    """
    config = generator.config
    share = (data.weights / data.weights.sum() / 2).repeat(2)
    codes = _Codes(torch.zeros(len(data), config.code), config.coefficients)
    _coarse_albedo(generator, data, share, codes)
    coefficients = codes.values[:, : config.coefficients].clone()
    mean_maps = _mean_maps(data, share)
    for name, branch in generator.branches.items():
        means = laplacian_pyramid(mean_maps[:, CHANNELS[name]])
        for level, (size, mean) in enumerate(zip(config.sizes, means)):
            if name == "albedo" and size == BASE:
                continue
            branch.means[level].copy_(mean)
            if str(size) in branch.banks:
                bands = torch.cat(list(_bands(data, name, size))) - mean
                importance = _importance(data, size)
                _fine_modes(branch.banks[str(size)], bands, share, importance, coefficients, codes)
    return codes.values


def _coarse_albedo(generator: ReflectanceGenerator, data: TrainingMaps, share: Tensor, codes: _Codes) -> None:
    """Keep the prior's modes, correct its mean, and fill the other modes from what is left over."""
    branch, count = generator.branches["albedo"], generator.config.coefficients
    bank = branch.banks[str(BASE)]
    importance = _importance(data, BASE)
    modes = bank.maps[:count].flatten(1)
    left = data.maps(range(len(data)), BASE).cpu()[:, CHANNELS["albedo"]] - branch.means[0]
    weighted = modes * importance.repeat(len(modes), 3)
    system = weighted @ modes.T + TEXEL_NOISE**2 * torch.eye(count)
    coefficients = torch.linalg.solve(system, weighted @ left.flatten(1).T).T
    codes.values[:, :count] = coefficients
    left -= (coefficients @ modes).view_as(left)
    mean = torch.tensordot(share, left, 1)
    branch.means[0] += mean
    left -= mean

    whole = round(WHOLE_SHARE * (len(bank.maps) - count))
    found, scores, _ = components(left.flatten(1), share, importance.repeat(3), whole)
    _add_modes(bank, found, codes.take(scores), count)
    left -= (scores @ found).view_as(left)
    found, scores = _windowed(left, share, importance, len(bank.maps) - count - len(found))
    _add_modes(bank, found, codes.take(scores), count + whole)


def _windowed(left: Tensor, share: Tensor, importance: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the strongest components over all windows: modes [K,D] and scores [N,K]."""
    parts = [
        components((left * window).flatten(1), share, importance.repeat(3), count)
        for window in windows(left.shape[-1], WINDOWS)
    ]
    modes, scores, variance = (torch.cat(values, dim) for values, dim in zip(zip(*parts), (0, 1, 0)))
    best = variance.argsort(descending=True)[:count]
    return modes[best], scores[:, best]


def windows(size: int, cells: int) -> Float[Tensor, "W S S"]:
    """Return raised-cosine windows, one around every corner of a grid of cells; they add up to one."""
    place = (torch.arange(size) + 0.5) * cells / size
    corner = torch.arange(cells + 1)[:, None]
    line = 0.5 + 0.5 * torch.cos(torch.pi * (place - corner).clamp(-1, 1))
    return torch.einsum("ay,bx->abyx", line, line).flatten(0, 1)


def _add_modes(bank: ModeBank, modes: Float[Tensor, "K D"], numbers: slice, first: int) -> None:
    """Let consecutive modes of a bank follow consecutive numbers of the code."""
    count = numbers.stop - numbers.start
    bank.maps[first : first + count] = modes[:count].view(-1, *bank.maps.shape[1:])
    rows = torch.arange(count)
    bank.affine.weight[first : first + count] = 0
    bank.affine.weight[first + rows, numbers.start + rows] = 1


def _fine_modes(
    bank: ModeBank, bands: Tensor, share: Tensor, importance: Tensor, coefficients: Tensor, codes: _Codes
) -> None:
    """Fill a bank with a level's components.

    Scores are a linear function of the prior's coefficients (ridge regression) plus a remainder, whose own principal
    components become numbers of the code.
    """
    channels = bands.shape[1]
    modes, scores, _ = components(bands.flatten(1), share, importance.repeat(channels), len(bank.maps))
    weighted = coefficients * share[:, None]
    system = weighted.T @ coefficients + RIDGE * torch.eye(coefficients.shape[1])
    prediction = torch.linalg.solve(system, weighted.T @ scores)
    remainder = scores - coefficients @ prediction
    directions, own, _ = components(remainder, share, torch.ones(remainder.shape[1]), remainder.shape[1])
    numbers = codes.take(own)
    bank.maps.zero_()
    bank.affine.weight.zero_()
    bank.maps[: len(modes)] = modes.view(-1, *bank.maps.shape[1:])
    bank.affine.weight[: len(modes), : coefficients.shape[1]] = prediction.T
    bank.affine.weight[: len(modes), numbers] = directions[: numbers.stop - numbers.start].T


def _importance(data: TrainingMaps, size: int) -> Float[Tensor, "D"]:
    """Return how much each texel of one channel counts: the mean trust of all samples."""
    trust = torch.stack([data.trust([row], size)[0, 0].cpu() for row in range(len(data.items))]).mean(0)
    return (0.5 * (trust + trust.flip(-1))).flatten()


def _bands(data: TrainingMaps, name: str, size: int) -> Iterator[Float[Tensor, "1 C S S"]]:
    """Yield what a level of each sample's Laplacian pyramid holds."""
    for sample in range(len(data)):
        yield laplacian_pyramid(data.maps([sample], size).cpu()[:, CHANNELS[name]])[-1]


def _mean_maps(data: TrainingMaps, share: Tensor) -> Float[Tensor, "1 7 S S"]:
    """Return the mean maps of all samples, which are mirror-symmetric, at full size."""
    mean = sum(2 * share[row] * data.maps([row], data.size).cpu() for row in range(len(data.items)))
    return 0.5 * (mean + mirrored(mean))
