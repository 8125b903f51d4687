"""A head folder in the scene: geometry, shape keys, materials, cameras, and what happens to bad folders."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from core.camera import Camera
from core.head import read_head
from core.shape.morphable import load_model

ARKIT_COUNT = 52
SECONDS = 10.0


@pytest.fixture
def loaded(part, head_folder: Path):
    return part("operators.reconstruct.load_head").load(head_folder, bpy.context.scene)


def vertices_of(item: bpy.types.Object, key: str = "Basis") -> np.ndarray:
    points = item.data.shape_keys.key_blocks[key].data
    values = np.empty(3 * len(points), np.float32)
    points.foreach_get("co", values)
    return values.reshape(-1, 3)


def data_counts() -> dict[str, int]:
    names = ("objects", "meshes", "materials", "images", "cameras", "collections")
    return {name: len(getattr(bpy.data, name)) for name in names}


def test_the_operator_loads_a_head_quickly(head_folder: Path, record_property) -> None:
    started = time.perf_counter()
    assert bpy.ops.relit.load_head(directory=str(head_folder)) == {"FINISHED"}
    seconds = time.perf_counter() - started
    record_property("load_head_seconds", round(seconds, 2))
    print(f"load_head: {seconds:.2f} s")
    assert seconds < SECONDS
    assert bpy.context.view_layer.objects.active.name == "sample"
    assert bpy.data.collections["sample"].name in bpy.context.scene.collection.children


def test_the_mesh_is_made_of_quads_in_metres_with_z_up(loaded) -> None:
    mesh, model = loaded.object.data, load_model()
    assert {len(polygon.vertices) for polygon in mesh.polygons} == {4}
    assert len(mesh.vertices) == len(model.mean) and not mesh.validate(verbose=True)
    width, depth, height = np.ptp(vertices_of(loaded.object), axis=0)
    assert 0.2 < height < 0.45 and 0.12 < width < 0.4 and 0.12 < depth < 0.4
    skin = vertices_of(loaded.object)[model.regions["face"]]
    scalp = vertices_of(loaded.object)[model.regions["scalp"]]
    assert scalp[:, 2].mean() > skin[:, 2].mean() + 0.03, "the scalp is above the face"
    assert skin[:, 1].mean() < scalp[:, 1].mean() - 0.03, "the face looks to -Y"
    left = load_model().eye_centre[0]
    assert left[0] > 0, "+X is the person's left in both frames"
    assert np.allclose(vertices_of(loaded.object)[:, 0], model.mean[:, 0], atol=1e-7)


def test_faces_look_outwards(loaded) -> None:
    mesh, model = loaded.object.data, load_model()
    face = np.array([model.regions["face"][list(polygon.vertices)].all() for polygon in mesh.polygons])
    normals = np.array([polygon.normal[:] for polygon in mesh.polygons])[face]
    assert (normals[:, 1] < 0).mean() > 0.6 and normals[:, 1].mean() < -0.2


def test_the_surface_is_smooth(loaded) -> None:
    assert all(polygon.use_smooth for polygon in loaded.object.data.polygons)


def test_uvs_are_those_of_the_head(loaded) -> None:
    mesh = loaded.object.data
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers["UVMap"].uv.foreach_get("vector", uv)
    assert np.array_equal(uv.reshape(-1, 4, 2), loaded.head.uv)
    assert mesh.uv_layers.active.name == "UVMap" and mesh.uv_layers["UVMap"].active_render


def test_shape_keys_are_the_expressions_and_the_photos(loaded) -> None:
    keys = loaded.object.data.shape_keys.key_blocks
    names = [key.name for key in keys]
    count = len(loaded.head.expression_names)
    assert names[0] == "Basis" and loaded.object.data.shape_keys.reference_key.name == "Basis"
    assert tuple(names[1 : 1 + count]) == loaded.head.expression_names and count >= ARKIT_COUNT
    assert {"jawOpen", "eyeBlinkLeft", "mouthSmileRight", "browInnerUp"} <= set(names)
    assert names[1 + count : 3 + count] == ["Photo", "Photo 2"]
    assert all(name.startswith("corrective ") for name in names[3 + count :])
    assert [key.name for key in keys if key.value != 0 and key != keys[0]] == ["Photo"]


def test_an_expression_moves_what_the_head_says(loaded, part) -> None:
    index = loaded.head.expression_names.index("jawOpen")
    moved = vertices_of(loaded.object, "jawOpen") - vertices_of(loaded.object)
    expected = part("operators.head.mesh").to_blender(loaded.head.expression_basis[index])
    assert np.abs(moved - expected).max() < 1e-6
    assert moved[:, 2].min() < -0.01, "the jaw goes down"


def test_regions_are_vertex_groups(loaded) -> None:
    groups = loaded.object.vertex_groups
    assert {group.name for group in groups} == set(loaded.head.regions)
    lips = groups["lips"].index
    members = [v.index for v in loaded.object.data.vertices if any(g.group == lips for g in v.groups)]
    assert members == np.flatnonzero(loaded.head.regions["lips"]).tolist()


def shader(material: bpy.types.Material) -> bpy.types.Node:
    return next(node for node in material.node_tree.nodes if node.type in {"BSDF_PRINCIPLED", "GROUP"})


def picture_at(socket: bpy.types.NodeSocket) -> bpy.types.Image:
    return socket.links[0].from_node.image


def material_of(loaded, kind: str) -> bpy.types.Material:
    return loaded.object.data.materials[f"sample {kind}"]


@pytest.mark.parametrize(
    ("kind", "socket", "file", "space"),
    [
        ("Skin", "Diffuse", "diffuse_albedo.png", "sRGB"),
        ("Skin", "Specular", "specular_albedo.png", "Non-Color"),
        ("Skin", "Roughness", "roughness.png", "Non-Color"),
        ("Skin", "Normal", "normal.png", "Non-Color"),
        ("Eye", "Base Color", "eye_albedo.png", "sRGB"),
    ],
)
def test_maps_are_linked_with_their_colour_space(loaded, kind: str, socket: str, file: str, space: str) -> None:
    image = picture_at(shader(material_of(loaded, kind)).inputs[socket])
    assert image.name.startswith(Path(file).stem) and image.colorspace_settings.name == space
    assert image.size[0] > 0 and image.packed_file is not None


def test_every_part_has_its_material_and_every_material_an_output(loaded) -> None:
    mesh, head = loaded.object.data, loaded.head
    for polygon, part_number in zip(mesh.polygons, head.quad_part.tolist()):
        kind = head.part_names[part_number].split("_")[0].capitalize()
        assert mesh.materials[polygon.material_index].name == f"sample {kind}"
    for material in mesh.materials:
        output = next(node for node in material.node_tree.nodes if node.type == "OUTPUT_MATERIAL")
        assert output.inputs["Surface"].is_linked


def test_the_lashes_hairs_run_from_the_lid_to_the_tips(loaded) -> None:
    mesh, head = loaded.object.data, loaded.head
    uv = np.empty(2 * len(mesh.loops), np.float32)
    mesh.uv_layers["Lashes"].uv.foreach_get("vector", uv)
    uv = uv.reshape(-1, 4, 2)
    lashes = head.quad_part == head.part_names.index("lashes_left")
    distance = np.linalg.norm(head.vertices[head.quads[lashes]] - head.eye_centre[0], axis=-1)
    upper = uv[lashes][..., 1] > 0.5
    assert np.corrcoef(uv[lashes][..., 1][upper], distance[upper])[0, 1] > 0.6
    assert not uv[head.quad_part == 0].any()
    alpha = picture_at(shader(material_of(loaded, "Lashes")).inputs["Alpha"])
    values = np.empty(4 * alpha.size[0] * alpha.size[1], np.float32)
    alpha.pixels.foreach_get(values)
    cover = values.reshape(alpha.size[1], alpha.size[0], 4)[..., 0]
    assert 0.05 < cover.mean() < 0.4, "some hair, some gaps"
    assert cover[-4:].max() == 0, "hairs end before the strip does"


@pytest.mark.parametrize("photo", [0, 1])
def test_cameras_see_vertices_where_the_photo_does(loaded, photo: int) -> None:
    scene, head = bpy.context.scene, loaded.head
    width, height = head.image_size[photo].tolist()
    scene.render.resolution_x, scene.render.resolution_y = width, height
    bpy.context.view_layer.update()
    camera = Camera(head.focal_px[photo], head.principal_px[photo], width, height, head.camera_from_world[photo])
    expected = camera.project(head.vertices)[0]
    chosen = np.arange(0, len(head.vertices), 97)
    points = vertices_of(loaded.object)[chosen]
    seen = np.array(
        [world_to_camera_view(scene, loaded.cameras[photo], Vector(point.tolist()))[:2] for point in points]
    )
    pixels = np.stack([seen[:, 0] * width, (1 - seen[:, 1]) * height], axis=1)
    assert np.abs(pixels - expected[chosen]).max() < 0.5


def test_cameras_have_their_photo_as_background(loaded) -> None:
    for number, camera in enumerate(loaded.cameras):
        assert camera.data.show_background_images
        assert camera.data.background_images[0].image.name.startswith(f"photo_{number}")
        assert tuple(camera.data.background_images[0].image.size) == (240, 320)


def test_an_empty_scene_is_framed_like_the_photo(loaded) -> None:
    scene = bpy.context.scene
    assert scene.camera == loaded.cameras[0]
    assert (scene.render.resolution_x, scene.render.resolution_y) == (240, 320)


def test_a_scene_with_a_camera_keeps_it(part, head_folder: Path) -> None:
    scene = bpy.context.scene
    own = bpy.data.objects.new("own", bpy.data.cameras.new("own"))
    scene.collection.objects.link(own)
    scene.camera, scene.render.resolution_x = own, 1234
    part("operators.reconstruct.load_head").load(head_folder, scene)
    assert scene.camera == own and scene.render.resolution_x == 1234


def test_without_cameras_none_is_added(part, head_folder: Path) -> None:
    bpy.context.scene.relit.add_camera = False
    assert part("operators.reconstruct.load_head").load(head_folder, bpy.context.scene).cameras == ()
    assert not bpy.data.cameras


def test_images_stay_beside_the_file_when_the_artist_says_so(part, head_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(head_folder, tmp_path / "heads" / "sample")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.context.scene.relit.pack_images = False
    part("operators.reconstruct.load_head").load(tmp_path / "heads" / "sample", bpy.context.scene)
    image = next(image for image in bpy.data.images if image.name.startswith("diffuse_albedo"))
    assert image.packed_file is None
    assert image.filepath.replace("\\", "/") == "//heads/sample/diffuse_albedo.png"


def test_a_packed_head_outlives_its_folder(part, head_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(head_folder, tmp_path / "head")
    part("operators.reconstruct.load_head").load(tmp_path / "head", bpy.context.scene)
    shutil.rmtree(tmp_path / "head")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    pictures = [image for image in bpy.data.images if image.source in {"FILE", "GENERATED"}]
    assert len(pictures) >= 8 and all(0 not in image.size for image in pictures)
    assert len(bpy.data.objects["head"].data.shape_keys.key_blocks) > ARKIT_COUNT


def test_a_head_loads_twice_side_by_side(part, head_folder: Path) -> None:
    load = part("operators.reconstruct.load_head").load
    first, second = (load(head_folder, bpy.context.scene) for _ in range(2))
    assert first.object != second.object and first.object.data != second.object.data
    assert first.object.data.materials[0] != second.object.data.materials[0]
    assert bpy.context.view_layer.objects.active == second.object


def test_loading_is_one_undo_step(part, head_folder: Path) -> None:
    assert {"REGISTER", "UNDO"} <= bpy.types.RELIT_OT_load_head.bl_options
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.relit.load_head("EXEC_DEFAULT", True, directory=str(head_folder))
    assert "sample" in bpy.data.objects
    bpy.ops.ed.undo()
    assert not bpy.data.objects and "sample" not in bpy.data.collections
    assert bpy.context.scene.camera is None


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: shutil.rmtree(folder), "There is no head folder"),
        (lambda folder: (folder / "head.npz").unlink(), "head.npz is missing"),
        (lambda folder: (folder / "head.npz").write_bytes(b"PK\x03\x04 broken"), "is damaged"),
        (lambda folder: (folder / "diffuse_albedo.png").unlink(), "diffuse_albedo.png is missing"),
        (lambda folder: (folder / "normal.png").write_bytes(b"no picture"), "normal.png"),
        (lambda folder: (folder / "photo_1.png").write_bytes(b""), "photo_1.png"),
    ],
)
def test_a_bad_folder_gives_one_sentence_and_changes_nothing(
    part, head_folder: Path, tmp_path: Path, damage, sentence: str
) -> None:
    folder = tmp_path / "head"
    shutil.copytree(head_folder, folder)
    damage(folder)
    before = data_counts()
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.relit.load_head(directory=str(folder))
    assert data_counts() == before
    problem = part("operators.jobs.run").run.problem
    assert sentence in problem.message and problem.hint


def test_a_missing_optional_map_is_no_obstacle(part, head_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "head"
    shutil.copytree(head_folder, folder)
    for name in ("roughness.png", "eye_albedo.png", "photo_1.png"):
        (folder / name).unlink()
    loaded = part("operators.reconstruct.load_head").load(folder, bpy.context.scene)
    assert not shader(loaded.object.data.materials["head Skin"]).inputs["Roughness"].is_linked
    assert len(loaded.cameras) == 2 and not loaded.cameras[1].data.background_images


def test_the_fixture_is_a_head(head_folder: Path) -> None:
    assert read_head(head_folder).part_names[0] == "skin"
