"""Skins of known tone: their colour, their independence of topology, and that nothing shows the UV layout."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from benchmarks.truth.heads import make_head
from benchmarks.truth.noise import noise, octaves
from benchmarks.truth.pigments import TONE_ANGLES, TONE_SPREAD
from benchmarks.truth.places import Places
from benchmarks.truth.skin import paint_skin
from benchmarks.truth.texels import skin_texels
from core.errors import FitError
from core.reflectance.tone import individual_typology_angle

SIZE = 192


@pytest.fixture(scope="module")
def head(shared):
    return make_head("ict", 5, shared)


@pytest.fixture(scope="module")
def skins(head, shared):
    return {tone: paint_skin(head, tone, 5, shared, SIZE) for tone in (1, 5, 10)}


def bare_face(head, size):
    """Texels of the face that are neither lips nor hair, as a flat index."""
    texels = skin_texels(head, size)
    places = Places(head, texels.points, texels.normals)
    still = places.lips(0.004) + places.beard(0.0) + places.scalp(0.0)
    near_brow = np.abs(texels.points[:, 1] - places.brow) < 0.014
    return texels.index[(texels.face > 0.5) & (still < 0.05) & ~near_brow]


def test_the_mean_skin_has_the_tone(head, skins):
    chosen = bare_face(head, SIZE)
    for tone, maps in skins.items():
        angle = individual_typology_angle(maps.albedo.reshape(-1, 3)[chosen].mean(0))
        assert abs(angle - TONE_ANGLES[tone - 1]) < TONE_SPREAD + 4, tone


def test_maps_are_physical(skins):
    for maps in skins.values():
        assert maps.albedo.min() > 0 and maps.albedo.max() < 0.97
        assert maps.specular.min() >= 0.2 and maps.specular.max() <= 1
        assert maps.roughness.min() >= 0.2 and maps.roughness.max() <= 0.8
        assert maps.roughness.std() > 0.02 and maps.specular.std() > 0.02
        assert 2e-6 < maps.height.std() < 1e-4
        assert maps.eye_albedo.min() > 0.001 and maps.eye_albedo.max() < 0.8


def test_lips_of_light_people_are_redder_and_darker(head, skins):
    texels = skin_texels(head, SIZE)
    places = Places(head, texels.points, texels.normals)
    lips = skins[1].albedo.reshape(-1, 3)[texels.index[places.lips(0.002) > 0.99]].mean(0)
    skin = skins[1].albedo.reshape(-1, 3)[bare_face(head, SIZE)].mean(0)
    assert (lips < skin).all() and lips[0] / lips[1] > 1.2 * skin[0] / skin[1]


def test_a_skin_is_the_same_on_both_sides_of_a_seam(head, skins):
    texels = skin_texels(head, SIZE)
    row, column = np.divmod(texels.index, SIZE)
    pairs = cKDTree(texels.points).query_pairs(0.002, output_type="ndarray")
    across = np.hypot(row[pairs[:, 0]] - row[pairs[:, 1]], column[pairs[:, 0]] - column[pairs[:, 1]]) > 10
    assert across.sum() > 20
    values = np.log(skins[5].albedo.reshape(-1, 3)[texels.index])
    jump = np.abs(values[pairs[across, 0]] - values[pairs[across, 1]]).mean()
    far = np.abs(values[pairs[across, 0]] - np.roll(values[pairs[across, 1]], 7, 0)).mean()
    assert jump < 0.6 * far


def test_the_same_arguments_give_the_same_skin(head, skins, shared):
    again = paint_skin(head, 5, 5, shared, SIZE)
    assert np.array_equal(again.albedo, skins[5].albedo) and np.array_equal(again.eye_albedo, skins[5].eye_albedo)
    other = paint_skin(head, 5, 6, shared, SIZE)
    assert np.abs(other.albedo - again.albedo).max() > 0.05


def test_a_scan_keeps_its_brows_at_any_tone(shared):
    scan = make_head("scan", 1, shared)
    chosen = skin_texels(scan, SIZE)
    face = chosen.index[chosen.face > 0.5]
    for tone in (3, 8):
        albedo = paint_skin(scan, tone, 1, shared, SIZE).albedo.reshape(-1, 3)[face]
        assert abs(individual_typology_angle(albedo.mean(0)) - TONE_ANGLES[tone - 1]) < TONE_SPREAD + 6
        assert albedo[:, 0].min() < 0.3 * np.median(albedo[:, 0])


def test_an_unknown_tone_is_refused(head, shared):
    with pytest.raises(FitError, match="no Monk tone"):
        paint_skin(head, 11, 1, shared, SIZE)


def test_noise_is_normal_and_as_coarse_as_asked():
    points = np.random.default_rng(0).uniform(0, 0.2, (20000, 3)).astype(np.float32)
    values = noise(points, 0.01, np.random.default_rng(1))
    assert abs(values.mean()) < 0.1 and abs(values.std() - 1) < 0.15
    near = noise(points + np.float32([0.001, 0, 0]), 0.01, np.random.default_rng(1))
    far = noise(points + np.float32([0.01, 0, 0]), 0.01, np.random.default_rng(1))
    assert np.corrcoef(values, near)[0, 1] > 0.9 > 0.3 > np.corrcoef(values, far)[0, 1]
    assert abs(octaves(points, 0.02, 0.002, 0.7, np.random.default_rng(2)).std() - 1) < 0.2
