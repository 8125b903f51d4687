"""Reconstruct a head: the button, its progress, its outcome."""

from __future__ import annotations

import bpy

from ..operators import worker
from ..operators.run import RECONSTRUCT, run
from . import install
from .layout import RelitPanel
from .progress import draw_outcome, draw_progress


class RELIT_PT_fit(RelitPanel, bpy.types.Panel):
    """Reconstruct a head from the photos."""

    bl_label = "Reconstruct"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be done now."""
        layout = self.layout
        if run.active and run.kind == RECONSTRUCT:
            draw_progress(layout)
        elif worker.worker_python() is None or run.active:
            install.draw(layout)
        else:
            column = layout.column()
            column.scale_y = 1.5
            column.operator("relit.fit", icon="USER")
        draw_outcome(layout)


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_fit,))
