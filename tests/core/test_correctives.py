"""Closed eyes stay closed, whatever else moves the lids; half-closed lids stay in front of the eye."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.shape.correctives import SIDES, closing, correctives
from core.shape.expressions import GROUPS, PRESETS, mirrored, preset, sides
from core.shape.morphable import load_model

UPPER, LOWER = {"Left": (387, 386, 385), "Right": (160, 159, 158)}, {"Left": (373, 374, 380), "Right": (144, 145, 153)}
"""Landmarks in the middle of the rims of the lids."""


@pytest.fixture(scope="module", params=[None, 3, 7], ids=["average", "person 3", "person 7"])
def head(request):
    model = load_model()
    identity = () if request.param is None else np.random.default_rng(request.param).normal(size=200)
    vertices = model.vertices(identity)
    centre, radius = model.eyeballs(vertices)
    head = SimpleNamespace(vertices=vertices, eye_centre=centre, eye_radius=radius, part_names=model.part_names)
    head.quads, head.quad_part = model.quads, model.quad_part
    head.expression_names, head.expression_basis = model.expression_names, model.expression_basis
    return head


def unit(head, name: str) -> np.ndarray:
    return head.expression_basis[head.expression_names.index(name)]


def posed(head, strengths: dict[str, float], corrected: bool = True) -> np.ndarray:
    values = dict.fromkeys(head.expression_names, 0.0) | strengths
    vertices = head.vertices + np.tensordot([values[n] for n in head.expression_names], head.expression_basis, 1)
    for corrective in correctives(head) if corrected else ():
        a, b = values[corrective.units[0]], values[corrective.units[-1]]
        c = closing(head.vertices, unit(head, corrective.units[0]), corrective.side) if corrective.side else 1.0
        vertices = vertices + eval(corrective.expression, {"a": a, "b": b, "c": c}) * corrective.offset
    return vertices


def gap(vertices: np.ndarray, side: str) -> np.ndarray:
    """Return how far the upper rim is above the lower one, millimetres; below 0 it covers it."""
    points = load_model().landmarks_478.points(vertices)
    return 1000 * (points[UPPER[side], 1] - points[LOWER[side], 1])


def depth_in_eye(head, vertices: np.ndarray, number: int) -> float:
    """Return how deep the lids are in the cornea at most, millimetres."""
    model, side = load_model(), SIDES[number]
    lids = model.regions["lids"] & (model.mean[:, 0] * (1 if side == "Left" else -1) > 0)
    cornea = np.unique(model.quads[model.quad_part == model.part_names.index(f"cornea_{side.lower()}")])
    lids, cornea = (vertices[part] - head.eye_centre[number] for part in (lids, cornea))
    far, reach = np.linalg.norm(lids, axis=1), np.linalg.norm(cornea, axis=1)
    cosine = (lids / far[:, None]) @ (cornea / reach[:, None]).T
    before_cornea = cosine.max(1) > np.cos(np.radians(6))
    return 1000 * float((reach[cosine.argmax(1)] - far)[before_cornea].max())


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "others",
    [(), ("eyeSquint",), ("eyeWide",), ("eyeLookDown",), ("eyeLookUp",), ("eyeSquint", "cheekSquint", "mouthSmile")],
    ids="+".join,
)
def test_a_closed_eye_stays_closed(head, side: str, others: tuple[str, ...]) -> None:
    blink = gap(posed(head, {f"eyeBlink{side}": 1.0}), side)
    together = gap(posed(head, {f"{name}{side}": 1.0 for name in ("eyeBlink", *others)}), side)
    assert together.max() < 0, "no slit"
    assert np.abs(together - blink).max() < 2.0, "and the lids do not cross further than in a blink"


@pytest.mark.parametrize("side", SIDES)
def test_a_whole_blink_just_closes_the_eye(head, side: str) -> None:
    rims = gap(posed(head, {f"eyeBlink{side}": 1.0}), side)
    assert rims.max() < -0.5 and rims.min() > -4.0


def test_without_correctives_it_would_not(head) -> None:
    blink, wide, squint = (
        gap(posed(head, {"eyeBlinkLeft": 1.0, other: 1.0}, False), "Left")
        for other in ("eyeBlinkLeft", "eyeWideLeft", "eyeSquintLeft")
    )
    assert wide.max() > blink.max() + 2 and squint.min() < blink.min() - 2


@pytest.mark.parametrize("number", [0, 1])
def test_half_closed_lids_go_around_the_eye(head, number: int) -> None:
    blink = f"eyeBlink{SIDES[number]}"
    ends = max(depth_in_eye(head, posed(head, {blink: value}), number) for value in (0.0, 1.0))
    for value in (0.25, 0.5, 0.75):
        straight, corrected = (
            depth_in_eye(head, posed(head, {blink: value}, corrected), number) for corrected in (False, True)
        )
        assert corrected < ends + 0.5 and corrected < straight, value


def test_open_eyes_are_not_touched(head) -> None:
    open_eyes = {"eyeSquintLeft": 1.0, "eyeLookDownRight": 1.0, "mouthSmileLeft": 1.0}
    assert np.array_equal(posed(head, open_eyes), posed(head, open_eyes, False))


def test_correctives_stay_near_their_eye(head) -> None:
    for corrective in correctives(head):
        number = 0 if corrective.units[0].endswith("Left") else 1
        moved = np.linalg.norm(corrective.offset, axis=1) > 1e-5
        assert moved.any()
        assert np.linalg.norm(head.vertices[moved] - head.eye_centre[number], axis=1).max() < 0.035
        eyes = [i for i, name in enumerate(head.part_names) if name.startswith(("eye", "cornea", "teeth"))]
        assert not moved[np.unique(head.quads[np.isin(head.quad_part, eyes)])].any()


def test_every_unit_has_a_slider_and_presets_know_only_units() -> None:
    units = [unit for group in GROUPS.values() for _, names in group for unit in sides(names)]
    assert sorted(units) == sorted(load_model().expression_names[:52])
    for name in PRESETS:
        assert set(preset(name)) <= set(units) and all(0 < value <= 1 for value in preset(name).values())


def test_mirroring_names() -> None:
    assert mirrored("jawLeft") == "jawRight" and mirrored("eyeLookInRight") == "eyeLookInLeft"
    assert mirrored("jawOpen") == "jawOpen"
    assert {mirrored(unit) for unit in load_model().expression_names} == set(load_model().expression_names)
