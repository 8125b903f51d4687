"""How the expressions of a head are shown and mixed."""

from __future__ import annotations

import bpy
from bpy.props import FloatProperty, PointerProperty, StringProperty


class RelitExpression(bpy.types.PropertyGroup):
    """What the panel of the expressions remembers of a head."""

    amount: FloatProperty(
        name="Amount",
        description="How strong an expression becomes when its button is pressed",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        options=set(),
    )
    search: StringProperty(
        name="Search",
        description="Show only the expressions with this in their name, in words or as ARKit has it",
        options={"TEXTEDIT_UPDATE"},
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitExpression,))


def register() -> None:
    """Put it on objects."""
    _register()
    bpy.types.Object.relit_expression = PointerProperty(type=RelitExpression)


def unregister() -> None:
    """Take it off objects."""
    del bpy.types.Object.relit_expression
    _unregister()
