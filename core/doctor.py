"""What is installed, which device a fit would use, and what is missing."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from .weights import WEIGHTS, available, weights_directory

PACKAGES = ("torch", "numpy", "scipy", "opencv-python-headless", "OpenEXR", "pillow", "ai-edge-litert", "jaxtyping")
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
