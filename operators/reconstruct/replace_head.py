"""A head of the scene becomes the head of another folder, and stays what the artist has made of it.

The new head is loaded whole, as any head, and then gives what it is to the old one: the shape by moving the mesh that
is there (`head_shape`), the maps by exchanging the pictures in the materials that are there, the cameras by theirs. So
place, name, modifiers, parents, keys, sculpted details, vertex groups and added nodes never leave the scene.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

from ...core.errors import FitError
from ...core.head import Head
from ..head import head_shape, mesh
from ..head.active_head import is_head
from ..material import skin_look
from ..skin import paint_layer, skin_live, skin_maps, skin_state
from . import load_head

OURS = "relit_"
"""How the names of the mesh's attributes begin that are computed from its shape."""
PHOTO_CAMERA = re.compile(r"Photo (\d+)(\.\d+)?$")
"""How the names of a head's cameras end (`load_head`)."""


def replace(old: bpy.types.Object, folder: Path, scene: bpy.types.Scene) -> Head:
    """Make a head of the scene the one in a folder; return what the folder holds.

    Args:
        old: The head, in Object Mode, of this file.
        folder: The new head folder.
        scene: Where ``old`` is.

    Raises:
        FitError: The folder is no head or is damaged; the file is as it was then.
    """
    camera = scene.camera
    skin_maps.hide_previews(old)
    layers = [(layer, layer.objects.active, list(layer.objects.selected)) for layer in scene.view_layers]
    loaded = load_head.load(folder, scene)
    new = loaded.object
    if _take_shape(old, new, loaded.head):
        _take_attributes(old.data, new.data)
    else:
        _take_mesh(old, new)
    if paint_layer.DIFFUSE in skin_maps.images_of(old):
        skin_state.lift_paint(old)
    _take_pictures(old, new)
    _fit_paint(old, new)
    if skin_look.skin_material(old) is not None:
        skin_look.update(old)
    _take_cameras(old, loaded.cameras)
    old.relit.folder = new.relit.folder
    paint_layer.connect(old)
    skin_live.changed(old)
    _remove(loaded)
    scene.camera = camera
    for layer, active, selected in layers:
        layer.objects.active = active
        for other in selected:
            other.select_set(True, view_layer=layer)
    return loaded.head


def _take_shape(old: bpy.types.Object, new: bpy.types.Object, head: Head) -> bool:
    """Move the old mesh to the new shape; False where that cannot be: another topology, or no shape model's."""
    try:
        edits = head_shape.coefficients(old) - head_shape.reconstructed(old)
        identity = head_shape.coefficients(new)
        head_shape.set_identity(old, identity)
    except FitError:
        return False
    head_shape.remember(old, head)
    if np.any(edits):
        head_shape.set_identity(old, identity + edits)
    for photo, strengths in enumerate(head.photo_expression):
        head_shape.set_photo_expression(old, photo, strengths)
    photo = len(head.photo_expression)
    while (key := old.data.shape_keys.key_blocks.get(mesh.photo_key_name(photo))) is not None:
        old.shape_key_remove(key)
        photo += 1
    return True


def _take_attributes(old: bpy.types.Mesh, new: bpy.types.Mesh) -> None:
    """Copy what the materials know of each vertex (`surface`)."""
    for attribute in new.attributes:
        if attribute.name.startswith(OURS) and attribute.domain == "POINT" and attribute.data_type == "FLOAT":
            values = np.empty(len(attribute.data), np.float32)
            attribute.data.foreach_get("value", values)
            target = old.attributes.get(attribute.name) or old.attributes.new(attribute.name, "FLOAT", "POINT")
            target.data.foreach_set("value", values)


def _take_mesh(old: bpy.types.Object, new: bpy.types.Object) -> None:
    """Give the old object the new mesh, with the materials that the old one had."""
    materials = list(old.data.materials)
    before, old.data = old.data, new.data.copy()
    for slot, material in enumerate(materials[: len(old.data.materials)]):
        old.data.materials[slot] = material
    if not before.users:
        bpy.data.meshes.remove(before)


def _take_pictures(old: bpy.types.Object, new: bpy.types.Object) -> None:
    """Exchange the pictures in the old materials; a slot that is empty or has none takes the new material."""
    fresh = {key: image for slot in new.material_slots for key, image in _pictures(slot.material)}
    for slot, new_slot in zip(old.material_slots, new.material_slots):
        if slot.material is None:
            slot.material = new_slot.material
            continue
        for tree in _trees(slot.material.node_tree):
            for node in tree.nodes:
                image = getattr(node, "image", None)
                if image is not None and (better := fresh.get(_name_of_file(image))) is not None:
                    node.image = better
                    if not image.users:
                        bpy.data.images.remove(image)


def _fit_paint(old: bpy.types.Object, new: bpy.types.Object) -> None:
    """Bring the paint layer to the size of the new map; it lies over it in the material as before.

    A head without paint takes what is in the new folder.
    """
    layer, diffuse = old.relit_paint.layer, skin_maps.images_of(old).get(paint_layer.DIFFUSE)
    if diffuse is None:
        return
    if layer is None and new.relit_paint.layer is not None:
        paint_layer.take(old, new.relit_paint.layer, new.relit_paint.visible)
    elif layer is not None:
        paint_layer.fit_size(layer, tuple(diffuse.size))
        paint_layer.pack(layer)


def _take_cameras(old: bpy.types.Object, cameras: tuple[bpy.types.Object, ...]) -> None:
    """Let the old cameras see the new head as the photos show it, wherever the head stands now."""
    known = {}
    for other in {other for collection in old.users_collection for other in collection.objects}:
        found = PHOTO_CAMERA.search(other.name)
        if other.type == "CAMERA" and found:
            known[int(found[1])] = other
    for number, fresh in enumerate(cameras, 1):
        camera = known.pop(number, None)
        if camera is None:
            camera = fresh.copy()
            camera.name = f"{old.name} Photo {number}"
            old.users_collection[0].objects.link(camera)
        before, camera.data = camera.data, fresh.data
        camera.matrix_world = old.matrix_world @ fresh.matrix_world
        if not before.users:
            shown = [background.image for background in before.background_images if background.image]
            bpy.data.cameras.remove(before)
            for image in shown:
                if not image.users:
                    bpy.data.images.remove(image)
    for surplus in known.values() if cameras else ():
        bpy.data.objects.remove(surplus)


def _remove(loaded: load_head.Loaded) -> None:
    """Take the new head's own objects, materials and pictures out of the file, as far as nobody took them."""
    data, materials = loaded.object.data, [slot.material for slot in loaded.object.material_slots]
    for made in list(loaded.collection.objects):
        bpy.data.objects.remove(made)
    bpy.data.collections.remove(loaded.collection)
    if data.users == 0:
        bpy.data.meshes.remove(data)
    for material in materials:
        pictures = [image for _, image in _pictures(material)]
        if material.users == 0:
            bpy.data.materials.remove(material)
        for image in pictures:
            if image.users == 0:
                bpy.data.images.remove(image)


def _pictures(material: bpy.types.Material | None) -> Iterator[tuple[str, bpy.types.Image]]:
    for tree in _trees(material.node_tree if material else None):
        for node in tree.nodes:
            if getattr(node, "image", None) is not None:
                yield _name_of_file(node.image), node.image


def _trees(tree: bpy.types.NodeTree | None) -> Iterator[bpy.types.NodeTree]:
    """Yield a node tree and the groups in it."""
    if tree is not None:
        yield tree
        for node in tree.nodes:
            if node.type == "GROUP":
                yield from _trees(node.node_tree)


def _name_of_file(image: bpy.types.Image) -> str:
    return Path(image.filepath.replace("\\", "/")).name or image.name


def find(scene: bpy.types.Scene, uid: int) -> bpy.types.Object | None:
    """Return the head of the scene that has this session's number, if it still is there and can be changed."""
    found = next((other for other in scene.objects if other.session_uid == uid), None)
    return found if is_head(found) and found.is_editable and found.data.is_editable else None
