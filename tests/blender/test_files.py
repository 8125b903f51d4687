"""A head in files: saved, linked, overridden, appended, opened where its folder is not; sentences, never errors."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import pytest

STATES = ("folder gone", "maps gone", "appended", "linked", "instanced", "overridden")
STARTS_PROCESSES = {"fit", "batch", "turntable", "look"}
OPENS_WINDOWS = {"drag_wipe", "export", "export_textures"}
"""Left out where every operator is tried: what needs a window or a file name."""


@pytest.fixture
def saved(part, head_folder: Path, tmp_path: Path):
    """Save a head, its maps packed or not, and return the .blend file and the head folder that only it knows."""

    def save(pack: bool) -> tuple[Path, Path]:
        folder = shutil.copytree(head_folder, tmp_path / "heads/sample")
        bpy.context.scene.relit.pack_images = pack
        part("operators.reconstruct.load_head").load(folder, bpy.context.scene)
        path = tmp_path / "work/head.blend"
        path.parent.mkdir()
        bpy.ops.wm.save_as_mainfile(filepath=str(path))
        return path, folder

    return save


@pytest.fixture(params=STATES)
def state(request, saved, part) -> str:
    """The head in one of the ways in which files bring it to an artist."""
    name = request.param
    path, folder = saved(pack=name != "maps gone")
    shutil.rmtree(folder)
    if name in {"folder gone", "maps gone"}:
        bpy.ops.wm.open_mainfile(filepath=str(path))
        return name
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(path), link=name != "appended") as (source, target):
        target.collections = [collection for collection in source.collections if collection == "sample"]
    (collection,) = target.collections
    scene = bpy.context.scene
    if name == "instanced":
        empty = bpy.data.objects.new("instance", None)
        empty.instance_type, empty.instance_collection = "COLLECTION", collection
        scene.collection.objects.link(empty)
        bpy.context.view_layer.objects.active = empty
        return name
    if name == "overridden":
        collection.override_hierarchy_create(scene, bpy.context.view_layer)
    else:
        scene.collection.children.link(collection)
    is_head = part("operators.head.active_head").is_head
    bpy.context.view_layer.objects.active = next(other for other in scene.objects if is_head(other))
    return name


def operators() -> list[str]:
    names = {name for name in dir(bpy.ops.relit) if not name.startswith(("install", "remove_worker", "check_python"))}
    return sorted(names - STARTS_PROCESSES - OPENS_WINDOWS)


def test_every_panel_draws(state: str, draw) -> None:
    for panel in sorted(name for name in dir(bpy.types) if name.startswith("RELIT_PT_")):
        kind = getattr(bpy.types, panel)
        if kind.bl_space_type == "VIEW_3D" and (not hasattr(kind, "poll") or kind.poll(bpy.context)):
            draw(panel)


def test_every_operator_says_what_is_wrong(state: str, capfd) -> None:
    for name in operators():
        try:
            getattr(bpy.ops.relit, name)()
        except RuntimeError as error:
            assert "Traceback" not in str(error), f"{name}: {error}"
        assert "Traceback" not in capfd.readouterr().err, name


CHANGES = ("update_skin", "displacement", "provenance_mask", "shape_random", "expression_preset", "add_rig")


@pytest.mark.parametrize("state", ["linked", "overridden"], indirect=True)
def test_what_belongs_to_another_file_is_not_changed(state: str) -> None:
    """Blender would forget the change with the next load, and the artist would have lost it."""
    for name in CHANGES:
        with pytest.raises(RuntimeError, match="another file"):
            getattr(bpy.ops.relit, name)()


def test_the_head_shows_right(state: str, part) -> None:
    meshes = [other for other in bpy.data.objects if other.type == "MESH" and other.name.startswith("sample")]
    maps = part("operators.export.map_pixels").find_maps(meshes[0])
    missing = {name for name, image in maps.items() if 0 in image.size}
    gone = {"diffuse_albedo", "specular_albedo", "roughness", "normal", "eye_albedo"}
    assert missing == (gone if state == "maps gone" else set())
    assert {"diffuse_albedo", "normal", "lashes"} <= set(maps)
    group = meshes[0].data.materials[0].node_tree.nodes[part("operators.material.skin_group").GROUP_NODE]
    assert group.node_tree is not None and group.inputs["Diffuse"].is_linked
    assert len(meshes[0].data.shape_keys.key_blocks) > 52


def test_the_head_is_exported_or_it_is_said_why_not(state: str, tmp_path: Path) -> None:
    path = tmp_path / "out.glb"
    if state in {"maps gone", "instanced"}:
        with pytest.raises(RuntimeError, match="Missing Files" if state == "maps gone" else "Select a head"):
            bpy.ops.relit.export(filepath=str(path), format="GLB")
        assert not path.exists()
    else:
        assert bpy.ops.relit.export(filepath=str(path), format="GLB") == {"FINISHED"}
        assert path.stat().st_size > 1e6


def test_unpacked_maps_follow_a_file_that_is_saved_elsewhere(saved, part, tmp_path: Path) -> None:
    saved(pack=False)
    images = [image for image in bpy.data.images if image.filepath]
    assert images
    elsewhere = tmp_path / "other/place/copy.blend"
    elsewhere.parent.mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(elsewhere), relative_remap=True)
    bpy.ops.wm.open_mainfile(filepath=str(elsewhere))
    assert all(0 not in image.size for image in bpy.data.images if image.filepath)


def test_two_scenes_keep_their_heads_apart(part, head_folder: Path) -> None:
    active_head, load = part("operators.head.active_head").active_head, part("operators.reconstruct.load_head").load
    first = load(head_folder, bpy.context.scene).object
    other = bpy.data.scenes.new("other")
    second = load(head_folder, other).object
    assert active_head(bpy.context) == first
    with bpy.context.temp_override(scene=other, view_layer=other.view_layers[0]):
        assert active_head(bpy.context) == second
