"""What a fit through the renderer minimises: how unlike a picture is, in colours, as a person, and in features.

Photometric, identity and content terms as in GANFIT (Gecer et al., CVPR 2019), which FitMe takes over; all are
differentiable in the drawn picture.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..photos.recognition import RecognitionNetwork

CONTENT_LAYERS = (3, 7, 10)
"""Outputs of the recognition network that are compared: where 32, 64 and 128 channels end."""
LINEAR_PART = 0.0031308


def encoded(linear: Tensor) -> Tensor:
    """sRGB-encoded values of linear light, clipped to [0, 1] from above only where the gradient would be lost."""
    linear = linear.clamp(min=0)
    curved = 1.055 * linear.clamp(min=LINEAR_PART).pow(1 / 2.4) - 0.055
    return torch.where(linear <= LINEAR_PART, 12.92 * linear, curved)


def robust_mean(residual: Tensor, weight: Tensor, scale: float = 1.5) -> Tensor:
    """Weighted mean of Cauchy's cost of residuals [N, C] in standard deviations.

    Half the squared residual, summed over the C channels, where it is small; its logarithm where the model cannot
    show what is there.

    Args:
        residual: [N, C].
        weight: [N], at least 0.
        scale: standard deviations at which a point starts to count as an outlier.
    """
    squared = residual.square().mean(1)
    cost = 0.5 * residual.shape[1] * scale**2 * torch.log1p(squared / scale**2)
    return (weight * cost).sum() / weight.sum().clamp(min=1e-6)


class Recognised:
    """The person in a photo as a face recogniser sees them.

    Args:
        network: `recognition.load_recognition()`.
        chip: [1, 3, 150, 150] the photo's face in the network's framing, sRGB-encoded.
    """

    def __init__(self, network: RecognitionNetwork, chip: Tensor) -> None:
        self._network = network
        with torch.no_grad():
            features = network.features(chip)
            self._descriptor = network.descriptor(features[-1].mean(dim=(2, 3)))
            self._features = [_unit(features[layer]) for layer in CONTENT_LAYERS]

    def compare(self, chip: Tensor) -> tuple[Tensor, Tensor]:
        """Identity and content loss of a drawn face.

        Args:
            chip: [1, 3, 150, 150] sRGB-encoded.

        Returns:
            Squared distance of the descriptors (0.36 is the limit of one person, King 2017), and the mean squared
            distance of unit features of the middle layers.
        """
        features = self._network.features(chip)
        descriptor = self._network.descriptor(features[-1].mean(dim=(2, 3)))
        unlike = [
            (_unit(features[layer]) - target).square().sum(1).mean()
            for layer, target in zip(CONTENT_LAYERS, self._features)
        ]
        content = torch.stack(unlike).mean()
        return (descriptor - self._descriptor).square().sum(), content

    def distance(self, chip: Tensor) -> Tensor:
        """Squared distance of the descriptors alone: for a face in another pose and light."""
        return (self._network(chip) - self._descriptor).square().sum()


def _unit(features: Tensor) -> Tensor:
    return functional.normalize(features, dim=1, eps=1e-6)
