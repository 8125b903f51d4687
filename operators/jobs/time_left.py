"""How long a job will still take, told from how far it is and how fast this machine has been. No ``bpy`` here."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

TRUST = 0.2
"""At the start, the expected duration counts like so large a share of the job that took as long as expected."""
LEAST_KNOWN = 0.02
"""Share of a job, expected ones included, from which on anything is said."""
SMOOTHING = 2.0
"""Seconds in which a new estimate replaces the old one."""
LEAST_PACE, MOST_PACE = 0.1, 20.0


class Clock:
    """The time that a running job still needs.

    Args:
        expected: Seconds that the whole job is expected to take; 0 when nobody knows.
        now: The time in seconds.
    """

    def __init__(self, expected: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self._expected, self._now = expected, now
        self._started = self._heard = self._told = now()
        self._fraction = 0.0
        self._left: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self._started

    def progress(self, fraction: float) -> None:
        """So much of the job is done by now."""
        self._fraction, self._heard = fraction, self._now()

    def left(self) -> float | None:
        """Return the seconds that are left, smoothed; None while nobody can know."""
        trust = TRUST * (1 - self._fraction) ** 2 if self._expected else 0.0
        known = self._fraction + trust
        if known < LEAST_KNOWN:
            return None
        now = self._now()
        share = (1 - self._fraction) / known
        remaining = share * (self._heard - self._started + trust * self._expected)
        silent = now - self._heard
        # A stage that takes longer than all that should be left says that the others may, too.
        least = 0.5 * (remaining + min(share, 1.0) * max(0.0, silent - remaining))
        if self._left is None:
            self._left, self._told = remaining, now
        passed, self._told = now - self._told, now
        target = max(remaining - silent, least)
        self._left -= passed
        self._left = max(least, self._left + (target - self._left) * (1 - math.exp(-passed / SMOOTHING)))
        return self._left


def in_words(seconds: float, translate: Callable[[str], str] = str) -> str:
    """Return a duration as roughly as it is known."""
    if seconds >= 5400:
        return translate("about {} h").format(round(seconds / 3600, 1))
    if seconds >= 90:
        return translate("about {} min").format(round(seconds / 60))
    if seconds >= 7.5:
        step = 10 if seconds >= 25 else 5
        return translate("about {} s").format(step * round(seconds / step))
    return translate("a few seconds")


class Pace:
    """How many times longer than on the reference machine things take here; remembered in a file.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.value, self._known = 1.0, False
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            self.value = self._within(float(json.loads(path.read_text(encoding="utf-8"))["pace"]))
            self._known = True

    def learn(self, expected: float, took: float) -> None:
        """A job that was expected to take so many seconds on the reference machine took so many here."""
        if expected > 0 and took > 0:
            now = self._within(took / expected)
            self.value, self._known = math.sqrt(self.value * now) if self._known else now, True
            with contextlib.suppress(OSError):
                self._path.write_text(json.dumps({"pace": round(self.value, 3)}), encoding="utf-8")

    @staticmethod
    def _within(value: float) -> float:
        return min(max(value, LEAST_PACE), MOST_PACE)
