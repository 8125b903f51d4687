"""How alike EEVEE and Cycles show a head: mean CIEDE2000 over its pixels, for each light preset.

EEVEE needs OpenGL; without a screen it runs through EGL, on a CPU with a minute or two for each picture.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from .metrics.colour import ciede2000, lab_from_linear, linear_from_srgb
from .truth.dataset import bpy_python

LIGHTS = ("STUDIO", "WINDOW", "SUNSET", "RING", "ENVIRONMENT", "PHOTO")
SCENE = Path(__file__).with_name("engines_scene.py")


class Agreement(NamedTuple):
    """CIEDE2000 between two pictures of a head, and how much lighter the second is (CIE L*)."""

    mean: float
    median: float
    worst_5_percent: float
    lighter: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``python -m benchmarks eevee``."""
    parser.add_argument("head", type=Path, help="a head folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures and eevee.json")
    parser.add_argument("--lights", nargs="+", choices=LIGHTS, default=list(LIGHTS), help="default: all presets")
    parser.add_argument("--size", type=int, default=256, help="side of the pictures in pixels")
    parser.add_argument("--cycles-samples", type=int, default=64)
    parser.add_argument("--eevee-samples", type=int, default=16)
    parser.add_argument("--bpy", type=Path, help="a Python that has Blender's module; default: $RELIT_BPY")


def run(options: argparse.Namespace) -> int:
    """Render what is missing, print a table and write ``eevee.json``."""
    options.out.mkdir(parents=True, exist_ok=True)
    names = ("lights", "size", "cycles_samples", "eevee_samples")
    order = {name: getattr(options, name) for name in names}
    order |= {"head": str(options.head.resolve()), "out": str(options.out.resolve())}
    path = options.out / "order.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    subprocess.run([str(bpy_python(options.bpy)), "-P", str(SCENE), str(path)], check=True)
    found = {
        light: agreement(*(read(options.out / f"{light}_{engine}.png") for engine in ("cycles", "eevee")))
        for light in options.lights
    }
    print("| light | mean CIEDE2000 | median | 95 % below | EEVEE lighter, L* |\n|---|---|---|---|---|")
    for light, figures in found.items():
        print(f"| {light.lower()} | " + " | ".join(f"{value:.1f}" for value in figures) + " |")
    print(f"\nmean of all: {np.mean([figures.mean for figures in found.values()]):.2f}")
    record = {light: figures._asdict() for light, figures in found.items()}
    (options.out / "eevee.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def agreement(first: np.ndarray, second: np.ndarray) -> Agreement:
    """Compare two pictures [H, W, 4], sRGB in [0, 1], where both show the head alone."""
    inside = (first[..., 3] > 0.99) & (second[..., 3] > 0.99)
    labs = [lab_from_linear(linear_from_srgb(picture[inside][:, :3])) for picture in (first, second)]
    difference = ciede2000(*labs)
    lighter = float((labs[1] - labs[0])[:, 0].mean())
    return Agreement(
        float(difference.mean()), float(np.median(difference)), float(np.quantile(difference, 0.95)), lighter
    )


def read(path: Path) -> np.ndarray:
    """Read a picture [H, W, 4] in [0, 1]."""
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels[..., [2, 1, 0, 3]].astype(np.float32) / 255
