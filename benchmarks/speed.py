"""Seconds and peak memory of whole reconstructions, each in a worker process of its own."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run(photo: Path | None, sizes: list[int], threads: list[int], out: Path | None) -> int:
    """Measure every combination and print a table; write it to ``out`` too when that is given."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="relit-speed-") as folder:
        photo = photo or demo_photo(Path(folder))
        for size in sizes:
            for count in threads:
                rows.append(measure(photo, Path(folder) / f"head-{size}-{count}", size, count))
                print(
                    f"{size} px, {count} thread(s): {rows[-1]['seconds']:.1f} s", file=sys.stderr, flush=True
                )
    table = as_markdown(rows, machine())
    print(table)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "speed.md").write_text(table + "\n", encoding="utf-8")
        (out / "speed.json").write_text(
            json.dumps({"machine": machine(), "rows": rows}, indent=1), encoding="utf-8"
        )
    return 0


def demo_photo(folder: Path) -> Path:
    """Write the demo's photo (NASA's portrait of Eileen Collins, from scikit-image) to ``folder``."""
    from PIL import Image
    from skimage import data

    path = folder / "astronaut.png"
    Image.fromarray(data.astronaut()).save(path)
    return path


def measure(photo: Path, head: Path, size: int, threads: int) -> dict:
    """Run one worker and time it from its start; the peak memory is what the worker reports of itself."""
    request = {
        "kind": "reconstruct",
        "job": "speed",
        "photos": [str(photo)],
        "out": str(head),
        "settings": {"map_size": size, "threads": threads, "device": "cpu"},
    }
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.measured_worker"],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    first_preview, messages = None, []
    for line in process.stdout:
        message = json.loads(line)
        messages.append(message)
        if message.get("preview") and first_preview is None:
            first_preview = time.perf_counter() - start
    seconds = time.perf_counter() - start
    errors = process.stderr.read()
    peak = re.search(r"peak memory: (\d+) MB", errors)
    if messages[-1]["kind"] != "finished" or not peak:
        raise RuntimeError(f"the worker did not finish: {messages[-1]}\n{errors[-2000:]}")
    stages = json.loads((head / "timings.json").read_text(encoding="utf-8"))
    return {
        "size": size,
        "threads": threads,
        "seconds": seconds,
        "first_preview": first_preview,
        "peak_mb": int(peak.group(1)),
        "stages": stages,
    }


def machine() -> str:
    """Return the processor, the system and the versions that the figures hold for."""
    import torch

    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        name = re.search(r"model name\s*:\s*(.+)", info.read_text()).group(1)
    system = f"{platform.system()} {platform.machine()}"
    return f"{name}, {system}, Python {platform.python_version()}, torch {torch.__version__}"


def as_markdown(rows: list[dict], where: str) -> str:
    """Lay the measurements out, one column a run."""
    stages = list(rows[0]["stages"])
    lines = [
        f"Machine: {where}",
        "",
        "| | " + " | ".join(f"{r['size']} px, {r['threads']} thr." for r in rows) + " |",
        "|---|" + "---|" * len(rows),
    ]
    for label, key, form in (
        ("whole run, cold start, s", "seconds", "{:.1f}"),
        ("first preview, s", "first_preview", "{:.1f}"),
        ("peak memory, MB", "peak_mb", "{}"),
    ):
        lines.append(f"| {label} | " + " | ".join(form.format(row[key]) for row in rows) + " |")
    for stage in stages:
        lines.append(
            f"| {stage}, s | " + " | ".join(f"{row['stages'].get(stage, 0):.2f}" for row in rows) + " |"
        )
    return "\n".join(lines)
