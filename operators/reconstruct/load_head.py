"""Bring a head folder into the scene: mesh, materials, cameras. Needs no worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.errors import FitError
from ...core.head import Head, read_head, unpainted
from ...translations import said
from ..head import camera, head_shape, mesh
from ..jobs.run import run
from ..material import images, lashes, material, skin_look, surface
from ..skin import paint_layer, provenance
from . import beside, framing


@dataclass(frozen=True)
class Loaded:
    """What a loaded head has brought into the file."""

    head: Head
    object: bpy.types.Object
    cameras: tuple[bpy.types.Object, ...]
    collection: bpy.types.Collection


class RELIT_OT_load_head(bpy.types.Operator):
    """Bring a head that was reconstructed before into the scene"""

    bl_idname = "relit.load_head"
    bl_label = "Load Head"
    bl_options = {"REGISTER", "UNDO"}

    directory: StringProperty(name="Head Folder", description="Folder of the head", subtype="DIR_PATH")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    ask: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Objects appear in Object Mode only."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Switch to Object Mode first.")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the folder, unless it is known."""
        if not self.ask:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the head."""
        try:
            loaded = load(Path(bpy.path.abspath(self.directory)), context.scene)
        except FitError as error:
            run.fail(error.message, error.hint)
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        beside.stand_beside(loaded, context.scene)
        return {"FINISHED"}


def load(folder: Path, scene: bpy.types.Scene) -> Loaded:
    """Build a head in a collection of its own.

    A scene without a camera gets the first photo's, and the photo's size to render; a scene that has one
    keeps its own.

    Raises:
        FitError: When the folder is missing, is no head or is damaged; the file is as it was then.
    """
    head = read_head(folder)
    settings = scene.relit
    name = head.folder.name
    with images.Loader(pack=settings.pack_images) as loader:
        spaces = material.COLOUR_SPACES
        below = {paint_layer.DIFFUSE} if head.paint_shows else set()
        maps = {key: loader.load(path, spaces[key]) for key, path in head.maps.items() if key in spaces.keys() - below}
        if below:
            maps[paint_layer.DIFFUSE] = loader.load_own(unpainted(head.folder), f"{paint_layer.DIFFUSE}.png")
        paint = loader.load_own(head.paint, head.paint.name) if head.paint.is_file() else None
        photos = [loader.load_or_none(path, "sRGB") for path in head.photos if settings.add_camera]
    if any(part.startswith("lashes") for part in head.part_names):
        maps["lashes"] = lashes.hair_image(f"{name} lashes")
    head_object = mesh.build_mesh(head, name, material.build_materials(head, name, maps))
    head_object.relit.folder = str(head.folder)
    head_shape.remember(head_object, head)
    surface.add_attributes(head_object, head)
    provenance.remember(head_object, head, maps.get("provenance"))
    skin_look.update(head_object)
    if paint is not None:
        paint.alpha_mode = "STRAIGHT"
        paint_layer.take(head_object, paint, head.paint_shows)
    cameras = [
        camera.build_camera(head, number, f"{name} Photo {number + 1}", photo) for number, photo in enumerate(photos)
    ]
    collection = bpy.data.collections.new(name)
    scene.collection.children.link(collection)
    for made in (head_object, *cameras):
        collection.objects.link(made)
    if cameras and scene.camera is None:
        camera.frame_like_photo(scene, cameras[0], head, 0)
    _select_only(head_object, scene)
    framing.show_first(head_object, scene)
    return Loaded(head, head_object, tuple(cameras), collection)


def _select_only(head_object: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Make the head the active object in the layer that the artist sees, or the scene's first."""
    shown = bpy.context.view_layer
    layer = shown if shown.name in scene.view_layers and bpy.context.scene == scene else scene.view_layers[0]
    for other in layer.objects.selected:
        other.select_set(False, view_layer=layer)
    head_object.select_set(True, view_layer=layer)
    layer.objects.active = head_object


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_load_head,))
