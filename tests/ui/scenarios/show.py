"""An artist looks closely and hands the head on: comparison with the photo, provenance, export."""

from __future__ import annotations

from pathlib import Path

import bpy
import common


def scenario(stage):
    """Provenance overlay, export to GLB, textures for Unreal, turntable, comparison with the photo."""
    head = common.load_head(stage)
    shading = stage.area().spaces.active.shading
    common.stay_quick(stage)
    yield from stage.open_tab()
    yield from stage.open_panel("RELIT_PT_provenance")
    yield from stage.click("relit_provenance.show")
    shading.type = "MATERIAL"
    yield 10.0  # until the engine's own shaders are there, there is no depth to draw over
    yield from stage.picture("provenance")
    common.stay_quick(stage)
    yield from stage.click("relit_provenance.show")

    yield from stage.open_panel("RELIT_PT_export")
    yield from stage.click("relit.export(")
    target = Path(stage.order["pictures"], "head.glb")
    target.unlink(missing_ok=True)
    yield from stage.choose_file(target)
    yield 1.0
    assert target.read_bytes()[:4] == b"glTF"
    yield from stage.picture("exported")

    folder = Path(stage.order["pictures"], "textures")
    folder.mkdir(exist_ok=True)
    yield from stage.click("relit.export_textures(textures='UNREAL'")
    yield from stage.choose_file(folder)
    yield from stage.until(lambda: len(list(folder.glob("T_*.png"))) == 6)

    yield from stage.open_panel("RELIT_PT_turntable")
    choice, render = bpy.context.scene.relit_turntable, stage.part("operators.light.renders").render
    choice.frames, choice.size, choice.folder = 2, 64, stage.order["pictures"]
    yield from stage.click("relit.turntable")
    yield from stage.until(lambda: not render.active)
    assert not render.problem and Path(render.out).is_file(), render.problem
    yield from stage.picture("turned")

    yield from stage.open_panel("RELIT_PT_compare")
    yield from stage.click("relit.look_through_photo")
    yield from stage.picture("through_photo")
    bpy.context.scene.relit_compare.size = 400
    yield from stage.click("relit.compare")
    comparison = stage.part("operators.light.comparison").comparison
    yield from stage.until(lambda: comparison.ready)
    yield 1.0
    yield from stage.picture("compared")
    assert head.name in bpy.context.scene.objects
