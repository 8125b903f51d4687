"""The sliders of skin: what a code becomes, whose file they are, and a head on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core import __main__ as command_line
from core import head_edit
from core.errors import FitError
from core.head import read_head, unpainted, write_head
from core.mapfiles import encode_png, linear_from_srgb, read_png, srgb_from_linear
from core.painting import Paint
from core.protocol import Edit
from core.reflectance.directions import (
    GENERATOR_FILE,
    LatentDirections,
    MapLayer,
    edited,
    file_digest,
    load_directions,
    save_directions,
)
from core.reflectance.generator import GeneratedMaps
from core.shape.morphable import load_model

CODE = 6
REDNESS, DARKNESS, BEARD = 0, 1, 2


@pytest.fixture
def directions() -> LatentDirections:
    """Redness is the code's first number, darkness the second, on a curve that bends into the third."""
    steps = np.arange(11, dtype=np.float32)
    curve = np.zeros((11, CODE), np.float32)
    curve[:, DARKNESS], curve[:, BEARD] = steps**1.5, 0.1 * steps**2
    reader = np.zeros(CODE, np.float32)
    reader[DARKNESS] = 1
    spots = np.zeros((8, 8, 3), np.float32)
    spots[4, 2] = (-0.2, -0.3, -0.5)
    freckles = MapLayer(spots, np.zeros((8, 8, 2), np.float32), fades=True)
    wrinkles = MapLayer(0 * spots, np.full((8, 8, 2), 0.1, np.float32), fades=False)
    layers = {"freckles": freckles, "wrinkles": wrinkles}
    lines = np.eye(CODE, dtype=np.float32)[[REDNESS, BEARD]]
    return LatentDirections(("redness", "stubble"), lines, curve, reader, curve[:, DARKNESS], layers, "")


@pytest.fixture
def code(directions) -> np.ndarray:
    own = np.array([0.3, 0, 0, 1, -1, 2], np.float32)
    return own + directions.tone_curve[4]


def test_a_line_moves_by_its_units_and_keeps_the_rest(directions, code) -> None:
    moved = directions.edited(code, {"redness": -1.5})
    expected = code.copy()
    expected[REDNESS] -= 1.5
    np.testing.assert_allclose(moved, expected, rtol=1e-6)


def test_tone_follows_the_curve_from_where_the_person_is(directions, code) -> None:
    moved = directions.edited(code, {"skin_tone": 1.5})
    middle = 0.5 * (directions.tone_curve[5] + directions.tone_curve[6])
    np.testing.assert_allclose(moved - code, middle - directions.tone_curve[4], atol=1e-5)
    assert directions.tone_step(moved) == pytest.approx(5.5, abs=1e-5)


def test_tone_is_monotone_and_ends_with_the_curve(directions, code) -> None:
    steps = [directions.tone_step(directions.edited(code, {"skin_tone": change})) for change in (-2, -1, 0, 1, 2)]
    assert (np.diff(steps) > 0.9).all()
    dark = code - directions.tone_curve[4] + directions.tone_curve[10]
    np.testing.assert_allclose(directions.edited(dark, {"skin_tone": 2}), dark, atol=1e-5)


def test_there_and_back_is_the_same_person(directions, code) -> None:
    there = directions.edited(code, {"skin_tone": 2, "redness": 1})
    np.testing.assert_allclose(directions.edited(there, {"redness": -1, "skin_tone": -2}), code, atol=1e-4)


def test_layers_leave_the_code_and_freckles_fade_on_dark_skin(directions, code) -> None:
    np.testing.assert_array_equal(directions.edited(code, {"freckles": 2, "wrinkles": 1}), code)
    freckles, wrinkles = directions.layers["freckles"], directions.layers["wrinkles"]
    np.testing.assert_array_equal(freckles.on(0.4), freckles.log_albedo)
    assert freckles.log_albedo[4, 2, 1] < freckles.on(0.1)[4, 2, 1] < 0
    np.testing.assert_array_equal(wrinkles.on(0.05), wrinkles.log_albedo)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"beauty": 1.0}, "no slider beauty"),
        ({"redness": 9.0}, "too large"),
        ({"skin_tone": 11.0}, "too large"),
        ({"redness": float("nan")}, "too large"),
        ({"freckles": -1.0}, "can only add"),
    ],
)
def test_what_is_no_slider_is_refused_in_words(directions, code, changes, words) -> None:
    with pytest.raises(FitError, match=words):
        directions.edited(code, changes)


def test_an_unknown_slider_names_those_that_exist(directions, code) -> None:
    with pytest.raises(FitError) as caught:
        directions.edited(code, {"beauty": 1.0})
    assert caught.value.hint == "Choose from skin_tone, redness, stubble, freckles, wrinkles."


def test_a_code_of_another_length_is_refused(directions) -> None:
    with pytest.raises(FitError, match="4 numbers"):
        directions.edited(np.zeros(4), {"redness": 1.0})


def test_a_file_gives_back_what_was_saved(directions, tmp_path: Path) -> None:
    generator = tmp_path / "generator.safetensors"
    generator.write_bytes(b"weights")
    save_directions(replace(directions, generator=file_digest(generator)), tmp_path / "a.npz")
    found = load_directions(tmp_path / "a.npz", generator)
    assert found.sliders == directions.sliders
    np.testing.assert_array_equal(found.lines, directions.lines)
    for name, layer in directions.layers.items():
        assert found.layers[name].fades == layer.fades
        np.testing.assert_allclose(found.layers[name].log_albedo, layer.log_albedo, atol=0.5 / 127)
        np.testing.assert_allclose(found.layers[name].slopes, layer.slopes, rtol=1e-5)


def test_foreign_damaged_and_missing_files_are_refused(directions, tmp_path: Path) -> None:
    generator, path = tmp_path / "generator.safetensors", tmp_path / "a.npz"
    generator.write_bytes(b"weights")
    with pytest.raises(FitError, match=r"a.npz is missing"):
        load_directions(path, generator)
    save_directions(replace(directions, generator="of another"), path)
    with pytest.raises(FitError, match="made for another reflectance generator"):
        load_directions(path, generator)
    (tmp_path / "b.npz").write_bytes(b"nothing")
    with pytest.raises(FitError, match="holds no sliders"):
        load_directions(tmp_path / "b.npz", generator)


@pytest.mark.skipif(not GENERATOR_FILE.is_file(), reason="the generator is not there")
def test_the_shipped_sliders_belong_to_the_shipped_generator() -> None:
    shipped = load_directions()
    assert shipped.sliders == ("skin_tone", "redness", "masculinity", "stubble", "freckles", "wrinkles")
    middle = shipped.tone_curve[5]
    assert shipped.tone_step(edited(middle, {"skin_tone": 2.0})) == pytest.approx(7, abs=0.05)
    assert (np.diff(shipped.tone_places) > 0).all()


class Painter:
    """A generator whose maps are constant: the code's numbers are the logarithm's shifts."""

    class config:
        size = 8

    w_average = torch.zeros(CODE)

    def synthesis(self, codes: torch.Tensor, size: int) -> GeneratedMaps:
        flat = torch.ones(len(codes), 1, size, size)
        log_albedo = torch.cat([0.1 * codes[:, :1], -0.1 * codes[:, :1], 0 * codes[:, :1]], 1)[..., None, None]
        gloss = (0.5 + 0.05 * codes[:, 0])[:, None, None, None]
        return GeneratedMaps(log_albedo - 1 + 0 * flat, gloss * flat, flat * 0.4, 0 * flat.expand(-1, 2, -1, -1))


@pytest.fixture
def head(head_arrays: dict, code, tmp_path: Path, monkeypatch) -> Path:
    """A head with a speckled skin; its preview is not what is tested."""
    monkeypatch.setattr(head_edit, "render_photo", lambda head, photo: np.zeros((4, 4, 3), np.uint8))
    away = np.eye(4, dtype=np.float32)[None].copy()
    away[0, 2, 3] = 1
    albedo = np.random.default_rng(0).uniform(0.2, 0.5, (16, 16, 3))
    files = {
        "diffuse_albedo.png": encode_png(srgb_from_linear(albedo)),
        "specular_albedo.png": encode_png(np.full((16, 16), 0.5), bits=16),
        "normal.png": encode_png(np.full((16, 16, 3), (0.5, 0.5, 1.0)), bits=16),
        "photo_0.png": encode_png(np.ones((4, 4, 3))),
    }
    return write_head(
        tmp_path / "ada",
        {**head_arrays, "camera_from_world": away},
        {"extra": {"generator_code": code.tolist()}},
        files,
    )


def test_a_head_keeps_its_detail_and_takes_the_change(directions, head, tmp_path: Path) -> None:
    out = head_edit.edit_head(head, {"redness": 2.0}, tmp_path / "bob", directions, Painter())
    before, after = (linear_from_srgb(read_png(read_head(path).maps["diffuse_albedo"])) for path in (head, out))
    np.testing.assert_allclose(after / before, np.broadcast_to(np.exp([0.2, -0.2, 0]), after.shape), rtol=0.02)
    np.testing.assert_allclose(read_png(out / "specular_albedo.png"), 0.5 * 0.615 / 0.515, rtol=1e-3)
    assert read_head(out).fit["edits"] == {"redness": 2.0}
    again = head_edit.edit_head(out, {"redness": -2.0, "freckles": 1.0}, tmp_path / "cid", directions, Painter())
    assert read_head(again).fit["edits"] == {"redness": 0.0, "freckles": 1.0}
    back = linear_from_srgb(read_png(again / "diffuse_albedo.png"))
    np.testing.assert_allclose(back[:6], before[:6], rtol=0.03)
    assert back[8:10, 4:6, 2].mean() < 0.9 * before[8:10, 4:6, 2].mean()


def test_wrinkles_bend_the_normals(directions, head, tmp_path: Path) -> None:
    out = head_edit.edit_head(head, {"wrinkles": 2.0}, tmp_path / "bob", directions, Painter())
    normal = read_png(out / "normal.png") * 2 - 1
    np.testing.assert_allclose(normal[..., :2] / normal[..., 2:], 0.2, atol=2e-3)


def test_a_head_without_a_code_says_so(directions, head_arrays, tmp_path: Path) -> None:
    files = {"diffuse_albedo.png": encode_png(np.ones((4, 4, 3)))}
    plain = write_head(tmp_path / "plain", head_arrays, {}, files)
    with pytest.raises(FitError, match="cannot be edited"):
        head_edit.edit_head(plain, {"redness": 1.0}, tmp_path / "out", directions, Painter())
    assert not (tmp_path / "out").exists()


def test_a_head_of_another_generator_says_so(directions, head, tmp_path: Path) -> None:
    fit = head / "fit.json"
    record = json.loads(fit.read_text())
    for digest, allowed in (("another", False), (directions.generator, True)):
        fit.write_text(json.dumps({**record, "versions": {"generator": digest}}))
        editor = head_edit.HeadEditor(head, directions, Painter())
        if allowed:
            assert editor.maps({"redness": 1.0})
            continue
        with pytest.raises(FitError, match="another version of the reflectance generator"):
            editor.maps({"redness": 1.0})
        assert editor.maps({"shine": 1.0}), "gloss needs no code"


def test_shine_and_roughness_multiply_their_maps_alone(directions, head) -> None:
    editor = head_edit.HeadEditor(head, directions, Painter())
    before, after = editor.maps({}), editor.maps({"shine": 2.0})
    np.testing.assert_allclose(after["specular_albedo"], 1.25**2 * before["specular_albedo"], rtol=1e-5)
    assert all(np.array_equal(before[name], after[name]) for name in ("diffuse_albedo", "normal"))
    with pytest.raises(FitError, match="too large"):
        editor.maps({"shine": 4.0})


def test_mirrored_maps_change_sides_and_lean_the_other_way(directions, head) -> None:
    editor = head_edit.HeadEditor(head, directions, Painter())
    tilted = np.full((16, 16, 3), (0.6, 0.55, 0.98), np.float32)
    mirrored = head_edit.mirrored_map("normal", tilted)
    np.testing.assert_allclose(mirrored[0, 0], (0.4, 0.55, 0.98), atol=1e-6)
    plain, turned = editor.maps({}), editor.maps({}, mirrored=True)
    np.testing.assert_array_equal(turned["diffuse_albedo"], plain["diffuse_albedo"][:, ::-1])


def test_the_uv_layout_is_the_same_left_and_right() -> None:
    model = load_model()
    skin = np.flatnonzero(model.quad_part == model.part_names.index("skin"))
    corners = {tuple(sorted(quad)): index for index, quad in enumerate(model.quads.tolist())}
    for index in skin[::7]:
        other = model.mirror[model.quads[index]]
        twin = corners[tuple(sorted(other.tolist()))]
        order = [model.quads[twin].tolist().index(vertex) for vertex in other]
        u, v = model.uv[index].T
        np.testing.assert_allclose(model.uv[twin][order], np.stack([1 - u, v], 1), atol=1e-6)


def test_a_preview_is_the_full_size_made_smaller(directions, head) -> None:
    editor = head_edit.HeadEditor(head, directions, Painter())
    changes = {"redness": 1.0, "roughness": 1.0, "wrinkles": 1.0}
    full, small = editor.maps(changes), editor.maps(changes, size=8)
    assert {name: image.shape[0] for name, image in small.items()} == dict.fromkeys(full, 8)
    np.testing.assert_allclose(small["diffuse_albedo"].mean(), full["diffuse_albedo"].mean(), atol=0.01)


def test_blender_gets_arrays_and_the_names_of_their_contents(directions, head, tmp_path: Path, monkeypatch) -> None:
    editor = head_edit.HeadEditor(head, directions, Painter())
    monkeypatch.setattr(head_edit, "_editor", lambda folder, stamp: editor)
    request = Edit("j", str(head), {"shine": 1.0}, maps=str(tmp_path))
    first = head_edit.answer(request, lambda *_: None)
    albedo, normal = (np.load(tmp_path / f"{name}.npy") for name in ("diffuse_albedo", "normal"))
    assert (albedo.shape, albedo.dtype) == ((16, 16, 3), np.uint8) and normal.dtype == np.uint16
    np.testing.assert_array_equal(albedo, np.round(255 * read_png(head / "diffuse_albedo.png")))
    second = head_edit.answer(replace(request, changes={"shine": 2.0}), lambda *_: None)
    changed = [name for name in first.digests if first.digests[name] != second.digests[name]]
    assert changed == ["specular_albedo"]
    with pytest.raises(FitError, match="could not be written"):
        head_edit.answer(replace(request, maps=str(tmp_path / "gone")), lambda *_: None)


def test_a_mirrored_head_on_disk_says_so(directions, head, tmp_path: Path) -> None:
    out = head_edit.edit_head(head, {"shine": 1.0}, tmp_path / "bob", directions, Painter(), mirrored=True)
    fit = read_head(out).fit
    assert fit["mirrored"] is True and fit["edits"] == {"shine": 1.0}
    np.testing.assert_array_equal(read_png(out / "diffuse_albedo.png"), read_png(head / "diffuse_albedo.png")[:, ::-1])


def test_paint_is_kept_as_a_layer_and_seen_by_whoever_reads_the_folder(directions, head, tmp_path: Path) -> None:
    layer = np.zeros((16, 16, 4), np.float32)
    layer[2:4, 3:6] = (0, 0, 1, 1)
    layer[8, 8] = (1, 1, 1, 0.5)
    out = head_edit.edit_head(
        head, {"redness": 1.0}, tmp_path / "bob", directions, Painter(), paint=Paint(layer, shows=True)
    )
    plain = head_edit.edit_head(head, {"redness": 1.0}, tmp_path / "plain", directions, Painter())
    below, painted = (read_png(path / "diffuse_albedo.png") for path in (plain, out))
    assert not read_head(plain).paint.exists() and unpainted(plain) == plain / "diffuse_albedo.png"
    np.testing.assert_array_equal(read_png(unpainted(out)), below)
    np.testing.assert_allclose(read_png(out / "paint.png", alpha=True), layer, atol=1 / 255)
    np.testing.assert_array_equal(painted[2:4, 3:6], np.broadcast_to((0, 0, 1), (2, 3, 3)))
    half = (linear_from_srgb(below[8, 8]) + 1) / 2
    np.testing.assert_allclose(linear_from_srgb(painted[8, 8]), half, atol=0.01)
    changed = (painted != below).any(-1)
    assert changed.sum() == 7

    turned = head_edit.edit_head(out, {"redness": -1.0}, tmp_path / "cid", directions, Painter(), mirrored=True)
    np.testing.assert_allclose(read_png(turned / "paint.png", alpha=True), layer[:, ::-1], atol=1 / 255)
    base = read_png(head / "diffuse_albedo.png")[:, ::-1]
    np.testing.assert_allclose(read_png(unpainted(turned)), base, atol=0.02)
    assert ((read_png(turned / "diffuse_albedo.png") != read_png(unpainted(turned))).any(-1) == changed[:, ::-1]).all()


def test_hidden_paint_is_kept_and_not_seen(directions, head, tmp_path: Path) -> None:
    layer = np.ones((8, 8, 4), np.float32)
    out = head_edit.edit_head(head, {}, tmp_path / "bob", directions, Painter(), paint=Paint(layer, shows=False))
    assert read_head(out).paint.is_file() and not read_head(out).paint_shows
    np.testing.assert_array_equal(read_png(out / "diffuse_albedo.png"), read_png(head / "diffuse_albedo.png"))
    again = head_edit.edit_head(out, {}, tmp_path / "cid", directions, Painter())
    assert read_head(again).paint.is_file() and not read_head(again).paint_shows
    cleared = head_edit.edit_head(again, {}, tmp_path / "dan", directions, Painter(), paint=Paint())
    assert not read_head(cleared).paint.exists()


def test_another_reconstruction_into_the_folder_keeps_the_paint_apart(directions, head, head_arrays, tmp_path) -> None:
    layer = Paint(np.ones((8, 8, 4), np.float32))
    out = head_edit.edit_head(head, {}, tmp_path / "bob", directions, Painter(), paint=layer)
    new = encode_png(np.full((16, 16, 3), 0.4))
    write_head(out, head_arrays, {}, {"diffuse_albedo.png": new})
    assert unpainted(out).read_bytes() == new and read_head(out).paint.is_file() and not read_head(out).paint_shows


def test_the_command_line_understands_sliders(monkeypatch, capsys) -> None:
    asked = []
    monkeypatch.setattr(head_edit, "edit_head", lambda *args: asked.append(args) or args[2])
    typed = ["edit", "ada", "--edit", "skin_tone=-1.5", "--edit", "redness=1", "--out", "bob"]
    assert command_line.main(typed) == 0
    assert asked == [(Path("ada"), {"skin_tone": -1.5, "redness": 1.0}, Path("bob"))]
    assert command_line.main(["edit", "ada", "--edit", "redness", "--out", "bob"]) == command_line.FAILED
    assert "redness is not NAME=NUMBER" in capsys.readouterr().err
