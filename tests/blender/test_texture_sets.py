"""Texture sets: names, channels, depths and conventions of each program, read back from the files."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import bpy
import numpy as np
import pytest


def read_png(path: Path) -> tuple[np.ndarray, int]:
    """Return [H, W, C] in [0, 1], row 0 at the top, and the bit depth; another reader than the add-on's writer."""
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    place, chunks = 8, {}
    while place < len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        data = content[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", content, place + 8 + length)[0] == zlib.crc32(kind + data)
        chunks[kind] = data
        place += 12 + length
    width, height, bits, colour = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    channels = {0: 1, 2: 3, 6: 4}[colour]
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert set(lines[:, 0]) <= {0, 2}
    values = lines[:, 1:].copy()
    for row in range(1, height):
        if lines[row, 0] == 2:
            values[row] += values[row - 1]
    kind = np.uint8 if bits == 8 else ">u2"
    return values.view(kind).reshape(height, width, channels).astype(np.float64) / (2**bits - 1), bits


def pixels(path: Path) -> np.ndarray:
    """Return what Blender reads from a file, [H, W, 3], row 0 at the top, no curve applied."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    values = np.empty(image.size[0] * image.size[1] * image.channels, np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], image.channels)[::-1, :, :3]


@pytest.fixture
def written(head, tmp_path: Path):
    """Write a set and return its files' contents by name."""

    def write(kind: str, **options) -> dict[str, tuple[np.ndarray, int]]:
        folder = tmp_path / kind
        assert bpy.ops.relit.export_textures(directory=str(folder), textures=kind, **options) == {"FINISHED"}
        return {path.name: read_png(path) for path in folder.iterdir()}

    return write


@pytest.fixture
def group(head, part) -> bpy.types.Node:
    """The head's skin node."""
    return head.data.materials[0].node_tree.nodes[part("operators.material.skin_group").GROUP_NODE]


def test_the_plain_set_is_the_heads_maps(written, group, head_folder: Path) -> None:
    group.inputs["Cavity Strength"].default_value = 0.0
    files = written("PLAIN")
    for name, source, bits in (
        ("BaseColor", "diffuse_albedo", 8),
        ("Eye_BaseColor", "eye_albedo", 8),
        ("Roughness", "roughness", 16),
        ("SpecularLevel", "specular_albedo", 16),
        ("Normal", "normal", 16),
    ):
        values, depth = files[f"sample_{name}.png"]
        truth = pixels(head_folder / f"{source}.png")[..., : values.shape[2]]
        assert depth == bits
        np.testing.assert_allclose(values, truth, atol=1e-4 if bits == 16 else 1e-6)
    lashes, _ = files["sample_Lashes_BaseColor.png"]
    assert lashes.shape[2] == 4 and np.ptp(lashes[..., :3], axis=(0, 1)).max() == 0 and np.ptp(lashes[..., 3]) > 0.9


def test_unreal_gets_its_own_normals_and_packing(written) -> None:
    plain, files = written("PLAIN"), written("UNREAL")
    assert set(files) == {f"T_sample_{n}.png" for n in ("D", "N", "ORM", "S", "Eye_D", "Lashes_D")}
    normal, packed = files["T_sample_N.png"][0], files["T_sample_ORM.png"][0]
    np.testing.assert_allclose(normal[..., 1], 1 - plain["sample_Normal.png"][0][..., 1], atol=0.003)
    np.testing.assert_allclose(normal[..., ::2], plain["sample_Normal.png"][0][..., ::2], atol=0.003)
    np.testing.assert_allclose(packed[..., 1], plain["sample_Roughness.png"][0][..., 0], atol=0.003)
    assert packed[..., 0].min() == 1 and packed[..., 2].max() == 0
    f0 = 0.08 * files["T_sample_S.png"][0]
    np.testing.assert_allclose(f0, 0.0555556 * plain["sample_SpecularLevel.png"][0], atol=2e-4)
    assert {bits for _, bits in files.values()} == {8}


@pytest.mark.parametrize("kind, packed", [("UNITY_URP", "MetallicSmoothness"), ("UNITY_HDRP", "MaskMap")])
def test_unity_gets_smoothness_in_alpha_and_opengl_normals(written, kind: str, packed: str) -> None:
    plain, files = written("PLAIN"), written(kind)
    assert {"sample_BaseMap.png", "sample_NormalMap.png", f"sample_{packed}.png"} <= set(files)
    values = files[f"sample_{packed}.png"][0]
    np.testing.assert_allclose(values[..., 3], 1 - plain["sample_Roughness.png"][0][..., 0], atol=0.003)
    assert values[..., 0].max() == 0, "skin is no metal"
    assert values[..., 1].min() == (1 if kind == "UNITY_HDRP" else 0)
    np.testing.assert_allclose(files["sample_NormalMap.png"][0], plain["sample_Normal.png"][0], atol=0.003)


def test_a_smaller_set_keeps_the_mean_of_the_light(written, part) -> None:
    linear = part("core.srgb").linear_from_srgb
    whole = linear(written("PLAIN")["sample_BaseColor.png"][0])
    values = part("operators.export.map_pixels").shrink(whole.astype(np.float32), 24)
    assert values.shape == (24, 24, 3)
    np.testing.assert_allclose(values.mean((0, 1)), whole.mean((0, 1)), rtol=1e-5)
    half = part("operators.export.map_pixels").shrink(whole.astype(np.float32), 32)
    np.testing.assert_allclose(half, whole.reshape(32, 2, 32, 2, 3).mean((1, 3)), atol=1e-6)


def test_what_was_painted_is_written(written, head, part) -> None:
    image = part("operators.export.map_pixels").find_maps(head)["diffuse_albedo"]
    image.pixels.foreach_set(np.tile(np.float32([1, 0, 0, 1]), image.size[0] * image.size[1]))
    np.testing.assert_array_equal(written("PLAIN")["sample_BaseColor.png"][0][0, 0], (1, 0, 0))


def test_strengths_of_the_skin_belong_to_what_is_written(written, group) -> None:
    creased = written("PLAIN")["sample_SpecularLevel.png"][0]
    group.inputs["Cavity Strength"].default_value = 0.0
    before = written("PLAIN")
    open_skin = before["sample_SpecularLevel.png"][0]
    assert (creased <= open_skin).all() and creased.mean() < 0.98 * open_skin.mean()
    group.inputs["Roughness Scale"].default_value = 0.5
    group.inputs["Specular Strength"].default_value = 4.0
    group.inputs["Normal Strength"].default_value = 0.0
    after = written("PLAIN")
    np.testing.assert_allclose(after["sample_Roughness.png"][0], before["sample_Roughness.png"][0] / 2, atol=1e-4)
    specular = (4 * before["sample_SpecularLevel.png"][0]).clip(0, 1)
    np.testing.assert_allclose(after["sample_SpecularLevel.png"][0], specular, atol=1e-4)
    np.testing.assert_allclose(after["sample_Normal.png"][0], np.broadcast_to((0.5, 0.5, 1), (64, 64, 3)), atol=1e-4)


def test_the_paint_layer_lies_over_the_diffuse_map(written, head, part) -> None:
    before = written("PLAIN")["sample_BaseColor.png"][0]
    layer = part("operators.skin.paint_layer").ensure_layer(head)
    values = np.zeros((layer.size[1], layer.size[0], 4), np.float32)
    values[-8:] = (1, 0, 0, 1)  # the top of the picture
    values[:8] = (0, 0, 0, 0.5)
    layer.pixels.foreach_set(values.ravel())
    after = written("PLAIN")["sample_BaseColor.png"][0]
    np.testing.assert_allclose(after[:8], np.broadcast_to((1, 0, 0), (8, 64, 3)), atol=1e-6)
    np.testing.assert_array_equal(after[8:-8], before[8:-8])
    linear = part("core.srgb").linear_from_srgb
    np.testing.assert_allclose(linear(after[-8:]), linear(before[-8:]) / 2, atol=0.004)
    head.relit_paint.visible = False
    np.testing.assert_array_equal(written("PLAIN")["sample_BaseColor.png"][0], before)


def test_small_maps_that_stand_in_are_not_written(head, part, tmp_path: Path) -> None:
    node = head.data.materials[0].node_tree.nodes["diffuse_albedo"]
    small = bpy.data.images.new("small", 8, 8)
    small[part("operators.skin.skin_maps").STANDS_FOR] = node.image
    node.image = small
    assert "still being computed" in sentence(directory=str(tmp_path / "out"))


def test_nodes_of_the_artists_own_are_named(head, part, group) -> None:
    unseen = part("operators.export.shaded_maps").unseen_nodes
    assert unseen(head) == []
    part("operators.skin.paint_layer").ensure_layer(head)
    assert unseen(head) == []
    tree = head.data.materials[0].node_tree
    hue = tree.nodes.new("ShaderNodeHueSaturation")
    tree.links.new(tree.nodes["roughness"].outputs["Color"], hue.inputs["Color"])
    tree.links.new(hue.outputs["Color"], group.inputs["Roughness"])
    assert unseen(head) == ["Roughness"]


def test_a_head_without_specular_map_gets_what_there_is(written, head) -> None:
    nodes = head.data.materials[0].node_tree.nodes
    nodes.remove(nodes["specular_albedo"])
    files = written("UNREAL")
    assert "T_sample_S.png" not in files and "T_sample_ORM.png" in files


@pytest.mark.parametrize(
    "name, plain",
    [
        ("Zoë Müller (2)", "Zoe_Muller_2"),
        ("山田", "Head"),
        ("../x:y*?", "x_y"),
        ("3rd", "Head_3rd"),
        ("a" * 200, "a" * 60),
    ],
)
def test_names_become_what_every_program_takes(part, name: str, plain: str) -> None:
    assert part("operators.export.texture_sets").plain_name(name) == plain


def sentence(*arguments, **options) -> str:
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.relit.export_textures(*arguments, **options)
    return str(caught.value)


def test_maps_that_are_gone_are_named(head, part, tmp_path: Path) -> None:
    image = part("operators.export.map_pixels").find_maps(head)["normal"]
    image.unpack(method="REMOVE")
    image.filepath = str(tmp_path / "gone.png")
    assert "gone.png" in (said := sentence(directory=str(tmp_path / "out"))) and "Missing Files" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_must_not_be_written_is_named(head, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "no permission" in sentence(directory=str(tmp_path / "out"))


def test_a_full_disk_is_said_and_leaves_nothing(head, part, monkeypatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(part("operators.export.map_pixels").zlib, "crc32", full)
    assert "disk is full" in sentence(directory=str(tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())


def test_a_place_that_is_no_folder_is_named(head, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in sentence(directory=str(tmp_path / "file"))
    assert "too long" in sentence(directory=str(tmp_path / ("x" * 300)))
    assert "Choose where" in sentence()


def test_without_a_head_the_button_says_why() -> None:
    assert "Select a head" in sentence(directory="/tmp")
