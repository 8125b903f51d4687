"""An artist looks closely and hands the head on: comparison with the photo, provenance, export."""

from __future__ import annotations

from pathlib import Path

import bpy
import common


def scenario(stage):
    """Provenance overlay, export to GLB, comparison with the photo."""
    head = common.load_head(stage)
    yield from stage.open_tab()
    yield from stage.open_panel("RELIT_PT_provenance")
    yield from stage.click("relit_provenance.show")
    yield from stage.picture("provenance")
    yield from stage.click("relit_provenance.show")

    yield from stage.open_panel("RELIT_PT_export")
    yield from stage.click("relit.export(")
    target = Path(stage.order["pictures"], "head.glb")
    target.unlink(missing_ok=True)
    yield from stage.choose_file(target)
    yield 1.0
    assert target.read_bytes()[:4] == b"glTF"
    yield from stage.picture("exported")

    yield from stage.open_panel("RELIT_PT_compare")
    yield from stage.click("relit.look_through_photo")
    yield from stage.picture("through_photo")
    bpy.context.scene.relit_compare.size = 256
    yield from stage.click("relit.compare")
    comparison = stage.part("operators.light.comparison").comparison
    yield from stage.until(lambda: comparison.ready)
    yield 1.0
    yield from stage.picture("compared")
    assert head.name in bpy.context.scene.objects
