"""How the head is reconstructed."""

from __future__ import annotations

import bpy

from .layout import RelitPanel


class RELIT_PT_settings(RelitPanel, bpy.types.Panel):
    """The artist's choices for the next reconstruction, and for every head that comes into the scene."""

    bl_label = "Settings"
    bl_parent_id = "RELIT_PT_fit"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices."""
        settings, layout = context.scene.relit, self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "seed")
        column = layout.column(heading="New Heads")
        column.prop(settings, "pack_images")
        column.prop(settings, "add_camera")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_settings,))
