"""What training compares between generated and wanted maps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d, relu

from core.errors import FitError
from core.photos.recognition import CHIP_SIDE, RecognitionNetwork, load_recognition
from core.reflectance.synthesis import BASE

from .data import CHANNELS

CHANNEL_WEIGHT = (1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0)
"""Specular albedo, roughness and slopes vary less than the logarithm of albedo."""
GRADIENT_WEIGHT = 1.0
COMPARED_BLOCKS = (0, 2, 4)
"""Of the recogniser: those that see a few pixels of texture, not yet a face."""


def reconstruction_loss(
    found: Float[Tensor, "B 7 S S"],
    wanted: Float[Tensor, "B 7 S S"],
    trust: Float[Tensor, "B 1 S S"],
    least: int = BASE,
) -> Tensor:
    """Return the absolute difference of maps and of their gradients, over halvings of the size.

    Args:
        found, wanted: maps, or windows of maps.
        trust: how much each texel counts.
        least: texels a side at which halving ends.
    """
    total, scales = found.new_zeros(()), 0
    while True:
        total = total + _difference(found, wanted, trust)
        scales += 1
        if found.shape[-1] // 2 < least:
            return total / scales
        found, wanted, trust = (avg_pool2d(value, 2) for value in (found, wanted, trust))


def _difference(found: Tensor, wanted: Tensor, trust: Tensor) -> Tensor:
    channel = found.new_tensor(CHANNEL_WEIGHT)[:, None, None]
    error = (found - wanted) * channel
    total = (error.abs() * trust).sum() / (trust.sum() * CHANNELS + 1e-6)
    for axis in (2, 3):
        both = torch.minimum(trust.narrow(axis, 1, trust.shape[axis] - 1), trust.narrow(axis, 0, trust.shape[axis] - 1))
        slope = error.diff(dim=axis).abs()
        total = total + GRADIENT_WEIGHT * (slope * both).sum() / (both.sum() * CHANNELS + 1e-6)
    return total


def code_prior(codes: Float[Tensor, "B D"]) -> Tensor:
    """Return how unlikely codes are under a standard normal distribution, per number."""
    return codes.square().mean()


def consistency_loss(
    mixed: Float[Tensor, "B 7 S S"], coarse: Float[Tensor, "B 7 64 64"], trust: Float[Tensor, "B 1 64 64"]
) -> Tensor:
    """Return how far maps whose fine levels come from another person differ from the first one's at 64 texels."""
    seen_from_afar = avg_pool2d(mixed, mixed.shape[-1] // BASE)
    return ((seen_from_afar - coarse).abs() * trust).sum() / (trust.sum() * CHANNELS + 1e-6)


class Perceptual:
    """Difference of textures in the eyes of the face recogniser's first layers (dlib, CC0).

    Maps are shown to it as sRGB-encoded albedo at 150 texels a side, which is no face in its framing; only layers
    that see a few pixels take part.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self._network: RecognitionNetwork = load_recognition().to(device)

    def __call__(self, found: Float[Tensor, "B 7 S S"], wanted: Float[Tensor, "B 7 S S"]) -> Tensor:
        with torch.no_grad():
            target = self.features(wanted)
        pairs = zip(self.features(found), target)
        return sum((a - b).abs().mean() / b.abs().mean() for a, b in pairs) / len(COMPARED_BLOCKS)

    def features(self, maps: Float[Tensor, "B 7 S S"]) -> Sequence[Tensor]:
        """Return the features of the compared layers."""
        chips = srgb_from_log(maps[:, :3])
        chips = interpolate(chips, size=(CHIP_SIDE, CHIP_SIDE), mode="bilinear", antialias=True)
        network = self._network
        x = max_pool2d(relu(network.stem((chips * 255 - network.mean) / 256)), 3, 2)
        features = []
        for block in network.blocks[: COMPARED_BLOCKS[-1] + 1]:
            x = block(x)
            features.append(x)
        return [features[block] for block in COMPARED_BLOCKS]


def perceptual_or_none(device: torch.device | str = "cpu") -> Perceptual | None:
    """Return the loss where the recogniser's optional weights are installed."""
    try:
        return Perceptual(device)
    except FitError:
        return None


def srgb_from_log(log_albedo: Tensor) -> Tensor:
    """Return sRGB-encoded colours in [0, 1] of the natural logarithm of linear ones (IEC 61966-2-1)."""
    linear = log_albedo.exp().clamp(1e-5, 1)
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
