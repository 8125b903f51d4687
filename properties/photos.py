"""One photo in the list: the file, whether and how it is used, what was seen in it, and the artist's pins."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)


def _look_again(photo: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from ..operators.photos import look

    look.ask(context.scene)


def _chose_face(photo: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    photo.pins.clear()  # they were another person's
    _look_again(photo, context)


def _redraw(view: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    from ..operators.photos import photo_overlay

    photo_overlay.redraw()


class RelitPin(bpy.types.PropertyGroup):
    """A landmark that the artist has put where it is."""

    landmark: IntProperty(name="Landmark", description="Number of the landmark in the face mesh", min=0, max=477)
    place: FloatVectorProperty(
        name="Place", description="Where it is, in pixels of the upright photo from its top left corner", size=2
    )


class RelitPhoto(bpy.types.PropertyGroup):
    """One photo of the person."""

    path: StringProperty(name="Photo", description="A photo of the person", subtype="FILE_PATH", options=set())
    use: BoolProperty(
        name="Use",
        description="Use this photo for the reconstruction",
        default=True,
        update=_look_again,
        options=set(),
    )
    face: IntProperty(
        name="Face",
        description="Which face of the photo, from left to right; 0 leaves the choice to Relit",
        default=0,
        min=0,
        update=_chose_face,
        options=set(),
    )
    pins: CollectionProperty(type=RelitPin)
    findings: StringProperty(description="What was seen in the photo", options={"HIDDEN"})
    stamp: StringProperty(description="The state of the file that was seen", options={"HIDDEN"})


class RelitPhotoView(bpy.types.PropertyGroup):
    """What is drawn over a photo in the Image Editor."""

    faces: BoolProperty(name="Faces", description="Draw a numbered box around each face", default=True, update=_redraw)
    landmarks: BoolProperty(
        name="Landmarks", description="Draw the landmarks that were found", default=True, update=_redraw
    )
    head: BoolProperty(
        name="Head",
        description="Draw eyes, brows, nose, lips and outline of the head as it is now",
        default=True,
        update=_redraw,
    )


_register, _unregister = bpy.utils.register_classes_factory((RelitPin, RelitPhoto, RelitPhotoView))


def register() -> None:
    """Register the groups; the list itself is among the settings."""
    _register()
    bpy.types.Scene.relit_view = PointerProperty(type=RelitPhotoView)


def unregister() -> None:
    """Take the groups off again."""
    del bpy.types.Scene.relit_view
    _unregister()
