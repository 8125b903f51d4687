"""The photos of the person."""

from __future__ import annotations

import os

import bpy

from ..operators.jobs import worker
from ..operators.jobs.session import session
from ..operators.photos import look
from ..translations import said
from . import thumbnails
from .layout import RelitPanel, draw_text

PREVIEW_SCALE = 7.0
FACES_IN_A_ROW = 4


class RELIT_UL_photos(bpy.types.UIList):
    """The list of photos: use, picture, name, what is wrong."""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0) -> None:
        """Draw one photo's line."""
        row = layout.row(align=True)
        row.prop(item, "use", text="", emboss=False, icon="CHECKBOX_HLT" if item.use else "CHECKBOX_DEHLT")
        line = row.row(align=True)
        line.active = item.use
        missing = not os.path.isfile(look.absolute(item))
        found = look.findings(item)
        picture = 0 if missing else thumbnails.icon_of(item.path, found.orientation if found else 1)
        name = os.path.basename(item.path) or "?"
        if picture:
            line.label(text=name, icon_value=picture)
        else:
            line.label(text=name, icon="IMAGE_DATA")
        if item.pins:
            row.label(text=str(len(item.pins)), icon="PINNED")
        notes = notes_of(item, missing, found)
        if notes:
            grave = missing or bool(found and found.problem)
            told = row.operator("relit.photo_notes", text="", emboss=False, icon="ERROR" if grave else "INFO")
            told.index, told.notes = index, "\n".join(notes)


class RELIT_MT_photos(bpy.types.Menu):
    """What else can be done with the list"""

    bl_label = "Photos"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the entries."""
        layout = self.layout
        layout.operator("relit.add_image", icon="IMAGE")
        layout.operator("relit.move_photo", text="Move to the Top", icon="TRIA_UP_BAR").direction = "TOP"
        layout.operator("relit.look", icon="VIEWZOOM")
        layout.separator()
        layout.operator("relit.clear_photos", icon="TRASH")


class RELIT_PT_photos(RelitPanel, bpy.types.Panel):
    """Photos of one person: add, remove, look at."""

    bl_label = "Photos"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the list and the active photo."""
        settings, layout = context.scene.relit, self.layout
        if not settings.photos:
            draw_text(layout, "Add one or more photos of one person. They stay on this machine.")
            column = layout.column(align=True)
            column.scale_y = 1.3
            column.operator("relit.add_photos", icon="ADD")
            draw_text(layout, "Or drop the files onto the 3D view.")
            return
        row = layout.row()
        rows = 4 if len(settings.photos) > 1 else 2
        row.template_list("RELIT_UL_photos", "", settings, "photos", settings, "active_photo", rows=rows)
        column = row.column(align=True)
        column.operator("relit.add_photos", text="", icon="ADD")
        column.operator("relit.remove_photo", text="", icon="REMOVE")
        column.menu("RELIT_MT_photos", text="", icon="DOWNARROW_HLT")
        if len(settings.photos) > 1:
            column.separator()
            column.operator("relit.move_photo", text="", icon="TRIA_UP").direction = "UP"
            column.operator("relit.move_photo", text="", icon="TRIA_DOWN").direction = "DOWN"
        draw_photo(layout, context, settings.photos[min(settings.active_photo, len(settings.photos) - 1)])


def draw_photo(layout: bpy.types.UILayout, context: bpy.types.Context, photo: bpy.types.PropertyGroup) -> None:
    """Draw the active photo: its picture, its faces, what is wrong with it."""
    missing = not os.path.isfile(look.absolute(photo))
    if missing:
        box = layout.box()
        box.alert = True
        for note in notes_of(photo, missing, None):
            draw_text(box, note, "ERROR")
        layout.operator("relit.find_photo", icon="VIEWZOOM")
        return
    found = look.findings(photo)
    picture = thumbnails.icon_of(photo.path, found.orientation if found else 1)
    if picture:
        layout.template_icon(picture, scale=PREVIEW_SCALE)
    if found and len(found.boxes) > 1:
        draw_faces(layout, context.scene, photo, found)
    if found is None and photo.use:
        _draw_unseen(layout)
    for note in notes_of(photo, missing, found):
        draw_text(layout, note, "ERROR" if found.problem else "INFO")
    if found and found.boxes:
        layout.operator("relit.show_landmarks", icon="PINNED" if photo.pins else "IMAGE_DATA")


def draw_faces(
    layout: bpy.types.UILayout, scene: bpy.types.Scene, photo: bpy.types.PropertyGroup, found: look.Findings
) -> None:
    """Draw a button for each face of a photo, from left to right."""
    index = next((index for index, other in enumerate(scene.relit.photos) if other == photo), -1)
    column = layout.column(align=True)
    column.label(text=said(f"{len(found.boxes)} faces; which is the person?"), translate=False)
    grid = column.grid_flow(row_major=True, columns=FACES_IN_A_ROW, even_columns=True, align=True)
    for number, box in enumerate(found.boxes, 1):
        icon = thumbnails.face_icon_of(photo.path, found.orientation, found.size, box)
        chosen = found.chosen == number - 1
        button = grid.operator("relit.choose_face", text=str(number), icon_value=icon, depress=chosen)
        button.photo, button.face = index, number
    if photo.face:
        button = column.operator("relit.choose_face", text="Let Relit Choose", icon="LOOP_BACK")
        button.photo, button.face = index, 0


def notes_of(photo: bpy.types.PropertyGroup, missing: bool, found: look.Findings | None) -> list[str]:
    """Return what is wrong with a photo, in sentences."""
    if missing:
        folder, name = os.path.split(photo.path)
        return [f"{name} does not exist in {folder}."]
    if found is None:
        return []
    return [found.problem] if found.problem else list(found.warnings)


def _draw_unseen(layout: bpy.types.UILayout) -> None:
    if session.busy:
        layout.label(text="Looking at the photo...", icon="VIEWZOOM")
    elif look.state.problem is not None:
        draw_text(layout, look.state.problem.message, "ERROR")
        layout.operator("relit.look", icon="FILE_REFRESH")
    elif worker.worker_python() is not None:
        layout.operator("relit.look", icon="VIEWZOOM")


register, unregister = bpy.utils.register_classes_factory((RELIT_UL_photos, RELIT_MT_photos, RELIT_PT_photos))
