"""A head's plain double for exporters: own scene, one UV map, plain shape keys, plain materials. Leaves no trace.

Exporters know neither node groups nor drivers, and write whatever modifiers, keys and transforms an artist's file has.
So they get a double in a scene of its own, in which everything is already what the other program shall read.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import bmesh
import bpy
import numpy as np
from mathutils import Matrix

from ...core.shape.morphable import load_model
from ..head.mesh import UV_NAME
from ..head.rig_build import LIDS
from ..material import lashes

KINDS = ("skin", "eye", "cornea", "teeth", "gums", "tongue", "lashes")
EYES, MOUTH, LASHES = {"eye", "cornea"}, {"teeth", "gums", "tongue"}, {"lashes"}
ARKIT = 52
_INDEX = "relit_vertex"


@dataclass(frozen=True)
class Wanted:
    """What the double shall have.

    Attributes:
        name: Of object and mesh, plain.
        expressions: Keep ARKit's expressions, and keys of the artist's own that are not in use, as shape keys.
        posed: Keep the face as it is now, else neutral.
        rig: Keep the armature.
        modifiers: Apply modifiers, subdivision for one.
        without: Kinds of parts to leave out.
        transform: Of all coordinates.
    """

    name: str
    expressions: bool = True
    posed: bool = False
    rig: bool = False
    modifiers: bool = False
    without: frozenset[str] = frozenset()
    transform: Matrix = field(default_factory=lambda: Matrix.Identity(4))


@dataclass(frozen=True)
class Double:
    """The double: its scene, its mesh object, the kind of part of each material slot, and its armature."""

    scene: bpy.types.Scene
    object: bpy.types.Object
    kinds: tuple[str, ...]
    armature: bpy.types.Object | None


class Borrowed:
    """New data-blocks that are removed in the end; whoever has their name steps aside until then."""

    def __init__(self) -> None:
        self._made: list[tuple[bpy.types.bpy_prop_collection, bpy.types.ID]] = []
        self._aside: list[tuple[bpy.types.ID, str]] = []

    def keep(self, collection: bpy.types.bpy_prop_collection, made: bpy.types.ID, name: str = "") -> bpy.types.ID:
        """Remember to remove a new data-block, and give it a name if one is asked for."""
        if all(made != other for _, other in self._made):
            self._made.append((collection, made))
        if name:
            for other in [other for other in collection if other.name == name and not other.library and other != made]:
                self._aside.append((other, name))
                other.name = f"{name[:40]} (aside)"
            made.name = name
        return made

    def close(self) -> None:
        """Remove what was made and give the names back."""
        for collection, made in reversed(self._made):
            collection.remove(made)
        for other, name in reversed(self._aside):
            other.name = name


@contextlib.contextmanager
def double(head_object: bpy.types.Object, wanted: Wanted) -> Iterator[tuple[Double, Borrowed]]:
    """Yield the head's double, in a context in which its scene is the active one; remove it in the end.

    Args:
        head_object: The head, linked or local, in Object Mode.
        wanted: What it shall have.
    """
    window, borrowed = bpy.context.window, Borrowed()
    shown = (window.scene, window.view_layer)
    scene = borrowed.keep(bpy.data.scenes, bpy.data.scenes.new(wanted.name), wanted.name)
    try:
        # Not an override of the context: operators for modes, exporters' too, take their object from the window.
        window.scene = scene
        yield _build(head_object, wanted, scene, borrowed), borrowed
    finally:
        window.scene, window.view_layer = shown
        borrowed.close()


def _build(head_object: bpy.types.Object, wanted: Wanted, scene: bpy.types.Scene, borrowed: Borrowed) -> Double:
    rigged = next((m.object for m in head_object.modifiers if m.type == "ARMATURE" and m.object), None)
    armature = rigged if wanted.rig else None
    kinds = _kinds(head_object)
    kept_kinds = tuple(kind for kind in kinds if kind not in wanted.without)
    unwanted = [index for index, kind in enumerate(kinds) if kind in wanted.without]
    mesh, kept = _keyless(head_object.data, unwanted)
    borrowed.keep(bpy.data.meshes, mesh)
    points, offsets = _mixed(head_object, _morphs(head_object) if wanted.expressions else [], wanted.posed)
    points, offsets = points[kept], {name: offset[kept] for name, offset in offsets.items()}
    mesh, points, offsets = _modified(head_object, mesh, points, offsets, wanted, scene)
    borrowed.keep(bpy.data.meshes, mesh, wanted.name)
    _only_what_is_read(mesh, [index for index, kind in enumerate(kept_kinds) if kind == "lashes"])
    turn = np.array(wanted.transform.to_3x3(), np.float64)
    mesh.vertices.foreach_set("co", (points @ turn.T).astype(np.float32).ravel())
    mesh.update()
    made = borrowed.keep(bpy.data.objects, bpy.data.objects.new(wanted.name, mesh), wanted.name)
    scene.collection.objects.link(made)
    _name_groups(head_object, made)
    bones = set(armature.data.bones.keys()) if armature else set()
    for group in [group for group in made.vertex_groups if group.name not in bones]:
        made.vertex_groups.remove(group)
    if offsets:
        values = _values(head_object)
        made.shape_key_add(name="Basis", from_mix=False)
        for name, offset in offsets.items():
            key = made.shape_key_add(name=name, from_mix=False)
            key.data.foreach_set("co", ((points + offset) @ turn.T).astype(np.float32).ravel())
            key.slider_min, key.slider_max = min(0.0, values[name]), max(1.0, values[name])
            key.value = values[name] if wanted.posed else 0.0
    skeleton = _add_armature(head_object, made, armature, wanted, borrowed, scene) if armature else None
    scene.view_layers[0].objects.active = made
    made.select_set(True, view_layer=scene.view_layers[0])
    return Double(scene, made, kept_kinds, skeleton)


def _kinds(head_object: bpy.types.Object) -> tuple[str, ...]:
    """Return the kind of part of each material slot: by the material's name, else by the slot's place."""
    kinds = []
    for index, material in enumerate(head_object.data.materials):
        words = material.name.lower().replace(".", " ").replace("_", " ").split() if material else []
        named = [kind for kind in KINDS if kind in words]
        kinds.append(named[-1] if named else KINDS[index] if index < len(KINDS) else "other")
    return tuple(kinds)


def _values(head_object: bpy.types.Object) -> dict[str, float]:
    keys = head_object.data.shape_keys
    return {key.name: 0.0 if key.mute else key.value for key in keys.key_blocks} if keys else {}


def _morphs(head_object: bpy.types.Object) -> list[str]:
    """Return the keys that become morph targets: ARKit's, and the artist's own that are not in use."""
    keys = head_object.data.shape_keys
    if not keys:
        return []
    return [
        key.name
        for key in keys.key_blocks[1:]
        if key.name in arkit_names() or (key.value == 0 and not _is_expression(key))
    ]


@functools.cache
def arkit_names() -> frozenset[str]:
    """Return the names of ARKit's 52 expressions."""
    return frozenset(load_model().expression_names[:ARKIT])


def _is_photo(name: str) -> bool:
    return name.split(" ")[0] == "Photo"


def _keyless(source: bpy.types.Mesh, slots: list[int]) -> tuple[bpy.types.Mesh, np.ndarray]:
    """Return a new mesh without shape keys and without the faces of some material slots.

    Not by ``source.copy()``: the keys that it copies cannot be removed again. A mesh that comes out of BMesh has none.

    Returns:
        The mesh, and the indices ``[V]`` of its vertices in ``source``.
    """
    work = bmesh.new()
    work.from_mesh(source)
    index = work.verts.layers.int.new(_INDEX)
    for vertex in work.verts:
        vertex[index] = vertex.index
    bmesh.ops.delete(work, geom=[face for face in work.faces if face.material_index in slots], context="FACES")
    kept = np.array([vertex[index] for vertex in work.verts], int)
    work.verts.layers.int.remove(index)
    mesh = bpy.data.meshes.new(source.name)
    for material in source.materials:
        mesh.materials.append(material)
    work.to_mesh(mesh)
    work.free()
    for slot in reversed(slots):
        mesh.materials.pop(index=slot)
    return mesh, kept


def _mixed(head_object: bpy.types.Object, morphs: list[str], posed: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the face ``[V, 3]`` without morph targets, and their offsets ``[V, 3]``.

    The keys that are no morph targets are mixed in as they are; for a neutral face not those that are expressions,
    the photos' and what drivers move.
    """
    mesh = head_object.data
    if not mesh.shape_keys:
        return _points(mesh.vertices), {}
    keys = mesh.shape_keys.key_blocks
    expressions = {key.name for key in keys if _is_expression(key)}
    points = _points(keys[0].data)
    offsets = {}
    for key in keys[1:]:
        counts = key.value and not key.mute and (posed or key.name not in expressions)
        if key.name not in morphs and not counts:
            continue
        offset = _points(key.data) - _points(key.relative_key.data)
        # With a rig the eyes follow their bones and not the keys; a neutral face is for programs that have only keys.
        if key.vertex_group and (posed or key.vertex_group != LIDS):
            offset = offset * _weights(head_object, key.vertex_group)
        if key.name in morphs:
            offsets[key.name] = offset
        else:
            points = points + key.value * offset
    return points, offsets


def _points(elements: bpy.types.bpy_prop_collection) -> np.ndarray:
    values = np.empty(len(elements) * 3, np.float32)
    elements.foreach_get("co", values)
    return values.reshape(-1, 3)


def _weights(head_object: bpy.types.Object, group: str) -> np.ndarray:
    """Return how much a vertex group has of each vertex, ``[V, 1]``."""
    found = head_object.vertex_groups[group].index if group in head_object.vertex_groups else None
    vertices = head_object.data.vertices
    return np.array([[sum(g.weight for g in v.groups if g.group == found)] for v in vertices], np.float32)


def _is_expression(key: bpy.types.ShapeKey) -> bool:
    """Whether a key belongs to what a face does, not to what it is like: ARKit's, the photos', what drivers move."""
    animation = key.id_data.animation_data
    driven = {driver.data_path for driver in animation.drivers} if animation else ()
    return key.name in arkit_names() or _is_photo(key.name) or key.path_from_id("value") in driven


def _modified(
    head_object: bpy.types.Object,
    mesh: bpy.types.Mesh,
    points: np.ndarray,
    offsets: dict[str, np.ndarray],
    wanted: Wanted,
    scene: bpy.types.Scene,
) -> tuple[bpy.types.Mesh, np.ndarray, dict[str, np.ndarray]]:
    """Return mesh, points and offsets as the modifiers that count make them; as they are where none does."""
    copy = head_object.copy()
    try:
        copy.data = mesh
        for modifier in [m for m in copy.modifiers if not _counts(m, wanted)]:
            copy.modifiers.remove(modifier)
        if not copy.modifiers:
            return mesh, points, offsets
        _name_groups(head_object, copy)
        copy.animation_data_clear()
        copy.constraints.clear()
        copy.parent = None
        copy.matrix_world = head_object.matrix_world
        scene.collection.objects.link(copy)
        made, rest = _evaluated(copy, points, keep_mesh=True)
        return made, rest, {name: _evaluated(copy, points + offset)[1] - rest for name, offset in offsets.items()}
    finally:
        bpy.data.objects.remove(copy)


def _name_groups(head_object: bpy.types.Object, other: bpy.types.Object) -> None:
    """Give the weights that a mesh has taken over from the head's the names of their groups."""
    for group in head_object.vertex_groups:
        if group.name not in other.vertex_groups:
            other.vertex_groups.new(name=group.name)


def _counts(modifier: bpy.types.Modifier, wanted: Wanted) -> bool:
    """Whether a modifier is applied: the armature where its pose is wanted but not itself; others on demand."""
    if modifier.type == "ARMATURE":
        return modifier.show_viewport and wanted.posed and not wanted.rig
    return modifier.show_viewport and wanted.modifiers


def _evaluated(
    copy: bpy.types.Object, points: np.ndarray, keep_mesh: bool = False
) -> tuple[bpy.types.Mesh | None, np.ndarray]:
    """Return the mesh that modifiers make of ``points``, if it is wanted, and its points."""
    copy.data.vertices.foreach_set("co", points.ravel())
    copy.data.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    evaluated = copy.evaluated_get(depsgraph)
    result = _points(evaluated.data.vertices)
    if not keep_mesh:
        return None, result
    return bpy.data.meshes.new_from_object(evaluated, preserve_all_data_layers=True, depsgraph=depsgraph), result


def _only_what_is_read(mesh: bpy.types.Mesh, lash_slots: list[int]) -> None:
    """Give the lashes' faces their own UVs in the one map that other programs read; take other layers off."""
    layers = mesh.uv_layers
    if UV_NAME in layers and lashes.UV_NAME in layers:
        first, second = (np.empty(len(mesh.loops) * 2, np.float32) for _ in range(2))
        layers[UV_NAME].uv.foreach_get("vector", first)
        layers[lashes.UV_NAME].uv.foreach_get("vector", second)
        slots = np.empty(len(mesh.polygons), np.int32)
        sizes = np.empty(len(mesh.polygons), np.int32)
        mesh.polygons.foreach_get("material_index", slots)
        mesh.polygons.foreach_get("loop_total", sizes)
        of_lashes = np.repeat(np.isin(slots, lash_slots), sizes)
        uv = np.where(of_lashes[:, None], second.reshape(-1, 2), first.reshape(-1, 2))
        layers[UV_NAME].uv.foreach_set("vector", uv.ravel())
    for name in [layer.name for layer in layers if layer.name != UV_NAME and UV_NAME in layers]:
        layers.remove(layers[name])
    for name in [attribute.name for attribute in mesh.attributes if attribute.name.startswith("relit_")]:
        mesh.attributes.remove(mesh.attributes[name])
    while mesh.color_attributes:
        mesh.color_attributes.remove(mesh.color_attributes[0])


def _add_armature(
    head_object: bpy.types.Object,
    made: bpy.types.Object,
    armature: bpy.types.Object,
    wanted: Wanted,
    borrowed: Borrowed,
    scene: bpy.types.Scene,
) -> bpy.types.Object:
    """Give the double an armature of its own in the head's frame: the bones that deform, without what controls them."""
    copy = armature.copy()
    copy.data = armature.data.copy()
    name = f"{wanted.name}_Rig"
    borrowed.keep(bpy.data.armatures, copy.data, name)
    borrowed.keep(bpy.data.objects, copy, name)
    copy.animation_data_clear()
    copy.data.animation_data_clear()
    copy.parent = None
    scene.collection.objects.link(copy)
    poses = {bone.name: bone.matrix.copy() for bone in armature.pose.bones}
    _drop_controls(copy, scene.view_layers[0])
    to_head = wanted.transform @ head_object.matrix_world.inverted() @ armature.matrix_world
    for bone in copy.pose.bones:
        for constraint in list(bone.constraints):
            bone.constraints.remove(constraint)
        _pose(bone, poses, wanted.posed)
        bone.location *= to_head.median_scale
    copy.data.transform(to_head)
    copy.matrix_world = Matrix.Identity(4)
    modifier = made.modifiers.new("Armature", "ARMATURE")
    modifier.object = copy
    made.parent = copy
    return copy


def _drop_controls(armature: bpy.types.Object, layer: bpy.types.ViewLayer) -> None:
    """Remove bones that deform nothing: other programs have neither constraints nor drivers to make use of them."""
    layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    for bone in [bone for bone in bones if bone.use_deform]:
        above = next((other for other in bone.parent_recursive if other.use_deform), None)
        if above != bone.parent:
            bone.use_connect = False
            bone.parent = above
    for bone in [bone for bone in bones if not bone.use_deform]:
        bones.remove(bone)
    bpy.ops.object.mode_set(mode="OBJECT")


def _pose(bone: bpy.types.PoseBone, poses: Mapping[str, Matrix], posed: bool) -> None:
    """Put a bone where it is among ``poses``, matrices in the armature's frame, or to its rest."""
    bone.matrix_basis = Matrix.Identity(4)
    if posed:
        above = bone.parent
        parent = {"parent_matrix": poses[above.name], "parent_matrix_local": above.bone.matrix_local} if above else {}
        bone.matrix_basis = bone.bone.convert_local_to_pose(
            poses[bone.name], bone.bone.matrix_local, invert=True, **parent
        )
