"""What is shown of a generator: sheets, lit heads and figures."""

from __future__ import annotations

import json

import torch

from core.reflectance.generator import generator_from_prior
from training import generator_report
from training.generator.heads import draw_heads
from training.generator_report import kernel_distance


def test_kernel_distance_is_nil_for_the_same_people():
    random = torch.Generator().manual_seed(0)
    a, b = (torch.randn(400, 6, generator=random) for _ in range(2))
    assert abs(kernel_distance(a, b)) < 0.05
    assert kernel_distance(a, b + 1) > 0.5


def test_the_report_writes_sheets_and_figures(made_up_prior, made_up_items, tiny, tmp_path, monkeypatch):
    generator = generator_from_prior(made_up_prior, tiny).requires_grad_(False)
    for name, value in (
        ("load", lambda path: made_up_items),
        ("load_prior", lambda: made_up_prior),
        ("load_generator", lambda path: generator),
        ("perceptual_or_none", lambda: None),
        ("SAMPLES", 8),
        ("draw_heads", lambda maps, size: maps[:, :3, :size, :size].exp()),
        ("INVERSION_SIZE", 128),
        ("INVERSION_STEPS", {64: 2, 128: 1}),
    ):
        monkeypatch.setattr(generator_report, name, value)
    assert generator_report.main(["--data", "nothing", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["inversion"]["prior"]["people"] == 2
    assert sum(found["tones of samples"]) == 8
    assert set(found["milliseconds"]) == {"64", "128"}
    sheets = {path.name for path in tmp_path.glob("*.png")}
    assert sheets == {"samples.png", "maps.png", "interpolation.png", "mixing.png", "inversion.png", "heads.png"}


def test_a_darker_skin_makes_a_darker_head():
    maps = torch.zeros(2, 7, 64, 64)
    maps[:, 3:5] = 0.45
    maps[0, :3], maps[1, :3] = -1.0, -2.0
    light, dark = draw_heads(maps, 48)
    assert light.shape == (3, 48, 48) and light[:, 20:28, 20:28].mean() > 0.4
    assert dark[:, 20:28, 20:28].mean() < 0.8 * light[:, 20:28, 20:28].mean()
