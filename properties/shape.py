"""Sliders of a head's shape. They keep nothing: each reads and moves the coefficients that the mesh has."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
from bpy.props import FloatProperty, FloatVectorProperty, PointerProperty

from ..core.errors import FitError
from ..core.shape.shape_sliders import SLIDERS, load_sliders
from ..operators.head import head_shape

USUAL, MOST = 3.0, 8.0
"""Standard deviations that a slider spans, and that can be typed."""
MODES = 20
"""Leading modes of the shape model that are shown."""


def _identity(shape: RelitShape) -> np.ndarray | None:
    try:
        return head_shape.coefficients(shape.id_data)
    except FitError:
        return None


def _slider(number: int) -> FloatProperty:
    def read(shape: RelitShape) -> float:
        identity = _identity(shape)
        return 0.0 if identity is None else load_sliders().value(identity, number)

    def write(shape: RelitShape, value: float) -> None:
        identity = head_shape.coefficients(shape.id_data)
        head_shape.set_identity(shape.id_data, load_sliders().moved(identity, number, value))

    slider = SLIDERS[number]
    return FloatProperty(
        name=slider.label,
        description=f"{slider.description}. 0 is average, 1 a standard deviation; the other measures stay",
        get=read,
        set=write,
        **_range(-USUAL, USUAL),
    )


def _share(name: str, description: str, part: Callable[[np.ndarray], np.ndarray]) -> FloatProperty:
    """Return a property that scales what ``part`` takes of the reconstructed coefficients: 1 = all of it."""

    def read(shape: RelitShape) -> float:
        identity = _identity(shape)
        if identity is None:
            return 0.0
        whole = part(head_shape.reconstructed(shape.id_data))
        return float(whole @ identity / max(whole @ whole, 1e-12))

    def write(shape: RelitShape, value: float) -> None:
        whole = part(head_shape.reconstructed(shape.id_data))
        identity = head_shape.coefficients(shape.id_data)
        head_shape.set_identity(shape.id_data, identity + (value - read(shape)) * whole)

    return FloatProperty(name=name, description=description, get=read, set=write, **_range(-1.0, 2.0))


def _symmetric(identity: np.ndarray) -> np.ndarray:
    return np.where(load_sliders().symmetric, identity, 0)


def _asymmetric(identity: np.ndarray) -> np.ndarray:
    return np.where(load_sliders().symmetric, 0, identity)


def _range(low: float, high: float) -> dict[str, object]:
    # Without options={"ANIMATABLE"}: a key frame would play back coefficients into the mesh.
    return {"soft_min": low, "soft_max": high, "min": -MOST, "max": MOST, "step": 5, "precision": 2, "options": set()}


def _read_modes(shape: RelitShape) -> list[float]:
    identity = _identity(shape)
    return [0.0] * MODES if identity is None else identity[:MODES].tolist()


def _write_modes(shape: RelitShape, values: list[float]) -> None:
    identity = head_shape.coefficients(shape.id_data)
    head_shape.set_identity(shape.id_data, np.concatenate([values, identity[MODES:]]))


class RelitShape(bpy.types.PropertyGroup):
    """The shape of a head, in words; ``SLIDERS`` adds a property for each measure."""

    character: _share(
        "Character",
        "How much the face differs from the average one: 0 is average, 1 as reconstructed, more is a caricature",
        _symmetric,
    )
    asymmetry: _share(
        "Asymmetry",
        "How much its sides differ: 0 is symmetric, 1 as reconstructed, -1 mirrored",
        _asymmetric,
    )
    modes: FloatVectorProperty(
        name="Modes",
        description="Leading modes of variation of the shape model, in standard deviations",
        size=MODES,
        get=_read_modes,
        set=_write_modes,
        **_range(-USUAL, USUAL),
    )


for _number, _named in enumerate(SLIDERS):
    RelitShape.__annotations__[_named.name] = _slider(_number)

_register, _unregister = bpy.utils.register_classes_factory((RelitShape,))


def register() -> None:
    """Put it on objects."""
    _register()
    bpy.types.Object.relit_shape = PointerProperty(type=RelitShape)


def unregister() -> None:
    """Take it off objects."""
    del bpy.types.Object.relit_shape
    _unregister()
