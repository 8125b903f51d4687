"""Which portraits there are, which of them make pairs, and what was set on them by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.photos import hand_points
from benchmarks.photos.portraits import HAND_POINTS, choose, load_portraits, pairs_of, read_template


def test_no_portraits_is_said_plainly(tmp_path):
    with pytest.raises(SystemExit, match="--shared"):
        load_portraits(tmp_path)


def test_pairs_show_one_person_on_two_photographs(shared):
    portraits = load_portraits(shared / "photos")
    pairs = pairs_of(portraits)
    assert len({portrait.name for portrait in portraits}) == len(portraits)
    assert all(one.person == other.person and one.name != other.name for one, other in pairs)
    names = {one.name for one, _ in pairs}
    assert "london/001_neutral" in names and "zoom/15cm" in names and "officials/jon-ossoff__0" in names
    assert "officials/brendan-boyle__0" not in names, "one photograph twice"
    assert "officials/henry-johnson__0" not in names, "two people"


def test_a_few_people_come_from_all_sources_with_both_ends_of_skin(shared):
    portraits = load_portraits(shared / "photos")
    few = choose(portraits, 12, 2)
    assert {portrait.folder for portrait in few} == {"lisa", "zoom", "london", "officials", "canada"}
    groups = {portrait.group for portrait in few if portrait.folder == "officials"}
    assert {"skin angle below 20", "skin angle above 41"} <= groups
    assert max(sum(other.sitting == one.sitting for other in few) for one in few) == 2
    assert len(choose(portraits, None)) == len(portraits)


def test_templates_of_another_kind_are_left_alone(tmp_path):
    path = tmp_path / "face.tem"
    assert read_template(path) is None
    path.write_text("2\n1.0\t2.0\n3.0\t4.0\n0\n")
    assert read_template(path) is None
    path.write_text(f"{HAND_POINTS}\n" + "5.5\t6.0\n" * HAND_POINTS + "0\n")
    assert read_template(path).shape == (HAND_POINTS, 2)


def test_hand_points_have_the_meaning_that_is_claimed(shared):
    """Eyes above mouth, the person's right eye on the left of the picture, corners inside out."""
    portraits = [one for one in load_portraits(shared / "photos") if one.hand_points is not None]
    assert len(portraits) > 100
    for portrait in portraits:
        hand = portrait.hand_points
        right, left = hand[list(hand_points.PUPILS)]
        assert right[0] < left[0]
        assert hand[18, 0] < right[0] < hand[22, 0] < hand[23, 0] < left[0] < hand[27, 0]
        assert hand[76, 1] < right[1] < hand[55, 1] < hand[90, 1] < hand[106, 1] < hand[129, 1]
        assert hand[87, 0] < hand[89, 0] < hand[91, 0] < hand[93, 0]


def test_errors_are_measured_in_eye_distances():
    hand = np.random.default_rng(0).uniform(0, 100, (HAND_POINTS, 2))
    hand[list(hand_points.PUPILS)] = (0.0, 0.0), (200.0, 0.0)
    landmarks = np.zeros((478, 2))
    for pairs in hand_points.POINTS.values():
        for index, ours in pairs.items():
            landmarks[list(ours)] = hand[index] + (0.0, 4.0)
    assert hand_points.landmark_errors(landmarks, hand)["points"] == pytest.approx(2.0)
    np.testing.assert_allclose(hand_points.point_offsets(landmarks, hand), np.tile([0.0, 2.0], (19, 1)), atol=1e-9)


def test_offsets_turn_with_the_face_and_scatter_forgets_a_habit():
    rng = np.random.default_rng(1)
    hand, landmarks = rng.uniform(0, 100, (HAND_POINTS, 2)), rng.uniform(0, 100, (478, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    offsets = hand_points.point_offsets(landmarks, hand)
    np.testing.assert_allclose(hand_points.point_offsets(3 * landmarks @ turn.T + 7, 3 * hand @ turn.T + 7), offsets)
    assert hand_points.scatter(np.stack([offsets, offsets])) == pytest.approx([0.0, 0.0])
    apart = np.array([1.0, 0.0])
    assert hand_points.scatter(np.stack([offsets - apart, offsets + apart])) == pytest.approx([1.0, 1.0])


def test_distance_from_a_line_ends_at_its_ends():
    line = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    points = np.array([[5.0, 0.0], [5.0, 3.0], [-3.0, -4.0], [12.0, 5.0]])
    np.testing.assert_allclose(hand_points.line_distance(points, line), [0.0, 3.0, 5.0, 2.0])
