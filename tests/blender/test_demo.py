"""The demo's half that runs in Blender, on a small head."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_leaves_a_lit_head_and_two_pictures(addon, head_folder: Path, tmp_path: Path) -> None:
    script = ROOT / "benchmarks" / "demo_blender.py"
    command = [sys.executable, "-P", str(script), str(head_folder), str(tmp_path), "48", "4"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    assert done.returncode == 0, done.stdout + done.stderr
    brightness = {}
    for light in ("window", "evening"):
        picture = bpy.data.images.load(str(tmp_path / f"relit_{light}.png"))
        pixels = list(picture.pixels)
        brightness[light] = [sum(pixels[channel::4]) for channel in range(3)]
    assert brightness["window"] != brightness["evening"]
    assert min(brightness["window"]) > 0.05 * 48 * 48
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "head.blend"))
    scene = bpy.context.scene
    assert scene.camera.name.startswith(head_folder.name)  # the one that matches the photo
    assert (scene.render.resolution_x, scene.render.resolution_y) == (240, 320)
    head = next(found for found in scene.objects if found.type == "MESH")
    assert head.data.shape_keys.key_blocks["Photo"].value == 1.0
    shown = {light: not scene.collection.children[f"Light {light}"].hide_render for light in ("window", "evening")}
    assert shown == {"window": True, "evening": False}
