"""A running job in the status bar, for whoever has closed the sidebar."""

from __future__ import annotations

import bpy

from ..operators.jobs.run import run
from ..translations import said
from .progress import time_left


def draw(self: bpy.types.Header, context: bpy.types.Context) -> None:
    """Draw stage, progress and the button that cancels."""
    if run.active:
        row = self.layout.row(align=True)
        progress = row.row()
        progress.ui_units_x = 14
        progress.progress(factor=run.fraction, text=f"Relit: {said(run.stage)}, {time_left()}")
        row.operator("relit.cancel", text="", icon="X")


def register() -> None:
    """Put it at the end of the status bar."""
    bpy.types.STATUSBAR_HT_header.append(draw)


def unregister() -> None:
    """Take it off."""
    bpy.types.STATUSBAR_HT_header.remove(draw)
