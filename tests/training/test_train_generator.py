"""Training of the reflectance generator in pieces: exact continuation, and the command."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from core.reflectance.generator import generator_from_prior, load_generator
from training import train_generator
from training.generator.adversarial import LARGER_AFTER
from training.generator.start import start_from_data
from training.generator.trainer import Settings, Trainer, read_checkpoint


def test_a_resumed_run_goes_on_to_the_bit(made_up_prior, made_up_data, soon, tmp_path, tiny):
    def fresh() -> Trainer:
        generator = generator_from_prior(made_up_prior, tiny)
        return Trainer(
            made_up_data,
            generator,
            start_from_data(generator, made_up_data),
            Settings(1, 2, narrow=64, perceptual=False),
        )

    through, first = fresh(), fresh()
    for _ in range(4):
        through.step()
    for number in range(4):
        if number in (1, 3):
            first.save(tmp_path / "checkpoint.pt")
            first = Trainer.resume(made_up_data, read_checkpoint(tmp_path / "checkpoint.pt"))
        first.step()
    assert first.adversary is not None
    for one, other in ((first.generator, through.generator), (first.average, through.average)):
        for name, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[name]), name
    assert torch.equal(first.codes.weight, through.codes.weight)


def test_the_discriminator_never_asks_for_maps_larger_than_the_data(made_up_prior, made_up_data, soon, tiny):
    larger = replace(tiny, size=256, albedo=(8, 8), gloss=(4, 4), slopes=(4, 4))
    generator = generator_from_prior(made_up_prior, larger)
    settings = Settings(adversarial_after=0, narrow=64, perceptual=False)
    trainer = Trainer(made_up_data, generator, start_from_data(generator, made_up_data), settings)
    trainer.step()
    trainer.adversary.steps = 2 * LARGER_AFTER
    trainer.step()
    assert trainer.adversary.current_size == made_up_data.size


def test_the_command_trains_resumes_and_reports(made_up_prior, made_up_items, soon, tmp_path, monkeypatch, tiny):
    monkeypatch.setattr(train_generator, "load", lambda path: made_up_items)
    monkeypatch.setattr(train_generator, "load_prior", lambda: made_up_prior)
    monkeypatch.setattr(train_generator, "CHECK_STEPS", {64: 2})
    words = ["--data", "nothing", "--out", str(tmp_path / "run"), "--steps", "2", "--no-perceptual"]
    words += ["--narrow", "64"]
    assert train_generator.main(words, tiny) == 0
    with pytest.raises(SystemExit, match="--resume"):
        train_generator.main(words, tiny)
    assert train_generator.main([*words, "--resume"], tiny) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["steps"] == 4 and report["card"]["sources"] == [
        {"source": "made up", "licence": "CC0 1.0", "people": len(made_up_items.rows("train"))}
    ]
    generator = load_generator(tmp_path / "run" / "generator.safetensors", layout="made up")
    assert generator.card["steps"] == 4
    assert (tmp_path / "run" / "samples.png").stat().st_size > 1000
    assert read_checkpoint(tmp_path / "run" / "checkpoint.pt")["adversary"] is None
    assert train_generator.main([*words, "--resume", "--adversarial-after", "0"], tiny) == 0
    assert read_checkpoint(tmp_path / "run" / "checkpoint.pt")["adversary"]["steps"] == 2
    assert train_generator.main([*words, "--resume", "--steps", "0"], tiny) == 0
    assert read_checkpoint(tmp_path / "run" / "checkpoint.pt")["step"] == 6
