"""The line between photo and render follows the mouse in the image editor, whatever tool is active there."""

from __future__ import annotations

import bpy

from .comparison import IMAGE, comparison


class RELIT_GT_wipe(bpy.types.Gizmo):
    """The whole picture is a handle: press anywhere and the line is there."""

    bl_idname = "RELIT_GT_wipe"

    def draw(self, context: bpy.types.Context) -> None:
        """The line is part of the picture."""

    def test_select(self, context: bpy.types.Context, location: tuple[int, int]) -> int:
        """Whether the mouse is over the picture."""
        across, up = context.region.view2d.region_to_view(*location)
        return 0 if 0 <= across <= 1 and 0 <= up <= 1 else -1

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Begin to drag."""
        return self.modal(context, event, set())

    def modal(self, context: bpy.types.Context, event: bpy.types.Event, tweak: set[str]) -> set[str]:
        """Follow the mouse."""
        across = context.region.view2d.region_to_view(event.mouse_region_x, event.mouse_region_y)[0]
        context.scene.relit_compare.wipe = min(max(across, 0.0), 1.0)
        return {"RUNNING_MODAL"}

    def exit(self, context: bpy.types.Context, cancel: bool) -> None:
        """The line stays where it is."""


class RELIT_GGT_wipe(bpy.types.GizmoGroup):
    """Present while a comparison is wiped."""

    bl_idname = "RELIT_GGT_wipe"
    bl_label = "Relit Wipe"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "WINDOW"
    bl_options = {"PERSISTENT", "SHOW_MODAL_ALL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The comparison is shown, with its line."""
        image = context.space_data.image
        shown = image is not None and image.name == IMAGE
        return shown and comparison.ready and context.scene.relit_compare.mode == "WIPE"

    def setup(self, context: bpy.types.Context) -> None:
        """Make the handle."""
        self.gizmos.new(RELIT_GT_wipe.bl_idname)


register, unregister = bpy.utils.register_classes_factory((RELIT_GT_wipe, RELIT_GGT_wipe))
