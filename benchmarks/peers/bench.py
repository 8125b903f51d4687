"""``python -m benchmarks peers``: every peer on every photo of a split of the truth data set."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.reporting.records import Progress, RecordStore, Task, code_version, run_tasks
from benchmarks.reporting.sheets import write_sheet
from benchmarks.reporting.statistics import by, yaw_group
from benchmarks.reporting.tables import Block, Column, Report, Section, write_report
from benchmarks.truth import dataset
from benchmarks.truth.plan import SPLITS
from core.errors import FitError

from . import sheet
from .catalogue import MISSING, PEERS, PUBLISHED, Peer
from .measure import figures

MEASURED = ("core", "benchmarks/metrics", "benchmarks/peers")
SHEET_ROWS = 10
CACHE = Path.home() / ".cache" / "relit" / "benchmarks"

BLOCKS = (
    Block(
        "Shape, mm",
        (
            Column("scaled_median_mm", "face, scale fitted"),
            Column("rigid_median_mm", "face, rigid"),
            Column("inner_median_mm", "within 70 mm of the nose, scale fitted"),
            Column("points_median_mm", "its own vertices to the truth"),
            Column("neutral_scaled_median_mm", "without expression, scale fitted"),
            Column("normals_degrees", "normals, degrees", digits=1),
        ),
    ),
    Block(
        "Camera, and time after the landmarks",
        (
            Column("focal_percent", "focal length, %", digits=0),
            Column("distance_percent", "distance, %", digits=0),
            Column("camera_degrees", "direction, degrees", digits=1),
            Column("landmarks_eye_percent", "68 landmarks, % of the eyes' distance", digits=1),
            Column("seconds", "seconds", digits=2),
        ),
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``python -m benchmarks peers``."""
    parser.add_argument("--out", type=Path, required=True, help="folder for peers.md, peers.json and peers.jpg")
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--quick", action="store_true", help="the split of 6 photos")
    parser.add_argument("--photos", type=int, help="only the first N photos of the split")
    parser.add_argument("--as-is", action="store_true", help="take the photos that exist, make none")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the truth data set lies")
    parser.add_argument("--bpy", type=Path, help="a Python that has Blender's module; default: $RELIT_BPY")
    parser.add_argument("--threads", type=int, default=2, help="of Cycles, where photos are to be made")


def run(options: argparse.Namespace) -> int:
    """Measure what has no record yet; write the table and the contact sheet."""
    torch.set_num_threads(1)
    split = "quick" if options.quick else options.split
    photos = truth_photos(split, options)[: options.photos]
    peers = [peer for peer in PEERS if peer.available]
    store = RecordStore(
        options.out / "peers_records", {"data": f"{split} {dataset.VERSION}", "code": code_version(*MEASURED)}
    )
    for peer in peers:
        # What is loaded once is not a photo's cost.
        with contextlib.suppress(FitError):
            peer.fit(photos[0].path)
    records = run_tasks(store, [_task(peer, photo) for photo in photos for peer in peers], _say, "peers")
    # By peer, so that rows come in the catalogue's order.
    names = [peer.name for peer in peers]
    records.sort(key=lambda record: names.index(record["method"]))
    about = {"split": split, "photos": len(photos), "peers": {peer.name: peer.sentence for peer in peers}}
    write_report(options.out, "peers", report(split, peers), records, about | {"published": PUBLISHED})
    with (options.out / "peers.md").open("a", encoding="utf-8") as page:
        page.write(appendix())
    _write_sheet(options.out / "peers.jpg", photos, peers)
    return 1 if any(record["crash"] for record in records) else 0


def truth_photos(split: str, options: argparse.Namespace) -> list[Any]:
    """The photos of a split; those that are missing are made first, unless it is to be taken as it is.

    Raises:
        SystemExit: there are none, and none can be made.
    """
    try:
        if not options.as_is:
            dataset.build(split, dataset.SEED, options.shared, options.cache, options.bpy, options.threads, report=_say)
        return dataset.load(split, options.cache)
    except FitError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None


def report(split: str, peers: Sequence[Peer]) -> Report:
    """What `write_report` is to tell."""
    notes = ["\n".join(f"- **{peer.name}**: {peer.sentence}" for peer in peers)]
    notes.append(
        "Distances are medians over points of the true face (within 95 mm of the tip of the nose) to the peer's "
        "surface after alignment. MediaPipe's mesh ends at the hairline and the jaw: compare it within 70 mm."
    )
    return Report(
        f"Peers on the {split} split",
        BLOCKS,
        sections=(
            Section("Heads that are not of our model", lambda record: record["about"]["family"] != "own"),
            Section("Heads of our own model", lambda record: record["about"]["family"] == "own"),
        ),
        groupings={"yaw, degrees": yaw_group, "tone": by("group")},
        worst_of="yaw, degrees",
        notes=notes,
    )


def appendix() -> str:
    """The tables of what is not measured."""
    absent = [*MISSING, *((peer.name, "its package is not installed") for peer in PEERS if not peer.available)]
    lines = ["", "## Peers that could not be run", "", "| peer | why |", "| --- | --- |"]
    lines += [f"| {name} | {reason} |" for name, reason in absent]
    lines += ["", "## Published figures: not measured here, on other photos", ""]
    lines += ["| method | figure | value | source |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in PUBLISHED]
    return "\n".join(lines) + "\n"


def _task(peer: Peer, photo: Any) -> Task:
    about = {**{key: photo.meta[key] for key in ("head", "family", "tone", "group", "yaw_degrees", "smiling")}}
    return Task(photo.name, peer.name, partial(figures, peer, photo), {"sentence": peer.sentence}, about)


def _write_sheet(path: Path, photos: Sequence[Any], peers: Sequence[Peer]) -> None:
    step = max(1, len(photos) // SHEET_ROWS)
    chosen = photos[::step][:SHEET_ROWS]
    progress, rows = Progress(len(chosen), "sheet", _say), []
    for photo in chosen:
        rows.append(sheet.row(photo, peers))
        progress.step(photo.name)
    write_sheet(path, rows, ["photo", *(peer.name for peer in peers), "truth"], width=2400)


def _say(line: str) -> None:
    print(line, flush=True)
