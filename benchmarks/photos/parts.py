"""The parts of the benchmark on real people: which items each has, and what is measured of one item."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.photos.landmarks import detect_landmarks
from core.photos.photo import load_photo

from ..reporting.records import Task, code_version
from . import agreement, hand_points, likeness, texture_swap
from .portraits import Portrait, by_sitting, pairs_of
from .posed_head import PosedHead, face_vertices
from .sheet import head_cells, write_picture
from .shelf import HeadShelf

SEED = 3
MEASURED_BY = {
    "heads": ("photos/shelf.py",),
    "points": ("photos/shelf.py", "photos/hand_points.py", "photos/posed_head.py"),
    "swap": (
        "photos/shelf.py",
        "photos/posed_head.py",
        "photos/texture_swap.py",
        "metrics/image.py",
        "metrics/colour.py",
    ),
    "baseline swap": ("baselines.py",),
    "agreement": ("photos/shelf.py", "photos/agreement.py", "metrics/geometry.py", "metrics/colour.py"),
    "likeness": ("photos/shelf.py", "photos/posed_head.py", "photos/likeness.py"),
    "sheet": ("photos/shelf.py", "photos/posed_head.py", "photos/sheet.py"),
}
"""The code beside the core and this file that a part's records depend on."""
SWAP_METHODS = ("relit", "pasted_photo", "mean_head")
"""The last two are what the swap is compared with; see `baselines.METHODS`."""


@dataclass(frozen=True)
class Limits:
    """How many items of the costly kinds at most: pairs for each other method, mirrored photos, strangers, rows."""

    baseline_pairs: int = 24
    mirrored: int = 24
    strangers: int = 400
    rows: int = 30


@dataclass(frozen=True)
class Bench:
    """What the parts share.

    Attributes:
        out: The folder for heads, records and pictures.
        hdris: Up to three environments for the contact sheets; none leaves these cells out.
        limits: See :class:`Limits`.
    """

    out: Path
    hdris: tuple[Path, ...] = ()
    limits: Limits = Limits()

    def shelf(self, method: str = "relit") -> HeadShelf:
        """The heads of a method."""
        return HeadShelf(self.out, method)


def head_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """Does each photo give a head, and how long does it take? Everything but a plain refusal is a crash."""

    def measure(portrait: Portrait) -> dict[str, Any]:
        head = bench.shelf().head(portrait)
        return {"warnings": head.fit["warnings"]}

    return [_task("heads", "heads", portrait.name, measure, portrait) for portrait in portraits]


def point_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """The detector's and the fitted head's landmarks against the hand-set points."""

    def measure(portrait: Portrait) -> dict[str, Any]:
        head = PosedHead(bench.shelf().head(portrait))
        found = {
            "detector": detect_landmarks(load_photo(portrait.path)).points,
            "head": head.landmarks(head.camera),
        }
        record: dict[str, Any] = {}
        for name, landmarks in found.items():
            errors = hand_points.landmark_errors(landmarks, portrait.hand_points)
            record |= {f"{name} {group}": value for group, value in errors.items()}
            record[f"{name} offsets"] = hand_points.point_offsets(landmarks, portrait.hand_points)
        return record

    return [_task("points", "points", one.name, measure, one) for one in portraits if one.hand_points is not None]


def likeness_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """Descriptors of each photo and of the head drawn again."""

    def measure(portrait: Portrait) -> dict[str, Any]:
        head = bench.shelf().head(portrait)
        drawn = likeness.render_descriptors(head, bench.out / "mean_skin")
        photo = likeness.photo_descriptor(portrait.path)
        record: dict[str, Any] = {name: float(np.linalg.norm(found - photo)) for name, found in drawn.items()}
        record["descriptors"] = {name: found.round(4) for name, found in ({"own": photo} | drawn).items()}
        return record

    return [_task("likeness", "likeness", portrait.name, measure, portrait) for portrait in portraits]


def swap_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """Each photo's skin in the person's next photo, by our method and, for some pairs, by the simple ones."""

    def measure(method: str, skin: Portrait, seen: Portrait) -> dict[str, Any]:
        worn, target = bench.shelf(method).head(skin), bench.shelf(method).head(seen)
        mask = texture_swap.skin_of(seen.path)
        figures, picture = texture_swap.swap_figures(worn, target, mask)
        path = bench.out / "swaps" / f"{method}-{_file(skin)}-{_file(seen)}.jpg"
        write_picture(path, picture)
        return figures | {"picture": str(path.relative_to(bench.out))}

    tasks = []
    for method in SWAP_METHODS:
        pairs = pairs_of(portraits)
        if method != "relit":
            pairs = _spread(pairs, bench.limits.baseline_pairs)
        for skin, seen in pairs:
            part = "swap" if method == "relit" else "baseline swap"
            tasks.append(_task(part, f"swap {method}", f"{skin.name} in {seen.name}", measure, method, skin, seen))
    return tasks


def agreement_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """Shape distances between heads of one person, and between those of strangers."""

    def measure(one: Portrait, other: Portrait) -> dict[str, Any]:
        heads = [bench.shelf().head(portrait) for portrait in (one, other)]
        return {
            "rigid mm": agreement.shape_distance(*heads),
            "scaled mm": agreement.shape_distance(*heads, scaled=True),
            "distances m": [agreement.camera_distance(head) for head in heads],
        }

    same = [pair for pair in _all_pairs(portraits) if pair[0].sitting == pair[1].sitting]
    first = [photos[0] for photos in by_sitting(portraits).values()]
    strangers = [pair for pair in _all_pairs(first) if pair[0].person != pair[1].person]
    random.Random(SEED).shuffle(strangers)
    named = [("same person", pair) for pair in same]
    named += [("strangers", pair) for pair in strangers[: bench.limits.strangers]]
    return [_task("agreement", kind, f"{a.name} and {b.name}", measure, a, b) for kind, (a, b) in named]


def flip_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """A photo and its mirror image."""

    def measure(portrait: Portrait) -> dict[str, Any]:
        shelf = bench.shelf()
        head, other = shelf.head(portrait), shelf.head(shelf.mirrored(portrait))
        back, face = agreement.mirrored_vertices(other), face_vertices(head)
        return {
            "rigid mm": agreement.vertex_distance(head.vertices, back, face, head.quads),
            "ciede2000": agreement.map_difference(head, other),
        }

    first = [photos[0] for photos in by_sitting(portraits).values()]
    return [_task("agreement", "mirrored", one.name, measure, one) for one in _spread(first, bench.limits.mirrored)]


def sheet_tasks(bench: Bench, portraits: Sequence[Portrait]) -> list[Task]:
    """A row of pictures for each head."""

    def measure(portrait: Portrait) -> dict[str, Any]:
        path = row_path(bench, portrait)
        write_picture(path, np.hstack(head_cells(bench.shelf().head(portrait), bench.hdris)))
        return {"row": path.name}

    return [_task("sheet", "sheet", one.name, measure, one) for one in _spread(portraits, bench.limits.rows)]


PARTS: dict[str, Callable[[Bench, Sequence[Portrait]], list[Task]]] = {
    "heads": head_tasks,
    "points": point_tasks,
    "swap": swap_tasks,
    "agreement": agreement_tasks,
    "flip": flip_tasks,
    "likeness": likeness_tasks,
    "sheet": sheet_tasks,
}


def row_path(bench: Bench, portrait: Portrait) -> Path:
    """Where a portrait's row of pictures lies."""
    return bench.out / "rows" / f"{_file(portrait)}.jpg"


def _task(part: str, method: str, item: str, measure: Callable, *arguments: Any) -> Task:
    portrait = next(value for value in arguments if isinstance(value, Portrait))
    about = {"head": portrait.person, "folder": portrait.folder, "group": portrait.group}
    about["sitting"] = portrait.sitting
    files = MEASURED_BY[part] + (MEASURED_BY["swap"] if part == "baseline swap" else ())
    code = code_version("benchmarks/photos/parts.py", *(f"benchmarks/{name}" for name in files))
    return Task(item, method, lambda: measure(*arguments), {"code": code}, about)


def _all_pairs(portraits: Sequence[Portrait]) -> list[tuple[Portrait, Portrait]]:
    return [(one, other) for index, one in enumerate(portraits) for other in portraits[index + 1 :]]


def _spread(items: Sequence, most: int) -> list:
    """At most so many items, taken evenly from all."""
    step = max(1.0, len(items) / max(most, 1))
    return [items[int(index * step)] for index in range(min(len(items), most))]


def _file(portrait: Portrait) -> str:
    return portrait.name.replace("/", "-")
