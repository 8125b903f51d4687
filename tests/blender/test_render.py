"""A loaded head in Cycles: there is skin in the picture, lit, and eyes that are not black."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

SIZE = 256
SAMPLES = 16


@pytest.fixture(scope="module")
def picture(request, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """The sample head in even white light, seen by its first photo's camera: [H, W, 4], row 0 at the top."""
    head_folder = request.getfixturevalue("head_folder")
    addon = request.getfixturevalue("addon")
    path = tmp_path_factory.mktemp("render") / "head.png"
    bpy.ops.wm.read_homefile(use_empty=True)
    import sys

    loaded = sys.modules[f"{addon.__name__}.operators.reconstruct.load_head"].load(head_folder, bpy.context.scene)
    loaded.object.data.shape_keys.key_blocks["Photo"].value = 0.0
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("White")
    if bpy.app.version < (5, 0, 0):
        scene.world.use_nodes = True
    background = next(node for node in scene.world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (1, 1, 1, 1)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.seed = SAMPLES, False, 0
    scene.render.resolution_percentage = 100 * SIZE // max(240, 320)
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return read(path)


def read(path: Path) -> np.ndarray:
    image = bpy.data.images.load(str(path))
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)[::-1]


def at(picture: np.ndarray, head_folder: Path, points: np.ndarray) -> np.ndarray:
    """The pixels [N, 4] where points [N, 3] of the head's frame are seen."""
    from core.camera import Camera
    from core.head import read_head

    head = read_head(head_folder)
    camera = Camera(head.focal_px[0], head.principal_px[0], 240, 320, head.camera_from_world[0])
    pixels = (camera.project(points)[0] * picture.shape[0] / 320).astype(int)
    return picture[pixels[:, 1], pixels[:, 0]]


def test_the_face_is_lit_skin(picture: np.ndarray, head_folder: Path) -> None:
    from core.shape.morphable import load_model

    model = load_model()
    front = model.regions["face"] & (model.mean[:, 2] > 0.0) & (np.abs(model.mean[:, 1] + 0.04) < 0.03)
    seen = at(picture, head_folder, model.mean[front])
    assert seen[:, 3].min() > 0.9
    # The sample's albedo is about 0.35 everywhere; white light from everywhere gives about that back.
    assert 0.35 < np.median(seen[:, :3]) < 0.85
    assert (seen[:, :3].max(1) > 0.1).mean() > 0.97, "no black patches"


def test_the_eyes_can_be_seen_through_the_cornea(picture: np.ndarray, head_folder: Path) -> None:
    from core.shape.morphable import load_model

    model = load_model()
    fronts = model.eye_centre + np.stack([np.zeros(2), np.zeros(2), model.eye_radius], axis=1)
    seen = at(picture, head_folder, fronts)
    assert seen[:, 3].min() > 0.9 and seen[:, :3].max(1).min() > 0.15


def test_there_is_nothing_beside_the_head(picture: np.ndarray) -> None:
    assert picture[:, :4, 3].max() == 0 and picture[:, -4:, 3].max() == 0
