"""Renders a head under the light presets in both engines, as an artist gets it. A bpy Python runs it.

    python -P engines_scene.py ORDER.json

The order has ``head``, ``lights``, ``size``, ``cycles_samples``, ``eevee_samples`` and ``out``, a folder for
``LIGHT_cycles.png`` and ``LIGHT_eevee.png``: the neutral head from three quarters, view transform Standard, without
background.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import cycles

LOAD_HEAD = cycles.start_blender()

import bpy  # noqa: E402


def main(order: dict) -> None:
    for light in order["lights"]:
        for engine in ("cycles", "eevee"):
            out = Path(order["out"], f"{light}_{engine}.png")
            if not out.is_file():
                picture(order, light, engine, out)
                print(f"wrote {out}", flush=True)


def picture(order: dict, light: str, engine: str, out: Path) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    loaded = LOAD_HEAD.load(Path(order["head"]), scene)
    loaded.object.data.shape_keys.key_blocks["Photo"].value = 0.0
    bpy.ops.relit.light(preset=light)
    scene.camera = cycles._portrait_camera("three_quarter")
    scene.render.resolution_x = scene.render.resolution_y = order["size"]
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    if engine == "cycles":
        scene.render.engine = "CYCLES"
        scene.cycles.samples, scene.cycles.use_denoising = order["cycles_samples"], True
    else:
        scene.render.engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
        scene.eevee.taa_render_samples = order["eevee_samples"]
        bpy.ops.relit.match_cycles()
    scene.render.filepath = str(out)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.stdout.flush()
    os._exit(0)  # Blender's exit handlers may crash outside of Blender
