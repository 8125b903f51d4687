"""What goes wrong while the window is open: the panel says so, and Blender stays usable."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import bpy
import common


def scenario(stage):
    """One fault after the other; each leaves the panel ready for the next run."""
    run = stage.part("operators.jobs.run").run
    common.stay_quick(stage)
    common.name_worker(stage)
    folder = Path(stage.order["pictures"])
    yield from stage.open_tab()

    common.set_photos(grey_picture(folder / "nobody.png"))
    yield from reconstruct(stage, run)
    assert run.problem is not None and "face" in run.problem.message, run.problem
    yield from stage.picture("nobody")
    yield from stage.click("relit.dismiss")
    assert run.problem is None

    damaged = folder / "damaged.jpg"
    damaged.write_bytes(b"\xff\xd8\xff\xe0 this is no photo")
    common.set_photos(damaged)
    yield from reconstruct(stage, run)
    assert run.problem is not None and "damaged.jpg" in run.problem.message, run.problem
    yield from stage.picture("damaged")

    common.set_photos(common.photo(stage))
    yield from start(stage, run)
    os.kill(run._job.process_id, signal.SIGKILL)
    yield from stage.until(lambda: not run.active)
    assert run.problem is not None and "signal 9" in run.problem.message, run.problem
    yield from stage.picture("killed")

    yield from start(stage, run)
    yield from stage.click("relit.cancel", columns=[-80])
    yield from stage.picture("cancelled")
    yield from stage.until(lambda: not run.active, limit=5)
    assert run.problem is None and "ancelled" in run.notice, (run.problem, run.notice)

    head = common.load_head(stage)
    head.relit_skin.skin_tone = 2.0
    assert stage.part("operators.skin.skin_state").state(head)[1], "maps are on their way"
    yield from start(stage, run)
    bpy.data.objects.remove(head)  # the run replaces it, and its maps have nobody to go to any more
    yield from stage.until(lambda: not run.active)
    assert run.problem is None and len(common.heads()) == 1, (run.problem, common.heads())
    for other in common.heads():
        bpy.data.objects.remove(other)

    bpy.ops.ed.undo_push(message="before the run")
    yield from start(stage, run)
    yield from stage.key("Z", ctrl=True)
    yield 0.5
    assert run.active, "undo must not stop a run"
    autosaved = folder / "meanwhile.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(autosaved))
    assert autosaved.is_file() and run.active

    bpy.ops.wm.read_homefile(app_template="")
    yield 1.0
    assert run.active, "another file must not stop a run"
    yield from stage.open_tab()
    yield from stage.picture("other_file")
    yield from stage.until(lambda: not run.active)
    assert run.problem is None and "another file" in run.notice, (run.problem, run.notice)
    assert not common.heads(), "a head must not appear in a file that did not ask for it"
    yield from stage.picture("ready_elsewhere")

    common.set_photos(common.photo(stage))
    yield from start(stage, run)
    # Blender is closed now, in the middle of the run: the worker must end with it.
    stage.must_end.append(run._job.process_id)


def start(stage, run):
    """Click the button and wait for the first news."""
    yield from stage.click("relit.fit")
    assert run.active, (run.problem, run.notice)
    yield from stage.until(lambda: run.fraction > 0.05 or not run.active)
    assert run.active, (run.problem, run.notice)


def reconstruct(stage, run):
    """Click the button and wait for the end."""
    yield from stage.click("relit.fit")
    yield from stage.until(lambda: not run.active)


def grey_picture(path: Path) -> Path:
    """Write a picture that shows nobody."""
    image = bpy.data.images.new("nobody", 400, 400)
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path
