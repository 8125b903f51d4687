"""The truth data set: a fair plan, an honest camera, photos that can be read, and Cycles itself where there is one."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.truth import lights, photograph, staging
from benchmarks.truth.dataset import VERSION, Renderer, bpy_python, build, folder, load
from benchmarks.truth.plan import DISTANCES, LENSES, make_plan
from core.errors import FitError
from core.photos.photo import load_photo


def test_a_plan_follows_from_its_seed():
    assert make_plan("dev", 0) == make_plan("dev", 0)
    assert make_plan("dev", 0) != make_plan("dev", 1)
    with pytest.raises(ValueError, match="no split"):
        make_plan("sealed", 0)


def test_tones_are_equal_and_independent_of_heads_and_lights():
    plans = make_plan("dev", 0)
    assert len(plans) == 60
    assert set(Counter(plan.head.tone for plan in plans).values()) == {6}
    heads = {plan.head.name: plan.head for plan in plans}.values()
    assert Counter(head.family for head in heads) == {"ict": 20, "own": 8, "scan": 2}
    others = Counter(head.tone for head in heads if head.family != "ict")
    assert set(others.values()) == {1}
    for group in ("light", "medium", "dark"):
        members = [plan for plan in plans if plan.group == group]
        assert abs(np.mean([plan.light_kind == "hdri" for plan in members]) - 0.6) < 0.1
        assert abs(np.mean([abs(plan.yaw) for plan in members]) - np.mean([abs(plan.yaw) for plan in plans])) < 4


def test_the_tone_split_says_nothing_of_people_by_its_exposure():
    plans = make_plan("tone", 0)
    assert set(Counter((plan.head.tone, plan.metering) for plan in plans).values()) == {2, 4}
    assert not any(plan.held_out for plan in plans)
    by_tone = [np.mean([plan.exposure for plan in plans if plan.head.tone == tone]) for tone in range(1, 11)]
    assert np.abs(by_tone).max() < 0.12
    seeds = {plan.head.seed for plan in plans}
    assert not seeds & {plan.head.seed for split in ("dev", "quick") for plan in make_plan(split, 0)}


@pytest.mark.parametrize("blocks", [1, 2])
def test_a_run_of_whole_blocks_is_a_fair_sample(blocks):
    plans = make_plan("dev", 0)[: 20 * blocks]
    assert set(Counter(plan.head.tone for plan in plans).values()) == {2 * blocks}
    yaws = np.abs([plan.yaw for plan in plans])
    assert (yaws < 15).mean() == 0.5 and (yaws >= 35).mean() == 0.2


def test_lenses_distances_and_held_out_lights_stay_in_their_ranges():
    for plan in make_plan("dev", 0) + make_plan("quick", 0):
        assert LENSES[0] <= plan.lens <= LENSES[1]
        assert DISTANCES[0] <= plan.distance <= DISTANCES[1]
        (first, _), (second, _) = plan.held_out
        assert first != second and {first, second} <= set(lights.HELD_OUT_STRENGTHS)


def test_the_camera_shows_the_side_that_the_plan_says():
    plan = dataclasses.replace(make_plan("dev", 0)[0], yaw=40.0, pitch=10.0, roll=0.0, shift=(0, 0), aim=(0, 0))
    centre = np.array([0.0, -0.03, 0.02])
    camera = staging.photo_camera(plan, centre)
    assert camera.position[0] > 0 and camera.position[1] > centre[1]  # from the person's left, from above
    pixel, depth = camera.project(np.stack([centre, centre + np.array([0, 0.05, 0])]))
    np.testing.assert_allclose(pixel[0], camera.principal_px, atol=1e-6)
    assert depth[0] == pytest.approx(plan.distance)
    assert pixel[1, 1] < pixel[0, 1]
    turned = staging.turned_camera(plan, centre)
    angle = np.degrees(np.arctan2(turned.position[0], turned.position[2] - centre[2]))
    assert angle == pytest.approx(10, abs=0.5)
    clockwise = staging.photo_camera(dataclasses.replace(plan, roll=10.0), centre)
    assert clockwise.project(centre[None] + np.array([0, 0.05, 0]))[0][0, 0] > pixel[1, 0]


def test_an_index_picture_is_reduced_against_the_skin():
    index = np.ones((4, 6), np.uint8)
    index[0, 0] = staging.HAIR  # one sample of hair hides a pixel
    index[:2, 2:4] = [[0, 0], [0, 1]]  # mostly nothing
    np.testing.assert_array_equal(staging.reduce_index(index, 2), [[4, 0, 1], [1, 1, 1]])


def test_a_flash_sits_at_the_camera_and_held_out_lights_are_bpys_own():
    light = lights.photo_light("flash", None, 0.0, np.array([0.2, 0.0, 1.0]), 3)
    assert np.linalg.norm(np.array(light["lamps"][0]["position"]) - (0.2, 0.0, 1.0)) < 0.12
    assert light["strength"] < 0.5
    assert lights.held_out_light("night", 20.0)["environment"] == "night"


def test_exposure_makes_a_dark_face_darker_than_a_light_one_but_lighter_than_it_is():
    skin = np.ones((8, 8), bool)
    found = {}
    for albedo in (0.06, 0.5):
        linear = np.full((8, 8, 3), 2.0 * albedo, np.float32)
        found[albedo] = 2.0 * albedo * photograph.exposure(linear, skin, albedo, "face", 0.0)
    assert 0.06 * photograph.WHITE < found[0.06] < found[0.5] < 0.5
    brighter = photograph.exposure(np.full((8, 8, 3), 0.12, np.float32), skin, 0.06, "face", 0.7)
    assert brighter == pytest.approx(2**0.7 * found[0.06] / 0.12, rel=1e-5)


def test_a_photo_carries_its_focal_length_and_its_levels(tmp_path):
    linear = np.full((120, 96, 3), 0.2, np.float32)
    picture = photograph.develop(linear, 0.9, (1.1, 0.9), 0.02, np.random.default_rng(0))
    photograph.write_jpeg(tmp_path / "photo.jpg", picture, 90, 35.0)
    photo = load_photo(tmp_path / "photo.jpg")
    assert photo.exif_focal_35mm == 35
    np.testing.assert_allclose(photo.linear.mean((0, 1)), [0.198, 0.18, 0.162], rtol=0.03)
    photograph.write_jpeg(tmp_path / "bare.jpg", picture, 90, None)
    assert load_photo(tmp_path / "bare.jpg").exif_focal_35mm is None


def test_what_is_missing_is_said_in_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(FitError, match="no truth data set"):
        load("quick", tmp_path)
    with pytest.raises(FitError, match="no environments"):
        build("quick", 0, tmp_path, tmp_path)
    with pytest.raises(FitError, match="no Blender module"):
        bpy_python(tmp_path / "python")
    assert folder("dev", tmp_path, 3).name == f"dev-3-v{VERSION}"


@pytest.fixture(scope="module")
def blender() -> Path:
    """A Python that has Blender's module."""
    chosen = os.environ.get("RELIT_BPY")
    try:
        path = bpy_python(Path(chosen) if chosen else None)
    except FitError as error:
        pytest.skip(f"{error.message} Set RELIT_BPY to a Python that has bpy.")
    if subprocess.run([path, "-c", "import importlib.util as u; exit(u.find_spec('bpy') is None)"]).returncode:
        pytest.skip(f"{path} has no bpy")
    return path


@pytest.mark.blender
def test_cycles_renders_what_the_camera_of_the_core_sees(blender, tmp_path):
    from benchmarks.truth.heads import make_head

    head = make_head("own", 1, tmp_path)
    plan = dataclasses.replace(make_plan("quick", 0)[0], height=64, width=64, crop=1.0, lens=60.0, distance=0.8)
    camera = staging.photo_camera(plan, staging.face_centre(head, head.vertices))
    items, arrays = staging.head_objects(head, head.vertices, tmp_path)
    for item in items:
        for name in ("albedo", "specular", "roughness", "height"):
            item.pop(name, None)
    np.savez(tmp_path / "meshes.npz", **arrays)
    renders = [
        {
            "kind": kind,
            "out": str(tmp_path / f"{kind}.npz"),
            "camera": camera.to_dict(),
            "light": light,
            "samples": 2,
            "denoise": False,
        }
        for kind, light in (
            ("index", {}),
            ("photo", {"environment": None, "strength": 1.0, "rotation_degrees": 0.0}),
            ("relit", lights.held_out_light("studio", 30.0)),
        )
    ]
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"objects": items, "meshes": str(tmp_path / "meshes.npz"), "renders": renders}))
    with Renderer(blender, tmp_path, 1) as renderer:
        renderer.run(job)
        job.write_text("{}")
        with pytest.raises(FitError, match="KeyError"):
            renderer.run(job)
    index = np.load(tmp_path / "index.npz")["index"]
    eyes, depth = camera.project(head.eye_centre)
    assert (depth > 0).all()
    for x, y in eyes.astype(int):
        assert staging.EYE in index[y - 1 : y + 2, x - 1 : x + 2]
    photo, relit = np.load(tmp_path / "photo.npz")["image"], np.load(tmp_path / "relit.npz")["image"]
    assert photo[0, 0, :3] == pytest.approx(1.0, abs=1e-3)  # the even surroundings
    assert 0.15 < photo[index == staging.SKIN][:, 0].mean() < 0.8
    assert relit[0, 0, 3] == 0 and relit[index == staging.SKIN][:, 3].mean() > 0.95
