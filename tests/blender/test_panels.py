"""The panels draw in every state: with a recorder in the place of Blender's layout."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

PANELS = ("RELIT_PT_photos", "RELIT_PT_fit", "RELIT_PT_settings", "RELIT_PT_head")


@pytest.mark.parametrize("name", [*PANELS, "preferences"])
def test_everything_draws_in_a_new_file(draw, name: str) -> None:
    seen = draw(name)
    assert seen.operators or seen.properties


def test_where_the_worker_is_missing_the_panel_explains_itself(draw) -> None:
    seen = draw("RELIT_PT_fit")
    assert "not installed yet" in seen.text and "Click Install" in seen.text
    assert "relit.install" in seen.operators and "relit.fit" not in seen.operators
    assert "extensions.userpref_show_online" in seen.operators, "asks for online access"
    assert "relit.load_head" in draw("RELIT_PT_head").operators, "heads load without the worker"


def test_with_a_worker_there_is_one_big_button(draw, preferences) -> None:
    preferences.python = sys.executable
    assert draw("RELIT_PT_fit").operators == ["relit.fit"]
    assert "installed" in draw("preferences").text


def test_a_running_job_shows_stage_progress_preview_and_cancel(draw, part, head_folder: Path) -> None:
    run = part("operators.jobs.run").run
    job = SimpleNamespace(poll=list, over=False, cancel=lambda: None, close=lambda: None)
    run.start("reconstruct", job, lambda head: True)
    run.stage, run.fraction, run.preview = "Fitting the shape", 0.42, str(head_folder / "photo_0.png")
    seen = draw("RELIT_PT_fit")
    assert "Fitting the shape 42%" in seen.text and seen.pictures == 1
    assert seen.operators == ["relit.cancel"]


def test_a_running_installation_shows_in_tab_and_preferences(draw, part) -> None:
    run = part("operators.jobs.run").run
    run.start("install", SimpleNamespace(poll=list, over=False, close=lambda: None), lambda head: True)
    run.stage, run.fraction = "Installing torch", 0.3
    for name in ("RELIT_PT_fit", "preferences"):
        assert "Installing torch 30%" in draw(name).text


def test_a_problem_is_shown_with_its_hint_and_its_log(draw, part, preferences) -> None:
    preferences.python = sys.executable
    part("operators.jobs.run").run.fail("No face was found.", "Choose another photo.", "/tmp/the.log")
    seen = draw("RELIT_PT_fit")
    assert "No face was found." in seen.text and "Choose another photo." in seen.text
    assert seen.operators == ["relit.fit", "wm.path_open", "relit.dismiss"]
    assert bpy.ops.relit.dismiss() == {"FINISHED"}
    assert "No face was found." not in draw("RELIT_PT_fit").text


def test_a_finished_head_can_be_loaded_again(draw, part, head_folder: Path) -> None:
    part("operators.jobs.run").run.head = str(head_folder)
    try:
        assert draw("RELIT_PT_head").operators == ["relit.load_head", "relit.load_head"]
    finally:
        part("operators.jobs.run").run.head = ""


def test_photos_are_shown(draw, head_folder: Path, tmp_path: Path) -> None:
    settings = bpy.context.scene.relit
    settings.photos.add().path = str(head_folder / "photo_0.png")
    assert draw("RELIT_PT_photos").pictures == 1
    settings.photos.add().path = str(tmp_path / "gone.png")
    settings.active_photo = 1
    seen = draw("RELIT_PT_photos")
    assert seen.pictures == 0 and "gone.png does not exist" in " ".join(seen.text.split())


def test_a_picture_that_changed_is_read_again(part, tmp_path: Path, head_folder: Path) -> None:
    thumbnails = part("panels.thumbnails")
    picture = tmp_path / "preview.png"
    for number in (0, 1):
        picture.write_bytes((head_folder / f"photo_{number}.png").read_bytes())
        os.utime(picture, (number, number))
        thumbnails.icon_of(str(picture))
    kept = [key for key in thumbnails._pictures if key.startswith(str(picture))]
    assert kept == [f"{picture}:1000000000:1"]
    assert thumbnails.icon_of(str(tmp_path / "gone.png")) == 0
