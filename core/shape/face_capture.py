"""A recorded face performance: the CSV of Epic's *Live Link Face*, and of what writes like it. Numpy only.

A row a sample: ``Timecode`` (``HH:MM:SS:FF.sub``, frames of the recorder), ``BlendShapeCount``, the 52 units of ARKit
with capital first letters, then yaw, pitch and roll of the head and of both eyes. The eyes' angles say the same as
``EyeLook...`` and are not read; rows without values, where no face was seen, are bridged.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import FitError
from .expressions import UNITS

HEAD = ("HeadYaw", "HeadPitch", "HeadRoll")
USUAL_RATES = (24, 25, 30, 60)
LARGEST_RADIANS = 2.0
"""Angles that go beyond are degrees: no head turns so far."""
_HINT = "Choose the CSV file of a take that Live Link Face recorded."


@dataclass(frozen=True, eq=False)
class Capture:
    """A performance, N samples.

    Attributes:
        seconds: [N] from the first sample, rising.
        units: name of a unit to its strengths [N] in [0, 1].
        head: [N, 3] yaw, pitch and roll of the head in radians, 0 where the file has none.
    """

    seconds: np.ndarray
    units: dict[str, np.ndarray]
    head: np.ndarray

    def resampled(self, rate: float) -> Capture:
        """The same at a steady rate in samples a second, by linear interpolation."""
        at = np.arange(int(np.floor(self.seconds[-1] * rate + 1e-6)) + 1) / rate
        units = {name: np.interp(at, self.seconds, values) for name, values in self.units.items()}
        head = np.stack([np.interp(at, self.seconds, angle) for angle in np.unwrap(self.head, axis=0).T], 1)
        return Capture(at, units, head)


def read_capture(path: Path) -> Capture:
    """Read a performance.

    Raises:
        FitError: The file is missing, is no such CSV, or a row of it cannot be read.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except OSError as error:
        raise FitError(f"{path} cannot be read: {error.strerror or error}.", _HINT) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FitError(f"{path.name} is no CSV file.", _HINT) from error
    header = [name.strip().lower() for name in rows[0]] if rows else []
    columns = {unit: header.index(unit.lower()) for unit in UNITS if unit.lower() in header}
    if "timecode" not in header or not columns:
        raise FitError(f"{path.name} is no face capture: it has no columns called Timecode and EyeBlinkLeft.", _HINT)
    if len(rows) < 2:
        raise FitError(f"{path.name} holds no samples.", _HINT)
    angles = [header.index(name.lower()) if name.lower() in header else None for name in HEAD]
    wanted = [*columns.values(), *(column for column in angles if column is not None)]
    samples = [(number, row) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row[2:])]
    if not samples:
        raise FitError(f"{path.name} holds no samples: the recorder saw no face.", _HINT)
    values = _numbers(path, samples, len(header), wanted)
    seconds = _seconds(path, [(number, row[header.index("timecode")]) for number, row in samples])
    head = np.zeros((len(seconds), 3))
    found = [number for number, column in enumerate(angles) if column is not None]
    head[:, found] = values[:, len(columns) :]
    if np.abs(head).max() > LARGEST_RADIANS:
        head = np.radians(head)
    order = np.concatenate([[True], np.diff(seconds) > 0])  # a recorder may write a sample twice
    units = {unit: np.clip(values[order, number], 0, 1) for number, unit in enumerate(columns)}
    return Capture(seconds[order], units, head[order])


def _numbers(path: Path, samples: list[tuple[int, list[str]]], width: int, columns: list[int]) -> np.ndarray:
    """Return columns [N, C] of numbered rows; an empty cell is 0."""
    values = np.zeros((len(samples), len(columns)))
    for place, (number, row) in enumerate(samples):
        try:
            if len(row) < width:
                raise ValueError("cut off")
            values[place] = [float(row[column] or 0) for column in columns]
        except ValueError as error:
            raise FitError(f"Row {number} of {path.name} is damaged.", "Export the take again.") from error
    if not np.isfinite(values).all():
        raise FitError(f"{path.name} holds values that are no numbers.", "Export the take again.")
    return values


def _seconds(path: Path, codes: list[tuple[int, str]]) -> np.ndarray:
    """Return the time [N] of each sample from the first one's, by its timecode."""
    clock, frames = [], []
    for number, code in codes:
        try:
            hours, minutes, seconds, frame = code.replace(";", ":").strip().split(":")
            clock.append(3600 * int(hours) + 60 * int(minutes) + int(seconds))
            frames.append(float(frame))
        except ValueError as error:
            raise FitError(
                f"Row {number} of {path.name} has no timecode like 10:02:33:14.", "Export the take again."
            ) from error
    times = np.array(clock, float) + np.array(frames) / _rate(clock, frames)
    times += 86400 * np.cumsum(np.diff(times, prepend=times[0]) < -43200)  # past midnight
    times -= times[0]
    return np.maximum.accumulate(times)


def _rate(clock: list[int], frames: list[float]) -> float:
    """Return how many frames the recorder counts in a second: the usual rate that its highest frame fits in.

    Where seconds are whole, a rate nobody uses counts too.
    """
    samples = Counter(clock)
    whole = [count for second, count in samples.items() if second not in (clock[0], clock[-1])]
    highest = int(max(frames)) + 1
    if whole and abs(max(whole) - highest) <= 1:
        return float(highest)
    return float(next((rate for rate in USUAL_RATES if rate >= highest), highest))
