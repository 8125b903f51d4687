"""What other programs read: OBJ and GLB."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import trimesh

from core.export import IOR, surface_of, vertex_tangents, write_glb, write_obj
from core.head import Head, read_head, write_head
from core.mapfiles import encode_png, read_png, srgb_from_linear


@pytest.fixture
def head(head_arrays: dict, tmp_path: Path) -> Head:
    """The small head with maps of one value each."""
    flat = np.full((8, 8), 0.25, np.float32)
    files = {
        "diffuse_albedo.png": encode_png(np.full((8, 8, 3), (0.8, 0.6, 0.5))),
        "eye_albedo.png": encode_png(np.full((8, 8, 3), 0.9)),
        "roughness.png": encode_png(flat * 2, bits=16),
        "specular_albedo.png": encode_png(flat, bits=16),
        "normal.png": encode_png(np.full((8, 8, 3), (0.5, 0.5, 1.0)), bits=16),
    }
    return read_head(write_head(tmp_path / "head", head_arrays, {}, files))


def read_document(path: Path) -> tuple[dict, bytes]:
    content = path.read_bytes()
    magic, version, total, length, kind = struct.unpack_from("<4sIII4s", content)
    assert (magic, version, total, kind) == (b"glTF", 2, len(content), b"JSON")
    text = content[20 : 20 + length]
    size, kind = struct.unpack_from("<I4s", content, 20 + length)
    assert kind == b"BIN\0" and length % 4 == 0 and size % 4 == 0
    return json.loads(text), content[28 + length :]


def view_of(document: dict, binary: bytes, index: int) -> bytes:
    view = document["bufferViews"][index]
    return binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]


def test_another_reader_gets_the_same_shape_from_the_glb(head: Head, tmp_path: Path) -> None:
    scene = trimesh.load(write_glb(head, tmp_path / "head.glb"))
    meshes = {mesh.visual.material.name: mesh for mesh in scene.geometry.values()}
    assert set(meshes) == {"skin", "eye"}
    assert meshes["skin"].volume == pytest.approx(0.001, rel=1e-4)  # positive: wound outwards
    assert len(meshes["skin"].faces) == 12 and len(meshes["eye"].faces) == 2
    normals = meshes["eye"].vertex_normals
    np.testing.assert_allclose(normals, np.tile([0, 0, 1], (4, 1)), atol=1e-6)
    lower_left = meshes["eye"].vertices[np.linalg.norm(meshes["eye"].visual.uv, axis=1).argmin()]
    np.testing.assert_allclose(lower_left, [0.03, 0.03, 0.11], atol=1e-6)  # v counts from the bottom again


def test_expressions_are_named_morph_targets(head: Head, tmp_path: Path) -> None:
    document, binary = read_document(write_glb(head, tmp_path / "head.glb", photo=0))
    (mesh,) = document["meshes"]
    assert mesh["extras"]["targetNames"] == ["jawOpen", "cheekPuff"]
    assert mesh["weights"] == [0.5, 0.0]
    skin = mesh["primitives"][0]
    accessor = document["accessors"][skin["targets"][0]["POSITION"]]
    assert accessor["max"] == pytest.approx([0, 0.02, 0], abs=1e-4)
    moved = np.frombuffer(view_of(document, binary, accessor["sparse"]["values"]["bufferView"]), np.float32)
    np.testing.assert_allclose(moved.reshape(-1, 3), [[0, 0.02, 0]] * accessor["sparse"]["count"], atol=1e-4)
    base = document["accessors"][skin["attributes"]["POSITION"]]
    assert accessor["count"] == base["count"]
    index = np.frombuffer(view_of(document, binary, accessor["sparse"]["indices"]["bufferView"]), np.uint32)
    positions = np.frombuffer(view_of(document, binary, base["bufferView"]), np.float32).reshape(-1, 3)
    assert (positions[index, 1] > 0.09).all() and (np.diff(index.astype(int)) > 0).all()
    assert "sparse" not in document["accessors"][skin["targets"][1]["POSITION"]]


def test_the_glb_carries_the_material_model(head: Head, tmp_path: Path) -> None:
    document, binary = read_document(write_glb(head, tmp_path / "head.glb"))
    skin = next(material for material in document["materials"] if material["name"] == "skin")

    def picture(reference: dict) -> np.ndarray:
        image = document["images"][document["textures"][reference["index"]]["source"]]
        (tmp_path / "picture.png").write_bytes(view_of(document, binary, image["bufferView"]))
        return read_png(tmp_path / "picture.png")

    physical = skin["pbrMetallicRoughness"]
    np.testing.assert_allclose(picture(physical["baseColorTexture"])[0, 0], (0.8, 0.6, 0.5), atol=0.003)
    np.testing.assert_allclose(picture(physical["metallicRoughnessTexture"])[0, 0, 1:], (0.5, 0.0), atol=0.003)
    assert physical["metallicFactor"] == 0 and physical["roughnessFactor"] == 1
    specular = skin["extensions"]["KHR_materials_specular"]
    assert specular["specularColorFactor"] == [2, 2, 2]
    np.testing.assert_allclose(
        picture(specular["specularColorTexture"])[0, 0], srgb_from_linear(np.full(3, 0.25)), atol=0.003
    )
    assert skin["extensions"]["KHR_materials_ior"]["ior"] == IOR
    np.testing.assert_allclose(picture(skin["normalTexture"])[0, 0], (0.5, 0.5, 1), atol=0.003)


def test_another_reader_gets_the_same_shape_from_the_obj(head: Head, tmp_path: Path) -> None:
    path = write_obj(head, tmp_path / "out.obj")
    mesh = trimesh.load(path, force="mesh", process=False)
    assert mesh.area == pytest.approx(6 * 0.01 + 0.04**2, rel=1e-4)
    text = path.read_text()
    assert [line for line in text.splitlines() if line.startswith("g ")] == ["g skin", "g eye_left"]
    assert "v 0.100000 0.100000 0.100000" in text
    materials = path.with_suffix(".mtl").read_text()
    assert "map_Kd out_diffuse_albedo.png" in materials and "map_Pr out_roughness.png" in materials
    for line in materials.splitlines():
        if line.startswith(("map_", "norm")):
            assert (tmp_path / line.split()[1]).is_file()


def test_the_obj_takes_the_photos_expression(head: Head, tmp_path: Path) -> None:
    assert "v 0.100000 0.110" in write_obj(head, tmp_path / "out.obj", photo=0).read_text()


def test_every_part_finds_its_surface() -> None:
    assert surface_of("cornea_right").opacity < 1
    assert surface_of("gums_upper") is surface_of("tongue")
    assert surface_of("horn").name == "other"


@pytest.fixture
def lashed(head_arrays: dict, tmp_path: Path) -> Head:
    """The small head with a strip of two quads as a lash instead of its eye."""
    strip = np.array([[x, y, 12] for y in (3, 4) for x in (2, 4, 6)], np.float32) / 100
    head_arrays["vertices"] = np.concatenate([head_arrays["vertices"][:8], strip])
    head_arrays["quads"] = np.concatenate([head_arrays["quads"][:6], [[8, 9, 12, 11], [9, 10, 13, 12]]])
    head_arrays["quad_part"] = np.array([0] * 6 + [1] * 2, np.uint8)
    head_arrays["part_names"] = np.array(["skin", "lashes_left"])
    head_arrays["uv"] = np.concatenate([head_arrays["uv"], head_arrays["uv"][:1]])
    for name in ("regions", "mirror", "hm08_index", "expression_basis"):
        array = head_arrays[name]
        axis = array.shape.index(12)
        head_arrays[name] = np.concatenate([array, array.take([0, 1], axis)], axis)
    files = {
        "diffuse_albedo.png": encode_png(np.full((8, 8, 3), 0.5)),
        "normal.png": encode_png(np.full((8, 8, 3), (0.5, 0.5, 1.0)), bits=16),
    }
    return read_head(write_head(tmp_path / "lashed", head_arrays, {}, files))


def test_lashes_are_hairs_in_a_picture(lashed: Head, tmp_path: Path) -> None:
    document, binary = read_document(write_glb(lashed, tmp_path / "head.glb"))
    material = next(material for material in document["materials"] if material["name"] == "lashes")
    assert material["alphaMode"] == "BLEND" and material["doubleSided"]
    texture = document["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
    png = view_of(document, binary, document["images"][texture["source"]]["bufferView"])
    assert struct.unpack_from(">IIBB", png, 16) == (1024, 512, 8, 6)
    scene = trimesh.load(tmp_path / "head.glb")
    uv = next(mesh.visual.uv for mesh in scene.geometry.values() if mesh.visual.material.name == "lashes")
    assert uv[:, 0].min() == 0 and uv[:, 0].max() == 1
    assert uv[:, 1].min() >= 0.5 and uv[:, 1].max() == 1, "the upper lid has the upper half"
    text = write_obj(lashed, tmp_path / "out.obj").with_suffix(".mtl").read_text()
    assert "map_d -imfchan m out_lashes.png" in text and (tmp_path / "out_lashes.png").is_file()


def test_tangents_run_along_u_and_know_mirrored_uvs() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    normals = np.tile(np.float32([0, 0, 1]), (4, 1))
    triangles = np.array([[0, 1, 2], [0, 2, 3]])
    uv = points[:, :2]
    np.testing.assert_allclose(vertex_tangents(points, normals, uv, triangles), [[1, 0, 0, 1]] * 4, atol=1e-6)
    turned = np.column_stack([uv[:, 1], uv[:, 0]])
    np.testing.assert_allclose(vertex_tangents(points, normals, turned, triangles), [[0, 1, 0, -1]] * 4, atol=1e-6)
    nothing = vertex_tangents(points, normals, np.zeros_like(uv), triangles)
    np.testing.assert_allclose(np.linalg.norm(nothing[:, :3], axis=1), 1, atol=1e-6)
    assert np.abs(nothing[:, 2]).max() < 1e-6


@pytest.mark.parametrize("name", ["head", "lashed"])
def test_the_khronos_validator_finds_nothing(request, gltf_problems, name: str, tmp_path: Path) -> None:
    assert gltf_problems(write_glb(request.getfixturevalue(name), tmp_path / "head.glb", photo=0)) == ""
