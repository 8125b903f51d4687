"""What became of everybody in a batch: a table for spreadsheets and a page with pictures. Standard library only."""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import quote

from .errors import FitError
from .head import PREVIEW_FILE

DONE, KEPT, FAILED = "done", "kept", "failed"
TABLE = "report.csv"
PAGE = "report.html"
_STYLE = """body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em;
color:#222;background:#fafafa}
h1{font-size:1.3em} .people{display:grid;grid-template-columns:repeat(auto-fill,minmax(15em,1fr));gap:1em}
.person{background:#fff;border:1px solid #ddd;border-radius:8px;overflow:hidden} .person div{padding:.6em .8em}
img,.none{display:block;width:100%;aspect-ratio:1;object-fit:cover;background:#eee} .failed{border-color:#c33}
.failed b{color:#b22} small{color:#666} ul{margin:.3em 0 0;padding-left:1.1em;color:#666;font-size:.88em}"""


@dataclass(frozen=True)
class Outcome:
    """What became of one person.

    Attributes:
        name: the person's.
        state: :data:`DONE`, :data:`KEPT` (it was there already) or :data:`FAILED`.
        head: the head folder's name; empty after a failure.
        photos: how many there were.
        seconds: that it took; 0 when it was kept.
        message: why it failed, one sentence.
        hint: what to do about it.
        notes: what the photos left open.
    """

    name: str
    state: str
    head: str = ""
    photos: int = 0
    seconds: float = 0.0
    message: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()


def write_report(out: Path, outcomes: Sequence[Outcome], people: int) -> None:
    """Write both files, each in one rename.

    Args:
        out: the folder of the heads.
        outcomes: so far.
        people: how many there are in all.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([field.name for field in fields(Outcome)])
    for outcome in outcomes:
        writer.writerow([*(getattr(outcome, field.name) for field in fields(Outcome)[:-1]), "\n".join(outcome.notes)])
    _write(out / TABLE, "\ufeff" + table.getvalue())  # spreadsheets take it for another encoding without the mark
    _write(out / PAGE, _page(out, outcomes, people))


def read_report(out: Path) -> list[Outcome]:
    """Return what `write_report` wrote.

    Raises:
        FitError: there is no report, or it is damaged.
    """
    try:
        with (Path(out) / TABLE).open(encoding="utf-8-sig", newline="") as file:
            return [
                Outcome(
                    row["name"],
                    row["state"],
                    row["head"],
                    int(row["photos"]),
                    float(row["seconds"]),
                    row["message"],
                    row["hint"],
                    tuple(row["notes"].splitlines()),
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise FitError(f"There is no report of a batch in {out}.", "Choose the folder of a batch's heads.") from error


def in_words(outcomes: Sequence[Outcome]) -> str:
    """Return one sentence about everybody."""
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in (DONE, KEPT, FAILED)}
    parts = [f"{counts[DONE]} new head{'' if counts[DONE] == 1 else 's'}"]
    if counts[KEPT]:
        parts.append(f"{counts[KEPT]} there already")
    if counts[FAILED]:
        parts.append(f"{counts[FAILED]} failed")
    return f"{', '.join(parts)}."


def _page(out: Path, outcomes: Sequence[Outcome], people: int) -> str:
    waiting = f" {people - len(outcomes)} still to come." if people > len(outcomes) else ""
    cards = "\n".join(_card(out, outcome) for outcome in outcomes)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Relit: heads</title>'
        f"<style>{_STYLE}</style><h1>{html.escape(out.name)}</h1><p>{in_words(outcomes)}{waiting}</p>\n"
        f'<div class="people">\n{cards}\n</div></html>\n'
    )


def _card(out: Path, outcome: Outcome) -> str:
    picture = '<div class="none"></div>'
    if outcome.head and (out / outcome.head / PREVIEW_FILE).is_file():
        picture = f'<img alt="" loading="lazy" src="{quote(f"{outcome.head}/{PREVIEW_FILE}")}">'
    photos = f"{outcome.photos} photo{'' if outcome.photos == 1 else 's'}"
    told = f"{photos}, {outcome.seconds:.0f} s" if outcome.state == DONE else photos
    lines = [f"<b>{html.escape(outcome.name)}</b> <small>{told}</small>"]
    if outcome.state == FAILED:
        lines.append(f"<br>{html.escape(outcome.message)} <small>{html.escape(outcome.hint)}</small>")
    if outcome.notes:
        lines.append("<ul>" + "".join(f"<li>{html.escape(note)}</li>" for note in outcome.notes) + "</ul>")
    return f'<div class="person {outcome.state}">{picture}<div>{"".join(lines)}</div></div>'


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        os.replace(part, path)
    except OSError as error:
        raise FitError(
            f"The report {path} could not be written: {error.strerror or error}.",
            "Close the program that has it open, or free some disk space.",
        ) from error
