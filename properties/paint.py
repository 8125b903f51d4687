"""The layer of what an artist painted on a head's skin."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, IntProperty, PointerProperty


def _shown(paint: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from ..operators.skin import paint_layer

    paint_layer.connect(paint.id_data)


class RelitPaint(bpy.types.PropertyGroup):
    """Which image holds the paint; kept through edits of the skin and through another reconstruction."""

    layer: PointerProperty(
        name="Paint Layer", description="The image that lies over the colour of the skin", type=bpy.types.Image
    )
    visible: BoolProperty(
        name="Show Paint", description="Show the paint layer over the colour of the skin", default=True, update=_shown
    )
    cleared: PointerProperty(
        description="The layer that was cleared last: an image that nothing uses would lose its pixels to undo",
        type=bpy.types.Image,
        options={"HIDDEN"},
    )
    lifted: IntProperty(
        description="How often paint was lifted from the skin's own map into the layer; undone with the file",
        options={"HIDDEN"},
    )
    mirrored: BoolProperty(
        description="Whether the skin in the head folder has changed sides since the layer was made: saved mirrored",
        options={"HIDDEN"},
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitPaint,))


def register() -> None:
    """Put it on objects."""
    _register()
    bpy.types.Object.relit_paint = PointerProperty(type=RelitPaint)


def unregister() -> None:
    """Take it off objects."""
    del bpy.types.Object.relit_paint
    _unregister()
