"""Progress of a reconstruction: which stage it is in, how long each took, and a picture of how far it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .durations import Stage
from .mapfiles import encode_png


class Stages:
    """Tells the artist where the work is; remembers the seconds of each stage.

    Args:
        report: called with (stage, fraction, preview); raises `Cancelled` when the artist has cancelled.
        folder: where preview pictures are written.
        plan: the stages that will come, in order; a stage's share of the progress is its share of their seconds.
    """

    def __init__(self, report: Callable[..., None], folder: Path, plan: Sequence[Stage]) -> None:
        self._report = report
        self._preview_path = folder / "preview.png"
        self._preview: Path | None = None
        self._plan = tuple(plan)
        self._total = sum(stage.seconds for stage in plan)
        self._next = 0
        self._name = ""
        self._first = self._last = self._fraction = 0.0
        self._since = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def enter(self, name: str) -> None:
        """Begin the next stage of this name in the plan; those before it count as done."""
        self._close()
        while self._next < len(self._plan) and self._plan[self._next].name != name:
            self._next += 1
        self._next = min(self._next + 1, len(self._plan))
        self._name = name
        done = sum(stage.seconds for stage in self._plan[: self._next])
        self._first = (done - self._plan[self._next - 1].seconds) / self._total
        self._last = done / self._total
        self._tell(self._first)

    def steps(self, count: int) -> Callable[[int], None]:
        """What to call with the number of each of ``count`` steps, which make up this stage."""
        return lambda step: self._tell(self._first + (self._last - self._first) * min(1.0, step / max(count, 1)))

    def show(self, picture: np.ndarray) -> None:
        """Show ``picture`` ([H,W,3] uint8 sRGB): the preview sharpens as the stages go on."""
        part = self._preview_path.with_suffix(".part")
        part.write_bytes(encode_png(picture.astype(np.float32) / 255))
        os.replace(part, self._preview_path)
        self._preview = self._preview_path
        self._tell(self._fraction)

    def finish(self) -> dict[str, float]:
        """End the last stage and return the seconds of all, by name, in order.

        It is the last moment to cancel: what the caller does next, a rename, cannot be taken back.
        """
        self._tell(self._last)
        self._close()
        self._name = ""
        return self.seconds

    def _tell(self, fraction: float) -> None:
        self._fraction = fraction
        self._report(self._name, fraction, self._preview)

    def _close(self) -> None:
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._since = now
