"""Light and albedo: known ones are recovered from what they would have been photographed as."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import FitError
from core.fitting.appearance import TexelEvidence, fit_appearance
from core.fitting.skin_tone import FaceInPhoto, WhiteOfEyes, measured, plausible_whites, settle_tone
from core.render.lighting import cosine_transfer

TEXELS = 3000
TONES, WHITE = measured().tones, measured().white


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
    assert abs(np.log(recovered / albedo).mean()) < 0.7


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


def test_the_dark_side_of_a_face_in_hard_light_stays_dark(prior, normals):
    """A lamp of 30 degrees from the side, sharper than order 4: what it leaves dark is no outlier."""
    coefficients = np.zeros(5)
    evidence, albedo = photograph(prior, coefficients, normals, light_from((0, 0, 1)))
    lit = np.clip(normals.numpy() @ np.array([0.9, 0.1, 0.3]) / 0.954, 0, 1)
    evidence = replace(evidence, colour=albedo * (0.12 + 0.9 * lit)[:, None])
    found = fit_appearance([evidence], *prior)
    again = np.exp(prior[0] + np.tensordot(found.albedo, prior[1], 1)) * np.maximum(
        evidence.transfer @ found.lighting[0], 0.02
    )
    shown, drawn = (np.log(np.maximum(colour, 2e-3)).mean(1) for colour in (evidence.colour, again))
    assert 0.85 < drawn.std() / shown.std() < 1.1
    assert np.sqrt(((drawn - shown) ** 2).mean()) < 0.38


def test_a_patch_that_is_no_skin_does_not_move_the_rest(prior, normals):
    truth = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    evidence, _ = photograph(prior, truth, normals, light_from((0, 0.3, 0.9)))
    clean = fit_appearance([evidence], *prior).albedo
    evidence.colour[:150] = (0.9, 0.05, 0.05)
    soiled = fit_appearance([evidence], *prior).albedo
    assert np.abs(clean - soiled).max() < 0.3


def test_photos_without_any_skin_are_refused_in_words(prior, normals):
    seen, _ = photograph(prior, np.zeros(5), normals, light_from((0.5, 0.3, 0.8)))
    covered = replace(seen, weight=np.zeros(TEXELS))
    with pytest.raises(FitError, match="No bare skin"):
        fit_appearance([covered], *prior)
    assert len(fit_appearance([covered, seen], *prior).lighting) == 2


def eyes_of(evidence, light, shade=1.0):
    """The whites of eyes as this light shows them; lids get the mean light of the face."""
    transfer = evidence.transfer.mean(0)
    return (WhiteOfEyes(shade * np.exp(WHITE) * (transfer @ light), transfer, 20.0),)


@pytest.mark.parametrize(("tone", "brightness"), [(-2.0, 3.0), (1.0, 0.25)])
def test_the_whites_of_the_eyes_tell_tone_from_exposure(prior, normals, tone, brightness):
    light = light_from((0, 0.3, 0.9)) * brightness
    evidence, albedo = photograph(prior, np.array([tone, 0, 0, 0, 0]), normals, light)
    errors = []
    for whites in ((), eyes_of(evidence, light)):
        found = fit_appearance([replace(evidence, whites=whites)], *prior)
        recovered = np.exp(prior[0] + np.tensordot(found.albedo, prior[1], 1))
        errors.append(abs(np.log(recovered / albedo).mean()))
    assert errors[1] < 0.45
    assert errors[1] < 0.6 * errors[0]


GLOSS = np.full(3, 0.035)


def seen_face(tone, stops=0.0, shade=0.0, white=True, **more):
    """A face of a Monk tone as a camera of usual habits shows it, ``stops`` brighter; its whites darker by shade."""
    shown = np.log(np.exp(TONES[tone - 1]) + GLOSS)
    colour = shown - shown.mean() + measured().exposure + measured().metering * shown.mean() + stops * np.log(2)
    return FaceInPhoto(colour, GLOSS, white=WHITE - shown - shade if white else None, **more)


@pytest.mark.parametrize("tone", [1, 4, 6, 8, 10])
def test_a_usual_photo_gives_its_tone(tone):
    albedo, spread = settle_tone([seen_face(tone)])
    assert np.abs(albedo - TONES[tone - 1]).mean() < 0.2
    assert 0.05 < spread < 0.5


@pytest.mark.parametrize("tone", [2, 9])
def test_the_eyes_outweigh_the_exposure(tone):
    worst = {}
    for white in (True, False):
        photos = [seen_face(tone, stops, white=white) for stops in (-1, 1)]
        worst[white] = max(abs((settle_tone([photo])[0] - TONES[tone - 1]).mean()) for photo in photos)
    assert worst[True] < 0.3 * worst[False]


def test_shaded_eyes_say_little():
    nothing = settle_tone([seen_face(6, white=False)])[0].mean()
    hidden = settle_tone([seen_face(6, shade=3.0)])[0].mean()
    assert abs(hidden - nothing) < 0.15


def test_small_eyes_say_less():
    small, large = (settle_tone([seen_face(6, iris_radius=radius)])[1] for radius in (1.5, 20.0))
    assert small > large


def test_gloss_is_no_albedo():
    """What dark skin mirrors must not make it light: the same photo with less gloss is of lighter skin."""
    face = seen_face(9)
    matte = settle_tone([replace(face, gloss=np.zeros(3))])[0]
    assert settle_tone([face])[0].mean() < matte.mean() - 0.1


def test_more_photos_make_surer():
    one, two = (settle_tone([seen_face(7, stops) for stops in (0.5, -0.5)[:count]])[1] for count in (1, 2))
    assert two < one


def test_before_a_bright_background_a_face_is_taken_for_underexposed():
    dark, bright = (settle_tone([seen_face(6, prominence=by)])[0].mean() for by in (1.5, -1.5))
    assert dark < bright


def test_a_hand_before_an_eye_is_no_white():
    skin = np.log([0.2, 0.12, 0.08])
    eye = WhiteOfEyes(np.array([0.5, 0.42, 0.38]), np.zeros(25), 8.0)
    hand = replace(eye, colour=np.exp(skin) * 1.5)
    assert plausible_whites([eye, hand], skin) == [eye]


def test_an_eye_that_is_turned_away_is_left_out():
    skin = np.log([0.2, 0.12, 0.08])
    near = WhiteOfEyes(np.array([0.5, 0.42, 0.38]), np.zeros(25), 8.0)
    assert plausible_whites([near, replace(near, iris_radius=6.0)], skin) == [near]
    assert len(plausible_whites([near, replace(near, iris_radius=7.8)], skin)) == 2


def test_whites_behind_glasses_say_less_and_are_darkened():
    bare, behind = (settle_tone([seen_face(6, stops=1.0, glasses=glasses)]) for glasses in (False, True))
    assert behind[1] > bare[1]
    darkened = settle_tone([seen_face(6, shade=0.2, glasses=True)])[0]
    assert abs((darkened - TONES[5]).mean()) < abs((settle_tone([seen_face(6, glasses=True)])[0] - TONES[5]).mean())
