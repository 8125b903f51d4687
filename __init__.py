"""Relit: from photos of a person to a relightable 3D head. Registration only.

Nothing is imported before :func:`register`, so that tools may import the package without Blender.
"""

from __future__ import annotations


def register() -> None:
    """Register the add-on's classes with Blender."""
    from . import operators, panels, preferences, properties, translations

    for module in (translations, preferences, properties, operators, panels):
        module.register()


def unregister() -> None:
    """End what is running and undo :func:`register`, in the opposite order."""
    from . import operators, panels, preferences, properties, translations

    for module in (panels, operators, properties, preferences, translations):
        module.unregister()
