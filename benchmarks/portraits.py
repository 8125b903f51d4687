"""The portraits of real people: who is on which photo, what is known of it, and which photos belong together.

Sources: London (82 people, neutral and smiling, hand-checked points), Canada (40 people, hand-checked points),
`lisa` (one person, four poses), `zoom` (the same woman at 15, 30, 45 and 60 cm), officials (136 people, mixed light).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDERS = ("lisa", "zoom", "london", "officials", "canada")
HAND_POINTS = 189
"""Points of the template that London and Canada share; `lisa` and `zoom` have others."""
SKIN_GROUPS = (("dark", -90.0, 10.0), ("medium", 10.0, 41.0), ("light", 41.0, 90.0))
"""Individual typology angle in degrees: brown and dark, tan and intermediate, light and very light (Chardon 1991)."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """One photo of a person.

    Attributes:
        name: Unique: folder and file without suffix, ``"london/001_neutral"``.
        path: The file.
        person: Unique for a person, ``"london/001"``; the woman of `lisa` and `zoom` is one.
        label: What tells the person's photos apart, ``"neutral"``.
        skin_angle: Mean individual typology angle of the person's photos in degrees, None where nobody measured it.
            It is read off photos as they are, light and all: it sorts people roughly.
        hand_points: ``[189, 2]`` pixels checked by hand, None where there are none.
    """

    name: str
    path: Path
    person: str
    label: str
    skin_angle: float | None = None
    hand_points: np.ndarray | None = None

    @property
    def folder(self) -> str:
        """The source it comes from, one of :data:`FOLDERS`."""
        return self.name.split("/")[0]

    @property
    def sitting(self) -> str:
        """Photos of one person from one source; unique."""
        return f"{self.folder}: {self.person}"

    @property
    def skin_group(self) -> str:
        """One of :data:`SKIN_GROUPS`, or ``"unknown"``."""
        if self.skin_angle is None:
            return "unknown"
        return next(name for name, low, high in SKIN_GROUPS if low <= self.skin_angle <= high)


def load_portraits(photos: Path) -> list[Portrait]:
    """Every portrait below a folder, by source and name.

    Raises:
        SystemExit: The folder holds none.
    """
    angles = _skin_angles(photos / "officials" / "index.json")
    found = []
    for folder in FOLDERS:
        for path in sorted((photos / folder).glob("*.jpg")):
            person, label = _who(folder, path.stem)
            points = read_template(path.with_suffix(".tem"))
            found.append(Portrait(f"{folder}/{path.stem}", path, person, label, angles.get(person), points))
    if not found:
        raise SystemExit(f"There are no portraits in {photos}; name the folder of the reference data with --shared.")
    return found


def read_template(path: Path) -> np.ndarray | None:
    """``[189, 2]`` pixels of a Psychomorph template file; None when there is none or it has other points."""
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8").split("\n")
    count = int(lines[0])
    if count != HAND_POINTS:
        return None
    return np.array([[float(value) for value in line.split()] for line in lines[1 : 1 + count]])


def by_sitting(portraits: Sequence[Portrait]) -> dict[str, list[Portrait]]:
    """The photos of each sitting, in the order of their first ones."""
    sittings: dict[str, list[Portrait]] = {}
    for portrait in portraits:
        sittings.setdefault(portrait.sitting, []).append(portrait)
    return sittings


def choose(portraits: Sequence[Portrait], people: int | None, photos: int | None = None) -> list[Portrait]:
    """The photos of the first so many people, taken from the sources in turn.

    Of the officials those with two photos come first, the darkest and the lightest skin in turn.

    Args:
        portraits: All of them.
        people: How many people at most; None takes all.
        photos: How many photos of each at most: the first and the last ones; None takes all.
    """
    everyone = by_sitting(portraits)
    sources: list[list[str]] = [[] for _ in FOLDERS]
    for person, theirs in everyone.items():
        sources[FOLDERS.index(theirs[0].folder)].append(person)
    officials = sources[FOLDERS.index("officials")]
    officials.sort(key=lambda person: (-len(everyone[person]), everyone[person][0].skin_angle or 0.0))
    pairs = sum(len(everyone[person]) > 1 for person in officials)
    officials[:pairs] = _outside_in(officials[:pairs])
    officials[pairs:] = _outside_in(officials[pairs:])
    turns = [source[turn] for turn in range(max(map(len, sources))) for source in sources if turn < len(source)]
    chosen = []
    for person in turns[:people]:
        theirs = everyone[person]
        chosen += theirs if photos is None or len(theirs) <= photos else [*theirs[: photos - 1], theirs[-1]]
    return chosen


def pairs_of(portraits: Sequence[Portrait]) -> list[tuple[Portrait, Portrait]]:
    """Ordered pairs of photos of one sitting: each with the next one, and the last with the first."""
    return [
        (photo, theirs[(index + 1) % len(theirs)])
        for theirs in by_sitting(portraits).values()
        if len(theirs) > 1
        for index, photo in enumerate(theirs)
    ]


def _who(folder: str, stem: str) -> tuple[str, str]:
    if folder in ("lisa", "zoom"):
        return "lisa/lisa", stem
    if folder == "canada":
        return f"{folder}/{stem}", "neutral"
    person, label = stem.replace("__", "_").rsplit("_", 1)
    return f"{folder}/{person}", label


def _skin_angles(index: Path) -> dict[str, float]:
    if not index.is_file():
        return {}
    people = json.loads(index.read_text(encoding="utf-8"))
    return {
        f"officials/{name}": float(np.mean([photo["ita"] for photo in entry["photos"]]))
        for name, entry in people.items()
    }


def _outside_in(names: list[str]) -> list[str]:
    """First, last, second, last but one and so on."""
    return [names[index // 2] if index % 2 == 0 else names[-1 - index // 2] for index in range(len(names))]
