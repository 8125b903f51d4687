"""How photo and render are compared."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty


def _show(self: RelitCompare, context: bpy.types.Context) -> None:
    from ..operators.light import comparison

    comparison.comparison.show(self)


class RelitCompare(bpy.types.PropertyGroup):
    """Which photo, in which light, shown how."""

    photo: IntProperty(name="Photo", description="Which photo's camera to look through", default=1, min=1)
    light: EnumProperty(
        name="Light",
        description="What lights the head in the render",
        items=(
            ("PHOTO", "The Photo's", "The light of the photo as the reconstruction estimated it"),
            ("SCENE", "The Scene's", "The lamps and the world of the scene as they are"),
        ),
    )
    size: IntProperty(
        name="Size", description="Longer side of the render in pixels", default=640, min=64, max=4096, subtype="PIXEL"
    )
    mode: EnumProperty(
        name="Mode",
        description="How photo and render are shown",
        items=(
            ("WIPE", "Wipe", "The photo on the left, the render on the right of a line that can be dragged"),
            ("FLICKER", "Flicker", "Photo and render in turn, twice a second: what moves differs"),
            ("DIFFERENCE", "Difference", "How far the colours are apart, brightened"),
        ),
        update=_show,
    )
    wipe: FloatProperty(
        name="Wipe",
        description="Where the photo ends and the render begins",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_show,
    )
    gain: FloatProperty(
        name="Gain", description="How much differences are brightened", default=3.0, min=1.0, max=20.0, update=_show
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitCompare,))


def register() -> None:
    """Put it on scenes."""
    _register()
    bpy.types.Scene.relit_compare = PointerProperty(type=RelitCompare)


def unregister() -> None:
    """Take it off scenes."""
    del bpy.types.Scene.relit_compare
    _unregister()
