"""Heads at another age: what their shape and their maps do, and what is written to disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import head_edit
from core.errors import FitError
from core.head import read_head, write_head
from core.mapfiles import (
    encode_png,
    linear_from_srgb,
    normals_from_slopes,
    read_png,
    slopes_from_normals,
    srgb_from_linear,
)
from core.reflectance.skin_age import SkinAge, aged, load_skin_age
from core.reflectance.tone import tone_of
from core.shape import shape_age
from core.shape.morphable import load_model
from core.shape.shape_sliders import SLIDERS, load_sliders

SIZE = 256
AGES = (-3.0, -1.5, 0.0, 1.0, 2.5, 5.0)
LIGHT, DARK = (0.55, 0.36, 0.27), (0.10, 0.055, 0.035)


def skin(colour: tuple[float, float, float], size: int = SIZE) -> dict[str, np.ndarray]:
    """Maps of a face with blotches and creases of its own, everywhere."""
    rng = np.random.default_rng(3)
    blotches = np.kron(rng.normal(0, 0.06, (size // 4, size // 4)), np.ones((4, 4)))[..., None]
    slopes = np.kron(rng.normal(0, 0.05, (size // 2, size // 2, 2)), np.ones((2, 2, 1)))
    return {
        "diffuse_albedo": srgb_from_linear(np.array(colour) * np.exp(blotches)).astype(np.float32),
        "specular_albedo": np.full((size, size), 0.5, np.float32),
        "roughness": np.full((size, size), 0.4, np.float32),
        "normal": normals_from_slopes(slopes).astype(np.float32),
    }


def log_albedo(maps: dict[str, np.ndarray]) -> np.ndarray:
    return np.log(linear_from_srgb(maps["diffuse_albedo"]))


@pytest.fixture(scope="module")
def plain() -> np.ndarray:
    return shrunk(load_skin_age().plain)


def shrunk(mask: np.ndarray) -> np.ndarray:
    step = len(mask) // SIZE
    return mask.reshape(SIZE, step, SIZE, step).mean((1, 3))


@pytest.mark.parametrize("colour", [LIGHT, DARK])
def test_lines_and_uneven_colour_grow_with_age(colour, plain) -> None:
    relief, unevenness = [], []
    for age in AGES:
        maps = aged(skin(colour), age)
        slopes = slopes_from_normals(maps["normal"])[plain > 0.9]
        relief.append(np.square(slopes).mean())
        unevenness.append(log_albedo(maps)[plain > 0.9].std(0).mean())
    assert (np.diff(relief) > 0).all() and (np.diff(unevenness) > 0).all()


@pytest.mark.parametrize("colour", [LIGHT, DARK])
@pytest.mark.parametrize("age", AGES)
def test_the_tone_nearly_stays(colour, age, plain) -> None:
    before, after = (linear_from_srgb(maps["diffuse_albedo"]) for maps in (skin(colour), aged(skin(colour), age)))
    assert abs(tone_of(after, plain) - tone_of(before, plain)) < 4, "degrees; a unit of skin tone has 12"


def test_lips_pale_and_brows_lighten_and_grey() -> None:
    maps, known = skin(LIGHT), load_skin_age()
    lips, brows = shrunk(known.lips) > 0.8, shrunk(known.brows) > 0.8
    maps["diffuse_albedo"][lips] = srgb_from_linear(np.array((0.4, 0.1, 0.1)))
    maps["diffuse_albedo"][brows] = srgb_from_linear(np.array((0.06, 0.03, 0.015)))
    old, young = (log_albedo(aged(maps, age)) for age in (5.0, -3.0))
    before = log_albedo(maps)

    def redness(image: np.ndarray) -> float:
        return float((image[lips, 0] - image[lips, 1]).mean())

    assert redness(old) < redness(before) < redness(young)
    assert old[brows].mean() > before[brows].mean() > young[brows].mean()
    assert np.ptp(old[brows].mean(0)) < np.ptp(before[brows].mean(0))


def test_old_skin_is_drier_and_the_rest_of_the_tile_stays(plain) -> None:
    before, old = skin(LIGHT), aged(skin(LIGHT), 5.0)
    face, outside = plain > 0.9, np.zeros((SIZE, SIZE), bool)
    outside[:4, :4] = True
    assert (old["specular_albedo"][face] < 0.5).all() and (old["roughness"][face] > 0.4).all()
    for name, image in before.items():
        np.testing.assert_allclose(old[name][outside], image[outside], atol=2e-3)


def test_a_preview_is_the_full_size_made_smaller() -> None:
    large = {name: np.repeat(np.repeat(image, 4, 0), 4, 1) for name, image in skin(LIGHT).items()}
    small, full = (aged(maps, 4.0) for maps in (skin(LIGHT), large))
    for name, image in small.items():
        shrunk_image = full[name].reshape(SIZE, 4, SIZE, 4, -1).mean((1, 3)).reshape(image.shape)
        assert np.abs(shrunk_image - image).mean() < 0.01, name


def test_younger_adds_nothing(plain) -> None:
    """Without creases or blotches of its own, a skin has nothing to lose but its yellow."""
    flat = {**skin(LIGHT), "diffuse_albedo": np.full((SIZE, SIZE, 3), 0.6, np.float32)}
    flat["normal"] = np.full((SIZE, SIZE, 3), (0.5, 0.5, 1.0), np.float32)
    young = aged(flat, -3.0)
    np.testing.assert_allclose(young["normal"], flat["normal"], atol=1e-5)
    assert young["diffuse_albedo"][plain > 0.99].std(0).max() < 0.003


def test_a_step_is_symmetric_and_does_what_faces_do() -> None:
    sliders, step = load_sliders(), shape_age.age_step()
    assert np.abs(step[~sliders.symmetric]).max() < 2e-3 and 0.5 < np.linalg.norm(step) < 3
    millimetres = dict(zip([slider.name for slider in SLIDERS], 1000 * sliders.deviation * (sliders.measures @ step)))
    assert millimetres["ear_size"] > 0.2 and millimetres["nose_projection"] > 0.2
    assert max(millimetres[name] for name in ("upper_lip", "lower_lip", "nose_tip", "eye_opening")) < -0.1


def test_there_and_back_is_the_same_shape() -> None:
    identity = np.linspace(-1, 1, len(shape_age.age_step())).astype(np.float32)
    np.testing.assert_array_equal(shape_age.aged(identity, 0.0), identity)
    np.testing.assert_allclose(shape_age.aged(shape_age.aged(identity, 4.0), -4.0), identity, atol=1e-6)
    assert not shape_age.aged(identity[:3], 0.0)[3:].any()


def head_like(**changes: object) -> SimpleNamespace:
    model = load_model()
    identity = np.full(5, 0.5)
    fit = {"identity": identity.tolist(), "versions": {"shape_model": model.version}}
    return SimpleNamespace(folder=Path("ada"), vertices=model.vertices(identity), fit=fit | changes)


def test_vertices_and_coefficients_age_together() -> None:
    head = head_like()
    head.vertices = head.vertices + np.float32(0.001)  # what a head has beyond the model stays
    identity, vertices = head_edit.aged_shape(head, 3.0)
    np.testing.assert_allclose(vertices, load_model().vertices(identity) + 0.001, atol=1e-6)
    assert np.linalg.norm(vertices - head.vertices, axis=1).max() > 0.002
    assert head_edit.aged_shape(head, 0.0) is None


@pytest.mark.parametrize("changes", [{"identity": None}, {"versions": {"shape_model": "0"}}])
def test_a_head_of_another_shape_model_says_so(changes) -> None:
    with pytest.raises(FitError, match="The shape of ada cannot be aged"):
        head_edit.aged_shape(head_like(**changes), 1.0)


@pytest.mark.parametrize("age", [-3.5, 5.5, float("nan")])
def test_ages_beyond_the_slider_are_refused(age) -> None:
    with pytest.raises(FitError, match="too large") as caught:
        head_edit.aged_shape(head_like(), age)
    assert caught.value.hint == "Stay between -3 and 5."


@pytest.fixture
def folder(head_arrays: dict, tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setattr(head_edit, "render_photo", lambda head, photo: np.zeros((4, 4, 3), np.uint8))
    away = np.eye(4, dtype=np.float32)[None].copy()
    away[0, 2, 3] = 1
    files = {f"{name}.png": encode_png(image, head_edit.BITS[name]) for name, image in skin(LIGHT, 64).items()}
    files["photo_0.png"] = encode_png(np.ones((4, 4, 3)))
    return write_head(tmp_path / "ada", {**head_arrays, "camera_from_world": away}, {}, files)


def test_no_generator_is_needed(folder: Path) -> None:
    maps = head_edit.HeadEditor(folder).maps({"age": 5.0})
    assert not np.array_equal(maps["normal"], read_png(folder / "normal.png"))
    with pytest.raises(FitError, match="too large"):
        head_edit.HeadEditor(folder).maps({"age": 6.0})


def test_an_older_head_on_disk_has_its_shape(folder: Path, tmp_path: Path, monkeypatch) -> None:
    moved = read_head(folder).vertices + np.float32(0.002)
    monkeypatch.setattr(head_edit, "aged_shape", lambda head, decades: (np.full(3, decades), moved))
    eyes = SimpleNamespace(eyeballs=lambda vertices: (np.ones((2, 3)), np.full(2, 0.013)))
    monkeypatch.setattr(head_edit, "load_model", lambda: eyes)
    older = read_head(head_edit.edit_head(folder, {"age": 2.0}, tmp_path / "old"))
    np.testing.assert_array_equal(older.vertices, moved)
    np.testing.assert_allclose(older.eye_radius, 0.013)
    assert older.fit["identity"] == [2.0] * 3 and older.fit["edits"] == {"age": 2.0}


@pytest.mark.parametrize("content", [b"nothing", b"", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FitError, match=r"a.npz is missing or damaged"):
        load_skin_age(tmp_path / "a.npz")


def test_pigment_fades_on_dark_skin_and_lines_do_not() -> None:
    nothing = np.zeros((2, 32, 32), np.float32)
    spot = nothing.copy()
    spot[0, 10, 10] = 0.3
    line = nothing.copy()
    line[0, 20] = -0.0004
    everywhere = np.ones((32, 32), np.float32)
    known = SkinAge(nothing, nothing, everywhere, 0 * everywhere, 0 * everywhere, 0.3)

    def change(colour, **layers) -> np.ndarray:
        maps = {"diffuse_albedo": srgb_from_linear(np.full((32, 32, 3), colour)).astype(np.float32)}
        with_it, without = (log_albedo(aged(maps, 5.0, other)) for other in (replace(known, **layers), known))
        return (with_it - without)[..., 1]

    assert change(LIGHT, pigment=spot)[10, 10] < 2 * change(DARK, pigment=spot)[10, 10] < 0
    np.testing.assert_allclose(change(LIGHT, relief=line), change(DARK, relief=line), atol=1e-4)
