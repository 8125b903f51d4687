"""The tab *Relit* in the Image Editor: what is drawn over a photo, which face, and the pins."""

from __future__ import annotations

import bpy

from ..operators.head.active_head import is_head
from ..operators.photos import look, photo_overlay, pinned_head
from ..translations import said
from .layout import draw_text
from .photos import draw_faces, notes_of


class RELIT_PT_image(bpy.types.Panel):
    """Faces and landmarks of the photo in this editor."""

    bl_label = "Photo"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Relit"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what is known of the photo."""
        layout, photo = self.layout, photo_overlay.photo_shown(context)
        if photo is None:
            draw_text(layout, "This is no photo of the list in Relit's tab of the 3D view.", "INFO")
            if context.scene.relit.photos:
                layout.operator("relit.show_landmarks", icon="IMAGE_DATA")
            return
        found = look.findings(photo)
        if found is None:
            layout.operator("relit.look", icon="VIEWZOOM")
            return
        row, view = layout.row(align=True), context.scene.relit_view
        for name in ("faces", "landmarks", "head"):
            row.prop(view, name, toggle=True)
        if len(found.boxes) > 1:
            draw_faces(layout, context.scene, photo, found)
        for note in notes_of(photo, False, found):
            draw_text(layout, note, "ERROR" if found.problem else "INFO")
        if len(found.points):
            _draw_pins(layout, context, photo)


def _draw_pins(layout: bpy.types.UILayout, context: bpy.types.Context, photo: bpy.types.PropertyGroup) -> None:
    layout.separator()
    layout.operator("relit.pin_landmarks", icon="PINNED")
    column = layout.column(align=True)
    column.scale_y = 0.8
    for text in ("Drag a line or a point: pin it", "Double-Click: pin it there", "Ctrl-Click or X: remove the pin"):
        column.label(text=text)
    row = layout.row(align=True)
    count = "No pins" if not photo.pins else "1 pin" if len(photo.pins) == 1 else f"{len(photo.pins)} pins"
    row.label(text=said(count), translate=False)
    row.operator("relit.clear_pins", icon="X")
    if photo.pins:
        found = pinned_head.head_of(context, photo)
        if found is not None and is_head(found[0]):
            draw_text(layout, "The shape follows at once, the skin when the head is reconstructed again.")
            layout.operator("relit.fit", text="Update Skin", icon="FILE_REFRESH")
        else:
            layout.operator("relit.fit", icon="USER")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_image,))
