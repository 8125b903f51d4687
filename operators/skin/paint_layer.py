"""What the artist painted on the skin: a layer over the diffuse map, so that the map below can change.

The layer is an image of its own, mixed over the diffuse map by its alpha in the material. What was painted on the
diffuse map itself is lifted into it before that map is written again.
"""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ...core.srgb import linear_from_srgb
from ..head.mesh import UV_NAME
from ..material.nodes import Tree
from . import skin_maps

DIFFUSE = "diffuse_albedo"
PICTURE, MIX = "paint", "paint over"
"""Names of the layer's nodes, beside the node of the diffuse map."""
SIDES = "relit_mirrored"
"""Custom property of a layer: whether its pixels in the file lie mirrored."""
_sides: dict[int, bool] = {}
"""Whether the pixels of a layer lie mirrored, by its session id: undo brings back the property, not the pixels."""
_held: dict[int, int] = {}
"""The layers that heads have let go of, by the session ids of both."""


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
        map_mirrored, layer_mirrored: How the two lay.
    """

    number: int
    painted: Packed
    clean: Packed
    layer: Packed
    map_mirrored: bool
    layer_mirrored: bool


def ensure_layer(head_object: bpy.types.Object) -> bpy.types.Image:
    """Return the paint layer of a head; an empty one is made where there is none."""
    paint = head_object.relit_paint
    diffuse = skin_maps.images_of(head_object)[DIFFUSE]
    if paint.layer is None:
        paint.layer = _new_layer(f"{head_object.name} paint", tuple(diffuse.size))
        _lies(paint.layer, is_mirrored(head_object))
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


def is_mirrored(head_object: bpy.types.Object) -> bool:
    """Whether left and right of the skin shall have changed places since the layer was made."""
    return head_object.relit_paint.mirrored != head_object.relit_skin.mirrored


def take(head_object: bpy.types.Object, layer: bpy.types.Image, visible: bool) -> None:
    """Give a head a layer that lies over its maps as they are in its folder."""
    paint = head_object.relit_paint
    layer.name = f"{head_object.name} paint"
    _lies(layer, paint.mirrored)
    paint.layer, paint.visible = layer, visible
    fit_size(layer, tuple(skin_maps.images_of(head_object)[DIFFUSE].size))
    pack(layer)
    turn(head_object)
    connect(head_object)


def turn(head_object: bpy.types.Object) -> None:
    """Let left and right of the layer change places where those of the skin have."""
    layer, mirrored = head_object.relit_paint.layer, is_mirrored(head_object)
    if layer is None or 0 in layer.size or layer.library:
        return
    turned = _is_turned(layer) != mirrored
    _lies(layer, mirrored)
    if turned:
        put_layer(layer, skin_maps.read(layer)[:, ::-1])


def let_go(head_object: bpy.types.Object) -> None:
    """Point to no layer while a step is undone or redone.

    An image that was made since the last step is in none: undo removes it, but leaves pointers to it where it takes a
    material or an object for unchanged.
    """
    paint = head_object.relit_paint
    if paint.layer is not None:
        _held[head_object.session_uid] = paint.layer.session_uid
        paint.layer = None
        for picture in _pictures(head_object):
            picture.image = None


def take_up(head_object: bpy.types.Object) -> None:
    """Point to the layer again that was let go of, if it still is there and undo has put none in its place."""
    paint, number = head_object.relit_paint, _held.pop(head_object.session_uid, None)
    layer = next((image for image in bpy.data.images if image.session_uid == number), None)
    if layer is not None and paint.layer is None and layer != paint.cleared:
        paint.layer = layer
    if number is not None:
        connect(head_object)


def forget() -> None:
    """Forget how the pixels of the layers lie: another file has been opened."""
    _sides.clear()
    _held.clear()


def lift(head_object: bpy.types.Object, clean: np.ndarray, mirrored: bool) -> Lift | None:
    """Lift what was painted on the diffuse map into the layer, and take it off the map.

    Args:
        head_object: A head.
        clean: ``[H, W, 3]`` uint8, the diffuse map as it was written.
        mirrored: Whether the diffuse map lies mirrored, as :func:`is_mirrored` counts.

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
    before = Lift(
        head_object.relit_paint.lifted + 1,
        Packed.of(painted),
        Packed.of(clean),
        Packed.of(pixels),
        mirrored,
        turned := _is_turned(layer),
    )
    if turned != mirrored:
        painted, changed = painted[:, ::-1], changed[:, ::-1]
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
        _lies(own, lifted.layer_mirrored)
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


def _pictures(head_object: bpy.types.Object) -> list[bpy.types.Node]:
    """Return the nodes that show a head's layer."""
    trees = [node.id_data for node in skin_maps.nodes_of(head_object).get(DIFFUSE, ())]
    return [tree.nodes[PICTURE] for tree in trees if PICTURE in tree.nodes]


def _lies(layer: bpy.types.Image, mirrored: bool) -> None:
    _sides[layer.session_uid] = layer[SIDES] = mirrored


def _is_turned(layer: bpy.types.Image) -> bool:
    """Whether the pixels of a layer lie mirrored.

    Undo takes back the property and the packed file. The pixels it mostly leaves, but sometimes reads them anew from
    that file, and does not say which.
    """
    noted = bool(layer.get(SIDES))
    now = _sides.get(layer.session_uid, noted)
    return noted if now != noted and _is_as_packed(layer) else now


def _is_as_packed(layer: bpy.types.Image) -> bool:
    if layer.packed_file is None:
        return False
    with tempfile.TemporaryDirectory(dir=bpy.app.tempdir) as folder:
        path = Path(folder) / "packed.png"
        path.write_bytes(layer.packed_file.data)
        return np.array_equal(skin_maps.read_file(path, "STRAIGHT"), skin_maps.read(layer))


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
