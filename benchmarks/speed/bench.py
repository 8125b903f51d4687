"""Seconds and peak memory of whole reconstructions, each in a worker process of its own; how they grow; the renderer.

One thing is varied at a time: the size of the maps, the threads, the number of photos, the size of the photo. Each
case is run cold (a new process, from its start to its answer), then warm (again in that process); the usual case once
more under a profiler that tells where the time goes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..reporting.records import RecordStore, Task, code_version, run_tasks
from .report import as_markdown

ROOT = Path(__file__).resolve().parents[2]
SIZES = (512, 1024, 2048, 4096)
THREADS = (1, 2)
PHOTOS = (1, 3, 8)
USUAL_SIZE = 1024
LARGE_PHOTO_PIXELS = 12e6
KERNEL_SIZES = (256, 512, 1024)
TWIN_SIZE = 512
"""The plain rasteriser takes seconds whatever the size of the picture, so one size is enough."""
MEASURED = ("core", "benchmarks/speed/worker.py", "benchmarks/speed/kernels.py", "benchmarks/speed/rasterize_twin.py")


@dataclass(frozen=True)
class Case:
    """One reconstruction that is timed.

    Attributes:
        series: names of the comparisons that it belongs to.
        photos: of the reconstruction.
        photo_kind: "demo", "12 MP", "several" or the photo's own name.
        size: of the maps, texels a side.
        threads: CPU threads.
    """

    series: tuple[str, ...]
    photos: tuple[Path, ...]
    photo_kind: str
    size: int
    threads: int

    @property
    def name(self) -> str:
        return f"{self.photo_kind}, {len(self.photos)} photo(s), {self.size} maps, {self.threads} thread(s)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``python -m benchmarks speed``."""
    parser.add_argument("photo", type=Path, nargs="?", help="default: the demo's astronaut, which scikit-image carries")
    parser.add_argument("--out", type=Path, required=True, help="folder for speed.md, speed.json and the records")
    parser.add_argument("--quick", action="store_true", help="512 maps, one thread, one photo, small pictures")
    parser.add_argument("--size", type=int, nargs="+", help=f"map sizes; default {' '.join(map(str, SIZES))}")
    parser.add_argument("--threads", type=int, nargs="+", help=f"default {' '.join(map(str, THREADS))}")
    parser.add_argument("--photos", type=int, nargs="+", help=f"default {' '.join(map(str, PHOTOS))}")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")


def run(options: argparse.Namespace) -> int:
    """Measure every case that has no record yet; write the table."""
    sizes = options.size or ([512] if options.quick else list(SIZES))
    threads = options.threads or ([1] if options.quick else list(THREADS))
    counts = options.photos or ([1] if options.quick else list(PHOTOS))
    where = machine()
    store = RecordStore(options.out / "speed_records", {"machine": where, "code": code_version(*MEASURED)})
    with tempfile.TemporaryDirectory(prefix="relit-speed-") as folder:
        scratch = Path(folder)
        several = photos_of_people(options.shared)
        cases = plan(options.photo or demo_photo(scratch), sizes, threads, counts, several)
        notes = [f"No photos below {options.shared}: the series over photos is left out."] * (not several)
        if not options.quick:
            large = large_photo(options.photo or (largest(options.shared) or demo_photo(scratch)), scratch)
            cases.append(Case(("photo size",), (large,), "12 MP", _usual(sizes, USUAL_SIZE), max(threads)))
            notes.append(f"The 12-megapixel photo is {large.stem}.")
        tasks = [_reconstruction(case, scratch) for case in cases]
        tasks += [_kernels(size, count, device) for size, count, device in kernel_plan(options.quick, threads)]
        records = run_tasks(store, tasks, partial(print, file=sys.stderr, flush=True), "speed")
    write(options.out, where, notes, records)
    return 1 if any(record["failure"] for record in records) else 0


def plan(
    photo: Path, sizes: Sequence[int], threads: Sequence[int], counts: Sequence[int], several: Sequence[Path]
) -> list[Case]:
    """The cases, each once, with the series that it is part of."""
    kind = "demo" if photo.stem == "astronaut" else photo.stem
    size, most = _usual(sizes, USUAL_SIZE), max(threads)
    wanted = [("map size", (photo,), kind, one, most) for one in sizes]
    wanted += [("threads", (photo,), kind, size, count) for count in threads]
    if several and len(counts) > 1:
        wanted += [("photos", tuple(several[:count]), "several", size, most) for count in counts]
    merged: dict[tuple, list[str]] = {}
    for series, *rest in wanted:
        merged.setdefault(tuple(rest), []).append(series)
    # The smallest first, so that an interrupted run has most of the table.
    order = sorted(merged, key=lambda rest: (rest[2] * len(rest[0]), -rest[3]))
    return [Case(tuple(dict.fromkeys(merged[rest])), *rest) for rest in order]


def kernel_plan(quick: bool, threads: Sequence[int]) -> list[tuple[int, int, str]]:
    """(picture size, threads, device) of the measurements of the renderer."""
    import torch

    if quick:
        return [(64, 1, "cpu")]
    most = max(threads)
    cases = [(size, most, "cpu") for size in KERNEL_SIZES]
    cases += [(TWIN_SIZE, count, "cpu") for count in threads if count != most]
    if torch.cuda.is_available():
        cases += [(size, most, "cuda") for size in KERNEL_SIZES]
    return cases


def _usual(sizes: Sequence[int], usual: int) -> int:
    return usual if usual in sizes else min(sizes)


def demo_photo(folder: Path) -> Path:
    """Write the demo's photo (NASA's portrait of Eileen Collins, from scikit-image) to ``folder``."""
    from PIL import Image
    from skimage import data

    path = folder / "astronaut.png"
    Image.fromarray(data.astronaut()).save(path)
    return path


def photos_of_people(shared: Path) -> list[Path]:
    """Eight photos of usual faces. That they show two people changes nothing about their cost."""
    folders = [shared / "photos" / name for name in ("lisa", "zoom")]
    return [path for folder in folders for path in sorted(folder.glob("*.jpg"))]


def largest(shared: Path) -> Path | None:
    """The largest portrait there is, by its file."""
    photos = (shared / "photos" / "canada").glob("*.jpg")
    return max(photos, key=lambda path: (path.stat().st_size, path.name), default=None)


def large_photo(photo: Path, folder: Path) -> Path:
    """Write the photo enlarged to 12 megapixels; its name tells from what."""
    from PIL import Image

    with Image.open(photo) as file:
        image = file.convert("RGB")
    factor = math.sqrt(LARGE_PHOTO_PIXELS / (image.width * image.height))
    size = (round(image.width * factor), round(image.height * factor))
    name = f"{photo.stem} ({image.width} x {image.height}) enlarged to {size[0]} x {size[1]}"
    path = folder / f"{name}.jpg"
    image.resize(size, Image.Resampling.BICUBIC).save(path, quality=92)
    return path


def _reconstruction(case: Case, scratch: Path) -> Task:
    about = {"series": list(case.series), "photos": len(case.photos), "size": case.size, "threads": case.threads}
    return Task(case.name, "reconstruction", partial(measure, case, scratch), about=about | {"photo": case.photo_kind})


def _kernels(size: int, threads: int, device: str) -> Task:
    name = f"{size} px, {threads} thread(s), {device}"
    return Task(name, "renderer", partial(measure_kernels, size, threads, device), about={"device": device})


def measure(case: Case, scratch: Path) -> dict[str, Any]:
    """Run one worker and time it from its start; it reports its own peak memory and its warm runs."""
    head, report = scratch / "head", scratch / "report.json"
    report.unlink(missing_ok=True)
    settings = {"map_size": case.size, "threads": case.threads, "device": "cpu"}
    request = {"kind": "reconstruct", "job": "speed", "photos": [str(photo.resolve()) for photo in case.photos]}
    request |= {"out": str(head), "settings": settings}
    command = [sys.executable, "-m", "benchmarks.speed.worker", str(report)]
    if "threads" in case.series:
        command.append("--profile")
    load = _load()
    with (scratch / "worker.log").open("w+", encoding="utf-8") as log:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(case.threads),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()  # and not closed: that would cancel
        heard: dict[str, float] = {}
        message: dict[str, Any] = {}
        for line in process.stdout:
            message, now = json.loads(line), time.perf_counter() - start
            heard.setdefault("preview" if message.get("preview") else message["kind"], now)
        status = process.wait()
        process.stdin.close()
        log.seek(0)
        if status or not report.is_file():
            raise RuntimeError(f"the worker ended with {status}: {message}\n{log.read()[-2000:]}")
    found = json.loads(report.read_text(encoding="utf-8"))
    found["cold"] |= {
        "seconds": heard["finished"],
        "first_word": heard["ready"],
        "first_preview": heard["preview"],
    }
    return {**found, "before": {"load": load}}


def measure_kernels(size: int, threads: int, device: str) -> dict[str, Any]:
    """Measure the renderer in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="relit-speed-") as folder:
        report = Path(folder) / "kernels.json"
        command = [sys.executable, "-m", "benchmarks.speed.kernels", str(report), "--size", str(size)]
        command += ["--threads", str(threads), "--device", device]
        if size != TWIN_SIZE and size >= KERNEL_SIZES[0]:
            command.append("--no-twin")
        load = _load()
        subprocess.run(command, cwd=ROOT, env=_environment(threads), check=True, capture_output=True)
        return {"kernels": json.loads(report.read_text(encoding="utf-8")), "before": {"load": load}}


def _environment(threads: int) -> dict[str, str]:
    """As the worker's, but for a limit on threads that the shell may have set for other work."""
    return {**os.environ, "OMP_NUM_THREADS": str(threads)}


def _load(seconds: float = 1.0) -> float | None:
    """How many processors others keep busy just now (Linux; None elsewhere).

    Not the system's load average: that remembers the case before.
    """
    statistics = Path("/proc/stat")
    if not statistics.is_file():
        return None

    def ticks() -> tuple[int, int]:
        user, nice, system, idle, waiting, *rest = map(int, statistics.read_text().splitlines()[0].split()[1:8])
        return user + nice + system + sum(rest), idle + waiting

    busy, idle = ticks()
    time.sleep(seconds)
    busy_now, idle_now = ticks()
    share = (busy_now - busy) / max(busy_now - busy + idle_now - idle, 1)
    return share * (os.cpu_count() or 1)


def write(out: Path, where: str, notes: Sequence[str], records: list[dict[str, Any]]) -> None:
    """Write ``speed.md`` and ``speed.json``, and print the table."""
    out.mkdir(parents=True, exist_ok=True)
    table = as_markdown(where, notes, records)
    (out / "speed.md").write_text(table, encoding="utf-8")
    data = {"machine": where, "notes": list(notes), "records": records}
    (out / "speed.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(table)


def machine() -> str:
    """Return the processor, the system and the versions that the figures hold for."""
    import torch

    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*:\s*(.+)", info.read_text())):
        name = found.group(1)
    graphics = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA device"
    system = f"{platform.system()} {platform.machine()}"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{name}, {cores} CPU threads, {graphics}, {system}, {versions}"
