"""Photo beside render, in the matched camera; and the 3D view through that camera."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import bpy
import numpy as np

from ...core.errors import FitError
from ...translations import said
from ..head.active_head import active_head, is_head, require_head
from ..head.camera import photo_camera, show_whole_photo
from ..head.mesh import photo_key_name
from ..material import skin_look
from . import light_rig
from .comparison import comparison, open_editor
from .face_in_photo import FACE, Box, face_box, places_in_photo, seen_skin
from .renders import render

SAMPLES = 24


class Compared(NamedTuple):
    """What a render is compared with when it comes, by name, for anything may be gone by then."""

    head: str
    photo: str
    scene: str
    places: np.ndarray
    box: Box


class RELIT_OT_compare(bpy.types.Operator):
    """Render what the photo's camera saw and show it beside the photo; you can go on working meanwhile"""

    bl_idname = "relit.compare"
    bl_label = "Compare with Photo"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head with a camera that has a photo, and nothing that is being rendered."""
        if not require_head(cls, context) or not _require_camera(cls, context):
            return False
        if render.active:
            cls.poll_message_set("Something is being rendered. Wait for it or cancel it first.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the render."""
        head_object, choice, scene = active_head(context), context.scene.relit_compare, context.scene
        camera = photo_camera(head_object, choice.photo)
        photo, size = background_of(camera).image, tuple(background_of(camera).image.size)
        places = places_in_photo(head_object, camera, photo_key_name(choice.photo - 1), size)
        box = face_box(places, skin_look.members(head_object, (FACE,)))
        out = Path(tempfile.gettempdir()) / f"relit-compare-{render.number()}.png"
        try:
            wanted = order(head_object, camera, box, size, choice)
            if choice.light == "PHOTO":
                wanted["light"] = save_photo_light(head_object, choice.photo, out.with_suffix(".exr"))
            compared = Compared(head_object.name, photo.name, scene.name, places, box)
            render.start(context, {**wanted, "out": str(out)}, lambda path: finish(path, compared))
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        show_whole_photo(camera, scene)
        look_through(context, camera)
        self.report({"INFO"}, "The render appears beside the photo when it is done.")
        return {"FINISHED"}


class RELIT_OT_look_through_photo(bpy.types.Operator):
    """Look at the head through the photo's camera, with the photo over it; your scene's camera stays"""

    bl_idname = "relit.look_through_photo"
    bl_label = "Look Through Photo"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head with a camera that has a photo."""
        return require_head(cls, context) and _require_camera(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set camera, expression and 3D views."""
        head_object, number = active_head(context), context.scene.relit_compare.photo
        camera = photo_camera(head_object, number)
        show_whole_photo(camera, context.scene)
        background = background_of(camera)
        background.display_depth, background.alpha = "FRONT", min(background.alpha, 0.5)
        look_through(context, camera)
        self.report({"INFO"}, said(f"The view is that of photo {number}. Its opacity is in the panel Compare."))
        return {"FINISHED"}


def look_through(context: bpy.types.Context, camera: bpy.types.Object) -> None:
    """Let the 3D views look through a camera without making it the scene's."""
    for area in context.screen.areas if context.screen else ():
        if area.type == "VIEW_3D":
            space = area.spaces[0]
            space.use_local_camera, space.camera = True, camera
            space.region_3d.view_perspective = "CAMERA"


def order(
    head_object: bpy.types.Object,
    camera: bpy.types.Object,
    box: Box,
    size: tuple[int, int],
    choice: bpy.types.PropertyGroup,
) -> dict[str, object]:
    """Return what `render_script` is told; ``size`` is the photo's."""
    scale = choice.size / max(size[0] * (box.right - box.left), size[1] * (box.top - box.bottom))
    return {
        "task": "photo",
        "head": head_object.name,
        "camera": camera.name,
        "expression": photo_key_name(choice.photo - 1),
        "width": max(1, round(size[0] * scale)),
        "height": max(1, round(size[1] * scale)),
        "box": list(box),
        "engine": "CYCLES",
        "samples": SAMPLES,
    }


def save_photo_light(head_object: bpy.types.Object, photo: int, path: Path) -> str:
    """Write the light of a photo, counted from 1, as an environment picture and return where."""
    image = light_rig.photo_picture(head_object, photo - 1)
    image.filepath_raw, image.file_format = str(path), "OPEN_EXR"
    image.save()
    bpy.data.images.remove(image)
    return str(path)


def finish(path: str, compared: Compared) -> None:
    """Show the render that has come, unless head, photo or scene are gone by now."""
    head_object, photo = bpy.data.objects.get(compared.head), bpy.data.images.get(compared.photo)
    scene = bpy.data.scenes.get(compared.scene)
    if not is_head(head_object) or photo is None or scene is None or skin_look.skin_material(head_object) is None:
        return
    rendered = bpy.data.images.load(path)
    seen = None
    if len(compared.places) == len(head_object.data.vertices):
        seen = seen_skin(head_object, compared.places, compared.box, tuple(rendered.size))
    comparison.take(photo, rendered, compared.box, seen)
    bpy.data.images.remove(rendered)
    for leftover in (Path(path), Path(path).with_suffix(".exr")):
        leftover.unlink(missing_ok=True)
    scene.relit_compare.wipe = comparison.middle
    open_editor(bpy.context, comparison.show(scene.relit_compare))


def background_of(camera: bpy.types.Object) -> bpy.types.CameraBackgroundImage | None:
    """Return a camera's photo, None where it has none."""
    return next((item for item in camera.data.background_images if item.image and 0 not in item.image.size), None)


def _require_camera(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    number = context.scene.relit_compare.photo
    camera = photo_camera(active_head(context), number)
    if camera is None or background_of(camera) is None:
        cls.poll_message_set(
            said(
                f"The head has no camera with photo {number}. Load it again with Matching Cameras, "
                "or choose another photo."
            )
        )
        return False
    return True


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_compare, RELIT_OT_look_through_photo))
