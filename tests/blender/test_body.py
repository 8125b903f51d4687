"""A head's shape on a MakeHuman body.

MakeHuman's mesh is not here. A stand-in has its number of vertices and its order: where the shape model knows a vertex
of ``hm08`` it stands where MakeHuman's average has it, turned and scaled; all others stand on a column below.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from core.shape.morphable import load_model

SCALE = 0.95
TURN = np.array(Matrix.Rotation(0.3, 3, "X") @ Matrix.Rotation(0.5, 3, "Z"))
SHIFT = np.array([0.2, -0.1, 1.5])


@pytest.fixture
def head(part, head_folder: Path) -> bpy.types.Object:
    head = part("operators.reconstruct.load_head").load(head_folder, bpy.context.scene).object
    part("operators.head.head_shape").set_identity(head, np.random.default_rng(2).normal(size=200))
    return head


def shared(count: int) -> tuple[np.ndarray, np.ndarray]:
    model = load_model()
    index = model.hm08_index[: len(model.coarse_mean)]
    rows = np.flatnonzero((index >= 0) & (index < count))
    return rows, index[rows]


def add_body(part, count: int, name: str = "Human", order: np.ndarray | None = None) -> bpy.types.Object:
    """Add a stand-in for MakeHuman's base mesh with ``count`` vertices."""
    points = np.random.default_rng(0).normal((0, 0, 0.8), (0.1, 0.1, 0.4), (count, 3))
    rows, index = shared(count)
    average = part("operators.head.mesh").to_blender(load_model().coarse_mean[rows])
    points[index] = SCALE * average @ TURN.T + SHIFT
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(count)
    mesh.vertices.foreach_set("co", (points if order is None else points[order]).astype(np.float32).ravel())
    body = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(body)
    return body


def key(body: bpy.types.Object, name: str) -> np.ndarray:
    points = body.data.shape_keys.key_blocks[name].points
    values = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", values)
    return values.reshape(-1, 3)


@pytest.mark.parametrize("count", [13380, 19158])
def test_the_body_gets_the_heads_face(head, part, count: int) -> None:
    body = add_body(part, count)
    assert bpy.ops.relit.fit_body() == {"FINISHED"}
    rows, index = shared(count)
    face = load_model().regions["face"][: len(load_model().coarse_mean)][rows]
    identity = part("operators.head.head_shape").coefficients(head)
    wanted = part("operators.head.mesh").to_blender(load_model().coarse_vertices(identity))[rows][face]
    got = key(body, "Relit sample")[index][face]
    scale, rotation, shift = part("operators.head.body").similarity(wanted, got)
    assert np.abs(scale * wanted @ rotation.T + shift - got).max() < 1e-5, "the face, rigidly"
    assert 0.85 < scale < 1.05 and np.degrees(np.arccos((np.trace(rotation @ TURN.T) - 1) / 2)) < 6
    assert body.data.shape_keys.key_blocks["Relit sample"].value == 1


def test_the_rest_of_the_body_stays_and_the_seam_is_smooth(head, part) -> None:
    body = add_body(part, 13380)
    before = np.array([vertex.co for vertex in body.data.vertices])
    bpy.ops.relit.fit_body()
    moved = np.linalg.norm(key(body, "Relit sample") - before, axis=1)
    rows, index = shared(13380)
    rest = np.setdiff1d(np.arange(13380), index)
    assert moved[rest].max() == 0
    height = part("operators.head.rig_bones").neck_heights()[rows]
    assert moved[index][height < 0.05].max() < 1e-6, "the collar stays"
    model = load_model()
    skin = model.quads[(model.quad_part == 0)]
    offset = np.zeros((len(model.mean), 3))
    offset[rows] = (key(body, "Relit sample") - before)[index]
    known = np.isin(np.arange(len(model.mean)), rows)
    assert known[skin].any() and np.abs(offset).max() > 0.002


def test_the_same_face_moves_nothing(part, head) -> None:
    body = add_body(part, 13380)
    part("operators.head.head_shape").set_identity(head, [0.0])
    before = np.array([vertex.co for vertex in body.data.vertices])
    bpy.ops.relit.fit_body()
    assert np.abs(key(body, "Relit sample") - before).max() < 1e-5


def test_sculpting_is_carried_over(part, head) -> None:
    add_body(part, 13380)
    part("operators.head.head_shape").set_identity(head, [0.0])
    rows, index = shared(13380)
    nose = rows[np.argmax(load_model().coarse_mean[rows, 2])]
    head.data.shape_keys.key_blocks["Basis"].points[int(nose)].co.y -= 0.01
    bpy.ops.relit.fit_body()
    body = bpy.data.objects["Human"]
    moved = np.linalg.norm(key(body, "Relit sample") - key(body, "Basis"), axis=1)
    assert moved[index[rows == nose]] == pytest.approx(0.01 * SCALE, abs=1e-4)


def test_expressions_come_along(head, part) -> None:
    body = add_body(part, 13380)
    bpy.ops.relit.fit_body()
    names = body.data.shape_keys.key_blocks.keys()
    assert {"jawOpen", "eyeBlinkLeft", "mouthSmileRight"} <= set(names) and len(names) == 54
    moved = (key(body, "jawOpen") - key(body, "Basis")) @ TURN  # into the head's own axes
    assert moved[:, 2].min() < -0.01, "the jaw goes down, wherever the body's head looks"
    assert bpy.ops.relit.fit_body(expressions=False) == {"FINISHED"}
    assert len(body.data.shape_keys.key_blocks) == 54, "again replaces its own key only"


def test_a_body_with_keys_that_are_on(head, part) -> None:
    body = add_body(part, 13380)
    body.shape_key_add(name="Basis", from_mix=False)
    taller = body.shape_key_add(name="taller", from_mix=False)
    points = key(body, "Basis") + np.array([0, 0, 0.2])
    taller.points.foreach_set("co", points.astype(np.float32).ravel())
    taller.value = 1.0
    bpy.ops.relit.fit_body(expressions=False)
    mixed = key(body, "taller") + key(body, "Relit sample") - key(body, "Basis")
    other = add_body(part, 13380, "Other")
    for item in bpy.context.scene.objects:
        item.select_set(item == other)
    bpy.ops.relit.fit_body(expressions=False)
    assert np.abs(mixed - key(other, "Relit sample") - [0, 0, 0.2]).max() < 1e-5


def test_another_order_is_refused(head, part) -> None:
    body = add_body(part, 13380, order=np.random.default_rng(1).permutation(13380))
    with pytest.raises(RuntimeError, match="not in the order of MakeHuman's base mesh"):
        bpy.ops.relit.fit_body()
    assert body.data.shape_keys is None


def test_without_a_body_or_with_several_it_says_so(head, part) -> None:
    assert not bpy.ops.relit.fit_body.poll()
    first, _ = add_body(part, 13380, "One"), add_body(part, 19158, "Two")
    assert not bpy.ops.relit.fit_body.poll()
    first.select_set(True)
    assert bpy.ops.relit.fit_body.poll()


def test_the_panel_has_the_button(head, draw) -> None:
    assert "relit.fit_body" in draw("RELIT_PT_rig").operators
