"""The rig of the head."""

from __future__ import annotations

import bpy

from ..operators.head.active_head import active_head
from ..operators.head.rig import rig_of
from ..operators.head.rig_build import FOLLOW
from .layout import HeadPanel, draw_text


class RELIT_PT_rig(HeadPanel, bpy.types.Panel):
    """Bones for neck, head, jaw and eyes; face capture."""

    bl_label = "Rig"
    bl_order = 40

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button, or what the rig has to set."""
        layout = self.layout
        rig = rig_of(active_head(context))
        if rig is None:
            draw_text(layout, "Bones for neck, head, jaw and eyes. Expressions work with and without them.")
            layout.operator("relit.add_rig", icon="ARMATURE_DATA")
        else:
            look = rig.pose.bones.get("look")
            if look is not None and FOLLOW in look:
                layout.prop(look, f'["{FOLLOW}"]', text="Look at Target", slider=True)
            layout.operator("relit.remove_rig", icon="X")
        layout.separator()
        layout.operator("relit.face_capture", icon="IMPORT")
        layout.operator("relit.fit_body", icon="OUTLINER_OB_ARMATURE")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_rig,))
