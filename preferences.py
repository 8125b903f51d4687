"""Where the worker lives and what it may use: the same for every file of the artist."""

from __future__ import annotations

import os

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty


def _allow_networks(preferences: object = None, context: object = None) -> None:
    """Tell the workers that are started from now on whether they may use the networks of others."""
    from .operators.setup.own_networks import VARIABLE

    addon = bpy.context.preferences.addons.get(__package__)
    os.environ[VARIABLE] = "1" if addon and addon.preferences and addon.preferences.own_networks else "0"


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

    own_networks: BoolProperty(
        name="Use Other Face Networks on This Machine",
        description=(
            "Let a worker that has the insightface or the face-alignment package use their models, where they are on "
            "disk. Relit never downloads them; mind their licences"
        ),
        default=False,
        update=_allow_networks,
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the preferences."""
        from .operators.setup import own_networks
        from .panels import install
        from .panels.layout import draw_text
        from .panels.progress import draw_outcome

        layout = self.layout
        layout.use_property_split = True
        section = _section(layout, "Worker", "PREFERENCES")
        install.draw(section)
        draw_outcome(section)
        install.draw_existing(section)
        row = section.row()
        row.active = not self.python
        row.prop(self, "environment")
        section.operator("relit.doctor", icon="HELP")
        section = _section(layout, "Computing", "MEMORY")
        section.prop(self, "device")
        section.prop(self, "threads")
        _section(layout, "Files", "FILE_FOLDER").prop(self, "heads")
        found = own_networks.found()
        if found:
            section = _section(layout, "Other Face Networks", "COMMUNITY")
            for network in found:
                draw_text(section, network.sentence, "INFO")
            section.prop(self, "own_networks")


def _section(layout: bpy.types.UILayout, title: str, icon: str) -> bpy.types.UILayout:
    """Return a box under a title; Blender's own folding panels need more room than add-ons get here."""
    layout.label(text=title, icon=icon)
    return layout.box().column()


_register, _unregister = bpy.utils.register_classes_factory((RelitPreferences,))


def register() -> None:
    """Register the preferences, and do what they say."""
    _register()
    _allow_networks()


def unregister() -> None:
    """Unregister the preferences."""
    _unregister()
