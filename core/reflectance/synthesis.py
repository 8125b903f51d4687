"""The networks of the reflectance generator: one trunk to 64 texels, and one branch per kind of map above it.

Every branch keeps, per level, a learned mean image (a Laplacian pyramid: Burt & Adelson 1983) and what the code adds
to it, so that stopping at any level gives a whole map. Convolutions run before each enlargement, and the detail of
a level comes out of features at half its size.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .style_layers import Detail, ModeBank, StyledConvolution, Window, enlarge

TRUNK_SIZES = (16, 32, 64)
"""Texels a side of the trunk's levels; the last one is the smallest map."""
BASE = TRUNK_SIZES[-1]


class Trunk(nn.Module):
    """Features that all kinds of maps share.

    At 16 and 32 texels two convolutions and an enlargement, at 64 one convolution that also sees the base maps.
    """

    def __init__(self, code: int, widths: Sequence[int], image_channels: int) -> None:
        super().__init__()
        lowest, middle, base = widths
        self.constant = nn.Parameter(torch.randn(1, lowest, TRUNK_SIZES[0], TRUNK_SIZES[0]))
        self.layers = nn.ModuleList(
            [
                StyledConvolution(code, lowest, lowest),
                StyledConvolution(code, lowest, middle),
                StyledConvolution(code, middle, middle),
                StyledConvolution(code, middle, base),
                StyledConvolution(code, base, base, image_channels),
            ]
        )
        self.rows = (0, 0, 1, 1, 2)
        self.enlarged = (False, True, False, True, False)

    def forward(self, codes: Float[Tensor, "B L D"], image: Float[Tensor, "B I 64 64"]) -> Float[Tensor, "B C 64 64"]:
        """Return the features of rows 0 to 2 of the codes.

        Args:
            codes: one code per level.
            image: what the base maps have beyond their means.
        """
        styles = [layer.style(codes[:, row]) for layer, row in zip(self.layers, self.rows)]
        x = (self.constant * styles[0][:, :, None, None]).contiguous(memory_format=torch.channels_last)
        for layer, enlarged, style, following in zip(self.layers, self.enlarged, styles, [*styles[1:], None]):
            x = layer(x, style, following, image)
            if enlarged:
                x = enlarge(x)
        return x


class Branch(nn.Module):
    """One kind of map: its means, its modes, and features that refine it level by level.

    Args:
        code: numbers in a code.
        channels: of the map.
        trunk: channels of the trunk's features.
        widths: channels of the branch's features at 64, 128, ... texels; half the map's size is the last.
        modes: number of modes per level from 64 on; 0 for none.
    """

    def __init__(self, code: int, channels: int, trunk: int, widths: Sequence[int], modes: Sequence[int]) -> None:
        super().__init__()
        sizes = [BASE << level for level in range(len(widths) + 1)]
        self.means = nn.ParameterList(torch.zeros(1, channels, size, size) for size in sizes)
        self.banks = nn.ModuleDict(
            {str(size): ModeBank(code, count, channels, size) for size, count in zip(sizes, modes) if count}
        )
        self.skip = nn.Conv2d(trunk, channels, 1)
        nn.init.zeros_(self.skip.weight)
        nn.init.zeros_(self.skip.bias)
        inputs = [trunk, *widths[:-1]]
        self.layers = nn.ModuleList(
            StyledConvolution(code, before, width, channels) for before, width in zip(inputs, widths)
        )
        self.details = nn.ModuleList(Detail(width, channels) for width in widths)

    def modes(
        self, code: Float[Tensor, "B D"], size: int, window: Window | None = None
    ) -> Float[Tensor, "B C S S"] | float:
        """Return what the modes of one level add; zero where the level has none."""
        bank = str(size)
        return self.banks[bank](code, window, size // BASE) if bank in self.banks else 0.0

    def forward(
        self,
        codes: Float[Tensor, "B L D"],
        features: Float[Tensor, "B T 64 64"],
        beyond: Float[Tensor, "B C 64 64"],
        size: int,
        window: Window | None = None,
    ) -> Float[Tensor, "B C S S"]:
        """Return the map at ``size`` texels, or a window of it.

        Args:
            codes: one code per level of the whole generator; row 3 belongs to 128 texels.
            features: the trunk's.
            beyond: what the base's modes add to its mean.
            size: 64, 128, ...
            window: the part wanted; some texels along its rim differ from the whole map's.
        """
        means = [mean if window is None else window.of(mean, 1 << level) for level, mean in enumerate(self.means)]
        if window is not None:
            features, beyond = window.of(features), window.of(beyond)
        mean, beyond = means[0], beyond + self.skip(features)
        steps = (size // BASE).bit_length() - 1
        rows = [codes[:, len(TRUNK_SIZES) + level] for level in range(steps)]
        styles = [layer.style(row) for layer, row in zip(self.layers, rows)]
        x = features * styles[0][:, :, None, None] if steps else features
        for level in range(steps):
            following = styles[level + 1] if level + 1 < steps else None
            x = self.layers[level](x, styles[level], following, beyond)
            mean = enlarge(mean) + means[level + 1]
            beyond = enlarge(beyond) + self.modes(rows[level], BASE << (level + 1), window) + self.details[level](x)
            if level + 1 < steps:
                x = enlarge(x)
        return mean + beyond


def laplacian_pyramid(image: Float[Tensor, "1 C S S"]) -> list[Float[Tensor, "1 C s s"]]:
    """Return an image as a 64-texel one and what each doubling adds; :class:`Branch` puts it together again."""
    levels = [image]
    while levels[0].shape[-1] > BASE:
        levels.insert(0, nn.functional.avg_pool2d(levels[0], 2))
    return [levels[0], *(fine - enlarge(coarse) for coarse, fine in zip(levels, levels[1:]))]
