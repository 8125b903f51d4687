"""The worker as Blender starts it, then the same reconstruction again in the same process.

    python -m benchmarks.speed.worker REPORT [--profile] < request

The first run is the worker itself, protocol and all. When it has answered, the figures of every run go to the file
REPORT as JSON: seconds of each stage and peak memory; of a third run, if asked for, which functions the time went to.
"""

from __future__ import annotations

import cProfile
import json
import os
import sys
import time
from pathlib import Path

from core import worker
from core.head import TIMINGS_FILE
from core.protocol import Reconstruct, decode_request

from ..reporting.memory import forget_peak_memory, peak_memory_mb


class Tee:
    """Standard input whose lines are remembered, because the worker reads the only one there is."""

    def __init__(self, source) -> None:
        self._source = source
        self.line = ""

    def readline(self) -> str:
        self.line = self._source.readline()
        return self.line


def main(report: Path, profile: bool) -> int:
    """Answer the request as the worker does; then measure warm runs; return the worker's status."""
    sys.stdin = tee = Tee(sys.stdin)
    forget_peak_memory()
    status = worker.main()
    cold_peak = peak_memory_mb()
    if status == 0:
        request = decode_request(tee.line)
        found = {"cold": {"stages": _stages(request), "peak_mb": cold_peak}, "warm": _warm(request)}
        if profile:
            found |= _profiled(request)
        part = report.with_suffix(".part")
        part.write_text(json.dumps(found), encoding="utf-8")
        os.replace(part, report)
    return status


def _warm(request: Reconstruct) -> dict:
    forget_peak_memory()
    start = time.perf_counter()
    _reconstruct(request)
    return {
        "seconds": time.perf_counter() - start,
        "stages": _stages(request),
        "peak_mb": peak_memory_mb(),
    }


def _profiled(request: Reconstruct) -> dict:
    profile = cProfile.Profile()
    profile.runcall(_reconstruct, request)
    return {"calls": call_tree(profile, "fit_head"), "shape_calls": call_tree(profile, "minimise", 2)}


def _reconstruct(request: Reconstruct) -> None:
    from core.pipeline import fit_head

    fit_head([Path(photo) for photo in request.photos], Path(request.out), request.settings, lambda *_: None)


def _stages(request: Reconstruct) -> dict[str, float]:
    return json.loads((Path(request.out) / TIMINGS_FILE).read_text(encoding="utf-8"))


def call_tree(profile: cProfile.Profile, root: str, depth: int = 3, share: float = 0.02) -> list[dict]:
    """Where the time of a function of the core went: its own callees in the core, theirs, and so on.

    Args:
        profile: a run that is over.
        root: name of the function.
        depth: levels below it.
        share: of the root's time; what took less is left out.

    Returns:
        Rows of ``name``, ``level`` (0 = the root), ``calls`` and ``seconds`` (callees included), depth first. What a
        function did for several callers is shared out in proportion to the time they took.
    """
    entries = {entry.code: entry for entry in profile.getstats() if not isinstance(entry.code, str)}
    start = next(entry for code, entry in entries.items() if code.co_name == root and _in_core(code))
    least = share * start.totaltime
    rows: list[dict] = []

    def visit(code, calls: float, seconds: float, level: int) -> None:
        rows.append({"name": _name(code), "level": level, "calls": round(calls), "seconds": seconds})
        if level == depth:
            return
        part = seconds / entries[code].totaltime
        for call in sorted(_callees(entries, code), key=lambda call: -call.totaltime):
            if part * call.totaltime >= least:
                visit(call.code, part * call.callcount, part * call.totaltime, level + 1)

    visit(start.code, start.callcount, start.totaltime, 0)
    return rows


def _callees(entries: dict, code) -> list:
    """What a function of the core calls in the core; what comprehensions call counts as its own."""
    found = []
    for call in entries[code].calls or ():
        if not isinstance(call.code, str) and call.code in entries and _in_core(call.code):
            found += _callees(entries, call.code) if call.code.co_name.startswith("<") else [call]
    return found


def _in_core(code) -> bool:
    return f"{os.sep}core{os.sep}" in code.co_filename


def _name(code) -> str:
    return f"{Path(code.co_filename).stem}.{code.co_name}"


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), "--profile" in sys.argv[2:]))
