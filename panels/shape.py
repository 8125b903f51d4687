"""The shape of the head: sliders named by what they move."""

from __future__ import annotations

import bpy

from ..core.shape.shape_sliders import GROUPS, SLIDERS
from ..operators.head import head_shape
from ..operators.head.active_head import active_head
from ..properties.shape import MODES
from ..translations import said
from .layout import HeadPanel, draw_text


class RELIT_PT_shape(HeadPanel, bpy.types.Panel):
    """Change whose face it is."""

    bl_label = "Shape"
    bl_order = 20

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the buttons and the sliders, one folded list for each group."""
        layout, head = self.layout, active_head(context)
        row = layout.row(align=True)
        row.operator("relit.shape_random", text="Random", icon="SHADERFX")
        row.operator("relit.shape_mirror", text="Mirror", icon="MOD_MIRROR")
        row.operator("relit.shape_reset", text="Reset", icon="LOOP_BACK").group = ""
        problem = head_shape.problem(head)
        if problem:
            draw_text(layout, f"{problem.message} {problem.hint}", "INFO")
            return
        shape = head.relit_shape
        column = layout.column(align=True)
        column.prop(shape, "character", slider=True)
        column.prop(shape, "asymmetry", slider=True)
        for group in GROUPS:
            header, body = layout.panel(f"relit_shape_{group}", default_closed=True)
            header.label(text=group)
            if body:
                header.operator("relit.shape_reset", text="", icon="LOOP_BACK", emboss=False).group = group
                column = body.column(align=True)
                for slider in SLIDERS:
                    if slider.group == group:
                        column.prop(shape, slider.name, slider=True)
        header, body = layout.panel("relit_shape_modes", default_closed=True)
        header.label(text="Statistical Modes")
        if body:
            column = body.column(align=True)
            for mode in range(MODES):
                column.prop(shape, "modes", index=mode, text=said(f"Mode {mode + 1}"), translate=False, slider=True)


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_shape,))
