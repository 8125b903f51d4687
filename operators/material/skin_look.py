"""What the skin material takes from the maps as they are now: scattering from the colour, cavity from the normals.

Everything is read from the object, not from the head folder, which may be gone.
"""

from __future__ import annotations

from collections.abc import Collection

import bpy
import numpy as np

from ...core.reflectance.skin_optics import mean_free_path, skin_type
from ...core.reflectance.tone import individual_typology_angle
from ...core.srgb import linear_from_srgb
from ..head.mesh import UV_NAME
from . import relief_maps, surface
from .nodes import Tree
from .skin_group import GROUP_NODE

RADIUS_OF_PATH = 4 * np.pi
"""Cycles' *Random Walk (Skin)* and EEVEE take a radius of 4 pi mean free paths."""
SET = "relit_scattering"
"""Custom property of the skin group's node: scale and radius as they were set by the skin's colour."""
USUAL_COLOUR = (0.46, 0.28, 0.21)
"""Linear; where there is no map."""
NOT_BARE = ("lips", "brows", "lids", "nostrils", "mouth_inner", "eye_socket")


def skin_material(head_object: bpy.types.Object) -> bpy.types.Material | None:
    """Return a head's material with the skin group; None where the artist took it away."""
    for material in head_object.data.materials:
        if material and material.node_tree and GROUP_NODE in material.node_tree.nodes:
            return material
    return None


def map_image(material: bpy.types.Material, name: str) -> bpy.types.Image | None:
    """Return the image of a map of the material, None where it has none."""
    node = material.node_tree.nodes.get(name)
    return node.image if node is not None and node.image is not None and 0 not in node.image.size else None


def update(head_object: bpy.types.Object) -> str:
    """Set scattering and cavity by the maps as they are now and return the name of the skin type."""
    material = skin_material(head_object)
    uv = bare_skin_uv(head_object)
    colour = skin_colour(map_image(material, "diffuse_albedo"), uv)
    normal = map_image(material, "normal")
    if normal is not None:
        set_cavity(material, relief_maps.cavity_image(f"{head_object.name} cavity", normal, skin_scale(head_object)))
    return set_subsurface(material.node_tree.nodes[GROUP_NODE], colour)


def set_subsurface(group_node: bpy.types.Node, colour: np.ndarray) -> str:
    """Set radius and scale of the skin group for a skin colour [3] and return the name of the skin type."""
    radius = RADIUS_OF_PATH * mean_free_path(colour)
    group_node.inputs["Subsurface Scale"].default_value = float(radius.max())
    group_node.inputs["Subsurface Radius"].default_value = (radius / radius.max()).tolist()
    group_node[SET] = _scattering(group_node)
    return type_of(colour)


def follow_colour(head_object: bpy.types.Object, colour: np.ndarray) -> None:
    """Let scattering follow a skin colour [3], unless the artist has set it."""
    material = skin_material(head_object)
    node = material.node_tree.nodes[GROUP_NODE] if material is not None and material.is_editable else None
    if node is None or list(node.get(SET, ())) != (now := _scattering(node)):
        return
    radius = RADIUS_OF_PATH * mean_free_path(colour)
    if not np.allclose(now, [radius.max(), *radius / radius.max()], rtol=1e-4):  # no change where there is none
        set_subsurface(node, colour)


def _scattering(group_node: bpy.types.Node) -> list[float]:
    inputs = group_node.inputs
    return [inputs["Subsurface Scale"].default_value, *inputs["Subsurface Radius"].default_value]


def type_of(colour: np.ndarray) -> str:
    """Return the name of the skin type of a linear colour [3]."""
    return skin_type(float(individual_typology_angle(colour)))


def set_cavity(material: bpy.types.Material, image: bpy.types.Image) -> None:
    """Put a cavity map into a skin material, in the place of the one it had; the mesh's own folds count too."""
    tree = Tree(material.node_tree)
    node = tree.tree.nodes.get("cavity")
    if node is not None:
        old, node.image = node.image, image
        if old is not None and not old.users:
            bpy.data.images.remove(old)
        return
    picture = tree.image("cavity", image, UV_NAME, (-700, -1200))
    folds = tree.tree.nodes[surface.CAVITY].outputs["Fac"]
    both = tree.math("MULTIPLY", folds, picture.outputs["Color"], location=(-100, -900))
    tree.link(both, tree.tree.nodes[GROUP_NODE].inputs["Cavity"])


def skin_colour(image: bpy.types.Image | None, uv: np.ndarray) -> np.ndarray:
    """Return the median linear colour [3] of the diffuse map at places [N, 2] of the UV tile."""
    if image is None or not len(uv):
        return np.array(USUAL_COLOUR)
    seen = at_uv(relief_maps.pixels(image), uv)
    return np.median(seen if image.is_float else linear_from_srgb(seen), axis=0).astype(np.float64)


def at_uv(pixels: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Return the colours [N, 3] of pixels [H, W, C], row 0 at the bottom, at places [N, 2] of the UV tile."""
    height, width = pixels.shape[:2]
    columns = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    rows = np.clip((uv[:, 1] * height).astype(int), 0, height - 1)
    return pixels[rows, columns, :3]


def bare_skin_uv(head_object: bpy.types.Object) -> np.ndarray:
    """Return UVs [N, 2] on the face where skin is neither lips, brows, lids nor nostrils."""
    bare = members(head_object, ("face",)) & ~members(head_object, NOT_BARE)
    quads, uv = skin_quads(head_object)
    return uv[bare[quads].all(1)].mean(1)


def members(head_object: bpy.types.Object, groups: Collection[str]) -> np.ndarray:
    """Return which vertices [V] belong to any of some vertex groups."""
    wanted = {group.index for group in head_object.vertex_groups if group.name in groups}
    found = (any(element.group in wanted for element in vertex.groups) for vertex in head_object.data.vertices)
    return np.fromiter(found, bool, len(head_object.data.vertices))


def skin_scale(head_object: bpy.types.Object) -> np.ndarray:
    """Return :func:`relief.metres_per_uv` of the skin."""
    quads, uv = skin_quads(head_object)
    places = np.empty(3 * len(head_object.data.vertices), np.float32)
    head_object.data.vertices.foreach_get("co", places)
    return relief_maps.relief.metres_per_uv(uv, places.reshape(-1, 3)[quads])


def skin_quads(head_object: bpy.types.Object) -> tuple[np.ndarray, np.ndarray]:
    """Return the skin's quads [Q, 4] of vertices and their UVs [Q, 4, 2]; other faces are left out."""
    mesh = head_object.data
    slot = mesh.materials.find(skin_material(head_object).name)
    count = len(mesh.polygons)
    slots, starts, totals = (np.empty(count, np.int32) for _ in range(3))
    for name, values in (("material_index", slots), ("loop_start", starts), ("loop_total", totals)):
        mesh.polygons.foreach_get(name, values)
    corners = starts[(slots == slot) & (totals == 4)][:, None] + np.arange(4)
    vertices, uv = np.empty(len(mesh.loops), np.int32), np.empty(2 * len(mesh.loops), np.float32)
    mesh.loops.foreach_get("vertex_index", vertices)
    mesh.uv_layers[UV_NAME].uv.foreach_get("vector", uv)
    return vertices[corners], uv.reshape(-1, 2)[corners]
