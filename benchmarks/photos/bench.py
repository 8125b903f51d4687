"""Real people: does every photo give a head, and does the head look, and stay, like the person?

    python -m benchmarks photos --out FOLDER [--quick] [--count PEOPLE] [--part swap ...]
    python -m benchmarks photos --out FOLDER --sheet PHOTO [PHOTO ...] [--quality standard] [--beside without_generator]

Nobody has the true shape or skin of the people in `shared/photos`. What can be measured without it is agreement:
with points that were set by hand, between photos of one person, with a face recogniser. Everything lies in the
output folder and is kept: an interrupted run goes on where it was, and figures of another state of the core or of
the measuring code are made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.errors import FitError
from core.settings import QUALITIES

from ..baselines import METHODS
from ..reporting.records import RecordStore, code_version, run_tasks
from ..reporting.sheets import Cell, Row, write_sheet
from . import likeness, texture_swap
from .parts import PARTS, Bench, Limits, row_path
from .portraits import Portrait, choose, load_portraits
from .report import write_report
from .sheet import cell_titles, head_cells, read_cells
from .shelf import CHEAPEST, HeadShelf

QUICK_PEOPLE = 5
QUICK_PHOTOS = 2
QUICK = Limits(baseline_pairs=1, mirrored=1, strangers=10, rows=2)
HDRIS = ("studio_small_03_1k.hdr", "venice_sunset_1k.hdr", "adams_place_bridge_1k.hdr")
ROWS_A_SHEET = 10
SHEET_WIDTH = 2400
JUDGED_BY = "psnr gain per channel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``python -m benchmarks photos``."""
    parser.add_argument("--out", type=Path, required=True, help="folder for heads, records, tables and sheets")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")
    parser.add_argument("--quick", action="store_true", help="a few people, about two minutes")
    parser.add_argument("--count", type=int, help="so many people, from all sources in turn; all without it")
    parser.add_argument(
        "--detail", type=int, help="of these people so many are measured beyond whether a head comes out"
    )
    parser.add_argument("--share", default="1/1", help="only every N-th item, as in 2/3; run without it to gather")
    parser.add_argument("--part", nargs="+", choices=list(PARTS), default=list(PARTS), help="only these")
    parser.add_argument("--sheet", type=Path, nargs="+", metavar="PHOTO", help="just lay out heads of these photos")
    parser.add_argument("--quality", choices=QUALITIES, default=CHEAPEST.quality, help="of the heads on a --sheet")
    parser.add_argument("--beside", choices=sorted(METHODS), help="a method to stand below Relit on a --sheet")


def run(options: argparse.Namespace) -> int:
    """Measure what was asked for and write tables and contact sheets."""
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    hdris = tuple(path for name in HDRIS if (path := options.shared / "hdri" / name).is_file())
    if options.sheet:
        methods = ("relit", options.beside) if options.beside else ("relit",)
        shelves = [HeadShelf(options.out, name, replace(CHEAPEST, quality=options.quality)) for name in methods]
        return lay_out(options.sheet, shelves, options.out, hdris)
    portraits = load_portraits(options.shared / "photos")
    limits = Limits()
    if options.quick:
        portraits, limits = choose(portraits, options.count or QUICK_PEOPLE, QUICK_PHOTOS), QUICK
    elif options.count:
        portraits = choose(portraits, options.count)
    bench = Bench(options.out, hdris, limits)
    store = RecordStore(options.out / "records", {"core": code_version("core")})
    records = {}
    detailed = choose(portraits, options.detail) if options.detail else portraits
    place, shares = (int(number) for number in options.share.split("/"))
    for part in options.part:
        tasks = PARTS[part](bench, portraits if part == "heads" else detailed)
        records[part] = run_tasks(store, tasks[place - 1 :: shares], _say, part)
    if shares > 1:
        return 0
    if "sheet" in records:
        _write_sheets(bench, portraits)
    if "swap" in records:
        _write_worst_swaps(bench, records["swap"])
    about = {"photos": len(portraits), "people": len({portrait.person for portrait in portraits}), **store.version}
    print(write_report(options.out, records, about), flush=True)
    return 0


def lay_out(photos: Sequence[Path], shelves: Sequence[HeadShelf], out: Path, hdris: Sequence[Path]) -> int:
    """Write sheets with a row for each photo and method; the label gives the recogniser's distances to the photo.

    A refusal is said with its sentence. The sheet is written anew after each photo, so that it can be looked at early.
    """
    sheets: list[list[Row]] = [[]]
    for photo in photos:
        own = None
        for shelf in shelves:
            try:
                head = shelf.head(Portrait(f"{photo.parent.name}/{photo.stem}", photo, photo.stem, ""))
            except FitError as error:
                _say(f"{photo.name}: {error.message} {error.hint}")
                continue
            own = likeness.photo_descriptor(photo) if own is None else own
            found = likeness.render_descriptors(head, out / "mean_skin")
            distances = [f"{name} {np.linalg.norm(found[name] - own):.2f}" for name in ("photo", "turned")]
            label = "\n".join((photo.stem, shelf.method.replace("_", " "), *distances))
            sheets[-1].append(Row(label, [Cell(cell) for cell in head_cells(head, hdris)]))
            _say(label.replace("\n", ", "))
        if sheets[-1]:
            write_sheet(out / f"sheet_{len(sheets)}.jpg", sheets[-1], cell_titles(hdris), SHEET_WIDTH)
        if len(sheets[-1]) >= ROWS_A_SHEET:
            sheets.append([])
    return 0


def _write_sheets(bench: Bench, portraits: list[Portrait]) -> None:
    rows = [
        Row(portrait.name, [Cell(cell) for cell in read_cells(path)])
        for portrait in portraits
        if (path := row_path(bench, portrait)).is_file()
    ]
    for number, start in enumerate(range(0, len(rows), ROWS_A_SHEET), 1):
        write_sheet(bench.out / f"sheet_{number}.jpg", rows[start : start + ROWS_A_SHEET], cell_titles(bench.hdris))


def _write_worst_swaps(bench: Bench, records: list[dict]) -> None:
    ours = [one for one in records if one["method"] == "swap relit" and "picture" in one["notes"]]
    ours = [one for one in ours if JUDGED_BY in one["figures"]]
    ours.sort(key=lambda one: one["figures"][JUDGED_BY])
    rows = []
    for one in ours[:ROWS_A_SHEET]:
        cells = read_cells(bench.out / one["notes"]["picture"], texture_swap.SIDE)
        rows.append(Row(f"{one['item']}: {one['figures'][JUDGED_BY]:.1f} dB", [Cell(cell) for cell in cells]))
    if rows:
        write_sheet(bench.out / "worst_swaps.jpg", rows, ("photo A", "photo B", "B in A's skin", "compared"), 1000)


def _say(line: str) -> None:
    print(line, flush=True)
