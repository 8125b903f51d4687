"""Light on the head in one click, and what makes pictures of it comparable."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty

from ...core.errors import FitError
from ...translations import said
from ..head.active_head import active_head, require_head
from ..reconstruct import framing
from . import light_rig
from .light_presets import PRESETS

EEVEE = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT")
FAST_GI = {
    "use_fast_gi": True,
    "fast_gi_method": "GLOBAL_ILLUMINATION",
    "fast_gi_distance": 0.0,
    "fast_gi_thickness_near": 0.05,
    "fast_gi_resolution": "1",
}
"""Bounced light in EEVEE; half a head (metres) hides what lies behind it. 4.2 has not all of it."""


class RELIT_OT_light(bpy.types.Operator):
    """Light the head; the former preset's lamps go, your own lamps stay"""

    bl_idname = "relit.light"
    bl_label = "Light the Head"
    bl_options = {"REGISTER", "UNDO"}

    preset: EnumProperty(
        name="Preset",
        description="What kind of light",
        items=[(name, preset.label, preset.description) for name, preset in PRESETS.items()],
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head to light."""
        return require_head(cls, context)

    @classmethod
    def description(cls, context: bpy.types.Context, properties: RELIT_OT_light) -> str:
        """What this button's preset is."""
        return said(f"{PRESETS[properties.preset].description}.", "The former preset goes, your own lamps stay")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put the light on."""
        try:
            light_rig.apply(context.scene, active_head(context), self.preset)
        except FitError as error:
            self.report({"ERROR"}, said(error.message, error.hint))
            return {"CANCELLED"}
        framing.show_light(context.scene)
        self.report({"INFO"}, said(f"{said(PRESETS[self.preset].label)} lights the head."))
        return {"FINISHED"}


class RELIT_OT_remove_light(bpy.types.Operator):
    """Take the preset's lamps and world away; your own world comes back"""

    bl_idname = "relit.remove_light"
    bl_label = "Remove Light"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A preset that is on."""
        if light_rig.anchor_of(context.scene) is None:
            cls.poll_message_set("No light preset is on.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take it away."""
        light_rig.remove(context.scene)
        self.report({"INFO"}, "The preset's light is gone.")
        return {"FINISHED"}


class RELIT_OT_view_transform(bpy.types.Operator):
    """How light becomes colour on the screen. AgX, Blender's own, rolls highlights off as film does and pales strong
    colours: best for pictures. Standard shows colours as the photo has them: best beside the photo"""

    bl_idname = "relit.view_transform"
    bl_label = "View Transform"
    bl_options = {"REGISTER", "UNDO"}

    transform: EnumProperty(
        name="View Transform",
        description="How light becomes colour on the screen",
        items=(
            ("AgX", "AgX", "Rolls highlights off as film does: best for pictures"),
            ("Standard", "Standard", "Colours as the photo has them: best beside the photo"),
        ),
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set it."""
        context.scene.view_settings.view_transform = self.transform
        self.report({"INFO"}, said(f"The view transform is {self.transform}."))
        return {"FINISHED"}


class RELIT_OT_match_cycles(bpy.types.Operator):
    """Set EEVEE to ray tracing with bounced light, so that it shows what Cycles does; it becomes slower"""

    bl_idname = "relit.match_cycles"
    bl_label = "Make EEVEE Match Cycles"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set it."""
        match_cycles(context.scene)
        self.report({"INFO"}, "EEVEE traces rays and bounces light.")
        return {"FINISHED"}


def match_cycles(scene: bpy.types.Scene) -> None:
    """Make EEVEE come as near to Cycles as it can on a head."""
    eevee = scene.eevee
    eevee.use_shadows = eevee.use_raytracing = True
    eevee.ray_tracing_options.resolution_scale = "1"
    for name, value in FAST_GI.items():
        if hasattr(eevee, name):
            setattr(eevee, name, value)


register, unregister = bpy.utils.register_classes_factory(
    (RELIT_OT_light, RELIT_OT_remove_light, RELIT_OT_view_transform, RELIT_OT_match_cycles)
)
