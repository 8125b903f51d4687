"""The artist's choices, as plain values. Standard library only: Blender and the worker both import this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .errors import FitError

QUALITIES = ("draft", "standard", "best")
MAP_SIZES = (512, 1024, 2048, 4096)
DEVICES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class GeometrySettings:
    """How the shape, the expressions and the cameras are fitted.

    Attributes:
        rounds: Levenberg-Marquardt rounds over the landmarks.
    """

    rounds: int


@dataclass(frozen=True)
class AppearanceSettings:
    """How light and albedo are told apart.

    Attributes:
        rounds: Alternations between light and albedo.
        shadow_directions: Directions from which the head's own shadows are traced.
        shadow_resolution: Side of the depth pictures that trace them, in pixels.
    """

    rounds: int
    shadow_directions: int
    shadow_resolution: int


@dataclass(frozen=True)
class JointSettings:
    """How far the fit through the renderer goes; all zero leaves it out.

    Attributes:
        shape_steps: Steps on shape, expression and camera.
        code_sizes: Texels a side of the maps at which the generator's code is sought, coarse first.
        code_steps: Steps at each of those sizes.
        tuning_steps: Steps on the generator's weights, at the last of those sizes.
        likeness: Whether a face recogniser has its say.
    """

    shape_steps: int = 0
    code_sizes: tuple[int, ...] = ()
    code_steps: tuple[int, ...] = ()
    tuning_steps: int = 0
    likeness: bool = True


_GEOMETRY = {
    "draft": GeometrySettings(rounds=8),
    "standard": GeometrySettings(rounds=12),
    "best": GeometrySettings(rounds=20),
}
_APPEARANCE = {
    "draft": AppearanceSettings(rounds=4, shadow_directions=64, shadow_resolution=128),
    "standard": AppearanceSettings(rounds=8, shadow_directions=128, shadow_resolution=192),
    "best": AppearanceSettings(rounds=16, shadow_directions=512, shadow_resolution=320),
}
_JOINT = {
    "draft": JointSettings(),
    "standard": JointSettings(shape_steps=40, code_sizes=(64, 128), code_steps=(16, 24), tuning_steps=20),
    "best": JointSettings(shape_steps=100, code_sizes=(64, 128, 256), code_steps=(30, 40, 20), tuning_steps=40),
}


@dataclass(frozen=True)
class FitSettings:
    """One reconstruction, as the artist asked for it.

    Attributes:
        quality: ``"draft"``, ``"standard"`` or ``"best"``; decides the stages' settings.
        map_size: Side of the square maps in pixels; one of :data:`MAP_SIZES`.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``; only ``"cuda"`` takes the fit through the renderer to the GPU, and
            it demands that there is one.
        seed: Seed of everything random, at least 0; the same seed gives the same head.
        threads: CPU threads, at least 0; 0 leaves the choice to Relit.
        face: Which face to take in photos that show several, from 0, left to right; ``None``
            takes the largest.

    Raises:
        FitError: When a value is not one of those that are allowed.
    """

    quality: str = "standard"
    map_size: int = 1024
    device: str = "auto"
    seed: int = 0
    threads: int = 0
    face: int | None = None

    def __post_init__(self) -> None:
        _require_one_of("quality", self.quality, QUALITIES)
        _require_one_of("map size", self.map_size, MAP_SIZES)
        _require_one_of("device", self.device, DEVICES)
        _require_whole_number("seed", self.seed)
        _require_whole_number("number of threads", self.threads)
        if self.face is not None:
            _require_whole_number("face", self.face)

    @property
    def geometry(self) -> GeometrySettings:
        """The geometry stage's settings at this quality."""
        return _GEOMETRY[self.quality]

    @property
    def appearance(self) -> AppearanceSettings:
        """The appearance stage's settings at this quality."""
        return _APPEARANCE[self.quality]

    @property
    def joint(self) -> JointSettings:
        """The settings at this quality of the fit through the renderer."""
        return _JOINT[self.quality]

    def to_dict(self) -> dict[str, Any]:
        """Return the choices as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FitSettings:
        """Return the settings that :meth:`to_dict` wrote.

        Raises:
            FitError: When a name is unknown or a value is not allowed.
        """
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise FitError(f"The settings hold unknown names: {', '.join(unknown)}.", "Update the older side of Relit.")
        return cls(**values)


def _require_one_of(what: str, value: object, allowed: tuple) -> None:
    if isinstance(value, bool) or value not in allowed:
        choices = ", ".join(str(choice) for choice in allowed)
        raise FitError(f"The {what} is {value!r}; it must be one of {choices}.", f"Choose one of {choices}.")


def _require_whole_number(what: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FitError(f"The {what} is {value!r}; it must be a whole number from 0 up.", "Give 0 or more.")
