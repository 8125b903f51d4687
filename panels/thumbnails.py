"""Small pictures of files, kept by Blender's preview system."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

import bpy.utils.previews

_pictures: bpy.utils.previews.ImagePreviewCollection | None = None

Rows = list[list[int]]
ICON_SIDE = 32


def icon_of(path: str, orientation: int = 1) -> int:
    """Return the icon id of a picture file, 0 where there is none; a file that has changed is read again.

    Args:
        path: The file.
        orientation: EXIF's; Blender shows the pixels as they lie in the file, this turns them upright.
    """
    picture = _picture(path, orientation)
    return picture.icon_id if picture else 0


def face_icon_of(path: str, orientation: int, size: Sequence[int], box: Sequence[float]) -> int:
    """Return the icon id of a face, cut out of the small picture of its photo.

    Args:
        path: The photo.
        orientation: EXIF's.
        size: Width and height of the upright photo.
        box: Left, top, width and height of the face in it.
    """
    whole = _picture(path, orientation)
    if whole is None or not whole.image_size[0] or not size[0]:
        return 0
    key = f"{_key(path)}:{orientation}:{tuple(box)}"
    if key not in _pictures:
        scale = whole.image_size[0] / size[0]
        left, top, width, height = (round(value * scale) for value in box)
        rows = _rows(whole)[::-1]
        face = [row[max(left, 0) : left + width] for row in rows[max(top, 0) : top + height]][::-1]
        if not face or not face[0]:
            return 0
        _set(_pictures.new(key), face)
    return _pictures[key].icon_id


def _picture(path: str, orientation: int) -> bpy.types.ImagePreview | None:
    with contextlib.suppress(OSError, KeyError, RuntimeError):
        key = f"{_key(path)}:{orientation}"
        if key not in _pictures:
            absolute = bpy.path.abspath(path)
            for old in [name for name in _pictures if name.startswith(f"{absolute}:") and not name.startswith(key)]:
                del _pictures[old]
            picture = _pictures.load(key, absolute, "IMAGE")
            if orientation != 1 and picture.image_size[0]:
                _set(picture, _upright(_rows(picture), orientation))
        return _pictures[key]
    return None


def _key(path: str) -> str:
    absolute = bpy.path.abspath(path)
    return f"{absolute}:{os.stat(absolute).st_mtime_ns}"


def _rows(picture: bpy.types.ImagePreview) -> Rows:
    """Pixels by rows, the lowest first."""
    width, height = picture.image_size
    pixels = picture.image_pixels[:]
    return [list(pixels[row * width : (row + 1) * width]) for row in range(height)]


def _set(picture: bpy.types.ImagePreview, rows: Rows) -> None:
    picture.image_size = len(rows[0]), len(rows)
    picture.image_pixels = [pixel for row in rows for pixel in row]
    # What lists and buttons show is another, smaller picture; square, or Blender would stretch it.
    side = max(len(rows), len(rows[0]))
    below, left = (side - len(rows)) // 2, (side - len(rows[0])) // 2
    steps = [int((step + 0.5) * side / ICON_SIDE) for step in range(ICON_SIDE)]
    picture.icon_size = ICON_SIDE, ICON_SIDE
    picture.icon_pixels = [
        rows[y - below][x - left] if 0 <= y - below < len(rows) and 0 <= x - left < len(rows[0]) else 0
        for y in steps
        for x in steps
    ]


def _upright(rows: Rows, orientation: int) -> Rows:
    """Rows, the lowest first, of a picture with an orientation of EXIF."""
    if orientation in {2, 4, 5, 7}:  # mirrored
        rows = [row[::-1] for row in rows]
    turns = {3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}.get(orientation, 0)
    for _ in range(turns):  # a quarter clockwise: seen from below, the first column becomes the top row
        rows = [list(column) for column in zip(*rows)][::-1]
    return rows


def register() -> None:
    """Make the store."""
    global _pictures
    _pictures = bpy.utils.previews.new()


def unregister() -> None:
    """Free the pictures."""
    global _pictures
    bpy.utils.previews.remove(_pictures)
    _pictures = None
