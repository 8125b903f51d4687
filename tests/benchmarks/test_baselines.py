"""The baselines and the steps switched off: each does what its sentence says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import baselines
from core.camera import FACING_CAMERA, Camera
from core.completion.atlas import build_atlas
from core.fitting.fit import Fit
from core.photos.landmarks import Landmarks
from core.photos.photo import Photo
from core.photos.views import View, hidden_share, trace_light
from core.reflectance.prior import load_prior
from core.settings import FitSettings
from core.shape.morphable import load_model

COLOUR = np.float32([0.5, 0.3, 0.2])
SIZE = 128


@pytest.fixture(scope="module")
def model():
    return load_model()


@pytest.fixture(scope="module")
def prior():
    return load_prior()


@pytest.fixture(scope="module")
def view(model) -> View:
    """A photo of the mean head in one colour, before grey."""
    pose = np.eye(4)
    pose[:3, :3] = FACING_CAMERA
    pose[:3, 3] = -FACING_CAMERA @ (0, -0.03, 0) + (0, 0, 0.8)
    camera = Camera(600.0, np.array([100.0, 120.0]), 200, 240, pose)
    vertices = model.mean
    pixels, _ = camera.project(model.landmarks_478.points(vertices))
    linear = np.full((240, 200, 3), 0.4, np.float32)
    skin = np.zeros((240, 200), np.float32)
    skin[40:220, 40:160] = 1
    linear[skin > 0] = COLOUR
    photo = Photo(Path("made up"), "", linear, np.zeros((240, 200, 3), np.uint8), 200, 240)
    none = np.zeros(len(pixels), np.float32)
    landmarks = Landmarks(pixels.astype(np.float32), none, 1.0, none[:4], {}, 1, 0.0, "none")
    return View(photo, landmarks, skin, camera, vertices)


def fit_of(view: View, appearance) -> Fit:
    identity, expression = np.zeros(1, np.float32), np.zeros((1, 1), np.float32)
    return Fit(identity, expression, (view.camera,), appearance.lighting, appearance.albedo)


def face(model, size: int) -> np.ndarray:
    atlas = build_atlas(model, size)
    return atlas.image(atlas.interpolate(model.regions["face"].astype(np.float32)[:, None]))[..., 0] > 0.99


def test_a_method_that_does_not_exist_is_told_in_one_sentence() -> None:
    with pytest.raises(SystemExit, match=r"no method 'magic'; choose from relit, mean_head"):
        baselines.method("magic")


def test_every_method_but_relit_replaces_a_step_and_says_what() -> None:
    plain = baselines.METHODS["relit"].steps
    for name in (*baselines.BASELINES, *baselines.STAGES_OFF):
        method = baselines.METHODS[name]
        measured = [step for step in vars(plain) if step not in ("look_at", "picture")]
        differs = [step for step in measured if getattr(method.steps, step) is not getattr(plain, step)]
        assert differs or name == "without_skin_mask", name
        assert method.sentence.endswith(".")


def test_open_sky_hides_nothing_and_the_usual_trace_does(model, view) -> None:
    settings = FitSettings("draft").appearance
    assert hidden_share(baselines.trace_open_sky(model, view, settings).transfer).max() < 1e-3
    assert hidden_share(trace_light(model, view, settings).transfer).max() > 0.3


def test_identity_and_expression_stay_where_they_are_when_switched_off(model, view) -> None:
    moved = view.landmarks.points + np.float32([6, 0]) * (np.arange(len(view.landmarks.points)) % 7 == 0)[:, None]
    views = [View(view.photo, replace(view.landmarks, points=moved), view.skin)]
    settings = FitSettings("draft").geometry
    free = baselines.fit_geometry(model, views, settings)[0]
    still = baselines.METHODS["mean_head"].steps.fit_geometry(model, views, settings)[0]
    assert np.abs(free.identity).max() > 0.1
    assert np.abs(still.identity).max() < 0.01
    assert np.abs(still.expressions).max() < 0.01


def test_the_mean_tone_is_kept_and_the_light_takes_the_difference(model, prior, view, monkeypatch) -> None:
    generator = np.random.default_rng(0)
    coefficients = generator.normal(size=len(prior.albedo_basis)).astype(np.float32)
    found = baselines.Appearance((np.ones((25, 3), np.float32),), coefficients, 0.1)
    monkeypatch.setattr(baselines, "estimate_appearance", lambda *_: found)
    kept = baselines.keep_mean_tone(model, prior, [view], 1)
    inside = face(model, len(prior.albedo_mean))
    tone, usual, before = (prior.log_albedo(one)[inside].mean(0) for one in (kept.albedo, (), coefficients))
    np.testing.assert_allclose(tone, usual, atol=1e-3)
    assert np.abs(before - usual).max() > 0.1
    np.testing.assert_allclose(np.log(kept.lighting[0][0]), before - tone, atol=1e-3)


def test_a_pasted_photo_is_the_photo_and_its_mirror(model, prior, view) -> None:
    lit = baselines.trace_open_sky(model, view, None)
    appearance = baselines.photo_is_albedo(model, prior, [lit], 1)
    maps = baselines.maps_with_photo_pasted(model, prior, [lit], fit_of(lit, appearance), SIZE)
    pasted = maps.provenance[..., 0] > 0.999
    assert pasted.sum() > 500
    np.testing.assert_allclose(maps.diffuse_albedo[pasted], np.broadcast_to(COLOUR, (pasted.sum(), 3)), atol=0.02)
    np.testing.assert_allclose(maps.provenance.sum(2)[face(model, SIZE)], 1, atol=1e-3)


def test_maps_of_the_prior_take_nothing_from_the_photo(model, prior, view) -> None:
    lit = baselines.trace_open_sky(model, view, None)
    appearance = baselines.photo_is_albedo(model, prior, [lit], 1)
    maps = baselines.maps_of_prior(model, prior, [lit], fit_of(lit, appearance), SIZE)
    assert maps.provenance[..., :2].max() == 0
    blue = replace(lit, photo=replace(view.photo, linear=view.photo.linear[..., ::-1]))
    again = baselines.maps_of_prior(model, prior, [blue], fit_of(lit, appearance), SIZE)
    np.testing.assert_array_equal(maps.diffuse_albedo, again.diffuse_albedo)


def test_the_mean_head_has_the_skins_colour(model, prior, view) -> None:
    lit = baselines.trace_open_sky(model, view, None)
    appearance = baselines.photo_is_albedo(model, prior, [lit], 1)
    maps = baselines.maps_in_grey_world_tone(model, prior, [lit], fit_of(lit, appearance), 256)
    mean = maps.diffuse_albedo[face(model, 256)].mean(0)
    np.testing.assert_allclose(mean, COLOUR, rtol=0.08)  # the surroundings are grey already
