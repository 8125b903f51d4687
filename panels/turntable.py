"""The turntable: what turns, how it is rendered, how far it is."""

from __future__ import annotations

import os

import bpy

from ..operators.light.renders import render
from ..translations import said
from .layout import HeadPanel, draw_text


class RELIT_PT_turntable(HeadPanel, bpy.types.Panel):
    """Render one turn of the head."""

    bl_label = "Turntable"
    bl_order = 65

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices, or the progress."""
        layout, choice = self.layout, context.scene.relit_turntable
        layout.row().prop(choice, "turn", expand=True)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for name in ("frames", "fps", "size", "quality", "movie", "folder"):
            column.prop(choice, name)
        if not draw_render(layout, "turntable"):
            layout.operator("relit.turntable", icon="RENDER_ANIMATION")


def draw_render(layout: bpy.types.UILayout, task: str) -> bool:
    """Draw a render that runs or the last one's outcome; return whether one of this task runs."""
    if render.task == task:
        layout.progress(factor=render.fraction, text=said(f"Rendering  {render.fraction:.0%}"))
        layout.operator("relit.cancel_render", icon="CANCEL")
        return True
    if render.problem:
        column = layout.column()
        column.alert = True
        draw_text(column, render.problem, "ERROR")
    if render.out and task == "turntable" and "turntable" in os.path.basename(render.out):
        layout.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = os.path.dirname(render.out)
    return False


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_turntable,))
