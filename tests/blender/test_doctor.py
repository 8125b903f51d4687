"""The report for a bug report: complete, and without names."""

from __future__ import annotations

import os
import time
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def doctor(part):
    return part("operators.setup.doctor")


def report(doctor) -> str:
    return bpy.data.texts[doctor.TEXT].as_string()


def test_without_a_worker_it_says_what_blender_knows(doctor, part) -> None:
    part("operators.jobs.run").run.fail("No face was found.", "Choose another photo.")
    assert bpy.ops.relit.doctor() == {"FINISHED"}
    text = report(doctor)
    for words in ("Relit 0.", bpy.app.version_string, "GB free", "not installed yet", "No face was found.", "CUDA"):
        assert words in text
    assert "clipboard" in part("operators.jobs.run").run.notice


def test_names_are_left_out(doctor, part, tmp_path: Path) -> None:
    photo = tmp_path / "Ada Lovelace.jpg"
    bpy.context.scene.relit.photos.add().path = str(photo)
    log = part("operators.jobs.worker").log_folder() / "reconstruct-x.log"
    log.write_text(f"Traceback\n{photo} was odd\n{Path.home() / 'secret'}\n")
    doctor.finish("")
    text = report(doctor)
    log.unlink()
    assert "Ada" not in text and "<photo 1> was odd" in text
    assert f"{Path.home()}{os.sep}" not in text and "~" in text


def test_asked_twice_there_is_one_text(doctor) -> None:
    doctor.finish("one")
    doctor.finish("two")
    assert len([text for text in bpy.data.texts if text.name.startswith(doctor.TEXT)]) == 1
    assert "two" in report(doctor) and "one\n" not in report(doctor)


def test_the_worker_tells_what_it_has(doctor, part, preferences) -> None:
    """With the worker of the environment, or, where there is none, one that cannot answer."""
    python = os.environ.get("RELIT_WORKER_PYTHON")
    if not python:
        pytest.skip("RELIT_WORKER_PYTHON names no Python with the worker's libraries")
    preferences.python = python
    run = part("operators.jobs.run").run
    assert bpy.ops.relit.doctor() == {"FINISHED"}
    deadline = time.monotonic() + 60
    while run.pump() is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert run.problem is None, run.problem
    text = report(doctor)
    assert "torch" in text and "weights" in text and "shape model" in text
