"""The portraits of real people: who is on which photo, what is known of it, and which photos belong together.

Sources: London (82 people, neutral and smiling, hand-checked points), Canada (40 people, hand-checked points),
`lisa` (one person, four poses), `zoom` (the same woman at 15, 30, 45 and 60 cm), officials (136 people, mixed light).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FOLDERS = ("lisa", "zoom", "london", "officials", "canada")
HAND_POINTS = 189
"""Points of the template that London and Canada share; `lisa` and `zoom` have others."""
SKIN_ANGLES = (20.0, 41.0)
"""Degrees of the individual typology angle between the groups: skin is light above 41 (Chardon 1991), and of the
officials so few are brown or dark (below 10) that the lower border is drawn higher."""
SAME_PHOTOGRAPH = {
    "brendan-boyle",
    "diana-harshbarger",
    "frank-lucas",
    "larry-bucshon",
    "lloyd-smucker",
    "william-timmons",
}
"""Officials whose two files show one photograph, cropped or mirrored: no pair."""
TWO_PEOPLE = {"henry-johnson"}
"""Officials whose two files show two people."""


@dataclass(frozen=True, eq=False)
class Portrait:
    """One photo of a person.

    Attributes:
        name: Unique: folder and file without suffix, ``"london/001_neutral"``.
        path: The file.
        person: Unique for a person, ``"london/001"``; the woman of `lisa` and `zoom` is one.
        label: What tells the person's photos apart, ``"neutral"``.
        skin_angle: Mean individual typology angle of an official's photos in degrees, None for others. It is read off
            photos as they are, light and all: it sorts people roughly.
        group: What people are told apart by in tables: an official's skin angle, a Londoner's own description; empty
            where nothing is known.
        hand_points: ``[189, 2]`` pixels checked by hand, None where there are none.
    """

    name: str
    path: Path
    person: str
    label: str
    skin_angle: float | None = None
    group: str = ""
    hand_points: np.ndarray | None = None

    @property
    def folder(self) -> str:
        """The source it comes from, one of :data:`FOLDERS`."""
        return self.name.split("/")[0]

    @property
    def sitting(self) -> str:
        """What photos share that make a pair: one person and one source, but not one photograph; unique."""
        name = self.person.split("/")[1]
        if self.folder == "officials" and name in SAME_PHOTOGRAPH:
            return self.name
        return f"{self.folder}: {self.person}"


def load_portraits(photos: Path) -> list[Portrait]:
    """Every portrait below a folder, by source and name.

    Raises:
        SystemExit: The folder holds none.
    """
    angles = _skin_angles(photos / "officials" / "index.json")
    described = _descriptions(photos / "london_info.csv")
    found = []
    for folder in FOLDERS:
        for path in sorted((photos / folder).glob("*.jpg")):
            person, label = _who(folder, path.stem)
            angle = angles.get(f"{folder}/{path.stem.split('__')[0]}")
            group = described.get(person, "") if angle is None else _angle_group(angle)
            points = read_template(path.with_suffix(".tem"))
            found.append(Portrait(f"{folder}/{path.stem}", path, person, label, angle, group, points))
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
    if folder == "officials" and person in TWO_PEOPLE:
        return f"{folder}/{stem}", label
    return f"{folder}/{person}", label


def _skin_angles(index: Path) -> dict[str, float]:
    if not index.is_file():
        return {}
    people = json.loads(index.read_text(encoding="utf-8"))
    return {
        f"officials/{name}": float(np.mean([photo["ita"] for photo in entry["photos"]]))
        for name, entry in people.items()
    }


def _descriptions(table: Path) -> dict[str, str]:
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as stream:
        return {f"london/{row['face_id']}": f"described as {row['face_eth']}" for row in csv.DictReader(stream)}


def _angle_group(angle: float) -> str:
    low, high = SKIN_ANGLES
    if angle < low:
        return f"skin angle below {low:.0f}"
    return f"skin angle {low:.0f} to {high:.0f}" if angle < high else f"skin angle above {high:.0f}"


def _outside_in(names: list[str]) -> list[str]:
    """First, last, second, last but one and so on."""
    return [names[index // 2] if index % 2 == 0 else names[-1 - index // 2] for index in range(len(names))]
