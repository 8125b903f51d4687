"""The head as a mesh: quads, UVs, a material slot per kind of part, shape keys, vertex groups.

The one place that turns the core's axes (Y up, the face looks to +Z) into Blender's (Z up, the face looks
to -Y). Lengths are metres on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ...core.head import Head
from ...core.shape.correctives import SIDES, closing, correctives
from ...core.shape.lashes import lash_uv
from ..material import lashes
from .drivers import follow_keys

BLENDER_FROM_CORE = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float64)
"""Rotation [3, 3] that turns core's axes into Blender's."""

UV_NAME = "UVMap"
CLOSING = "relit_closing_"
"""Custom property of the shape keys, with the side: what share of a blink closes that eye."""


def to_blender(points: np.ndarray) -> np.ndarray:
    """Return points or offsets [..., 3] of the core in Blender's axes, float32."""
    return np.ascontiguousarray(points @ BLENDER_FROM_CORE.T, np.float32)


def kind_of(part_name: str) -> str:
    """Return the kind of a part: ``"eye"`` for ``"eye_left"``. Parts of a kind share a material."""
    return part_name.split("_")[0]


def build_mesh(head: Head, name: str, materials: Mapping[str, bpy.types.Material]) -> bpy.types.Object:
    """Return a new object, in no collection yet, with the neutral face as its basis.

    Args:
        head: The head.
        name: Name of object and mesh.
        materials: One material for each kind of part.
    """
    mesh = bpy.data.meshes.new(name)
    _add_faces(mesh, head)
    kinds = list(dict.fromkeys(kind_of(part) for part in head.part_names))
    for kind in kinds:
        mesh.materials.append(materials[kind])
    slot_of_part = np.array([kinds.index(kind_of(part)) for part in head.part_names], np.int32)
    mesh.polygons.foreach_set("material_index", slot_of_part[head.quad_part])
    for layer, uv in ((UV_NAME, head.uv), (lashes.UV_NAME, lash_uv(head))):
        mesh.uv_layers.new(name=layer).uv.foreach_set("vector", uv.astype(np.float32).ravel())
    mesh.uv_layers.active = mesh.uv_layers[UV_NAME]
    mesh.shade_smooth()
    mesh.update(calc_edges=True)
    head_object = bpy.data.objects.new(name, mesh)
    _add_shape_keys(head_object, head)
    _add_vertex_groups(head_object, head)
    return head_object


def _add_faces(mesh: bpy.types.Mesh, head: Head) -> None:
    count = len(head.quads)
    mesh.vertices.add(len(head.vertices))
    mesh.vertices.foreach_set("co", to_blender(head.vertices).ravel())
    mesh.loops.add(4 * count)
    mesh.loops.foreach_set("vertex_index", head.quads.astype(np.int32).ravel())
    mesh.polygons.add(count)
    mesh.polygons.foreach_set("loop_start", np.arange(0, 4 * count, 4, dtype=np.int32))


def _add_shape_keys(head_object: bpy.types.Object, head: Head) -> None:
    """Add the neutral basis, one key for each expression, the expression of each photo, and correctives.

    The first photo's expression is switched on, so that the head lies on its photo.
    """
    basis = to_blender(head.vertices)
    head_object.shape_key_add(name="Basis", from_mix=False)
    for name, offset in zip(head.expression_names, head.expression_basis):
        _add_key(head_object, name, basis + to_blender(offset))
    for photo in range(len(head.photo_expression)):
        key = _add_key(head_object, photo_key_name(photo), to_blender(head.posed_vertices(photo)))
        key.value = 1.0 if photo == 0 else 0.0
    close_lids(head_object.data)
    for corrective in correctives(head):
        key = _add_key(head_object, corrective.name, basis + to_blender(corrective.offset))
        key.slider_min = -1.0
        number = CLOSING + corrective.side if corrective.side else ""
        follow_keys(key.driver_add("value"), key.id_data, corrective.units, corrective.expression, number)


def close_lids(data: bpy.types.Mesh) -> None:
    """Measure how much of a blink closes the eyes that a mesh has now, for the correctives' drivers."""
    keys = data.shape_keys
    for side in SIDES:
        blink = keys.key_blocks.get(f"eyeBlink{side}") if keys else None
        if blink is not None:
            still = read_points(keys.reference_key.points) @ BLENDER_FROM_CORE
            moved = read_points(blink.points) @ BLENDER_FROM_CORE
            keys[CLOSING + side] = closing(still, moved - still, side)


def read_points(points: bpy.types.bpy_prop_collection) -> np.ndarray:
    """Return the coordinates [V, 3] of vertices or of a shape key's points."""
    values = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", values)
    return values.reshape(-1, 3)


def _add_key(head_object: bpy.types.Object, name: str, points: np.ndarray) -> bpy.types.ShapeKey:
    key = head_object.shape_key_add(name=name, from_mix=False)
    key.points.foreach_set("co", points.ravel())
    key.value = 0.0  # from 5.0 a new key begins at 1
    return key


def photo_key_name(photo: int) -> str:
    """Return the name of the shape key that has the expression of a photo, counted from 0."""
    return "Photo" if photo == 0 else f"Photo {photo + 1}"


def _add_vertex_groups(head_object: bpy.types.Object, head: Head) -> None:
    """Add one group per region, for masks and for hair that the artist grows."""
    for name, mask in head.regions.items():
        group = head_object.vertex_groups.new(name=name)
        group.add(np.flatnonzero(mask).tolist(), 1.0, "REPLACE")
