"""Materials that exporters understand: a Principled BSDF with pictures linked straight to its sockets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import bpy

from ...core.reflectance.skin_optics import IOR
from ..head.mesh import UV_NAME
from ..material.nodes import MaterialTree, enable_nodes
from .standin import Borrowed, Double

# What a part looks like where neither a map nor the artist's material says it: colour, specular, roughness.
_CONSTANTS = {
    "skin": ((0.5, 0.35, 0.28), 0.5, 0.5),
    "eye": ((0.70, 0.66, 0.64), 0.5, 0.3),
    "cornea": ((0.0, 0.0, 0.0), 0.5, 0.03),
    "teeth": ((0.75, 0.70, 0.60), 0.7, 0.2),
    "gums": ((0.45, 0.15, 0.14), 0.6, 0.25),
    "tongue": ((0.45, 0.16, 0.15), 0.6, 0.3),
    "lashes": ((0.012, 0.008, 0.006), 0.5, 0.45),
    "other": ((0.5, 0.5, 0.5), 0.5, 0.5),
}
CORNEA_OPACITY = 0.06
GLEAM = 16.0
"""Factor on the cornea's F0, so that a film of that opacity reflects as much as a whole one."""


def dress(double: Double, textures: Mapping[str, Path], borrowed: Borrowed, gltf: bool = False) -> None:
    """Give the double's slots plain materials.

    Args:
        double: Whom.
        textures: Files by what they hold: ``"colour"``, ``"eye"``, ``"lashes"`` (alpha), ``"normal"``,
            ``"roughness"`` or ``"packed"`` (in green), ``"specular"``. All may be missing.
        borrowed: Takes the new data-blocks.
        gltf: Link specular as glTF keeps it: F0 as a colour, sRGB-encoded, on top of a level of 1.
    """
    images = {}
    for name, path in textures.items():
        images[name] = borrowed.keep(bpy.data.images, bpy.data.images.load(str(path)), path.stem)
        coloured = name in {"colour", "eye", "lashes"} or (gltf and name == "specular")
        images[name].colorspace_settings.name = "sRGB" if coloured else "Non-Color"
    slots = double.object.data.materials
    for index, kind in enumerate(double.kinds):
        name = f"{double.object.name}_{kind.capitalize()}"
        if double.kinds.count(kind) > 1:
            name += f"_{index}"
        slots[index] = _material(slots[index], kind, name, images, borrowed, gltf)


def _material(
    original: bpy.types.Material | None,
    kind: str,
    name: str,
    images: Mapping[str, bpy.types.Image],
    borrowed: Borrowed,
    gltf: bool,
) -> bpy.types.Material:
    material = borrowed.keep(bpy.data.materials, bpy.data.materials.new(name), name)
    enable_nodes(material)
    colour, specular, roughness = _constants(original, kind)
    tree = MaterialTree(material)
    values = {"Base Color": (*colour, 1.0), "Specular IOR Level": specular, "Roughness": roughness, "IOR": IOR}
    shader = tree.principled(**values)
    tree.surface(shader)
    material.use_backface_culling = kind != "lashes"
    if kind == "cornea":
        shader.inputs["Alpha"].default_value = CORNEA_OPACITY
        if gltf:
            shader.inputs["Specular IOR Level"].default_value = 1.0
            shader.inputs["Specular Tint"].default_value = (GLEAM / 2, GLEAM / 2, GLEAM / 2, 1.0)
    elif kind == "lashes" and "lashes" in images:
        picture = tree.image("lashes", images["lashes"], UV_NAME, (-700, 300))
        tree.link(picture.outputs["Color"], shader.inputs["Base Color"])
        tree.link(picture.outputs["Alpha"], shader.inputs["Alpha"])
    elif kind == "eye" and "eye" in images:
        tree.link(tree.image("eye", images["eye"], UV_NAME, (-700, 300)).outputs["Color"], shader.inputs["Base Color"])
    elif kind == "skin":
        _skin(tree, shader, images, gltf)
    if shader.inputs["Alpha"].is_linked or shader.inputs["Alpha"].default_value < 1:
        tree.see_through()
    return material


def _skin(tree: MaterialTree, shader: bpy.types.Node, images: Mapping[str, bpy.types.Image], gltf: bool) -> None:
    links = {"colour": "Base Color", "roughness": "Roughness", "specular": "Specular IOR Level"}
    if gltf:
        links["specular"] = "Specular Tint"
    for row, (name, socket) in enumerate(links.items()):
        if name in images:
            picture = tree.image(name, images[name], UV_NAME, (-700, 300 - 300 * row))
            tree.link(picture.outputs["Color"], shader.inputs[socket])
    if gltf and "specular" in images:
        shader.inputs["Specular IOR Level"].default_value = 1.0
    if "packed" in images:
        channels = tree.add("ShaderNodeSeparateColor", (-350, 0))
        tree.link(tree.image("packed", images["packed"], UV_NAME, (-700, 0)).outputs["Color"], channels.inputs[0])
        tree.link(channels.outputs["Green"], shader.inputs["Roughness"])
    if "normal" in images:
        bend = tree.add("ShaderNodeNormalMap", (-350, -600))
        bend.uv_map = UV_NAME
        tree.link(tree.image("normal", images["normal"], UV_NAME, (-700, -600)).outputs["Color"], bend.inputs["Color"])
        tree.link(bend.outputs["Normal"], shader.inputs["Normal"])


def _constants(original: bpy.types.Material | None, kind: str) -> tuple[tuple[float, float, float], float, float]:
    """Return colour, specular and roughness of the artist's Principled BSDF where they are constants."""
    colour, specular, roughness = _CONSTANTS[kind]
    nodes = original.node_tree.nodes if original and original.node_tree else ()
    shader = next((node for node in nodes if node.type == "BSDF_PRINCIPLED"), None)
    if shader is None or kind in {"eye", "cornea", "lashes"}:
        return colour, specular, roughness

    def constant(socket: str, otherwise: object) -> object:
        return otherwise if shader.inputs[socket].is_linked else shader.inputs[socket].default_value

    colour = tuple(constant("Base Color", colour))[:3]
    return colour, constant("Specular IOR Level", specular), constant("Roughness", roughness)
