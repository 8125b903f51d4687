"""Running jobs in Blender: what the buttons allow, and what happens to the artist's scene."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

LIMIT = 30.0


@pytest.fixture
def run(part):
    return part("operators.jobs.run").run


@pytest.fixture
def rehearse(part, tmp_path: Path):
    """Start a rehearsal in a worker that this Blender's own Python runs: it needs no libraries."""

    def start(seconds: float = 20.0, head: str = "", mishap: str = "", deliver=None):
        job, protocol = part("operators.jobs.job"), part("core.protocol")
        log = tmp_path / "worker.log"
        request = protocol.Rehearse("r", seconds, head, mishap, str(log))
        running = job.Job("r", job.worker_command(Path(sys.executable)), log, protocol.encode(request))
        here = destination(part)
        part("operators.jobs.run").run.start(
            "reconstruct", running, deliver or (lambda folder: part("operators.reconstruct.fit").deliver(folder, here))
        )
        return running

    return start


@pytest.fixture
def with_photo(tmp_path: Path, preferences):
    """One photo in the list and a Python that can run the worker."""
    photo = tmp_path / "me.jpg"
    photo.write_bytes(b"not read in this test")
    bpy.context.scene.relit.photos.add().path = str(photo)
    preferences.python = sys.executable
    preferences.heads = str(tmp_path / "heads")
    return photo


def destination(part, scene: bpy.types.Scene | None = None):
    """Where a new head goes: into a scene, the current one by default."""
    return part("operators.reconstruct.fit").Destination((scene or bpy.context.scene).session_uid)


def pump_to_the_end(run) -> None:
    deadline = time.monotonic() + LIMIT
    while run.pump() is not None:
        assert time.monotonic() < deadline, (run.stage, run.problem)
        time.sleep(0.02)


def why_fit_is_grey() -> str:
    assert not bpy.ops.relit.fit.poll()
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.relit.fit()
    return str(caught.value)


def test_without_a_photo_the_button_says_so(preferences) -> None:
    preferences.python = sys.executable
    assert "Add at least one photo" in why_fit_is_grey()


def test_without_a_worker_the_button_and_the_panel_say_so(with_photo, preferences, part) -> None:
    preferences.python = ""
    assert "not installed yet" in why_fit_is_grey()
    message, hint = part("operators.jobs.worker").missing_worker_sentences()
    assert message.endswith(".") and hint.startswith("Click Install")


def test_a_python_that_is_not_there_is_named(with_photo, preferences, tmp_path: Path) -> None:
    preferences.python = str(tmp_path / "gone")
    assert f"There is no Python at {tmp_path / 'gone'}" in why_fit_is_grey()


def test_a_half_made_environment_does_not_count(part, preferences, tmp_path: Path) -> None:
    worker = part("operators.jobs.worker")
    preferences.environment = str(tmp_path)
    python = worker.python_of(tmp_path)
    python.parent.mkdir()
    python.touch()
    assert worker.worker_python() is None
    (tmp_path / worker.MARKER).write_text('{"complete": false, "installed": {}}')
    assert worker.worker_python() is None
    (tmp_path / worker.MARKER).write_text('{"complete": true, "installed": {"worker": "an older hash"}}')
    assert worker.worker_python() is None and "another version" in worker.missing_worker_sentences()[0]
    marker = {"complete": True, "installed": {"worker": worker._wanted()}}
    (tmp_path / worker.MARKER).write_text(json.dumps(marker))
    assert worker.worker_python() == python


def test_the_installers_marker_is_the_one_that_is_looked_for(part, tmp_path: Path, preferences) -> None:
    import vendor_install

    worker = part("operators.jobs.worker")
    preferences.environment = str(tmp_path)
    assert worker.python_of(tmp_path) == vendor_install.python_in(tmp_path)
    worker.python_of(tmp_path).parent.mkdir()
    worker.python_of(tmp_path).touch()
    vendor_install.write_marker(tmp_path, True, {"worker": vendor_install.digest("worker")})
    assert worker.worker_python() == worker.python_of(tmp_path)


def test_a_second_click_is_refused(with_photo, rehearse, run) -> None:
    rehearse()
    assert "Another job is running" in why_fit_is_grey()
    assert not bpy.ops.relit.install.poll()
    assert run.active and run.problem is None


def test_the_head_of_a_run_is_one_undo_step(rehearse, run, part, head_folder: Path, tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="the artist's last step")
    here = destination(part)
    rehearse(
        0.1,
        head=str(tmp_path / "unused"),
        deliver=lambda folder: part("operators.reconstruct.fit").deliver(str(head_folder), here),
    )
    pump_to_the_end(run)
    after = sorted(bpy.data.objects.keys())
    assert run.problem is None and "sample" in after
    bpy.ops.ed.undo()
    assert bpy.data.objects.keys() == ["Cube"] and "sample" not in bpy.data.collections
    bpy.ops.ed.redo()
    assert sorted(bpy.data.objects.keys()) == after
    assert len(bpy.data.objects["sample"].data.shape_keys.key_blocks) > 52


def test_undo_while_a_job_runs_does_not_touch_it(rehearse, run, with_photo) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="cube")
    rehearse()
    bpy.ops.ed.undo()
    assert run.active and run.pump() is not None
    assert "Another job is running" in why_fit_is_grey()
    bpy.ops.relit.cancel()
    pump_to_the_end(run)
    assert bpy.ops.relit.fit.poll()


def test_nothing_appears_while_the_artist_edits_a_mesh(rehearse, run, part, head_folder: Path, tmp_path) -> None:
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.object.mode_set(mode="EDIT")
    here = destination(part)
    rehearse(
        0.1,
        head=str(tmp_path / "unused"),
        deliver=lambda folder: part("operators.reconstruct.fit").deliver(str(head_folder), here),
    )
    deadline = time.monotonic() + LIMIT
    while not (run.waiting and run._job.over) and time.monotonic() < deadline:
        assert run.pump() is not None
    assert run.pump() is not None and "sample" not in bpy.data.objects
    bpy.ops.object.mode_set(mode="OBJECT")
    pump_to_the_end(run)
    assert "sample" in bpy.data.objects and run.problem is None


def test_opening_another_file_keeps_the_job_but_not_its_objects(
    rehearse, run, part, head_folder: Path, tmp_path: Path
) -> None:
    here = destination(part)
    rehearse(
        0.5,
        head=str(tmp_path / "unused"),
        deliver=lambda folder: part("operators.reconstruct.fit").deliver(str(head_folder), here),
    )
    part("operators.jobs.polling").watch()
    bpy.ops.wm.read_homefile(use_empty=True)
    tick = part("operators.jobs.polling")._tick
    assert run.active and bpy.app.timers.is_registered(tick), "the timer outlives the file"
    bpy.app.timers.unregister(tick)
    pump_to_the_end(run)
    assert not bpy.data.objects and run.problem is None
    assert str(head_folder) in run.notice and "click Load Head" in run.notice


def test_a_deleted_scene_is_no_obstacle(rehearse, run, part, head_folder: Path, tmp_path: Path) -> None:
    other = bpy.data.scenes.new("Other")
    there = destination(part, other)
    rehearse(
        0.1,
        head=str(tmp_path / "unused"),
        deliver=lambda folder: part("operators.reconstruct.fit").deliver(str(head_folder), there),
    )
    bpy.data.scenes.remove(other)
    pump_to_the_end(run)
    assert "sample" in bpy.context.scene.objects


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_worker_costs_the_artist_nothing(rehearse, run) -> None:
    bpy.ops.mesh.primitive_cube_add()
    job = rehearse()
    while run.fraction == 0:
        run.pump()
    os.kill(job.process_id, signal.SIGKILL)
    pump_to_the_end(run)
    assert "was killed" in run.problem.message and run.problem.hint
    assert [item.name for item in bpy.data.objects] == ["Cube"]


def test_cancel_in_the_middle_leaves_nothing(rehearse, run, tmp_path: Path) -> None:
    job = rehearse(head=str(tmp_path / "head"))
    while run.fraction == 0:
        run.pump()
    assert bpy.ops.relit.cancel() == {"FINISHED"}
    assert not bpy.ops.relit.cancel.poll(), "a second cancel says that it is being cancelled"
    pump_to_the_end(run)
    assert run.problem is None and run.notice.startswith("Cancelled")
    assert not (tmp_path / "head").exists() and not bpy.data.objects
    with pytest.raises(ProcessLookupError):
        os.kill(job.process_id, 0)


def test_unregistering_ends_the_job_and_the_timer(addon, rehearse, part) -> None:
    job = rehearse()
    polling = part("operators.jobs.polling")
    polling.watch()
    addon.unregister()
    try:
        assert not bpy.app.timers.is_registered(polling._tick)
        with pytest.raises(ProcessLookupError):
            os.kill(job.process_id, 0)
    finally:
        addon.register()


@pytest.fixture
def recorded_jobs(part, monkeypatch):
    """Record what would be started instead of starting it."""
    started = []

    class Recorder:
        over = True

        def __init__(self, name, command, log, request=""):
            started.append(SimpleNamespace(name=name, command=command, log=log, request=request))

        def poll(self):
            return []

        def cancel(self): ...

        def close(self): ...

    for module in ("operators.reconstruct.fit", "operators.setup.install"):
        monkeypatch.setattr(part(module), "Job", Recorder)
        monkeypatch.setattr(part("operators.jobs.polling"), "watch", lambda: None)
    return started


def test_the_request_says_what_the_artist_chose(with_photo, preferences, recorded_jobs, part, tmp_path) -> None:
    settings = bpy.context.scene.relit
    settings.quality, settings.map_size, settings.seed = "draft", "512", 7
    settings.photos.add().path, settings.photos[1].use = str(tmp_path / "gone.jpg"), False
    settings.photos[0].face = 2
    pin = settings.photos[0].pins.add()
    pin.landmark, pin.place = 33, (12.0, 34.0)
    preferences.device, preferences.threads = "cpu", 3
    assert bpy.ops.relit.fit() == {"FINISHED"}
    (job,) = recorded_jobs
    request = part("core.protocol").decode_request(job.request)
    chosen = part("core.settings").FitSettings("draft", 512, "cpu", 7, 3)
    assert (request.photos, request.settings) == ((str(with_photo),), chosen)
    assert request.faces == (1,) and [list(pin) for pin in request.pins[0]] == [[33, 12.0, 34.0]]
    assert job.command == [sys.executable, "-s", "-m", "core.worker"]
    assert Path(request.out).parent == tmp_path / "heads" and Path(request.out).name.startswith("me-")
    assert request.log == str(job.log)


def test_heads_lie_beside_a_saved_file(with_photo, recorded_jobs, part, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.relit.fit()
    request = part("core.protocol").decode_request(recorded_jobs[0].request)
    assert Path(request.out).parent == tmp_path / "relit_heads"


def test_a_disk_that_is_nearly_full_is_told_before_anything_runs(with_photo, recorded_jobs, part, monkeypatch) -> None:
    monkeypatch.setattr(part("operators.reconstruct.fit").vendor_install, "free_space", lambda folder: 20e6)
    with pytest.raises(RuntimeError, match="has 20 MB left"):
        bpy.ops.relit.fit()
    assert not recorded_jobs


def test_a_photo_that_is_gone_is_named(with_photo, run) -> None:
    with_photo.unlink()
    with pytest.raises(RuntimeError, match=r"me\.jpg does not exist"):
        bpy.ops.relit.fit()
    assert run.problem.hint.startswith("Remove it") and not run.active


def test_a_python_that_cannot_run_is_told_in_one_sentence(with_photo, preferences, run, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("no program")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    preferences.python = str(broken)
    with pytest.raises(RuntimeError, match="could not be started"):
        bpy.ops.relit.fit()
    assert run.problem.hint and not run.active


def test_photos_are_added_once_and_removed(tmp_path: Path) -> None:
    names = ["one.jpg", "two.png"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    files = [{"name": name} for name in names]
    for _ in range(2):
        bpy.ops.relit.add_photos(directory=str(tmp_path), files=files)
    photos = bpy.context.scene.relit.photos
    assert [Path(photo.path).name for photo in photos] == names
    bpy.context.scene.relit.active_photo = 0
    bpy.ops.relit.remove_photo()
    assert [Path(photo.path).name for photo in photos] == ["two.png"]
    bpy.ops.relit.remove_photo()
    assert not bpy.ops.relit.remove_photo.poll()


def test_choices_survive_saving(with_photo, tmp_path: Path) -> None:
    bpy.context.scene.relit.quality = "best"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.context.scene.relit.quality == "best"
    assert bpy.context.scene.relit.photos[0].path == str(with_photo)


def test_old_logs_go(part, tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / f"{number}.log"
        path.touch()
        os.utime(path, (number, number))
    part("operators.reconstruct.fit").remove_old_logs(tmp_path, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4.log", "5.log"]
