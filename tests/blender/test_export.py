"""The head for other programs: every format opened again, and no trace left in the file."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector
from mathutils.kdtree import KDTree

FORMATS = {"GLB": ".glb", "FBX": ".fbx", "USD": ".usdc", "USDZ": ".usdz", "OBJ": ".obj"}
MORPHS = ("jawOpen", "eyeBlinkLeft", "mouthSmileRight", "tongueOut")
TENTH_MM = 1e-4
POSED_USD = (4, 5, 0)
"""From this version on Blender writes posed bones to USD."""


def export(path: Path, kind: str, **options) -> Path:
    assert bpy.ops.relit.export(filepath=str(path), format=kind, **options) == {"FINISHED"}
    return path.with_suffix(FORMATS[kind])


def open_again(path: Path) -> list[bpy.types.Object]:
    """Import a file into an empty one and return its meshes."""
    bpy.ops.wm.read_homefile(use_empty=True)
    if path.suffix == ".glb":
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif path.suffix == ".fbx":
        new = hasattr(bpy.types, "WM_OT_fbx_import")
        (bpy.ops.wm.fbx_import if new else bpy.ops.import_scene.fbx)(filepath=str(path))
    elif path.suffix == ".obj":
        bpy.ops.wm.obj_import(filepath=str(path))
    else:
        bpy.ops.wm.usd_import(filepath=str(path))
    bpy.context.view_layer.update()
    # The glTF importer adds a small sphere that stands for bones.
    return [other for other in bpy.context.scene.objects if other.type == "MESH" and other.name != "Icosphere"]


def points(elements) -> np.ndarray:
    values = np.empty(len(elements) * 3, np.float32)
    elements.foreach_get("co", values)
    return values.reshape(-1, 3)


def in_world(made: bpy.types.Object, values: np.ndarray) -> np.ndarray:
    world = np.array(made.matrix_world)
    return values @ world[:3, :3].T + world[:3, 3]


def offsets(made: bpy.types.Object, name: str) -> np.ndarray:
    key = made.data.shape_keys.key_blocks[name]
    return (points(key.data) - points(key.relative_key.data)) @ np.array(made.matrix_world)[:3, :3].T


def skin_uv(mesh: bpy.types.Mesh) -> np.ndarray:
    values = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", values)
    return values.reshape(-1, 2)[: 4 * 5000]  # the parts begin with the skin


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_opens_again_as_the_same_head(head, kind: str, tmp_path: Path) -> None:
    keys = head.data.shape_keys.key_blocks
    base, uv, faces = points(keys[0].data), skin_uv(head.data), len(head.data.polygons)
    truth = {name: points(keys[name].data) - base for name in MORPHS}
    (made,) = open_again(export(tmp_path / "out", kind))

    found = in_world(made, points(made.data.vertices))
    if kind == "GLB":  # triangles, split at the seams of UVs
        assert len(made.data.polygons) == 2 * faces
        tree = KDTree(len(found))
        for index, point in enumerate(found.tolist()):
            tree.insert(point, index)
        tree.balance()
        order = [[index for _, index, _ in tree.find_range(Vector(point), TENTH_MM)] for point in base[::13].tolist()]
        assert all(order)
    else:
        assert len(made.data.polygons) == faces
        np.testing.assert_allclose(found, base, atol=TENTH_MM)
        np.testing.assert_allclose(skin_uv(made.data), uv, atol=1e-5)
    if kind != "OBJ":
        names = made.data.shape_keys.key_blocks.keys()
        assert len(names) == 53 and not [name for name in names if name.startswith("Photo")]
        for name in MORPHS:
            moved = offsets(made, name)
            if kind == "GLB":
                moved = np.array(
                    [
                        min((moved[i] for i in near), key=lambda m: np.abs(m - t).max())
                        for near, t in zip(order, truth[name][::13])
                    ]
                )
            np.testing.assert_allclose(moved, truth[name][:: 13 if kind == "GLB" else 1], atol=TENTH_MM)
            assert np.abs(moved).max() > 0.002
    assert [slot.name.split("_")[-1] for slot in made.data.materials][:2] == ["Skin", "Eye"]
    pictures = {image.name.split(".")[0]: image for image in bpy.data.images if image.type == "IMAGE"}
    assert all(0 not in image.size for image in pictures.values())
    assert {"sample_BaseColor", "sample_Normal", "sample_Eye_BaseColor", "sample_Lashes_BaseColor"} <= set(pictures) | (
        {"sample_Normal"} if kind == "OBJ" else set()  # Blender's importer knows no "norm"
    )
    assert pictures["sample_BaseColor"].colorspace_settings.name == "sRGB"


def test_fbx_is_upright_and_in_centimetres_without_transforms(head, tmp_path: Path) -> None:
    """What Unreal and Unity show as the transform of the asset: none."""
    from io_scene_fbx import parse_fbx

    top = float(points(head.data.vertices)[:, 2].max())
    root, _ = parse_fbx.parse(str(export(tmp_path / "out", "FBX")))

    def child(element, name: bytes):
        return next(e for e in element.elems if e.id == name)

    objects = child(root, b"Objects")
    model = next(e for e in objects.elems if e.id == b"Model")
    properties = {e.props[0]: e.props[4:] for e in child(model, b"Properties70").elems}
    assert np.allclose(properties.get(b"Lcl Rotation", [0, 0, 0]), 0, atol=1e-4)
    assert np.allclose(properties.get(b"Lcl Scaling", [1, 1, 1]), 1, atol=1e-5)
    geometry = next(e for e in objects.elems if e.id == b"Geometry")
    height = np.array(child(geometry, b"Vertices").props[0]).reshape(-1, 3)[:, 1].max()
    assert height == pytest.approx(100 * top, rel=1e-5)
    settings = {e.props[0]: e.props[4] for e in child(child(root, b"GlobalSettings"), b"Properties70").elems}
    assert settings[b"UnitScaleFactor"] == 1.0 and settings[b"UpAxis"] == 1


@pytest.mark.parametrize("options", [{}, {"expressions": False, "lashes": False}, {"pose": "POSED"}])
def test_the_khronos_validator_finds_nothing(head, gltf_problems, options: dict, tmp_path: Path) -> None:
    assert gltf_problems(export(tmp_path / "out", "GLB", **options)) == ""


def test_glb_keeps_f0_as_a_colour(head, tmp_path: Path) -> None:
    import json
    import struct

    content = export(tmp_path / "out", "GLB").read_bytes()
    document = json.loads(content[20 : 20 + struct.unpack_from("<I", content, 12)[0]])
    skin = next(m for m in document["materials"] if m["name"] == "sample_Skin")
    specular = skin["extensions"]["KHR_materials_specular"]
    assert specular["specularColorFactor"] == [2, 2, 2] and "specularTexture" not in specular
    image = document["images"][document["textures"][specular["specularColorTexture"]["index"]]["source"]]
    assert image["name"] == "sample_SpecularColor"
    assert skin["extensions"]["KHR_materials_ior"]["ior"] == pytest.approx(1.4)
    assert skin["pbrMetallicRoughness"]["metallicFactor"] == 0
    cornea = next(m for m in document["materials"] if m["name"] == "sample_Cornea")
    assert cornea["alphaMode"] == "BLEND" and cornea["pbrMetallicRoughness"]["baseColorFactor"][3] < 0.1
    assert [m.get("doubleSided", False) for m in document["materials"]].count(True) == 1, "only the lashes"


def everything() -> dict[str, list]:
    """Return what is in the file: names and users of all data-blocks."""
    found = {}
    for name in dir(bpy.data):
        blocks = getattr(bpy.data, name)
        if isinstance(blocks, bpy.types.bpy_prop_collection) and name not in {"window_managers", "screens"}:
            found[name] = sorted((block.name_full, block.users) for block in blocks)
    return found


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("modifiers", [False, True])
def test_nothing_is_left_behind(head, kind: str, modifiers: bool, tmp_path: Path) -> None:
    if modifiers and kind != "GLB":
        pytest.skip("the double is the same for every format")
    if modifiers:
        forget_most_keys(head)
    other = bpy.data.objects.new("other", None)
    bpy.context.scene.collection.objects.link(other)
    head.modifiers.new("Subdivision", "SUBSURF")
    head.data.shape_keys.key_blocks["jawOpen"].value = 0.25
    before, scene = everything(), bpy.context.window.scene if bpy.context.window else bpy.context.scene
    bpy.context.view_layer.objects.active = head
    selected = set(bpy.context.selected_objects)
    export(tmp_path / "out", kind, modifiers=modifiers)
    assert everything() == before
    assert bpy.context.scene == scene and bpy.context.view_layer.objects.active == head
    assert set(bpy.context.selected_objects) == selected
    assert head.data.shape_keys.key_blocks["jawOpen"].value == 0.25
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_undo_goes_past_an_export(head, tmp_path: Path) -> None:
    name = head.name
    bpy.ops.ed.undo_push(message="loaded")
    head.location.x = 1.0
    bpy.ops.ed.undo_push(message="moved")
    export(tmp_path / "out", "FBX", expressions=False)
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].location.x == 0.0
    assert len(bpy.data.scenes) == 1 and name in bpy.data.objects


def test_the_posed_face_is_written_with_its_sliders(head, tmp_path: Path) -> None:
    keys = head.data.shape_keys.key_blocks
    keys["Photo"].value, keys["jawOpen"].value = 0.0, 0.4
    (made,) = open_again(export(tmp_path / "out", "GLB", pose="POSED"))
    assert made.data.shape_keys.key_blocks["jawOpen"].value == pytest.approx(0.4)


def test_a_posed_face_without_expressions_is_baked(head, tmp_path: Path) -> None:
    keys = head.data.shape_keys.key_blocks
    base = points(keys[0].data)
    keys["Photo"].value, keys["jawOpen"].value = 0.0, 0.4
    truth = base + 0.4 * (points(keys["jawOpen"].data) - base)
    (made,) = open_again(export(tmp_path / "out", "OBJ", pose="POSED"))
    np.testing.assert_allclose(in_world(made, points(made.data.vertices)), truth, atol=TENTH_MM)


def test_a_neutral_face_keeps_what_the_artist_sculpted(head, tmp_path: Path) -> None:
    keys = head.data.shape_keys.key_blocks
    base = points(keys[0].data)
    sculpted = head.shape_key_add(name="longer chin", from_mix=False)
    sculpted.data.foreach_set("co", (base + np.float32([0, 0, -0.004])).ravel())
    sculpted.value, keys["Photo"].value = 0.5, 1.0
    spare = head.shape_key_add(name="wink", from_mix=False)
    spare.value = 0.0
    (made,) = open_again(export(tmp_path / "out", "FBX"))
    found = in_world(made, points(made.data.shape_keys.key_blocks[0].data))
    np.testing.assert_allclose(found, base + np.float32([0, 0, -0.002]), atol=TENTH_MM)
    names = made.data.shape_keys.key_blocks.keys()
    assert "wink" in names and "longer chin" not in names


def test_parts_can_be_left_out(head, tmp_path: Path) -> None:
    skin = sum(polygon.material_index == 0 for polygon in head.data.polygons)
    (made,) = open_again(export(tmp_path / "out", "FBX", eyes=False, mouth=False, lashes=False))
    assert [material.name for material in made.data.materials] == ["sample_Skin"]
    assert {polygon.material_index for polygon in made.data.polygons} == {0}
    assert len(made.data.polygons) == skin
    assert len(made.data.shape_keys.key_blocks) == 53


def forget_most_keys(head: bpy.types.Object) -> None:
    """Keep a few expressions only, where each takes long."""
    for key in list(head.data.shape_keys.key_blocks)[1:]:
        if key.name not in MORPHS:
            head.shape_key_remove(key)


def test_modifiers_are_applied_to_expressions_too(head, tmp_path: Path) -> None:
    keys = head.data.shape_keys.key_blocks
    opened = np.abs(points(keys["jawOpen"].data) - points(keys[0].data)).max()
    faces = len(head.data.polygons)
    forget_most_keys(head)
    head.modifiers.new("Subdivision", "SUBSURF").levels = 1
    (made,) = open_again(export(tmp_path / "out", "FBX", modifiers=True))
    assert len(made.data.polygons) == 4 * faces
    assert np.abs(offsets(made, "jawOpen")).max() == pytest.approx(opened, rel=0.05)


@pytest.fixture
def rigged(head) -> bpy.types.Object:
    """The head with two bones, its jaw's turned."""
    data = bpy.data.armatures.new("rig")
    rig = bpy.data.objects.new("rig", data)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for name, at in (("head", (0, 0, -0.1)), ("jaw", (0, -0.02, -0.05))):
        bone = data.edit_bones.new(name)
        bone.head, bone.tail = at, Vector(at) + Vector((0, -0.05, 0))
    data.edit_bones["jaw"].parent = data.edit_bones["head"]
    bpy.ops.object.mode_set(mode="OBJECT")
    low = points(head.data.vertices)[:, 2] < -0.06
    for name, mask in (("head", ~low), ("jaw", low)):
        head.vertex_groups.new(name=name).add(np.flatnonzero(mask).tolist(), 1.0, "REPLACE")
    head.modifiers.new("rig", "ARMATURE").object = rig
    rig.pose.bones["jaw"].matrix_basis = Matrix.Rotation(0.3, 4, "X")
    head.data.shape_keys.key_blocks["Photo"].value = 0.0
    bpy.context.view_layer.objects.active = head
    bpy.context.view_layer.update()
    return head


def evaluated(made: bpy.types.Object) -> np.ndarray:
    posed = made.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return in_world(posed, points(posed.data.vertices))


@pytest.fixture
def own_rig(head) -> bpy.types.Object:
    """The head with Relit's own rig, looking aside."""
    assert bpy.ops.relit.add_rig() == {"FINISHED"}
    rig = next(modifier.object for modifier in head.modifiers if modifier.type == "ARMATURE")
    head.data.shape_keys.key_blocks["Photo"].value = 0.0
    rig.pose.bones["head"].matrix_basis = Matrix.Rotation(0.3, 4, "Y")
    rig.pose.bones["look"].location = (0.2, 0.1, 0.0)
    bpy.context.view_layer.objects.active = head
    bpy.context.view_layer.update()
    return head


@pytest.mark.parametrize("kind", ["GLB", "FBX", "USD"])
def test_the_own_rig_comes_without_its_controls(own_rig, kind: str, tmp_path: Path) -> None:
    truth, before = evaluated(own_rig), everything()
    path = export(tmp_path / "out", kind, pose="POSED")
    assert everything() == before and bpy.context.mode == "OBJECT"
    (made,) = open_again(path)
    if kind == "USD" and bpy.app.version < POSED_USD:
        np.testing.assert_allclose(evaluated(made), truth, atol=2 * TENTH_MM)
        return
    rig = next(other for other in bpy.data.objects if other.type == "ARMATURE")
    bones = {name.replace("_L", ".L").replace("_R", ".R") for name, _ in rig.data.bones.items()}
    assert bones == {"shoulders", "neck_01", "head", "eye.L", "eye.R"}
    found = evaluated(made)
    if kind == "GLB":
        np.testing.assert_allclose((found.min(0), found.max(0)), (truth.min(0), truth.max(0)), atol=TENTH_MM)
    else:
        np.testing.assert_allclose(found, truth, atol=2 * TENTH_MM)


def test_looking_is_done_by_keys_or_by_bones_but_not_twice(own_rig, tmp_path: Path) -> None:
    keys = own_rig.data.shape_keys.key_blocks
    keys["eyeLookUpLeft"].value = 1.0
    bpy.context.view_layer.update()
    truth = evaluated(own_rig)
    (made,) = open_again(export(tmp_path / "out", "FBX", pose="POSED"))
    np.testing.assert_allclose(evaluated(made), truth, atol=2 * TENTH_MM)


def test_the_validator_finds_nothing_in_a_rigged_head(own_rig, gltf_problems, tmp_path: Path) -> None:
    assert gltf_problems(export(tmp_path / "out", "GLB", pose="POSED")) == ""


@pytest.mark.parametrize("kind", ["GLB", "FBX", "USD"])
@pytest.mark.parametrize("pose", ["NEUTRAL", "POSED"])
def test_bones_come_along(rigged, kind: str, pose: str, tmp_path: Path) -> None:
    base, posed = points(rigged.data.shape_keys.key_blocks[0].data), evaluated(rigged)
    (made,) = open_again(export(tmp_path / "out", kind, pose=pose))
    rig = next(other for other in bpy.data.objects if other.type == "ARMATURE")
    if kind != "USD" or pose == "NEUTRAL" or bpy.app.version >= POSED_USD:
        assert {"head", "jaw"} <= set(rig.data.bones.keys())
        assert {"head", "jaw"} <= set(made.vertex_groups.keys()) and "lips" not in made.vertex_groups
    found, truth = evaluated(made), posed if pose == "POSED" else base
    np.testing.assert_allclose((found.min(0), found.max(0)), (truth.min(0), truth.max(0)), atol=TENTH_MM)


def test_without_the_rig_its_pose_is_baked(rigged, tmp_path: Path) -> None:
    posed = evaluated(rigged)
    (made,) = open_again(export(tmp_path / "out", "FBX", pose="POSED", rig=False))
    assert not [other for other in bpy.data.objects if other.type == "ARMATURE"]
    np.testing.assert_allclose(in_world(made, points(made.data.vertices)), posed, atol=TENTH_MM)


def test_textures_lie_inside_or_beside(head, tmp_path: Path) -> None:
    export(tmp_path / "beside/out", "FBX", expressions=False)
    assert (tmp_path / "beside/textures/sample_BaseColor.png").is_file()
    export(tmp_path / "inside/out", "FBX", expressions=False, embed=True)
    assert [path.name for path in (tmp_path / "inside").iterdir()] == ["out.fbx"]
    moved = tmp_path / "moved"
    (tmp_path / "beside").rename(moved)
    open_again(moved / "out.fbx")
    assert all(0 not in image.size for image in bpy.data.images if image.type == "IMAGE")


def test_scale_and_size_are_kept(head, tmp_path: Path) -> None:
    height = np.ptp(points(head.data.shape_keys.key_blocks[0].data)[:, 2])
    for kind in ("FBX", "GLB"):
        bpy.context.view_layer.objects.active = head
        export(tmp_path / kind, kind, scale=2.0, size="512", expressions=False)
    for kind in ("FBX", "GLB"):
        (made,) = open_again(tmp_path / f"{kind}{FORMATS[kind]}")
        assert np.ptp(in_world(made, points(made.data.vertices))[:, 2]) == pytest.approx(2 * height, rel=1e-4)


def test_odd_names_are_no_trouble(head, tmp_path: Path) -> None:
    head.name = "Zoë & 山田 (2)"
    path = export(tmp_path / "Zoë & 山田.v2", "GLB", expressions=False)
    (made,) = open_again(tmp_path / "Zoë & 山田.v2.glb")
    assert path and made.name == "Zoe_2"


def sentence(**options) -> str:
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.relit.export(**options)
    return str(caught.value)


def test_bad_places_are_sentences(head, part, monkeypatch, tmp_path: Path) -> None:
    assert "too long" in sentence(filepath=str(tmp_path / ("x" * 300)), format="OBJ")
    (tmp_path / "file").write_text("")
    assert "cannot be written" in sentence(filepath=str(tmp_path / "file/head"), format="OBJ")
    assert "no file name" in sentence(filepath="", format="OBJ")
    monkeypatch.setattr(part("operators.export.places").shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    assert "MB left" in sentence(filepath=str(tmp_path / "head"), format="OBJ")
    if os.name == "posix" and os.geteuid():
        (tmp_path / "locked").mkdir(mode=0o500)
        assert "no permission" in sentence(filepath=str(tmp_path / "locked/head"), format="OBJ")


def test_what_was_there_stays_when_an_exporter_fails(head, part, monkeypatch, tmp_path: Path) -> None:
    old = tmp_path / "head.glb"
    old.write_text("the artist's")
    before = everything()

    def broken(*_: object) -> None:
        old.write_text("half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(part("operators.export.exporters"), "export", broken)
    assert "disk is full" in sentence(filepath=str(old), format="GLB")
    assert old.read_text() == "the artist's" and list(tmp_path.iterdir()) == [old]
    assert everything() == before


def test_exporters_that_are_switched_off_are_used_all_the_same(head, tmp_path: Path) -> None:
    import addon_utils

    addon_utils.disable("io_scene_fbx")
    try:
        export(tmp_path / "out", "FBX", expressions=False)
        assert not addon_utils.check("io_scene_fbx")[1], "and are off again"
    finally:
        addon_utils.enable("io_scene_fbx")


def test_the_panel_offers_every_format_and_set(head, draw, part) -> None:
    seen = draw("RELIT_PT_export")
    assert seen.operators.count("relit.export") == len(FORMATS)
    assert seen.operators.count("relit.export_textures") == len(part("operators.export.texture_sets").SETS)


def test_it_is_in_the_export_menu(part) -> None:
    assert part("operators.export.export").draw_menu in bpy.types.TOPBAR_MT_file_export.draw._draw_funcs
