"""What acts: one operator per file, and the modules that build meshes, materials and cameras."""

from __future__ import annotations

from . import cancel, fit, install, load_head, photos, polling

_modules = (polling, photos, load_head, fit, cancel, install)


def register() -> None:
    """Register the operators."""
    for module in _modules:
        module.register()


def unregister() -> None:
    """End what is running and unregister the operators."""
    for module in reversed(_modules):
        module.unregister()
