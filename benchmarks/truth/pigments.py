"""Skin colour from pigments by the BioSkin net (Aliaga et al. 2022, MIT), and the pigments that each tone needs."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import map_coordinates

from core.reflectance.tone import individual_typology_angle

from .truth_head import require

TONE_ANGLES = (64.0, 60.0, 56.0, 50.0, 40.0, 14.0, -14.0, -38.0, -52.0, -63.0)
"""Individual typology angle, in degrees, of the mean skin of each Monk tone, 1 to 10.

The swatches' own angles (83, 80, 72, 65, 50, 11, -20, -55, -78, -84) name how people look; skin that has been measured
lies between about 65 and -65. So the order and the gaps in the middle are the swatches', and the ends are drawn in."""
TONE_SPREAD = 3.0
"""Degrees to either side by which two people of one tone differ."""
GRID = 96


class Pigments:
    """Albedo of one person's skin by melanin and haemoglobin; the net's other properties stay the person's.

    Args:
        path: ``BioSkinRGB.pt``.
        thickness, oxygenation, eumelanin: the other three properties, in [0, 1].
    """

    def __init__(self, path: Path, thickness: float, oxygenation: float, eumelanin: float) -> None:
        axis = np.linspace(0, 1, GRID, dtype=np.float32)
        melanin, blood = (values.ravel() for values in np.meshgrid(axis, axis, indexing="ij"))
        rest = np.broadcast_to(np.float32([thickness, oxygenation, eumelanin]), (len(melanin), 3))
        table = _reflectance(path, np.concatenate([melanin[:, None], blood[:, None], rest], 1))
        self._log = np.log(np.maximum(table, 1e-4)).reshape(GRID, GRID, 3)

    def albedo(self, melanin: np.ndarray, blood: np.ndarray) -> np.ndarray:
        """Linear albedo ``[N, 3]`` of melanin ``[N]`` and haemoglobin ``[N]``, both in [0, 1]."""
        places = np.stack([melanin, blood]).clip(0, 1) * (GRID - 1)
        channels = [map_coordinates(self._log[..., channel], places, order=1) for channel in range(3)]
        return np.exp(np.stack(channels, -1))

    def melanin_for(self, angle: float, melanin: np.ndarray, blood: np.ndarray) -> float:
        """What has to be added to ``melanin`` ``[N]`` so that the mean colour has a typology angle in degrees."""
        low, high = -1.0, 1.0
        for _ in range(18):
            middle = (low + high) / 2
            found = individual_typology_angle(self.albedo(melanin + middle, blood).mean(0))
            low, high = (middle, high) if found > angle else (low, middle)
        return (low + high) / 2


def tone_angle(tone: int, generator: np.random.Generator) -> float:
    """A person's typology angle in degrees for a Monk tone from 1 to 10."""
    return TONE_ANGLES[tone - 1] + generator.uniform(-TONE_SPREAD, TONE_SPREAD)


@functools.lru_cache(maxsize=1)
def _layers(path: Path) -> dict[str, torch.Tensor]:
    state = torch.load(require(path), map_location="cpu", weights_only=True)
    return {name.removeprefix("module."): value.float() for name, value in state.items()}


def _reflectance(path: Path, properties: np.ndarray) -> np.ndarray:
    """Linear red, green, blue ``[N, 3]`` of the five properties ``[N, 5]``; the net itself speaks blue first."""
    layers, values = _layers(path), torch.from_numpy(np.ascontiguousarray(properties))
    for name in ("l1", "l1_1", "l1_2"):
        values = torch.tanh(torch.nn.functional.linear(values, layers[f"{name}.weight"], layers[f"{name}.bias"]))
    values = torch.sigmoid(torch.nn.functional.linear(values, layers["l2.weight"], layers["l2.bias"]))
    return values.numpy()[:, ::-1]
