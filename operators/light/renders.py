"""Renders in a Blender of its own: the artist goes on working, and no setting of theirs changes.

A copy of the file goes to a temporary folder and a second Blender renders it as ``render_script.py`` says. A module
object holds the state, for undo and file loads must not touch it; a timer that outlives file loads polls it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import FitError
from ..jobs.polling import redraw

INTERVAL = 0.25
SCRIPT = Path(__file__).with_name("render_script.py")
MARK = re.compile(r"^RELIT ([0-9.]+)\s*$", re.MULTILINE)
SAMPLE = re.compile(r"(?:Sample|Rendering) (\d+) ?/ ?(\d+)")
TAIL = 4000
"""Characters of the other Blender's words that are looked at."""


class Render:
    """At most one render at a time.

    Attributes:
        task: What is rendered, for the panels; empty when nothing is.
        fraction: How much of it is done, in [0, 1].
        problem: Why the last one failed, in a sentence; empty when it did not.
        out: Where the last finished one lies.
    """

    def __init__(self) -> None:
        self.task = self.problem = self.out = ""
        self.fraction = 0.0
        self._number = 0
        self._process: subprocess.Popen | None = None
        self._folder: Path | None = None
        self._done: Callable[[str], None] | None = None

    @property
    def active(self) -> bool:
        """Whether something is being rendered."""
        return self._process is not None

    def number(self) -> str:
        """Return a name for files that no other render of any Blender here has."""
        self._number += 1
        return f"{os.getpid()}-{self._number}"

    def start(self, context: bpy.types.Context, order: dict[str, Any], done: Callable[[str], None]) -> None:
        """Render the file as it is now.

        Args:
            context: Of the artist.
            order: What :mod:`.render_script` wants, without ``file`` and ``scene``; ``out`` is where it goes.
            done: Called with ``out`` when it is finished.

        Raises:
            FitError: A render is on, or the copy cannot be written.
        """
        if self.active:
            raise FitError("Something is being rendered.", "Wait for it or cancel it first.")
        self.problem, self.out, self.fraction = "", "", 0.0
        self._folder = Path(tempfile.mkdtemp(prefix="relit-render-"))
        try:
            copy = _save_copy(self._folder)
            order = {**order, "file": str(copy), "scene": context.scene.name}
            (self._folder / "order.json").write_text(json.dumps(order), encoding="utf-8")
            Path(order["out"]).parent.mkdir(parents=True, exist_ok=True)
            self._process = _spawn(self._folder)
        except (OSError, RuntimeError) as error:
            self.close()
            raise FitError(
                f"The render could not start: {error}.", "Free some space, or save the file first."
            ) from error
        self.task, self._done, self._order = order["task"], done, order
        if not bpy.app.timers.is_registered(_tick):
            bpy.app.timers.register(_tick, first_interval=INTERVAL, persistent=True)

    def pump(self) -> float | None:
        """Look at the other Blender once; return seconds until the next look, None when there is nothing more."""
        if self._process is None:
            return None
        words = self._words()
        self.fraction = max(self.fraction, fraction_of(words, self._order.get("frames", 1)))
        if self._process.poll() is None:
            return INTERVAL
        finished, out, done = self.fraction >= 1.0, self._order["out"], self._done
        self.close()
        if finished:
            self.out = out
            done(out)
        else:
            self.problem = f"The render stopped: {_last_error(words)}"
        return None

    def cancel(self) -> None:
        """End it at once; frames that are written stay."""
        self.close()

    def close(self) -> None:
        """End the other Blender and remove the copy."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._folder = self._done = None
        self.task = ""

    def _words(self) -> str:
        with contextlib.suppress(OSError):
            return (self._folder / "words.txt").read_bytes()[-TAIL:].decode("utf-8", errors="replace")
        return ""


render = Render()


def fraction_of(words: str, frames: int) -> float:
    """Return how much is done by the other Blender's last words: whole frames, and the samples of the next one."""
    whole = [float(mark) for mark in MARK.findall(words)]
    if whole and whole[-1] >= 1:
        return 1.0
    samples = SAMPLE.findall(words.rpartition("RELIT ")[2])
    part = int(samples[-1][0]) / max(int(samples[-1][1]), 1) if samples else 0.0
    return min((whole[-1] if whole else 0.0) + min(part, 1.0) / frames, 0.99)


def _save_copy(folder: Path) -> Path:
    """Write the file as it is now, painted pixels too, and return where."""
    for image in bpy.data.images:
        if image.is_dirty and image.packed_file is not None and image.library is None:
            image.pack()
    path = folder / "copy.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, relative_remap=True, check_existing=False)
    return path


def _spawn(folder: Path) -> subprocess.Popen:
    words = (str(SCRIPT), "--", str(folder / "order.json"))
    if bpy.app.binary_path:
        command = [bpy.app.binary_path, "--background", "--python-exit-code", "1", "--python", *words]
    else:  # Blender as a Python module
        command = [sys.executable, *words]
    with (folder / "words.txt").open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
        )


def _last_error(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip() and not line.startswith("RELIT")]
    errors = [line for line in lines if "Error" in line]
    return (errors or lines or ["Blender ended without a word"])[-1][:200].rstrip(".") + "."


def _tick() -> float | None:
    pause = render.pump()
    redraw()
    return pause


def register() -> None:
    """Nothing to do before the first render."""


def unregister() -> None:
    """End what runs, and the timer: one left at exit crashes or hangs Blender."""
    render.close()
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
