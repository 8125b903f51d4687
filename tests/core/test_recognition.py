"""The identity network: dlib's file is read rightly, gradients flow, and persons are told apart."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as functional

from core import weights
from core.errors import FitError
from core.photos.landmarks import detect_landmarks
from core.photos.photo import load_photo
from core.photos.recognition import (
    CHIP_SIDE,
    FIVE_POINTS,
    FIVE_TARGETS,
    SAME_PERSON,
    RecognitionNetwork,
    face_chip,
    load_recognition,
    read_recognition,
)


def number(value: int) -> bytes:
    """dlib's way to write a whole number."""
    length = max(1, (value.bit_length() + 7) // 8)
    return bytes([length]) + value.to_bytes(length, "little")


def tensor(values: np.ndarray, *dimensions: int) -> bytes:
    return b"\x01\x02" + b"".join(number(size) for size in dimensions) + values.astype("<f4").tobytes()


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, list[np.ndarray]]:
    """A file in dlib's form with random weights: per convolution its values, then scales and shifts."""
    random = np.random.default_rng(0)
    network = RecognitionNetwork()
    arrays, parts = [], [b"layer names and settings"]
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            count, channels = module.weight.numel(), module.out_channels
            arrays.append(random.normal(0, count**-0.5 * 5, count + channels))
            arrays.append(np.concatenate([random.uniform(0.5, 1.5, channels), random.normal(0, 0.1, channels)]))
            parts += [tensor(arrays[-2], count + channels, 1, 1, 1), b"between", number(7)]
            parts += [tensor(arrays[-1], 2 * channels, 1, 1, 1), struct.pack("<d", 0.5)]
    arrays.append(random.normal(0, 0.1, 256 * 128))
    parts.append(tensor(arrays[-1], 256, 128, 1, 1))
    path = tmp_path_factory.mktemp("dlib") / "network.dat"
    path.write_bytes(b"".join(parts))
    return path, arrays


def test_scale_and_shift_are_folded_into_the_convolution(written):
    path, arrays = written
    network = read_recognition(path)
    values, scales = arrays[0].astype(np.float32), arrays[1].astype(np.float32)
    x = torch.rand(1, 3, 20, 20)
    filters, biases = torch.from_numpy(values[: 32 * 3 * 49].reshape(32, 3, 7, 7)), values[32 * 3 * 49 :]
    plain = functional.conv2d(x, filters, torch.from_numpy(biases), stride=2)
    expected = plain * torch.from_numpy(scales[:32]).view(1, -1, 1, 1) + torch.from_numpy(scales[32:]).view(1, -1, 1, 1)
    assert torch.allclose(network.stem(x), expected, atol=1e-4)
    assert torch.equal(network.descriptor.weight.T.reshape(-1), torch.from_numpy(arrays[-1].astype(np.float32)))


def test_shapes_follow_dlib(written):
    network = read_recognition(written[0])
    features = network.features(torch.rand(2, 3, CHIP_SIDE, CHIP_SIDE))
    shapes = [tuple(feature.shape[1:]) for feature in features]
    assert shapes[:4] == [(32, 35, 35)] * 4
    assert shapes[4:8] == [(64, 17, 17)] * 4 and shapes[8:11] == [(128, 8, 8)] * 3
    assert shapes[11:14] == [(256, 4, 4)] * 3 and shapes[14] == (256, 2, 2)
    assert network(torch.rand(2, 3, CHIP_SIDE, CHIP_SIDE)).shape == (2, 128)


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "other.dat"
    path.write_bytes(b"\x01\x02" * 500)
    with pytest.raises(FitError, match=r"does not hold dlib's face network\."):
        read_recognition(path)


def test_a_missing_weight_names_the_option(monkeypatch, tmp_path):
    monkeypatch.setenv("RELIT_WEIGHTS", str(tmp_path))
    load_recognition.cache_clear()
    with pytest.raises(FitError) as caught:
        load_recognition()
    assert "missing" in caught.value.message and "--with-recognition" in caught.value.hint


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_chip_is_framed_by_eyes_nose_and_mouth(scale):
    """A picture whose colour is its own place: the chip must show where its pixels come from."""
    turn = np.radians(20.0)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points = np.zeros((478, 2), np.float32)
    points[list(FIVE_POINTS)] = FIVE_TARGETS @ linear.T + (200.0, 60.0)
    y, x = torch.meshgrid(torch.arange(600.0) + 0.5, torch.arange(700.0) + 0.5, indexing="ij")
    chip = face_chip(torch.stack([x / 700, y / 600, x * 0]), points)[0]
    expected = (np.array([90.5, 70.5]) @ linear.T + (200.0, 60.0)) / (700, 600)
    assert np.allclose(chip[:2, 70, 90].numpy(), expected, atol=1e-3)


def test_gradients_reach_the_picture(written):
    network = read_recognition(written[0])
    points = np.zeros((478, 2), np.float32)
    points[list(FIVE_POINTS)] = FIVE_TARGETS + 20.0
    image = torch.rand(3, 190, 190, requires_grad=True)
    network(face_chip(image, points)).square().sum().backward()
    assert image.grad is not None and image.grad[:, 60:130, 60:130].abs().min() > 0.0
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_persons_are_told_apart(shared, face_weights):
    if not weights.available(weights.DLIB_RECOGNITION):
        pytest.skip("the optional identity network is not installed (--with-recognition)")
    load_recognition.cache_clear()
    network = load_recognition()
    descriptors = {}
    for person in ("001", "005", "012", "029"):
        for look in ("neutral", "smiling"):
            photo = load_photo(shared / "photos" / "london" / f"{person}_{look}.jpg")
            image = torch.from_numpy(photo.srgb8.copy()).permute(2, 0, 1).float() / 255.0
            chip = face_chip(image, detect_landmarks(photo).points)
            descriptors[person, look] = network(chip)[0]
    for (one, _), a in descriptors.items():
        for (other, _), b in descriptors.items():
            assert (torch.dist(a, b) < SAME_PERSON) == (one == other)
