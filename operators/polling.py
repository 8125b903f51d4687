"""Blender's side of a running job: the timer that polls it, and what happens when a file is opened."""

from __future__ import annotations

import bpy

from .run import run


def watch() -> None:
    """Poll the running job until it is over; the timer outlives opening another file."""
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=0.1, persistent=True)


def redraw() -> None:
    """Draw the sidebars of all 3D views and the preferences again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()


def blender_can_take_objects() -> bool:
    """Whether objects may appear now: not in the middle of editing a mesh, nor while rendering."""
    return bpy.context.mode == "OBJECT" and not bpy.app.is_job_running("RENDER")


def _tick() -> float | None:
    try:
        return run.pump()
    finally:
        redraw()


@bpy.app.handlers.persistent
def _file_was_opened(*_: object) -> None:
    run.elsewhere = run.active


def register() -> None:
    """Notice when another file is opened."""
    bpy.app.handlers.load_post.append(_file_was_opened)


def unregister() -> None:
    """End a running job with its process, and the timer: one left at exit crashes or hangs Blender."""
    run.close()
    run.dismiss()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    bpy.app.handlers.load_post.remove(_file_was_opened)
