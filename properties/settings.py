"""The artist's choices for the next reconstruction and the next loaded head, on the scene."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    IntProperty,
    PointerProperty,
)

from ..core.settings import MAP_SIZES, FitSettings
from .photos import RelitPhoto

_DEFAULTS = FitSettings()
_QUALITIES = (
    ("draft", "Draft", "Quick look: fewer steps on a smaller picture"),
    ("standard", "Standard", "A good compromise"),
    ("best", "Best", "Slowest: more steps on a larger picture"),
)


class RelitSettings(bpy.types.PropertyGroup):
    """What the next reconstruction and the next loaded head shall be like."""

    photos: CollectionProperty(type=RelitPhoto)
    active_photo: IntProperty(name="Active Photo", min=0)
    quality: EnumProperty(
        name="Quality",
        description="How much time the reconstruction takes",
        items=_QUALITIES,
        default=_DEFAULTS.quality,
    )
    map_size: EnumProperty(
        name="Map Size",
        description="Side of the square texture maps in pixels",
        items=[(str(size), f"{size} px", f"Maps of {size} x {size} pixels") for size in MAP_SIZES],
        default=str(_DEFAULTS.map_size),
    )
    when_done: EnumProperty(
        name="When Done",
        description="What becomes of a head that is there already",
        items=(
            (
                "REPLACE",
                "Replace Head",
                "The active head becomes the new one, if it was made from some of the same photos: place, name, "
                "modifiers, materials and your changes stay",
            ),
            ("ADD", "Add a Second", "The new head is added beside those that are there"),
        ),
        default="REPLACE",
    )
    seed: IntProperty(
        name="Seed",
        description="The same seed and photos give the same head",
        default=_DEFAULTS.seed,
        min=0,
    )
    pack_images: BoolProperty(
        name="Pack Images",
        description="Keep the maps inside the .blend file, instead of referring to the head folder",
        default=True,
    )
    add_camera: BoolProperty(
        name="Matching Cameras",
        description="Add a camera for each photo, with the photo as its background",
        default=True,
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitSettings,))


def register() -> None:
    """Put the choices on the scene."""
    _register()
    bpy.types.Scene.relit = PointerProperty(type=RelitSettings)


def unregister() -> None:
    """Take the choices off the scene."""
    del bpy.types.Scene.relit
    _unregister()
