"""Blender's side of what runs: the timer that polls job and session, and what happens when a file is opened."""

from __future__ import annotations

import bpy

from ...core.errors import FitError
from ...translations import said
from .run import run
from .session import session

_ticking = False


def watch() -> None:
    """Poll job and session from now on until they are over; the timer outlives opening another file."""
    if _ticking:  # what is asked from an answer is seen to when the tick ends
        return
    if bpy.app.timers.is_registered(_tick):  # it may sleep for seconds
        bpy.app.timers.unregister(_tick)
    bpy.app.timers.register(_tick, first_interval=0.01, persistent=True)


def redraw() -> None:
    """Draw the sidebars of all 3D views, the preferences and the status bars again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "PREFERENCES"}:
                area.tag_redraw()
        if not window.modal_operators:  # they write into the status bar, and this would wipe it
            with bpy.context.temp_override(window=window):  # after a file load there is none, and Blender would crash
                window.workspace.status_text_set_internal(None)


def report_problem(operator: bpy.types.Operator, error: FitError) -> None:
    """Report a problem and its hint, in the artist's language where they are known in it."""
    operator.report({"ERROR"}, said(error.message, error.hint))


def blender_can_take_objects() -> bool:
    """Whether objects may appear now: not in the middle of an edit or of moving something, nor while rendering."""
    moving = any(
        operator.bl_idname.startswith("TRANSFORM_OT_")
        for window in bpy.context.window_manager.windows
        for operator in window.modal_operators
    )
    return bpy.context.mode == "OBJECT" and not moving and not bpy.app.is_job_running("RENDER")


def _tick() -> float | None:
    global _ticking
    _ticking, ran, asked = True, run.active, session.busy
    try:
        pauses = [pause for pause in (run.pump(), session.pump()) if pause is not None]
        return min(pauses, default=None)
    finally:
        _ticking = False
        if ran or asked != session.busy:
            redraw()


def end_session() -> None:
    """End the warm worker and wait for it: its files are about to go."""
    session.close()


@bpy.app.handlers.persistent
def _file_is_opened(*_: object) -> None:
    session.close(wait=False)


@bpy.app.handlers.persistent
def _file_was_opened(*_: object) -> None:
    run.elsewhere = run.active


def register() -> None:
    """Notice when another file is opened."""
    session.wake = watch
    bpy.app.handlers.load_pre.append(_file_is_opened)
    bpy.app.handlers.load_post.append(_file_was_opened)


def unregister() -> None:
    """End job and session with their processes, and the timer: one left at exit crashes or hangs Blender."""
    run.close()
    session.close()
    run.dismiss()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    bpy.app.handlers.load_pre.remove(_file_is_opened)
    bpy.app.handlers.load_post.remove(_file_was_opened)
