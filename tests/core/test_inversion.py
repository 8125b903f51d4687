"""The generator is inverted: known codes and lights are found again, tones stay, a cancel is heard."""

import numpy as np
import pytest
import torch

from core.completion.atlas import build_atlas
from core.errors import Cancelled
from core.fitting.appearance import TexelEvidence
from core.fitting.inversion import Level, invert, nearest_code
from core.fitting.pivotal_tuning import Believed, tune
from core.reflectance.generator import GeneratorConfig, generator_from_prior
from core.reflectance.prior import load_prior
from core.render.interpolate import vertex_normals
from core.render.lighting import cosine_transfer
from core.shape.morphable import load_model

SIZE = 64
CONFIG = GeneratorConfig(
    size=128, code=32, mapping=1, trunk=(32, 16, 16), albedo=(16, 8, 8), gloss=(8, 8, 8), slopes=(8, 8, 8),
    albedo_modes=(24, 8, 0, 0), gloss_modes=(2, 0, 0, 0), slopes_modes=(2, 0, 0, 0), coefficients=16,
)  # fmt: skip


@pytest.fixture(scope="module")
def generator():
    return generator_from_prior(load_prior(), CONFIG).requires_grad_(False).eval()


@pytest.fixture(scope="module")
def transfer():
    """[N, 25] of the mean head's face at 64 texels, without shadows."""
    model = load_model()
    normals = vertex_normals(torch.from_numpy(model.mean), torch.from_numpy(model.triangles).long())
    return build_atlas(model, SIZE).interpolate(cosine_transfer(normals, 4).numpy())


def photographed(generator, transfer, code, light):
    """What a photo of a code's skin in a light says; only the front of the head is seen."""
    model = load_model()
    atlas = build_atlas(model, SIZE)
    with torch.no_grad():
        albedo = generator.synthesis(code[None], SIZE).albedo[0].permute(1, 2, 0).numpy()
    colour = atlas.gather(albedo) * np.maximum(transfer @ light, 0.02)
    seen = atlas.interpolate(model.regions["face"].astype(np.float32)[:, None])[:, 0]
    return TexelEvidence(colour.astype(np.float32), seen, transfer, np.zeros_like(transfer))


def level_of(generator, photos, settled):
    """The photos at 64 texels, where a code's tone was believed before."""
    with torch.no_grad():
        believed = generator.synthesis(settled[None], SIZE).log_albedo
    return Level(build_atlas(load_model(), SIZE), tuple(photos), believed)


def window_light():
    light = np.zeros((25, 3), np.float32)
    light[0] = 2.2
    light[1:4] = np.array([0.3, 0.5, 0.5])[:, None]
    return light


def as_bright(light, other, evidence):
    """Another light, as bright on what the photo shows."""
    both = (np.log(np.maximum(evidence.transfer @ one, 0.02)) for one in (light, other))
    means = [np.average(shading, axis=0, weights=evidence.weight) for shading in both]
    return other * np.exp(means[0] - means[1])


def person(generator, seed):
    coefficients = np.random.default_rng(seed).normal(size=CONFIG.coefficients)
    coefficients[:2] = 0  # tone is not what descent is asked for
    return generator.code_from_prior(coefficients)


def difference(generator, one, other, evidence):
    """Root mean square difference of two codes' log albedo where the photo sees it."""
    atlas = build_atlas(load_model(), SIZE)
    with torch.no_grad():
        both = [generator.synthesis(code[None], SIZE).log_albedo[0].permute(1, 2, 0).numpy() for code in (one, other)]
    squared = ((atlas.gather(both[0]) - atlas.gather(both[1])) ** 2).mean(1)
    return float(np.sqrt(np.average(squared, weights=evidence.weight)))


def test_a_known_code_and_its_light_are_found(generator, transfer):
    truth, light = person(generator, 1), window_light()
    evidence = photographed(generator, transfer, truth, light)
    start = generator.code_from_prior(np.zeros(4))
    level = level_of(generator, [evidence], truth)
    even = as_bright(light, np.eye(25, 1, dtype=np.float32) @ np.ones((1, 3), np.float32), evidence)
    found = invert(generator, [level], [80], start, [even])
    assert difference(generator, found.code, truth, evidence) < 0.5 * difference(generator, start, truth, evidence)
    shown = evidence.transfer @ found.lighting[0]
    seen = evidence.weight > 0.9
    assert np.abs(np.log(shown[seen] / (evidence.transfer @ light)[seen])).mean() < 0.15
    assert found.losses[-1] < found.losses[0]


def test_the_code_of_a_map_is_found_whatever_the_coefficients_say(generator, transfer):
    truth = person(generator, 5)
    with torch.no_grad():
        wanted = generator.synthesis(truth[None], SIZE).log_albedo
        mean = generator.synthesis(generator.w_average[None], SIZE).log_albedo
    code = nearest_code(generator, wanted, np.full(CONFIG.coefficients, 2.0))
    with torch.no_grad():
        found = generator.synthesis(code[None], SIZE).log_albedo
    assert float((found - wanted).square().mean()) < 0.2 * float((mean - wanted).square().mean())


def test_the_settled_tone_stays(generator, transfer):
    bright = generator.code_from_prior(np.zeros(4))
    evidence = photographed(generator, transfer, bright, window_light())
    dark = generator.code_from_prior(np.array([-1.5, 0, 0, 0]))
    level = level_of(generator, [evidence], dark)
    found = invert(generator, [level], [60], bright, [window_light()])
    atlas = level.atlas
    with torch.no_grad():
        before, after = (
            generator.synthesis(code[None], SIZE).log_albedo[0].permute(1, 2, 0).numpy() for code in (dark, found.code)
        )
    moved = np.average(atlas.gather(after) - atlas.gather(before), axis=0, weights=evidence.weight)
    assert np.abs(moved).max() < 0.06


def test_two_photos_share_one_code(generator, transfer):
    truth = person(generator, 2)
    lights = [window_light(), window_light() * np.where(np.arange(25) == 3, -1, 1)[:, None]]
    photos = [photographed(generator, transfer, truth, light) for light in lights]
    random = np.random.default_rng(0)
    photos = [
        TexelEvidence(p.colour * np.exp(0.3 * random.normal(size=p.colour.shape)), p.weight, p.transfer, p.gloss)
        for p in photos
    ]
    start = generator.code_from_prior(np.zeros(4))
    errors = []
    for used in (photos[:1], photos):
        level = level_of(generator, used, truth)
        found = invert(generator, [level], [60], start, lights[: len(used)])
        errors.append(difference(generator, found.code, truth, photos[0]))
    assert errors[1] < errors[0]


def test_pivotal_tuning_reaches_what_codes_cannot_and_leaves_the_others(generator, transfer):
    code = person(generator, 3)
    atlas = build_atlas(load_model(), SIZE)
    place = atlas.image(atlas.interpolate(load_model().mean))
    cheek = (np.linalg.norm(place - (0.035, -0.04, 0.018), axis=2) < 0.02) & atlas.covered
    face = atlas.image(photographed(generator, transfer, code, window_light()).weight) > 0.9
    with torch.no_grad():
        before = generator.synthesis(code[None], SIZE).log_albedo
    skin = Believed(before - 0.35 * torch.from_numpy(cheek).float(), torch.from_numpy(face).float()[None, None])
    tuned = tune(generator, skin, 30, code)
    with torch.no_grad():
        change = (tuned.synthesis(code[None], SIZE).log_albedo - before)[0].mean(0).numpy()
    assert change[cheek].mean() < change[face & ~cheek].mean() - 0.1
    others = [_moved(generator, tuned, person(generator, seed)) for seed in range(10, 14)]
    assert np.mean(others) < 0.6 * _moved(generator, tuned, code)
    assert all(not weight.requires_grad for weight in tuned.parameters())


def _moved(before, after, code):
    with torch.no_grad():
        one, other = (g.synthesis(code[None], SIZE).log_albedo for g in (before, after))
    return float((one - other).square().mean().sqrt())


@pytest.mark.parametrize("fit", ["invert", "tune"])
def test_a_cancel_is_heard_at_every_step(generator, transfer, fit):
    code = person(generator, 1)
    level = level_of(generator, [photographed(generator, transfer, code, window_light())], code)
    heard = []

    def stop(step):
        heard.append(step)
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        if fit == "invert":
            invert(generator, [level], [5], code, [window_light()], on_step=stop)
        else:
            seen = torch.ones(1, 1, SIZE, SIZE)
            tune(generator, Believed(torch.zeros(1, 3, SIZE, SIZE), seen), 5, code, on_step=stop)
    assert heard == [0, 1, 2]


def test_what_was_found_is_told_between_the_sizes(generator, transfer):
    code = person(generator, 1)
    level = level_of(generator, [photographed(generator, transfer, code, window_light())], code)
    told = []
    found = invert(
        generator, [level] * 3, [2, 3, 2], code, [window_light()], on_level=lambda *known: told.append(known)
    )
    assert len(told) == 2, "the last one is what comes back"
    for known, light in told:
        assert known.shape == code.shape and not known.requires_grad and light[0].shape == (25, 3)
    assert not torch.equal(told[0][0], told[1][0]) and not torch.equal(told[1][0], found.code)
