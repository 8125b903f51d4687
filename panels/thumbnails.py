"""Small pictures of files, kept by Blender's preview system."""

from __future__ import annotations

import contextlib
import os

import bpy.utils.previews

_pictures: bpy.utils.previews.ImagePreviewCollection | None = None


def icon_of(path: str) -> int:
    """Return the icon id of a picture file, 0 where there is none; a file that has changed is read again."""
    absolute = bpy.path.abspath(path)
    with contextlib.suppress(OSError, KeyError):
        key = f"{absolute}:{os.stat(absolute).st_mtime_ns}"
        if key not in _pictures:
            for old in [name for name in _pictures if name.startswith(f"{absolute}:")]:
                del _pictures[old]
            _pictures.load(key, absolute, "IMAGE")
        return _pictures[key].icon_id
    return 0


def register() -> None:
    """Make the store."""
    global _pictures
    _pictures = bpy.utils.previews.new()


def unregister() -> None:
    """Free the pictures."""
    global _pictures
    bpy.utils.previews.remove(_pictures)
    _pictures = None
