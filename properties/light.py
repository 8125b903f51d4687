"""The light that the artist has chosen: on the scene, for lamps and world belong to it."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ..operators.light.light_presets import ENVIRONMENTS


def _adjust(self: RelitLight, context: bpy.types.Context) -> None:
    from ..operators.light import light_rig

    light_rig.adjust(self.id_data)


def _rebuild(self: RelitLight, context: bpy.types.Context) -> None:
    from ..operators.light import light_rig

    light_rig.rebuild_world(self.id_data)


class RelitLight(bpy.types.PropertyGroup):
    """What light is on, and how it is set."""

    preset: StringProperty(name="Preset", description="The light preset that is on; empty when none is")
    strength: FloatProperty(
        name="Strength", description="How bright the light is", default=1.0, min=0.0, soft_max=4.0, update=_adjust
    )
    rotation: FloatProperty(
        name="Rotation",
        description="Turns the light around the head",
        subtype="ANGLE",
        default=0.0,
        soft_min=-3.14159265,
        soft_max=3.14159265,
        update=_adjust,
    )
    warmth: FloatProperty(
        name="Warmth",
        description="Colour of the light: below 0 towards blue, above 0 towards orange",
        default=0.0,
        min=-1.0,
        max=1.0,
        update=_adjust,
    )
    environment: EnumProperty(
        name="Environment",
        description="Which of Blender's environments lights the head",
        items=[(name, name.capitalize(), f"Blender's environment {name}") for name in ENVIRONMENTS],
        update=_rebuild,
    )
    photo: IntProperty(
        name="Photo",
        description="Which photo's light the preset Photo takes",
        default=1,
        min=1,
        update=_rebuild,
    )
    former_world: PointerProperty(
        name="Former World", description="The world that comes back when the light is removed", type=bpy.types.World
    )
    former_threshold: FloatProperty(
        name="Former Light Threshold",
        description="EEVEE's light threshold that comes back when the light is removed",
        precision=4,
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitLight,))


def register() -> None:
    """Put it on scenes."""
    _register()
    bpy.types.Scene.relit_light = PointerProperty(type=RelitLight)


def unregister() -> None:
    """Take it off scenes."""
    del bpy.types.Scene.relit_light
    _unregister()
