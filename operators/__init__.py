"""What acts: one operator per file, and the modules that build meshes, materials and cameras.

Nothing is imported before :func:`register`: :mod:`.job` and :mod:`.run` work without Blender too.
"""

from __future__ import annotations

from types import ModuleType


def register() -> None:
    """Register the operators."""
    for module in _modules():
        module.register()


def unregister() -> None:
    """End what is running and unregister the operators."""
    for module in reversed(_modules()):
        module.unregister()


def _modules() -> tuple[ModuleType, ...]:
    from . import (
        batch,
        body,
        cancel,
        compare,
        comparison,
        doctor,
        export,
        expression,
        face_capture,
        fit,
        framing,
        install,
        load_head,
        look,
        moved_heads,
        paint,
        photo_overlay,
        photos,
        pins,
        polling,
        provenance,
        provenance_overlay,
        relight,
        renders,
        rig,
        shape_edit,
        skin_edit,
        skin_live,
        skin_material,
        texture_sets,
        turntable,
        wipe_gizmo,
    )

    return (
        polling,
        moved_heads,
        look,
        photos,
        photo_overlay,
        pins,
        load_head,
        skin_material,
        relight,
        renders,
        turntable,
        comparison,
        compare,
        wipe_gizmo,
        provenance,
        provenance_overlay,
        skin_live,
        skin_edit,
        paint,
        fit,
        batch,
        framing,
        shape_edit,
        expression,
        rig,
        face_capture,
        body,
        cancel,
        install,
        export,
        texture_sets,
        doctor,
    )
