"""Where a photo's camera sees the face: for a close look, and to measure only where the photo shows skin."""

from __future__ import annotations

from typing import NamedTuple

import bpy
import numpy as np

from ..material import skin_look
from ..skin import provenance

FACE = "face"
NOT_SKIN = ("eye_socket", "mouth_inner", "lids")
ROOM = 0.4
"""How much of the face's size is shown around it."""
POINTS = 5
"""Points along each side of a quad that are marked."""


class Box(NamedTuple):
    """A part of a photo, in shares of its width and height; bottom is 0."""

    left: float
    bottom: float
    right: float
    top: float


def face_box(places: np.ndarray, face: np.ndarray) -> Box:
    """Return the face with some room, at most the whole photo.

    Args:
        places: [V, 2] from `places_in_photo`.
        face: [V] bool.
    """
    if not face.any():
        return Box(0.0, 0.0, 1.0, 1.0)
    low, high = places[face].min(0), places[face].max(0)
    low, high = low - ROOM * (high - low), high + ROOM * (high - low)
    box = Box(*np.clip((*low, *high), 0, 1).tolist())
    return box if box.right - box.left > 0.01 and box.top - box.bottom > 0.01 else Box(0.0, 0.0, 1.0, 1.0)


def places_in_photo(
    head_object: bpy.types.Object, camera: bpy.types.Object, expression: str, size: tuple[int, int]
) -> np.ndarray:
    """Return where vertices are seen, [V, 2] in shares of a photo, y up.

    Args:
        head_object: A head.
        camera: Of the photo.
        expression: Shape key of the photo; the neutral face where there is none.
        size: Of the photo in pixels.
    """
    keys = head_object.data.shape_keys
    blocks = keys.key_blocks if keys else {}
    points = blocks[expression].points if expression in blocks else head_object.data.vertices
    places = np.ones((len(points), 4))
    values = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", values)
    places[:, :3] = values.reshape(-1, 3)
    lens = camera.calc_matrix_camera(bpy.context.evaluated_depsgraph_get(), x=size[0], y=size[1])
    clip = places @ np.array(lens @ camera.matrix_world.inverted() @ head_object.matrix_world).T
    return clip[:, :2] / np.maximum(clip[:, 3:], 1e-6) / 2 + 0.5


def seen_skin(head_object: bpy.types.Object, places: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Return which pixels [H, W] of a part of the photo show skin of the face that was taken from a photo.

    Args:
        head_object: A head.
        places: [V, 2] from `places_in_photo`.
        box: The part.
        size: Its width and height in pixels.
    """
    quads, _ = skin_look.skin_quads(head_object)
    wanted = skin_look.members(head_object, (FACE,)) & ~skin_look.members(head_object, NOT_SKIN)
    shares = provenance.known(head_object.data)
    if shares is not None:
        wanted &= shares[:, 0] > 0.5
    corners = places[quads[wanted[quads].all(1)]]
    across, along = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    corners = corners[across[:, 0] * along[:, 1] > across[:, 1] * along[:, 0]]  # the others look away
    share = (np.arange(POINTS) + 0.5) / POINTS
    u, v = (grid.ravel()[None, :, None] for grid in np.meshgrid(share, share))
    lower = corners[:, None, 0] * (1 - u) + corners[:, None, 1] * u
    upper = corners[:, None, 3] * (1 - u) + corners[:, None, 2] * u
    points = ((lower * (1 - v) + upper * v).reshape(-1, 2) - box[:2]) / (box.right - box.left, box.top - box.bottom)
    pixels = np.floor(points * size).astype(int)
    pixels = pixels[((pixels >= 0) & (pixels < size)).all(1)]
    mask = np.zeros((size[1], size[0]), bool)
    mask[pixels[:, 1], pixels[:, 0]] = True
    return mask
