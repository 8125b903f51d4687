"""A folder of people: one head each, with a report. Runs again where it was stopped.

Every sub-folder holds the photos of one person; a photo that lies beside them is a person of its own. What one person's
photos do wrong stands in the report and does not stop the others. Standard library only until a head is made, so that
Blender can ask who is there and read the report.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .batch_report import DONE, FAILED, KEPT, Outcome, write_report
from .durations import expected_seconds
from .errors import Cancelled, FitError, as_fit_error
from .head import ARRAYS_FILE, FIT_FILE, PREVIEW_FILE
from .settings import FitSettings

PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp")
RECORD_FILE = "batch.json"
"""In a head folder: which photos and settings a finished head of a batch was made from."""
LEAST_SPACE = 100e6
"""Bytes below which nothing more is begun: the heads after it would all fail the same way."""


@dataclass(frozen=True)
class Person:
    """Somebody to make a head of.

    Attributes:
        name: of the folder or photo; also the head folder's, and nobody else's in this batch.
        photos: of this person.
    """

    name: str
    photos: tuple[Path, ...]


def people(folder: Path, out: Path | None = None) -> list[Person]:
    """Return who is in a folder, by name.

    Args:
        folder: with sub-folders and photos.
        out: a folder in it that is left out.

    Raises:
        FitError: there is no such folder, or nobody in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FitError(f"There is no folder {folder}.", "Name a folder with one sub-folder or photo for each person.")
    found = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name.lower()):
        if path.name.startswith(".") or (out is not None and path.resolve() == Path(out).resolve()):
            continue
        if path.is_dir() and not (path / ARRAYS_FILE).is_file():
            photos = tuple(sorted(photo for photo in path.iterdir() if _is_photo(photo)))
            if photos:
                found.append(Person(path.name, photos))
        elif _is_photo(path):
            found.append(Person(path.stem, (path,)))
    if not found:
        raise FitError(
            f"There is no photo in {folder} nor in its sub-folders.",
            f"Put photos there ({', '.join(suffix[1:] for suffix in PHOTO_SUFFIXES)}): one sub-folder for each person.",
        )
    taken: set[str] = set()
    return [replace(person, name=_free_name(person, taken)) for person in found]


def seconds_of_all(everybody: Sequence[Person], settings: FitSettings) -> float:
    """Return the seconds that all of them take on the machine of `durations`."""
    return sum(expected_seconds(settings, len(person.photos)) for person in everybody)


def make_heads(
    folder: Path,
    out: Path,
    settings: FitSettings,
    report: Callable[..., None],
    begin: Callable[[Path | None], None] = lambda head: None,
) -> list[Outcome]:
    """Make a head of everybody in a folder; heads of the same photos and settings that are there are kept.

    Args:
        folder: see `people`.
        out: gets a head folder for each person and the report, which is written again after each.
        settings: of every head.
        report: called with (stage, fraction of everything, preview or None); raises `Cancelled`.
        begin: called with each head folder before it is begun, and with None after it.

    Raises:
        FitError: nobody is there, or nothing can be written.
        Cancelled: from ``report``; what is finished stays.
    """
    everybody = people(folder, out)
    shares = [expected_seconds(settings, len(person.photos)) for person in everybody]
    outcomes: list[Outcome] = []
    for number, person in enumerate(everybody):
        require_space(out)
        done, share = sum(shares[:number]) / sum(shares), shares[number] / sum(shares)
        where = f"{person.name} ({number + 1} of {len(everybody)})"

        def tell(stage: str, fraction: float, preview: Path | None = None, where=where, done=done, share=share) -> None:
            report(f"{where}: {stage}", done + share * fraction, preview)

        tell("Looking at the photos", 0.0)
        begin(out / person.name)
        outcomes.append(_head_of(person, out / person.name, settings, tell))
        begin(None)
        write_report(out, outcomes, len(everybody))
    return outcomes


def require_space(out: Path) -> None:
    """Make the folder for heads.

    Raises:
        FitError: nothing can be written there, or not much.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise FitError(
            f"Heads cannot be written in {out}: {error.strerror or error}.", "Choose a folder that you may write to."
        ) from error
    if free < LEAST_SPACE:
        raise FitError(
            f"The disk of {out} has {free / 1e6:.0f} MB left.", "Free some space, then run the same batch again."
        )


def _head_of(person: Person, head: Path, settings: FitSettings, report: Callable[..., None]) -> Outcome:
    outcome = Outcome(person.name, KEPT, head=head.name, photos=len(person.photos))
    started = time.perf_counter()
    try:
        record = _record(person, settings)
        if _read(head / RECORD_FILE) != record or not (head / PREVIEW_FILE).is_file():
            # Only here: torch takes seconds to import, and all heads may be there already.
            from .pipeline import fit_head

            fit_head(person.photos, head, settings, report)
            (head / RECORD_FILE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            outcome = replace(outcome, state=DONE, seconds=round(time.perf_counter() - started, 1))
        notes = (_read(head / FIT_FILE) or {}).get("warnings", ())
        return replace(outcome, notes=tuple(str(note) for note in notes))
    except (Cancelled, ImportError):  # without its libraries nobody gets a head
        raise
    except Exception as error:
        if not isinstance(error, FitError):
            traceback.print_exc(file=sys.stderr)
        failure = as_fit_error(error)
        return replace(outcome, state=FAILED, head="", message=failure.message, hint=failure.hint)


def _record(person: Person, settings: FitSettings) -> dict:
    """Return what a head depends on: not on how fast it was made."""
    chosen = {name: value for name, value in settings.to_dict().items() if name not in ("threads", "device")}
    try:
        photos = {photo.name: hashlib.sha256(photo.read_bytes()).hexdigest() for photo in person.photos}
    except OSError as error:
        raise FitError(
            f"{error.filename} cannot be read: {error.strerror}.", "Give yourself permission to read it."
        ) from error
    return {"settings": chosen, "photos": photos}


def _read(path: Path) -> dict | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _is_photo(path: Path) -> bool:
    return path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _free_name(person: Person, taken: set[str]) -> str:
    """Return a name that no one else has, on systems too that do not tell capitals from small letters."""
    names = [person.name, f"{person.name}_{person.photos[0].suffix[1:].lower()}"]
    names += [f"{person.name}_{number}" for number in range(2, 3 + len(taken))]
    name = next(name for name in names if os.path.normcase(name).lower() not in taken)
    taken.add(os.path.normcase(name).lower())
    return name
