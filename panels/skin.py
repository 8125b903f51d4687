"""The sliders of the skin."""

from __future__ import annotations

import os

import bpy

from ..operators.head.active_head import active_head
from ..operators.skin import skin_live, skin_state
from .layout import HeadPanel, draw_text


class RELIT_PT_skin(HeadPanel, bpy.types.Panel):
    """Change the skin without a new reconstruction."""

    bl_label = "Skin"
    bl_order = 10

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the sliders, or why they cannot work."""
        layout, head_object = self.layout, active_head(context)
        layout.use_property_split = True
        layout.use_property_decorate = False
        reason = skin_live.why_not(head_object)
        if reason:
            draw_text(layout, reason, "INFO")
            if not os.path.isdir(bpy.path.abspath(head_object.relit.folder)) and not head_object.library:
                layout.prop(head_object.relit, "folder", text="Find It")
        fixed = None if reason else skin_live.why_not_colour(head_object)
        if fixed is not None:
            draw_text(layout, fixed.message, "INFO")
            draw_text(layout, fixed.hint)
        column = layout.column()
        column.enabled = not reason
        for group in skin_state.GROUPS:
            sliders = column.column(align=True)
            sliders.enabled = fixed is None or group is not skin_state.CODED
            for name in group:
                sliders.prop(head_object.relit_skin, name, slider=True)
        column.prop(head_object.relit_skin, "mirrored")
        row = column.row(align=True)
        row.operator("relit.skin_reset", text="Reset", icon="LOOP_BACK")
        row.operator("relit.skin_random", text="Random", icon="RNDCURVE")
        row.operator("relit.skin_copy", text="", icon="COPYDOWN")
        row.operator("relit.skin_paste", text="", icon="PASTEDOWN")
        column.operator("relit.skin_save", icon="FILE_TICK")
        if not reason:
            _draw_state(layout, head_object)


def _draw_state(layout: bpy.types.UILayout, head_object: bpy.types.Object) -> None:
    """Draw what the maps are doing, or why they could not follow."""
    problem, working = skin_state.state(head_object)
    if problem is not None:
        box = layout.box()
        column = box.column()
        column.alert = True
        draw_text(column, problem.message, "ERROR")
        draw_text(box, problem.hint)
    elif working:
        layout.label(text="The maps follow...", icon="SORTTIME")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_skin,))
