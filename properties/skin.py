"""The sliders of a head's skin. They are kept in the file and undone with it; the maps follow them."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, FloatProperty, PointerProperty

LIMIT, TONE_LIMIT = 3.0, 10.0
YOUNGER, OLDER = -3.0, 5.0


def _moved(skin: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from ..operators.skin import skin_live

    skin_live.changed(skin.id_data)


def _slider(name: str, description: str, lowest: float = -LIMIT, highest: float = LIMIT) -> object:
    return FloatProperty(
        name=name,
        description=description,
        default=0.0,
        min=lowest,
        max=highest,
        step=10,
        precision=2,
        update=_moved,
    )


class RelitSkin(bpy.types.PropertyGroup):
    """How a head's skin differs from what the photos showed; all zero is the photos' skin."""

    age: _slider(
        "Age",
        "Younger to older, shape and skin. One unit is about ten years; 0 is as in the photos",
        YOUNGER,
        OLDER,
    )
    skin_tone: _slider(
        "Skin Tone",
        "Lighter to darker. One unit is a tenth of the range from the lightest to the darkest skin of people",
        -TONE_LIMIT,
        TONE_LIMIT,
    )
    redness: _slider(
        "Redness",
        "Paler to redder cheeks and nose. One unit is one standard deviation over people",
    )
    masculinity: _slider(
        "Masculinity",
        "What men's skin has more of than women's of the same age and tone. Two units lead from the average woman to "
        "the average man",
    )
    stubble: _slider(
        "Stubble",
        "Shadow of a beard. One unit is one standard deviation over men; below zero takes away what the photos show",
    )
    freckles: _slider(
        "Freckles",
        "Small brown spots on cheeks and nose. One unit is one standard deviation over people",
        lowest=0.0,
    )
    wrinkles: _slider(
        "Wrinkles",
        "Lines of the forehead, around eyes and mouth. Three units are the deepest that were measured",
        lowest=0.0,
    )
    shine: _slider("Shine", "How strongly the skin reflects. One unit multiplies the specular map by 1.25")
    roughness: _slider("Roughness", "Oily to dry. One unit multiplies the roughness map by 1.15")
    mirrored: BoolProperty(
        name="Mirror",
        description="Let left and right of the skin change places: a birthmark moves to the other cheek",
        update=_moved,
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitSkin,))


def register() -> None:
    """Put it on objects."""
    _register()
    bpy.types.Object.relit_skin = PointerProperty(type=RelitSkin)


def unregister() -> None:
    """Take it off objects."""
    del bpy.types.Object.relit_skin
    _unregister()
