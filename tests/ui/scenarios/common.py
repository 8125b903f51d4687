"""What several scenarios need: the demo photo, a worker, a head that is ready."""

from __future__ import annotations

import os
from pathlib import Path

import bpy


def name_worker(stage) -> None:
    """Point the add-on at the Python that the environment names, on one thread."""
    preferences = stage.part("operators.jobs.worker").preferences()
    preferences.python, preferences.threads, preferences.device = os.environ["RELIT_WORKER_PYTHON"], 1, "cpu"
    preferences.heads = str(Path(stage.order["pictures"], "heads"))


def photo(stage) -> Path:
    """Return the demo's photo: the astronaut Eileen Collins, a picture by NASA in the public domain."""
    return Path(stage.order["photo"])


def stay_quick(stage) -> None:
    """Draw wires: materials take seconds to compile where the processor draws, and are not what is looked at."""
    stage.area().spaces.active.shading.type = "WIREFRAME"


def set_photos(*paths: Path) -> None:
    """Put photos in the list, and choose what takes the least time."""
    settings = bpy.context.scene.relit
    settings.photos.clear()
    for path in paths:
        bpy.ops.relit.add_photos(filepath=str(path))
    settings.quality, settings.map_size = "draft", "512"


def heads() -> list[bpy.types.Object]:
    """Return the heads in the file."""
    return [thing for thing in bpy.data.objects if thing.type == "MESH" and thing.relit.folder]


def load_head(stage) -> bpy.types.Object:
    """Load the head that was made before the window was opened."""
    bpy.ops.relit.load_head(directory=stage.order["head"])
    bpy.ops.ed.undo_push(message="Load Head")  # operators that a timer calls push no step of their own
    return bpy.context.view_layer.objects.active


def head_panels() -> list[str]:
    """Return the panels about a head, from top to bottom."""
    kinds = [getattr(bpy.types, name) for name in dir(bpy.types) if name.startswith("RELIT_PT_")]
    ours = [kind for kind in kinds if getattr(kind, "bl_parent_id", "") == "RELIT_PT_head"]
    return [kind.__name__ for kind in sorted(ours, key=lambda kind: kind.bl_order)]
