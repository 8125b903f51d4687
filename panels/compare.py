"""Photo and render side by side: in the 3D view's tab, and beside the picture in the image editor."""

from __future__ import annotations

import bpy

from ..operators.head.active_head import active_head
from ..operators.head.camera import photo_camera
from ..operators.light.compare import background_of
from ..operators.light.comparison import IMAGE, comparison
from .layout import HeadPanel, draw_text
from .turntable import draw_render


class RELIT_PT_compare(HeadPanel, bpy.types.Panel):
    """Compare the head with a photo."""

    bl_label = "Compare"
    bl_order = 70

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices, the wipe and the way into the photo's camera."""
        layout, choice = self.layout, context.scene.relit_compare
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for name in ("photo", "light", "size"):
            column.prop(choice, name)
        if not draw_render(layout, "photo"):
            layout.operator("relit.compare", icon="MOD_MIRROR")
        draw_comparison(layout, choice)
        layout.separator()
        layout.operator("relit.look_through_photo", icon="VIEW_CAMERA")
        camera = photo_camera(active_head(context), choice.photo)
        background = background_of(camera) if camera is not None else None
        if background is not None:
            layout.prop(background, "alpha", text="Photo Opacity", slider=True)


class RELIT_PT_compare_image(bpy.types.Panel):
    """The wipe, beside the picture."""

    bl_label = "Compare"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Relit"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The comparison is shown."""
        image = context.space_data.image
        return image is not None and image.name == IMAGE and comparison.ready

    def draw(self, context: bpy.types.Context) -> None:
        """Draw wipe and mode."""
        draw_comparison(self.layout, context.scene.relit_compare)


def draw_comparison(layout: bpy.types.UILayout, choice: bpy.types.PropertyGroup) -> None:
    """Draw how a finished comparison is shown."""
    if not comparison.ready:
        return
    layout.row().prop(choice, "mode", expand=True)
    if choice.mode == "WIPE":
        layout.prop(choice, "wipe", slider=True)
    if choice.mode == "DIFFERENCE":
        layout.prop(choice, "gain")
    if comparison.difference is not None:
        draw_text(layout, f"Color difference on the face: {comparison.difference:.1f} (2 is just visible)")


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_compare, RELIT_PT_compare_image))
