"""What is measured on every item of the reflectance data set: redness, freckles, stubble, as numbers of one kind.

They are read off the finished map, so that a photographed person and one with a painted layer are on one scale; no
zero is promised, only that more is more.
"""

from __future__ import annotations

import cv2
import numpy as np

from training.skin.surface import Canvas, Skin

SPOT_METRES, AROUND_METRES = 0.0004, 0.003
BROWNEST = 0.02
"""How much more blue than red must darken in a spot that is brown."""


def measured_labels(canvas: Canvas, skin: Skin) -> dict[str, float]:
    """Return redness, freckles and stubble of an item.

    * redness: erythema index (100 log10 of red over green: Takiwaki 1998) of cheeks and nose above the forehead's.
    * freckles: 100 times the mean darkness in blue of small brown spots on cheeks and nose.
    * stubble: how much darker, in percent of a logarithm, the beard area is than the cheeks.
    """
    log_albedo, shares = skin.log_albedo, canvas.shares
    apart = canvas.share("lips", "nostrils", "brows", "lids", "mouth_inner", "eye_socket")
    flushed = canvas.share("cheeks", "nose") * (1 - apart)
    erythema = 100 / np.log(10) * (log_albedo[:, 0] - log_albedo[:, 1])
    beard = np.where(canvas.beard > 0.8, canvas.beard, 0) * (1 - apart) * (1 - shares["cheeks"])
    redness = _mean(erythema, flushed) - _mean(erythema, shares["forehead"])
    stubble = _mean(log_albedo.mean(1), shares["cheeks"]) - _mean(log_albedo.mean(1), beard)
    labels = {
        "redness": redness,
        "freckles": 100 * _mean(_brown_spots(canvas, log_albedo), flushed),
        "stubble": 100 * stubble,
    }
    return {name: round(float(value), 3) for name, value in labels.items()}


def _brown_spots(canvas: Canvas, log_albedo: np.ndarray) -> np.ndarray:
    """Return how much darker in blue each texel [N] is than what lies around it, where it is browner too."""
    image = canvas.atlas.image(log_albedo)
    fine, coarse = (cv2.GaussianBlur(image, (0, 0), metres / canvas.texel) for metres in (SPOT_METRES, AROUND_METRES))
    band = canvas.atlas.gather(fine - coarse)
    browner = np.clip((band[:, 0] - band[:, 2]) / BROWNEST - 1, 0, 1)
    return np.maximum(-band[:, 2], 0) * browner


def _mean(values: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(values, weights=weight + 1e-9))
