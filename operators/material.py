"""The head's materials: one for each kind of part, on Blender's Principled BSDF.

The maps of a head mean what the sockets mean (``docs/head_format.md``), so each is linked as it is. Sockets
are named, never counted: their order differs between Blender's versions.
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy

from ..core.head import Head
from .lashes import UV_NAME as LASH_UV_NAME
from .mesh import UV_NAME, kind_of
from .nodes import Tree

IOR = 1.4  # of skin; the specular map is relative to it
SUBSURFACE_RADIUS = (1.0, 0.2, 0.1)  # red light goes deepest into skin
SUBSURFACE_SCALE = 0.002  # metres
SUBSURFACE_WEIGHT = 0.2
COLOUR_SPACES = {
    "diffuse_albedo": "sRGB",
    "eye_albedo": "sRGB",
    "specular_albedo": "Non-Color",
    "roughness": "Non-Color",
    "normal": "Non-Color",
}
Images = Mapping[str, bpy.types.Image]


def build_materials(head: Head, name: str, images: Images) -> dict[str, bpy.types.Material]:
    """Return one new material for each kind of part the head has.

    Args:
        head: The head.
        name: What the materials' names begin with.
        images: The head's maps by name, those of :data:`COLOUR_SPACES` that exist; and ``lashes``.
    """
    builders = {"skin": _skin, "eye": _eye, "cornea": _cornea, "lashes": _lashes}
    materials = {}
    for kind in dict.fromkeys(kind_of(part) for part in head.part_names):
        material = bpy.data.materials.new(f"{name} {kind.capitalize()}")
        if bpy.app.version < (5, 0, 0):
            material.use_nodes = True
        tree = Tree(material)
        if kind in builders:
            builders[kind](tree, images)
        else:
            _moist(tree, **_MOIST.get(kind, _MOIST["gums"]))
        materials[kind] = material
    return materials


def _skin(tree: Tree, images: Images) -> None:
    shader = tree.principled(IOR=IOR, **_subsurface(SUBSURFACE_WEIGHT, SUBSURFACE_SCALE))
    for position, (map_name, socket) in enumerate(
        (
            ("diffuse_albedo", "Base Color"),
            ("specular_albedo", "Specular IOR Level"),
            ("roughness", "Roughness"),
        )
    ):
        if map_name in images:
            picture = tree.image(images[map_name], UV_NAME, (-700, 300 - 300 * position))
            tree.link(picture.outputs["Color"], shader.inputs[socket])
    if "normal" in images:
        picture = tree.image(images["normal"], UV_NAME, (-700, -600))
        bend = tree.add("ShaderNodeNormalMap", (-350, -600))
        bend.space, bend.uv_map = "TANGENT", UV_NAME
        tree.link(picture.outputs["Color"], bend.inputs["Color"])
        tree.link(bend.outputs["Normal"], shader.inputs["Normal"])
    shader.subsurface_method = "RANDOM_WALK_SKIN"
    tree.surface(shader)


def _eye(tree: Tree, images: Images) -> None:
    """White and iris; nearly matt, for the cornea's film has the reflections."""
    shader = tree.principled(
        **{"Base Color": (0.70, 0.66, 0.64, 1.0), "Roughness": 0.3, "Specular IOR Level": 0.1},
        **_subsurface(0.1, 0.001),
    )
    if "eye_albedo" in images:
        picture = tree.image(images["eye_albedo"], UV_NAME, (-700, 300))
        tree.link(picture.outputs["Color"], shader.inputs["Base Color"])
    tree.surface(shader)


def _cornea(tree: Tree, images: Images) -> None:
    """A film that reflects and lets everything else through, unbent, its shadow too.

    Refraction would be truer, but needs ray tracing in EEVEE and light paths that Cycles finds hard.
    """
    clear = tree.add("ShaderNodeBsdfTransparent", (0, 100))
    gloss = tree.add("ShaderNodeBsdfGlossy", (0, -50))
    gloss.inputs["Roughness"].default_value = 0.03
    fresnel = tree.add("ShaderNodeFresnel", (-400, 300))
    fresnel.inputs["IOR"].default_value = 1.376
    path = tree.add("ShaderNodeLightPath", (-600, 100))
    front = tree.add("ShaderNodeNewGeometry", (-600, -200))
    seen = tree.math("SUBTRACT", 1.0, path.outputs["Is Shadow Ray"], (-400, 100))
    outer = tree.math("SUBTRACT", 1.0, front.outputs["Backfacing"], (-400, -100))
    factor = tree.math("MULTIPLY", tree.math("MULTIPLY", seen, outer, (-200, 0)), fresnel.outputs[0], (-200, 200))
    mix = tree.add("ShaderNodeMixShader", (200, 100))
    tree.link(factor, mix.inputs[0])
    tree.link(clear.outputs[0], mix.inputs[1])
    tree.link(gloss.outputs[0], mix.inputs[2])
    tree.surface(mix)
    tree.see_through()


def _lashes(tree: Tree, images: Images) -> None:
    shader = tree.principled(**{"Base Color": (0.012, 0.008, 0.006, 1.0), "Roughness": 0.45})
    if "lashes" in images:
        picture = tree.image(images["lashes"], LASH_UV_NAME, (-700, 0))
        tree.link(picture.outputs["Color"], shader.inputs["Alpha"])
    tree.surface(shader)


_MOIST = {
    "teeth": {"colour": (0.75, 0.70, 0.60), "specular": 0.7, "roughness": 0.2, "depth": 0.001},
    "gums": {"colour": (0.45, 0.15, 0.14), "specular": 0.6, "roughness": 0.25, "depth": 0.002},
    "tongue": {"colour": (0.45, 0.16, 0.15), "specular": 0.6, "roughness": 0.3, "depth": 0.002},
}


def _moist(tree: Tree, colour: tuple[float, float, float], specular: float, roughness: float, depth: float) -> None:
    """What is inside the mouth, in one colour; ``depth`` in metres."""
    values = {
        "Base Color": (*colour, 1.0),
        "Specular IOR Level": specular,
        "Roughness": roughness,
        "IOR": IOR,
    }
    tree.surface(tree.principled(**values, **_subsurface(SUBSURFACE_WEIGHT, depth)))


def _subsurface(weight: float, scale: float) -> dict[str, object]:
    return {
        "Subsurface Weight": weight,
        "Subsurface Radius": SUBSURFACE_RADIUS,
        "Subsurface Scale": scale,
    }
