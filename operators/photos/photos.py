"""The list of photos: add, remove, reorder, find again, choose the face."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import bpy
from bpy.props import CollectionProperty, EnumProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from ...translations import said
from ..jobs import worker
from . import look

PHOTO_TYPES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")


def add(scene: bpy.types.Scene, paths: Iterable[str | Path]) -> tuple[list[str], list[str]]:
    """Add files that are not in the list yet, make the last one active, and have them looked at.

    Returns:
        Names of the files that were added, and sentences about those that were not.
    """
    settings, added, trouble = scene.relit, [], []
    present = {look.absolute(photo) for photo in settings.photos}
    for path in map(Path, paths):
        name = path.name
        if not path.is_file():
            trouble.append(f"{path} is not a file.")
        elif path.suffix.lower() not in PHOTO_TYPES:
            trouble.append(f"{name} is no JPEG, PNG, TIFF, WebP or BMP picture.")
        elif os.path.abspath(path) in present:
            trouble.append(f"{name} is in the list already.")
        else:
            photo = settings.photos.add()
            photo.name = name
            photo.path = os.path.abspath(path)
            present.add(os.path.abspath(path))
            settings.active_photo = len(settings.photos) - 1
            added.append(name)
    if added:
        look.ask(scene)
    return added, trouble


class _NeedsPhoto:
    """Operators about the active photo."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a photo."""
        if not context.scene.relit.photos:
            cls.poll_message_set("There is no photo in the list.")
            return False
        return True


class RELIT_OT_add_photos(bpy.types.Operator, ImportHelper):
    """Choose one or more photos of the same person; or drop the files onto the 3D view"""

    bl_idname = "relit.add_photos"
    bl_label = "Add Photos"
    bl_options = {"REGISTER", "UNDO"}

    filter_glob: StringProperty(default=";".join(f"*{ending}" for ending in PHOTO_TYPES), options={"HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"})
    directory: StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose, unless files were dropped."""
        if self.directory and any(item.name for item in self.files):
            return self.execute(context)
        return super().invoke(context, event)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add every chosen file that is not in the list yet."""
        names = [item.name for item in self.files if item.name]
        paths = [Path(self.directory, name) for name in names] or [Path(self.filepath)]
        added, trouble = add(context.scene, paths)
        for sentence in trouble:
            self.report({"WARNING"}, said(sentence))
        if not added:
            return {"CANCELLED"}
        self.report({"INFO"}, said(f"Added {added[0]}." if len(added) == 1 else f"Added {len(added)} photos."))
        return {"FINISHED"}


class RELIT_FH_photos(bpy.types.FileHandler):
    """Picture files dropped onto a 3D view that shows Relit's tab become photos of the person."""

    bl_idname = "RELIT_FH_photos"
    bl_label = "Relit Photos"
    bl_import_operator = "relit.add_photos"
    bl_file_extensions = ";".join(PHOTO_TYPES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Elsewhere pictures are Blender's: with another tab open it makes them reference images."""
        area = context.area
        if area is None or area.type != "VIEW_3D" or not area.spaces.active.show_region_ui:
            return False
        tabs = (getattr(region, "active_panel_category", "") for region in area.regions if region.type == "UI")
        return "Relit" in tabs


def _open_images(operator: bpy.types.Operator | None, context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    # Blender keeps no reference to the texts of an enum: they must stay alive here.
    _open_images.kept = [
        (image.name, image.name, "Add this image to the photos of the person")
        for image in bpy.data.images
        if image.source == "FILE" or (image.source == "GENERATED" and image.has_data)
    ] or [("", "No image is open", "Open an image in Blender first")]
    return _open_images.kept


class RELIT_OT_add_image(bpy.types.Operator):
    """Add an image that is open in Blender to the photos of the person"""

    bl_idname = "relit.add_image"
    bl_label = "Add Open Image"
    bl_options = {"REGISTER", "UNDO"}
    bl_property = "image"

    image: EnumProperty(name="Image", description="An image that is open in Blender", items=_open_images)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist search by name."""
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the image's file; one that has none, or was changed, is written to a file first."""
        image = bpy.data.images.get(self.image)
        if image is None:
            self.report({"WARNING"}, "There is no such image.")
            return {"CANCELLED"}
        path = bpy.path.abspath(image.filepath)
        if image.packed_file or image.is_dirty or not os.path.isfile(path):
            try:
                path = _written(image)
            except (OSError, RuntimeError) as error:
                self.report({"ERROR"}, said(f"{image.name} could not be written to a file: {error}."))
                return {"CANCELLED"}
        added, trouble = add(context.scene, [path])
        self.report({"INFO"} if added else {"WARNING"}, said(f"Added {added[0]}." if added else trouble[0]))
        return {"FINISHED"} if added else {"CANCELLED"}


def _written(image: bpy.types.Image) -> str:
    """Write an image without a usable file as PNG into the folder of heads; return its path."""
    folder = worker.heads_folder() / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "_", Path(image.name).stem).strip("_") or "image"
    path = folder / f"{name}.png"
    copy = image.copy()
    try:
        copy.file_format = "PNG"
        copy.save(filepath=str(path))
    finally:
        bpy.data.images.remove(copy)
    return str(path)


class RELIT_OT_remove_photo(_NeedsPhoto, bpy.types.Operator):
    """Take the photo out of the list; the file stays"""

    bl_idname = "relit.remove_photo"
    bl_label = "Remove Photo"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove the active photo."""
        settings = context.scene.relit
        settings.photos.remove(min(settings.active_photo, len(settings.photos) - 1))
        settings.active_photo = max(0, min(settings.active_photo, len(settings.photos) - 1))
        look.ask(context.scene)
        return {"FINISHED"}


class RELIT_OT_clear_photos(_NeedsPhoto, bpy.types.Operator):
    """Take all photos out of the list; the files stay"""

    bl_idname = "relit.clear_photos"
    bl_label = "Remove All Photos"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Empty the list."""
        settings = context.scene.relit
        self.report({"INFO"}, said(f"Removed {len(settings.photos)} photos from the list; the files stay."))
        settings.photos.clear()
        settings.active_photo = 0
        return {"FINISHED"}


class RELIT_OT_move_photo(_NeedsPhoto, bpy.types.Operator):
    """Move the photo in the list; the first one gives the head its name, its pose and its camera"""

    bl_idname = "relit.move_photo"
    bl_label = "Move Photo"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(
        name="Direction",
        description="Where to",
        items=[
            ("UP", "Up", "Before the photo above"),
            ("DOWN", "Down", "After the photo below"),
            ("TOP", "To the Top", "Before all others"),
        ],
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move the active photo."""
        settings = context.scene.relit
        last = len(settings.photos) - 1
        here = min(settings.active_photo, last)
        there = {"UP": max(here - 1, 0), "DOWN": min(here + 1, last), "TOP": 0}[self.direction]
        if here == there:
            return {"CANCELLED"}
        settings.photos.move(here, there)
        settings.active_photo = there
        return {"FINISHED"}


class RELIT_OT_find_photo(_NeedsPhoto, bpy.types.Operator, ImportHelper):
    """Say where the photo is now; others that are missing are sought in the same folder"""

    bl_idname = "relit.find_photo"
    bl_label = "Find Photo"
    bl_options = {"REGISTER", "UNDO"}

    filter_glob: StringProperty(default=";".join(f"*{ending}" for ending in PHOTO_TYPES), options={"HIDDEN"})
    index: IntProperty(default=-1, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Give the photo its file, and other missing ones theirs by name."""
        settings = context.scene.relit
        if not os.path.isfile(self.filepath):
            self.report({"WARNING"}, said(f"{self.filepath} is not a file."))
            return {"CANCELLED"}
        index = self.index if 0 <= self.index < len(settings.photos) else settings.active_photo
        photo = settings.photos[min(index, len(settings.photos) - 1)]
        _put(photo, self.filepath)
        found = 1
        for other in settings.photos:
            beside = os.path.join(os.path.dirname(self.filepath), os.path.basename(bpy.path.abspath(other.path)))
            if not os.path.isfile(look.absolute(other)) and os.path.isfile(beside):
                _put(other, beside)
                found += 1
        look.ask(context.scene)
        self.report({"INFO"}, said(f"Found {photo.name}." if found == 1 else f"Found {found} photos."))
        return {"FINISHED"}


def _put(photo: bpy.types.PropertyGroup, path: str) -> None:
    photo.path, photo.name = os.path.abspath(path), os.path.basename(path)


class RELIT_OT_choose_face(_NeedsPhoto, bpy.types.Operator):
    """Take this face of the photo, counted from the left"""

    bl_idname = "relit.choose_face"
    bl_label = "Choose Face"
    bl_options = {"REGISTER", "UNDO"}

    photo: IntProperty(name="Photo", description="Number of the photo in the list", default=-1, options={"SKIP_SAVE"})
    face: IntProperty(name="Face", description="From the left; 0 leaves the choice to Relit", default=0, min=0)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Choose it."""
        settings = context.scene.relit
        index = self.photo if 0 <= self.photo < len(settings.photos) else settings.active_photo
        settings.photos[min(index, len(settings.photos) - 1)].face = self.face
        return {"FINISHED"}


class RELIT_OT_photo_notes(bpy.types.Operator):
    """What is wrong with the photo"""

    bl_idname = "relit.photo_notes"
    bl_label = "About this Photo"
    bl_options = {"INTERNAL"}

    index: IntProperty(options={"HIDDEN"})
    notes: StringProperty(options={"HIDDEN"})

    @classmethod
    def description(cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """Say it in the tooltip."""
        return "\n".join(map(said, properties.notes.splitlines()))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the photo the active one; the panel says it below the list."""
        context.scene.relit.active_photo = self.index
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory(
    (
        RELIT_OT_add_photos,
        RELIT_FH_photos,
        RELIT_OT_add_image,
        RELIT_OT_remove_photo,
        RELIT_OT_clear_photos,
        RELIT_OT_move_photo,
        RELIT_OT_find_photo,
        RELIT_OT_choose_face,
        RELIT_OT_photo_notes,
    )
)
