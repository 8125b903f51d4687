"""The turntable: rendered by another Blender, without a trace in the artist's file."""

from __future__ import annotations

import time
from pathlib import Path

import bpy
import pytest


def choose(tmp_path: Path, **values: object) -> None:
    choice = bpy.context.scene.relit_turntable
    choice.folder, choice.frames, choice.size, choice.quality, choice.movie = str(tmp_path), 2, 32, "FINAL", False
    for name, value in values.items():
        setattr(choice, name, value)


def wait(render) -> None:
    end = time.monotonic() + 90
    while render.pump() is not None and time.monotonic() < end:
        time.sleep(0.1)


def few_samples(part, monkeypatch) -> None:
    monkeypatch.setitem(part("operators.light.turntable").SAMPLES, "FINAL", ("CYCLES", 1))


def state() -> tuple:
    scene = bpy.context.scene
    settings = scene.render
    return (
        scene.camera,
        settings.engine,
        settings.resolution_x,
        settings.resolution_y,
        settings.filepath,
        settings.image_settings.file_format,
        scene.frame_start,
        scene.frame_end,
        sorted(item.name for item in bpy.data.objects),
        len(bpy.data.cameras),
        bpy.data.filepath,
    )


@pytest.mark.parametrize("turn", ["HEAD", "LIGHT"])
def test_frames_are_written_and_the_scene_stays(head, render, part, monkeypatch, tmp_path: Path, turn: str) -> None:
    few_samples(part, monkeypatch)
    choose(tmp_path, turn=turn)
    bpy.ops.relit.light(preset="ENVIRONMENT")
    before = state()
    assert bpy.ops.relit.turntable() == {"FINISHED"}
    assert state() == before and render.active and not bpy.ops.relit.turntable.poll()
    wait(render)
    assert not render.problem and render.fraction == 1.0
    frames = sorted((tmp_path / f"turntable_{turn.lower()}").glob("frame_*.png"))
    assert len(frames) == 2 and frames[0].read_bytes() != frames[1].read_bytes()
    assert state() == before


def test_a_film_is_written(head, render, part, monkeypatch, tmp_path: Path) -> None:
    few_samples(part, monkeypatch)
    choose(tmp_path, movie=True)
    bpy.ops.relit.turntable()
    wait(render)
    assert not render.problem
    film = tmp_path / "turntable_camera.mp4"
    assert film.read_bytes()[4:8] == b"ftyp" and bpy.ops.relit.turntable.poll()


def test_cancel_ends_it_at_once(head, render, tmp_path: Path) -> None:
    choose(tmp_path, frames=500, size=2000)
    bpy.ops.relit.turntable()
    process, folder = render._process, render._folder
    started = time.monotonic()
    assert bpy.ops.relit.cancel_render() == {"FINISHED"}
    assert time.monotonic() - started < 2 and process.poll() is not None and not folder.exists()
    assert not render.active and not bpy.ops.relit.cancel_render.poll()


def test_a_render_that_fails_says_why(head, render, tmp_path: Path, monkeypatch, part) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise RuntimeError('no graphics card')")
    monkeypatch.setattr(part("operators.light.renders"), "SCRIPT", broken)
    choose(tmp_path)
    bpy.ops.relit.turntable()
    wait(render)
    assert "no graphics card" in render.problem and not render.active


@pytest.mark.parametrize(
    ("words", "frames", "expected"),
    [
        ("", 4, 0.0),
        ("Fra:1 | Sample 16/64\n", 1, 0.25),
        ("Fra:1 Mem | Rendering 8 / 16 samples\n", 4, 0.125),
        ("Sample 64/64\nRELIT 0.2500\nFra:2 | Sample 32/64\n", 4, 0.375),
        ("Sample 64/64\nRELIT 0.5000\n", 2, 0.5),
        ("Sample 64/64\n", 1, 0.99),
        ("RELIT 1.0\nSaving: 00:00.05\n", 1, 1.0),
    ],
)
def test_progress_counts_frames_and_samples(part, words: str, frames: int, expected: float) -> None:
    assert part("operators.light.renders").fraction_of(words, frames) == pytest.approx(expected)


def test_the_light_can_turn_only_when_there_is_one(head) -> None:
    bpy.context.scene.relit_turntable.turn = "LIGHT"
    assert not bpy.ops.relit.turntable.poll()


def test_the_panel_shows_progress_and_cancel(head, render, draw, tmp_path: Path) -> None:
    assert draw("RELIT_PT_turntable").operators == ["relit.turntable"]
    choose(tmp_path, frames=500, size=2000)
    bpy.ops.relit.turntable()
    seen = draw("RELIT_PT_turntable")
    assert seen.operators == ["relit.cancel_render"] and "Rendering" in seen.text
