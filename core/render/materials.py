"""What each part of a head is made of, read from maps where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from .texture import mip_level, mipmaps, sample

CHANNELS = {"diffuse": 3, "specular": 1, "roughness": 1, "normal": 3}
"""The maps of a part and their channels; `normal` is in tangent space, decoded to [-1, 1], +Y along V."""

MaterialMaps = Mapping[str, Tensor]
"""From names in `CHANNELS` to textures [C, H, W] or constants [C]; what is missing has the part's default."""

_DEFAULTS = {
    "skin": (0.50, 0.32, 0.24, 0.5, 0.45),
    "eye": (0.70, 0.66, 0.64, 0.5, 0.15),
    "teeth": (0.75, 0.70, 0.60, 0.7, 0.20),
    "gums": (0.45, 0.15, 0.14, 0.6, 0.25),
    "tongue": (0.45, 0.16, 0.15, 0.6, 0.30),
}


class Material(NamedTuple):
    """Material at points: diffuse albedo [N, 3], specular albedo [N], roughness [N], normal [N, 3]."""

    diffuse: Tensor
    specular: Tensor
    roughness: Tensor
    normal: Tensor


def maps_of_part(name: str, skin: MaterialMaps, others: Mapping[str, MaterialMaps]) -> MaterialMaps:
    """The maps of a part ("eye_left"): its own, its kind's ("eye"), or nothing but defaults."""
    if name == "skin":
        return skin
    return others.get(name, others.get(name.split("_")[0], {}))


def sample_material(
    part_names: tuple[str, ...],
    part: Tensor,
    uv: Tensor,
    pixel_area: Tensor,
    maps: MaterialMaps,
    part_maps: Mapping[str, MaterialMaps],
) -> Material:
    """The material at points of several parts.

    Args:
        part_names: names of the parts.
        part: [N] their numbers.
        uv: [N, 2].
        pixel_area: [N] UV area that one pixel covers, for the choice of mipmaps.
        maps: of the skin.
        part_maps: of parts, or of kinds of parts, by name.
    """
    present: list[int] = part.unique().tolist()
    if len(present) == 1:
        name = part_names[present[0]]
        values = _sample_maps(name, maps_of_part(name, maps, part_maps), uv, pixel_area)
    else:
        values = uv.new_zeros(len(uv), sum(CHANNELS.values()))
        for number in present:
            rows = (part == number).nonzero().squeeze(1)
            own = maps_of_part(part_names[number], maps, part_maps)
            sampled = _sample_maps(part_names[number], own, uv[rows], pixel_area[rows])
            values = values.index_copy(0, rows, sampled)
    return Material(values[:, :3], values[:, 3], values[:, 4], values[:, 5:])


def _sample_maps(name: str, maps: MaterialMaps, uv: Tensor, pixel_area: Tensor) -> Tensor:
    """[N, 8] in the order of `CHANNELS`; maps of one size are sampled together."""
    found: dict[str, Tensor] = {}
    for size in {tuple(value.shape[1:]) for value in maps.values() if value.dim() == 3}:
        names = [key for key in CHANNELS if key in maps and tuple(maps[key].shape[1:]) == size]
        stacked = torch.cat([maps[key].to(uv) for key in names])
        values = sample(mipmaps(stacked), uv, mip_level(pixel_area, *size))
        found.update(zip(names, values.split([CHANNELS[key] for key in names], 1)))
    default = uv.new_tensor((*_DEFAULTS.get(name.split("_")[0], _DEFAULTS["skin"]), 0.0, 0.0, 1.0))
    for key, constant in zip(CHANNELS, default.split(list(CHANNELS.values()))):
        if key not in found:
            given = maps[key].to(uv) if key in maps else constant
            found[key] = given.expand(len(uv), -1)
    return torch.cat([found[key] for key in CHANNELS], 1)
