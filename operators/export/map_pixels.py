"""A head's maps as they are in the file now: found in its materials, read as arrays, written as PNG files."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import bpy
import numpy as np

from ...core.errors import FitError
from ...core.srgb import linear_from_srgb
from ..skin.skin_maps import image_nodes

MAPS = ("diffuse_albedo", "specular_albedo", "roughness", "normal", "cavity", "displacement", "eye_albedo", "lashes")
COLOURS = {"diffuse_albedo", "eye_albedo"}
"""Maps that hold colours, which files keep with the sRGB curve; the others are plain numbers."""


def find_maps(head_object: bpy.types.Object) -> dict[str, bpy.types.Image]:
    """Return the images that the head's materials use, by the names of `MAPS`.

    A node named after the map counts first, then an image named after it: artists rename and replace both.
    """
    by_node: dict[str, bpy.types.Image] = {}
    by_image: dict[str, bpy.types.Image] = {}
    for material in head_object.data.materials:
        for node in image_nodes(material.node_tree if material else None, set()):
            for found, name in ((by_node, node.name), (by_image, node.image.name)):
                for key in MAPS:
                    if name == key or name.startswith(f"{key}.") or (key == "lashes" and name.endswith(" lashes")):
                        found.setdefault(key, node.image)
    return by_image | by_node


def read(image: bpy.types.Image, colour: bool, largest: int = 0) -> np.ndarray:
    """Return the pixels ``[H, W, 3]`` of an image, float32, row 0 at the top: linear light, or plain numbers.

    Args:
        image: Any image of the file.
        colour: Whether it holds colours; these are decoded where the image keeps them encoded.
        largest: Longest side of what is returned, in pixels; 0 keeps the size.

    Raises:
        FitError: The picture is not there any more.
    """
    width, height = image.size
    if 0 in (width, height):
        where = bpy.path.abspath(image.filepath, library=image.library)
        raise FitError(
            f"The picture {image.name} is missing: there is no file {where}.",
            "Find it with File > External Data > Find Missing Files, or load the head again.",
        )
    values = _values(image)
    values = values[..., :3] if image.channels >= 3 else np.repeat(values[..., :1], 3, axis=2)
    # Blender keeps pictures of bytes as the file has them, and pictures of floats in linear light.
    if colour and not image.is_float and image.colorspace_settings.name != "Non-Color":
        values = linear_from_srgb(values)
    return shrink(values, largest) if 0 < largest < max(width, height) else np.ascontiguousarray(values)


def opacity(image: bpy.types.Image, largest: int = 0) -> np.ndarray:
    """Return ``[H, W, 1]`` alpha of an image of the file, as `read` returns its colours."""
    values = _values(image)[..., 3:] if image.channels == 4 else np.ones((*image.size[::-1], 1), np.float32)
    return shrink(values, largest) if 0 < largest < max(values.shape) else values


def _values(image: bpy.types.Image) -> np.ndarray:
    width, height = image.size
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(height, width, image.channels)[::-1]


def shrink(values: np.ndarray, largest: int) -> np.ndarray:
    """Return ``[H, W, C]`` with the longer side ``largest``: every new pixel is the mean of the area it covers."""
    scale = largest / max(values.shape[:2])
    for axis in (0, 1):
        size = values.shape[axis]
        wanted = max(1, round(size * scale))
        edges = np.linspace(0, size, wanted + 1)
        whole = np.minimum(edges.astype(int), size - 1)
        lines = np.moveaxis(values, axis, 0)
        summed = np.concatenate([np.zeros((1, *lines.shape[1:])), np.cumsum(lines, axis=0, dtype=np.float64)])
        at_edges = summed[whole] + (edges - whole).reshape(-1, 1, 1) * lines[whole]
        values = np.moveaxis(np.diff(at_edges, axis=0) * (wanted / size), 0, axis).astype(np.float32)
    return np.ascontiguousarray(values)


def write_png(path: Path, values: np.ndarray, bits: int = 8) -> None:
    """Write values in [0, 1], ``[H, W]``, ``[H, W, 3]`` or ``[H, W, 4]``, row 0 at the top, as they are (no curve).

    Blender's own writer knows no exact 16 bit values. The file appears whole or not at all.
    """
    height, width = values.shape[:2]
    limit, kind = (255, np.uint8) if bits == 8 else (65535, ">u2")
    pixels = np.round(np.clip(values, 0, 1) * limit).astype(kind)
    lines = pixels.reshape(height, -1).view(np.uint8)
    step = lines.shape[1] // width
    filtered = np.empty((height, lines.shape[1] + 1), np.uint8)
    filtered[:, 0] = 2  # each line minus the one above: skin compresses a third better than as it is
    filtered[0, 1:], filtered[1:, 1:] = lines[0], lines[1:] - lines[:-1]
    colour = {1: 0, 3: 2, 4: 6}[step * 8 // bits]
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(filtered.tobytes(), 6)),
        (b"IEND", b""),
    )
    part = path.with_name(f".{path.name[-100:]}.part-{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(b"\x89PNG\r\n\x1a\n")
            for name, data in chunks:
                file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
