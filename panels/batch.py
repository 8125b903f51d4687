"""A folder of people: start it, load what it made."""

from __future__ import annotations

import bpy

from ..operators.reconstruct import batch
from .layout import RelitPanel, draw_text

ROWS = 12
"""People that are listed; the report shows all of them."""


class RELIT_PT_batch(RelitPanel, bpy.types.Panel):
    """Heads of many people, one after the other."""

    bl_label = "Many People"
    bl_parent_id = "RELIT_PT_fit"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button, and the heads of the last batch."""
        layout, results = self.layout, batch.results
        draw_text(layout, "A folder with one sub-folder of photos, or one photo, for each person.")
        row = layout.row(align=True)
        row.operator("relit.batch", icon="COMMUNITY", text="Choose Folder...")
        row.operator("relit.batch_results", icon="FILEBROWSER", text="")
        if results.folder is None:
            return
        column = layout.column(align=True)
        for outcome in results.outcomes[:ROWS]:
            row = column.row(align=True)
            if outcome.head:
                row.label(text=outcome.name, icon="CHECKMARK", translate=False)
                load = row.operator("relit.load_head", text="Load", icon="IMPORT")
                load.directory = str(results.folder / outcome.head)
                load.ask = False
            else:
                row.alert = True
                row.label(text=outcome.name, icon="ERROR", translate=False)
                draw_text(column, outcome.message, "BLANK1")
        layout.operator("wm.path_open", text="Show Report", icon="URL").filepath = batch.report_page()


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_batch,))
