"""What is drawn in the N-panel's tab *Relit*: draw only, operators act."""

from __future__ import annotations

from . import (
    batch,
    compare,
    export,
    expression,
    fit,
    head,
    image_editor,
    light,
    material,
    paint,
    photos,
    provenance,
    rig,
    settings,
    shape,
    skin,
    status_bar,
    thumbnails,
    turntable,
)

_modules = (
    thumbnails,
    photos,
    image_editor,
    fit,
    settings,
    batch,
    head,
    skin,
    shape,
    expression,
    rig,
    paint,
    material,
    light,
    turntable,
    compare,
    provenance,
    export,
    status_bar,
)


def register() -> None:
    """Register the panels, in the order they are drawn in."""
    for module in _modules:
        module.register()


def unregister() -> None:
    """Unregister the panels."""
    for module in reversed(_modules):
        module.unregister()
