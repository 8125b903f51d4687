"""The main job inside Blender, with nothing replaced: a photo, the button, a head in the scene."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 300.0


@pytest.fixture
def worker_python() -> str:
    """A Python that has the worker's libraries: $RELIT_WORKER_PYTHON, or the one vendor_install.py made."""
    inside = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    python = Path(os.environ.get("RELIT_WORKER_PYTHON", ROOT / ".environments" / "worker" / inside))
    if not python.is_file():
        pytest.skip(f"no worker: {python} does not exist and RELIT_WORKER_PYTHON names no Python")
    return str(python)


@pytest.mark.slow
def test_a_photo_becomes_a_head_in_the_scene(
    worker_python: str, shared: Path, part, preferences, tmp_path: Path, record_property
) -> None:
    run, settings = part("operators.jobs.run").run, bpy.context.scene.relit
    preferences.python, preferences.device, preferences.threads = worker_python, "cpu", 1
    preferences.heads = str(tmp_path)
    bpy.ops.relit.add_photos(filepath=str(shared / "photos" / "lisa" / "lisa1.jpg"))
    settings.quality, settings.map_size = "draft", "512"
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.relit.fit() == {"FINISHED"}
    stages, started = [], time.monotonic()
    while run.pump() is not None:
        stages += [run.stage] if run.stage not in stages else []
        assert time.monotonic() - started < LIMIT, run.stage
        time.sleep(0.05)
    record_property("seconds", round(time.monotonic() - started))
    assert run.problem is None, run.problem
    assert len(stages) >= 5 and run.preview.endswith("preview.png")
    head = bpy.context.view_layer.objects.active
    assert head.name.startswith("lisa1-") and Path(run.head).parent == tmp_path
    assert_the_head_lies_on_its_photo(head)
    assert_the_skin_follows_its_sliders(part, head)
    bpy.ops.ed.undo()
    assert not bpy.data.objects


def assert_the_skin_follows_its_sliders(part, head: bpy.types.Object) -> None:
    """Three steps darker, and back again to the same pixels; a draft has a code too."""
    live, maps, state = (part(f"operators.skin.skin_{name}") for name in ("live", "maps", "state"))
    before = maps.read(maps.images_of(head)["diffuse_albedo"]).astype(int)
    seen = []
    for tone in (3.0, 0.0):
        head.relit_skin.skin_tone = tone
        for ask in (lambda: None, live.ask_full_size):
            ask()
            started = time.monotonic()
            while live.session.busy:
                live.session.pump()
                assert time.monotonic() - started < LIMIT
                time.sleep(0.01)
        assert state.state(head) == (None, False)
        seen.append(maps.read(maps.images_of(head)["diffuse_albedo"]).astype(int))
    assert (before - seen[0])[..., :3].mean() > 15 and np.abs(before - seen[1]).max() == 0


def assert_the_head_lies_on_its_photo(head: bpy.types.Object) -> None:
    """The middle of the eyes is where the photo has it: seen in the photo's upper half, near its middle."""
    scene = bpy.context.scene
    bpy.context.view_layer.update()
    seen = np.array(world_to_camera_view(scene, scene.camera, Vector((0.0, 0.0, 0.0))))
    assert 0.35 < seen[0] < 0.65 and 0.4 < seen[1] < 0.75 and seen[2] > 0.2
    assert scene.camera.data.background_images[0].image.size[0] == scene.render.resolution_x
