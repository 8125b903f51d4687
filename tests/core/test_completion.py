"""Unwrapping and merging in UV space."""

from dataclasses import replace

import numpy as np
import pytest

from core.completion.atlas import Atlas, pull_push
from core.completion.folds import folds
from core.reflectance.maps import PriorMaps, combine, delight
from core.reflectance.merge import Observation, merge_photos, photo_levels


def whole_square(size):
    texels = np.arange(size * size)
    empty = np.zeros((size * size, 3))
    return Atlas(size, texels, empty.astype(int), empty, texels)


def flat_prior(size, tone=(0.3, 0.2, 0.15)):
    log = np.log(np.array(tone, np.float32)) + np.zeros((size, size, 3), np.float32)
    ones = np.ones((size, size), np.float32)
    return PriorMaps(log, ones[..., None] * np.ones(3), 0.5 * ones, 0.45 * ones, np.zeros((size, size, 2), np.float32))


def no_regions(size):
    return np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)


def test_pull_push_keeps_what_is_known_and_fills_the_rest_between():
    image, weight = np.zeros((64, 64), np.float32), np.zeros((64, 64), np.float32)
    image[:, :8], image[:, -8:] = 1.0, 3.0
    weight[:, :8] = weight[:, -8:] = 1.0
    filled = pull_push(image, weight)
    assert np.allclose(filled[:, :8], 1) and np.allclose(filled[:, -8:], 3)
    assert (filled[:, 8:-8] > 0.99).all() and (filled[:, 8:-8] < 3.01).all()
    assert 1.5 < filled[:, 28:36].mean() < 2.5


def test_provenance_adds_up_and_follows_the_mirror():
    size = 128
    atlas = whole_square(size)
    confidence = np.zeros((size, size), np.float32)
    confidence[:, 70:] = 1
    seen = Observation(np.log(np.full((size * size, 3), 0.25)), confidence.ravel(), np.ones(size * size))
    maps = combine(atlas, [seen], flat_prior(size), *no_regions(size), 0.0005)
    assert np.allclose(maps.provenance.sum(2), 1, atol=1e-5)
    observed, mirrored, filled = (maps.provenance[64, :, channel] for channel in range(3))
    assert observed[100] > 0.95 and mirrored[27] > 0.95 and filled[64] > 0.5


def test_no_step_where_the_photo_ends():
    size = 128
    atlas = whole_square(size)
    confidence = np.zeros((size, size), np.float32)
    confidence[30:90, 30:98] = 1
    brighter = np.log(np.array([0.45, 0.28, 0.2])) + np.zeros((size * size, 3))
    seen = Observation(brighter, confidence.ravel(), np.ones(size * size))
    maps = combine(atlas, [seen], flat_prior(size), *no_regions(size), 0.0005)
    steps = np.abs(np.diff(np.log(maps.diffuse_albedo), axis=1)).max()
    assert steps < 0.03


def test_a_bright_strip_at_the_rim_does_not_end_in_a_step():
    """Forehead below a fringe is brighter than the face; its freckles stay, its brightness fades."""
    size = 256
    atlas = whole_square(size)
    confidence = np.zeros((size, size), np.float32)
    confidence[60:220, 40:216] = 1
    log = np.log(np.array([0.3, 0.2, 0.15], np.float32)) + np.zeros((size, size, 3), np.float32)
    log[60:76] += 0.15
    log[68, 100:130:6] -= 0.4
    doubt = np.zeros((size, size), np.float32)
    doubt[:90] = 1
    seen = Observation(log.reshape(-1, 3), confidence.ravel(), np.ones(size * size))
    albedo = np.log(
        combine(atlas, [seen], flat_prior(size), np.zeros((size, size), np.float32), doubt, 0.0005).diffuse_albedo
    ).mean(2)
    beyond, rim, inside = albedo[52, 180], albedo[61:67, 180].mean(), albedo[74, 180]
    assert abs(rim - beyond) < 0.01 and inside - beyond > 0.02
    assert albedo[68, 97] - albedo[68, 100] > 0.2


def test_what_the_expected_skin_holds_already_is_not_believed_twice():
    size = 128
    atlas = whole_square(size)
    darker = np.log(np.array([0.25, 0.16, 0.12])) + np.zeros((size * size, 3))
    seen = Observation(darker, np.ones(size * size), np.ones(size * size))
    prior = flat_prior(size)
    moved = [
        np.log(combine(atlas, [seen], maps, *no_regions(size), 0.0005).diffuse_albedo) - prior.log_albedo
        for maps in (prior, replace(prior, believed=True))
    ]
    assert np.abs(moved[0]).mean() > 0.03 and np.abs(moved[1]).mean() < 0.005


@pytest.mark.parametrize(
    "on_brow, mark, least, most", [(1, -0.8, -0.9, -0.6), (0, -0.15, -0.16, -0.1), (0, -0.8, -0.7, -0.6)]
)
def test_marks_of_the_photo_survive_but_no_hard_shadows(on_brow, mark, least, most):
    size = 128
    atlas = whole_square(size)
    spot = np.zeros((size, size, 3))
    spot[60:64, 60:64] = mark
    seen = Observation((np.log([0.3, 0.2, 0.15]) + spot).reshape(-1, 3), np.ones(size * size), np.ones(size * size))
    brows, doubt = no_regions(size)
    maps = combine(atlas, [seen], flat_prior(size), brows + on_brow, doubt, 0.0005)
    assert least < np.log(maps.diffuse_albedo[62, 62] / maps.diffuse_albedo[20, 20]).mean() < most


def test_a_fold_of_the_expression_is_neither_colour_nor_relief():
    size = 128
    line = np.zeros((size, size, 3), np.float32)
    line[40:90, 63:65] = -0.6, -0.8, -1.0
    seen = Observation((np.log([0.3, 0.2, 0.15]) + line).reshape(-1, 3), np.ones(size * size), np.ones(size * size))
    folded = np.zeros((size, size), np.float32)
    folded[66:] = 1
    maps = combine(whole_square(size), [seen], flat_prior(size), *no_regions(size), 0.0005, folded=folded)
    mark = np.log(maps.diffuse_albedo[:, 63] / maps.diffuse_albedo[:, 20])
    assert mark[50].mean() < -0.5 and mark[80].mean() > -0.15
    assert np.ptp(mark[80]) < 0.1
    slope = np.abs(maps.normal[:, 58:70, 0]).max(1)
    assert slope[50] > 0.1 and slope[80] < 0.01


@pytest.mark.parametrize("beard, depth, least, most", [(0, -0.6, -0.12, 0), (0, -1.2, -0.25, 0), (1, -1.2, -1.0, -0.3)])
def test_the_shade_of_hair_at_the_outline_leaves_no_band_and_a_beard_stays(beard, depth, least, most):
    size = 256
    confidence = np.zeros((size, size), np.float32)
    confidence[:, 60:196] = 1
    inside = np.minimum(np.arange(size) - 60, 195 - np.arange(size))
    shade = np.zeros((size, size, 3), np.float32)
    shade += depth * np.clip(1 - inside / 12, 0, 1)[:, None]
    seen = Observation((np.log([0.3, 0.2, 0.15]) + shade).reshape(-1, 3), confidence.ravel(), np.ones(size * size))
    zone = np.full((size, size), beard, np.float32) * (shade[..., 0] < 0)
    maps = combine(whole_square(size), [seen], flat_prior(size), *no_regions(size), 0.0005, zone)
    row = np.log(maps.diffuse_albedo[128]).mean(1)
    assert least < row[60:80].min() - row[128] < most


def test_a_brow_that_ends_at_the_outline_stays_dark_and_lightens_no_skin_beside_it():
    size = 256
    confidence = np.zeros((size, size), np.float32)
    confidence[:, 60:196] = 1
    brow = np.zeros((size, size), np.float32)
    brow[122:134, 64:110] = 1
    seen = Observation(
        (np.log([0.3, 0.2, 0.15]) - brow[..., None]).reshape(-1, 3), confidence.ravel(), np.ones(size * size)
    )
    nothing = np.zeros((size, size), np.float32)
    maps = combine(whole_square(size), [seen], flat_prior(size), brow, nothing, 0.0005)
    column = np.log(maps.diffuse_albedo[:, 70]).mean(1)
    assert column[128] - column[30] < -0.9 and column[100:118].max() - column[30] < 0.05


@pytest.mark.parametrize("enclosed, least, most", [(True, -0.9, -0.6), (False, -0.45, 0.0)])
def test_a_brow_beside_the_hole_of_an_eye_is_no_stray_hair(enclosed, least, most):
    size = 256
    confidence = np.ones((size, size), np.float32)
    confidence[108:140, 60 if enclosed else 0 : 100] = 0
    brow = np.zeros((size, size, 3))
    brow[100:105, 60:100] = -0.8
    seen = Observation((np.log([0.3, 0.2, 0.15]) + brow).reshape(-1, 3), confidence.ravel(), np.ones(size * size))
    maps = combine(whole_square(size), [seen], flat_prior(size), *no_regions(size), 0.0005)
    darkness = np.log(maps.diffuse_albedo[103, 80] / maps.diffuse_albedo[200, 200]).mean()
    assert least < darkness < most


@pytest.mark.parametrize("mark, left", [(-0.6, 0.6), (0.3, 0.8)])
def test_in_hard_light_broad_marks_of_one_side_are_shade_and_those_of_both_are_skin(mark, left):
    size = 256
    log = np.log(np.array([0.3, 0.2, 0.15])) + np.zeros((size, size, 3))
    log[60:76, 30:46] += mark
    log[140:156, 30:46] += mark
    log[140:156, 210:226] += mark
    log[200:202, 40:42] += mark
    seen = Observation(log.reshape(-1, 3), np.ones(size * size), np.ones(size * size))
    found = []
    for hardness in (0.0, 1.0):
        maps = combine(whole_square(size), [seen], flat_prior(size), *no_regions(size), 0.0005, hardness=hardness)
        albedo = np.log(maps.diffuse_albedo).mean(2)
        found.append([albedo[68, 38], albedo[148, 38], albedo[200, 40]] - albedo[20, 128])
    (alone, paired, narrow), (alone_hard, paired_hard, narrow_hard) = found
    assert abs(alone_hard) < left * abs(alone) and abs(alone) == pytest.approx(abs(paired), abs=0.03)
    assert paired_hard == pytest.approx(paired, abs=0.02)
    assert abs(narrow_hard) > 0.8 * abs(narrow)


def test_a_beard_stays_dark_and_a_shadow_of_one_side_does_not():
    size = 128
    atlas = whole_square(size)
    darkness = []
    for sides in (((30, 38), (90, 98)), ((30, 38),)):
        dark = np.zeros((size, size, 3))
        for left, right in sides:
            dark[90:98, left:right] = -1.2
        seen = Observation((np.log([0.3, 0.2, 0.15]) + dark).reshape(-1, 3), np.ones(size * size), np.ones(size * size))
        zone = np.zeros((size, size), np.float32)
        zone[90:98, 30:38] = zone[90:98, 90:98] = 1
        maps = combine(atlas, [seen], flat_prior(size), *no_regions(size), 0.0005, zone)
        darkness.append(np.log(maps.diffuse_albedo[94, 34] / maps.diffuse_albedo[20, 64]).mean())
    assert darkness[0] < -0.7
    assert darkness[1] > -0.75 and darkness[0] < darkness[1] - 0.2


def test_red_darkness_on_both_sides_is_shade_and_no_beard():
    size = 128
    zone = np.zeros((size, size), np.float32)
    zone[80:110] = 1
    darkness = []
    for red in (0.0, 0.5):
        seen = np.log([0.3, 0.2, 0.15]) + zone[..., None] * (np.array([red / 2, 0, -red / 2]) - 0.8)
        observation = Observation(seen.reshape(-1, 3), np.ones(size * size), np.ones(size * size))
        maps = combine(whole_square(size), [observation], flat_prior(size), *no_regions(size), 0.0005, zone)
        darkness.append(np.log(maps.diffuse_albedo[85, 64] / maps.diffuse_albedo[20, 64]).mean())
    assert darkness[0] < darkness[1] - 0.02


def test_an_unknown_shadow_on_glossy_skin_keeps_the_skins_colour():
    albedo = np.tile(np.array([0.12, 0.07, 0.05], np.float32), (10, 1))
    shading, gloss = np.ones((10, 3), np.float32), np.full((10, 3), 0.05, np.float32)
    lit = delight(albedo + gloss, shading, gloss, albedo, np.ones(3))
    shaded = delight(0.4 * (albedo + gloss), shading, gloss, albedo, np.ones(3))
    assert np.allclose(lit, np.log(albedo), atol=1e-4)
    assert np.allclose(shaded, np.log(0.4 * albedo), atol=1e-3)


def test_a_highlight_is_taken_off_and_colour_is_not():
    albedo, white = np.array([[0.4, 0.25, 0.18]]), np.ones(3)
    shading, no_gloss = np.ones((1, 3)), np.zeros((1, 3))
    shiny = delight(albedo + 0.15, shading, no_gloss, albedo, white)
    plain = delight(albedo + 0.0, shading, no_gloss, albedo, white)
    assert np.abs(shiny - np.log(albedo)).max() < 0.25
    assert np.allclose(plain, np.log(albedo), atol=1e-3)
    redder = delight(albedo * (1.3, 0.8, 0.8), shading, no_gloss, albedo, white)
    assert np.allclose(redder, np.log(albedo * (1.3, 0.8, 0.8)), atol=0.06)


def two_photos(size, seen_left, seen_right, left, right):
    """Observations of two photos that see different shares of a square, at log ratios [size,size,3] to a flat skin."""
    log = np.log(np.array((0.3, 0.2, 0.15)))
    return [
        Observation((log + shown).reshape(-1, 3), seen.ravel().astype(np.float32), np.ones(size * size))
        for shown, seen in ((left, seen_left), (right, seen_right))
    ]


def halves(size, overlap):
    """Two photos' confidence: the left and the right part, each falling off to 0 over the overlap."""
    ramp = np.clip(0.5 + (np.arange(size) - size / 2) / overlap, 0, 1) + np.zeros((size, 1))
    return 1 - ramp, ramp


def test_photos_of_other_exposure_meet_without_a_step():
    size = 128
    level = np.zeros((size, size, 3))
    photos = two_photos(size, *halves(size, 16), level + 0.4, level - 0.2)
    ratio, _ = merge_photos(whole_square(size), photos, flat_prior(size).log_albedo)
    assert np.ptp(ratio[:, 8:-8]) < 0.05
    assert ratio.mean() == pytest.approx(0.1, abs=0.03)


def test_levels_leave_what_differs_from_place_to_place():
    rng = np.random.default_rng(0)
    skin = rng.normal(0, 0.1, (500, 3))
    levels = photo_levels([skin + 0.3, skin - 0.1], [np.ones(500), np.full(500, 0.5)])
    assert np.allclose(levels[0] - levels[1], 0.4, atol=0.03)


@pytest.mark.parametrize("better", [0, 1])
def test_a_mole_that_two_photos_show_apart_comes_from_the_better_one(better):
    size = 128
    moles = [np.zeros((size, size, 3)) for _ in range(2)]
    moles[0][60:64, 60:64] = moles[1][60:64, 65:69] = -0.8
    seen = [np.full((size, size), 0.9 if photo == better else 0.45) for photo in range(2)]
    ratio, _ = merge_photos(whole_square(size), two_photos(size, *seen, *moles), flat_prior(size).log_albedo)
    shown = [ratio[61:63, 61:63].mean(), ratio[61:63, 66:68].mean()]
    assert shown[better] < -0.65 and shown[1 - better] > -0.15


def test_one_photo_is_taken_as_it_is():
    size = 64
    skin = np.random.default_rng(0).normal(0, 0.2, (size, size, 3))
    photo = two_photos(size, *halves(size, 16), skin, skin)[1]
    ratio, sharpness = merge_photos(whole_square(size), [photo], flat_prior(size).log_albedo)
    assert np.allclose(ratio, skin, atol=1e-5) and np.allclose(sharpness, 1)


def test_a_shadow_in_one_photo_gives_way_to_the_other():
    size = 128
    lit, shaded = np.zeros((size, size, 3)), np.zeros((size, size, 3))
    shaded[40:90, 40:90] = -1.0
    ones = np.ones((size, size))
    ratio, _ = merge_photos(whole_square(size), two_photos(size, ones, ones, shaded, lit), flat_prior(size).log_albedo)
    assert ratio[60:70, 60:70].mean() - ratio[5:20, 5:20].mean() > -0.2


def test_skin_that_is_shortened_folds_and_skin_that_is_stretched_or_turned_does_not():
    x, y = np.meshgrid(np.arange(9.0), np.arange(5.0))
    flat = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    corner = (np.arange(4)[:, None] * 9 + np.arange(8)).ravel()
    triangles = np.concatenate(
        [np.stack([corner, corner + 1, corner + 9], 1), np.stack([corner + 1, corner + 10, corner + 9], 1)]
    )
    turn = np.array([[0.6, 0, 0.8], [0, 1, 0], [-0.8, 0, 0.6]])
    assert folds(triangles, flat, 1.2 * flat @ turn.T).max() < 1e-6
    half = flat.copy()
    half[:, 0] = np.minimum(x, 4).ravel() + 0.7 * np.maximum(x - 4, 0).ravel()
    pressed = folds(triangles, flat, half @ turn.T).reshape(5, 9)
    assert (pressed[:, 6:] > 0.99).all() and (pressed[:, :3] < 1e-6).all()
