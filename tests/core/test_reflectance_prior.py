"""The shipped reflectance prior: what it promises about shapes, range, tone and storage."""

from __future__ import annotations

import numpy as np
import pytest

from core.completion.atlas import build_atlas
from core.mapfiles import linear_from_srgb
from core.reflectance.prior import PRIOR_PATH, ReflectancePrior, layout_digest, load_prior, save_prior
from core.reflectance.tone import (
    MONK_LINEAR,
    individual_typology_angle,
    lab_from_linear,
    monk_index,
    tone_of,
)
from core.shape.morphable import load_model


@pytest.fixture(scope="module")
def prior() -> ReflectancePrior:
    return load_prior()


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    """[256,256] bool: texels of the face's skin, without lips, lids and brows."""
    model = load_model()
    atlas = build_atlas(model, 256)
    mask = model.regions["face"].copy()
    for name in ("lips", "lids", "brows", "nostrils", "mouth_inner", "eye_socket"):
        mask &= ~model.regions[name]
    return atlas.image(atlas.interpolate(mask.astype(np.float32)[:, None])[:, 0]) > 0.99


def test_shapes_and_ranges(prior):
    size = prior.albedo_mean.shape[0]
    assert prior.albedo_mean.shape == (size, size, 3)
    assert prior.albedo_basis.shape[1:] == prior.albedo_mean.shape
    assert prior.log
    assert np.isfinite(prior.albedo_basis).all()
    assert prior.albedo().min() > 0 and prior.albedo().max() < 0.9
    assert prior.specular_albedo.min() > 0.25 and prior.specular_albedo.max() < 0.7
    assert prior.roughness.min() > 0.25 and prior.roughness.max() < 0.65


def test_made_for_the_shipped_uv_layout(prior):
    assert prior.layout == layout_digest(load_model().uv)


def test_modes_are_in_standard_deviations(prior, face):
    """Most variance of faces first, and the first one (tone) moves lightness by a plausible amount."""
    spread = np.sqrt((prior.albedo_basis[:, face] ** 2).mean((1, 2)))
    assert (np.diff(spread) < 0.01).all()
    assert 0.3 < spread[0] < 1.2


def test_file_is_small():
    assert PRIOR_PATH.stat().st_size < 12e6


def test_mean_tone_is_between_light_and_dark(prior, face):
    assert -30 < tone_of(prior.albedo()[face]) < 35


def test_samples_cover_light_and_dark_evenly(prior, face):
    rng = np.random.default_rng(3)
    angles = []
    for _ in range(40):
        albedo = prior.albedo(rng.normal(size=len(prior.albedo_basis)))[face]
        assert (albedo > 0).all() and (albedo <= 1).all()
        angles.append(tone_of(albedo))
    angles = np.array(angles)
    assert (angles < -20).mean() > 0.2 and (angles > 30).mean() > 0.15
    assert (np.abs(angles) <= 30).mean() > 0.15


@pytest.mark.parametrize("tone", [MONK_LINEAR[5], MONK_LINEAR[6], MONK_LINEAR[7], [0.62, 0.36, 0.24]])
def test_every_tone_is_within_reach(prior, face, tone):
    """The mean face at another tone is explained by coefficients that the prior finds unremarkable."""
    basis = prior.albedo_basis[:, face].reshape(len(prior.albedo_basis), -1)
    shift = np.log(np.asarray(tone)) - np.log(prior.albedo()[face].mean(0))
    residual = np.tile(shift, int(face.sum()))
    noise = 0.15**2 * len(residual) / 500
    coefficients = np.linalg.solve(basis @ basis.T / noise + np.eye(len(basis)), basis @ residual / noise)
    fitted = prior.albedo(coefficients)[face]
    difference = np.linalg.norm(lab_from_linear(fitted.mean(0)) - lab_from_linear(tone))
    assert difference < 6
    assert np.abs(coefficients).max() < 3


def test_detail_is_neutral_on_average(prior, face):
    detail = prior.albedo_detail
    assert detail.mean((0, 1)) == pytest.approx([1, 1, 1], abs=0.01)
    assert 0.005 < detail.std() < 0.1
    slopes = np.abs(prior.normal_detail)
    assert slopes.max() < 1
    assert np.abs(prior.normal_detail.mean((0, 1))).max() < 0.005


def test_shiny_where_skin_is_oily(prior):
    model = load_model()
    atlas = build_atlas(model, prior.roughness.shape[0])
    points = model.landmarks_68.points(model.mean)
    position = atlas.interpolate(model.mean)

    def at(point: np.ndarray) -> tuple[float, float]:
        texel = np.argmin(np.linalg.norm(position - point, axis=1))
        return atlas.gather(prior.roughness)[texel], atlas.gather(prior.specular_albedo)[texel]

    cheek, nose, lip = at((points[36] + points[48]) / 2), at(points[30]), at(points[57])
    assert nose[0] < cheek[0] and nose[1] > cheek[1]
    assert lip[0] < cheek[0] and lip[1] > cheek[1]


def test_round_trip_on_disk(prior, tmp_path):
    path = tmp_path / "prior.npz"
    save_prior(prior, path)
    again = load_prior(path)
    coefficients = np.random.default_rng(0).normal(size=len(prior.albedo_basis))
    assert np.abs(again.albedo(coefficients) - prior.albedo(coefficients)).max() < 2e-3
    assert np.abs(again.albedo_detail - prior.albedo_detail).max() < 2e-3


def test_tone_of_known_colours():
    assert lab_from_linear([1.0, 1.0, 1.0]) == pytest.approx([100, 0, 0], abs=1e-3)
    assert lab_from_linear(linear_from_srgb(np.array([1.0, 0, 0]))) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    for number, colour in enumerate(MONK_LINEAR, 1):
        assert monk_index(float(individual_typology_angle(colour))) == number


def test_tone_is_weighted():
    light, dark = [0.6, 0.36, 0.25], [0.05, 0.03, 0.02]
    assert tone_of([light, dark], [1, 0]) == pytest.approx(float(individual_typology_angle(light)))
    assert tone_of([light, dark], [0, 1]) < -40
