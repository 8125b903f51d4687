"""What an artist does while something runs, and what becomes of heads whose files have moved."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

LIMIT = 60.0


@pytest.fixture
def run(part):
    return part("operators.jobs.run").run


@pytest.fixture
def own_head(head_folder: Path, tmp_path: Path) -> Path:
    """A head folder that the test may move or remove."""
    return Path(shutil.copytree(head_folder, tmp_path / "heads" / "ada"))


@pytest.fixture
def running(part, run, own_head, tmp_path: Path):
    """A rehearsal whose head is one that exists, on its way to the current scene; returns its job."""
    job, protocol, fit = part("operators.jobs.job"), part("core.protocol"), part("operators.reconstruct.fit")
    log = tmp_path / "worker.log"
    command = job.worker_command(Path(sys.executable))
    started = job.Job("r", command, log, protocol.encode(protocol.Rehearse("r", 0.3, str(tmp_path / "x"), "", "")))
    destination = fit.Destination.of(bpy.context, ())
    run.start("reconstruct", started, lambda _: fit.deliver(str(own_head), destination))
    return started


def to_the_end(run) -> None:
    deadline = time.monotonic() + LIMIT
    while run.pump() is not None:
        assert time.monotonic() < deadline, (run.stage, run.problem)
        time.sleep(0.02)


def head_panels() -> list[str]:
    return [name for name in dir(bpy.types) if name.startswith("RELIT_PT_")]


def draw_all(draw) -> None:
    for name in head_panels():
        panel = getattr(bpy.types, name)
        if panel.bl_space_type == "VIEW_3D" and (not hasattr(panel, "poll") or panel.poll(bpy.context)):
            draw(name)


def test_saving_while_something_runs_changes_nothing(running, run, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "one.blend"))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "two.blend"))
    assert run.active
    to_the_end(run)
    assert run.problem is None and "ada" in bpy.data.objects


def test_the_head_comes_into_the_scene_it_was_asked_from(running, run) -> None:
    asked, other = bpy.context.scene, bpy.data.scenes.new("Other")
    bpy.context.window_manager.windows[0].scene = other
    to_the_end(run)
    assert "ada" in asked.objects and "ada" not in other.objects
    assert run.problem is None


def test_a_scene_that_got_another_name_is_still_the_one(running, run) -> None:
    asked = bpy.context.scene
    asked.name = "Renamed"
    bpy.data.scenes.new("Scene")
    to_the_end(run)
    assert "ada" in asked.objects


def test_deleting_everything_while_it_runs_is_no_obstacle(running, run) -> None:
    for other in list(bpy.data.objects):
        bpy.data.objects.remove(other)
    bpy.ops.outliner.orphans_purge(do_recursive=True)
    to_the_end(run)
    assert "ada" in bpy.data.objects


def test_undo_and_redo_while_it_runs_do_not_touch_it(running, run) -> None:
    bpy.ops.ed.undo_push(message="one")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="two")
    bpy.ops.ed.undo()
    bpy.ops.ed.redo()
    to_the_end(run)
    assert {"ada", "Cube"} <= set(bpy.data.objects.keys())


def test_a_head_folder_that_is_gone_when_it_is_wanted_is_a_sentence(running, run, own_head) -> None:
    shutil.rmtree(own_head)
    to_the_end(run)
    assert "ada" in run.problem.message and run.problem.hint and not run.active


def test_a_full_disk_is_told_and_leaves_nothing(part, run, tmp_path: Path) -> None:
    """The worker's own sentence for it, as it comes through the seam."""
    head, protocol = part("core.head"), part("core.protocol")
    with pytest.raises(part("core.errors").FitError) as caught, head.new_head_folder(tmp_path / "out" / "ada"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "out" / "x"))
    told = protocol.Failed("r", caught.value.message, caught.value.hint)
    messages = [[told], []]
    job = SimpleNamespace(poll=lambda: messages.pop(0), over=True, close=lambda: None)
    run.start("reconstruct", job, lambda head: True)
    run.pump()
    assert "disk is full" in run.problem.message and run.problem.hint.startswith("Free some space")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("pack", [True, False])
def test_maps_are_found_after_saving_in_another_folder(part, own_head, tmp_path: Path, pack: bool) -> None:
    bpy.context.scene.relit.pack_images = pack
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "deep").mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a" / "one.blend"))
    part("operators.reconstruct.load_head").load(own_head, bpy.context.scene)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "b" / "deep" / "two.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "b" / "deep" / "two.blend"))
    maps = [image for image in bpy.data.images if Path(image.filepath).name == "diffuse_albedo.png"]
    assert maps and all(image.packed_file or Path(bpy.path.abspath(image.filepath)).is_file() for image in maps)
    assert os.path.isdir(bpy.path.abspath(bpy.data.objects["ada"].relit.folder))


def test_a_project_that_was_moved_finds_its_heads_again(part, head_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    folder = shutil.copytree(head_folder, tmp_path / "old" / "relit_heads" / "ada")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old" / "scene.blend"))
    part("operators.reconstruct.load_head").load(Path(folder), bpy.context.scene)
    bpy.ops.wm.save_mainfile()
    (tmp_path / "old").rename(tmp_path / "new")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "new" / "scene.blend"))
    assert bpy.data.objects["ada"].relit.folder == str(tmp_path / "new" / "relit_heads" / "ada")


def test_without_its_folder_a_head_still_draws_and_can_be_replaced(part, own_head, head_folder, draw, run) -> None:
    head = part("operators.reconstruct.load_head").load(own_head, bpy.context.scene).object
    shutil.rmtree(own_head)
    draw_all(draw)
    fit = part("operators.reconstruct.fit")
    assert fit.deliver(str(head_folder), fit.Destination(bpy.context.scene.session_uid, head.session_uid))
    assert run.problem is None and head.relit.folder == str(head_folder)


@pytest.fixture
def linked(part, own_head, tmp_path: Path) -> bpy.types.Object:
    """A head that is linked from another file."""
    part("operators.reconstruct.load_head").load(own_head, bpy.context.scene)
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (_, target):
        target.objects = ["ada"]
    head = target.objects[0]
    bpy.context.scene.collection.objects.link(head)
    bpy.context.view_layer.objects.active = head
    return head


def test_a_linked_head_draws_everywhere(linked, draw, preferences) -> None:
    preferences.python = sys.executable
    draw_all(draw)


def test_a_linked_head_is_not_replaced_but_left_alone(linked, part, head_folder: Path, run) -> None:
    fit = part("operators.reconstruct.fit")
    destination = fit.Destination(bpy.context.scene.session_uid, linked.session_uid)
    assert fit.deliver(str(head_folder), destination)
    assert linked.relit.folder != str(head_folder) and "sample" in bpy.data.objects
    assert "was added" in run.notice


def test_every_button_survives_a_linked_head(linked) -> None:
    """Whatever is not grey must end in a report, never in a traceback."""
    for name in dir(bpy.ops.relit):
        assert getattr(bpy.ops.relit, name).poll() in {True, False}, name


def test_a_head_that_was_deleted_by_hand_is_nobody(part, own_head, draw) -> None:
    head = part("operators.reconstruct.load_head").load(own_head, bpy.context.scene).object
    bpy.data.meshes.remove(head.data)
    draw_all(draw)
    assert part("operators.head.active_head").active_head(bpy.context) is None
