"""Renders head folders where the true head stands, as they load into Blender. A bpy Python runs it.

    python -P relighting_scene.py [THREADS]

Speaks as ``truth/scene.py`` does, whose cameras, lights and render settings it uses, so that a fitted head and the
true one differ by the head alone. A job is a JSON object with these names:

``head``
    A head folder; the add-on's own *Load Head* builds it, with the expression of its first photo.
``true_from_head``
    4 x 4 similarity (head frames on both sides, metres) that lays it upon the true head.
``renders``
    As in ``truth/scene.py``, without ``kind``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks import cycles

LOAD_HEAD = cycles.start_blender()

import bpy  # noqa: E402
import mathutils  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks.truth import scene as truth_scene  # noqa: E402


def run(job: dict[str, Any], threads: int) -> None:
    """Load a job's head once and render all its pictures."""
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.relit.add_camera = scene.relit.pack_images = False
    scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(scene.camera)
    loaded = LOAD_HEAD.load(Path(job["head"]), scene)
    turned = truth_scene.BLENDER_FROM_HEAD @ np.array(job["true_from_head"]) @ truth_scene.BLENDER_FROM_HEAD.T
    loaded.object.matrix_world = mathutils.Matrix(turned.tolist())
    truth_scene.set_engine(scene, threads)
    for picture in job["renders"]:
        truth_scene.render(scene, {**picture, "kind": "relit"}, [])


if __name__ == "__main__":
    truth_scene.answer(run)
