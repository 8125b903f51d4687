"""A head's maps as its skin shows them now: under the paint layer, and with the strengths of the node group.

Other programs know neither; what an artist set there belongs to the pictures that they get.
"""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ...core.errors import FitError
from ..material.skin_group import GROUP_NODE
from ..skin.paint_layer import MIX
from ..skin.skin_maps import real_image
from . import map_pixels

MAP_INPUTS = {"Diffuse", "Specular", "Roughness", "Normal"}
"""Inputs of the node group that a head's maps are linked to."""


def read_maps(head_object: bpy.types.Object, largest: int = 0) -> dict[str, np.ndarray]:
    """Return the pixels of every map of a head, colours in linear light, row 0 at the top.

    Args:
        head_object: The head, linked or local.
        largest: Longest side in pixels; 0 keeps the sizes.

    Raises:
        FitError: A picture is missing or not ready, or the head has no picture at all.
    """
    images = map_pixels.find_maps(head_object)
    if not images:
        raise FitError(
            f"The materials of {head_object.name} use none of the head's maps.", "Load the head again from its folder."
        )
    if any(real_image(image) != image for image in images.values()):
        raise FitError(
            f"The skin of {head_object.name} is still being computed at full size.",
            "Wait until its sliders have come to rest, then export again.",
        )
    maps = {name: map_pixels.read(image, name in map_pixels.COLOURS, largest) for name, image in images.items()}
    if "diffuse_albedo" in maps:
        maps["diffuse_albedo"] = _painted(maps["diffuse_albedo"], head_object, largest)
    return _as_shaded(maps, _group_values(head_object))


def _painted(diffuse: np.ndarray, head_object: bpy.types.Object, largest: int) -> np.ndarray:
    """Return the diffuse map under the artist's paint layer, where there is one and it is shown."""
    paint = head_object.relit_paint
    if paint.layer is None or not paint.visible:
        return diffuse
    over, alpha = map_pixels.read(paint.layer, True, largest), map_pixels.opacity(paint.layer, largest)
    if over.shape != diffuse.shape:
        rows, columns = (np.arange(size) * old // size for size, old in zip(diffuse.shape, over.shape[:2]))
        over, alpha = over[np.ix_(rows, columns)], alpha[np.ix_(rows, columns)]
    return diffuse + alpha * (over - diffuse)


def _as_shaded(maps: dict[str, np.ndarray], values: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return the maps as the node group uses them."""
    shaded = dict(maps)
    if "specular_albedo" in maps:
        gloss = maps["specular_albedo"] * values.get("Specular Strength", 1.0)
        if "cavity" in maps and maps["cavity"].shape == gloss.shape:
            gloss = gloss * (1 + values.get("Cavity Strength", 0.0) * (maps["cavity"] - 1))
        shaded["specular_albedo"] = gloss.clip(0, 1)
    if "roughness" in maps:
        shaded["roughness"] = (maps["roughness"] * values.get("Roughness Scale", 1.0)).clip(0, 1)
    strength = values.get("Normal Strength", 1.0)
    if "normal" in maps and strength != 1.0:
        normal = maps["normal"] * 2 - 1
        normal[..., :2] *= strength
        shaded["normal"] = normal / np.linalg.norm(normal, axis=2, keepdims=True) * 0.5 + 0.5
    return shaded


def _groups(head_object: bpy.types.Object) -> list[bpy.types.Node]:
    trees = [material.node_tree for material in head_object.data.materials if material and material.node_tree]
    return [tree.nodes[GROUP_NODE] for tree in trees if GROUP_NODE in tree.nodes]


def _group_values(head_object: bpy.types.Object) -> dict[str, float]:
    """Return the numbers that the artist set on the skin's node group, those that nothing is linked to."""
    sockets = [socket for group in _groups(head_object)[:1] for socket in group.inputs if socket.type == "VALUE"]
    return {socket.name: socket.default_value for socket in sockets if not socket.is_linked}


def unseen_nodes(head_object: bpy.types.Object) -> list[str]:
    """Return the inputs whose maps go through nodes of the artist's own: what these do is in no picture."""
    return [
        socket.name
        for group in _groups(head_object)
        for socket in group.inputs
        for link in socket.links
        if socket.name in MAP_INPUTS and link.from_node.type != "TEX_IMAGE" and link.from_node.name != MIX
    ]


def warn_of_nodes(operator: bpy.types.Operator, head_object: bpy.types.Object) -> None:
    """Say which nodes of the artist's own are not in what was written."""
    if inputs := unseen_nodes(head_object):
        names = " and ".join(inputs)
        operator.report(
            {"WARNING"}, f"Your own nodes before {names} were left out; bake them into the map to keep them."
        )
