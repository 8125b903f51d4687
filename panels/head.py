"""The head: load one, look at it; what changes it hangs below."""

from __future__ import annotations

import os

import bpy

from ..operators.head.active_head import active_head
from ..operators.jobs.run import run
from ..translations import said
from .layout import RelitPanel


class RELIT_PT_head(RelitPanel, bpy.types.Panel):
    """The head in the scene, and those on disk."""

    bl_label = "Head"
    bl_order = 2

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the buttons that bring a head in and show it."""
        layout = self.layout
        row = layout.row(align=True)
        row.operator("relit.load_head", icon="IMPORT")
        if active_head(context) is not None:
            row.operator("relit.show_head", text="", icon="ZOOM_SELECTED")
        if os.path.isdir(run.head) and not any(thing.relit.folder == run.head for thing in context.scene.objects):
            name = os.path.basename(run.head)
            again = layout.operator("relit.load_head", text=said(f"Load {name}"), translate=False, icon="FILE_REFRESH")
            again.directory = run.head
            again.ask = False


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_head,))
