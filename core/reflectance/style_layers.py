"""Layers of a style-based generator that is quick to invert on a processor.

Textbook style modulation (StyleGAN2, Karras et al. 2020, arXiv 1912.04958) scales the weights of every convolution
for every sample. Here styles are positive, and a leaky rectifier commutes with a positive factor: the style of a
layer's input is folded into the scale and bias behind the layer before it, so that convolutions are plain ones and
modulation is one multiply-add per activation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from jaxtyping import Float
from torch import Tensor, nn

NEGATIVE_SLOPE = 0.2
GAIN = math.sqrt(2.0)
"""Keeps the variance of what passes a leaky rectifier."""
LEAST_STYLE = 0.05
"""Styles stay away from zero, by which the backward pass divides."""


class ScaleBiasLeakyRelu(torch.autograd.Function):
    """``leaky_relu(x * scale + bias)`` that keeps its output only; scales must be positive.

    With the incoming gradient g and the output y, the gradient of the scale needs x, which is
    ``(leaky_relu^-1(y) - bias) / scale``; its sum over the texels is ``(sum(g * y) - bias * sum(g * slope)) / scale``,
    so that the input is never stored. The backward pass is differentiable itself.
    """

    @staticmethod
    def forward(ctx, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        y = functional.leaky_relu_(torch.addcmul(bias, x, scale), NEGATIVE_SLOPE)
        ctx.save_for_backward(y, scale, bias)
        ctx.kind = x.dtype
        return y

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        y, scale, bias = ctx.saved_tensors
        inner = torch.where(y > 0, gradient, gradient * NEGATIVE_SLOPE)
        of_x = (inner * scale).to(ctx.kind) if ctx.needs_input_grad[0] else None
        if not (ctx.needs_input_grad[1] or ctx.needs_input_grad[2]):
            return of_x, None, None
        of_bias = inner.sum((2, 3), keepdim=True)
        of_scale = ((gradient * y).sum((2, 3), keepdim=True) - bias * of_bias) / scale
        return of_x, of_scale, of_bias


def scale_bias_leaky_relu(
    x: Float[Tensor, "B C H W"], scale: Float[Tensor, "B C"], bias: Float[Tensor, "B C"]
) -> Float[Tensor, "B C H W"]:
    """Return :class:`ScaleBiasLeakyRelu` of one positive scale and one bias per sample and channel."""
    return ScaleBiasLeakyRelu.apply(x, scale[:, :, None, None], bias[:, :, None, None])


@dataclass(frozen=True)
class Window:
    """A square part of the maps, in texels of the 64-texel level."""

    top: int
    left: int
    extent: int

    def of(self, x: Float[Tensor, "... S S"], scale: int = 1) -> Float[Tensor, "... E E"]:
        """Return this part of an image whose texels are ``scale`` times finer than the 64-texel level's."""
        top, left, extent = (scale * value for value in (self.top, self.left, self.extent))
        return x[..., top : top + extent, left : left + extent]


def enlarge(x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H2 W2"]:
    """Return twice as many texels a side, bilinearly; texel centres at 0.5."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class Style(nn.Module):
    """A code's positive factors for the channels of one layer's input; 1 at the code zero to begin with."""

    def __init__(self, code: int, channels: int) -> None:
        super().__init__()
        self.affine = nn.Linear(code, channels)
        nn.init.normal_(self.affine.weight, std=1 / math.sqrt(code))
        nn.init.constant_(self.affine.bias, math.log(math.expm1(1 - LEAST_STYLE)))

    def forward(self, code: Float[Tensor, "B D"]) -> Float[Tensor, "B C"]:
        return functional.softplus(self.affine(code)) + LEAST_STYLE


class StyledConvolution(nn.Module):
    """A 3x3 convolution whose input already carries its style, demodulation, bias and leaky rectifier.

    Attributes:
        style: the factors that the *caller* has folded into the input.
        image: optional convolution of an image that is added before the rectifier: what the texels look like so far.
    """

    def __init__(self, code: int, channels_in: int, channels: int, image_channels: int = 0) -> None:
        super().__init__()
        self.style = Style(code, channels_in)
        self.weight = nn.Parameter(torch.randn(channels, channels_in, 3, 3) / math.sqrt(9 * channels_in))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.image = nn.Conv2d(image_channels, channels, 3, padding=1, bias=False) if image_channels else None

    def forward(
        self,
        x: Float[Tensor, "B Cin H W"],
        style: Float[Tensor, "B Cin"],
        next_style: Float[Tensor, "B C"] | None = None,
        image: Float[Tensor, "B I H W"] | None = None,
    ) -> Float[Tensor, "B C H W"]:
        """Return the layer's output times the next layer's style.

        Args:
            x: activations times ``style``.
            style: this layer's own style of the same code.
            next_style: what the next layer wants folded in; nothing when None.
            image: what :attr:`image` sees.
        """
        power = style.square() @ self.weight.square().sum((2, 3)).T
        scale = GAIN * torch.rsqrt(power + 1e-8)
        bias = GAIN * self.bias.expand_as(scale)
        if next_style is not None:
            scale, bias = scale * next_style, bias * next_style
        x = functional.conv2d(x, self.weight, padding=1)
        if self.image is not None and image is not None:
            x = x + self.image(image)
        return scale_bias_leaky_relu(x, scale, bias)


class Detail(nn.Module):
    """What features say about an image at twice their resolution (sub-pixel convolution, Shi et al. 2016); zero to
    begin with."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels_in, 4 * channels, 3, padding=1)
        nn.init.zeros_(self.convolution.weight)
        nn.init.zeros_(self.convolution.bias)

    def forward(self, x: Float[Tensor, "B Cin H W"]) -> Float[Tensor, "B C H2 W2"]:
        return functional.pixel_shuffle(self.convolution(x), 2)


class ModeBank(nn.Module):
    """Learned images in register with the UV layout, mixed by a code: ``sum_k (A code + a)_k * maps_k``.

    To begin with the k-th factor is the code's k-th number and the maps are zero.
    """

    def __init__(self, code: int, count: int, channels: int, size: int) -> None:
        super().__init__()
        self.affine = nn.Linear(code, count)
        nn.init.eye_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)
        self.maps = nn.Parameter(torch.zeros(count, channels, size, size))

    def forward(
        self, code: Float[Tensor, "B D"], window: Window | None = None, scale: int = 1
    ) -> Float[Tensor, "B C S S"]:
        maps = self.maps if window is None else window.of(self.maps, scale)
        return (self.affine(code) @ maps.flatten(1)).unflatten(1, maps.shape[1:])


class Mapping(nn.Module):
    """From a standard normal z to a code w: a linear map, z itself to begin with, plus what a perceptron adds, nothing
    to begin with."""

    def __init__(self, code: int, layers: int) -> None:
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(code, code) for _ in range(layers - 1))
        self.last = nn.Linear(code, code)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.linear = nn.Linear(code, code, bias=False)
        nn.init.eye_(self.linear.weight)

    def forward(self, z: Float[Tensor, "B D"]) -> Float[Tensor, "B D"]:
        z = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        return self.linear(z) + self.last(self.features(z))

    def features(self, z: Float[Tensor, "B D"]) -> Float[Tensor, "B D"]:
        """Return what the perceptron's last layer sees."""
        for layer in self.hidden:
            z = GAIN * functional.leaky_relu(layer(z), NEGATIVE_SLOPE)
        return z
