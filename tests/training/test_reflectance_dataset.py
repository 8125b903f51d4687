"""The reflectance data set: its files, its plan of tones, its layers and labels, on made-up skins."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from core.completion.atlas import build_atlas
from core.errors import FitError
from core.reflectance.prior import load_prior
from core.reflectance.tone import individual_typology_angle
from core.shape.morphable import load_model
from training.albedo.cleaning import believed, calmed, fill_hidden, from_mirror, without_glare, without_strays
from training.albedo.people import Person, texture_strength
from training.albedo.scans import scan_texels
from training.dataset.items import (
    SLOPE_RANGE,
    decode_diffuse,
    decode_slopes,
    encode_diffuse,
    encode_slopes,
    load,
    pack,
)
from training.dataset.labels import measured_labels
from training.dataset.mixing import KINDS, LARGEST_STEP, Mixture, mixed, plan_mixtures, region_mask
from training.dataset.tones import ToneMatcher, Variant, balance, plan_variants, tone_step
from training.reflectance_dataset import Writer, draw_layers
from training.skin.layers import LAYERS
from training.skin.surface import crease_height, make_canvas, make_skin, slopes_of
from training.skin.tone import BioSkin

SIZE = 128
SKIN = np.log(np.float32([0.45, 0.28, 0.2]))


@pytest.fixture(scope="module")
def canvas():
    model = load_model()
    return make_canvas(model, build_atlas(model, SIZE), load_prior())


@pytest.fixture
def skin(canvas):
    count = len(canvas.position)
    return make_skin(canvas, np.tile(SKIN, (count, 1)), np.zeros(count, np.float32), 0.0, 1.0, np.random.default_rng(0))


def person(canvas, name="london 001", split="train") -> Person:
    count = len(canvas.position)
    log_albedo = np.tile(SKIN, (count, 1)) + 0.1 * canvas.position[:, :1]
    return Person(name, "london", "CC BY 4.0", split, 30, "female", log_albedo, np.ones(count, np.float32))


@pytest.fixture
def folder(canvas, skin, tmp_path):
    writer = Writer(tmp_path / "set", canvas, [Variant("london 001", 0, None)] * 2, {"size": SIZE})
    for _ in range(2):
        writer.add(person(canvas), skin)
    writer.finish()
    return tmp_path / "set"


def test_encodings_are_undone_within_half_a_step():
    albedo = np.linspace(0.02, 0.9, 40)
    assert np.abs(np.exp(decode_diffuse(encode_diffuse(np.log(albedo)))) - albedo).max() < 0.006
    slopes = np.linspace(-0.9, 0.9, 50)
    assert np.abs(decode_slopes(encode_slopes(slopes)) - slopes).max() <= SLOPE_RANGE / 255 + 1e-6


def test_folder_is_read_back(folder, canvas, skin):
    data = load(folder)
    assert len(data) == 2 and data.size == SIZE and data.rows("train") == [0, 1]
    inside = canvas.atlas.gather(data.log_albedo(0))
    assert np.abs(inside - skin.log_albedo).max() < 0.02
    assert data.tangent_slopes(0, 32).shape == (32, 32, 2)
    assert data.seen.shape == (2, SIZE // 4, SIZE // 4) and data.seen.max() == 255
    assert {"name", "source", "licence", "split", "tone", "age", "sex", "labels", "weight"} <= set(data.items[0])


def test_packed_file_is_nearly_the_folder_and_stores_pictures_once(folder, tmp_path):
    pack(folder, tmp_path / "items.zip", report=lambda line: None)
    data, packed = load(folder), load(tmp_path / "items.zip")
    assert packed.facts["pictures"]["diffuse"] == [0, 0]
    assert packed.items == data.items and (packed.covered == data.covered).all()
    for name in ("diffuse", "gloss", "slopes", "seen"):
        here, there = getattr(data, name), getattr(packed, name)
        assert here.shape == there.shape
        assert np.abs(here.astype(float) - there).mean() < 3, name


def test_unfinished_set_is_refused_and_gone_on_with(canvas, skin, tmp_path):
    plan = [Variant("london 001", 0, None), Variant("london 001", 1, 10.0)]
    writer = Writer(tmp_path, canvas, plan, {"size": SIZE})
    writer.add(person(canvas), skin)
    writer.save()
    with pytest.raises(FitError):
        load(tmp_path)
    again = Writer(tmp_path, canvas, plan, {"size": SIZE})
    assert len(again.items) == 1 and again.arrays["diffuse"][0].any()
    assert Writer(tmp_path, canvas, plan, {"size": SIZE, "seed": 9}).items == []


def test_tones_come_out_even_and_validation_people_once():
    names = [f"london {number:03d}" for number in range(60)] + [f"canada {number:03d}" for number in range(20)]
    own = np.concatenate([np.linspace(52, 20, 60), np.full(20, 42.0)])
    validation = np.arange(80) % 10 == 4
    plan = plan_variants(names, own, validation, 4)
    assert [sum(variant.name == name for variant in plan) for name in (names[4], names[5])] == [1, 3]
    angles = [own[names.index(variant.name)] if variant.angle is None else variant.angle for variant in plan]
    counts = np.bincount(tone_step(np.array(angles)), minlength=10)
    assert counts.min() >= 15 and counts[3:].max() - counts[3:].min() <= 1
    items = [{"split": "train", "tone": angle} for angle in angles]
    balance(items)
    weights = np.array([item["weight"] for item in items])
    sums = np.bincount(tone_step(np.array(angles)), weights=weights)
    assert np.ptp(sums) < 0.01 * sums.mean() and abs(weights.mean() - 1) < 1e-3


def test_layers_keep_to_the_sexes():
    rng = np.random.default_rng(1)
    drawn = {sex: [draw_layers(sex, rng) for _ in range(400)] for sex in ("female", "male")}
    worn = {sex: {name for layers in rows for name in layers} for sex, rows in drawn.items()}
    assert worn["female"] == set(LAYERS) - {"stubble"} and worn["male"] == set(LAYERS) - {"makeup"}
    assert 0.25 < np.mean([bool(layers) for rows in drawn.values() for layers in rows]) < 0.45


@pytest.mark.parametrize("name", list(LAYERS))
def test_every_layer_changes_only_the_face_and_more_of_it_more(canvas, skin, name):
    before = skin.log_albedo.copy()
    changes = []
    for strength in (0.3, 1.0):
        worn = make_skin(canvas, before.copy(), np.zeros(len(before), np.float32), 0.0, 1.0, np.random.default_rng(0))
        LAYERS[name](canvas, worn, strength, np.random.default_rng(5))
        assert np.isfinite(worn.log_albedo).all() and worn.layers == {name: strength}
        changes.append(worn.log_albedo - before)
    back = canvas.position[:, 2] < -0.1
    assert np.abs(changes[1][back]).max() < 0.02
    if name != "makeup":
        assert 0 < np.abs(changes[0]).mean() < np.abs(changes[1]).mean()
        assert (changes[1] < 0.01).all()


@pytest.mark.parametrize("name", ["redness", "freckles", "stubble"])
def test_label_rises_with_its_layer_and_hardly_with_others(canvas, name):
    count = len(canvas.position)

    def labels(layer: str | None) -> dict[str, float]:
        worn = make_skin(
            canvas, np.tile(SKIN, (count, 1)), np.zeros(count, np.float32), 0.0, 1.0, np.random.default_rng(0)
        )
        if layer:
            LAYERS[layer](canvas, worn, 0.8, np.random.default_rng(2))
        return measured_labels(canvas, worn)

    plain = labels(None)
    rise = {layer: labels(layer)[name] - plain[name] for layer in ("redness", "freckles", "stubble")}
    assert rise[name] > 0.05
    assert all(abs(rise[other]) < 0.5 * rise[name] for other in rise if other != name)


def test_dark_lines_are_deep_and_brown_spots_are_not(canvas):
    face = np.abs(canvas.position - (0, 0.05, canvas.position[:, 2].max() - 0.02)).max(1)
    line = np.where(np.abs(canvas.position[:, 1] - 0.05) < 0.0015, -0.25, 0).astype(np.float32) * (face < 0.04)
    seen = np.ones(len(line), np.float32)
    grey = crease_height(canvas, SKIN + line[:, None] * [1, 1, 1], seen)
    brown = crease_height(canvas, SKIN + line[:, None] * [0.3, 1, 1.7], seen)
    assert grey.min() < -2e-5
    assert brown.min() > 0.5 * grey.min()
    assert crease_height(canvas, SKIN + line[:, None] * [1, 1, 1], 0 * seen).min() == 0


def test_slopes_have_the_sign_of_normals(canvas):
    """Higher towards larger u: the normal leans to smaller u, and up the map likewise."""
    column = canvas.atlas.texels % SIZE
    row = canvas.atlas.texels // SIZE
    inner = cv2.erode(canvas.atlas.covered.astype(np.uint8), np.ones((5, 5)))
    inner = canvas.atlas.gather(inner) > 0
    right = slopes_of(canvas, (column * canvas.texel).astype(np.float32), 0.0)[inner]
    up = slopes_of(canvas, (-row * canvas.texel).astype(np.float32), 0.0)[inner]
    assert np.allclose(right, [-1, 0], atol=1e-3) and np.allclose(up, [0, -1], atol=1e-3)


def test_hidden_side_comes_from_the_other(canvas):
    mirror = np.arange(4)[::-1]
    log_albedo = np.arange(12, dtype=np.float32).reshape(1, 4, 3)
    filled, known = from_mirror(log_albedo, np.float32([[1, 1, 0, 0]]), mirror)
    assert np.allclose(filled[0, 3], log_albedo[0, 0]) and np.allclose(filled[0, 0], log_albedo[0, 0])
    assert np.allclose(known, [[1, 1, 0.9, 0.9]])


def test_rim_of_the_seen_is_not_believed(canvas):
    confidence = np.clip((canvas.position[:, 2] - 0.0) / 0.01, 0, 1).astype(np.float32)
    trust = believed(canvas.atlas, confidence, canvas.texel)
    assert (trust <= confidence + 1e-6).all() and trust.max() > 0.9
    assert trust.sum() < 0.9 * confidence.sum()


def test_glare_is_pressed_down_and_marks_are_kept(canvas):
    count = len(canvas.position)
    log_albedo = np.tile(SKIN, (count, 1))
    log_albedo[0] += 0.8
    log_albedo[1] -= 0.8
    ones = np.ones(count, np.float32)
    pressed = without_glare(log_albedo, ones, ones)
    assert (pressed[0] - SKIN).max() < 0.31
    assert np.allclose(pressed[1], log_albedo[1], atol=1e-4) and np.allclose(pressed[2], SKIN, atol=1e-4)


def test_fringe_and_stray_rims_are_given_up_but_not_features(canvas):
    count = len(canvas.position)
    log_albedo = np.tile(SKIN, (count, 1))
    front = canvas.position[:, 2] > 0.0
    forehead = canvas.shares["forehead"] * front
    fringe = forehead > 0.8
    lips = canvas.shares["lips"] > 0.8
    log_albedo[fringe | lips] -= 0.7
    plain = 1 - canvas.shares["lips"]
    trust = without_strays(
        canvas.atlas, log_albedo, front.astype(np.float32), plain, (forehead > 0.3).astype(np.float32)
    )
    assert trust[fringe].mean() < 0.2
    assert trust[lips & front].mean() > 0.9


def test_dark_people_keep_less_of_what_is_coarse(canvas):
    """The same bright patch on a light and on a dark person, among people without one."""
    count = len(canvas.position)
    ones, patch = np.ones(count, np.float32), (canvas.shares["cheeks"] * (canvas.position[:, 0] > 0))[:, None]
    tones = np.log(np.float32([0.28, 0.28, 0.28, 0.28, 0.04, 0.04]))
    photos = np.stack([np.tile(SKIN - SKIN[1] + tone, (count, 1)) for tone in tones])
    photos[0] += 0.1 * patch
    photos[4] += 0.1 * patch
    result, trust = calmed(canvas.atlas, photos, np.stack([ones] * 6), canvas.shares["forehead"], ones)
    light, dark = (float(((result[row] - result[row + 1]) * patch).mean() / (patch**2).mean()) for row in (0, 4))
    assert 0.03 < light < 0.1 and dark < 0.6 * light
    assert (trust <= 1).all() and np.allclose(trust[1], 1)


def test_hidden_lids_continue_the_skin_around_them(canvas):
    lids = canvas.shares["lids"]
    log_albedo = np.where(lids[:, None] > 0.5, -4.0, SKIN)[None].astype(np.float32)
    known = (lids < 0.3).astype(np.float32)[None]
    filled = fill_hidden(canvas.atlas, log_albedo, known, lids, 1 - canvas.shares["brows"])
    assert np.abs(filled[0][lids > 0.95] - SKIN).mean() < 0.3
    assert np.allclose(filled[0][lids == 0], log_albedo[0][lids == 0])


def test_people_reach_a_tone_in_the_colour_of_real_people(canvas, shared):
    """A warm light person among neutral ones comes out dark, but not orange."""
    colours = np.exp(np.linspace(-3.8, -0.8, 30)[:, None] + np.array([0.4, -0.1, -0.5]))
    matcher = ToneMatcher(BioSkin(shared / "bioskin" / "BioSkinRGB.pt"), colours, np.ones(30, bool))
    weight = canvas.share("cheeks", "forehead")
    warm = np.tile(np.log(np.float32([0.55, 0.25, 0.12])), (len(weight), 1))
    for angle in (40.0, 0.0, -40.0):
        moved = matcher.retone(warm, angle, weight)
        mean = np.average(np.exp(moved), axis=0, weights=weight)
        assert abs(individual_typology_angle(mean) - angle) < 1.5
        usual = matcher.colour_at(angle)
        assert abs(np.log(mean[0] / mean[2]) - (usual[0] - usual[2])) < 0.3


def test_a_histogram_changes_as_it_does_between_tones_and_keeps_marks(shared):
    """Dark people vary less over their faces here; a freckle stays the darkest texel, hair is left alone."""
    rng = np.random.default_rng(0)
    means = np.linspace(-3.8, -0.8, 30)[:, None] + np.array([0.4, -0.1, -0.5])
    light = np.linspace(0, 1, 30)[:, None, None]
    skins = means[:, None] + rng.normal(0, 1, (30, 500, 3)) * (0.02 + 0.18 * light)
    matcher = ToneMatcher(BioSkin(shared / "bioskin" / "BioSkinRGB.pt"), np.exp(means), np.ones(30, bool), skins)
    spread = [np.ptp(matcher.histogram_at(angle)) for angle in (50.0, -40.0)]
    assert spread[0] > 2 * spread[1]
    face, plain = skins[-1].copy(), np.ones(500, bool)
    face[7] -= 1.5
    moved = matcher.matched(face, -40.0, plain, 50.0)
    assert (moved.std(0) < 0.8 * face.std(0)).all() and moved[:, 0].argmin() == 7
    np.testing.assert_allclose(matcher.matched(face, 50.0, plain, 50.0), face, atol=1e-6)
    order = np.argsort(face[:, 1])
    assert (np.diff(moved[order, 1]) > -1e-6).all()


def test_mixtures_are_of_people_of_one_tone_and_sex():
    items = [
        {"name": f"london {row:03d}", "split": "validation" if row % 9 == 0 else "train"}
        | {"tone": 60 - 2 * row, "sex": ("female", "male", None)[row % 3], "weight": 1.0}
        for row in range(60)
    ]
    plan = plan_mixtures(items, 40, 1)
    assert len(plan) == 40 and plan == plan_mixtures(items, 40, 1) != plan_mixtures(items, 40, 2)
    assert sum(mixture.kind == "bands" for mixture in plan) == 20 and {mixture.kind for mixture in plan} == set(KINDS)
    for first, second, _ in plan:
        one, other = items[first], items[second]
        assert one["split"] == other["split"] == "train" and one["name"] != other["name"]
        assert abs(one["tone"] - other["tone"]) < LARGEST_STEP
        assert one["sex"] == other["sex"] or None in (one["sex"], other["sex"])
    with pytest.raises(ValueError):
        plan_mixtures([items[1], items[50]], 1, 0)


def test_bands_and_regions_come_from_whom_they_should(canvas):
    rng = np.random.default_rng(0)
    noise = [rng.normal(0, 0.1, (SIZE, SIZE, 1)).astype(np.float32) for _ in range(2)]
    first, second = (level + grain for level, grain in zip((0.0, 1.0), noise))
    bands = mixed(first, second, "bands")
    assert abs(bands.mean()) < 0.02
    inside = (slice(20, -20), slice(20, -20))
    alike = [np.corrcoef(bands[inside].ravel(), grain[inside].ravel())[0, 1] for grain in noise]
    assert alike[1] > 0.9 and alike[0] < 0.5
    mask = region_mask(canvas, "cheeks")
    regions = mixed(first, second, "cheeks", mask)
    deep = cv2.erode((mask > 0.9).astype(np.uint8), np.ones((3, 3))).astype(bool)
    assert deep.any() and regions[deep].mean() > 0.7
    np.testing.assert_allclose(regions[cv2.dilate(mask, np.ones((31, 31))) == 0].mean(), 0, atol=0.02)
    assert np.abs(regions[deep] - second[deep]).std() < np.abs(regions[deep] - first[deep]).std()


def test_mixed_items_stand_apart(canvas, skin, tmp_path):
    writer = Writer(tmp_path / "set", canvas, [Variant("london 001", 0, None)] * 2, {"size": SIZE}, 2)
    writer.add(person(canvas), skin)
    writer.add(person(canvas, "london 002"), skin)
    for kind in ("bands", "mouth"):
        writer.mix(Mixture(0, 1, kind))
    writer.finish()
    data = load(tmp_path / "set")
    assert data.rows("train") == [0, 1] and data.rows("mixed") == [2, 3] and len(data.diffuse) == 4
    assert data.items[3]["mixed"] == ["london 001", "london 002", "mouth"]
    assert np.abs(data.log_albedo(3) - data.log_albedo(0))[data.covered].max() < 0.03
    assert data.items[2]["weight"] > 0


def test_scans_lie_on_our_layout(canvas, shared):
    """Lips are redder than the skin around them, brows darker; what the texture does not show is not believed."""
    atlas = build_atlas(load_model(), SIZE)
    log_albedo, trust, gloss = scan_texels(load_model(), atlas, shared / "scans", "lee_perry_smith")
    redness = log_albedo[:, 0] - log_albedo[:, 1]
    lips, cheeks, brows = (
        canvas.shares[name] > least for name, least in (("lips", 0.9), ("cheeks", 0.9), ("brows", 0.5))
    )
    assert redness[lips & (trust > 0.9)].mean() > redness[cheeks & (trust > 0.9)].mean() + 0.3
    assert log_albedo[brows & (trust > 0.5)].mean() < log_albedo[cheeks & (trust > 0.9)].mean() - 0.3
    assert trust[canvas.shares["scalp"] > 0.9].max() < 0.1 and gloss.min() > 0.3
    antonia = scan_texels(load_model(), atlas, shared / "scans", "antonia")[1]
    assert antonia[lips].max() < 0.2 and antonia.max() > 0.9


def test_texture_is_measured_against_the_priors():
    detail = np.random.default_rng(0).normal(0, 0.02, (500, 3)).astype(np.float32)
    assert texture_strength(detail, 1.5 * detail, np.ones(500)) == pytest.approx(1.5, rel=1e-3)
    assert texture_strength(detail, 1.5 * detail, np.zeros(500)) == 1.0


def test_items_file_is_plain_json(folder):
    facts = json.loads((folder / "items.json").read_text())
    assert facts["size"] == SIZE and facts["items"][0]["labels"]["makeup"] == 0.0
