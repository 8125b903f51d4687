"""The reflectance data set as batches of tensors at any size, for training the generator.

All seven numbers of a texel lie in one tensor: natural logarithm of linear diffuse albedo (3), specular albedo,
roughness, and the two tangent slopes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

from core.reflectance.generator import GeneratedMaps
from core.reflectance.style_layers import Window
from core.reflectance.synthesis import BASE
from training.dataset.items import SLOPE_RANGE, ReflectanceItems, decode_diffuse

CHANNELS = 7
TRUST_OF_COMPLETED = 0.35
"""How much a texel that no photo showed counts, against one that a photo showed."""


def stacked(maps: GeneratedMaps) -> Float[Tensor, "B 7 S S"]:
    """Return generated maps as one tensor."""
    return torch.cat([maps.log_albedo, maps.specular, maps.roughness, maps.slopes], 1)


def mirrored(maps: Float[Tensor, "... 7 S S"]) -> Float[Tensor, "... 7 S S"]:
    """Return maps of the mirrored person: u flipped, and slopes along u the other way round."""
    sign = maps.new_tensor([1, 1, 1, 1, 1, -1, 1])[:, None, None]
    return maps.flip(-1) * sign


class TrainingMaps:
    """Items of some splits, as 8-bit maps at full size and 16-bit floats at the smaller ones, on one device.

    A person and the mirrored person are two samples: sample ``i`` is item ``i``, sample ``i + N`` its mirror image.

    Attributes:
        items: what is known of each item.
        size: texels a side of the maps.
        weights: [N] how often each item is drawn.
        importance: [64,64] how much of each coarse texel photos have shown, on average.
    """

    def __init__(self, data: ReflectanceItems, splits: str | Sequence[str], device: torch.device | str = "cpu") -> None:
        splits = (splits,) if isinstance(splits, str) else splits
        rows = np.array([row for row, item in enumerate(data.items) if item["split"] in splits])
        if not len(rows):
            raise SystemExit(f"The data set has no item of the split {' or '.join(splits)}.")
        self.items = [data.items[row] for row in rows]
        self.size = data.size
        if self.size % BASE or (self.size // BASE).bit_count() != 1:
            raise SystemExit(f"The data set's maps have {self.size} texels a side; training needs {BASE} doubled.")
        self.weights = torch.tensor([float(item.get("weight") or 1.0) for item in self.items])
        self.device = torch.device(device)
        self._log_of = torch.from_numpy(decode_diffuse(np.arange(256))).to(self.device)
        self._whole = {
            name: torch.from_numpy(np.ascontiguousarray(getattr(data, name)[rows])).to(self.device)
            for name in ("diffuse", "gloss", "slopes")
        }
        self._covered = torch.from_numpy(np.array(data.covered)).float().to(self.device)[None, None]
        self._seen = torch.from_numpy(np.ascontiguousarray(data.seen[rows])).to(self.device)[:, None]
        self._small = self._pooled()
        self.importance = self.trust(range(len(self.items)), BASE).mean((0, 1))

    def __len__(self) -> int:
        """Samples, mirror images included."""
        return 2 * len(self.items)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that batches come in."""
        return (*self._small, self.size)

    def maps(self, samples: Sequence[int], size: int, window: Window | None = None) -> Float[Tensor, "B 7 s s"]:
        """Return samples' maps, averaged to ``size`` texels a side, or a window of them."""
        return torch.stack([self._one(int(sample), size, window) for sample in samples])

    def trust(self, samples: Sequence[int], size: int, window: Window | None = None) -> Float[Tensor, "B 1 s s"]:
        """Return how much each texel counts, in [0, 1]: nothing outside the charts, most where a photo showed it."""
        count = len(self.items)
        seen = torch.stack([self._seen[int(s) % count].flip(-1) if s >= count else self._seen[int(s)] for s in samples])
        seen = torch.nn.functional.interpolate(seen.float() / 255, size=(size, size), mode="area")
        covered = avg_pool2d(self._covered, self.size // size)
        trust = covered * (TRUST_OF_COMPLETED + (1 - TRUST_OF_COMPLETED) * seen)
        return trust if window is None else window.of(trust, size // BASE)

    def covered(self, size: int) -> Bool[Tensor, "s s"]:
        """Return which texels lie wholly inside the charts."""
        return avg_pool2d(self._covered, self.size // size)[0, 0] > 0.99

    def importance_of(self, window: Window) -> float:
        """Return how much of a window photos have shown, on average."""
        return float(window.of(self.importance).mean())

    def draw(self, count: int, generator: torch.Generator) -> list[int]:
        """Return random samples; items by their weights, mirrored or not alike."""
        return torch.multinomial(self.weights.repeat(2), count, replacement=True, generator=generator).tolist()

    def _one(self, sample: int, size: int, window: Window | None) -> Tensor:
        item, flip = sample % len(self.items), sample >= len(self.items)
        if window is not None and flip:
            window = Window(window.top, BASE - window.left - window.extent, window.extent)
        if size == self.size:
            maps = self._decoded(item, window)
        else:
            maps = self._small[size][item].float()
            maps = maps if window is None else window.of(maps, size // BASE)
        return mirrored(maps) if flip else maps

    def _decoded(self, item: int, window: Window | None) -> Float[Tensor, "7 S S"]:
        diffuse, gloss, slopes = (self._whole[name][item] for name in ("diffuse", "gloss", "slopes"))
        if window is not None:
            scale = self.size // BASE
            diffuse, gloss, slopes = (
                window.of(value.permute(2, 0, 1), scale).permute(1, 2, 0) for value in (diffuse, gloss, slopes)
            )
        slopes = (slopes.float() - 127.5) * (SLOPE_RANGE / 127.5)
        return torch.cat([self._log_of[diffuse.long()], gloss.float() / 255, slopes], -1).permute(2, 0, 1).contiguous()

    def _pooled(self) -> dict[int, Float[Tensor, "N 7 s s"]]:
        sizes = [self.size >> level for level in range(1, 6) if self.size >> level >= BASE][::-1]
        small: dict[int, list[Tensor]] = {size: [] for size in sizes}
        for item in range(len(self.items)):
            maps = self._decoded(item, None)
            for size in reversed(sizes):
                maps = avg_pool2d(maps[None], 2)[0]
                small[size].append(maps.half())
        return {size: torch.stack(values) for size, values in small.items()}
