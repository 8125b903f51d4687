"""What the tests of training share: a made-up miniature of the reflectance data set and of the prior."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.reflectance.generator import GeneratorConfig
from core.reflectance.prior import ReflectancePrior
from training.dataset.items import ReflectanceItems
from training.generator import trainer
from training.generator.data import TrainingMaps

SIZE, PEOPLE = 128, 10


@pytest.fixture(scope="session")
def tiny() -> GeneratorConfig:
    return GeneratorConfig(
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


def smooth(rng: np.random.Generator, channels: int, cells: int = 5) -> np.ndarray:
    """A smooth random image [SIZE,SIZE,channels] with values around one."""
    coarse = torch.from_numpy(rng.normal(size=(1, channels, cells, cells)).astype(np.float32))
    return torch.nn.functional.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic")[0].permute(1, 2, 0).numpy()


@pytest.fixture(scope="session")
def made_up_prior() -> ReflectancePrior:
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


@pytest.fixture(scope="session")
def made_up_items(made_up_prior) -> ReflectanceItems:
    """People made of the prior's modes and of others that it does not know."""
    rng = np.random.default_rng(1)
    others = [0.2 * smooth(rng, 3, 12) for _ in range(4)]
    facts, diffuse, gloss, slopes = [], [], [], []
    for person in range(PEOPLE):
        log_albedo = made_up_prior.log_albedo(0.7 * rng.normal(size=3))
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
def made_up_data(made_up_items) -> TrainingMaps:
    return TrainingMaps(made_up_items, "train")


@pytest.fixture
def soon(made_up_prior, monkeypatch) -> None:
    """All sizes from the first step on."""
    monkeypatch.setattr(trainer, "load_prior", lambda: made_up_prior)
    monkeypatch.setattr(trainer, "SCHEDULE", ((0, {64: 0.5, 128: 0.5}),))
    monkeypatch.setattr(trainer, "EXTENT", {128: 24})
    monkeypatch.setattr(trainer, "WARM_UP", 5)
    monkeypatch.setattr(trainer, "BATCH", {64: 4, 128: 3})
