"""The head's materials: one for each kind of part.

The skin is the shared node group *Relit Skin* with the head's maps plugged in. The maps mean what the group's inputs
mean (``docs/head_format.md``), so each is linked as it is. An image node is called as its map is: ``diffuse_albedo``,
``specular_albedo``, ``roughness``, ``normal``, ``cavity``, ``displacement``, ``provenance``, ``eye_albedo``; whoever
swaps or bakes a map finds it by that name.
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ...core.head import Head
from ..head.mesh import UV_NAME, kind_of
from . import part_materials, surface
from .nodes import MaterialTree, enable_nodes
from .skin_group import GROUP_NODE, skin_group

COLOUR_SPACES = {
    "diffuse_albedo": "sRGB",
    "eye_albedo": "sRGB",
    "specular_albedo": "Non-Color",
    "roughness": "Non-Color",
    "normal": "Non-Color",
    "provenance": "Non-Color",
}
Images = Mapping[str, bpy.types.Image]


def build_materials(head: Head, name: str, images: Images) -> dict[str, bpy.types.Material]:
    """Return one new material for each kind of part the head has.

    Args:
        head: The head.
        name: What the materials' names begin with.
        images: The head's maps by name, those of :data:`COLOUR_SPACES` that exist; and ``lashes``.
    """
    materials = {}
    for kind in dict.fromkeys(kind_of(part) for part in head.part_names):
        material = bpy.data.materials.new(f"{name} {kind.capitalize()}")
        enable_nodes(material)
        tree = MaterialTree(material)
        if kind == "skin":
            _skin(tree, images)
        else:
            part_materials.build(kind, tree, images)
        materials[kind] = material
    return materials


def _skin(tree: MaterialTree, images: Images) -> None:
    shader = tree.add("ShaderNodeGroup", (100, 200), GROUP_NODE)
    shader.node_tree, shader.width = skin_group(), 220
    rows = (("diffuse_albedo", "Diffuse"), ("specular_albedo", "Specular"), ("roughness", "Roughness"))
    for row, (map_name, socket) in enumerate((*rows, ("normal", "Normal"))):
        if map_name in images:
            picture = tree.image(map_name, images[map_name], UV_NAME, (-700, 300 - 300 * row))
            tree.link(picture.outputs["Color"], shader.inputs[socket])
    if "provenance" in images:  # linked to nothing: kept for masks
        tree.image("provenance", images["provenance"], UV_NAME, (-700, -1500))
    tree.link(tree.attribute(surface.CAVITY, (-300, -900)), shader.inputs["Cavity"])
    tree.link(tree.attribute(surface.WET, (-300, -1100)), shader.inputs["Wetness"])
    tree.surface(shader)
