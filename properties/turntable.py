"""How a turntable is rendered."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, PointerProperty, StringProperty


class RelitTurntable(bpy.types.PropertyGroup):
    """What turns, how fast, and how well it is rendered."""

    turn: EnumProperty(
        name="Turn",
        description="What goes once around",
        items=(
            ("CAMERA", "Camera", "The camera goes round the head; the light stays with the head"),
            ("HEAD", "Head", "The head turns before the camera, through the light"),
            ("LIGHT", "Light", "The light preset goes round the head, which stays still"),
        ),
    )
    frames: IntProperty(name="Frames", description="Frames of one turn", default=72, min=2, max=2000)
    fps: IntProperty(name="Frame Rate", description="Frames in a second", default=24, min=1, max=120)
    size: IntProperty(
        name="Height", description="Height of the picture in pixels", default=720, min=32, max=8192, subtype="PIXEL"
    )
    quality: EnumProperty(
        name="Quality",
        description="Which engine renders it",
        items=(
            ("DRAFT", "Draft", "EEVEE: seconds a frame without a graphics card, much less with one"),
            ("FINAL", "Final", "Cycles, denoised: the true picture"),
        ),
    )
    movie: BoolProperty(name="Movie", description="Write one MP4 film; else a PNG file for each frame", default=True)
    folder: StringProperty(
        name="Folder",
        description="Where the turntable is written; empty puts it into the head's folder",
        subtype="DIR_PATH",
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitTurntable,))


def register() -> None:
    """Put it on scenes."""
    _register()
    bpy.types.Scene.relit_turntable = PointerProperty(type=RelitTurntable)


def unregister() -> None:
    """Take it off scenes."""
    del bpy.types.Scene.relit_turntable
    _unregister()
