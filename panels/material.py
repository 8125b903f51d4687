"""The skin's look: the few inputs of the group that every head shares."""

from __future__ import annotations

import bpy

from ..operators.active_head import active_head
from ..operators.skin_group import GROUP_NODE
from ..operators.skin_look import skin_material
from ..operators.skin_material import MODIFIER
from .layout import HeadPanel, draw_text

SLIDERS = ("Specular Strength", "Roughness Scale", "Normal Strength", "Cavity Strength")
SCATTERING = ("Subsurface", "Subsurface Scale", "Subsurface Radius")


class RELIT_PT_material(HeadPanel, bpy.types.Panel):
    """How the skin shines and scatters light."""

    bl_label = "Material"
    bl_order = 50

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the group's inputs."""
        layout, head_object = self.layout, active_head(context)
        layout.use_property_split = True
        layout.use_property_decorate = False
        material = skin_material(head_object)
        if material is None:
            draw_text(layout, "The skin has another material. Load the head again to get Relit's.", "INFO")
            return
        inputs = material.node_tree.nodes[GROUP_NODE].inputs
        for names in (SLIDERS, SCATTERING):
            column = layout.column(align=True)
            for name in names:
                column.prop(inputs[name], "default_value", text=name)
        layout.operator("relit.update_skin", icon="FILE_REFRESH")
        displaced = MODIFIER in head_object.modifiers
        layout.operator("relit.displacement", depress=displaced, icon="MOD_DISPLACE")
        if displaced:
            layout.prop(inputs["Displacement Scale"], "default_value", text="Displacement Scale")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_material,))
