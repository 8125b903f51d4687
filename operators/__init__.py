"""What acts: one operator per file, in folders by what they act on, and the modules that these build with.

Nothing is imported before :func:`register`: :mod:`.jobs.job` and :mod:`.jobs.run` work without Blender too.
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
    from .export import export, texture_sets
    from .head import body, expression, face_capture, rig, shape_edit
    from .jobs import cancel, polling
    from .light import compare, comparison, relight, renders, turntable, wipe_gizmo
    from .material import skin_material
    from .photos import look, photo_overlay, photos, pins
    from .reconstruct import batch, fit, framing, load_head, moved_heads
    from .setup import doctor, install
    from .skin import paint, provenance, provenance_overlay, skin_edit, skin_live

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
