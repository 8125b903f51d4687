"""Where the worker's Python is, and what to say when it is missing."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from pathlib import Path

import bpy

from .job import EXTENSION_ROOT

EXTENSION = __package__.removesuffix(".operators.jobs")
HEADS_BESIDE = "relit_heads"
"""Folder beside a saved .blend file where its new heads go."""
MARKER = "relit_environment.json"  # vendor_install.py keeps it in every environment of ours


def preferences() -> bpy.types.AddonPreferences:
    """Return the add-on's preferences."""
    return bpy.context.preferences.addons[EXTENSION].preferences


def environment_folder() -> Path:
    """Return the folder of the worker's environment, whether it exists or not."""
    chosen = preferences().environment
    if chosen:
        return Path(bpy.path.abspath(chosen))
    return Path(bpy.utils.extension_path_user(EXTENSION, path="worker"))


def python_of(environment: Path) -> Path:
    """Return where the Python of a virtual environment lies."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def worker_python() -> Path | None:
    """Return the Python that runs the worker, or None where it is missing, half installed or out of date."""
    chosen = preferences().python
    if chosen:
        python = Path(bpy.path.abspath(chosen))
        return python if python.is_file() else None
    environment = environment_folder()
    python = python_of(environment)
    return python if python.is_file() and _state(environment) == "ready" else None


def missing_worker_sentences() -> tuple[str, str]:
    """Return why there is no worker, and what to do about it; call only where there is none."""
    chosen = preferences().python
    if chosen:
        return f"There is no Python at {chosen}.", "Choose another one in the preferences, or clear the field."
    if _state(environment_folder()) == "outdated":
        return (
            "The part of Relit that computes is of another version.",
            "Click Install: only what changed is downloaded.",
        )
    return (
        "The part of Relit that computes is not installed yet.",
        "Click Install, once: it takes a few minutes.",
    )


def log_folder() -> Path:
    """Return the folder of the worker's log files."""
    return Path(bpy.utils.extension_path_user(EXTENSION, path="logs", create=True))


def heads_folder() -> Path:
    """Return where new heads go: beside the .blend file, or in the artist's folder for heads."""
    if bpy.data.filepath:
        return Path(bpy.data.filepath).parent / HEADS_BESIDE
    chosen = preferences().heads
    return Path(bpy.path.abspath(chosen)) if chosen else Path.home() / "Relit"


def _state(environment: Path) -> str:
    """Return ``"ready"``, ``"outdated"`` or ``"missing"``, by the marker that the installer keeps."""
    try:
        marker = json.loads((environment / MARKER).read_text(encoding="utf-8"))
        if marker["complete"] is not True:
            return "missing"
        return "ready" if marker["installed"]["worker"] == _wanted() else "outdated"
    except (OSError, ValueError, KeyError, TypeError):
        return "missing"


@functools.cache
def _wanted() -> str:
    """Return the hash by which the installer knows the libraries that this version needs."""
    return hashlib.sha256((EXTENSION_ROOT / "requirements" / "worker.txt").read_bytes()).hexdigest()
