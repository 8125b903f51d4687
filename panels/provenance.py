"""Where the skin comes from: overlay, legend, shares, mask."""

from __future__ import annotations

import bpy

from ..operators.head.active_head import active_head
from ..operators.skin import provenance
from ..translations import said
from .layout import HeadPanel, draw_text

LEGEND = (
    ("Observed", "seen in a photo", "COLORSET_04_VEC"),
    ("Mirrored", "from the other side", "COLORSET_09_VEC"),
    ("Invented", "filled in", "COLORSET_01_VEC"),
)


class RELIT_PT_provenance(HeadPanel, bpy.types.Panel):
    """What was seen, and what was not."""

    bl_label = "Provenance"
    bl_order = 80

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the switch, the legend with shares, and the masks."""
        layout, view = self.layout, context.window_manager.relit_provenance
        face = provenance.shares(active_head(context), "face")
        if face is None:
            draw_text(layout, "This head does not know what was seen. Load it again from its folder.", "INFO")
            return
        whole = provenance.shares(active_head(context), "skin")
        row = layout.row(align=True)
        row.prop(view, "show", toggle=True, icon="OVERLAY")
        row.prop(view, "opacity", slider=True)
        column = layout.column(align=True)
        for number, (name, meaning, icon) in enumerate(LEGEND):
            share = f"{face[number]:.0%} of the face"
            if whole is not None:
                share = f"{face[number]:.0%} of the face, {whole[number]:.0%} of the head"
            line = column.row()
            line.label(text=f"{said(name)} ({said(meaning)})", icon=icon, translate=False)
            column.label(text=said(share), icon="BLANK1", translate=False)
        row = layout.row(align=True)
        for parts, text in (("INVENTED", "Mask Invented"), ("NOT_SEEN", "Mask Not Seen")):
            button = row.operator("relit.provenance_mask", text=text, icon="MOD_MASK")
            button.parts, button.target = parts, "STENCIL"
        layout.operator("relit.provenance_mask", text="Vertex Group", icon="GROUP_VERTEX").target = "GROUP"


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_provenance,))
