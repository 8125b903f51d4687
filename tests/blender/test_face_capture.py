"""A take of Live Link Face on a head: keys, rig, frame rate, bad files."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from core.shape.expressions import UNITS

FRAMES, RATE = 121, 60


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Two seconds in which the jaw opens, the eyes look left and the head turns left."""
    names = [unit[0].upper() + unit[1:] for unit in UNITS]
    angles = [f"{part}{way}" for part in ("Head", "LeftEye", "RightEye") for way in ("Yaw", "Pitch", "Roll")]
    lines = [",".join(["Timecode", "BlendShapeCount", *names, *angles])]
    for number in range(FRAMES):
        share = number / (FRAMES - 1)
        values = dict.fromkeys([*names, *angles], 0.0)
        values |= {"JawOpen": share, "EyeLookOutLeft": share, "EyeLookInRight": share, "HeadYaw": 0.4 * share}
        code = f"10:00:{number // RATE:02d}:{number % RATE:02d}.000"
        lines.append(",".join([code, "61", *map(str, values.values())]))
    path = tmp_path / "take.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(("fps", "last"), [(24, 49), (30, 61)])
def test_a_take_plays_at_the_scenes_rate(head, take: Path, fps: int, last: int) -> None:
    scene = bpy.context.scene
    scene.render.fps, scene.frame_end = fps, 10
    assert bpy.ops.relit.face_capture(filepath=str(take)) == {"FINISHED"}
    assert scene.frame_end == last
    keys = head.data.shape_keys.key_blocks
    for frame, value in ((1, 0.0), ((1 + last) // 2, 0.5), (last, 1.0)):
        scene.frame_set(frame)
        assert keys["jawOpen"].value == pytest.approx(value, abs=1e-3)
    assert keys["Photo"].value == 0, "the photo's expression would add to it"


def test_with_a_rig_head_and_eyes_turn(head, part, take: Path) -> None:
    bpy.ops.relit.add_rig()
    rig = part("operators.head.rig_build").rig_of(head)
    assert bpy.ops.relit.face_capture(filepath=str(take)) == {"FINISHED"}
    bpy.context.scene.frame_set(bpy.context.scene.frame_end)
    last = 1 + 2 * bpy.context.scene.render.fps
    bpy.context.scene.frame_set(last)
    assert rig.pose.bones["head"].rotation_euler[1] == pytest.approx(0.2, abs=1e-4)
    bpy.context.view_layer.update()
    pose = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    rest = rig.data.bones["head"].matrix_local
    face = (pose["head"].matrix @ rest.inverted()).to_3x3() @ Vector((0, -1, 0))
    assert face[0] > 0.3, "the face turns to the person's left"
    turned = pose["eye_keys.L"].matrix.to_3x3().inverted() @ pose["eye_track.L"].matrix.to_3x3()
    assert np.degrees(turned.to_euler()[2]) == pytest.approx(-np.degrees(0.249), abs=1.5)


def test_flip_turns_the_other_way_and_no_head_is_possible(head, part, take: Path) -> None:
    bpy.ops.relit.add_rig()
    rig = part("operators.head.rig_build").rig_of(head)
    bpy.ops.relit.face_capture(filepath=str(take), head=False)
    assert rig.animation_data.action is None
    bpy.ops.relit.face_capture(filepath=str(take), flip=(True, False, False))
    bpy.context.scene.frame_set(49)
    assert rig.pose.bones["head"].rotation_euler[1] == pytest.approx(-0.2, abs=1e-4)


def test_a_second_take_replaces_the_first_and_keeps_its_action(head, take: Path) -> None:
    bpy.ops.relit.face_capture(filepath=str(take))
    first = head.data.shape_keys.animation_data.action
    drivers = len(head.data.shape_keys.animation_data.drivers)
    bpy.ops.relit.face_capture(filepath=str(take), start=101)
    assert head.data.shape_keys.animation_data.action != first and first.use_fake_user
    assert len(head.data.shape_keys.animation_data.drivers) == drivers, "correctives stay"
    bpy.context.scene.frame_set(149)
    assert head.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(1.0, abs=1e-3)


def test_a_bad_file_changes_nothing(head, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RuntimeError, match="is no face capture"):
        bpy.ops.relit.face_capture(filepath=str(tmp_path / "bad.csv"))
    assert head.data.shape_keys.animation_data.action is None and not bpy.data.actions


def test_the_panel_has_the_button(head, draw) -> None:
    assert "relit.face_capture" in draw("RELIT_PT_rig").operators
