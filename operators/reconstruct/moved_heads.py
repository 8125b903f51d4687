"""Heads whose folder went along when the .blend file was moved or copied to another place."""

from __future__ import annotations

import os
from pathlib import Path

import bpy

from ..head.active_head import is_head
from ..jobs.worker import HEADS_BESIDE


def find_again() -> int:
    """Let heads whose folder is gone refer to the one beside the .blend file; return how many were found."""
    if not bpy.data.filepath:
        return 0
    beside, found = Path(bpy.data.filepath).parent / HEADS_BESIDE, 0
    for head in filter(is_head, bpy.data.objects):
        folder = bpy.path.abspath(head.relit.folder, library=head.library)
        there = beside / Path(folder.replace("\\", "/")).name
        if head.library is None and not os.path.isdir(folder) and there.is_dir():
            head.relit.folder = str(there)
            found += 1
    return found


@bpy.app.handlers.persistent
def _file_was_opened(*_: object) -> None:
    find_again()


def register() -> None:
    """Look each time a file is opened."""
    bpy.app.handlers.load_post.insert(0, _file_was_opened)  # before those that read the folder


def unregister() -> None:
    """Look no more."""
    bpy.app.handlers.load_post.remove(_file_was_opened)
