"""The reflectance generator: from a code to albedo, specular albedo, roughness and slopes of a head's skin.

A branched multi-modal style-based generator as in FitMe (arXiv 2305.09641): one mapping network, one trunk, three
branches, so that the maps of one code agree. It begins as the linear prior (`prior`): the first numbers of a code are
the prior's coefficients, and training only adds to that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from ..errors import FitError
from .directions import GENERATOR_FILE
from .prior import ReflectancePrior, load_prior
from .style_layers import Mapping, Window
from .synthesis import BASE, TRUNK_SIZES, Branch, Trunk, laplacian_pyramid

GENERATOR_PATH = GENERATOR_FILE
FORMAT = "relit reflectance generator 1"
BRANCHES = {"albedo": 3, "gloss": 2, "slopes": 2}
"""Each branch's channels: log albedo; specular albedo and roughness; tangent slopes."""


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of a generator. Everything per level is listed from 64 texels on.

    Attributes:
        size: texels a side of the largest maps, 128 to 1024.
        code: numbers in z and in w.
        mapping: layers of the mapping network.
        trunk: channels at 16, 32 and 64 texels.
        albedo, gloss, slopes: channels of each branch's features, the last level's at half the size.
        albedo_modes, gloss_modes, slopes_modes: learned images per level that the code mixes.
        coefficients: of the linear prior, which the first numbers of an untrained code are.
    """

    size: int = 512
    code: int = 512
    mapping: int = 3
    trunk: tuple[int, ...] = (256, 128, 64)
    albedo: tuple[int, ...] = (64, 32, 16)
    gloss: tuple[int, ...] = (32, 16, 8)
    slopes: tuple[int, ...] = (32, 16, 12)
    albedo_modes: tuple[int, ...] = (256, 48, 8, 0)
    gloss_modes: tuple[int, ...] = (16, 0, 0, 0)
    slopes_modes: tuple[int, ...] = (16, 0, 0, 0)
    coefficients: int = 48

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes at which synthesis may stop."""
        return tuple(BASE << level for level in range((self.size // BASE).bit_length()))

    @property
    def levels(self) -> int:
        """Rows of a code that has one per level: 16, 32, 64, ... texels."""
        return len(TRUNK_SIZES) + len(self.sizes) - 1


@dataclass(frozen=True, eq=False)
class GeneratedMaps:
    """Maps over the UV tile of the skin, row 0 is v = 1.

    Attributes:
        log_albedo: natural logarithm of the linear diffuse albedo.
        specular: Principled "Specular IOR Level".
        roughness: Principled roughness.
        slopes: tangent-space slopes n_x / n_z and n_y / n_z, +Y up.
    """

    log_albedo: Float[Tensor, "B 3 S S"]
    specular: Float[Tensor, "B 1 S S"]
    roughness: Float[Tensor, "B 1 S S"]
    slopes: Float[Tensor, "B 2 S S"]

    @property
    def albedo(self) -> Float[Tensor, "B 3 S S"]:
        """Linear diffuse albedo in (0, 1]."""
        return self.log_albedo.exp().clamp(max=1)


class ReflectanceGenerator(nn.Module):
    """Attributes:
    w_average: [D] mean code of people.
    w_scale: [D] standard deviation of each of a code's numbers over people.
    prior_map: [K,D], with ``prior_offset`` [D], the code nearest to the prior's coefficients.
    layout: digest of the UV layout that the maps follow (`prior.layout_digest`).
    card: what it was made of: sources, licences, counts, seed, command.
    """

    w_average: Tensor
    w_scale: Tensor
    prior_map: Tensor
    prior_offset: Tensor

    def __init__(self, config: GeneratorConfig | None = None, layout: str = "") -> None:
        super().__init__()
        self.config = config = config or GeneratorConfig()
        self.layout = layout
        self.card: dict = {}
        self.mapping = Mapping(config.code, config.mapping)
        self.trunk = Trunk(config.code, config.trunk, sum(BRANCHES.values()))
        self.branches = nn.ModuleDict(
            {
                name: Branch(
                    config.code,
                    channels,
                    config.trunk[-1],
                    getattr(config, name)[: len(config.sizes) - 1],
                    getattr(config, f"{name}_modes")[: len(config.sizes)],
                )
                for name, channels in BRANCHES.items()
            }
        )
        self.register_buffer("w_average", torch.zeros(config.code))
        self.register_buffer("w_scale", torch.ones(config.code))
        self.register_buffer("prior_map", torch.eye(config.coefficients, config.code))
        self.register_buffer("prior_offset", torch.zeros(config.code))

    def synthesis(
        self, w: Float[Tensor, "B D"] | Float[Tensor, "B L D"], size: int, window: Window | None = None
    ) -> GeneratedMaps:
        """Return the maps of codes, differentiable in the codes and in the weights.

        Args:
            w: one code per sample, or one per level (16, 32, 64, 128, ... texels; rows beyond ``size`` are unused).
            size: texels a side: 64, 128, ... up to the configuration's size.
            window: a part of the maps, cheaper than all of them; some texels along its rim differ from the whole's.

        Raises:
            ValueError: the generator has no such size.
        """
        if size not in self.config.sizes:
            raise ValueError(f"the generator stops at {self.config.sizes} texels, not at {size}")
        codes = w[:, None].expand(-1, self.config.levels, -1) if w.dim() == 2 else w
        base = {name: branch.modes(codes[:, 2], BASE) for name, branch in self.branches.items()}
        base = {
            name: value if isinstance(value, Tensor) else w.new_zeros(len(w), BRANCHES[name], BASE, BASE)
            for name, value in base.items()
        }
        features = self.trunk(codes, torch.cat(list(base.values()), 1))
        maps = {name: branch(codes, features, base[name], size, window) for name, branch in self.branches.items()}
        specular, roughness = maps["gloss"].clamp(0, 1).split(1, 1)
        return GeneratedMaps(maps["albedo"], specular, roughness, maps["slopes"])

    def code_from_prior(self, coefficients: ArrayLike | Tensor) -> Float[Tensor, "D"] | Float[Tensor, "B D"]:
        """Return the code of the linear prior's first coefficients ([<=K] or [B,<=K]; the others are zero)."""
        coefficients = torch.as_tensor(coefficients).to(self.prior_map)
        count = min(coefficients.shape[-1], len(self.prior_map))
        return self.prior_offset + coefficients[..., :count] @ self.prior_map[:count]

    def truncate(self, w: Tensor, truncation: float) -> Tensor:
        """Return codes moved towards the mean one: 1 leaves them, 0 is the mean person."""
        return self.w_average + truncation * (w - self.w_average)

    def sample(self, count: int, seed: int, truncation: float = 1.0) -> Float[Tensor, "B D"]:
        """Return codes of people who do not exist."""
        z = torch.randn(count, self.config.code, generator=torch.Generator().manual_seed(seed))
        return self.truncate(self.mapping(z.to(self.w_average)), truncation)


def generator_from_prior(
    prior: ReflectancePrior | None = None, config: GeneratorConfig | None = None, seed: int = 0
) -> ReflectanceGenerator:
    """Return an untrained generator, which is the linear prior.

    Args:
        prior: the shipped one by default.
        config: the shipped generator's by default.
        seed: of the features' weights, which add nothing yet.
    """
    prior = prior or load_prior()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = ReflectanceGenerator(config, prior.layout)
    start_from_prior(generator, prior)
    return generator


@torch.no_grad()
def start_from_prior(generator: ReflectanceGenerator, prior: ReflectancePrior) -> None:
    """Write the prior's maps and modes into an untrained generator."""
    size = generator.config.size
    gloss = np.stack([prior.specular_albedo, prior.roughness], -1)
    for name, image in (("albedo", prior.albedo_mean), ("gloss", gloss), ("slopes", prior.normal_detail)):
        for mean, level in zip(generator.branches[name].means, laplacian_pyramid(_resized(image[None], size))):
            mean.copy_(level)
    modes = prior.albedo_basis[: generator.config.coefficients]
    for level, bank in generator.branches["albedo"].banks.items():
        count = min(len(bank.maps), len(modes))
        bands = laplacian_pyramid(_resized(modes[:count], max(int(level), BASE)))
        bank.maps[:count] = bands[-1]


def _resized(images: np.ndarray, size: int) -> Tensor:
    """Return images [N,R,R,C] as [N,C,size,size]: averaged when smaller, cubic when larger."""
    result = torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, 1), dtype=np.float32))
    while result.shape[-1] >= 2 * size:
        result = avg_pool2d(result, 2)
    if result.shape[-1] == size:
        return result
    return interpolate(result, size=(size, size), mode="bicubic", align_corners=False)


def save_generator(generator: ReflectanceGenerator, path: Path, card: dict | None = None) -> None:
    """Write a generator as 16-bit floats.

    Args:
        path: a ``.safetensors`` file.
        card: its data card, of things that JSON knows.
    """
    tensors = {
        name: value.detach().to("cpu", torch.float16).contiguous() for name, value in generator.state_dict().items()
    }
    metadata = {
        "format": FORMAT,
        "config": json.dumps(asdict(generator.config)),
        "layout": generator.layout,
        "card": json.dumps(generator.card if card is None else card),
    }
    Path(path).write_bytes(save(tensors, metadata))


def load_generator(path: Path = GENERATOR_PATH, layout: str | None = None) -> ReflectanceGenerator:
    """Read a generator, frozen and ready to run in 32 bits.

    Args:
        path: a file written by :func:`save_generator`.
        layout: digest of the UV layout that it must follow; the shipped prior's by default.

    Raises:
        FitError: the file is missing, is no generator, or was made for another UV layout.
    """
    hint = "Install the add-on again, or train the generator again as docs/reflectance_generator.md says."
    if not Path(path).is_file():
        raise FitError(f"The reflectance generator {path} is missing.", hint)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise FitError(f"The reflectance generator {path} cannot be read: {error}.", hint) from error
    if metadata.get("format") != FORMAT:
        raise FitError(f"The file {path} does not hold a reflectance generator of this version.", hint)
    if metadata["layout"] != (load_prior().layout if layout is None else layout):
        raise FitError(f"The reflectance generator {path} was made for another UV layout.", hint)
    try:
        generator = ReflectanceGenerator(_config(json.loads(metadata["config"])), metadata["layout"])
        generator.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FitError(
            f"The reflectance generator {path} is damaged: its weights do not fit its settings.", hint
        ) from error
    generator.card = json.loads(metadata["card"])
    return generator.requires_grad_(False).eval()


def _config(values: dict[str, int | Sequence[int]]) -> GeneratorConfig:
    return GeneratorConfig(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    )
