"""Sliders of the shape: each moves what it names, on other landmarks than those it was made from."""

from __future__ import annotations

import numpy as np
import pytest

from core.shape.morphable import load_model
from core.shape.shape_sliders import ASYMMETRY, GROUPS, SLIDERS, load_sliders, measure, places

NAMES = [slider.name for slider in SLIDERS]
LARGEST_STEP = 3.0
"""Length of a step of one standard deviation: three at once are then at most nine of the fourteen that people have."""


@pytest.fixture(scope="module")
def sliders():
    return load_sliders()


def moved(sliders, name: str, value: float = 1.0) -> np.ndarray:
    """Return the displacement [V, 3] of the average head, millimetres."""
    model = load_model()
    return 1000 * (model.vertices(sliders.moved(np.zeros(200), NAMES.index(name), value)) - model.mean)


def independent(points: np.ndarray) -> dict[str, float]:
    """Distances in iBUG's 68 landmarks, which no slider was made from."""
    return {
        "nose_width": points[35, 0] - points[31, 0],
        "mouth_width": points[54, 0] - points[48, 0],
        "jaw_width": points[12, 0] - points[4, 0],
        "jaw_angle": points[[48, 54], 1].mean() - points[[4, 12], 1].mean(),
        "eye_distance": points[42:48, 0].mean() - points[36:42, 0].mean(),
        "eye_width": points[45, 0] - points[42, 0],
        "eye_opening": points[[43, 44], 1].mean() - points[[46, 47], 1].mean(),
        "eye_tilt": points[45, 1] - points[42, 1],
        "nose_length": points[27, 1] - points[33, 1],
        "philtrum": points[33, 1] - points[51, 1],
        "lower_lip": points[66, 1] - points[57, 1],
        "upper_lip": points[51, 1] - points[62, 1],
        "chin_length": points[57, 1] - points[8, 1],
        "brow_height": points[17:27, 1].mean() - points[36:48, 1].mean(),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_slider_moves_its_measure_and_no_other(sliders, name: str) -> None:
    number = NAMES.index(name)
    changed = sliders.measures @ sliders.moved(np.zeros(200), number, 1.0)
    related = {name, *SLIDERS[number].contains, *(s.name for s in SLIDERS if name in s.contains)}
    assert changed[number] == pytest.approx(1.0)
    for other, value in zip(NAMES, changed):
        assert other in related or abs(value) < 0.1, (name, other, value)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_plausible(sliders, name: str) -> None:
    assert np.linalg.norm(sliders.directions[NAMES.index(name)]) < LARGEST_STEP
    assert np.linalg.norm(moved(sliders, name), axis=1).max() < 13.0, "a skull varies most"


@pytest.fixture(scope="module")
def spread() -> dict[str, float]:
    """Standard deviation of the independent distances over random people, metres."""
    model = load_model()
    people = np.random.default_rng(1).normal(size=(60, 200))
    found = [list(independent(model.landmarks_68.points(model.vertices(one))).values()) for one in people]
    return dict(zip(independent(np.zeros((68, 3))), np.std(found, 0)))


@pytest.mark.parametrize("name", list(independent(np.zeros((68, 3)))))
def test_other_landmarks_agree(sliders, spread, name: str) -> None:
    model = load_model()
    before = independent(model.landmarks_68.points(model.mean))
    after = independent(model.landmarks_68.points(model.mean + moved(sliders, name) / 1000))
    change = {other: (after[other] - before[other]) / spread[other] for other in before}
    assert 0.5 < change[name] < 1.6, "about one standard deviation there too"
    assert max(change, key=lambda other: abs(change[other])) == name, change


def test_the_jaws_angle_is_an_angle(sliders) -> None:
    """Degrees between ear, corner and chin, seen from the side."""
    model = load_model()

    def angle(value: float) -> float:
        landmarks, vertices = model.landmarks_478, model.mean + moved(sliders, "jaw_angle", value) / 1000
        corners = np.einsum("kvc,kv->kc", vertices[landmarks.triangle_vertices], landmarks.barycentric)
        ear, corner, chin = corners[[132, 172, 152], 1:]
        up, along = (ear - corner) / np.linalg.norm(ear - corner), (chin - corner) / np.linalg.norm(chin - corner)
        return float(np.degrees(np.arccos(up @ along)))

    steps = np.diff([angle(value) for value in (-3, -1, 1, 3)]) / 2
    assert ((steps > -4) & (steps < -2)).all(), steps


@pytest.mark.parametrize(
    ("name", "region", "elsewhere"),
    [("ear_size", "ears", "face"), ("ear_protrusion", "ears", "face"), ("head_depth", "scalp", "face")],
)
def test_what_no_landmark_marks_moves_where_it_says(sliders, name: str, region: str, elsewhere: str) -> None:
    length, regions = np.linalg.norm(moved(sliders, name), axis=1), load_model().regions
    assert length[regions[region]].max() > 4 * length[regions[elsewhere]].mean()


def test_values_and_moves_agree_in_any_order(sliders) -> None:
    start = np.random.default_rng(2).normal(size=200)
    one, two = NAMES.index("nose_width"), NAMES.index("chin_length")
    there = sliders.moved(sliders.moved(start, one, 2.0), two, -1.0)
    again = sliders.moved(sliders.moved(start, two, -1.0), one, 2.0)
    assert np.allclose(there, again, atol=0.05)
    assert sliders.value(there, two) == pytest.approx(-1.0)
    back = sliders.moved(sliders.moved(start, one, 3.0), one, sliders.value(start, one))
    assert np.allclose(back, start)


def test_people_spread_over_the_sliders_range(sliders) -> None:
    people = np.random.default_rng(3).normal(size=(500, 200)) @ sliders.measures.T
    assert np.allclose(people.std(0), 1, atol=0.12) and np.abs(people.mean(0)).max() < 0.2


def test_sides_stay_alike_except_for_asymmetry(sliders) -> None:
    mirror, flip = load_model().mirror, np.array([-1, 1, 1])
    for slider in SLIDERS:
        offset = moved(sliders, slider.name)
        alike = np.abs(offset - offset[mirror] * flip).max() < 1e-3
        assert alike == (slider.group != ASYMMETRY), slider.name


def test_the_mirrored_face_is_the_mirror_image(sliders) -> None:
    model, identity = load_model(), np.random.default_rng(4).normal(size=200)
    image = model.vertices(sliders.mirrored(identity))
    assert np.abs(image - model.vertices(identity)[model.mirror] * [-1, 1, 1]).max() < 2e-6
    assert np.array_equal(sliders.mirrored(sliders.mirrored(identity)), identity)


def test_eyes_teeth_and_lashes_follow(sliders) -> None:
    model = load_model()
    for name, slider in (
        ("eye_left", "eye_distance"),
        ("lashes_left", "eye_distance"),
        ("teeth_lower", "chin_projection"),
    ):
        part = np.unique(model.quads[model.quad_part == model.part_names.index(name)])
        assert np.linalg.norm(moved(sliders, slider)[part], axis=1).mean() > 0.5, (name, slider)
    lids, offset = model.regions["lids"] & (model.mean[:, 0] > 0), moved(sliders, "eye_distance")
    eye = np.unique(model.quads[model.quad_part == model.part_names.index("eye_left")])
    assert np.linalg.norm(offset[lids].mean(0) - offset[eye].mean(0)) < 0.5, "the eye stays in its lids"


def test_names_and_groups_are_unique_and_places_exist() -> None:
    assert len(set(NAMES)) == len(NAMES) and len({slider.label for slider in SLIDERS}) == len(NAMES)
    assert len(GROUPS) == len(set(GROUPS))
    assert {other for slider in SLIDERS for other in slider.contains} <= set(NAMES)
    assert all(len(vertices) == 20 for vertices in places(load_model()).values())


def test_measuring_is_the_same_each_time(sliders) -> None:
    assert np.array_equal(measure(load_model()).directions, sliders.directions)
