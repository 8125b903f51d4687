"""Where the worker lives and what it may use: the same for every file of the artist."""

from __future__ import annotations

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty


class RelitPreferences(bpy.types.AddonPreferences):
    """The add-on's preferences."""

    bl_idname = __package__

    environment: StringProperty(
        name="Worker Folder",
        description="Folder of the worker's own Python environment; empty uses the extension's folder",
        subtype="DIR_PATH",
    )
    python: StringProperty(
        name="Existing Python",
        description="Use this Python, which has Relit's libraries, instead of an environment of Relit's",
        subtype="FILE_PATH",
    )
    heads: StringProperty(
        name="Heads Folder",
        description="Where heads are written while the .blend file is not saved; empty uses ~/Relit",
        subtype="DIR_PATH",
    )
    device: EnumProperty(
        name="Device",
        description="What computes. The GPU has not been measured yet: it is used only when it is chosen here",
        items=(
            ("auto", "Automatic", "The CPU in this version"),
            ("cpu", "CPU", "The processor"),
            ("cuda", "GPU (CUDA)", "An NVIDIA graphics card, for the longest stages; refused where there is none"),
        ),
        default="auto",
    )
    threads: IntProperty(
        name="Threads",
        description="Processor threads of the worker; 0 leaves the choice to Relit",
        min=0,
        max=256,
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the preferences."""
        from .panels import install

        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "device")
        layout.prop(self, "threads")
        layout.prop(self, "heads")
        layout.separator()
        layout.prop(self, "python")
        row = layout.row()
        row.active = not self.python
        row.prop(self, "environment")
        install.draw(layout)


register, unregister = bpy.utils.register_classes_factory((RelitPreferences,))
