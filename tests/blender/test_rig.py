"""The rig: eyes turn once whoever turns them, lids and jaw go along, and everything comes off again."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from core.shape.morphable import load_model


@pytest.fixture
def head(part, head_folder: Path) -> bpy.types.Object:
    head = part("operators.reconstruct.load_head").load(head_folder, bpy.context.scene).object
    bpy.ops.relit.expression_reset()
    return head


@pytest.fixture
def rig(part, head) -> bpy.types.Object:
    assert bpy.ops.relit.add_rig() == {"FINISHED"}
    return part("operators.head.rig_build").rig_of(head)


def evaluated(head: bpy.types.Object) -> np.ndarray:
    """Return the vertices [V, 3] in the world as they are drawn, in millimetres."""
    bpy.context.view_layer.update()
    drawn = head.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(3 * len(drawn.data.vertices), np.float32)
    drawn.data.vertices.foreach_get("co", points)
    place = np.array(drawn.matrix_world)
    return 1000 * (points.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3])


def key(head: bpy.types.Object, name: str) -> np.ndarray:
    points = head.data.shape_keys.key_blocks[name].points
    values = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", values)
    return 1000 * values.reshape(-1, 3)


def vertices_of(*names: str) -> np.ndarray:
    model = load_model()
    parts = [model.part_names.index(name) for name in names]
    return np.unique(model.quads[np.isin(model.quad_part, parts)])


def turned(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the rotation vector [3] in degrees that carries points best."""
    left, _, right = np.linalg.svd((before - before.mean(0)).T @ (after - after.mean(0)))
    rotation = right.T @ np.diag([1, 1, np.linalg.det(right.T @ left.T)]) @ left.T
    return (
        np.degrees([rotation[2, 1] - rotation[1, 2], rotation[0, 2] - rotation[2, 0], rotation[1, 0] - rotation[0, 1]])
        / 2
    )


EYES = {"L": ("eye_left", "cornea_left"), "R": ("eye_right", "cornea_right")}


def test_adding_a_rig_moves_nothing(head) -> None:
    before = evaluated(head)
    bpy.ops.relit.add_rig()
    assert np.abs(evaluated(head) - before).max() < 1e-3
    assert not bpy.ops.relit.add_rig.poll(), "once"


def test_a_head_that_was_moved_stays_where_it_is(head, part) -> None:
    head.location, head.rotation_euler, head.scale = (1, 2, 3), (0.1, 0.2, 0.3), (2, 2, 2)
    before = evaluated(head)
    bpy.ops.relit.add_rig()
    assert np.abs(evaluated(head) - before).max() < 2e-2
    part("operators.head.rig_build").rig_of(head).location.x += 1
    assert np.abs(evaluated(head) - before - [1000, 0, 0]).max() < 2e-2, "the rig carries the head"
    bpy.ops.relit.remove_rig()
    assert np.abs(evaluated(head) - before - [1000, 0, 0]).max() < 2e-2


@pytest.mark.parametrize("side", ["Left", "Right"])
@pytest.mark.parametrize("way", ["Up", "Down", "In", "Out"])
def test_capture_keys_turn_the_eyes_once(head, rig, side: str, way: str) -> None:
    unit, eye = f"eyeLook{way}{side}", vertices_of(*EYES[side[0]])
    before = evaluated(head)
    head.data.shape_keys.key_blocks[unit].value = 1.0
    after = evaluated(head)
    assert np.allclose(turned(before[eye], after[eye]), turned(before[eye], key(head, unit)[eye]), atol=1.5), "degrees"
    rest = np.setdiff1d(np.arange(len(before)), eye)
    assert np.abs(after - key(head, unit))[rest].max() < 1e-2, "lids and lashes as ever"


@pytest.mark.parametrize("way", ["Up", "Down", "In", "Out"])
def test_bones_turn_eyes_and_lids_alike(head, rig, part, way: str) -> None:
    unit = f"eyeLook{way}Left"
    angle = part("operators.head.rig_bones").turns()[unit] * (1 if way in {"Up", "Out"} else -1)
    rig.pose.bones["eye.L"].rotation_euler[0 if way in {"Up", "Down"} else 2] = angle
    by_bone = evaluated(head)
    rig.pose.bones["eye.L"].rotation_euler = (0, 0, 0)
    head.data.shape_keys.key_blocks[unit].value = 1.0
    assert np.abs(by_bone - evaluated(head)).max() < 0.1


def test_eyes_turn_about_their_centres(head, rig) -> None:
    eye = vertices_of(*EYES["L"])
    centre = 1000 * np.array(rig.data.bones["eye.L"].head_local)
    distance = np.linalg.norm(evaluated(head)[eye] - centre, axis=1)
    rig.pose.bones["eye.L"].rotation_euler = (0.2, 0, 0.3)
    assert np.abs(np.linalg.norm(evaluated(head)[eye] - centre, axis=1) - distance).max() < 1e-2


def test_eyes_look_at_the_target_until_told_not_to(head, rig, part) -> None:
    left, before = vertices_of(*EYES["L"]), evaluated(head)
    rig.pose.bones["look"].location = (-0.1, 0, 0)  # towards the person's left: the bone's X points to the right
    after = evaluated(head)
    assert turned(before[left], after[left])[2] == pytest.approx(np.degrees(np.sin(np.arctan(0.1 / 0.5))), abs=0.6)
    assert (after - before)[left, 0].mean() > 1
    rig.pose.bones["look"][part("operators.head.rig_build").FOLLOW] = 0.0
    rig.update_tag()
    bpy.context.scene.frame_set(2)
    assert np.abs(evaluated(head) - before).max() < 1e-2


def test_the_jaw_bone_opens_the_mouth_with_teeth_and_tongue(head, rig, part) -> None:
    rig.pose.bones["jaw"].rotation_euler[0] = -part("operators.head.rig_bones").turns()["jawOpen"]
    assert np.abs(evaluated(head) - key(head, "jawOpen")).max() < 0.1
    rig.pose.bones["jaw"].rotation_euler[0] = 0.3
    assert np.abs(evaluated(head) - key(head, "Basis")).max() < 0.1, "it does not close further"
    rig.pose.bones["jaw"].rotation_euler = (0, 0, part("operators.head.rig_bones").turns()["jawLeft"])
    moved = evaluated(head) - key(head, "Basis")
    assert moved[vertices_of("teeth_lower"), 0].mean() > 5 and np.abs(moved[vertices_of("teeth_upper")]).max() < 0.1


def test_the_head_turns_and_the_shoulders_stay(head, rig) -> None:
    before = evaluated(head)
    rig.pose.bones["head"].rotation_euler[1] = 0.5
    moved = np.linalg.norm(evaluated(head) - before, axis=1)
    model = load_model()
    assert moved[model.mean[:, 1] < -0.19].max() < 0.1
    assert moved[model.regions["face"]].mean() > 20
    for parts in (("teeth_upper",), ("lashes_left",), ("tongue",)):
        turn = turned(before[vertices_of(*parts)], evaluated(head)[vertices_of(*parts)])
        assert np.linalg.norm(turn) == pytest.approx(np.degrees(np.sin(0.5)), abs=0.5), "stiff with the head"


def test_weights_add_up_and_fade(part) -> None:
    weights = part("operators.head.rig_bones").weights()
    assert np.allclose(sum(weights.values()), 1, atol=1e-6) and all((weight >= 0).all() for weight in weights.values())
    assert ((weights["neck_01"] > 0.1) & (weights["neck_01"] < 0.9)).sum() > 100


def test_bones_follow_another_shape(head, rig, part) -> None:
    rig.pose.bones["eye.L"].rotation_euler = (0.2, 0, 0)
    pose = rig.pose.bones["eye.L"].rotation_euler.copy()
    before = np.array(rig.data.bones["eye.L"].head_local)
    part("operators.head.head_shape").set_identity(head, np.random.default_rng(1).normal(size=200))
    model = load_model()
    points = key(head, "Basis")[:, [0, 2, 1]] * [1, 1, -1] / 1000
    centre = part("operators.head.mesh").to_blender(model.eyeballs(points)[0][0])
    assert np.allclose(rig.data.bones["eye.L"].head_local, centre, atol=1e-5)
    assert np.linalg.norm(before - centre) > 0.0005
    assert rig.pose.bones["eye.L"].rotation_euler == pose and bpy.context.view_layer.objects.active == head
    rig.pose.bones["eye.L"].rotation_euler = (0, 0, 0)
    assert np.abs(evaluated(head) - key(head, "Basis")).max() < 1e-2


def test_the_shape_changes_while_the_rig_is_posed(head, rig, part) -> None:
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    part("operators.head.head_shape").set_identity(head, [1.0, -1.0, 1.0])
    assert bpy.context.mode == "POSE" and bpy.context.view_layer.objects.active == rig
    assert np.abs(evaluated(head) - key(head, "Basis")).max() < 1e-2
    bpy.ops.object.mode_set(mode="OBJECT")


def test_removing_leaves_the_head_as_it_was(head, part) -> None:
    def state() -> tuple:
        keys = head.data.shape_keys
        return (
            [(item.name, item.vertex_group) for item in keys.key_blocks],
            sorted(head.vertex_groups.keys()),
            len(keys.animation_data.drivers),
            head.parent,
            len(bpy.data.armatures),
        )

    before, points = state(), evaluated(head)
    bpy.ops.relit.add_rig()
    assert state() != before
    assert bpy.ops.relit.remove_rig() == {"FINISHED"}
    assert state() == before and np.abs(evaluated(head) - points).max() < 1e-3
    assert not bpy.ops.relit.remove_rig.poll()


def test_undo_removes_the_rig_in_one_step(head, part) -> None:
    bpy.ops.ed.undo_push(message="loaded")
    name = head.name
    bpy.ops.relit.add_rig()
    bpy.ops.ed.undo_push(message="Add Rig")
    bpy.ops.ed.undo()
    head = bpy.data.objects[name]
    assert part("operators.head.rig_build").rig_of(head) is None and not bpy.data.armatures
    assert "head" not in head.vertex_groups


def test_nothing_goes_in_circles(head, rig, capfd) -> None:
    evaluated(head)
    bpy.context.scene.frame_set(3)
    out, err = capfd.readouterr()
    assert "cycle" not in (out + err).lower()
    for owner in (rig, head.data.shape_keys):
        assert all(
            curve.driver.is_valid and curve.driver.is_simple_expression for curve in owner.animation_data.drivers
        )


def test_the_rig_makes_its_head_the_active_one(head, rig, part) -> None:
    bpy.context.view_layer.objects.active = rig
    assert part("operators.head.active_head").active_head(bpy.context) == head


def test_the_panel_offers_what_can_be_done(head, draw) -> None:
    assert "relit.add_rig" in draw("RELIT_PT_rig").operators
    bpy.ops.relit.add_rig()
    seen = draw("RELIT_PT_rig")
    assert "relit.remove_rig" in seen.operators and "relit.add_rig" not in seen.operators


def test_an_artists_own_vertex_group_is_not_taken(head) -> None:
    head.vertex_groups.new(name="head")
    with pytest.raises(RuntimeError, match="vertex group called head"):
        bpy.ops.relit.add_rig()
    assert not bpy.data.armatures
