"""A turntable of the head in one click, rendered while the artist goes on working."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...core.errors import FitError
from ...translations import said
from ..head.active_head import active_head, require_head
from . import light_rig
from .renders import render

SAMPLES = {"DRAFT": ("EEVEE", 16), "FINAL": ("CYCLES", 64)}


class RELIT_OT_turntable(bpy.types.Operator):
    """Render one turn of the head to a film or to pictures; your scene stays as it is, and you can go on working"""

    bl_idname = "relit.turntable"
    bl_label = "Render Turntable"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head, and nothing that is being rendered."""
        if not require_head(cls, context):
            return False
        if render.active:
            cls.poll_message_set("Something is being rendered. Wait for it or cancel it first.")
            return False
        if context.scene.relit_turntable.turn == "LIGHT" and light_rig.anchor_of(context.scene) is None:
            cls.poll_message_set("Choose a light preset first: it is what goes round.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start it."""
        head_object, choice = active_head(context), context.scene.relit_turntable
        try:
            out = output_path(context.scene, head_object)
            render.start(context, {**order(choice, head_object), "out": str(out)}, lambda path: None)
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        self.report({"INFO"}, said(f"{choice.frames} frames go to {out}."))
        return {"FINISHED"}


class RELIT_OT_cancel_render(bpy.types.Operator):
    """End the render at once; frames that are written stay"""

    bl_idname = "relit.cancel_render"
    bl_label = "Cancel Render"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Something is being rendered."""
        if not render.active:
            cls.poll_message_set("Nothing of Relit's is being rendered.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """End it."""
        render.cancel()
        self.report({"INFO"}, "The render was cancelled.")
        return {"FINISHED"}


def order(choice: bpy.types.PropertyGroup, head_object: bpy.types.Object) -> dict[str, object]:
    """Return what `render_script` is told."""
    engine, samples = SAMPLES[choice.quality]
    return {
        "task": "turntable",
        "head": head_object.name,
        "turn": choice.turn,
        "frames": choice.frames,
        "fps": choice.fps,
        "size": choice.size,
        "movie": choice.movie,
        "engine": engine,
        "samples": samples,
    }


def output_path(scene: bpy.types.Scene, head_object: bpy.types.Object) -> Path:
    """Return the film, or the folder of pictures with the beginning of their names."""
    choice = scene.relit_turntable
    folder = Path(bpy.path.abspath(choice.folder or head_object.relit.folder))
    name = f"turntable_{choice.turn.lower()}"
    return folder / f"{name}.mp4" if choice.movie else folder / name / "frame_"


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_turntable, RELIT_OT_cancel_render))
