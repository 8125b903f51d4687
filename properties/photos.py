"""One photo in the list."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty


class RelitPhoto(bpy.types.PropertyGroup):
    """One photo of the person."""

    path: StringProperty(name="Photo", description="A photo of the person", subtype="FILE_PATH")


register, unregister = bpy.utils.register_classes_factory((RelitPhoto,))
