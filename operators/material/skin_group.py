"""*Relit Skin*: the node group that every head's skin shares, around one Principled BSDF.

The name carries the version of the group's inputs: a file with an older group keeps it, and new heads get the new
one beside it.
"""

from __future__ import annotations

from typing import NamedTuple

import bpy

from ...core.reflectance.skin_optics import IOR
from ..head.mesh import UV_NAME
from .nodes import Tree

NAME = "Relit Skin 1"
GROUP_NODE = "relit_skin"
"""Name of the node that holds the group in a skin material."""
WET_ROUGHNESS = 0.12
WET_SPECULAR = 0.75
"""A film of tears or spit: F0 = 0.042 under Principled's scale at the skin's IOR."""

RIM_COLOUR = (0.50, 0.24, 0.20, 1.0)
RIM_SHARE = 0.5
"""Where skin is wet it is mucous membrane, pink on everybody; photos show lashes and their shadows there."""


class Input(NamedTuple):
    """One input of the group.

    Attributes:
        kind: What follows ``NodeSocket`` in the socket's type.
        default: Its value where nothing is linked.
        lowest, highest: Limits of numbers.
        description: Its tooltip.
    """

    kind: str
    default: object
    lowest: float
    highest: float
    description: str


INPUTS = {
    "Diffuse": Input(
        "Color", (0.46, 0.28, 0.21, 1.0), 0, 1, "Colour of the skin without light: the diffuse albedo map"
    ),
    "Specular": Input(
        "Float", 0.5, 0, 1, "Strength of the surface's reflection: the specular albedo map (0.5 is F0 0.028)"
    ),
    "Roughness": Input("Float", 0.45, 0, 1, "How matt the skin is: the roughness map"),
    "Normal": Input("Color", (0.5, 0.5, 1.0, 1.0), 0, 1, "Tangent-space normal map, +Y up, as Non-Color data"),
    "Cavity": Input("Float", 1.0, 0, 1, "1 on open skin, 0 in pores and creases, where less is reflected"),
    "Wetness": Input("Float", 0.0, 0, 1, "How wet the surface is: the rim of the eyelids, the inside of the lips"),
    "Displacement": Input("Float", 0.5, 0, 1, "Relief map; 0.5 is the mesh's own surface"),
    "Specular Strength": Input("Float", 1.0, 0, 4, "Multiplies the specular map: below 1 powdered, above 1 oily"),
    "Roughness Scale": Input("Float", 1.0, 0, 4, "Multiplies the roughness map: below 1 glossy, above 1 matt"),
    "Normal Strength": Input("Float", 1.0, 0, 4, "How deep pores and wrinkles of the normal map look"),
    "Cavity Strength": Input("Float", 0.6, 0, 1, "How much of the reflection pores and creases lose"),
    "Subsurface": Input("Float", 1.0, 0, 1, "Share of the light that enters the skin and leaves it elsewhere"),
    "Subsurface Radius": Input(
        "Vector", (1.0, 0.8, 0.6), 0, 10, "How far red, green and blue light goes, by the scale"
    ),
    "Subsurface Scale": Input("Float", 0.0035, 0, 0.1, "Metres that belong to a radius of 1; follow the head's size"),
    "Displacement Scale": Input("Float", 0.0, 0, 0.02, "Metres from the lowest to the highest value of the relief map"),
}
LENGTHS = ("Subsurface Scale", "Displacement Scale")


def skin_group() -> bpy.types.NodeTree:
    """Return the group, built in this file if it is not there yet."""
    group = bpy.data.node_groups.get((NAME, None))
    return group if group is not None else _build()


def _build() -> bpy.types.NodeTree:
    group = bpy.data.node_groups.new(NAME, "ShaderNodeTree")
    group.interface.new_socket("BSDF", in_out="OUTPUT", socket_type="NodeSocketShader")
    group.interface.new_socket("Displacement", in_out="OUTPUT", socket_type="NodeSocketVector")
    for name, wanted in INPUTS.items():
        socket = group.interface.new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{wanted.kind}")
        socket.description, socket.default_value = wanted.description, wanted.default
        if name in LENGTHS:
            socket.subtype = "DISTANCE"
        if wanted.kind != "Color":
            socket.min_value, socket.max_value = wanted.lowest, wanted.highest
    tree = Tree(group)
    given = tree.add("NodeGroupInput", (-1100, 100)).outputs
    result = tree.add("NodeGroupOutput", (500, 100)).inputs
    tree.link(_surface(tree, given).outputs[0], result["BSDF"])
    tree.link(_relief(tree, given), result["Displacement"])
    return group


def _surface(tree: Tree, given: bpy.types.NodeOutputs) -> bpy.types.Node:
    rough = tree.math("MULTIPLY", given["Roughness"], given["Roughness Scale"], location=(-800, 100), clamp=True)
    gloss = tree.math("MULTIPLY", given["Specular"], given["Specular Strength"], location=(-800, 300))
    open_skin = tree.mix(given["Cavity Strength"], 1.0, given["Cavity"], (-800, 500))
    gloss = tree.math("MULTIPLY", gloss, open_skin, location=(-600, 400))
    rim = tree.math("MULTIPLY", given["Wetness"], RIM_SHARE, location=(-600, 600))
    bend = tree.add("ShaderNodeNormalMap", (-600, -400))
    bend.space, bend.uv_map = "TANGENT", UV_NAME
    tree.link(given["Normal"], bend.inputs["Color"])
    tree.link(given["Normal Strength"], bend.inputs["Strength"])
    shader = tree.principled(
        **{
            "Base Color": tree.mix(rim, given["Diffuse"], RIM_COLOUR, (-400, 600)),
            "Roughness": tree.mix(given["Wetness"], rough, WET_ROUGHNESS, (-400, 100)),
            "Specular IOR Level": tree.mix(given["Wetness"], gloss, WET_SPECULAR, (-400, 350)),
            "IOR": IOR,
            "Subsurface Weight": given["Subsurface"],
            "Subsurface Radius": given["Subsurface Radius"],
            "Subsurface Scale": given["Subsurface Scale"],
            "Normal": bend.outputs["Normal"],
        }
    )
    shader.subsurface_method = "RANDOM_WALK_SKIN"
    return shader


def _relief(tree: Tree, given: bpy.types.NodeOutputs) -> bpy.types.NodeSocket:
    displacement = tree.add("ShaderNodeDisplacement", (100, -700))
    displacement.inputs["Midlevel"].default_value = 0.5
    tree.link(given["Displacement"], displacement.inputs["Height"])
    tree.link(given["Displacement Scale"], displacement.inputs["Scale"])
    return displacement.outputs[0]
