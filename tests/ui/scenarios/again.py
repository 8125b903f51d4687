"""One reconstruction after the other in one Blender, which must not grow; autosave must not wait for a run.

``--set runs=10`` for a long look.
"""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import common

GROWTH_MB = 60
"""Megabytes that one more head in place of the former may cost; a leaked set of its maps is 30 and more."""


def scenario(stage):
    """Click the button again and again; the head is replaced each time."""
    run = stage.part("operators.jobs.run").run
    common.stay_quick(stage)
    common.name_worker(stage)
    common.set_photos(common.photo(stage))
    bpy.context.scene.relit.when_done = "REPLACE"
    bpy.context.preferences.edit.undo_steps = 4
    files = bpy.context.preferences.filepaths
    files.use_auto_save_temporary_files, files.auto_save_time = True, 1
    yield from stage.open_tab()
    sizes = [memory()]
    for _ in range(int(stage.arguments.get("runs", 3))):
        yield from stage.click("relit.fit")
        assert run.active, (run.problem, run.notice)
        yield from stage.until(lambda: not run.active)
        assert run.problem is None, run.problem
        yield 0.5
        sizes.append(memory())
    yield from stage.picture("again")
    stage.notes["memory_mb"] = sizes
    saved = Path(bpy.app.tempdir).parent.glob(f"*{os.getpid()}*autosave.blend")
    stage.notes["autosaved"] = len(list(saved))  # none where all runs took less than a minute
    stage.notes["heads"] = len(common.heads())
    growth = (sizes[-1] - sizes[2]) / max(len(sizes) - 3, 1)
    assert growth < GROWTH_MB, f"Blender grew by {growth:.0f} MB a head: {sizes}"


def memory() -> int:
    """Return the megabytes that Blender holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000
