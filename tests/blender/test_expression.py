"""Expressions of a head in the scene: presets, neutral, mirror, as in the photo, keyframes, correctives."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from core.shape.correctives import PREFIX
from core.shape.expressions import GROUPS, PRESETS, preset
from core.shape.morphable import load_model


def values(head: bpy.types.Object) -> dict[str, float]:
    """Return the keys that are on, without the correctives."""
    keys = head.data.shape_keys.key_blocks
    return {key.name: key.value for key in keys[1:] if key.value and not key.name.startswith(PREFIX)}


def evaluated(head: bpy.types.Object) -> np.ndarray:
    mesh = head.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    points = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


def test_a_head_has_apples_52_names_neutral_first(head) -> None:
    names = [key.name for key in head.data.shape_keys.key_blocks]
    assert names[0] == "Basis" and tuple(names[1:53]) == load_model().expression_names
    assert values(head) == {"Photo": 1.0}


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_replaces_the_photos_expression(head, name: str) -> None:
    before = evaluated(head)
    assert bpy.ops.relit.expression_preset(preset=name) == {"FINISHED"}
    assert values(head) == pytest.approx(preset(name))
    assert np.abs(evaluated(head) - before).max() > 0.002


def test_amount_and_adding(head) -> None:
    bpy.ops.relit.expression_preset(preset="surprised", amount=0.5)
    assert values(head)["jawOpen"] == pytest.approx(0.5 * preset("surprised")["jawOpen"])
    bpy.ops.relit.expression_preset(preset="blink", add=True)
    assert {"jawOpen", "eyeBlinkLeft"} <= set(values(head))


def test_neutral_is_neutral(head, part) -> None:
    bpy.ops.relit.expression_preset(preset="laugh")
    assert bpy.ops.relit.expression_reset() == {"FINISHED"}
    assert values(head) == {}
    wanted = part("operators.head.mesh").to_blender(load_model().mean)
    assert np.abs(evaluated(head) - wanted).max() < 1e-6


def test_mirror_swaps_left_and_right(head) -> None:
    bpy.ops.relit.expression_preset(preset="wink")
    assert bpy.ops.relit.expression_mirror() == {"FINISHED"}
    assert values(head)["eyeBlinkRight"] == pytest.approx(1.0) and "eyeBlinkLeft" not in values(head)


def test_as_in_the_photo(head) -> None:
    photo = evaluated(head)
    bpy.ops.relit.expression_reset()
    assert bpy.ops.relit.expression_photo(photo=1) == {"FINISHED"}
    assert values(head) == pytest.approx({"jawOpen": 0.5})
    assert np.abs(evaluated(head) - photo).max() < 1e-5
    assert bpy.ops.relit.expression_photo(photo=2) == {"FINISHED"}
    assert values(head) == {}
    with pytest.raises(RuntimeError, match="has no photo 3; it has 2"):
        bpy.ops.relit.expression_photo(photo=3)


def test_keyframes_play_an_expression(head) -> None:
    scene = bpy.context.scene
    for frame, name in ((1, "smile"), (11, "surprised")):
        scene.frame_set(frame)
        bpy.ops.relit.expression_preset(preset=name)
        assert bpy.ops.relit.expression_key() == {"FINISHED"}
    scene.frame_set(6)
    assert 0.1 < head.data.shape_keys.key_blocks["jawOpen"].value < preset("surprised")["jawOpen"]
    scene.frame_set(1)
    assert values(head) == pytest.approx(preset("smile"), abs=1e-5)


def test_correctives_follow_their_units_without_python(head) -> None:
    keys = head.data.shape_keys
    drivers = keys.animation_data.drivers
    assert len(drivers) == 12 and all(curve.driver.is_valid for curve in drivers)
    assert all(curve.driver.is_simple_expression for curve in drivers), "they run where scripts are off"
    bpy.ops.relit.expression_reset()
    keys.key_blocks["eyeBlinkLeft"].value, keys.key_blocks["eyeSquintLeft"].value = 0.5, 1.0
    bpy.context.view_layer.update()
    now = keys.evaluated_get(bpy.context.evaluated_depsgraph_get()).key_blocks
    assert 0.8 < now[f"{PREFIX}eyeBlinkLeft"].value <= 1.0
    assert -0.25 < now[f"{PREFIX}eyeBlinkLeft end"].value < 0
    assert now[f"{PREFIX}eyeBlinkLeft eyeSquintLeft"].value == pytest.approx(0.5)
    assert now[f"{PREFIX}eyeBlinkRight"].value == 0


@pytest.mark.parametrize("opening", [-2.0, 0.0, 2.5])
def test_a_blink_closes_eyes_that_sliders_opened(head, opening: float) -> None:
    head.relit_shape.eye_opening = opening
    bpy.ops.relit.expression_reset()
    head.data.shape_keys.key_blocks["eyeBlinkLeft"].value = 1.0
    rims = load_model().landmarks_478.points(1000 * evaluated(head))[:, 2]
    assert -3.5 < (rims[[387, 386, 385]] - rims[[373, 374, 380]]).max() < -0.5


def test_a_copy_of_a_head_has_its_own_correctives(head) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    head.select_set(True)
    bpy.context.view_layer.objects.active = head
    bpy.ops.object.duplicate()
    copy = bpy.context.view_layer.objects.active
    targets = {
        target.id
        for curve in copy.data.shape_keys.animation_data.drivers
        for variable in curve.driver.variables
        for target in variable.targets
    }
    assert copy != head and targets == {copy.data.shape_keys}


def test_undo_is_exact(head) -> None:
    bpy.ops.ed.undo_push(message="loaded")
    name, before = head.name, values(head)
    bpy.ops.relit.expression_preset(preset="angry")
    bpy.ops.ed.undo_push(message="Expression")
    bpy.ops.ed.undo()
    assert values(bpy.data.objects[name]) == before


def test_the_panel_shows_presets_and_units(head, draw) -> None:
    seen = draw("RELIT_PT_expression")
    assert seen.operators.count("relit.expression_preset") == len(PRESETS)
    assert seen.operators.count("relit.expression_photo") == 2
    assert seen.properties.count("value") == 52 and all(group in seen.text for group in GROUPS)


@pytest.mark.parametrize(("search", "count"), [("smile", 2), ("jaw", 6), ("eyeLook", 8), ("look u", 2), ("xyz", 0)])
def test_search_narrows_the_sliders(head, draw, search: str, count: int) -> None:
    head.relit_expression.search = search
    assert draw("RELIT_PT_expression").properties.count("value") == count


def test_without_keys_it_is_refused_in_words(head, draw) -> None:
    head.shape_key_clear()
    assert not bpy.ops.relit.expression_preset.poll()
    assert "no shape keys" in draw("RELIT_PT_expression").text
