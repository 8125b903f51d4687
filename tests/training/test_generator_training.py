"""Training of the reflectance generator, on a made-up miniature of the data set."""

from __future__ import annotations

import pytest
import torch

from core.reflectance.generator import generator_from_prior
from core.reflectance.style_layers import Window
from training.generator.data import TrainingMaps, mirrored, stacked
from training.generator.inversion import compare_with_prior, summary
from training.generator.losses import reconstruction_loss
from training.generator.mapping import describe_codes, fit_mapping
from training.generator.start import components, start_from_data, windows
from training.generator.trainer import Settings, Trainer


@pytest.fixture
def trainer(made_up_prior, made_up_data, tiny) -> Trainer:
    generator = generator_from_prior(made_up_prior, tiny)
    return Trainer(
        made_up_data, generator, start_from_data(generator, made_up_data), Settings(seed=1, perceptual=False)
    )


def test_windows_and_mirror_images_are_those_of_whole_maps(made_up_data):
    samples, window = [1, 1 + len(made_up_data.items)], Window(8, 4, 16)
    for size in (64, 128):
        whole, part = made_up_data.maps(samples, size), made_up_data.maps(samples, size, window)
        assert torch.allclose(window.of(whole, size // 64), part, atol=1e-3)
        assert torch.equal(mirrored(whole[1]), whole[0])
    assert made_up_data.trust(samples, 128, window).shape == (2, 1, 32, 32)


def test_components_explain_the_samples():
    torch.manual_seed(0)
    samples = torch.randn(12, 3) @ torch.randn(3, 40)
    share = torch.rand(12)
    share /= share.sum()
    samples -= share @ samples
    modes, scores, variance = components(samples, share, torch.ones(40), 3)
    assert torch.allclose(scores @ modes, samples, atol=1e-3)
    assert torch.allclose((scores.T * share) @ scores, torch.eye(3), atol=1e-3)
    assert (variance.diff() <= 0).all()


def test_windows_add_up_to_one():
    assert torch.allclose(windows(64, 4).sum(0), torch.ones(64, 64), atol=1e-5)


def test_the_start_explains_more_than_the_prior(made_up_prior, made_up_data, tiny):
    generator = generator_from_prior(made_up_prior, tiny)
    codes = start_from_data(generator, made_up_data)
    wanted = made_up_data.maps(range(len(made_up_data)), 128)[:, :3]
    with torch.no_grad():
        found = generator.synthesis(codes, 128).log_albedo
    linear = torch.stack([torch.from_numpy(made_up_prior.log_albedo(row)) for row in codes[:, :3].numpy()]).permute(
        0, 3, 1, 2
    )
    assert (found - wanted).abs().mean() < 0.7 * (linear - wanted).abs().mean()


def test_some_steps_lower_the_loss(trainer, soon):
    samples = list(range(len(trainer.data)))
    wanted, trust = trainer.data.maps(samples, 128), trainer.data.trust(samples, 128)

    def loss() -> float:
        with torch.no_grad():
            found = stacked(trainer.generator.synthesis(trainer.codes.weight, 128))
        return reconstruction_loss(found, wanted, trust).item()

    before = loss()
    for _ in range(32):
        trainer.step()
    assert loss() < 0.98 * before


def test_inversion_beats_the_prior_where_people_have_more_than_its_modes(
    made_up_prior, made_up_items, made_up_data, tiny
):
    generator = generator_from_prior(made_up_prior, tiny)
    codes = start_from_data(generator, made_up_data)
    describe_codes(generator, codes, made_up_data.weights.repeat(2), codes[:, :3])
    generator.requires_grad_(False)
    found = compare_with_prior(
        generator, made_up_prior, TrainingMaps(made_up_items, "validation"), 128, {64: 15, 128: 5}
    )
    assert len(found["prior"]) == 2
    assert summary(found["generator"])["psnr"] > summary(found["prior"])["psnr"]


def test_the_mapping_makes_tones_that_people_have(made_up_prior, tiny):
    """People's colours lie on a curve, of which a Gaussian knows nothing."""
    torch.manual_seed(0)
    generator = generator_from_prior(made_up_prior, tiny)
    codes = torch.randn(400, 64)
    codes[:, 0] = 2 * torch.rand(400) - 1
    codes[:, 1] = codes[:, 0].square() + 0.1 * codes[:, 1]
    codes[:, 2] = 0.1 * codes[:, 2]
    weights = torch.ones(400)
    describe_codes(generator, codes, weights, codes[:, :3])
    distances = fit_mapping(generator, codes, weights, torch.ones(64, 64), seed=0)
    assert distances["mapped"] < 0.5 * distances["gaussian"]
    made = generator.sample(400, seed=1)
    assert torch.allclose(made.mean(0), codes.mean(0), atol=0.25)
    assert torch.allclose(made.std(0)[3:], codes.std(0)[3:], atol=0.25)


def test_the_way_from_the_prior_follows_moved_codes(made_up_prior, tiny):
    generator = generator_from_prior(made_up_prior, tiny)
    coefficients = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))
    codes = torch.zeros(300, 64)
    codes[:, :3] = 2 * coefficients
    codes[:, 5] = 1 - coefficients[:, 1]
    describe_codes(generator, codes, torch.ones(300), coefficients)
    found = generator.code_from_prior([1.0, -1.0, 0.5])
    assert torch.allclose(found[[0, 1, 2, 5]], torch.tensor([2.0, -2.0, 1.0, 2.0]), atol=0.1)
