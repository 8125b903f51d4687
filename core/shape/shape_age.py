"""The shape of a head some decades older or younger: one step in the coefficients of the shape model.

It leads from MakeHuman's young to its old adult, both sexes and all ancestries alike, as far as the model spans it;
``training.ageing`` finds it. Numpy only: Blender moves heads by it.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

AGEING_PATH = Path(__file__).parents[1] / "data" / "ageing.npz"
AGE = "age"
"""Name of the slider, which counts decades."""
DECADES_YOUNG, DECADES_OLD = -3.0, 5.0
"""Its ends."""


@functools.lru_cache(maxsize=1)
def age_step(path: Path = AGEING_PATH) -> np.ndarray:
    """Return what a decade adds to the identity coefficients [K] of the shape model (cached: read-only)."""
    with np.load(path, allow_pickle=False) as file:
        return file["shape"]


def aged(identity: ArrayLike, decades: float) -> np.ndarray:
    """Return identity coefficients [K], float32, older by some decades; missing ones are zero."""
    step = age_step()
    known = np.asarray(identity, np.float32)
    known = np.pad(known, (0, len(step) - len(known)))
    return known + np.float32(decades) * step if decades else known
