"""The images of a head's skin: which they are, small ones that stand in for them, and what is written into them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np

MAPS = ("diffuse_albedo", "specular_albedo", "roughness", "normal")
SHOWN = "relit_skin"
"""Custom property of an image: the key of the skin (:func:`skin_state.key_of`) that it holds in the file."""
PACKED = "relit_packed"
"""Custom property of an image: digest of the PNG file that was packed into it here."""
STANDS_FOR = "relit_stands_for"
"""Custom property of a small image: the image in whose place it is shown."""


def nodes_of(head_object: bpy.types.Object) -> dict[str, list[bpy.types.Node]]:
    """Return the image nodes of a head's skin by the map they show.

    An image is a head's map by its file's name or its own; a picture that the artist chose instead is none of ours.
    """
    found: dict[str, list[bpy.types.Node]] = {}
    for material in head_object.data.materials:
        for node in image_nodes(material.node_tree if material else None, set()):
            image = real_image(node.image)
            keys = [name.split(".")[0] for name in (_file_name(image), image.name)]
            if key := next((key for key in keys if key in MAPS), ""):
                found.setdefault(key, []).append(node)
    return found


def images_of(head_object: bpy.types.Object) -> dict[str, bpy.types.Image]:
    """Return the images that hold a head's skin, by map, also while small ones stand in for them."""
    return {name: real_image(nodes[0].image) for name, nodes in nodes_of(head_object).items()}


def real_image(image: bpy.types.Image) -> bpy.types.Image:
    """Return the image itself, or the one it stands for."""
    return image.get(STANDS_FOR) or image


def show_previews(head_object: bpy.types.Object, folder: Path, names: list[str]) -> None:
    """Show the maps of a folder (``NAME.npy``) in the place of the head's own."""
    for name, nodes in nodes_of(head_object).items():
        if name not in names:
            continue
        real = real_image(nodes[0].image)
        preview = _preview(real, pixels := np.load(folder / f"{name}.npy", allow_pickle=False))
        put(preview, pixels)
        for node in nodes:
            if node.image != preview:
                node.image = preview


def hide_previews(head_object: bpy.types.Object) -> None:
    """Show the head's own maps."""
    for nodes in nodes_of(head_object).values():
        for node in nodes:
            if node.image != real_image(node.image):
                node.image = real_image(node.image)


def write(image: bpy.types.Image, pixels: np.ndarray, png: bytes, key: str) -> None:
    """Put a map into an image and into the .blend file.

    The file on disk that the image may have come from belongs to the head folder, so the image lets go of it: neither
    *Reload* nor *Unpack* shall reach it.

    Args:
        image: A map of a head's skin.
        pixels: As :func:`put` takes them.
        png: The same as a PNG file: what is saved is exactly this.
        key: What it shows.
    """
    if tuple(image.size) != pixels.shape[1::-1]:
        image.scale(pixels.shape[1], pixels.shape[0])
    put(image, pixels)
    repack(image, png, key)


def repack(image: bpy.types.Image, png: bytes, key: str) -> None:
    """Put a PNG file into the .blend file as the content of an image, whose pixels show it already."""
    # Before packing, which notes where the image came from.
    image.filepath_raw = f"//textures/{image.session_uid}/{_file_name(image)}"
    image.pack(data=png, data_len=len(png))
    image[SHOWN], image[PACKED] = key, digest_of(png)


def is_as_packed(image: bpy.types.Image) -> bool:
    """Whether the content of an image in the .blend file is what was packed here."""
    return image.packed_file is not None and image.get(PACKED) == digest_of(image.packed_file.data)


def digest_of(content: bytes | np.ndarray) -> str:
    """Return the short name that the worker gives to contents too."""
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def put(image: bpy.types.Image, pixels: np.ndarray) -> None:
    """Set the pixels of an image.

    Args:
        image: Of the same size.
        pixels: ``[H, W]``, ``[H, W, 3]`` or ``[H, W, 4]`` uint8 or uint16, row 0 at the top, encoded as in a head
            folder.
    """
    values = np.ones((*pixels.shape[:2], 4), np.float32)
    given = pixels[::-1] if pixels.ndim == 3 else np.repeat(pixels[::-1, :, None], 3, 2)
    np.multiply(given, np.float32(1 / np.iinfo(pixels.dtype).max), out=values[..., : given.shape[2]])
    image.pixels.foreach_set(values.ravel())
    image.update()


def read(image: bpy.types.Image) -> np.ndarray:
    """Return the pixels ``[H, W, 4]`` of an image of bytes as uint8, row 0 at the top."""
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    width, height = image.size
    return np.round(values.reshape(height, width, -1)[::-1] * 255).astype(np.uint8)


def read_file(path: Path, alpha: str = "NONE") -> np.ndarray | None:
    """Return the pixels of a picture file of bytes as :func:`read` does, None where there is none."""
    if not path.is_file():
        return None
    image = bpy.data.images.load(str(path))
    try:
        image.alpha_mode = alpha
        return read(image) if 0 not in image.size and not image.is_float else None
    finally:
        bpy.data.images.remove(image)


def _file_name(image: bpy.types.Image) -> str:
    return image.filepath_raw.replace("\\", "/").rpartition("/")[2] or image.name


def _preview(real: bpy.types.Image, pixels: np.ndarray) -> bpy.types.Image:
    name, size = f".relit {real.session_uid}", len(pixels)
    image = bpy.data.images.get(name)
    if image is None:
        image = bpy.data.images.new(name, size, size, alpha=False, float_buffer=pixels.dtype != np.uint8)
        image.colorspace_settings.name = real.colorspace_settings.name
        image.alpha_mode = "NONE"
    if tuple(image.size) != (size, size):
        image.scale(size, size)
    image[STANDS_FOR] = real
    return image


def image_nodes(tree: bpy.types.NodeTree | None, seen: set[int]) -> Iterator[bpy.types.Node]:
    """Walk the nodes with a picture, those in groups too."""
    if tree is None or tree.as_pointer() in seen:
        return
    seen.add(tree.as_pointer())
    for node in tree.nodes:
        if node.type == "TEX_IMAGE" and node.image is not None:
            yield node
        elif node.type == "GROUP":
            yield from image_nodes(node.node_tree, seen)
