"""Results that survive an interrupt: one JSON file per item and method, and the loop that fills them in.

A record is kept under a digest of all that it depends on: the method's settings, the version of the data and a
digest of the source code that made it. When any of these changes, the old record is not found and is made again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.errors import FitError

ROOT = Path(__file__).resolve().parents[2]
CODE_SUFFIXES = (".py", ".npz")
_DIGEST_LENGTH = 12
_NAME_LENGTH = 60


@dataclass(frozen=True)
class Task:
    """One item for one method.

    Attributes:
        item: name of the item (a photo).
        method: name of the method.
        measure: makes the record's figures (numbers) and notes (other JSON values), by name; it may raise `FitError`
            for a plain refusal.
        settings: all that the result depends on beside the item, as JSON values.
        about: what the record says of the item: ``head`` (whose), groups, ... as JSON values.
    """

    item: str
    method: str
    measure: Callable[[], Mapping[str, Any]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


class RecordStore:
    """A folder of records.

    Args:
        folder: where they lie; made when the first is written.
        version: what all records depend on, as JSON values: the data's version, `code_version` of what is measured.
    """

    def __init__(self, folder: Path, version: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self.version = dict(version)

    def path(self, task: Task) -> Path:
        """The file of a task's record."""
        text = json.dumps([task.item, task.method, dict(task.settings), self.version], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
        return self.folder / _file_name(task.method) / f"{_file_name(task.item)}-{digest}.json"

    def load(self, task: Task) -> dict[str, Any] | None:
        """The record of a task, None where there is none (or a damaged one)."""
        try:
            record = json.loads(self.path(task).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def save(self, task: Task, record: Mapping[str, Any]) -> None:
        """Write the record of a task; it appears whole or not at all."""
        path = self.path(task)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}")
        part.write_text(json.dumps(_plain(record), indent=1, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(part, path)


def run_tasks(
    store: RecordStore, tasks: Sequence[Task], say: Callable[[str], None] = print, title: str = ""
) -> list[dict[str, Any]]:
    """Return the record of every task, in order; those that are not in the store are measured first.

    A record holds ``item``, ``method``, ``about``, ``figures`` (numbers), ``notes`` (what else the task returned),
    ``failure`` (None, or why there is no result), ``crash`` (whether the failure is an error of ours and no refusal)
    and ``seconds``. Crashes are not stored, so that the next run tries again.
    """
    records: list[dict[str, Any]] = []
    progress = Progress(len(tasks), title, say)
    for task in tasks:
        record = store.load(task)
        fresh = record is None
        if record is None:
            record = _measured(task)
            if not record["crash"]:
                store.save(task, record)
        records.append(record)
        progress.step(f"{task.method} {task.item}" + (f": {record['failure']}" if record["failure"] else ""), fresh)
    return records


class Progress:
    """Lines with a count and the time that is left, from the mean time of what was not already there."""

    def __init__(self, total: int, title: str = "", say: Callable[[str], None] = print) -> None:
        self._total, self._title, self._say = total, title, say
        self._done, self._fresh, self._start = 0, 0, time.monotonic()
        self._last = self._start
        self._spent = 0.0

    def step(self, what: str, fresh: bool = True) -> None:
        """One more is done; ``fresh`` unless it was there from an earlier run."""
        now = time.monotonic()
        self._done += 1
        if fresh:
            self._fresh += 1
            self._spent += now - self._last
        self._last = now
        if not fresh:
            return
        left = (self._total - self._done) * self._spent / self._fresh
        head = f"{self._title} " if self._title else ""
        self._say(f"{head}[{self._done}/{self._total}] {what} ({_duration(left)} left)")


def code_version(*places: str | Path) -> str:
    """A digest of the source files and arrays under files and folders of the checkout.

    Args:
        places: relative to the repository's root, such as ``"core"`` or ``"benchmarks/metrics"``.
    """
    return _code_version(tuple(str(place) for place in places))


@lru_cache(maxsize=16)
def _code_version(places: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for place in places:
        path = ROOT / place
        if not path.exists():
            raise SystemExit(f"There is no {place} in the checkout, so no version can be told.")
        for file in sorted(_code_files(path)):
            digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:_DIGEST_LENGTH]


def _code_files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    return (file for file in path.rglob("*") if file.suffix in CODE_SUFFIXES and file.is_file())


def _measured(task: Task) -> dict[str, Any]:
    record: dict[str, Any] = {
        "item": task.item,
        "method": task.method,
        "about": dict(task.about),
        "figures": {},
        "notes": {},
        "failure": None,
        "crash": False,
    }
    start = time.monotonic()
    try:
        for name, value in _plain(task.measure()).items():
            record["figures" if value is None or isinstance(value, (int, float)) else "notes"][name] = value
    except FitError as error:
        record["failure"] = str(error)
    except Exception as error:
        # One item must not end the run; the table counts it.
        record |= {"failure": f"{type(error).__name__}: {error}", "crash": True, "log": traceback.format_exc()}
    record["seconds"] = time.monotonic() - start
    return _plain(record)


def _plain(value: Any) -> Any:
    """JSON values: numbers that JSON does not know become None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _file_name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:_NAME_LENGTH] or "item"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
