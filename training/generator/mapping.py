"""The mapping network fitted to the codes of people, in closed form, so that a random z is a person too.

Codes of people have a mean and a covariance, which a linear map of z gives them; but skin tones lie on a short curve,
and a Gaussian makes colours that nobody has. So random codes are moved until their mean colours are distributed like
people's (iterative distribution transfer, Pitie et al. 2007), each along with what goes with the tone, and the
perceptron behind the linear map learns that move by ridge regression.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from core.reflectance.generator import ReflectanceGenerator
from core.reflectance.style_layers import Mapping
from core.reflectance.synthesis import BASE

DRAWS = 4096
"""Random people from which the perceptron learns."""
ROUNDS = 40
"""Of distribution transfer."""
SMOOTHING = 0.1
"""Standard deviation, in that of people, by which their mean colours are smeared, who are few."""
RIDGE, REGRESSION_RIDGE = 1e-2, 1e-3
LEAST_SCALE = 0.02
BIAS_RANGE = 2.5
"""Where the perceptron's first layer bends, in standard deviations of mean colour."""


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


@torch.no_grad()
def fit_mapping(
    generator: ReflectanceGenerator,
    codes: Float[Tensor, "N D"],
    weights: Float[Tensor, "N"],
    face: Float[Tensor, "64 64"],
    seed: int,
) -> dict[str, float]:
    """Fit the mapping network of a generator whose codes are described.

    Args:
        codes: of the samples of training.
        weights: how many people each sample stands for.
        face: how much each coarse texel counts for the mean colour.
        seed: of the random numbers.

    Returns:
        Sliced Wasserstein distances of mean colours, in standard deviations: of a Gaussian's and of the mapped people
        from the codes, and of the codes from themselves drawn twice.
    """
    random = torch.Generator().manual_seed(seed)
    mapping, average = generator.mapping, generator.w_average.cpu()
    share = (weights / weights.sum()).cpu()
    people = codes.cpu() - average
    colour = mean_colour(generator, face).cpu()
    tone, centre, along = _whitened(people, share, colour)
    root = _root((people.T * share) @ people)

    def tones_of_people() -> Tensor:
        drawn = people[torch.multinomial(share, DRAWS, replacement=True, generator=random)] @ tone.T - centre
        return drawn + SMOOTHING * torch.randn(DRAWS, 3, generator=random)

    z = torch.randn(DRAWS, len(average), generator=random)
    z = z * torch.rsqrt(z.square().mean(1, keepdim=True))
    gaussian = z @ root @ tone.T - centre
    wanted = tones_of_people()
    moved = transfer(gaussian, wanted, ROUNDS, random)
    curve = _curve(people, people @ tone.T - centre, along, share)
    change = (moved - gaussian) @ along + _bends(moved) @ curve

    mapping.to("cpu")
    _read_tones(mapping, root @ tone.T, centre, random)
    features = torch.cat([mapping.features(z), torch.ones(DRAWS, 1)], 1)
    system = features.T @ features + REGRESSION_RIDGE * DRAWS * torch.eye(features.shape[1])
    solution = torch.linalg.solve(system.double(), (features.T @ change).double()).float()
    mapping.linear.weight.copy_(root)
    mapping.last.weight.copy_(solution[:-1].T)
    mapping.last.bias.copy_(average + solution[-1])
    found = (mapping(z) - average) @ tone.T - centre
    mapping.to(codes.device)
    again = tones_of_people()
    pairs = {"gaussian": gaussian, "mapped": found, "people": wanted}
    return {name: round(sliced_distance(values, again, random), 4) for name, values in pairs.items()}


def transfer(
    values: Float[Tensor, "A K"], wanted: Float[Tensor, "A K"], rounds: int, random: torch.Generator
) -> Float[Tensor, "A K"]:
    """Return values moved until they are distributed like wanted ones: along random axes, sorted to sorted."""
    for _ in range(rounds):
        axes = torch.linalg.qr(torch.randn(values.shape[1], values.shape[1], generator=random))[0]
        ours, theirs = values @ axes, (wanted @ axes).sort(0).values
        values = torch.empty_like(ours).scatter_(0, ours.argsort(0), theirs) @ axes.T
    return values


def sliced_distance(a: Float[Tensor, "A K"], b: Float[Tensor, "A K"], random: torch.Generator) -> float:
    """Return the sliced Wasserstein distance (Bonneel et al. 2015) of as many values each."""
    axes = torch.nn.functional.normalize(torch.randn(a.shape[1], 64, generator=random), dim=0)
    return float(((a @ axes).sort(0).values - (b @ axes).sort(0).values).square().mean().sqrt())


def mean_colour(generator: ReflectanceGenerator, face: Float[Tensor, "64 64"]) -> Float[Tensor, "3 D"]:
    """Return how the mean logarithm of a face's colour follows the code, as far as the coarse modes make it."""
    bank = generator.branches["albedo"].banks[str(BASE)]
    share = (face / face.sum()).to(bank.maps)
    return torch.einsum("kcyx,yx->ck", bank.maps.detach(), share) @ bank.affine.weight.detach()


def _whitened(people: Tensor, share: Tensor, colour: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what reads three uncorrelated numbers with variance 1 off people's mean colours.

    Returns:
        directions [3,D] and centre [3]: the numbers are ``people @ directions.T - centre``; and how the mean code
        follows them [3,D].
    """
    tones = people @ colour.T
    centre = share @ tones
    variance, vectors = torch.linalg.eigh(((tones - centre).T * share) @ (tones - centre))
    whitening = (vectors / variance.clamp(min=1e-10).sqrt()).T
    directions = whitening @ colour
    numbers = (tones - centre) @ whitening.T
    return directions, whitening @ centre, (numbers.T * share) @ people


def _bends(tones: Float[Tensor, "A 3"]) -> Float[Tensor, "A 7"]:
    """Return squares, products and one of mean colours: how the mean code bends along the curve of tones."""
    a, b, c = tones.clamp(-3, 3).T
    return torch.stack([a * a, b * b, c * c, a * b, a * c, b * c, torch.ones_like(a)], 1)


def _curve(people: Tensor, tones: Tensor, along: Tensor, share: Tensor) -> Float[Tensor, "7 D"]:
    """Ridge regression of what the linear dependence on tone leaves of the codes; no tone itself is left in it."""
    bends = _bends(tones)
    weighted = bends.T * share
    left = people - tones @ along
    return torch.linalg.solve(weighted @ bends + RIDGE * torch.eye(bends.shape[1]), weighted @ left)


def _read_tones(mapping: Mapping, directions: Float[Tensor, "D 3"], centre: Tensor, random: torch.Generator) -> None:
    """Let the first layer look at the three numbers of mean colour only, from many sides."""
    first = mapping.hidden[0]
    count = len(first.weight)
    sides = torch.nn.functional.normalize(torch.randn(count, 3, generator=random), dim=1)
    first.weight.copy_(sides @ directions.T)
    first.bias.copy_(BIAS_RANGE * (2 * torch.rand(count, generator=random) - 1) - sides @ centre)


def _root(covariance: Float[Tensor, "D D"]) -> Float[Tensor, "D D"]:
    variance, vectors = torch.linalg.eigh(covariance)
    return (vectors * variance.clamp(min=0).sqrt()) @ vectors.T


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
