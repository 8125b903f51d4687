"""A running job, and how the last one ended."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..operators.jobs.run import run
from ..operators.jobs.time_left import in_words
from ..translations import said
from . import thumbnails
from .layout import draw_text

PREVIEW_SCALE = 8.0
BUTTONS = 60
"""Points that the two buttons beside an outcome take."""


def draw_progress(layout: bpy.types.UILayout) -> None:
    """Draw stage, progress, preview and the button that cancels."""
    if run.preview:
        icon = thumbnails.icon_of(run.preview)
        if icon:
            layout.template_icon(icon, scale=PREVIEW_SCALE)
    if run.waiting and not run.cancelling:
        draw_text(layout, "The head is ready. It appears in Object Mode, when no render is running.", "INFO")
    else:
        layout.progress(factor=run.fraction, text=said(run.stage))
    row = layout.split(factor=0.65)
    row.label(text="" if run.waiting else time_left(), icon="TIME", translate=False)
    row.operator("relit.cancel", icon="CANCEL")


def time_left() -> str:
    """Return how far the job is and how long it will still take, in words."""
    left = run.clock.left()
    if left is None or run.cancelling:
        return f"{run.fraction:.0%}"
    return iface_("{}, {} left").format(f"{run.fraction:.0%}", in_words(left, iface_))


def draw_outcome(layout: bpy.types.UILayout) -> None:
    """Draw the last problem with its hint, or what the last run had to say."""
    problem = run.problem
    if problem is None and not run.notice:
        return
    row = layout.box().row()
    column = row.column()
    if problem is None:
        draw_text(column, run.notice, "INFO", BUTTONS)
    else:
        told = column.column()
        told.alert = True
        draw_text(told, problem.message, "ERROR", BUTTONS)
        # A button shows the log; its path takes four lines of the sidebar.
        draw_text(column, problem.hint.replace(problem.log, "the log") if problem.log else problem.hint, beside=BUTTONS)
    buttons = row.row(align=True)
    if problem is not None and problem.log:
        buttons.operator("wm.path_open", text="", icon="TEXT").filepath = problem.log
    elif run.folder:
        buttons.operator("wm.path_open", text="", icon="FILE_FOLDER").filepath = run.folder
    buttons.operator("relit.dismiss", text="", icon="X")


def draw_notes(layout: bpy.types.UILayout) -> None:
    """Draw what the last head's photos left open; needs the full width of a panel."""
    if run.notes:
        header, body = layout.panel("RELIT_notes", default_closed=True)
        header.label(text=iface_("Notes ({})").format(len(run.notes)), translate=False)
        if body:
            for note in run.notes:
                draw_text(body, note, "DOT")
