"""Hair, glasses and a hand: where they sit on a head, and that they are sound geometry."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from benchmarks.truth.accessories import make_beard, make_glasses, make_hair, make_hand
from benchmarks.truth.heads import make_head
from benchmarks.truth.shapes import tube
from benchmarks.truth.truth_head import vertex_normals

COLOUR = np.float32([0.05, 0.03, 0.02])


@pytest.fixture(scope="module")
def head(shared):
    return make_head("ict", 12, shared)


def distances(head, points):
    """Signed distances [N] of points to the skin in metres, positive outside."""
    skin = head.triangles[head.part == 0]
    used = np.unique(skin)
    normals = vertex_normals(head.vertices, skin)
    nearest = used[cKDTree(head.vertices[used]).query(points)[1]]
    return ((points - head.vertices[nearest]) * normals[nearest]).sum(1)


@pytest.mark.parametrize("style", ["crop", "long"])
def test_hair_grows_out_of_the_scalp_and_stays_outside(head, style):
    hair = make_hair(head, head.vertices, 1, COLOUR, style)
    assert hair.kind == "hair" and hair.radius.shape == hair.points.shape[:2]
    assert np.isfinite(hair.points).all() and 5e-5 < hair.radius[:, 0].mean() < 5e-4
    roots = hair.points[:, 0]
    assert np.abs(distances(head, roots)).max() < 0.004
    assert roots[:, 1].max() > head.vertices[:, 1].max() - 0.01
    bare = np.linalg.norm(roots - head.vertices[head.landmarks_68[30]], axis=1).min()
    assert bare > 0.06  # none grows on the face
    assert (distances(head, hair.points[:, 2:].reshape(-1, 3)) > -0.002).mean() > 0.98


def test_a_beard_grows_around_the_mouth_and_not_on_the_lips(head):
    beard = make_beard(head, head.vertices, 1, COLOUR)
    roots = beard.points[:, 0]
    assert roots[:, 1].max() < head.vertices[head.landmarks_68[30], 1] + 0.03
    lips = head.vertices[head.landmarks_68[[51, 57, 62]]]
    assert (cKDTree(lips).query(roots)[0] < 0.002).mean() < 0.01


@pytest.mark.parametrize("family", ["ict", "scan"])
def test_glasses_sit_before_the_eyes_and_clear_of_the_face(shared, family):
    head = make_head(family, 12, shared)
    frame, left, right = make_glasses(head, head.vertices, 2)
    assert (frame.kind, left.kind, right.kind) == ("frame", "lens", "lens")
    for lens, eye in zip((left, right), head.eye_centre):
        low, high = lens.vertices.min(0), lens.vertices.max(0)
        assert (low[:2] < eye[:2]).all() and (eye[:2] < high[:2]).all()
        assert low[2] > eye[2] + 0.01
    assert frame.vertices[:, 2].min() < -0.06  # the temples reach the ears
    front = frame.vertices[frame.vertices[:, 2] > left.vertices[:, 2].min() - 0.003]
    assert (distances(head, front) > -0.001).mean() > 0.97
    assert frame.triangles.max() < len(frame.vertices)


def test_a_hand_touches_the_face(head):
    for seed in range(4):
        hand = make_hand(head, head.vertices, seed, COLOUR)
        gap = distances(head, hand.vertices)
        near = cKDTree(head.vertices[head.face]).query(hand.vertices)[0]
        assert near.min() < 0.004, seed
        assert gap[near < 0.01].min() > -0.009, seed
        edges = np.sort(hand.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), 1)
        assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()  # closed


def test_accessories_follow_from_their_seed(head):
    first, again = (make_hair(head, head.vertices, 3, COLOUR).points for _ in range(2))
    assert np.array_equal(first, again)
    frames = [make_glasses(head, head.vertices, seed)[0].vertices for seed in (3, 3, 4)]
    assert np.array_equal(frames[0], frames[1]) and not np.array_equal(frames[0], frames[2])


def test_a_tube_is_closed_and_as_thick_as_asked():
    path = np.column_stack([np.linspace(0, 1, 20), np.zeros(20), np.linspace(0, 0.2, 20) ** 2])
    vertices, triangles = tube(path, 0.05, closed=False)
    edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), 1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert np.allclose(np.linalg.norm(vertices.reshape(20, -1, 3) - path[:, None], axis=2), 0.05, atol=1e-5)
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    assert (a * np.cross(b, c)).sum() > 0  # outside is outside
