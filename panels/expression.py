"""The expression of the head: presets, and ARKit's units as sliders."""

from __future__ import annotations

import bpy

from ..core.shape.expressions import GROUPS, PRESETS, sides
from ..operators.head import head_shape
from ..operators.head.active_head import active_head
from ..operators.head.expression import units_of
from ..translations import said
from .layout import HeadPanel, draw_text


class RELIT_PT_expression(HeadPanel, bpy.types.Panel):
    """Smile, wink, speak."""

    bl_label = "Expression"
    bl_order = 30

    def draw(self, context: bpy.types.Context) -> None:
        """Draw buttons for whole expressions, then the units in folded lists."""
        layout, head = self.layout, active_head(context)
        keys, choices = units_of(head), head.relit_expression
        if not keys:
            draw_text(layout, "This head has no shape keys with ARKit's names.", "INFO")
            return
        row = layout.row(align=True)
        row.operator("relit.expression_reset", text="Neutral", icon="LOOP_BACK")
        row.operator("relit.expression_mirror", text="Mirror", icon="MOD_MIRROR")
        row.operator("relit.expression_key", text="Key", icon="KEY_HLT")
        photos = head_shape.photo_expressions(head)
        if photos:
            row = layout.row(align=True)
            for number, name in enumerate(photos, 1):
                row.operator("relit.expression_photo", text=said(f"As in {said(name)}"), translate=False).photo = number
        layout.prop(choices, "amount", slider=True)
        grid = layout.grid_flow(row_major=True, columns=3, even_columns=True, align=True)
        for name, (label, _) in PRESETS.items():
            button = grid.operator("relit.expression_preset", text=label)
            button.preset, button.amount = name, choices.amount
        layout.prop(choices, "search", text="", icon="VIEWZOOM")
        searched = choices.search.replace(" ", "").lower()
        for group, units in GROUPS.items():
            shown = [(label, unit) for label, unit in units if _matches(searched, group, label, unit)]
            if searched:
                body = layout if shown else None
            else:
                header, body = layout.panel(f"relit_expression_{group}", default_closed=True)
                header.label(text=group)
            if body:
                _draw_units(body, keys, shown)


def _matches(searched: str, group: str, label: str, unit: str) -> bool:
    names = (group, label, *sides(unit))
    return any(searched in name.replace(" ", "").lower() for name in names)


def _draw_units(layout: bpy.types.UILayout, keys: dict[str, bpy.types.ShapeKey], units: list[tuple[str, str]]) -> None:
    """Draw a slider for each unit, those of the two sides beside each other as one sees them on the face."""
    column = layout.column(align=True)
    for label, unit in units:
        names = [name for name in reversed(sides(unit)) if name in keys]
        row = column.row(align=True)
        for name in names:
            side = {"Left": " L", "Right": " R"}.get(name.removeprefix(unit.rstrip("*")), "")
            row.prop(keys[name], "value", text=f"{said(label)}{side}", translate=False, slider=True)


register, unregister = bpy.utils.register_classes_factory((RELIT_PT_expression,))
