"""What all panels share: their place, and text that wraps."""

from __future__ import annotations

import textwrap

import bpy

from ..operators.head.active_head import active_head
from ..translations import said

LETTER = 6.5  # width of an average letter in points at the default interface scale
DEFAULT_WIDTH = 300  # points, where no region is drawn
MARGIN = 50  # points that the panel's borders and the icon take


class RelitPanel:
    """Place of a panel in the tab *Relit*."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Relit"


class HeadPanel(RelitPanel):
    """Place of a panel about the active head: folded, under *Head*, and only where there is one."""

    bl_parent_id = "RELIT_PT_head"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be a head."""
        return active_head(context) is not None


def draw_text(layout: bpy.types.UILayout, text: str, icon: str = "NONE", beside: int = 0) -> None:
    """Draw text that wraps at the region's width, in the artist's language where it is known in it.

    Args:
        layout: Where.
        text: What.
        icon: Before its first line.
        beside: Points of the width that something else takes.
    """
    region = bpy.context.region
    scale = bpy.context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    width = (region.width if region else DEFAULT_WIDTH) / scale
    column = layout.column(align=True)
    column.scale_y = 0.8
    for line in textwrap.wrap(said(text), max(20, int((width - MARGIN - beside) / LETTER))):
        column.label(text=line, icon=icon, translate=False)
        icon = "BLANK1" if icon != "NONE" else "NONE"
