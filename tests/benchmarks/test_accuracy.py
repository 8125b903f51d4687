"""The accuracy benchmark: its tables, and one photo from the made-up person to the finished page."""

from __future__ import annotations

import argparse
import json
import mmap
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.accuracy import bench as accuracy_bench
from benchmarks.accuracy.bench import add_arguments, mean_of_views
from benchmarks.accuracy.report import BLOCKS, accuracy_report, differences
from benchmarks.baselines import BASELINES, METHODS
from benchmarks.peers import bench as peers_bench
from benchmarks.reporting.memory import forget_peak_memory, peak_memory_mb
from benchmarks.reporting.tables import markdown
from benchmarks.truth import dataset
from benchmarks.truth.plan import make_plan
from core.errors import FitError

ROOT = Path(__file__).resolve().parents[2]


def record(item: str, method: str, family: str, psnr: float) -> dict:
    about = {"head": item, "family": family, "group": "dark", "yaw_degrees": 10.0, "light_kind": "sun"}
    figures = {"relit_psnr": psnr, "rigid_median_mm": 1.5}
    return {"item": item, "method": method, "about": about, "figures": figures, "failure": None, "crash": False}


def test_views_are_averaged_where_both_were_measured() -> None:
    figures = {"relit_photo_psnr": 20.0, "relit_turned_psnr": 10.0, "relit_photo_psnr_hidden": 5.0, "scale": 1.0}
    assert mean_of_views(figures) == {"relit_psnr": 15.0}


def test_every_table_has_every_baseline_and_families_stand_apart() -> None:
    methods = [METHODS[name] for name in ("relit", *BASELINES, "without_light")]
    records = [record("one", method.name, "ict", 20.0) for method in methods]
    records += [record("two", method.name, "own", 30.0) for method in methods[:3]]
    page = markdown(accuracy_report("dev", methods, {"one"}, records), records)
    sections = {text.split("\n")[0]: text for text in page.split("\n## ")[1:]}
    assert len(sections) == 4
    for title, text in sections.items():
        for block in BLOCKS:
            table = text.split(f"### {block.title}\n")[1].split("\n\n**")[0]
            rows = [line.split(" | ")[0].strip("| ") for line in table.split("\n") if line.startswith("| ")][1:]
            expected = ["relit", *BASELINES] + ["without_light"] * title.startswith("Steps")
            assert rows == expected, (title, block.title)
    assert "20.0" in sections["Heads that are not of our model"]
    assert "30.0" not in sections["Heads that are not of our model"]
    assert "25.0" in sections["All heads"]


@pytest.mark.parametrize("bench", [accuracy_bench, peers_bench])
def test_photos_that_are_all_there_are_not_made_again(bench, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(dataset, "make_plan", lambda split, seed: [])
    monkeypatch.setattr(dataset, "load", lambda split, cache: [])
    options = argparse.Namespace(
        as_is=False, shared=tmp_path / "no shared data", cache=tmp_path, bpy=None, threads=1, photos=None
    )
    assert bench.truth_photos("quick", options) == []


def test_differences_are_taken_photo_by_photo() -> None:
    first = [record("one", "relit", "ict", 20.0), record("two", "relit", "ict", 30.0)]
    other = [record("two", "pasted_photo", "ict", 27.0)]
    assert "| pasted_photo | 1 | +0.00 | - | - | -3.00 | - | - | -3.00 |" in differences([*first, *other])


@pytest.mark.skipif(not forget_peak_memory(), reason="this system cannot forget a process' peak of memory")
def test_peak_memory_is_that_of_the_last_stretch() -> None:
    forget_peak_memory()
    before = peak_memory_mb()
    block = mmap.mmap(-1, 64 << 20)  # fresh pages: a bytearray may get memory that is resident already
    for page in range(0, len(block), mmap.PAGESIZE):
        block[page] = 1
    during = peak_memory_mb()
    block.close()
    forget_peak_memory()
    assert during - before > 50
    assert peak_memory_mb() < during - 50


def test_one_photo_from_nobody_to_a_table(shared: Path, tmp_path: Path) -> None:
    """A head of our own model is photographed, fitted by two methods, measured and relit; then all is told."""
    try:
        python = dataset.bpy_python(None)
    except FitError as error:
        pytest.skip(error.message)
    make_one_photo(shared, tmp_path / "cache", python)
    out = tmp_path / "out"
    options = ["--quick", "--as-is", "--cache", tmp_path / "cache", "--out", out, "--bpy", python, "--threads", "1"]
    command = [sys.executable, "-m", "benchmarks", "accuracy", *options, "--methods", "relit", "pasted_photo"]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    records = json.loads((out / "accuracy.json").read_text())["records"]
    assert [one["method"] for one in records] == ["relit", "pasted_photo"]
    for one in records:
        assert one["failure"] is None
        assert 10 < one["figures"]["relit_psnr"] < 50
        assert 0.1 < one["figures"]["rigid_median_mm"] < 5
        assert one["figures"]["cpu_seconds"] > 0
    assert (out / "sheet_photo_1.jpg").stat().st_size > 5000


def make_one_photo(shared: Path, cache: Path, python: Path) -> None:
    plan = next(plan for plan in make_plan("quick", dataset.SEED) if plan.head.family == "own")
    base = dataset.folder("quick", cache)
    head = dataset._make_head(plan.head, shared, base / "heads" / plan.head.name)
    with dataset.Renderer(python, base, 1) as renderer:
        dataset.make_photo(plan, head, base, None, renderer)


def test_options_have_the_promised_defaults() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = parser.parse_args(["--out", "x"])
    assert options.split == "dev"
    assert options.shared == Path("../shared")
    assert options.cache == Path.home() / ".cache" / "relit" / "benchmarks"
