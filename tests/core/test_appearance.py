"""Light and albedo: known ones are recovered from what they would have been photographed as."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.fitting.appearance import TexelEvidence, fit_appearance
from core.fitting.skin_tone import (
    SHADING_SPREAD,
    WHITE,
    WhiteOfEyes,
    metering_evidence,
    plausible_whites,
    white_evidence,
)
from core.render.lighting import cosine_transfer

TEXELS = 3000


@pytest.fixture
def normals():
    generator = np.random.default_rng(1)
    directions = generator.normal(size=(TEXELS, 3))
    directions[:, 2] = np.abs(directions[:, 2])
    return torch.from_numpy(directions / np.linalg.norm(directions, axis=1, keepdims=True))


@pytest.fixture
def prior():
    """Logarithmic mean and six modes: three tones (one a channel mix) and three smooth patterns."""
    generator = np.random.default_rng(2)
    mean = np.log(np.array([0.35, 0.22, 0.16])) + np.zeros((TEXELS, 3))
    tones = [np.ones((TEXELS, 3)) * 0.55, np.broadcast_to((0.0, -0.08, -0.14), (TEXELS, 3))]
    patterns = [0.1 * np.sin(generator.uniform(3, 9) * np.linspace(0, 6, TEXELS))[:, None] * np.ones(3) for _ in "abc"]
    return mean, np.stack(tones + patterns)


def photograph(prior, coefficients, normals, light, noise=0.01, seed=0):
    mean, basis = prior
    albedo = np.exp(mean + np.tensordot(coefficients, basis, 1))
    transfer = cosine_transfer(normals, 4).numpy()
    colour = albedo * (transfer @ light)
    colour = colour * (1 + noise * np.random.default_rng(seed).normal(size=colour.shape))
    return TexelEvidence(colour, np.ones(TEXELS), transfer, np.zeros_like(transfer)), albedo


def light_from(direction, ambient=0.5, key=1.2):
    light = np.zeros((25, 3))
    light[0] = ambient * 3.5449
    light[1:4] = key * 0.4886 * np.roll(np.array(direction), -1)[[0, 1, 2]][:, None]
    return light


def test_pattern_and_light_are_recovered(prior, normals):
    truth = np.array([0.2, 0.1, 1.5, -1.0, 0.7])
    evidence, _ = photograph(prior, truth, normals, light_from((0.5, 0.3, 0.8)))
    found = fit_appearance([evidence], *prior)
    assert np.abs(found.albedo[2:] - truth[2:]).max() < 0.15
    again = np.exp(prior[0] + np.tensordot(found.albedo, prior[1], 1)) * (evidence.transfer @ found.lighting[0])
    assert np.abs(again / evidence.colour - 1).mean() < 0.04


@pytest.mark.parametrize("tone", [-2.0, -1.0, 0.0, 1.0])
def test_tone_follows_the_photo_under_ordinary_light(prior, normals, tone):
    evidence, albedo = photograph(prior, np.array([tone, 0, 0, 0, 0]), normals, light_from((0, 0.3, 0.9)))
    found = fit_appearance([evidence], *prior)
    recovered = np.exp(prior[0] + np.tensordot(found.albedo, prior[1], 1))
    assert abs(np.log(recovered / albedo).mean()) < 1.5 * SHADING_SPREAD


def test_a_second_photo_under_another_light_shares_the_albedo(prior, normals):
    truth = np.array([-0.5, 0.5, 1.0, 0.5, -1.2])
    photos = [
        photograph(prior, truth, normals, light_from(d), noise=0.3, seed=i)[0]
        for i, d in enumerate([(1, 0, 0.5), (-1, 0, 0.5)])
    ]
    alone = fit_appearance(photos[:1], *prior).albedo
    both = fit_appearance(photos, *prior).albedo
    assert len(fit_appearance(photos, *prior).lighting) == 2
    assert np.abs(both[2:] - truth[2:]).mean() < np.abs(alone[2:] - truth[2:]).mean() + 0.02


def test_a_patch_that_is_no_skin_does_not_move_the_rest(prior, normals):
    truth = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    evidence, _ = photograph(prior, truth, normals, light_from((0, 0.3, 0.9)))
    clean = fit_appearance([evidence], *prior).albedo
    evidence.colour[:150] = (0.9, 0.05, 0.05)
    soiled = fit_appearance([evidence], *prior).albedo
    assert np.abs(clean - soiled).max() < 0.3


def eyes_of(evidence, light, shade=1.0):
    """The whites of eyes as this light shows them; lids get the mean light of the face."""
    transfer = evidence.transfer.mean(0)
    return (WhiteOfEyes(shade * np.exp(WHITE) * (transfer @ light), transfer, 20.0),)


@pytest.mark.parametrize("tone", [-2.0, 1.0])
def test_the_whites_of_the_eyes_tell_tone_from_exposure(prior, normals, tone):
    light = light_from((0, 0.3, 0.9)) / 4
    evidence, albedo = photograph(prior, np.array([tone, 0, 0, 0, 0]), normals, light)
    errors = []
    for whites in ((), eyes_of(evidence, light)):
        found = fit_appearance([replace(evidence, whites=whites)], *prior)
        recovered = np.exp(prior[0] + np.tensordot(found.albedo, prior[1], 1))
        errors.append(abs(np.log(recovered / albedo).mean()))
    assert errors[1] < 0.45
    assert errors[1] < 0.6 * errors[0]


def test_shaded_eyes_say_little(normals, prior):
    light = light_from((0, 0.3, 0.9))
    evidence, _ = photograph(prior, np.zeros(5), normals, light)
    seen, shaded = (white_evidence(eyes_of(evidence, light, shade), light) for shade in (1.0, 0.1))
    assert np.trace(shaded[0]) < 0.2 * np.trace(seen[0])


def test_small_eyes_say_less(normals, prior):
    light = light_from((0, 0.3, 0.9))
    evidence, _ = photograph(prior, np.zeros(5), normals, light)
    (eye,) = eyes_of(evidence, light)
    small, large = (white_evidence([replace(eye, iris_radius=radius)], light)[0] for radius in (3.0, 20.0))
    assert np.trace(small) < 0.5 * np.trace(large)


def test_of_two_eyes_the_lighter_counts(normals, prior):
    light = light_from((0, 0.3, 0.9))
    evidence, _ = photograph(prior, np.zeros(5), normals, light)
    lit, shaded = eyes_of(evidence, light) + eyes_of(evidence, light, 0.3)
    assert np.allclose(white_evidence([shaded, lit], light)[1], white_evidence([lit], light)[1])
    assert np.allclose(white_evidence([lit], light)[1], 0, atol=1e-6)


def test_before_a_bright_background_a_face_is_taken_for_underexposed():
    shading, albedo = np.full(3, -1.0), np.full(3, -1.6)
    dark, bright = (metering_evidence(shading, albedo, prominence)[1].mean() for prominence in (1.5, -1.5))
    assert dark < bright


def test_a_hand_or_a_shadow_before_an_eye_is_no_white():
    skin = np.log([0.2, 0.12, 0.08])
    eye = WhiteOfEyes(np.array([0.5, 0.42, 0.38]), np.zeros(25), 8.0)
    hand = replace(eye, colour=np.exp(skin) * 1.5)
    shadow = replace(eye, colour=np.array([0.1, 0.09, 0.08]))
    assert plausible_whites([eye, hand, shadow], skin) == [eye]
