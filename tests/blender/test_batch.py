"""A folder of people in Blender: the request, the list of heads, loading one."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def batch(part):
    module = part("operators.reconstruct.batch")
    yield module
    module.results.folder, module.results.outcomes = None, ()


@pytest.fixture
def people(tmp_path: Path, preferences) -> Path:
    folder = tmp_path / "people"
    (folder / "Ada").mkdir(parents=True)
    for name in ("Ada/1.jpg", "Ada/2.jpg", "Bob.png"):
        (folder / name).write_bytes(b"not read in this test")
    preferences.python = sys.executable
    return folder


@pytest.fixture
def made(part, head_folder: Path, tmp_path: Path) -> Path:
    """The heads of a batch: one head and one failure."""
    report = part("core.batch_report")
    out = tmp_path / "people heads"
    shutil.copytree(head_folder, out / "Ada")
    outcomes = (
        report.Outcome("Ada", report.DONE, "Ada", 2, 12.0),
        report.Outcome("Bob", report.FAILED, "", 1, 0.0, "No face was found in Bob.png.", "Choose another photo."),
    )
    report.write_report(out, outcomes, 2)
    return out


def test_the_request_names_the_folder_and_the_scenes_choices(batch, part, people, monkeypatch) -> None:
    requests = []

    class Recorder:
        over = True

        def __init__(self, name, command, log, request=""):
            requests.append(part("core.protocol").decode_request(request))

        def poll(self):
            return []

        def close(self): ...

    monkeypatch.setattr(batch, "Job", Recorder)
    monkeypatch.setattr(part("operators.jobs.polling"), "watch", lambda: None)
    settings = bpy.context.scene.relit
    settings.quality, settings.map_size = "draft", "512"
    assert bpy.ops.relit.batch(directory=str(people)) == {"FINISHED"}
    (request,) = requests
    assert (request.folder, request.out) == (str(people), f"{people} heads")
    assert (request.settings.quality, request.settings.map_size) == ("draft", 512)
    run = part("operators.jobs.run").run
    assert run.kind == "batch" and run.clock.left() > 5


def test_an_empty_folder_is_told(batch, part, people, tmp_path: Path) -> None:
    (tmp_path / "nobody").mkdir()
    with pytest.raises(RuntimeError, match="There is no photo in"):
        bpy.ops.relit.batch(directory=str(tmp_path / "nobody"))
    assert not part("operators.jobs.run").run.active


def test_without_a_worker_it_is_grey(preferences) -> None:
    preferences.python = ""
    assert not bpy.ops.relit.batch.poll()


def test_what_was_made_is_listed_and_loads(batch, part, made, draw) -> None:
    assert batch.deliver(str(made))
    seen = draw("RELIT_PT_batch")
    assert "Ada" in seen.text and "No face was found in Bob.png." in seen.text
    assert seen.operators.count("relit.load_head") == 1 and "wm.path_open" in seen.operators
    run = part("operators.jobs.run").run
    assert run.notice.startswith("1 new head, 1 failed.") and run.notes == (
        "Bob: No face was found in Bob.png. Choose another photo.",
    )
    assert not bpy.data.objects, "nothing is loaded by itself"
    assert Path(batch.report_page()).is_file()


def test_a_batch_of_the_command_line_is_shown_too(batch, made, tmp_path: Path) -> None:
    assert bpy.ops.relit.batch_results(directory=str(made)) == {"FINISHED"}
    assert [outcome.name for outcome in batch.results.outcomes] == ["Ada", "Bob"]
    with pytest.raises(RuntimeError, match="no report of a batch"):
        bpy.ops.relit.batch_results(directory=str(tmp_path))
    assert batch.results.folder == made


def test_before_the_first_batch_there_is_only_the_button(batch, draw) -> None:
    assert draw("RELIT_PT_batch").operators == ["relit.batch", "relit.batch_results"]


def test_a_worker_without_its_libraries_says_so_once(batch, part, people) -> None:
    """The real worker in Blender's own Python."""
    run = part("operators.jobs.run").run
    batch.start(people, bpy.context.scene)
    deadline = time.monotonic() + 60
    while run.pump() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "No module named" in run.problem.message and batch.results.folder is None
