"""Light on the head: presets in one click, their sliders, the turntable."""

from __future__ import annotations

import bpy

from ..operators.light import light_rig
from ..operators.light.light_presets import PRESETS
from ..operators.light.relight import EEVEE
from .layout import HeadPanel

ICONS = {
    "STUDIO": "LIGHT_AREA",
    "WINDOW": "MOD_LATTICE",
    "SUNSET": "LIGHT_SUN",
    "RING": "MESH_TORUS",
    "ENVIRONMENT": "WORLD",
    "PHOTO": "IMAGE_DATA",
}


class RELIT_PT_light(HeadPanel, bpy.types.Panel):
    """Light the head."""

    bl_label = "Light"
    bl_order = 60

    def draw(self, context: bpy.types.Context) -> None:
        """Draw presets and sliders."""
        layout, scene = self.layout, context.scene
        choice = scene.relit_light
        preset_on = choice.preset if light_rig.anchor_of(scene) is not None else ""
        grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for name, preset in PRESETS.items():
            button = grid.operator("relit.light", text=preset.label, icon=ICONS[name], depress=preset_on == name)
            button.preset = name
        layout.use_property_split = True
        layout.use_property_decorate = False
        if preset_on:
            column = layout.column(align=True)
            if preset_on == "ENVIRONMENT":
                column.prop(choice, "environment")
            if preset_on == "PHOTO":
                column.prop(choice, "photo")
            for name in ("strength", "rotation", "warmth"):
                column.prop(choice, name)
            column.prop(scene.render, "film_transparent", text="Transparent Background")
            layout.operator("relit.remove_light", icon="X")
        row = layout.row(align=True)
        for name in ("AgX", "Standard"):
            shown = scene.view_settings.view_transform == name
            row.operator("relit.view_transform", text=name, depress=shown).transform = name
        if scene.render.engine in EEVEE and not scene.eevee.use_raytracing:
            layout.operator("relit.match_cycles", icon="SHADING_RENDERED")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_light,))
