"""How near a fitted head comes to the true one, beside simpler methods and beside Relit without each of its steps.

    python -m benchmarks accuracy --out FOLDER [--split dev] [--quick] [--photos N] [--methods relit ...]

Photos and truth come from `truth` and are made first where they are missing. Every method sees ``photo.jpg`` and
nothing else; its head is laid upon the true one, measured (`metrics`), and rendered by Cycles with the true camera
under a light that it has not seen (`relighting`). Records lie in the output folder: an interrupted run goes on where
it was, and what depends on changed code is measured again.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.errors import FitError
from core.head import read_head

from ..baselines import MAIN_METHODS, STAGES_OFF, Method, method
from ..metrics import TruthSurface, measure_head, measure_held_out
from ..reporting.memory import forget_peak_memory, peak_memory_mb
from ..reporting.records import RecordStore, Task, code_version, run_tasks
from ..reporting.tables import write_report
from ..truth import dataset
from ..truth.plan import SPLITS, make_plan
from ..truth.records import TruthPhoto
from . import relighting
from .report import NEW_VIEW, accuracy_report
from .sheet import keep_pictures, write_sheets

CACHE = Path.home() / ".cache" / "relit" / "benchmarks"
STAGE_PHOTOS = {"quick": 0, "dev": 20}
"""Photos for the steps switched off: whole blocks of the plan, so every tone is there in equal number."""
MEASURED = (
    "core", "operators", "benchmarks/baselines.py", "benchmarks/metrics", "benchmarks/accuracy/relighting.py",
    "benchmarks/accuracy/relighting_scene.py", "benchmarks/truth/scene.py",
)  # fmt: skip
"""What a record depends on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``python -m benchmarks accuracy``."""
    parser.add_argument("--out", type=Path, required=True, help="folder for records, tables and sheets")
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--quick", action="store_true", help="the split of 6 photos")
    parser.add_argument("--photos", type=int, help="only the first N photos of the split")
    parser.add_argument("--methods", nargs="+", metavar="METHOD", help="default: all of `baselines.METHODS`")
    parser.add_argument("--stage-photos", type=int, help="photos for the steps switched off; 0 leaves them out")
    parser.add_argument("--map-size", type=int, default=512)
    parser.add_argument("--no-relight", action="store_true", help="leave the renders out; they take most of the time")
    parser.add_argument("--as-is", action="store_true", help="take the photos that exist, make none")
    parser.add_argument("--keep-heads", action="store_true", help="leave the head folders in --out")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the truth data set lies")
    parser.add_argument("--bpy", type=Path, help="a Python that has Blender's module; default: $RELIT_BPY")
    parser.add_argument("--threads", type=int, default=2, help="of Cycles")


def run(options: argparse.Namespace) -> int:
    """Measure every method on every photo; write accuracy.md, accuracy.json and the contact sheets."""
    torch.set_num_threads(1)
    split = "quick" if options.quick else options.split
    stage_photos = STAGE_PHOTOS[split] if options.stage_photos is None else options.stage_photos
    methods = [method(name) for name in options.methods or (*MAIN_METHODS, *STAGES_OFF)]
    main = [one for one in methods if one.name not in STAGES_OFF]
    stages = [one for one in methods if one.name in STAGES_OFF]
    try:
        photos = truth_photos(split, options)
    except FitError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None
    store = RecordStore(options.out / "records", {"code": code_version(*MEASURED)})
    with Bench(options) as bench:
        tasks = [bench.task(photo, one) for photo in photos for one in main]
        tasks += [bench.task(photo, one) for photo in photos[:stage_photos] for one in stages]
        records = run_tasks(store, tasks, partial(print, flush=True), "accuracy")
    about = {"split": split, "photos": len(photos), "map_size": options.map_size, **store.version}
    staged = {photo.name for photo in photos[:stage_photos]} if stages else set()
    report = accuracy_report(split, methods, staged, records)
    write_report(options.out, "accuracy", report, records, about)
    if main:
        write_sheets(options.out, photos, [one.name for one in main], records)
    print(f"Wrote {options.out / 'accuracy.md'}", flush=True)
    return 0


def truth_photos(split: str, options: argparse.Namespace) -> list[TruthPhoto]:
    """Return the first photos of a split; they are made where they are missing, unless only those that exist count.

    Raises:
        FitError: they cannot be made, or there are none.
    """
    say = partial(print, flush=True)
    if not options.as_is:
        dataset.build(split, dataset.SEED, options.shared, options.cache, options.bpy, options.threads, report=say)
    photos = dataset.load(split, options.cache)
    wanted = [plan.name for plan in make_plan(split, dataset.SEED)][: options.photos]
    return [photo for photo in photos if photo.name in wanted]


class Bench:
    """What measures one head after the other: a folder for heads, and Blender, started when it is first needed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._scratch = tempfile.TemporaryDirectory(prefix="relit-accuracy-")
        self._heads = options.out / "heads" if options.keep_heads else Path(self._scratch.name)
        self._renderer: dataset.Renderer | None = None
        self._running = ExitStack()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop_renderer()
        self._scratch.cleanup()

    def task(self, photo: TruthPhoto, one: Method) -> Task:
        """Return the task of one photo and method."""
        settings = {
            "map_size": self._options.map_size,
            "relit": not self._options.no_relight,
            "photo": hashlib.sha256(photo.path.read_bytes()).hexdigest()[:12],
        }
        names = ("head", "family", "tone", "group", "yaw_degrees", "smiling", "light_kind", "glasses", "hand", "hair")
        about = {name: photo.meta[name] for name in names}
        return Task(photo.name, one.name, partial(self.measure, photo, one), settings, about)

    def measure(self, photo: TruthPhoto, one: Method) -> dict[str, Any]:
        """Return all figures of one method on one photo.

        Raises:
            FitError: the method refuses the photo.
        """
        forgotten = forget_peak_memory()
        start = time.process_time()
        folder = one.fit(photo.path, self._heads / one.name / photo.name, self._options.map_size)
        figures = {"cpu_seconds": time.process_time() - start, "peak_mb": peak_memory_mb() if forgotten else None}
        measured = measure_head(read_head(folder), _surface(photo))
        figures |= measured.figures
        if photo.smiling:
            figures["neutral_smiling_median_mm"] = figures["neutral_median_mm"]
        pictures = [] if self._options.no_relight else self._relit(photo, folder, measured.true_from_head)
        for view, picture in zip(photo.relit, pictures):
            found = measure_held_out(picture, photo, view)
            figures |= {f"relit_{view.view}_{name}": value for name, value in found.items()}
        figures |= mean_of_views(figures)
        keep_pictures(self._options.out, photo, one.name, folder, pictures)
        return figures

    def _relit(self, photo: TruthPhoto, head: Path, true_from_head: np.ndarray) -> list[np.ndarray]:
        if self._renderer is None:
            python = dataset.bpy_python(self._options.bpy)
            renderer = dataset.Renderer(python, self._options.out, self._options.threads, relighting.SCENE)
            self._renderer = self._running.enter_context(renderer)
        try:
            return relighting.relight(self._renderer, head, true_from_head, photo.relit)
        except RuntimeError:
            self._stop_renderer()
            raise

    def _stop_renderer(self) -> None:
        self._running.close()
        self._renderer = None


@lru_cache(maxsize=1)
def _surface(photo: TruthPhoto) -> TruthSurface:
    return TruthSurface(photo)


def mean_of_views(figures: dict[str, float]) -> dict[str, float]:
    """Return the figures of the held-out pictures as their mean over the views, named ``relit_...``."""
    first, second = "relit_photo_", f"relit_{NEW_VIEW}_"
    names = [name.removeprefix(first) for name in figures if name.startswith(first)]
    return {
        f"relit_{name}": (figures[first + name] + figures[second + name]) / 2
        for name in names
        if second + name in figures
    }
