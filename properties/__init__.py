"""What an artist chooses and what a head remembers: kept in the file, so undo changes it. No run state here."""

from __future__ import annotations

from . import (
    compare,
    expression,
    head,
    light,
    paint,
    photos,
    provenance,
    settings,
    shape,
    skin,
    turntable,
)

_modules = (
    photos,
    settings,
    head,
    light,
    turntable,
    compare,
    provenance,
    skin,
    shape,
    expression,
    paint,
)


def register() -> None:
    """Register the property groups and put them on scenes and objects."""
    for module in _modules:
        module.register()


def unregister() -> None:
    """Take the property groups off again."""
    for module in reversed(_modules):
        module.unregister()
