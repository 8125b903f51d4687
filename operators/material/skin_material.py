"""The skin material after its maps have changed, and its relief as true geometry."""

from __future__ import annotations

import bpy

from ...translations import said
from ..head.active_head import active_head, require_own_head
from ..head.mesh import UV_NAME
from . import relief_maps, skin_look
from .nodes import Tree
from .skin_group import GROUP_NODE

MODIFIER = "Relit Displacement"
RENDER_LEVELS = 2
"""The mesh's edges of about 3 mm become 0.8 mm; what is finer is shaded as a bump."""


def _require_skin(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not require_own_head(cls, context):
        return False
    if skin_look.skin_material(active_head(context)) is None:
        cls.poll_message_set("This head has no material with the Relit Skin group; load the head again.")
        return False
    return True


class RELIT_OT_update_skin(bpy.types.Operator):
    """Set how deep light goes by the colour of the maps as they are now, and where pores shine less by their normals"""

    bl_idname = "relit.update_skin"
    bl_label = "Match Skin Color and Pores"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head with our skin material."""
        return _require_skin(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Update it."""
        kind = skin_look.update(active_head(context))
        self.report({"INFO"}, said(f"The skin scatters light as {said(kind)} skin does."))
        return {"FINISHED"}


class RELIT_OT_displacement(bpy.types.Operator):
    """Make pores and wrinkles true geometry in the render, or shade them by the normal map again"""

    bl_idname = "relit.displacement"
    bl_label = "Make Pores Geometry"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A head with our skin material and a normal map."""
        if not _require_skin(cls, context):
            return False
        if skin_look.map_image(skin_look.skin_material(active_head(context)), "normal") is None:
            cls.poll_message_set("The skin has no normal map to take the relief from.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Switch it."""
        head_object = active_head(context)
        if MODIFIER in head_object.modifiers:
            remove_displacement(head_object)
            self.report({"INFO"}, "Pores and wrinkles are shaded by the normal map again.")
        else:
            reach = add_displacement(head_object)
            self.report(
                {"INFO"}, said(f"Pores and wrinkles are geometry when rendered, {reach * 1000:.2f} mm at most.")
            )
        return {"FINISHED"}


def add_displacement(head_object: bpy.types.Object) -> float:
    """Displace the head by its relief, in the place of the normal map, and return the relief's span in metres."""
    material = skin_look.skin_material(head_object)
    nodes, tree = material.node_tree.nodes, Tree(material.node_tree)
    image, reach = relief_maps.displacement_image(
        f"{head_object.name} displacement", nodes["normal"].image, skin_look.skin_scale(head_object)
    )
    group = nodes[GROUP_NODE]
    picture = tree.image("displacement", image, UV_NAME, (-700, -1500))
    tree.link(picture.outputs["Color"], group.inputs["Displacement"])
    tree.link(group.outputs["Displacement"], _output(material).inputs["Displacement"])
    group.inputs["Displacement Scale"].default_value = reach
    for link in list(group.inputs["Normal"].links):
        tree.tree.links.remove(link)
    material.displacement_method = "BOTH"
    modifier = head_object.modifiers.new(MODIFIER, "SUBSURF")
    modifier.levels, modifier.render_levels = 0, RENDER_LEVELS
    return reach


def remove_displacement(head_object: bpy.types.Object) -> None:
    """Undo :func:`add_displacement`."""
    head_object.modifiers.remove(head_object.modifiers[MODIFIER])
    material = skin_look.skin_material(head_object)
    nodes, tree = material.node_tree.nodes, Tree(material.node_tree)
    picture = nodes["displacement"]
    image = picture.image
    nodes.remove(picture)
    if not image.users:
        bpy.data.images.remove(image)
    for link in list(_output(material).inputs["Displacement"].links):
        tree.tree.links.remove(link)
    tree.link(nodes["normal"].outputs["Color"], nodes[GROUP_NODE].inputs["Normal"])
    material.displacement_method = "BUMP"


def _output(material: bpy.types.Material) -> bpy.types.Node:
    return next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_update_skin, RELIT_OT_displacement))
