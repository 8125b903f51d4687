"""Makes everything in ``core/data`` again, in order: about ten minutes on two cores.

    python -m training --shared ../shared

Each step is a command of its own (``python -m training.shape_model`` and so on) and says where its data come
from; ``NOTICE.md`` names their licences.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the source data")
    shared = parser.parse_args().shared
    steps = (
        ("shape_model", "--scans", str(shared / "shapes" / "ict_facekit_light.npz")),
        ("landmark_calibration", "--shared", str(shared)),
        ("reflectance_dataset", "--shared", str(shared)),
        ("albedo_prior", "--shared", str(shared)),
    )
    for name, *options in steps:
        print(f"training.{name} ...", flush=True)
        subprocess.run([sys.executable, "-m", f"training.{name}", *options], check=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
