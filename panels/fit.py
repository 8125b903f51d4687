"""Reconstruct a head: the button, its progress, its outcome."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_iface as iface_

from ..operators.head.active_head import active_head
from ..operators.jobs import worker
from ..operators.jobs.run import BATCH, RECONSTRUCT, run
from ..operators.jobs.time_left import in_words
from ..operators.reconstruct import fit
from . import install
from .layout import RelitPanel
from .progress import draw_notes, draw_outcome, draw_progress


class RELIT_PT_fit(RelitPanel, bpy.types.Panel):
    """Reconstruct a head from the photos."""

    bl_label = "Reconstruct"
    bl_order = 1

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be done now."""
        layout = self.layout
        if run.active and run.kind in {RECONSTRUCT, BATCH}:
            draw_progress(layout)
        elif worker.worker_python() is None or run.active:
            install.draw(layout)
            if not run.active:
                install.draw_existing(layout)
        else:
            _draw_button(layout, context)
        draw_outcome(layout)
        draw_notes(layout)


def _draw_button(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    settings = context.scene.relit
    column = layout.column()
    column.scale_y = 1.6
    column.operator("relit.fit", icon="USER")
    layout.row().prop(settings, "quality", expand=True)
    split = layout.split(factor=0.5)
    split.prop(settings, "map_size", text="")
    split.label(text=in_words(fit.estimate(settings), iface_), icon="TIME", translate=False)
    if active_head(context) is not None:
        layout.row().prop(settings, "when_done", expand=True)


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_fit,))
