"""What a head object remembers about itself."""

from __future__ import annotations

import bpy
from bpy.props import PointerProperty, StringProperty


class RelitHead(bpy.types.PropertyGroup):
    """Where a head object came from; an object with an empty folder is no head of ours."""

    folder: StringProperty(
        name="Head Folder", description="The folder that the head was loaded from", subtype="DIR_PATH"
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitHead,))


def register() -> None:
    """Put it on objects."""
    _register()
    bpy.types.Object.relit = PointerProperty(type=RelitHead)


def unregister() -> None:
    """Take it off objects."""
    del bpy.types.Object.relit
    _unregister()
