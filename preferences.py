"""Where the worker lives and what it may use: the same for every file of the artist."""

from __future__ import annotations

import os

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty


def _allow_networks(preferences: object = None, context: object = None) -> None:
    """Tell the workers that are started from now on whether they may use the networks of others."""
    from .operators.own_networks import VARIABLE

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
        from .operators import own_networks
        from .panels import install
        from .panels.layout import draw_text
        from .panels.progress import draw_outcome

        layout = self.layout
        layout.use_property_split = True
        header, body = layout.panel("RELIT_worker")
        header.label(text="Worker")
        if body:
            install.draw(body)
            draw_outcome(body)
            install.draw_existing(body)
            row = body.row()
            row.active = not self.python
            row.prop(self, "environment")
            body.operator("relit.doctor", icon="HELP")
        header, body = layout.panel("RELIT_computing")
        header.label(text="Computing")
        if body:
            body.prop(self, "device")
            body.prop(self, "threads")
        header, body = layout.panel("RELIT_files")
        header.label(text="Files")
        if body:
            body.prop(self, "heads")
        found = own_networks.found()
        if found:
            header, body = layout.panel("RELIT_networks", default_closed=True)
            header.label(text="Other Face Networks")
            if body:
                for network in found:
                    draw_text(body, network.sentence, "INFO")
                body.prop(self, "own_networks")


_register, _unregister = bpy.utils.register_classes_factory((RelitPreferences,))


def register() -> None:
    """Register the preferences, and do what they say."""
    _register()
    _allow_networks()


def unregister() -> None:
    """Unregister the preferences."""
    _unregister()
