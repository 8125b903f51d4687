"""Heads of known shape: the frame, the parts, the residuals and the expressions of each family."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.truth import truth_head
from benchmarks.truth.heads import FAMILIES, PARTS, make_head
from core.errors import FitError
from core.shape.morphable import load_model


@pytest.fixture(scope="module")
def heads(shared):
    return {family: make_head(family, 3, shared) for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_is_whole_and_in_the_frame(heads, family):
    head = heads[family]
    used = np.unique(head.triangles)
    assert used[0] == 0 and len(used) == used[-1] + 1 == len(head.vertices)
    assert head.uv.shape == (*head.triangles.shape, 2) and head.part.shape == head.triangles.shape[:1]
    assert head.uv.min() >= 0 and head.uv.max() <= 1
    assert np.abs(head.eye_centre.mean(0)).max() < 1e-6 and head.eye_centre[0, 0] > 0.025
    tip = head.vertices[head.landmarks_68[30]]
    assert abs(tip[0]) < 0.004 and -0.06 < tip[1] < -0.02 and 0.03 < tip[2] < 0.07
    assert np.linalg.norm(head.vertices[head.face] - tip, axis=1).max() < truth_head.FACE_RADIUS
    assert 0.19 < np.ptp(head.vertices[:, 0][head.face]) + 0.07 < 0.3
    skin = np.unique(head.triangles[head.part == PARTS.index("skin")])
    assert np.isin(np.flatnonzero(head.face), skin).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_surfaces_look_outwards(heads, family):
    head = heads[family]
    normals = truth_head.vertex_normals(head.vertices, head.triangles[head.part == 0])
    known = head.landmarks_68[[8, 27, 28, 29, 30, 57]]
    assert normals[known, 2].min() > 0.3


@pytest.mark.parametrize("family", ["ict", "own"])
def test_landmarks_stand_in_the_order_of_ibug(heads, family):
    points = heads[family].vertices[heads[family].landmarks_68]
    assert points[36, 0] < points[39, 0] < 0 < points[42, 0] < points[45, 0]  # the person's right eye first
    assert points[48, 0] < 0 < points[54, 0] and points[51, 1] > points[57, 1] > points[8, 1]
    assert points[19, 1] > points[37, 1] > points[41, 1]


@pytest.mark.parametrize("family", ["ict", "own"])
def test_the_same_seed_gives_the_same_head_and_another_seed_another(heads, shared, family):
    again = make_head(family, 3, shared)
    assert np.array_equal(again.vertices, heads[family].vertices)
    other = make_head(family, 4, shared)
    apart = np.linalg.norm(other.vertices[other.landmarks_68] - again.vertices[again.landmarks_68], axis=1)
    assert apart.mean() > 0.002


@pytest.mark.parametrize("family", ["ict", "own"])
def test_expressions_move_the_mouth_by_either_name(heads, family):
    head = heads[family]
    for smile in ("mouthSmile_L", "mouthSmileLeft"):
        moved = head.posed({smile: 1.0, "jawOpen": 0.0}) - head.vertices
        corner = head.landmarks_68[54]
        assert moved[corner, 1] > 0.002
    eyes = np.unique(head.triangles[head.part == PARTS.index("eye")])
    look = head.posed({"eyeLookUp_L": 1.0, "eyeLookUp_R": 1.0}) - head.vertices
    assert np.linalg.norm(look[eyes], axis=1).max() > 0.003
    assert np.array_equal(head.posed({}), head.vertices)


def test_a_scan_has_no_expressions(heads):
    with pytest.raises(FitError, match="no expression"):
        heads["scan"].posed({"jawOpen": 1.0})


def test_an_unknown_family_is_refused(shared):
    with pytest.raises(FitError, match="no family"):
        make_head("robots", 1, shared)


def test_the_displacement_is_a_millimetre_and_spares_the_eyes():
    model = load_model()
    skin = model.triangles[model.triangle_part == model.part_names.index("skin")]
    still = model.vertices()[np.unique(model.triangles[model.triangle_part == model.part_names.index("eye_left")])]
    offsets = [
        truth_head.displacement(model.mean.astype(float), skin, still, np.random.default_rng(seed)) for seed in range(2)
    ]
    length = np.linalg.norm(offsets[0][model.regions["face"]], axis=1)
    assert 0.0005 < np.sqrt((length**2).mean()) < 0.002 and length.max() <= 0.0030001
    near = np.linalg.norm(model.mean - model.eye_centre[0], axis=1) < model.eye_radius[0] + 0.004
    assert not offsets[0][near].any()
    assert np.abs(offsets[0] - offsets[1]).max() > 0.001


def test_the_iris_lies_behind_the_cornea(heads):
    for family in ("ict", "own"):
        head = heads[family]
        cornea = head.vertices[np.unique(head.triangles[head.part == PARTS.index("cornea")])]
        left = cornea[cornea[:, 0] > 0]
        eye = head.vertices[np.unique(head.triangles[head.part == PARTS.index("eye")])]
        aside = np.hypot(*(eye - head.eye_centre[0])[:, :2].T)
        iris = eye[(aside < 0.004) & (eye[:, 2] > 0)]
        assert len(iris) > 20 and iris[:, 2].max() < left[:, 2].max() - 0.001
        assert 0.05 < head.iris_uv_radius < 0.2
