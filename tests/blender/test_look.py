"""What was seen in the photos: asked in the background, kept with each photo, asked again when something changes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest


@pytest.fixture
def asked(part, monkeypatch, preferences) -> list:
    """What the worker was asked; a worker seems to be installed."""
    preferences.python = sys.executable
    questions: list = []
    monkeypatch.setattr(part("operators.photos.look").session, "ask", lambda *question: questions.append(question))
    return questions


def answer(question: tuple, photos: list[dict]) -> None:
    question[1](SimpleNamespace(photos=tuple(photos)))


def test_adding_photos_asks_about_all_and_the_answer_is_kept(part, asked, files, told, photos) -> None:
    look = part("operators.photos.look")
    part("operators.photos.photos").add(bpy.context.scene, files[:2])
    assert len(asked) == 1
    request = asked[0][0]
    assert request.photos == (str(files[0]), str(files[1])) and request.faces == (None, None)
    assert look.findings(photos[0]) is None
    answer(asked[0], [told(files[0], warnings=["The face is blurred."]), told(files[1], focal_35mm=50.0)])
    found = look.findings(photos[0])
    assert found.points.shape == (478, 2) and found.warnings == ("The face is blurred.",) and found.problem == ""
    assert look.findings(photos[1]).focal_35mm == 50.0 and look.face_of(photos[1]) == 0


def test_findings_travel_with_the_file(part, photos, listed, see, tmp_path) -> None:
    see(photos[0])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert part("operators.photos.look").findings(bpy.context.scene.relit.photos[0]).size == (8, 6)


def test_a_changed_file_and_another_face_make_findings_stale(as_png, part, photos, listed, see) -> None:
    look = part("operators.photos.look")
    see(photos[0])
    listed[0].write_bytes(as_png(np.zeros((6, 9, 3), np.uint8)))
    os.utime(listed[0], (5, 5))
    assert look.findings(photos[0]) is None
    see(photos[1])
    photos[1].face = 2
    assert look.findings(photos[1]) is None and look.face_of(photos[1]) == 1


def test_a_late_answer_about_another_file_is_dropped(part, asked, files, told, as_png, photos) -> None:
    part("operators.photos.photos").add(bpy.context.scene, files[:1])
    files[0].write_bytes(as_png(np.zeros((6, 10, 3), np.uint8)))
    os.utime(files[0], (5, 5))
    answer(asked[0], [told(files[0])])
    assert photos[0].findings == ""


def test_an_answer_after_the_photos_are_gone_does_no_harm(part, asked, files, told) -> None:
    part("operators.photos.photos").add(bpy.context.scene, files)
    bpy.ops.relit.clear_photos()
    answer(asked[0], [told(path) for path in files])
    scene = bpy.context.scene
    scene.name = "renamed"
    answer(asked[0], [told(path) for path in files])
    assert len(scene.relit.photos) == 0


def test_use_and_face_ask_again(asked, photos, listed) -> None:
    before = len(asked)
    photos[0].use = False
    photos[1].face = 2
    assert [question[0].faces for question in asked[before:]] == [(None, None), (1, None)]


def test_undo_asks_where_nobody_has_looked(part, asked, photos, listed, see) -> None:
    look, before = part("operators.photos.look"), len(asked)
    for photo in photos:
        see(photo)
    look.ask_for_missing(bpy.context.scene)
    assert len(asked) == before
    photos[2].stamp = ""
    look.ask_for_missing(bpy.context.scene)
    assert len(asked) == before + 1


def test_without_a_worker_nothing_is_asked_and_the_panel_draws(part, photos, listed, draw) -> None:
    assert not part("operators.jobs.session").session.busy
    assert "relit.look" not in draw("RELIT_PT_photos").operators and not bpy.ops.relit.look.poll()


def test_a_problem_of_the_worker_is_shown(part, asked, files, draw, photos) -> None:
    part("operators.photos.photos").add(bpy.context.scene, files[:1])
    asked[0][2](part("operators.jobs.run").Problem("The worker ended before it was done.", "Try again."))
    seen = draw("RELIT_PT_photos")
    assert "The worker ended before it was done." in " ".join(seen.text.split()) and "relit.look" in seen.operators
    part("operators.photos.look").state.problem = None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"size": 1}', json.dumps({"size": [1, 2]})])
def test_findings_of_another_version_are_none(part, photos, listed, text: str) -> None:
    look = part("operators.photos.look")
    photos[0].findings, photos[0].stamp = text, look._stamp(photos[0])
    assert look.findings(photos[0]) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_files_are_shown_upright(as_png, part, tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((3, 4), np.uint8)
    upright[0, 0], upright[0, 3], upright[2, 0], upright[2, 3] = 255, 200, 100, 50
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    path = tmp_path / "turned.png"
    path.write_bytes(as_png(np.repeat(np.ascontiguousarray(stored)[..., None], 3, axis=2)))
    image = part("operators.photos.upright").image_of(str(path), orientation)
    assert tuple(image.size) == (4, 3)
    shown = np.array(image.pixels[:]).reshape(3, 4, 4)[::-1, :, 0]
    assert np.allclose(shown * 255, upright, atol=0.6)
    rows = part("panels.thumbnails")._upright([list(row) for row in stored[::-1].tolist()], orientation)
    assert np.array_equal(np.array(rows)[::-1], upright)
    again = part("operators.photos.upright").image_of(str(path), orientation)
    assert again == image, "one copy is enough"


def test_the_overlay_never_raises(part, photos, listed, see, capsys) -> None:
    overlay = part("operators.photos.photo_overlay")
    overlay._draw()
    see(photos[0])
    overlay._draw()
    assert "Traceback" not in capsys.readouterr().err
