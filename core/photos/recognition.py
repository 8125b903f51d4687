"""Whether two pictures show the same person: dlib's 128-number descriptor as a differentiable network.

A ResNet (He et al. 2016) of 29 layers by King (2017, CC0). The file is dlib's own serialization: tensors in the
order of evaluation, each convolution's filters and biases followed by a scale and a shift per channel, which are
folded into the convolution here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from jaxtyping import Float, Float32
from torch import Tensor, nn

from ..errors import FitError
from ..weights import DLIB_RECOGNITION, INSTALL_HINT, find

CHIP_SIDE = 150
SAME_PERSON = 0.6
"""Descriptors that are closer than this show the same person, as a rule (King 2017)."""

FIVE_POINTS = (468, 473, 1, 61, 291)
"""Landmarks that frame a face: the person's right and left iris, the nose tip, the mouth's corners."""
FIVE_TARGETS = np.array([[47.6, 45.9], [101.1, 45.9], [74.8, 81.2], [53.6, 103.0], [97.5, 103.3]])
"""Where dlib's own framing puts them in the 150-pixel chip (pixel centres at 0.5)."""

_STEM_CHANNELS = 32
_BLOCKS = ((32, 1),) * 3 + ((64, 2),) + ((64, 1),) * 3 + ((128, 2),) + ((128, 1),) * 2
_BLOCKS += ((256, 2),) + ((256, 1),) * 2 + ((256, 2),)
_DESCRIPTOR = 128
_MEAN = (122.782, 117.001, 104.298)


class _Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is padded with zeros where the shapes differ."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels, 3, stride, padding=1 if stride == 1 else 0)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(functional.relu(self.first(x)))
        shortcut = x if self.stride == 1 else functional.avg_pool2d(x, 2, 2)
        channels, height, width = (max(a, b) for a, b in zip(y.shape[1:], shortcut.shape[1:]))
        return functional.relu(_padded(y, channels, height, width) + _padded(shortcut, channels, height, width))


class RecognitionNetwork(nn.Module):
    """Gradients flow from the descriptor, and from the features in between, to the picture."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM_CHANNELS, 7, 2)
        channels = [_STEM_CHANNELS, *(width for width, _ in _BLOCKS)]
        self.blocks = nn.ModuleList(
            _Block(channels_in, width, stride) for channels_in, (width, stride) in zip(channels, _BLOCKS)
        )
        self.descriptor = nn.Linear(channels[-1], _DESCRIPTOR, bias=False)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)

    def features(self, chips: Float[Tensor, "N 3 150 150"]) -> list[Tensor]:
        """The stem's and every block's output; a content loss compares those in the middle.

        Args:
            chips: Faces in dlib's framing (see :func:`face_chip`), sRGB-encoded, in [0, 1].
        """
        x = functional.relu(self.stem((chips * 255.0 - self.mean) / 256.0))
        outputs = [functional.max_pool2d(x, 3, 2)]
        for block in self.blocks:
            outputs.append(block(outputs[-1]))
        return outputs

    def forward(self, chips: Float[Tensor, "N 3 150 150"]) -> Float[Tensor, "N 128"]:
        """Descriptors; the Euclidean distance between two says how alike the persons are."""
        return self.descriptor(self.features(chips)[-1].mean(dim=(2, 3)))


@functools.lru_cache(maxsize=1)
def load_recognition() -> RecognitionNetwork:
    """The network with dlib's weights, frozen.

    Raises:
        FitError: The optional weight file is missing or damaged.
    """
    return read_recognition(find(DLIB_RECOGNITION))


def read_recognition(path: Path) -> RecognitionNetwork:
    """The network with the weights of one of dlib's files."""
    network = RecognitionNetwork()
    tensors = _Tensors(path)
    convolutions = [network.stem]
    for block in network.blocks:
        assert isinstance(block, _Block)
        convolutions += [block.first, block.second]
    with torch.no_grad():
        for convolution in convolutions:
            _fold(convolution, tensors)
        weight = tensors.next(network.descriptor.weight.numel())
        network.descriptor.weight.copy_(torch.from_numpy(weight.reshape(-1, _DESCRIPTOR).T.copy()))
    return network.requires_grad_(False).eval()


def face_chip(image: Float[Tensor, "3 H W"], points: Float32[np.ndarray, "478 2"]) -> Float[Tensor, "1 3 150 150"]:
    """A face in dlib's framing. Gradients flow to the image.

    Args:
        image: sRGB-encoded, in [0, 1].
        points: The face's landmarks in the image's pixels (pixel centres at 0.5).
    """
    linear, offset = _similarity(FIVE_TARGETS, points[list(FIVE_POINTS)].astype(np.float64))
    coarser = max(1, int(np.sqrt(np.linalg.det(linear))))
    image = functional.avg_pool2d(image[None], coarser)  # one sample per pixel would alias
    y, x = np.mgrid[:CHIP_SIDE, :CHIP_SIDE] + 0.5
    places = (np.stack([x, y], axis=-1) @ linear.T + offset) / coarser
    height, width = image.shape[2:]
    grid = torch.from_numpy(2.0 * places / np.array([width, height]) - 1.0).to(image)
    return functional.grid_sample(image, grid[None], padding_mode="border", align_corners=False)


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn, scale and shift that best map the source points to the target points (Umeyama 1991)."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    # In the plane the least-squares turn and scale are one complex number.
    ratio = (a[:, 0] - 1j * a[:, 1]) @ (b[:, 0] + 1j * b[:, 1]) / (a**2).sum()
    linear = np.array([[ratio.real, -ratio.imag], [ratio.imag, ratio.real]])
    return linear, target_mean - linear @ source_mean


def _padded(x: Tensor, channels: int, height: int, width: int) -> Tensor:
    return functional.pad(x, (0, width - x.shape[3], 0, height - x.shape[2], 0, channels - x.shape[1]))


def _fold(convolution: nn.Conv2d, tensors: _Tensors) -> None:
    """Reads a convolution and the scale and shift that follow it."""
    count, channels = convolution.weight.numel(), convolution.out_channels
    values = tensors.next(count + channels)
    scale, shift = tensors.next(2 * channels).reshape(2, channels)
    weight = values[:count].reshape(convolution.weight.shape) * scale[:, None, None, None]
    convolution.weight.copy_(torch.from_numpy(weight))
    assert convolution.bias is not None
    convolution.bias.copy_(torch.from_numpy(values[count:] * scale + shift))


class _Tensors:
    """The tensors of a dlib file, in order.

    Each is written as its version (2), its four dimensions and then 32-bit floats; whole numbers take one byte
    that tells their length and as many bytes. What lies between the tensors (layer names and settings) is
    skipped by looking for the next tensor of the size that is expected.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._bytes, self._position = path, path.read_bytes(), 0

    def next(self, size: int) -> Float32[np.ndarray, "size"]:
        position = self._position
        while (position := self._bytes.find(b"\x01\x02", position)) >= 0:
            dimensions, start = self._dimensions(position + 2)
            if len(dimensions) == 4 and int(np.prod(dimensions)) == size:
                end = start + 4 * size
                if end <= len(self._bytes):
                    self._position = end
                    return np.frombuffer(self._bytes[start:end], "<f4").copy()
            position += 1
        raise FitError(f"The weight file {self._path} does not hold dlib's face network.", INSTALL_HINT)

    def _dimensions(self, position: int) -> tuple[list[int], int]:
        """Four whole numbers from a place on and the place behind them; fewer when there are none."""
        numbers: list[int] = []
        for number, behind in self._numbers(position):
            numbers.append(number)
            position = behind
            if len(numbers) == 4:
                break
        return numbers, position

    def _numbers(self, position: int) -> Iterator[tuple[int, int]]:
        while position < len(self._bytes) and 1 <= self._bytes[position] <= 4:
            behind = position + 1 + self._bytes[position]
            yield int.from_bytes(self._bytes[position + 1 : behind], "little"), behind
            position = behind
