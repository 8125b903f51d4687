"""Photo beside render: the wipe, the modes, the matched camera, and a scene that stays as it is."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from core.camera import Camera


@pytest.fixture
def compared(part):
    """A comparison of a red photo and a render that covers its right half in green."""
    module = part("operators.light.comparison")
    red, green = np.tile(np.float32([1, 0, 0, 1]), (6, 8, 1)), np.tile(np.float32([0, 1, 0, 1]), (6, 8, 1))
    green[:, :4, 3] = 0
    images = []
    for values in (red, green):
        image = bpy.data.images.new("picture", 8, 6, alpha=True)
        image.pixels.foreach_set(values.ravel())
        images.append(image)
    module.comparison.take(*images)
    yield module.comparison
    module.comparison.clear()
    if bpy.app.timers.is_registered(module._flicker):
        bpy.app.timers.unregister(module._flicker)


def shown() -> np.ndarray:
    image = bpy.data.images["Relit Compare"]
    values = np.empty(4 * image.size[0] * image.size[1], np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)[..., :3]


def test_the_wipe_moves_the_border(compared) -> None:
    choice = bpy.context.scene.relit_compare
    choice.mode, choice.wipe = "WIPE", 0.0
    assert np.allclose(shown()[0, 6], (0, 1, 0)) and np.allclose(shown()[0, 1], (1, 0, 0)), "no head there: the photo"
    choice.wipe = 1.0
    assert np.allclose(shown(), (1, 0, 0))
    choice.wipe = 0.75
    assert np.allclose(shown()[0, 4], (1, 0, 0)) and np.allclose(shown()[0, 7], (0, 1, 0))
    assert shown()[0, 6].min() > 0.8, "the line"


def test_difference_and_flicker(compared) -> None:
    choice = bpy.context.scene.relit_compare
    choice.gain, choice.mode = 1.0, "DIFFERENCE"
    assert np.allclose(shown()[0, 7], (1, 1, 0)) and not shown()[0, 0].any()
    choice.mode = "FLICKER"
    first = shown().copy()
    assert compared.flicker(choice) > 0 and not np.allclose(shown(), first)
    choice.mode = "WIPE"
    assert compared.flicker(choice) is None
    assert compared.difference > 100, "red and green are far apart"


def test_the_matched_camera_is_rendered_and_shown(head, render, part, monkeypatch) -> None:
    monkeypatch.setattr(part("operators.light.compare"), "SAMPLES", 1)
    scene, choice = bpy.context.scene, bpy.context.scene.relit_compare
    choice.size, choice.light = 64, "SCENE"
    bpy.ops.relit.light(preset="ENVIRONMENT")
    before = (scene.camera, scene.render.engine, scene.render.resolution_x, len(bpy.data.objects), len(bpy.data.images))
    assert bpy.ops.relit.compare() == {"FINISHED"}
    end = time.monotonic() + 60
    while render.pump() is not None and time.monotonic() < end:
        time.sleep(0.1)
    assert not render.problem
    image = bpy.data.images["Relit Compare"]
    assert max(image.size) in range(62, 67), "the face fills the picture"
    after = (scene.camera, scene.render.engine, scene.render.resolution_x, len(bpy.data.objects), len(bpy.data.images))
    assert after == (*before[:4], before[4] + 1)
    choice.mode, choice.wipe = "WIPE", 0.0
    assert np.abs(shown()[image.size[1] // 2, image.size[0] // 2] - 90 / 255).max() > 0.02, "a face, not the grey photo"
    assert part("operators.light.comparison").comparison.difference > 0
    part("operators.light.comparison").comparison.clear()


def test_without_the_photos_light_it_says_so(head, render) -> None:
    images = len(bpy.data.images)
    with pytest.raises(RuntimeError, match="no light of photo 1"):
        bpy.ops.relit.compare()
    assert not render.active and len(bpy.data.images) == images


def test_a_photo_that_is_not_there_greys_the_button(head) -> None:
    bpy.context.scene.relit_compare.photo = 7
    assert not bpy.ops.relit.compare.poll() and not bpy.ops.relit.look_through_photo.poll()


def test_looking_through_a_photo_keeps_the_scenes_camera(head, part) -> None:
    scene = bpy.context.scene
    scene.relit_compare.photo = 2
    camera = scene.camera
    assert bpy.ops.relit.look_through_photo() == {"FINISHED"}
    assert scene.camera == camera
    background = part("operators.head.camera").photo_camera(head, 2).data.background_images[0]
    assert background.display_depth == "FRONT" and background.alpha <= 0.5


@pytest.mark.parametrize("frame", [(1920, 1080), (240, 320), (200, 500)])
def test_the_photo_lies_on_the_head_in_any_frame(head, part, head_folder: Path, frame: tuple[int, int]) -> None:
    scene, cameras = bpy.context.scene, part("operators.head.camera")
    known = part("core.head").read_head(head_folder)
    camera = cameras.photo_camera(head, 2)
    for size in ((1920, 1080), frame):  # there and back
        scene.render.resolution_x, scene.render.resolution_y = size
        cameras.show_whole_photo(camera, scene)
    bpy.context.view_layer.update()
    width, height = known.image_size[1].tolist()
    pinhole = Camera(known.focal_px[1], known.principal_px[1], width, height, known.camera_from_world[1])
    chosen = known.vertices[::997]
    scale = min(frame[0] / width, frame[1] / height)  # as the background is fitted into the frame
    centred = (pinhole.project(chosen)[0] - (width / 2, height / 2)) * scale
    points = chosen @ part("operators.head.mesh").BLENDER_FROM_CORE.T
    seen = [world_to_camera_view(scene, camera, Vector(point.tolist()))[:2] for point in points]
    drawn = (np.array(seen) - 0.5) * (frame[0], -frame[1])
    assert np.abs(drawn - centred).max() < 0.5


def test_the_wipe_begins_on_the_head(compared) -> None:
    cover = compared._cover
    cover[:] = 0
    cover[:, -1] = 1
    assert compared.middle > 0.9
    cover[:] = 0
    assert compared.middle == 0.5, "no head in the picture"


def test_the_panel_offers_the_wipe_once_there_is_a_render(head, draw, compared) -> None:
    seen = draw("RELIT_PT_compare")
    assert {"wipe", "mode", "alpha"} <= set(seen.properties) and "difference on the face" in " ".join(seen.text.split())
    compared.clear()
    seen = draw("RELIT_PT_compare")
    assert "wipe" not in seen.properties and seen.operators == ["relit.compare", "relit.look_through_photo"]


def test_the_line_follows_the_mouse_over_the_picture(compared, part) -> None:
    gizmo = part("operators.light.wipe_gizmo")
    scene = bpy.context.scene
    view = SimpleNamespace(region_to_view=lambda x, y: (x / 100, y / 100))
    context = SimpleNamespace(scene=scene, region=SimpleNamespace(view2d=view))
    assert gizmo.RELIT_GT_wipe.test_select(None, context, (50, 50)) == 0
    assert gizmo.RELIT_GT_wipe.test_select(None, context, (150, 50)) == -1
    gizmo.RELIT_GT_wipe.modal(None, context, SimpleNamespace(mouse_region_x=30, mouse_region_y=5), set())
    assert scene.relit_compare.wipe == pytest.approx(0.3)
    context.space_data = SimpleNamespace(image=compared.show(scene.relit_compare))
    assert gizmo.RELIT_GGT_wipe.poll(context)
    scene.relit_compare.mode = "DIFFERENCE"
    assert not gizmo.RELIT_GGT_wipe.poll(context)


def test_the_face_is_found_in_the_photo(head, part, head_folder: Path) -> None:
    face, cameras = part("operators.light.face_in_photo"), part("operators.head.camera")
    known = part("core.head").read_head(head_folder)
    width, height = known.image_size[0].tolist()
    bpy.context.view_layer.update()
    places = face.places_in_photo(head, cameras.photo_camera(head, 1), "Photo", (width, height))
    pinhole = Camera(known.focal_px[0], known.principal_px[0], width, height, known.camera_from_world[0])
    expected = pinhole.project(known.posed_vertices(0))[0] / (width, height)
    assert np.abs(places - (expected * (1, -1) + (0, 1))).max() < 0.002
    region = known.regions["face"]
    box = face.face_box(places, region)
    assert 0 <= box.left < places[region, 0].min() and box.right > places[region, 0].max()
    for name, value in (("relit_mirrored", 0.0), ("relit_invented", 0.0)):
        head.data.attributes[name].data.foreach_set("value", np.full(len(head.data.vertices), value, np.float32))
    seen = face.seen_skin(head, places, box, (80, 100))
    assert 0.15 < seen.mean() < 0.7
    nose = known.vertices[:, 2].argmax()
    column, row = ((places[nose] - box[:2]) / (box.right - box.left, box.top - box.bottom) * (80, 100)).astype(int)
    assert seen[row, column]
    full = np.ones(len(head.data.vertices), np.float32)
    head.data.attributes["relit_invented"].data.foreach_set("value", full)
    assert not face.seen_skin(head, places, box, (80, 100)).any(), "nothing was seen"
