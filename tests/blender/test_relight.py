"""Light presets: one at a time, following the head, leaving the artist's own light alone."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from core.render.photo_light import equirectangular, harmonic_planes

PRESETS = ("STUDIO", "WINDOW", "SUNSET", "RING", "ENVIRONMENT")


@pytest.fixture
def rig(part):
    return part("operators.light.light_rig")


def own_light() -> bpy.types.Object:
    light = bpy.data.objects.new("own", bpy.data.lights.new("own", "POINT"))
    bpy.context.scene.collection.objects.link(light)
    return light


def counts() -> dict[str, int]:
    return {name: len(getattr(bpy.data, name)) for name in ("objects", "lights", "worlds", "images", "collections")}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_lights_the_head_and_goes_again(head, rig, preset: str) -> None:
    scene, own = bpy.context.scene, own_light()
    scene.world = world = bpy.data.worlds.new("own")
    before = counts()
    assert bpy.ops.relit.light(preset=preset) == {"FINISHED"}
    assert scene.relit_light.preset == preset and scene.world != world
    assert preset == "ENVIRONMENT" or all(lamp.data.energy > 0 for lamp in rig.lamps_of(scene))
    assert bpy.ops.relit.remove_light() == {"FINISHED"}
    assert counts() == before and scene.world == world and own.name in bpy.data.objects
    assert not bpy.ops.relit.remove_light.poll()


@pytest.mark.parametrize("preset", PRESETS)
def test_in_eevee_lamps_reach_the_face_and_their_lines_do_not(head, rig, preset: str) -> None:
    scene = bpy.context.scene
    usual = scene.eevee.light_threshold
    bpy.ops.relit.light(preset=preset)
    for lamp in rig.lamps_of(scene):
        way = lamp.location.length
        if lamp.data.type == "SUN":
            line = rig.SUN_LINE * lamp.scale.z
        else:
            line, power = lamp.data.cutoff_distance, lamp.data.energy * max(lamp.data.color)
            reach = np.sqrt(power / 100 / scene.eevee.light_threshold)  # where EEVEE lets the light of a lamp end
            assert (1 - (way / reach) ** 4) ** 2 > 0.98, f"{lamp.name} is fainter than it should be"
        assert 0 < line < way - 0.25, f"the line of {lamp.name} ends on the face"
    bpy.ops.relit.remove_light()
    assert scene.eevee.light_threshold == usual


def test_the_next_preset_replaces_only_the_presets_lamps(head, rig) -> None:
    scene = bpy.context.scene
    for preset in PRESETS:
        bpy.ops.relit.light(preset=preset)
    after_all = counts()
    own = own_light()
    next(item for item in scene.collection.children if "relit_light" in item).objects.link(own)
    bpy.ops.relit.light(preset="STUDIO")
    assert {lamp.name for lamp in rig.lamps_of(scene)} == {"Key", "Fill", "Rim"} and own.name in bpy.data.objects
    assert after_all["worlds"] == 1 and len(bpy.data.worlds) == 1
    assert not [image for image in bpy.data.images if "relit_light" in image], "the environment's picture is gone"


def test_a_world_that_the_artist_chose_meanwhile_stays(head) -> None:
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("before")
    bpy.ops.relit.light(preset="ENVIRONMENT")
    scene.world = bpy.data.worlds.new("meanwhile")
    scene.relit_light.strength = 0.5
    bpy.ops.relit.remove_light()
    assert scene.world.name == "meanwhile" and not [world for world in bpy.data.worlds if "relit_light" in world]


def test_a_head_deleted_under_its_light_is_no_obstacle(head) -> None:
    scene = bpy.context.scene
    bpy.ops.relit.light(preset="ENVIRONMENT")
    bpy.data.objects.remove(head)
    scene.relit_light.strength, scene.relit_light.environment = 2.0, "city"
    assert bpy.ops.relit.remove_light() == {"FINISHED"} and not bpy.data.lights


def test_sliders_work_at_once(head, rig) -> None:
    scene = bpy.context.scene
    bpy.ops.relit.light(preset="STUDIO")
    key = scene.objects["Key"]
    power, colour, choice = key.data.energy, np.array(key.data.color), scene.relit_light
    choice.strength = 2.0
    assert key.data.energy == pytest.approx(2 * power)
    choice.warmth = 0.5
    warm = np.array(key.data.color)
    assert warm[0] / warm[2] > 1.5 * colour[0] / colour[2]
    luminance = np.array((0.2126, 0.7152, 0.0722))
    assert warm @ luminance == pytest.approx(colour @ luminance, rel=0.1)
    bpy.context.view_layer.update()
    place = key.matrix_world.translation.copy()
    choice.rotation = np.pi / 2
    bpy.context.view_layer.update()
    turned = key.matrix_world.translation
    assert turned.x == pytest.approx(-place.y, abs=1e-5) and turned.y == pytest.approx(place.x, abs=1e-5)


def test_lamps_follow_the_heads_place_and_size_but_not_its_turns(head, rig) -> None:
    scene = bpy.context.scene
    bpy.ops.relit.light(preset="STUDIO")
    key = scene.objects["Key"]
    bpy.context.view_layer.update()
    place, power = key.matrix_world.translation.copy(), key.data.energy
    head.location, head.scale, head.rotation_euler = (1.0, 2.0, 3.0), (2.0, 2.0, 2.0), (0, 0, 1.0)
    bpy.context.view_layer.update()
    assert np.allclose(key.matrix_world.translation, np.array(place) * 2 + (1, 2, 3), atol=1e-5)
    bpy.ops.relit.light(preset="STUDIO")
    assert scene.objects["Key"].data.energy == pytest.approx(4 * power)


def test_presets_are_one_undo_step(head) -> None:
    assert {"REGISTER", "UNDO"} <= bpy.types.RELIT_OT_light.bl_options
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.relit.light("EXEC_DEFAULT", True, preset="STUDIO")
    assert "Key" in bpy.context.scene.objects
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    assert "Key" not in scene.objects and scene.relit_light.preset == "" and not bpy.data.lights


def test_two_scenes_have_their_own_light(head, rig) -> None:
    first = bpy.context.scene
    bpy.ops.relit.light(preset="STUDIO")
    second = bpy.data.scenes.new("second")
    second.collection.objects.link(head)
    rig.apply(second, head, "RING")
    assert len(rig.lamps_of(first)) == 3 and len(rig.lamps_of(second)) == 12
    rig.remove(second)
    assert len(rig.lamps_of(first)) == 3


def test_the_photos_light_shines_from_where_the_photo_had_it(head, rig, monkeypatch) -> None:
    lamp = np.array([0.6, 0.3, 0.74])  # core's axes: from the person's left, above, before
    sh = np.zeros((25, 3))
    sh[0] = np.sqrt(4 * np.pi)
    sh[:9] += 2.0 * np.stack(harmonic_planes(*lamp, 2))[:, None] * (1.0, 0.8, 0.5)
    monkeypatch.setattr(rig, "read_head", lambda path: type("H", (), {"fit": {"lighting": [sh.tolist()]}}))
    assert bpy.ops.relit.light(preset="PHOTO") == {"FINISHED"}
    image = bpy.context.scene.world.node_tree.nodes["Environment"].image
    values = np.empty(4 * image.size[0] * image.size[1], np.float32)
    image.pixels.foreach_get(values)
    values = values.reshape(image.size[1], image.size[0], 4)
    assert values[..., :3].min() >= 0 and image.packed_file is not None
    directions, _ = equirectangular(*image.size)
    brightest = directions[np.unravel_index(values[..., 0].argmax(), values.shape[:2])]
    assert brightest @ np.array([0.6, -0.74, 0.3]) > 0.97, "Blender's axes: the face looks to -Y"


def test_a_head_without_known_light_says_so(head) -> None:
    before = counts()
    with pytest.raises(RuntimeError, match="no light of photo 1"):
        bpy.ops.relit.light(preset="PHOTO")
    assert counts() == before


def test_the_panel_offers_presets_and_then_their_sliders(head, draw) -> None:
    seen = draw("RELIT_PT_light")
    assert seen.operators.count("relit.light") == 6 and "strength" not in seen.properties
    bpy.ops.relit.light(preset="ENVIRONMENT")
    seen = draw("RELIT_PT_light")
    assert {"environment", "strength", "rotation", "warmth"} <= set(seen.properties)
    assert "relit.remove_light" in seen.operators


def test_the_environment_changes_while_it_is_on(head) -> None:
    scene = bpy.context.scene
    bpy.ops.relit.light(preset="ENVIRONMENT")
    scene.relit_light.environment = "sunset"
    assert "sunset" in scene.world.node_tree.nodes["Environment"].image.name
    assert len([image for image in bpy.data.images if "relit_light" in image]) == 1


def test_view_transform_and_eevee_can_be_set_in_one_click(head) -> None:
    scene = bpy.context.scene
    assert bpy.ops.relit.view_transform(transform="Standard") == {"FINISHED"}
    assert scene.view_settings.view_transform == "Standard"
    assert bpy.ops.relit.match_cycles() == {"FINISHED"}
    assert scene.eevee.use_raytracing
