"""Textures: UV origin at the bottom left, row 0 of the image at v = 1, texel centres at half steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def mipmaps(texture: Tensor) -> list[Tensor]:
    """The texture [C, H, W] and its halvings by averaging, down to a side of one texel.

    An odd last row or column is averaged over the texels it has, so every level keeps the mean's scale.
    """
    levels = [texture]
    while max(levels[-1].shape[1:]) > 1:
        smaller = functional.avg_pool2d(levels[-1].unsqueeze(0), 2, ceil_mode=True, count_include_pad=False)
        levels.append(smaller.squeeze(0))
    return levels


def sample(texture: Tensor | Sequence[Tensor], uv: Tensor, level: Tensor | None = None) -> Tensor:
    """Texture values [N, C] at UVs, bilinear, or trilinear between mipmaps.

    Args:
        texture: [C, H, W], or its `mipmaps`. Gradients flow to it.
        uv: [N, 2], clamped at the border of the texture. Gradients flow to it.
        level: [N] mipmap level, fractions blend two; ignored for a single texture. No gradient.
    """
    if isinstance(texture, Tensor):
        return _bilinear(texture, uv)
    if level is None or len(texture) == 1:
        return _bilinear(texture[0], uv)
    place = level.detach().to(uv.dtype).clamp(0, len(texture) - 1)
    value = uv.new_zeros(len(uv), texture[0].shape[0])
    for number, image in enumerate(texture):
        weight = (1 - (place - number).abs()).clamp(min=0)
        points = (weight > 0).nonzero().squeeze(1)
        if len(points):
            share = _bilinear(image, uv.index_select(0, points)) * weight.index_select(0, points).unsqueeze(1)
            value = value.index_add(0, points, share)
    return value


def uv_per_pixel(points_px: Tensor, triangles: Tensor, triangle_uv: Tensor) -> Tensor:
    """The UV area [T] that one pixel covers on each triangle, by the ratio of their areas; no gradient.

    Args:
        points_px: [V, 3] projected vertices.
        triangles: [T, 3].
        triangle_uv: [T, 3, 2].
    """
    corner = points_px.detach()[triangles][..., :2]
    return _area(triangle_uv.detach()) / _area(corner).clamp(min=1e-12)


def mip_level(pixel_area: Tensor, height: int, width: int) -> Tensor:
    """The mipmap level at which a texel covers a pixel of the given UV area (see `uv_per_pixel`)."""
    return 0.5 * torch.log2((pixel_area * (height * width)).clamp(min=1.0))


def _area(corner: Tensor) -> Tensor:
    side = corner[:, 1:] - corner[:, :1]
    return 0.5 * (side[:, 0, 0] * side[:, 1, 1] - side[:, 1, 0] * side[:, 0, 1]).abs()


def _bilinear(texture: Tensor, uv: Tensor) -> Tensor:
    grid = torch.stack([2 * uv[:, 0] - 1, 1 - 2 * uv[:, 1]], 1).view(1, 1, -1, 2)
    values = functional.grid_sample(
        texture.unsqueeze(0), grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return values[0, :, 0].t()
