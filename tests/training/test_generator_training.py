"""Training of the reflectance generator, on a made-up miniature of the data set."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
import torch

from core.reflectance.generator import GeneratorConfig, generator_from_prior, load_generator
from core.reflectance.prior import ReflectancePrior
from core.reflectance.style_layers import Window
from training import generator_trainer, train_generator
from training.adversarial import Adversary
from training.discriminator import Augmentation, Discriminator, gradient_penalty
from training.generator_data import TrainingMaps, mirrored, stacked
from training.generator_inversion import compare_with_prior, summary
from training.generator_losses import reconstruction_loss
from training.generator_mapping import describe_codes, fit_mapping
from training.generator_report import kernel_distance
from training.generator_start import components, start_from_data, windows
from training.generator_trainer import Settings, Trainer, read_checkpoint
from training.reflectance_items import ReflectanceItems

SIZE, PEOPLE = 128, 10
TINY = GeneratorConfig(
    size=SIZE,
    code=64,
    mapping=2,
    trunk=(8, 8, 8),
    albedo=(8,),
    gloss=(4,),
    slopes=(4,),
    albedo_modes=(31, 3),
    gloss_modes=(2, 0),
    slopes_modes=(0, 0),
    coefficients=3,
)
SETTINGS = Settings(seed=1, perceptual=False)


def smooth(rng: np.random.Generator, channels: int, cells: int = 5) -> np.ndarray:
    """A smooth random image [SIZE,SIZE,channels] with values around one."""
    coarse = torch.from_numpy(rng.normal(size=(1, channels, cells, cells)).astype(np.float32))
    return torch.nn.functional.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic")[0].permute(1, 2, 0).numpy()


@pytest.fixture(scope="module")
def prior() -> ReflectancePrior:
    rng = np.random.default_rng(0)
    return ReflectancePrior(
        albedo_mean=np.full((SIZE, SIZE, 3), -1.4, np.float32),
        albedo_basis=np.stack([0.3 * smooth(rng, 3) for _ in range(3)]),
        albedo_detail=np.ones((SIZE, SIZE, 3), np.float32),
        specular_albedo=np.full((SIZE, SIZE), 0.46, np.float32),
        roughness=np.full((SIZE, SIZE), 0.45, np.float32),
        normal_detail=np.zeros((SIZE, SIZE, 2), np.float32),
        log=True,
        layout="made up",
    )


@pytest.fixture(scope="module")
def items(prior) -> ReflectanceItems:
    """People made of the prior's modes and of others that it does not know."""
    rng = np.random.default_rng(1)
    others = [0.2 * smooth(rng, 3, 12) for _ in range(4)]
    facts, diffuse, gloss, slopes = [], [], [], []
    for person in range(PEOPLE):
        log_albedo = prior.log_albedo(0.7 * rng.normal(size=3))
        log_albedo = log_albedo + sum(rng.normal() * other for other in others)
        diffuse.append(np.exp(np.clip(log_albedo, -6, 0)) ** (1 / 2.2) * 255)
        gloss.append(255 * np.clip(0.45 + 0.05 * smooth(rng, 2), 0, 1))
        slopes.append(127.5 + 127.5 * 0.1 * smooth(rng, 2))
        facts.append(
            {
                "name": f"made {person}",
                "source": "made up",
                "licence": "CC0 1.0",
                "split": "validation" if person >= PEOPLE - 2 else "train",
                "tone": 20.0,
                "weight": 1.0,
            }
        )
    return ReflectanceItems(
        {"size": SIZE, "items": facts},
        *(np.stack(images).round().clip(0, 255).astype(np.uint8) for images in (diffuse, gloss, slopes)),
        seen=np.full((PEOPLE, SIZE // 4, SIZE // 4), 255, np.uint8),
        covered=np.ones((SIZE, SIZE), bool),
    )


@pytest.fixture
def data(items) -> TrainingMaps:
    return TrainingMaps(items, "train")


@pytest.fixture
def trainer(prior, data) -> Trainer:
    generator = generator_from_prior(prior, TINY)
    return Trainer(data, generator, start_from_data(generator, data), SETTINGS)


@pytest.fixture
def soon(monkeypatch) -> None:
    """All sizes from the first step on."""
    monkeypatch.setattr(generator_trainer, "SCHEDULE", ((0, {64: 0.5, 128: 0.5}),))
    monkeypatch.setattr(generator_trainer, "EXTENT", {128: 24})
    monkeypatch.setattr(generator_trainer, "WARM_UP", 10)
    monkeypatch.setattr(generator_trainer, "MAPPING_STEPS", 20)


def test_windows_and_mirror_images_are_those_of_whole_maps(data):
    samples, window = [1, 1 + len(data.items)], Window(8, 4, 16)
    for size in (64, 128):
        whole, part = data.maps(samples, size), data.maps(samples, size, window)
        assert torch.allclose(window.of(whole, size // 64), part, atol=1e-3)
        assert torch.equal(mirrored(whole[1]), whole[0])
    assert data.trust(samples, 128, window).shape == (2, 1, 32, 32)


def test_components_explain_the_samples():
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


def test_the_start_explains_more_than_the_prior(prior, data):
    generator = generator_from_prior(prior, TINY)
    codes = start_from_data(generator, data)
    wanted = data.maps(range(len(data)), 128)[:, :3]
    with torch.no_grad():
        found = generator.synthesis(codes, 128).log_albedo
    linear = torch.stack([torch.from_numpy(prior.log_albedo(row)) for row in codes[:, :3].numpy()]).permute(0, 3, 1, 2)
    assert (found - wanted).abs().mean() < 0.7 * (linear - wanted).abs().mean()


def test_some_steps_lower_the_loss(trainer, soon):
    samples = list(range(len(trainer.data)))
    wanted, trust = trainer.data.maps(samples, 128), trainer.data.trust(samples, 128)

    def loss() -> float:
        with torch.no_grad():
            found = stacked(trainer.generator.synthesis(trainer.codes.weight, 128))
        return reconstruction_loss(found, wanted, trust).item()

    before = loss()
    for _ in range(45):
        trainer.step()
    assert loss() < 0.97 * before


def test_a_resumed_run_goes_on_to_the_bit(prior, data, soon, tmp_path):
    def fresh() -> Trainer:
        generator = generator_from_prior(prior, TINY)
        return Trainer(data, generator, start_from_data(generator, data), Settings(1, 3, narrow=32, perceptual=False))

    through, first = fresh(), fresh()
    for _ in range(5):
        through.step()
    for number in range(5):
        if number in (2, 4):
            first.save(tmp_path / "checkpoint.pt")
            first = Trainer.resume(data, read_checkpoint(tmp_path / "checkpoint.pt"))
        first.step()
    assert first.adversary is not None
    for one, other in ((first.generator, through.generator), (first.average, through.average)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name
    assert torch.equal(first.codes.weight, through.codes.weight)


def test_a_step_of_the_discriminator_tells_better(data):
    adversary = Adversary(data, 64, seed=0, narrow=16)
    generator = generator_from_prior(_flat_prior(), TINY)
    losses = [adversary.judge(generator, 4)["critics"] for _ in range(10)]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    assert torch.isfinite(adversary.persuade(generator, 4))


def _flat_prior() -> ReflectancePrior:
    return ReflectancePrior(
        np.full((SIZE, SIZE, 3), -1.4, np.float32),
        np.zeros((3, SIZE, SIZE, 3), np.float32),
        np.ones((SIZE, SIZE, 3), np.float32),
        np.full((SIZE, SIZE), 0.46, np.float32),
        np.full((SIZE, SIZE), 0.45, np.float32),
        np.zeros((SIZE, SIZE, 2), np.float32),
        True,
        "made up",
    )


def test_penalty_is_the_gradient_of_the_verdicts(data):
    torch.manual_seed(0)
    discriminator = Discriminator(64, narrow=16)
    maps = data.maps([0, 1], 64)
    penalty = gradient_penalty(discriminator, maps)
    step = 1e-2 * torch.randn_like(maps)
    with torch.no_grad():
        change = discriminator(maps + step).sum() - discriminator(maps - step).sum()
    bound = 2 * (2 * penalty).sqrt() * step.flatten(1).norm(dim=1).norm()
    assert 0 < change.abs() <= 1.05 * bound


def test_augmentation_follows_overconfidence(data):
    augment = Augmentation(speed=0.3)
    maps = data.maps([0], 64)
    assert augment(maps, torch.Generator()) is maps
    augment.adapt(torch.ones(8))
    assert augment.chance == 0.3
    changed = [augment(maps, torch.Generator().manual_seed(seed)) for seed in range(8)]
    assert any(not torch.equal(value, maps) for value in changed)
    augment.adapt(-torch.ones(8))
    assert augment.chance == 0.0


def test_the_mapping_makes_people_like_the_codes(prior):
    torch.manual_seed(0)
    generator = generator_from_prior(prior, TINY)
    codes = torch.randn(200, 64) * torch.linspace(0.2, 2, 64) + 0.5
    codes[:, 1] = codes[:, 0].square()  # no Gaussian
    weights = torch.ones(200)
    describe_codes(generator, codes, weights, codes[:, :3])
    assert torch.allclose(generator.w_average, codes.mean(0), atol=1e-4)
    few, many = (fit_mapping(copy.deepcopy(generator), codes, weights, steps, 0, 128) for steps in (10, 150))
    assert many < 0.9 * few


def test_the_way_from_the_prior_follows_moved_codes(prior):
    generator = generator_from_prior(prior, TINY)
    coefficients = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))
    codes = torch.zeros(300, 64)
    codes[:, :3] = 2 * coefficients
    codes[:, 5] = 1 - coefficients[:, 1]
    describe_codes(generator, codes, torch.ones(300), coefficients)
    found = generator.code_from_prior([1.0, -1.0, 0.5])
    assert torch.allclose(found[[0, 1, 2, 5]], torch.tensor([2.0, -2.0, 1.0, 2.0]), atol=0.1)


def test_inversion_beats_the_prior_where_people_have_more_than_its_modes(prior, items, data):
    generator = generator_from_prior(prior, TINY)
    codes = start_from_data(generator, data)
    describe_codes(generator, codes, data.weights.repeat(2), codes[:, :3])
    generator.requires_grad_(False)
    found = compare_with_prior(generator, prior, TrainingMaps(items, "validation"), 128, {64: 15, 128: 5})
    assert len(found["prior"]) == 2
    assert summary(found["generator"])["psnr"] > summary(found["prior"])["psnr"]


def test_kernel_distance_is_nil_for_the_same_people():
    random = torch.Generator().manual_seed(0)
    a, b = (torch.randn(400, 6, generator=random) for _ in range(2))
    assert abs(kernel_distance(a, b)) < 0.05
    assert kernel_distance(a, b + 1) > 0.5


def test_the_command_trains_resumes_and_reports(prior, items, soon, tmp_path, monkeypatch):
    monkeypatch.setattr(train_generator, "load", lambda path: items)
    monkeypatch.setattr(train_generator, "load_prior", lambda: prior)
    monkeypatch.setattr(train_generator, "CHECK_STEPS", {64: 2})
    words = ["--data", "nothing", "--out", str(tmp_path / "run"), "--steps", "2", "--no-perceptual"]
    assert train_generator.main(words, TINY) == 0
    with pytest.raises(SystemExit, match="--resume"):
        train_generator.main(words, TINY)
    assert train_generator.main([*words, "--resume"], TINY) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["steps"] == 4 and report["card"]["sources"] == [
        {"source": "made up", "licence": "CC0 1.0", "people": PEOPLE - 2}
    ]
    generator = load_generator(tmp_path / "run" / "generator.safetensors", layout="made up")
    assert generator.card["steps"] == 4
    assert (tmp_path / "run" / "samples.png").stat().st_size > 1000
