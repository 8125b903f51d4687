"""Cancel the running job."""

from __future__ import annotations

import bpy

from .polling import redraw
from .run import run


class RELIT_OT_cancel(bpy.types.Operator):
    """Stop the running job; nothing of the scene changes"""

    bl_idname = "relit.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something must be running."""
        if not run.active or run.cancelling:
            cls.poll_message_set("It is being cancelled." if run.cancelling else "Nothing is running.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the process to stop; the timer sees it go."""
        run.cancel()
        redraw()
        return {"FINISHED"}


class RELIT_OT_dismiss(bpy.types.Operator):
    """Hide this message"""

    bl_idname = "relit.dismiss"
    bl_label = "Dismiss"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Forget how the last run ended."""
        run.dismiss()
        redraw()
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_cancel, RELIT_OT_dismiss))
