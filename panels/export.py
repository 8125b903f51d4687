"""The head for other programs."""

from __future__ import annotations

import bpy

from ..operators.export.exporters import FORMATS
from ..operators.export.texture_sets import SETS
from .layout import HeadPanel


class RELIT_PT_export(HeadPanel, bpy.types.Panel):
    """Write the head, or its maps, for another program."""

    bl_label = "Export"
    bl_order = 90

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a button for each format and for each texture set."""
        layout = self.layout
        layout.label(text="Head, as it is now:")
        grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
        for key, entry in FORMATS.items():
            grid.operator("relit.export", text=entry.label.split(" ")[0]).format = key
        layout.label(text="Textures for:")
        grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for key, entry in SETS.items():
            grid.operator("relit.export_textures", text=entry.label).textures = key


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_export,))
