"""Progress of a reconstruction: which stage it is in, how long each took, and a picture of how far it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .mapfiles import encode_png


class Stages:
    """Tells the artist where the work is; remembers the seconds of each stage.

    Args:
        report: called with (stage, fraction, preview); raises `Cancelled` when the artist has cancelled.
        folder: where preview pictures are written.
    """

    def __init__(self, report: Callable[..., None], folder: Path) -> None:
        self._report = report
        self._preview_path = folder / "preview.png"
        self._preview: Path | None = None
        self._name = ""
        self._fraction = 0.0
        self._since = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def enter(self, name: str, fraction: float) -> None:
        """Begin a stage; ``fraction`` of the whole is done by now."""
        self._close()
        self._name, self._fraction = name, fraction
        self._report(name, fraction, self._preview)

    def progress(self, fraction: float) -> None:
        """Within a stage: ``fraction`` of the whole is done by now."""
        self._fraction = fraction
        self._report(self._name, fraction, self._preview)

    def steps(self, first: float, last: float, count: int) -> Callable[[int], None]:
        """What to call with the number of each of ``count`` steps, which lead from one fraction to another."""
        return lambda step: self.progress(first + (last - first) * step / max(count, 1))

    def show(self, picture: np.ndarray) -> None:
        """Show ``picture`` ([H,W,3] uint8 sRGB): the preview sharpens as the stages go on."""
        part = self._preview_path.with_suffix(".part")
        part.write_bytes(encode_png(picture.astype(np.float32) / 255))
        os.replace(part, self._preview_path)
        self._preview = self._preview_path
        self._report(self._name, self._fraction, self._preview)

    def finish(self) -> dict[str, float]:
        """End the last stage and return the seconds of all, by name, in order."""
        self._close()
        self._name = ""
        return self.seconds

    def _close(self) -> None:
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._since = now
