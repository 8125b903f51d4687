"""Sliders of a person's skin: directions in the generator's codes for tone, redness and so on, freckles and wrinkles.

A code cannot hold freckles and wrinkles, which lie anywhere: they are layers over the maps. Numbers only (numpy), so
that Blender's side can use them. Found and measured by ``training.latent_directions``; ``docs/latent_directions.md``
has the figures.
"""

from __future__ import annotations

import functools
import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import FitError
from ..shape.shape_age import AGE, DECADES_OLD, DECADES_YOUNG

DATA = Path(__file__).parents[1] / "data"
DIRECTIONS_PATH = DATA / "latent_directions.npz"
GENERATOR_FILE = DATA / "reflectance_generator.safetensors"
FORMAT = 1
SKIN_TONE, FRECKLES, WRINKLES = "skin_tone", "freckles", "wrinkles"
LAYERS = (FRECKLES, WRINKLES)
ROOMY_ALBEDO, LEAST_ROOM = 0.28, 0.2
"""Green albedo above which freckles show in full, and how much of them always does: melanin hides melanin."""
LIMIT = 3.0
LIMITS = {SKIN_TONE: (-10.0, 10.0), AGE: (DECADES_YOUNG, DECADES_OLD)}
"""How far sliders go, in their own units, where it is not `LIMIT` to both sides: the skin tone's curve has an end."""
_HINT = "Install the add-on again, or find the directions again as docs/latent_directions.md says."


@dataclass(frozen=True, eq=False)
class MapLayer:
    """Marks over the UV tile, nobody's own; row 0 is v = 1.

    Attributes:
        log_albedo: [P,P,3] added per unit to the logarithm of the linear diffuse albedo.
        slopes: [P,P,2] added per unit to the tangent slopes.
        fades: whether it is weaker on dark skin.
    """

    log_albedo: NDArray[np.float32]
    slopes: NDArray[np.float32]
    fades: bool

    def on(self, green_albedo: float) -> NDArray[np.float32]:
        """Return what a unit adds to the logarithm of the albedo [P,P,3] of a face of this mean green albedo."""
        return self.log_albedo * np.float32(room(green_albedo) if self.fades else 1)


def check_size(name: str, change: float) -> None:
    """Raise `FitError` for a change of a slider that is too large, or no number."""
    least, most = LIMITS.get(name, (-LIMIT, LIMIT))
    if not least <= change <= most:
        raise FitError(f"The change {change:g} of {name} is too large.", f"Stay between {least:g} and {most:g}.")


def room(green_albedo: float) -> float:
    """Return how much of a freckle shows on skin of a green albedo."""
    return float(np.clip(green_albedo / ROOMY_ALBEDO, LEAST_ROOM, 1))


@dataclass(frozen=True, eq=False)
class LatentDirections:
    """Sliders of one generator.

    Skin tones lie on a curve, not on a line: a step along it depends on where the person is. The others are lines.

    Attributes:
        names: of the lines.
        lines: [K,D] change of a code per unit: one standard deviation over people.
        tone_curve: [T,D] codes of the mean person from the lightest to the darkest tone, one unit apart.
        tone_reader: [D] what a code is multiplied by to find where on the curve it is.
        tone_places: [T] what the reader says of the curve's codes, increasing.
        layers: by name, those of :data:`LAYERS`.
        generator: :func:`file_digest` of the generator's file.
    """

    names: tuple[str, ...]
    lines: NDArray[np.float32]
    tone_curve: NDArray[np.float32]
    tone_reader: NDArray[np.float32]
    tone_places: NDArray[np.float32]
    layers: Mapping[str, MapLayer]
    generator: str

    @property
    def sliders(self) -> tuple[str, ...]:
        """All names of sliders."""
        return (SKIN_TONE, *self.names, *self.layers)

    def tone_step(self, code: ArrayLike) -> float:
        """Return where on the curve of tones a code [D] is, in units from its lightest end."""
        return float(np.interp(np.dot(code, self.tone_reader), self.tone_places, np.arange(len(self.tone_places))))

    def edited(self, code: ArrayLike, changes: Mapping[str, float]) -> NDArray[np.float32]:
        """Return the code [D] of the same person with some things changed.

        Args:
            code: [D] of the generator that these directions belong to.
            changes: units by slider. ``skin_tone`` counts steps towards dark and ends where the curve ends;
                layers are none of the code's business.

        Raises:
            FitError: a slider does not exist, a change is no number of reasonable size, or the code has another length.
        """
        code = np.asarray(code, np.float32)
        if code.shape != self.tone_reader.shape:
            raise FitError(
                f"The head's skin code has {code.size} numbers, the sliders need {self.tone_reader.size}.",
                "Reconstruct the head again with this version.",
            )
        self.check(changes)
        result = code.astype(np.float64)
        for name, change in changes.items():
            if name == SKIN_TONE:
                here = self.tone_step(code)
                result += self._on_curve(here + change) - self._on_curve(here)
            elif name not in self.layers:
                result += change * self.lines[self.names.index(name)]
        return result.astype(np.float32)

    def check(self, changes: Mapping[str, float]) -> None:
        """Raise `FitError` for sliders that do not exist and changes that are too large."""
        for name, change in changes.items():
            if name not in self.sliders:
                raise FitError(f"There is no slider {name}.", f"Choose from {', '.join(self.sliders)}.")
            check_size(name, change)
            if name in self.layers and change < 0:
                raise FitError(f"The slider {name} can only add.", f"Stay between 0 and {LIMIT:g}.")

    def _on_curve(self, step: float) -> NDArray[np.float64]:
        step = float(np.clip(step, 0, len(self.tone_curve) - 1))
        first = min(int(step), len(self.tone_curve) - 2)
        share = step - first
        return (1 - share) * self.tone_curve[first].astype(np.float64) + share * self.tone_curve[first + 1]


def edited(code: ArrayLike, changes: Mapping[str, float]) -> NDArray[np.float32]:
    """Return a code of the shipped generator changed by the shipped sliders: `LatentDirections.edited`."""
    return load_directions().edited(code, changes)


def file_digest(path: Path) -> str:
    """Return a short name of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def save_directions(directions: LatentDirections, path: Path) -> None:
    """Write sliders as an ``.npz`` file."""
    layers = {}
    for name, layer in directions.layers.items():
        layers[f"{name}_fades"] = np.bool_(layer.fades)
        for kind in ("log_albedo", "slopes"):
            values = getattr(layer, kind)
            scale = max(float(np.abs(values).max()), 1e-9) / 127
            layers |= {f"{name}_{kind}": np.round(values / scale).astype(np.int8), f"{name}_{kind}_scale": scale}
    np.savez_compressed(
        path,
        format=np.int32(FORMAT),
        names=np.array(directions.names),
        layers=np.array(list(directions.layers)),
        generator=np.array(directions.generator),
        **{name: getattr(directions, name).astype(np.float32) for name in _ARRAYS},
        **layers,
    )


@functools.lru_cache(maxsize=2)
def load_directions(path: Path = DIRECTIONS_PATH, generator: Path = GENERATOR_FILE) -> LatentDirections:
    """Read sliders (cached: treat their arrays as read-only).

    Args:
        path: a file written by :func:`save_directions`.
        generator: the file of the generator that they must belong to.

    Raises:
        FitError: a file is missing, is damaged, or belongs to another generator.
    """
    for needed in (path, generator):
        if not needed.is_file():
            raise FitError(f"The file {needed.name} is missing in {needed.parent}.", _HINT)
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {name: file[name] for name in file.files}
        if int(data["format"]) != FORMAT:
            raise FitError(f"The file {path.name} does not hold sliders of this version.", _HINT)
        found = LatentDirections(
            tuple(data["names"].tolist()),
            *(data[name] for name in _ARRAYS),
            {name: _layer(data, name) for name in data["layers"].tolist()},
            str(data["generator"]),
        )
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise FitError(f"The file {path.name} holds no sliders, or is damaged.", _HINT) from error
    if found.generator != file_digest(generator):
        raise FitError(f"The sliders in {path.name} were made for another reflectance generator.", _HINT)
    return found


def _layer(data: Mapping[str, NDArray], name: str) -> MapLayer:
    log_albedo, slopes = (
        data[f"{name}_{kind}"].astype(np.float32) * np.float32(data[f"{name}_{kind}_scale"])
        for kind in ("log_albedo", "slopes")
    )
    return MapLayer(log_albedo, slopes, bool(data[f"{name}_fades"]))


_ARRAYS = ("lines", "tone_curve", "tone_reader", "tone_places")
