"""A newcomer: the tab, the missing worker, an existing Python, a photo, the button, the head."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import common


def scenario(stage):
    """From the opened tab to a head in the scene."""
    run = stage.part("operators.jobs.run").run
    yield from stage.open_tab()
    yield from stage.picture("first_sight")
    yield from stage.click("buttons.file_browse", columns=[-49])
    yield from stage.choose_file(Path(os.environ["RELIT_WORKER_PYTHON"]))
    preferences = stage.part("operators.jobs.worker").preferences()
    assert preferences.python == os.environ["RELIT_WORKER_PYTHON"], preferences.python
    common.name_worker(stage)  # and what keeps a test small: one thread, a folder that goes away
    yield from stage.click("relit.add_photos")
    yield from stage.choose_file(common.photo(stage))
    look = stage.part("operators.photos.look")
    yield from stage.until(lambda: look.findings(bpy.context.scene.relit.photos[0]) is not None)
    yield from stage.picture("photo")
    yield from stage.fold("RELIT_PT_settings")
    yield from stage.picture("settings")
    yield from stage.fold("RELIT_PT_settings")
    bpy.context.scene.relit.quality, bpy.context.scene.relit.map_size = "draft", "512"
    yield from stage.click("relit.fit")
    assert run.active, run.problem
    yield from stage.until(lambda: run.preview or not run.active)
    yield from stage.picture("progress")
    yield from stage.until(lambda: not run.active)
    assert run.problem is None, run.problem
    yield 0.5
    yield from stage.picture("head")
    yield from stage.open_panel("RELIT_PT_light")
    yield from stage.click("relit.light(preset='STUDIO'")
    yield from stage.picture("studio")
    yield from stage.click("relit.light(preset='SUNSET'")
    yield from stage.picture("sunset")
    for _ in range(2):
        yield from stage.key("Z", ctrl=True)
        yield 0.3
    head = bpy.context.view_layer.objects.active
    assert head is not None and os.path.isdir(head.relit.folder)
    yield from stage.key("Z", ctrl=True)
    yield 0.5
    assert not [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.relit.folder]
    yield from stage.picture("undone")
    yield from stage.key("Z", ctrl=True, shift=True)
    yield 0.5
    assert [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.relit.folder]
    yield from stage.picture("redone")
