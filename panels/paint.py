"""Paint over the skin."""

from __future__ import annotations

import bpy

from ..operators.head.active_head import active_head
from .layout import HeadPanel, draw_text


class RELIT_PT_paint(HeadPanel, bpy.types.Panel):
    """A layer of the artist's own over the skin."""

    bl_label = "Paint"
    bl_order = 15

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the buttons."""
        layout, head_object = self.layout, active_head(context)
        painting = head_object.mode == "TEXTURE_PAINT"
        row = layout.row(align=True)
        row.operator("relit.paint_skin", text="Stop Painting" if painting else "Paint on Skin", icon="BRUSH_DATA")
        row.operator("relit.clear_paint", text="", icon="TRASH")
        if head_object.relit_paint.layer is None:
            draw_text(layout, "Paint lies in a layer over the skin and stays when the skin changes below it.")
        else:
            layout.prop(head_object.relit_paint, "visible")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_paint,))
