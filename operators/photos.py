"""The list of photos: add and remove."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from bpy.props import CollectionProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

PHOTO_TYPES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")


class RELIT_OT_add_photos(bpy.types.Operator, ImportHelper):
    """Choose one or more photos of the same person"""

    bl_idname = "relit.add_photos"
    bl_label = "Add Photos"
    bl_options = {"REGISTER", "UNDO"}

    filter_glob: StringProperty(default=";".join(f"*{ending}" for ending in PHOTO_TYPES), options={"HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add every chosen file that is not in the list yet."""
        settings = context.scene.relit
        names = [item.name for item in self.files if item.name]
        paths = [Path(self.directory, name) for name in names] or [Path(self.filepath)]
        present = {os.path.abspath(bpy.path.abspath(photo.path)) for photo in settings.photos}
        for path in paths:
            if not path.is_file():
                self.report({"WARNING"}, f"{path} is not a file.")
            elif os.path.abspath(path) not in present:
                settings.photos.add().path = str(path)
                settings.active_photo = len(settings.photos) - 1
        return {"FINISHED"}


class RELIT_OT_remove_photo(bpy.types.Operator):
    """Take the photo out of the list; the file stays"""

    bl_idname = "relit.remove_photo"
    bl_label = "Remove Photo"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a photo."""
        if not context.scene.relit.photos:
            cls.poll_message_set("There is no photo in the list.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the active photo."""
        settings = context.scene.relit
        settings.photos.remove(min(settings.active_photo, len(settings.photos) - 1))
        settings.active_photo = max(0, min(settings.active_photo, len(settings.photos) - 1))
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_add_photos, RELIT_OT_remove_photo))
