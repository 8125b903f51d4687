"""The stopwatch: what is timed, how growth is told, and that both rasterisers that are compared agree."""

from __future__ import annotations

import argparse
import cProfile
import json
import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image  # noqa: E402

from benchmarks.reporting.memory import forget_peak_memory, peak_memory_mb  # noqa: E402
from benchmarks.speed import bench as speed  # noqa: E402
from benchmarks.speed.kernels import rasterizers, render_step, scene  # noqa: E402
from benchmarks.speed.rasterize_twin import rasterize_twin  # noqa: E402
from benchmarks.speed.report import as_markdown, growth  # noqa: E402
from benchmarks.speed.worker import call_tree  # noqa: E402
from core.render.rasterize import rasterize  # noqa: E402

CPU = torch.device("cpu")


def reconstruction(size: int, factor: float, photo: str = "demo", series: str = "map size") -> dict:
    stages = {"Loading the models": 0.3, "Reading photo 1 of 2": factor, "Reading photo 2 of 2": factor}
    cold = {"seconds": 10.0 * factor, "first_word": 0.1, "first_preview": 2.0, "peak_mb": 512, "stages": stages}
    calls = [{"name": "pipeline.fit_head", "level": 0, "calls": 1, "seconds": 4.0}]
    notes = {"cold": cold, "warm": cold, "calls": calls, "shape_calls": calls, "before": {"load": 0.1}}
    about = {"series": [series], "photo": photo, "photos": 1, "size": size, "threads": 1}
    return {"item": f"{photo} {size}", "method": "reconstruction", "about": about, "notes": notes, "failure": None}


def test_growth_finds_the_exponent_and_says_when_there_is_none():
    sizes = [512, 1024, 2048, 4096]
    assert growth(sizes, [3e-6 * size**2 for size in sizes]) == pytest.approx(2.0)
    assert growth(sizes, [5.0] * 4) == pytest.approx(0.0)
    assert math.isnan(growth([512], [1.0]))
    assert math.isnan(growth(sizes, [0.0] * 4))


def test_every_case_is_timed_once_and_belongs_to_its_series():
    several = [Path(f"{index}.jpg") for index in range(8)]
    cases = speed.plan(Path("astronaut.png"), [512, 1024], [1, 2], [1, 8], several)
    assert len({case.name for case in cases}) == len(cases) == 5
    usual = next(case for case in cases if case.photo_kind == "demo" and (case.size, case.threads) == (1024, 2))
    assert usual.series == ("map size", "threads")
    assert [len(case.photos) for case in cases if "photos" in case.series] == [1, 8]
    assert not any("photos" in case.series for case in speed.plan(Path("a.png"), [512], [1], [1, 3], []))


def test_the_large_photo_has_twelve_megapixels_and_says_from_what(tmp_path):
    Image.new("RGB", (30, 40)).save(tmp_path / "small.jpg")
    path = speed.large_photo(tmp_path / "small.jpg", tmp_path)
    assert path.stem == "small (30 x 40) enlarged to 3000 x 4000"
    with Image.open(path) as image:
        assert image.size == (3000, 4000)


def test_the_page_shows_ratios_growth_failures_and_a_busy_machine():
    records = [reconstruction(512, 1.0), reconstruction(1024, 2.0)]
    records.append({**reconstruction(2048, 4.0), "failure": "no face"})
    records.append(reconstruction(1024, 3.0, "12 MP", "photo size"))
    page = as_markdown("a machine", ["A note."], records)
    whole = next(line for line in page.splitlines() if "cold: whole run" in line)
    assert whole == "| **cold: whole run, s** | 10.0 | 20.0 | 2.00 | 1.00 |"
    assert "| cold: Reading the photos | 2.00 | 4.00 | 2.00 | 1.00 |" in page
    assert "| **cold: whole run, s** | 20.0 | 30.0 | 1.50 |" in page
    assert "- demo 2048: no face" in page
    assert "busy" not in page
    records[0]["notes"]["before"]["load"] = 5.0
    assert "busy before 1 of 4 cases (up to 5.0 processors)" in as_markdown("a machine", [], records)


def test_an_interrupted_run_goes_on_where_it_was(tmp_path, monkeypatch):
    measured = []

    def measure(case, scratch):
        measured.append(case.name)
        if len(measured) == 2:
            raise KeyboardInterrupt
        return {**reconstruction(case.size, 1.0)["notes"], "before": {"load": 9.0}}

    monkeypatch.setattr(speed, "measure", measure)
    monkeypatch.setattr(speed, "kernel_plan", lambda quick, threads: [])
    options = argparse.Namespace(
        photo=tmp_path / "a.png", out=tmp_path / "out", quick=True, size=[512, 1024], threads=[1], photos=[1],
        shared=tmp_path,
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        speed.run(options)
    assert speed.run(options) == 0
    assert len(measured) == 3
    assert "busy before 2 of 2 cases" in (tmp_path / "out" / "speed.md").read_text()
    assert len(json.loads((tmp_path / "out" / "speed.json").read_text())["records"]) == 2


def test_the_twin_draws_what_the_rasteriser_draws():
    random = np.random.default_rng(2)
    xy = random.uniform(-5, 45, (60, 1, 2)) + random.normal(0, 6, (60, 3, 2))
    points = np.concatenate([xy, random.uniform(0.5, 2, (60, 3, 1))], 2).reshape(-1, 3)
    points, triangles = torch.tensor(points), torch.arange(180).view(-1, 3)
    for cull in (False, True):
        expected = rasterize(points, triangles, 32, 40, cull_back_faces=cull)
        assert (expected >= 0).any()
        assert torch.equal(rasterize_twin(points, triangles, 32, 40, cull), expected)


def test_the_renderer_is_timed_on_a_head_that_others_see_alike(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.kernels.TARGET_SECONDS", 0.01)
    at = scene(32, CPU)
    rows = rasterizers(at, 32, CPU, twin=False)
    assert rows[0]["name"] == "ours"
    assert rows[0]["seconds"] > 0
    for row in rows:
        assert row.get("same_pixels", 1.0) > 0.99 or row.get("missing")
    step = render_step(at, 32, CPU)
    assert step["step"] > step["forward"] > 0
    assert "rasterize.rasterize" in [call["name"] for call in step["calls"]]


def test_the_call_tree_looks_through_comprehensions_and_shares_out_what_several_call():
    source = """
def leaf(): return sum(range(20000))
def middle(): return [leaf() for _ in range(3)]
def idle(): return 0
def root(): return [middle() for _ in range(2)] + [idle()]
def other(): return [middle() for _ in range(6)]
def both(): return root(), other()
"""
    toy: dict = {}
    exec(compile(source, "/x/core/toy.py", "exec"), toy)
    profile = cProfile.Profile()
    profile.runcall(toy["both"])
    tree = call_tree(profile, "root", share=0.2)
    assert [(row["name"], row["level"]) for row in tree] == [("toy.root", 0), ("toy.middle", 1), ("toy.leaf", 2)]
    assert [row["calls"] for row in tree[:2]] == [1, 2]
    assert tree[2]["calls"] < 24
    assert 0 < tree[2]["seconds"] <= tree[1]["seconds"] <= tree[0]["seconds"]


def test_peak_memory_follows_what_is_held():
    forget_peak_memory()
    before = peak_memory_mb()
    block = np.ones(40_000_000)
    assert peak_memory_mb() >= before + block.nbytes // 2**20 // 2
