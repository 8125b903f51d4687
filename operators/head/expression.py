"""Expressions of a head: presets, neutral, mirrored, as in a photo, keyframes."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty

from ...core.shape.expressions import PRESETS, UNITS, mirrored, preset
from ...translations import said
from . import head_shape, mesh
from .active_head import active_head

_MODES = {"OBJECT", "POSE", "PAINT_TEXTURE", "PAINT_VERTEX", "PAINT_WEIGHT"}


def units_of(head_object: bpy.types.Object) -> dict[str, bpy.types.ShapeKey]:
    """Return the keys of ARKit's units that a head has, by name."""
    keys = head_object.data.shape_keys
    return {unit: keys.key_blocks[unit] for unit in UNITS if unit in keys.key_blocks} if keys else {}


def set_expression(head_object: bpy.types.Object, strengths: dict[str, float], add: bool = False) -> None:
    """Give a head an expression: units by name, the rest 0 unless they are added to what is there."""
    for unit, key in units_of(head_object).items():
        key.value = strengths.get(unit, 0.0) + (key.value if add else 0.0)
    if not add:
        for key in head_object.data.shape_keys.key_blocks:
            if key.name in head_shape.photo_expressions(head_object):
                key.value = 0.0


class ExpressionOperator:
    """An operator on the expressions of the active head."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head with expressions that can be changed."""
        head_object = active_head(context)
        if head_object is None:
            cls.poll_message_set("Select a head that Relit made or loaded first.")
        elif not units_of(head_object):
            cls.poll_message_set("This head has no shape keys with ARKit's names.")
        elif context.mode not in _MODES:
            cls.poll_message_set("Switch to Object Mode first.")
        elif not head_object.data.shape_keys.is_editable:
            cls.poll_message_set("This head belongs to another file; make it local first.")
        else:
            return True
        return False


class RELIT_OT_expression_preset(ExpressionOperator, bpy.types.Operator):
    """Give the head this expression"""

    bl_idname = "relit.expression_preset"
    bl_label = "Expression"

    preset: EnumProperty(
        name="Expression",
        description="The expression",
        items=[(name, label, f"Give the head this expression: {label}") for name, (label, _) in PRESETS.items()],
    )
    amount: FloatProperty(
        name="Amount",
        description="How strong: 0 is neutral, 1 the whole expression",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    add: BoolProperty(name="Add", description="Add it to the present expression instead of replacing that")

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """Name the expression in the tooltip."""
        name = said(PRESETS[properties.preset][0])
        return said(f"Give the head this expression: {name}. Ctrl adds it to the present one")

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Add with the control key held."""
        self.add = event.ctrl
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the keys."""
        strengths = {unit: self.amount * strength for unit, strength in preset(self.preset).items()}
        set_expression(active_head(context), strengths, self.add)
        return {"FINISHED"}


class RELIT_OT_expression_reset(ExpressionOperator, bpy.types.Operator):
    """Make the face neutral: every expression, and the photos', to 0"""

    bl_idname = "relit.expression_reset"
    bl_label = "Neutral Expression"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Clear the keys."""
        set_expression(active_head(context), {})
        return {"FINISHED"}


class RELIT_OT_expression_mirror(ExpressionOperator, bpy.types.Operator):
    """Swap the left and the right side of the expression"""

    bl_idname = "relit.expression_mirror"
    bl_label = "Mirror Expression"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Swap the keys' values."""
        keys = units_of(active_head(context))
        values = {unit: key.value for unit, key in keys.items()}
        for unit, key in keys.items():
            key.value = values.get(mirrored(unit), 0.0)
        return {"FINISHED"}


class RELIT_OT_expression_photo(ExpressionOperator, bpy.types.Operator):
    """Give the head the expression that it has in a photo, on the sliders"""

    bl_idname = "relit.expression_photo"
    bl_label = "Expression of Photo"

    photo: IntProperty(name="Photo", description="Which photo, from 1", default=1, min=1)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the keys to the photo's strengths."""
        head_object = active_head(context)
        known = head_shape.photo_expressions(head_object)
        name = mesh.photo_key_name(self.photo - 1)
        if name not in known:
            self.report({"ERROR"}, said(f"{head_object.name} has no photo {self.photo}; it has {len(known)}."))
            return {"CANCELLED"}
        set_expression(head_object, known[name])
        return {"FINISHED"}


class RELIT_OT_expression_key(ExpressionOperator, bpy.types.Operator):
    """Insert keyframes for the whole expression at the present frame"""

    bl_idname = "relit.expression_key"
    bl_label = "Key Expression"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Insert the keyframes."""
        keys = units_of(active_head(context))
        for key in keys.values():
            key.keyframe_insert("value")
        self.report({"INFO"}, said(f"{len(keys)} expressions have a keyframe at frame {context.scene.frame_current}."))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        RELIT_OT_expression_preset,
        RELIT_OT_expression_reset,
        RELIT_OT_expression_mirror,
        RELIT_OT_expression_photo,
        RELIT_OT_expression_key,
    )
)
