"""The state of the worker, drawn in the tab and in the preferences."""

from __future__ import annotations

import bpy

from ..operators.jobs import worker
from ..operators.jobs.run import DOCTOR, INSTALL, run
from ..operators.setup import install
from .layout import draw_text
from .progress import draw_progress


def draw(layout: bpy.types.UILayout) -> None:
    """Draw whether the worker is there, and how to get it where it is not."""
    if run.active and run.kind in {INSTALL, DOCTOR}:
        draw_progress(layout)
        return
    if worker.worker_python() is not None:
        layout.label(text="The worker is installed.", icon="CHECKMARK")
        if not worker.preferences().python:
            row = layout.row(align=True)
            row.operator("relit.install", text="Check and Repair", icon="FILE_REFRESH").repair = True
            row.operator("relit.remove_worker", icon="TRASH")
        return
    box = layout.box()
    message, hint = worker.missing_worker_sentences()
    draw_text(box, message, "INFO")
    draw_text(box, hint)
    if not worker.preferences().python:
        if bpy.app.online_access_override and not bpy.app.online_access:
            draw_text(box, install.why_not_online())
        elif not bpy.app.online_access:
            draw_text(box, "It downloads about 500 MB, with a GPU 3 GB.")
            box.operator("extensions.userpref_show_online", text="Allow Online Access...", icon="INTERNET")
        box.operator("relit.install", icon="IMPORT")
        box.operator("relit.install_offline", icon="FILE_FOLDER")


def draw_existing(layout: bpy.types.UILayout) -> None:
    """Draw the field that names a Python which has the libraries already."""
    preferences = worker.preferences()
    column = layout.column(align=True)
    column.label(text="Existing Python:")
    row = column.row(align=True)
    row.prop(preferences, "python", text="")
    if preferences.python:
        row.operator("relit.check_python", text="", icon="VIEWZOOM")
