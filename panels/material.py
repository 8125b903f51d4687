"""The skin's look: the few inputs of the group that every head shares."""

from __future__ import annotations

import bpy

from ..operators.head.active_head import active_head
from ..operators.material.skin_group import GROUP_NODE
from ..operators.material.skin_look import skin_material
from ..operators.material.skin_material import MODIFIER
from .layout import HeadPanel, RelitPanel, draw_text

GLOSS = {"Specular Strength": "Gloss", "Roughness Scale": "Roughness"}
RELIEF = {"Normal Strength": "Pores", "Cavity Strength": "Cavity"}
SOFTNESS = {"Subsurface": "Softness"}
SCATTERING = {"Subsurface Scale": "Depth", "Subsurface Radius": "Red, Green, Blue"}


class RELIT_PT_material(HeadPanel, bpy.types.Panel):
    """How the skin shines, how deep its pores are, how soft light makes it."""

    bl_label = "Material"
    bl_order = 50

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the inputs of the group that an artist wants first."""
        layout, head_object = self.layout, active_head(context)
        layout.use_property_split = True
        layout.use_property_decorate = False
        material = skin_material(head_object)
        if material is None:
            draw_text(layout, "The skin has another material. Load the head again to get Relit's.", "INFO")
            return
        inputs = material.node_tree.nodes[GROUP_NODE].inputs
        for names in (GLOSS, RELIEF, SOFTNESS):
            column = layout.column(align=True)
            for name, text in names.items():
                column.prop(inputs[name], "default_value", text=text, slider=True)
        displaced = MODIFIER in head_object.modifiers
        text = "Pores Are Geometry" if displaced else "Make Pores Geometry"
        layout.operator("relit.displacement", text=text, depress=displaced, icon="MOD_DISPLACE")
        if displaced:
            layout.prop(inputs["Displacement Scale"], "default_value", text="Relief")


class RELIT_PT_scattering(RelitPanel, bpy.types.Panel):
    """How far light wanders in the skin."""

    bl_label = "Scattering"
    bl_parent_id = "RELIT_PT_material"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head with our skin."""
        head_object = active_head(context)
        return head_object is not None and skin_material(head_object) is not None

    def draw(self, context: bpy.types.Context) -> None:
        """Draw depth and colour of the scattering, and the way to set them by the skin's colour."""
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        inputs = skin_material(active_head(context)).node_tree.nodes[GROUP_NODE].inputs
        for name, text in SCATTERING.items():
            layout.prop(inputs[name], "default_value", text=text)
        layout.operator("relit.update_skin", icon="FILE_REFRESH")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_material, RELIT_PT_scattering))
