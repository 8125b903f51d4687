"""The add-on as Blender sees it: registered, quick to import, within the rules for extensions."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import bpy
import pytest

IMPORT_SECONDS = 0.2
PANELS = ("RELIT_PT_photos", "RELIT_PT_fit", "RELIT_PT_settings", "RELIT_PT_head")
OPERATORS = ("add_photos", "remove_photo", "fit", "cancel", "dismiss", "load_head", "install")


def classes() -> list[str]:
    return [name for name in dir(bpy.types) if name.startswith("RELIT_")]


def test_operators_and_panels_are_registered() -> None:
    assert all(name in dir(bpy.ops.relit) for name in OPERATORS)
    for name in PANELS:
        panel = getattr(bpy.types, name)
        assert (panel.bl_category, panel.bl_region_type) == ("Relit", "UI")


def test_it_unregisters_without_a_trace_and_registers_again(addon) -> None:
    before = classes()
    addon.unregister()
    try:
        assert classes() == [] and not hasattr(bpy.types.Scene, "relit")
    finally:
        addon.register()
    assert classes() == before
    assert bpy.context.scene.relit.quality == "standard"


def test_blender_has_no_complaint_about_the_extension() -> None:
    import addon_utils

    addon_utils._extensions_warnings_get._is_first = True
    assert not [name for name in addon_utils._extensions_warnings_get() if "relit" in name]


def test_nothing_heavy_is_imported() -> None:
    ours = {name.split(".")[0] for name in sys.modules}
    assert not ours & {"torch", "cv2", "scipy", "core", "operators", "panels"} - _imported_by_tests()


def _imported_by_tests() -> set[str]:
    return {"core"}  # the fixture that writes a head folder uses it


def test_import_is_quick(addon, record_property, monkeypatch, tmp_path: Path) -> None:
    """As at every start of Blender but the first one, which compiles."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    name = addon.__name__
    addon.unregister()
    kept = {key: sys.modules.pop(key) for key in list(sys.modules) if key == name or key.startswith(f"{name}.")}
    try:
        for _ in range(2):
            for key in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
                del sys.modules[key]
            started = time.process_time()
            fresh = __import__(name, fromlist=["register"])
            fresh.register()
            seconds = time.process_time() - started
            fresh.unregister()
    finally:
        for key in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[key]
        sys.modules.update(kept)
        addon.register()
    record_property("import_and_register_ms", round(1000 * seconds))
    print(f"import and register: {1000 * seconds:.0f} ms")
    assert seconds < IMPORT_SECONDS


@pytest.mark.parametrize("name", PANELS)
def test_every_class_explains_itself(name: str) -> None:
    assert getattr(bpy.types, name).__doc__
