"""What the artist painted on the skin: a layer over the diffuse map, so that the map below can change.

The layer is an image of its own, mixed over the diffuse map by its alpha in the material. What was painted on the
diffuse map itself is lifted into it before that map is written again.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import bpy
import numpy as np

from ...core.srgb import linear_from_srgb
from ..head.mesh import UV_NAME
from ..material.nodes import Tree
from . import skin_maps

DIFFUSE = "diffuse_albedo"
PICTURE, MIX = "paint", "paint over"
"""Names of the layer's nodes, beside the node of the diffuse map."""


@dataclass(frozen=True, eq=False)
class Packed:
    """An array of bytes, compressed."""

    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, pixels: np.ndarray) -> Packed:
        """Compress pixels."""
        return cls(pixels.shape, zlib.compress(np.ascontiguousarray(pixels), 1))

    def pixels(self) -> np.ndarray:
        """Return the pixels."""
        return np.frombuffer(zlib.decompress(self.data), np.uint8).reshape(self.shape)


@dataclass(frozen=True, eq=False)
class Lift:
    """How the images were before paint was lifted, so that undo can go back.

    Attributes:
        number: `RelitPaint.lifted` after it.
        painted: The diffuse map with the paint on it.
        clean: The diffuse map without.
        layer: The layer as it was.
    """

    number: int
    painted: Packed
    clean: Packed
    layer: Packed


def ensure_layer(head_object: bpy.types.Object) -> bpy.types.Image:
    """Return the paint layer of a head; an empty one is made where there is none."""
    paint = head_object.relit_paint
    diffuse = skin_maps.images_of(head_object)[DIFFUSE]
    if paint.layer is None:
        paint.layer = _new_layer(f"{head_object.name} paint", tuple(diffuse.size))
        pack(paint.layer)
    connect(head_object)
    return paint.layer


def connect(head_object: bpy.types.Object) -> None:
    """Mix the layer over the diffuse map in the material, as far as it is there and shown."""
    layer, visible = head_object.relit_paint.layer, head_object.relit_paint.visible
    for node in skin_maps.nodes_of(head_object).get(DIFFUSE, ()):
        tree = Tree(node.id_data)
        picture, mix = tree.tree.nodes.get(PICTURE), tree.tree.nodes.get(MIX)
        if layer is None:
            _take_out(tree, node, [found for found in (picture, mix) if found is not None])
            continue
        if picture is None or mix is None:
            _take_out(tree, node, [found for found in (picture, mix) if found is not None])
            picture, mix = _put_in(tree, node, layer)
        picture.image = layer
        factor = next(socket for socket in mix.inputs if socket.identifier == "Factor_Float")
        if visible and not factor.is_linked:
            tree.link(picture.outputs["Alpha"], factor)
        elif not visible:
            for link in factor.links:
                tree.tree.links.remove(link)
            factor.default_value = 0.0


def lift(head_object: bpy.types.Object, clean: np.ndarray) -> Lift | None:
    """Lift what was painted on the diffuse map into the layer, and take it off the map.

    Args:
        head_object: A head.
        clean: ``[H, W, 3]`` uint8, the diffuse map as it was written.

    Returns:
        How it was before; None where nothing was painted.
    """
    image = skin_maps.images_of(head_object)[DIFFUSE]
    if tuple(image.size) != clean.shape[1::-1]:
        return None  # the artist has scaled the map: which pixels are painted cannot be told
    painted = skin_maps.read(image)[..., :3]
    changed = (painted != clean).any(-1)
    if not changed.any():
        return None
    layer = ensure_layer(head_object)
    fit_size(layer, tuple(image.size))
    pixels = skin_maps.read(layer)
    before = Lift(head_object.relit_paint.lifted + 1, Packed.of(painted), Packed.of(clean), Packed.of(pixels))
    pixels[changed, :3], pixels[changed, 3] = painted[changed], 255
    put_layer(layer, pixels)
    skin_maps.put(image, clean)
    head_object.relit_paint.lifted += 1
    return before


def put_back(head_object: bpy.types.Object, lifted: Lift) -> None:
    """Let images be as they were before paint was lifted: undo has gone back behind that."""
    image = skin_maps.images_of(head_object).get(DIFFUSE)
    painted, layer = lifted.painted.pixels(), lifted.layer.pixels()
    if image is not None and tuple(image.size) == painted.shape[1::-1]:
        skin_maps.put(image, painted)
    own = head_object.relit_paint.layer
    if own is not None and tuple(own.size) == layer.shape[1::-1]:
        put_layer(own, layer)


def put_layer(layer: bpy.types.Image, pixels: np.ndarray) -> None:
    """Write ``[H, W, 4]`` uint8 pixels, row 0 at the top, into a layer and into the file."""
    skin_maps.put(layer, pixels)
    pack(layer)


def pack(image: bpy.types.Image | None) -> None:
    """Put the pixels of an image into the file, also where undo has taken back its packed file but not its pixels."""
    if image is not None and 0 not in image.size and not image.library:
        image.pixels[0] = image.pixels[0]  # Blender packs anew only what has been touched
        image.pack()


def fit_size(layer: bpy.types.Image, size: tuple[int, int]) -> None:
    """Scale a layer to the size of the map that it lies over."""
    if tuple(layer.size) != size:
        layer.scale(*size)


def painted_over(head_object: bpy.types.Object, colour: np.ndarray) -> np.ndarray:
    """Return a diffuse map with the visible layer over it, for whoever writes maps to files.

    Args:
        head_object: A head.
        colour: ``[H, W, 3]`` linear light, row 0 at the top, at any size.
    """
    layer = head_object.relit_paint.layer
    if layer is None or not head_object.relit_paint.visible or 0 in layer.size:
        return colour
    pixels = skin_maps.read(layer)
    if pixels.shape[:2] != colour.shape[:2]:
        copy = _copy(layer, layer.name, colour.shape[1::-1])
        pixels = skin_maps.read(copy)
        bpy.data.images.remove(copy)
    paint, alpha = linear_from_srgb(pixels[..., :3] / np.float32(255)), pixels[..., 3:] / np.float32(255)
    return colour * (1 - alpha) + paint * alpha


def _new_layer(name: str, size: tuple[int, int]) -> bpy.types.Image:
    layer = bpy.data.images.new(name, *size, alpha=True)
    layer.colorspace_settings.name = "sRGB"
    layer.generated_color = (0.0, 0.0, 0.0, 0.0)
    return layer


def _copy(layer: bpy.types.Image, name: str, size: tuple[int, int]) -> bpy.types.Image:
    """Return a copy at another size; `Image.copy` would leave out strokes that are not packed yet."""
    copy = _new_layer(name, tuple(layer.size))
    skin_maps.put(copy, skin_maps.read(layer))
    fit_size(copy, size)
    return copy


def _put_in(tree: Tree, node: bpy.types.Node, layer: bpy.types.Image) -> tuple[bpy.types.Node, bpy.types.Node]:
    colour = node.outputs["Color"]
    targets = [link.to_socket for link in colour.links]
    place = node.location
    picture = tree.image(PICTURE, layer, UV_NAME, (place.x, place.y + 280))
    mixed = tree.mix(picture.outputs["Alpha"], colour, picture.outputs["Color"], (place.x + 280, place.y + 140))
    mixed.node.name = mixed.node.label = MIX
    for target in targets:
        tree.link(mixed, target)
    return picture, mixed.node


def _take_out(tree: Tree, node: bpy.types.Node, ours: list[bpy.types.Node]) -> None:
    for found in ours:
        if found.name == MIX:
            result = next(socket for socket in found.outputs if socket.identifier == "Result_Color")
            for target in [link.to_socket for link in result.links]:
                tree.link(node.outputs["Color"], target)
        else:
            for link in found.inputs["Vector"].links:
                tree.tree.nodes.remove(link.from_node)
    for found in ours:
        tree.tree.nodes.remove(found)
