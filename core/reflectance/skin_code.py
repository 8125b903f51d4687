"""A person's code in the reflectance generator, as `fit.json` keeps it: whether sliders of skin can move it.

Standard library and numpy only: Blender's side asks before the first move.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FitError
from ..head import FIT_FILE
from .directions import DIRECTIONS_PATH

CODE = "generator_code"
"""Name in `Fit.extra` of the generator's code."""
GENERATOR = "generator"
"""Name in the versions of `fit.json` of the generator's file: its digest."""


def code_of(name: str, fit: Mapping[str, Any], generator: str) -> np.ndarray:
    """Return the code [D] of a person.

    Args:
        name: of the head.
        fit: what its `fit.json` holds.
        generator: digest of the generator that shall know the code.

    Raises:
        FitError: there is none, or it is another generator's.
    """
    code = fit.get("extra", {}).get(CODE)
    if code is None:
        raise FitError(
            f"The skin of {name} cannot be edited: it was made without the reflectance generator.",
            "Reconstruct the head again with this version.",
        )
    if fit.get("versions", {}).get(GENERATOR) not in (None, generator):
        raise FitError(
            f"The skin of {name} cannot be edited: it was made with another version of the reflectance generator.",
            "Reconstruct the head again with this version.",
        )
    return np.asarray(code, np.float32)


def why_no_code(folder: Path) -> FitError | None:
    """Return why the person in a head folder has no code that sliders can move; None where there is one.

    A folder that cannot be read is none of this function's business. The file is read once for each of its versions.
    """
    try:
        return _why_no_code(folder, (folder / FIT_FILE).stat().st_mtime_ns)
    except (OSError, ValueError):
        return None


@functools.lru_cache(maxsize=32)
def _why_no_code(folder: Path, _changed: int) -> FitError | None:
    fit = json.loads((folder / FIT_FILE).read_text(encoding="utf-8"))
    try:
        code_of(folder.name, fit, _wanted())
    except FitError as error:
        return error
    return None


@functools.lru_cache(maxsize=1)
def _wanted() -> str:
    with np.load(DIRECTIONS_PATH, allow_pickle=False) as file:
        return str(file["generator"])
