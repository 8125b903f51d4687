"""A second reconstruction: it replaces the head that is there or stands beside it, as chosen."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Matrix


@pytest.fixture
def fit(part):
    return part("operators.reconstruct.fit")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "ada.jpg"
    path.write_bytes(b"not read in this test")
    return str(path)


@pytest.fixture
def heads(head_folder: Path, photo: str, tmp_path: Path) -> tuple[Path, Path]:
    """Two heads from the same photo; the second one has a longer face, other maps and only one photo."""
    folders = tuple(Path(shutil.copytree(head_folder, tmp_path / name)) for name in ("first", "second"))
    for number, folder in enumerate(folders):
        record = json.loads((folder / "fit.json").read_text())
        record |= {"photos": [{"path": photo, "sha256": ""}], "warnings": ["The face is small."]}
        record["identity"][0] = 2.0 * number
        (folder / "fit.json").write_text(json.dumps(record))
    with np.load(folders[1] / "head.npz") as archive:
        arrays = dict(archive)
    for name in ("photo_expression", "camera_from_world", "focal_px", "principal_px", "image_size"):
        arrays[name] = arrays[name][:1]
    arrays["focal_px"] = arrays["focal_px"] * 2
    np.savez(folders[1] / "head.npz", **arrays)
    return folders


@pytest.fixture
def first(part, heads) -> bpy.types.Object:
    """The first head in the scene, with all that an artist may have done to it."""
    loaded = part("operators.reconstruct.load_head").load(heads[0], bpy.context.scene)
    head = loaded.object
    head.name = "Ada"
    head.matrix_world = Matrix.Translation((1.0, 2.0, 0.0))
    head.modifiers.new("Smoother", "SUBSURF")
    head.vertex_groups.new(name="beard").add([7], 0.5, "REPLACE")
    head.shape_key_add(name="my own", from_mix=False)
    head.data.shape_keys.key_blocks["jawOpen"].value = 0.25
    skin = head.material_slots[0].material
    skin.name = "My skin"
    skin.node_tree.nodes.new("ShaderNodeHueSaturation").name = "artist's"
    bpy.context.view_layer.update()
    return head


def basis(head: bpy.types.Object) -> np.ndarray:
    points = head.data.shape_keys.reference_key.points
    values = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", values)
    return values.reshape(-1, 3)


def deliver(fit, folder: Path, photos: tuple[str, ...]) -> None:
    assert fit.deliver(str(folder), fit.Destination.of(bpy.context, photos))


def test_again_replaces_the_head_and_keeps_what_the_artist_made(fit, part, first, heads, photo) -> None:
    before, mesh = basis(first), first.data
    deliver(fit, heads[1], (photo,))
    assert [other for other in bpy.context.scene.objects if other.type == "MESH"] == [first]
    assert (first.name, first.data, first.relit.folder) == ("Ada", mesh, str(heads[1]))
    assert first.matrix_world.translation[:] == (1.0, 2.0, 0.0)
    assert [modifier.name for modifier in first.modifiers] == ["Smoother"]
    assert first.vertex_groups["beard"].weight(7) == 0.5
    keys = first.data.shape_keys.key_blocks
    assert "my own" in keys and keys["jawOpen"].value == 0.25 and "Photo" in keys and "Photo 2" not in keys
    assert np.abs(basis(first) - before).max() > 1e-3, "the shape is the new one"
    assert part("operators.head.head_shape").coefficients(first)[0] == 2.0
    skin = first.material_slots[0].material
    assert skin.name == "My skin" and "artist's" in skin.node_tree.nodes
    assert part("operators.jobs.run").run.notes == ("The face is small.",)
    assert part("operators.jobs.run").run.notice.startswith("Ada was replaced")


def test_the_materials_show_the_new_maps_and_the_cameras_the_new_view(fit, first, heads, photo) -> None:
    def pictures() -> set[str]:
        trees = [slot.material.node_tree for slot in first.material_slots]
        trees += [node.node_tree for tree in list(trees) for node in tree.nodes if node.type == "GROUP"]
        images = [node.image for tree in trees for node in tree.nodes if getattr(node, "image", None)]
        return {bpy.path.abspath(image.filepath) for image in images if image.filepath}

    assert str(heads[0] / "diffuse_albedo.png") in pictures()
    cameras = {other.name: other for other in bpy.data.objects if other.type == "CAMERA"}
    lens = bpy.context.scene.camera.data.lens
    deliver(fit, heads[1], (photo,))
    assert str(heads[1] / "diffuse_albedo.png") in pictures()
    assert not [path for path in pictures() if str(heads[0]) in path]
    (camera,) = [other for other in bpy.data.objects if other.type == "CAMERA"]
    assert camera == bpy.context.scene.camera and camera.name in cameras
    assert camera.data.lens == pytest.approx(2 * lens)
    assert camera.matrix_world.translation.x > 0.5, "it looks at where the head stands"


def test_materials_of_the_artists_own_stay_as_they_are(fit, first, heads, photo) -> None:
    own = bpy.data.materials.new("Toon")
    first.material_slots[0].material = own
    deliver(fit, heads[1], (photo,))
    assert first.material_slots[0].material == own


def test_nothing_is_left_over_after_many_replacements(fit, part, first, heads, photo) -> None:
    def counts() -> dict[str, int]:
        kinds = ("objects", "meshes", "materials", "images", "cameras", "collections", "node_groups", "shape_keys")
        return {kind: len(getattr(bpy.data, kind)) for kind in kinds}

    deliver(fit, heads[1], (photo,))
    before = counts()
    for _ in range(2):
        deliver(fit, heads[1], (photo,))
    assert counts() == before


@pytest.mark.parametrize("where", ["layer", "map"])
def test_paint_is_carried_over_and_undone(fit, part, first, heads, photo, where: str) -> None:
    """Paint in its layer, and paint on the diffuse map itself."""
    skin_maps, paint_layer = part("operators.skin.skin_maps"), part("operators.skin.paint_layer")
    diffuse = skin_maps.images_of(first)["diffuse_albedo"]
    if where == "layer":
        layer = paint_layer.ensure_layer(first)
        pixels = skin_maps.read(layer)
        pixels[3:6, 3:6] = (255, 0, 0, 255)
        paint_layer.put_layer(layer, pixels)
    else:
        pixels = skin_maps.read(diffuse)
        pixels[3:6, 3:6, :3] = (255, 0, 0)
        skin_maps.put(diffuse, pixels)
    bpy.ops.ed.undo_push(message="painted")
    deliver(fit, heads[1], (photo,))
    head = bpy.data.objects["Ada"]
    assert skin_maps.read(head.relit_paint.layer)[4, 4].tolist() == [255, 0, 0, 255]
    assert skin_maps.read(head.relit_paint.layer)[20, 20, 3] == 0
    assert Path(skin_maps.images_of(head)["diffuse_albedo"].filepath).parent == heads[1]
    bpy.ops.ed.undo()
    head = bpy.data.objects["Ada"]
    shown = skin_maps.images_of(head)["diffuse_albedo"] if where == "map" else head.relit_paint.layer
    assert skin_maps.read(shown)[4, 4, :3].tolist() == [255, 0, 0]
    assert head.relit.folder == str(heads[0])


def test_sliders_of_shape_are_carried_over(fit, part, first, heads, photo) -> None:
    head_shape = part("operators.head.head_shape")
    changed = head_shape.coefficients(first)
    changed[1] += 1.5
    head_shape.set_identity(first, changed)
    deliver(fit, heads[1], (photo,))
    assert head_shape.coefficients(first)[:2].tolist() == [2.0, 1.5]
    assert head_shape.reconstructed(first)[:2].tolist() == [2.0, 0.0]


def test_a_head_of_another_shape_model_gives_its_whole_mesh(fit, first, heads, photo) -> None:
    record = json.loads((heads[1] / "fit.json").read_text())
    record["versions"]["shape_model"] = "another"
    (heads[1] / "fit.json").write_text(json.dumps(record))
    mesh, skin = first.data, first.material_slots[0].material
    deliver(fit, heads[1], (photo,))
    assert first.data != mesh and first.name == "Ada" and first.modifiers
    assert first.material_slots[0].material == skin


def test_other_photos_are_another_person(fit, first, heads) -> None:
    deliver(fit, heads[1], ("/photos/bob.jpg",))
    assert len([other for other in bpy.context.scene.objects if other.type == "MESH"]) == 2
    assert first.relit.folder == str(heads[0])


def test_added_heads_stand_side_by_side_with_their_cameras(fit, part, heads, photo) -> None:
    bpy.context.scene.relit.when_done = "ADD"
    for _ in range(3):
        deliver(fit, heads[0], (photo,))
    meshes = [other for other in bpy.context.scene.objects if other.type == "MESH"]
    assert sorted(round(other.matrix_world.translation.x, 2) for other in meshes) == [0.0, 0.35, 0.7]
    cameras = [other for other in bpy.context.scene.objects if "Photo 1" in other.name]
    xs = sorted(round(other.matrix_world.translation.x - cameras[0].matrix_world.translation.x, 2) for other in cameras)
    assert xs == [0.0, 0.35, 0.7]


def test_a_head_that_is_gone_by_then_is_added_and_said(fit, part, first, heads, photo) -> None:
    destination = fit.Destination.of(bpy.context, (photo,))
    bpy.data.objects.remove(first)
    assert fit.deliver(str(heads[1]), destination)
    assert "is gone; the new one was added" in part("operators.jobs.run").run.notice
    assert "second" in bpy.data.objects


def test_replacing_is_one_undo_step(fit, first, heads, photo) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = basis(first)
    deliver(fit, heads[1], (photo,))
    after = basis(bpy.data.objects["Ada"])
    bpy.ops.ed.undo()
    head = bpy.data.objects["Ada"]
    assert head.relit.folder == str(heads[0]) and (basis(head) == before).all()
    bpy.ops.ed.redo()
    assert (basis(bpy.data.objects["Ada"]) == after).all()


def test_it_is_found_again_after_undo_and_a_new_name(fit, first, heads, photo) -> None:
    bpy.ops.ed.undo_push(message="one")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.ed.undo_push(message="two")
    bpy.context.view_layer.objects.active = bpy.data.objects["Ada"]
    destination = fit.Destination.of(bpy.context, (photo,))
    bpy.ops.ed.undo()
    bpy.data.objects["Ada"].name = "Augusta"
    assert fit.deliver(str(heads[1]), destination)
    assert bpy.data.objects["Augusta"].relit.folder == str(heads[1])


def test_what_was_selected_stays_selected(fit, first, heads, photo) -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    destination = fit.Destination(bpy.context.scene.session_uid, first.session_uid)
    assert fit.deliver(str(heads[1]), destination)
    assert bpy.context.view_layer.objects.active == cube and cube.select_get() and not first.select_get()


def test_a_damaged_head_changes_nothing(fit, part, first, heads, photo) -> None:
    (heads[1] / "head.npz").write_bytes(b"damaged")
    before, objects = basis(first), sorted(bpy.data.objects.keys())
    with pytest.raises(part("core.errors").FitError):
        deliver(fit, heads[1], (photo,))
    assert (basis(first) == before).all() and sorted(bpy.data.objects.keys()) == objects


def test_the_panel_shows_quality_size_duration_and_what_becomes_of_the_head(draw, preferences, first) -> None:
    preferences.python = sys.executable
    seen = draw("RELIT_PT_fit")
    assert seen.operators == ["relit.fit"] and seen.properties == ["quality", "map_size", "when_done"]
    bpy.context.scene.relit.quality, bpy.context.scene.relit.map_size = "best", "4096"
    assert "about" in seen.text and draw("RELIT_PT_fit").text != seen.text


def test_notes_are_shown_in_words(draw, part, preferences) -> None:
    preferences.python = sys.executable
    run = part("operators.jobs.run").run
    run.notice, run.notes = "Done.", ("The face is small.", "lisa2.jpg was left out.")
    text = draw("RELIT_PT_fit").text
    assert "Notes (2)" in text and "lisa2.jpg was left out." in text


def test_the_status_bar_shows_a_running_job_and_nothing_else(part, draw, monkeypatch) -> None:
    run, status_bar = part("operators.jobs.run").run, part("panels.status_bar")
    recorder = sys.modules[draw.__module__].Recorder
    seen = SimpleNamespace(text="", operators=[], properties=[], pictures=0)
    status_bar.draw(SimpleNamespace(layout=recorder(seen)), bpy.context)
    assert not seen.text
    job = SimpleNamespace(poll=list, over=False, cancel=lambda: None, close=lambda: None)
    run.start("reconstruct", job, lambda head: True, expected=40.0)
    run.stage = "Fitting the shape"
    status_bar.draw(SimpleNamespace(layout=recorder(seen)), bpy.context)
    assert "Relit: Fitting the shape, 0%, about 40 s left" in seen.text and seen.operators == ["relit.cancel"]


def test_a_finished_run_teaches_the_pace(fit, part, heads, photo, monkeypatch, tmp_path) -> None:
    pace = part("operators.jobs.time_left").Pace(tmp_path / "pace.json")
    monkeypatch.setattr(fit, "pace", lambda: pace)
    before = fit.estimate(bpy.context.scene.relit)
    part("operators.jobs.run").run.seconds = 40.0
    assert fit.deliver(str(heads[0]), fit.Destination.of(bpy.context, (photo,)), expected=10.0)
    assert fit.estimate(bpy.context.scene.relit) == pytest.approx(4 * before)
