"""A rig for a head: bones for neck, head, jaw and eyes, and something to look at."""

from __future__ import annotations

import bpy

from ...translations import said
from . import head_shape, rig_bones, rig_build
from .active_head import active_head, require_head
from .rig_build import rig_of


class RELIT_OT_add_rig(bpy.types.Operator):
    """Add bones for neck, head, jaw and eyes, and a bone that the eyes look at"""

    bl_idname = "relit.add_rig"
    bl_label = "Add Rig"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head of our shape model without a rig."""
        if not require_head(cls, context):
            return False
        head_object = active_head(context)
        problem = head_shape.problem(head_object)
        if problem:
            cls.poll_message_set(said(problem.message, problem.hint))
        elif rig_of(head_object):
            cls.poll_message_set(said(f"{head_object.name} has a rig already."))
        else:
            return True
        return False

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the armature and tie the head to it."""
        head_object = active_head(context)
        if head_object.name not in context.view_layer.objects:
            self.report(
                {"ERROR"}, said(f"{head_object.name} is not in this view layer; switch its collection on first.")
            )
            return {"CANCELLED"}
        taken = sorted(set(rig_bones.weights()) & set(head_object.vertex_groups.keys()))
        if taken:
            self.report({"ERROR"}, said(f"{head_object.name} has a vertex group called {taken[0]}; rename it first."))
            return {"CANCELLED"}
        rig = rig_build.build_armature(head_object, f"{head_object.name} Rig")
        rig[rig_build.RIG] = True
        rig_build.bind(head_object, rig)
        rig_build.tie(head_object, rig)
        return {"FINISHED"}


class RELIT_OT_remove_rig(bpy.types.Operator):
    """Remove the bones again; the head and its expressions stay"""

    bl_idname = "relit.remove_rig"
    bl_label = "Remove Rig"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head with a rig."""
        if not require_head(cls, context):
            return False
        if rig_of(active_head(context)) is None:
            cls.poll_message_set("This head has no rig.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take the head off and remove the armature."""
        head_object = active_head(context)
        rig = rig_of(head_object)
        rig_build.unbind(head_object, rig)
        data = rig.data
        bpy.data.objects.remove(rig)
        if not data.users:
            bpy.data.armatures.remove(data)
        context.view_layer.objects.active = head_object
        head_object.select_set(True)
        return {"FINISHED"}


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_add_rig, RELIT_OT_remove_rig))
