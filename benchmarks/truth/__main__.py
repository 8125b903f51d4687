"""``python -m benchmarks.truth quick|dev|tone``: makes a split of the truth data set, and a sheet of its looks."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.errors import FitError

from . import dataset
from .contact import contact_sheet
from .plan import SPLITS, TONE_SPLIT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("split", choices=(*SPLITS, TONE_SPLIT))
    parser.add_argument("--seed", type=int, default=dataset.SEED)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/relit/benchmarks")
    parser.add_argument("--bpy", type=Path, help="a Python that has Blender's module; default: $RELIT_BPY")
    parser.add_argument("--threads", type=int, default=2, help="of Cycles")
    parser.add_argument(
        "--share", default="1/1", help="K/N: every N-th person from the K-th on, beside other processes"
    )
    options = parser.parse_args()
    part, parts = (int(number) for number in options.share.split("/"))

    def report(line: str) -> None:
        print(line, flush=True)

    try:
        base = dataset.build(
            options.split,
            options.seed,
            options.shared,
            options.cache,
            options.bpy,
            options.threads,
            (part, parts),
            report,
        )
        sheet = base / "sheet.jpg"
        contact_sheet(dataset.load(options.split, options.cache, options.seed)).save(sheet, quality=90)
    except FitError as error:
        raise SystemExit(f"{error.message} {error.hint}") from None
    print(f"{base}, looks as in {sheet}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
