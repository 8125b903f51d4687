"""The photos of the person."""

from __future__ import annotations

import os

import bpy

from . import thumbnails
from .layout import RelitPanel, draw_text

PREVIEW_SCALE = 7.0


class RELIT_UL_photos(bpy.types.UIList):
    """The list of photos by file name."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property) -> None:
        """Draw one photo's line."""
        missing = not os.path.isfile(bpy.path.abspath(item.path))
        layout.label(text=os.path.basename(item.path), icon="ERROR" if missing else "IMAGE_DATA")


class RELIT_PT_photos(RelitPanel, bpy.types.Panel):
    """Photos of one person: add, remove, look at."""

    bl_label = "Photos"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list and the active photo."""
        settings, layout = context.scene.relit, self.layout
        if not settings.photos:
            draw_text(layout, "Add one or more photos of one person. They stay on this machine.")
        row = layout.row()
        row.template_list("RELIT_UL_photos", "", settings, "photos", settings, "active_photo", rows=2)
        column = row.column(align=True)
        column.operator("relit.add_photos", text="", icon="ADD")
        column.operator("relit.remove_photo", text="", icon="REMOVE")
        if settings.photos:
            path = settings.photos[min(settings.active_photo, len(settings.photos) - 1)].path
            icon = thumbnails.icon_of(path)
            if icon:
                layout.template_icon(icon, scale=PREVIEW_SCALE)
            elif not os.path.isfile(bpy.path.abspath(path)):
                draw_text(layout, f"{path} does not exist.", "ERROR")


register, unregister = bpy.utils.register_classes_factory((RELIT_UL_photos, RELIT_PT_photos))
