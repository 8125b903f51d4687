"""Paint on the skin: a layer that edits and reconstructions leave alone."""

from __future__ import annotations

import bpy

from ...translations import said
from ..head.active_head import active_head
from ..head.mesh import UV_NAME
from . import paint_layer, skin_maps


def _why_not(context: bpy.types.Context) -> str:
    head_object = active_head(context)
    if head_object is None:
        return "Select a head that Relit made or loaded first."
    if head_object.library or head_object.override_library:
        return f"{head_object.name} is linked from another file: open that file to paint on it."
    if paint_layer.DIFFUSE not in skin_maps.images_of(head_object):
        return f"The material of {head_object.name} has no map of its skin any more."
    return ""


class PaintOperator:
    """An operator on the paint of the active head."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head whose skin can be painted on."""
        reason = _why_not(context)
        if reason:
            cls.poll_message_set(said(reason))
        return not reason


class RELIT_OT_paint_skin(PaintOperator, bpy.types.Operator):
    """Paint on a layer over the skin: it stays when sliders move and when the head is reconstructed again"""

    bl_idname = "relit.paint_skin"
    bl_label = "Paint on Skin"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the layer and point Texture Paint at it; back to Object Mode when it is on already."""
        head_object = active_head(context)
        if head_object.mode == "TEXTURE_PAINT":
            bpy.ops.object.mode_set(mode="OBJECT")
            return {"FINISHED"}
        if context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        layer = paint_layer.ensure_layer(head_object)
        head_object.relit_paint.visible = True
        context.view_layer.objects.active = head_object
        head_object.data.uv_layers.active = head_object.data.uv_layers[UV_NAME]
        bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
        settings = context.scene.tool_settings.image_paint
        settings.mode, settings.canvas = "IMAGE", layer
        for area in context.screen.areas if context.screen else ():
            if area.type == "VIEW_3D" and area.spaces.active.shading.type in {"SOLID", "WIREFRAME"}:
                area.spaces.active.shading.type = "MATERIAL"  # solid shading shows the layer without the skin
        self.report({"INFO"}, said(f"Paint goes to {layer.name}; it is saved with the file."))
        return {"FINISHED"}


class RELIT_OT_clear_paint(PaintOperator, bpy.types.Operator):
    """Take all paint off the skin"""

    bl_idname = "relit.clear_paint"
    bl_label = "Clear Paint"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be paint."""
        if not super().poll(context):
            return False
        if active_head(context).relit_paint.layer is None:
            cls.poll_message_set("There is no paint layer on this head.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take the layer out of the material; undo brings it back with its pixels."""
        head_object = active_head(context)
        settings = context.scene.tool_settings.image_paint
        if settings.canvas == head_object.relit_paint.layer:
            settings.canvas = None
        if head_object.mode == "TEXTURE_PAINT":
            bpy.ops.object.mode_set(mode="OBJECT")
        head_object.relit_paint.cleared = head_object.relit_paint.layer
        head_object.relit_paint.layer = None
        paint_layer.connect(head_object)
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_paint_skin, RELIT_OT_clear_paint))
