"""Makes everything in ``core/data`` again, in order: more than an hour on two cores.

    python -m training --shared ../shared

Each step is a command of its own (``python -m training.shape_model`` and so on) and says where its data come
from; ``NOTICE.md`` names their licences.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from core.reflectance.generator import GENERATOR_PATH
from training.albedo.coarse import CACHE
from training.dataset.items import VERSION

STEPS = 5000
"""Of the generator's training: half an hour of one core."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the source data")
    shared = parser.parse_args().shared
    data, generator = CACHE / f"reflectance-512-v{VERSION}", CACHE / "generator"
    _run("shape_model", "--scans", shared / "shapes" / "ict_facekit_light.npz")
    _run("landmark_calibration", "--shared", shared)
    _run("reflectance_dataset", "--shared", shared, "--again")
    _run("albedo_prior", "--shared", shared)
    shutil.rmtree(generator, ignore_errors=True)
    _run("train_generator", "--data", data, "--out", generator, "--minutes", 600, "--steps", STEPS, "--no-perceptual")
    shutil.copyfile(generator / "generator.safetensors", GENERATOR_PATH)
    _run("latent_directions", "--checkpoint", generator / "checkpoint.pt", "--data", data)
    _run("ageing")
    _run("tone_calibration", "--shared", shared, "--write")  # last, because it renders photographs in Blender
    return 0


def _run(name: str, *options: object) -> None:
    print(f"training.{name} ...", flush=True)
    subprocess.run([sys.executable, "-m", f"training.{name}", *map(str, options)], check=True)


if __name__ == "__main__":
    raise SystemExit(main())
