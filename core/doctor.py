"""What is installed, which device a fit would use, and what is missing.

``python -m core.doctor FILE`` writes it to a file, and one JSON line for Blender.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .weights import WEIGHTS, available, weights_directory

PACKAGES = ("torch", "numpy", "scipy", "opencv-python-headless", "OpenEXR", "pillow", "ai-edge-litert", "jaxtyping")
LEAST_SPACE = 200e6
"""Bytes: enough for a few heads."""
MODEL_FILE = Path(__file__).parent / "data" / "shape_model.npz"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        good: False when a fit cannot run like this.
        text: What was found.
        hint: What to do about it; empty when nothing needs doing.
    """

    good: bool
    text: str
    hint: str = ""


def findings() -> Iterator[Finding]:
    """Yield what was found, one thing after the other."""
    yield Finding(True, f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in PACKAGES:
        try:
            yield Finding(True, f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            yield Finding(False, f"{package} is not installed", "Install it with `vendor_install.py install`.")
    yield _device()
    yield _disk()
    yield Finding(MODEL_FILE.is_file(), f"shape model {MODEL_FILE.name}")
    for weight in WEIGHTS.values():
        if available(weight.name):
            yield Finding(True, f"weights {weight.name} ({weight.licence})")
        elif weight.optional:
            yield Finding(True, f"weights {weight.name} not installed", "Not needed for a first head.")
        else:
            yield Finding(False, f"weights {weight.name} in {weights_directory()}", "Run the install again.")


def _device() -> Finding:
    try:
        from .device import choose_device, describe

        usable = describe(choose_device("auto"))
        return Finding(True, f"a fit runs on the CPU unless CUDA is chosen; torch could use: {usable}")
    except ImportError as error:
        return Finding(False, f"torch cannot be imported: {error}", "Run the install again.")


def _disk() -> Finding:
    folder = weights_directory()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    hint = "" if free > LEAST_SPACE else "Free some disk space."
    return Finding(not hint, f"{free / 1e9:.1f} GB free for the worker", hint)


def in_lines() -> Iterator[str]:
    """Yield the findings as lines of text."""
    for finding in findings():
        yield f"{'ok     ' if finding.good else 'MISSING'} {finding.text}"
        if finding.hint:
            yield f"        {finding.hint}"


def main() -> int:
    """Write the findings to the file that is named."""
    out = Path(sys.argv[1])
    out.write_text("\n".join(in_lines()) + "\n", encoding="utf-8")
    print(json.dumps({"kind": "finished", "head": str(out)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
