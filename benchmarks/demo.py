"""The demo: a portrait becomes a head, the head is relit in Blender, and one picture shows it all.

Run by ``python3 vendor_install.py demo``, in the worker's environment with scikit-image on top, which
carries the portrait: Eileen Collins, NASA, public domain.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.errors import FitError
from core.head import Head, read_head
from core.mapfiles import read_png
from core.preview import crop
from core.render.relight import render_clay, render_photo

ROOT = Path(__file__).resolve().parents[1]
PANEL = 480
CAPTION = 34
RENDER_SIZE = 640
SAMPLES = 32


def main() -> int:
    """Make everything, say where it is and how long each stage took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument("--blender", type=Path, required=True, help="a Python that has the bpy module")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}

    photo = _timed(seconds, "Writing the portrait", lambda: write_portrait(out / "astronaut.png"))
    reconstruct = [sys.executable, "-s", "-m", "core", "reconstruct", photo, "--out", out / "head"]
    _timed(seconds, "Reconstructing the head", lambda: _run(reconstruct))
    script = [options.blender, "-P", ROOT / "benchmarks" / "demo_blender.py"]
    blender = [*script, out / "head", out, RENDER_SIZE, SAMPLES]
    log = out / "blender.log"
    _timed(seconds, "Building head.blend and relighting it in Cycles", lambda: _run(blender, log))
    _timed(seconds, "Laying out demo.png", lambda: lay_out(read_head(out / "head"), out))

    print("\nThe demo is done:")
    for name, what in (
        ("demo.png", "the picture to look at first"),
        ("head.blend", "the head in Blender, with a camera that matches the photo"),
        ("head", "the head folder: mesh, maps, cameras, light"),
        ("astronaut.png", "the portrait it was made from"),
    ):
        print(f"  {out / name!s:<50} {what}")
    for stage, spent in seconds.items():
        print(f"  {spent:6.1f} s  {stage}")
    return 0


def write_portrait(path: Path) -> Path:
    """Write the portrait that scikit-image carries."""
    from skimage.data import astronaut

    Image.fromarray(astronaut()).save(path)
    return path


def lay_out(head: Head, out: Path) -> Path:
    """Write ``out/demo.png``: photo, re-render, two lights, clay from two sides, three maps."""
    window = window_of(head)
    photo = np.asarray(Image.open(head.photos[0]).convert("RGB"))
    again = render_photo(head, 0)
    panels = [
        ("photo", Image.fromarray(crop(photo, window, PANEL))),
        (
            "rendered again: its camera, its light",
            Image.fromarray(crop(again, window, PANEL)),
        ),
        ("relit in Cycles: window", Image.open(out / "relit_window.png")),
        ("relit in Cycles: evening, without the smile", Image.open(out / "relit_evening.png")),
        ("shape, front", Image.fromarray(render_clay(head, "front", PANEL))),
        ("shape, side", Image.fromarray(render_clay(head, "side", PANEL))),
        ("diffuse albedo", Image.open(head.maps["diffuse_albedo"])),
        ("specular albedo", _as_picture(read_png(head.maps["specular_albedo"]))),
        ("normals", _as_picture(read_png(head.maps["normal"]))),
    ]
    return contact_sheet(panels, 3, out / "demo.png")


def contact_sheet(panels: Sequence[tuple[str, Image.Image]], columns: int, path: Path) -> Path:
    """Write captioned pictures as one PNG, row by row."""
    rows = -(-len(panels) // columns)
    sheet = Image.new("RGB", (columns * PANEL, rows * (PANEL + CAPTION)), (24, 24, 26))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    for index, (caption, picture) in enumerate(panels):
        left, top = index % columns * PANEL, index // columns * (PANEL + CAPTION)
        sheet.paste(picture.convert("RGB").resize((PANEL, PANEL), Image.Resampling.LANCZOS), (left, top))
        draw.text((left + 8, top + PANEL + 5), caption, fill=(220, 220, 220), font=font)
    sheet.save(path)
    return path


def _as_picture(values: np.ndarray) -> Image.Image:
    return Image.fromarray((values * 255).round().astype(np.uint8))


def window_of(head: Head) -> tuple[int, int, int]:
    """Return the square around the head in its photo as (left, top, side)."""
    camera = head.camera_from_world[0]
    seen = head.posed_vertices(0)[head.regions["face"]] @ camera[:3, :3].T + camera[:3, 3]
    pixels = head.focal_px[0] * seen[:, :2] / seen[:, 2:] + head.principal_px[0]
    low, high = pixels.min(0), pixels.max(0)
    side = int((high - low).max() * 1.7)
    left, top = (int(value) for value in (low + high) / 2 - side / 2)
    return left, top, side


def _timed(seconds: dict[str, float], stage: str, work):
    print(f"{stage} ...", flush=True)
    started = time.perf_counter()
    result = work()
    seconds[stage] = time.perf_counter() - started
    return result


def _run(command: Sequence[object], log: Path | None = None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open(log or os.devnull, "wb") as stream:
        output = stream if log else None
        status = subprocess.run(
            [str(part) for part in command], env=environment, cwd=ROOT, stdout=output, stderr=output
        ).returncode
    if status:
        raise FitError(
            f"The demo stopped: {Path(str(command[0])).name} ended with status {status}.",
            f"Read {log}." if log else "Read the lines above.",
        )


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except FitError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)
        raise SystemExit(2) from error
