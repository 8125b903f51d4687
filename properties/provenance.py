"""How the overlay of observed, mirrored and invented skin is shown: a way of looking, so not kept in the file."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty, PointerProperty


def _redraw(self: RelitProvenance, context: bpy.types.Context) -> None:
    from ..operators.skin import provenance_overlay

    provenance_overlay.switch(self.show)


class RelitProvenance(bpy.types.PropertyGroup):
    """The overlay."""

    show: BoolProperty(
        name="Overlay",
        description="Colour the head in 3D views by what a photo showed, what was mirrored and what was invented. "
        "The material stays as it is, and renders do not show it",
        update=_redraw,
    )
    opacity: FloatProperty(
        name="Opacity",
        description="How much the overlay covers the skin",
        default=0.55,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_redraw,
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitProvenance,))


def register() -> None:
    """Put it on the window manager."""
    _register()
    bpy.types.WindowManager.relit_provenance = PointerProperty(type=RelitProvenance)


def unregister() -> None:
    """Take it off."""
    del bpy.types.WindowManager.relit_provenance
    _unregister()
