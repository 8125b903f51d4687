"""A perceptual distance in the manner of LPIPS, on features of the face network that is there anyway.

Zhang et al. (2018) compare unit-normalised features of several layers and weight channels by learned numbers.
Those numbers are not distributed with anything we use, so all channels count alike ("LPIPS-like"); the features are
those in the middle of dlib's recognition network. Figures are comparable only with others made here.
"""

from __future__ import annotations

import cv2
import numpy as np

LAYERS = (0, 3, 7, 10)
"""Outputs compared: after the stem, and where 32, 64 and 128 channels end."""
_GREY = 0.5


def perceptual_distance(first: np.ndarray, second: np.ndarray, mask: np.ndarray) -> float | None:
    """Distance of two sRGB-encoded pictures [H, W, 3] inside ``mask`` [H, W]: 0 alike, about 1 unrelated.

    None where the network's optional weights are not installed.
    """
    import torch
    from torch.nn import functional

    from core.photos.recognition import CHIP_SIDE, load_recognition
    from core.weights import DLIB_RECOGNITION, available

    if not available(DLIB_RECOGNITION) or not mask.any():
        return None
    network = load_recognition()
    window = _square_around(mask)
    inside = _cut(mask.astype(np.float32), window, CHIP_SIDE)
    chips = []
    for image in (first, second):
        filled = np.where(mask[..., None], np.clip(image, 0, 1), _GREY).astype(np.float32)
        chips.append(torch.from_numpy(_cut(filled, window, CHIP_SIDE)).permute(2, 0, 1)[None])
    with torch.no_grad():
        features = network.features(torch.cat(chips))
        weight = torch.from_numpy(inside)[None, None]
        distances = []
        for layer in LAYERS:
            values = functional.normalize(features[layer], dim=1, eps=1e-8)
            share = functional.interpolate(weight, values.shape[2:], mode="area")[0, 0]
            step = ((values[0] - values[1]) ** 2).sum(0)
            distances.append(float((step * share).sum() / share.sum()))
    return float(np.mean(distances))


def _square_around(mask: np.ndarray) -> tuple[int, int, int]:
    """Left, top and side of the square window around a mask."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    side = int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    return int(columns[0] + columns[-1] + 1 - side) // 2, int(rows[0] + rows[-1] + 1 - side) // 2, side


def _cut(image: np.ndarray, window: tuple[int, int, int], side: int) -> np.ndarray:
    left, top, width = window
    before = (max(0, -top), max(0, -left))
    after = (max(0, top + width - image.shape[0]), max(0, left + width - image.shape[1]))
    border = ((before[0], after[0]), (before[1], after[1]), *(((0, 0),) * (image.ndim - 2)))
    padded = np.pad(image, border, constant_values=_GREY if image.ndim == 3 else 0.0)
    top, left = top + before[0], left + before[1]
    cut = padded[top : top + width, left : left + width]
    return cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA if width > side else cv2.INTER_LINEAR)
