"""The measurements of `speed` as a page of Markdown: seconds, peak memory, how both grow, where the time goes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

QUIET_LOAD = 0.3
"""Processes that may want to run before a case starts; above, the figures are marked as too long."""

Record = dict[str, Any]


def as_markdown(where: str, notes: Sequence[str], records: Sequence[Record]) -> str:
    """The page; records are those of `speed.run`, failures included."""
    parts = ["# Speed", f"Machine: {where}. A fit runs on the CPU whatever the device; the renderer runs on CUDA too."]
    parts += [_warning(records), *notes]
    done = [record for record in records if not record["failure"]]
    cases = [record for record in done if record["method"] == "reconstruction"]
    for series, axis, unit in (
        ("map size", "size", "maps"),
        ("threads", "threads", "thr."),
        ("photos", "photos", "photo(s)"),
    ):
        members = [record for record in cases if series in record["about"]["series"]]
        if len(members) > 1 or (series == "map size" and members):
            parts.append(_series(series, axis, unit, sorted(members, key=lambda record: record["about"][axis])))
    parts.append(_photo_size(cases))
    parts += _calls(cases)
    parts += [_kernels(record) for record in done if record["method"] == "renderer"]
    parts.append(_failed(records))
    return "\n\n".join(part for part in parts if part) + "\n"


def growth(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The exponent p of value ~ size ** p that fits best (least squares of logarithms); not a number without a fit."""
    pairs = [(math.log(size), math.log(value)) for size, value in zip(sizes, values) if value and value > 0]
    if len(pairs) < 2:
        return math.nan
    middle = [sum(column) / len(pairs) for column in zip(*pairs)]
    spread = sum((x - middle[0]) ** 2 for x, _ in pairs)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in pairs) / spread if spread else math.nan


def stages_of(run: dict[str, Any]) -> dict[str, float]:
    """Seconds by stage; the photos' own stages are one."""
    stages: dict[str, float] = {}
    for name, seconds in run["stages"].items():
        name = re.sub(r"Reading photo \d+ of \d+", "Reading the photos", name)
        stages[name] = stages.get(name, 0.0) + seconds
    return stages


def _series(title: str, axis: str, unit: str, members: Sequence[Record]) -> str:
    """One series: a row a quantity, a column a case, then the last step's ratio and the exponent of growth."""
    sizes = [record["about"][axis] for record in members]
    first = members[0]["about"]
    rest = {
        "size": f"{first['size']} maps",
        "threads": f"{first['threads']} thread(s)",
        "photos": f"{first['photos']} photo(s)",
    }
    rest.pop(axis)
    ratio = f"x from {sizes[-2]} to {sizes[-1]}" if len(sizes) > 1 else "x"
    lines = [
        f"## By {title}",
        f"Photo: {first['photo']}; {', '.join(rest.values())}.",
        _row(["", *(f"{size} {unit}" for size in sizes), ratio, "grows as n^p, p ="]),
        _row(["---"] * (len(sizes) + 3)),
    ]
    for label, values in _quantities(members):
        lines.append(_row([label, *(_seconds(value) for value in values), *_growth_cells(sizes, values)]))
    return _table(lines)


def _quantities(members: Sequence[Record]) -> list[tuple[str, list[float]]]:
    runs = {name: [record["notes"][name] for record in members] for name in ("cold", "warm")}
    rows = [
        ("**cold: whole run, s**", [run["seconds"] for run in runs["cold"]]),
        ("cold: first word, s", [run["first_word"] for run in runs["cold"]]),
        ("cold: first preview, s", [run["first_preview"] for run in runs["cold"]]),
        ("**cold: peak memory, GB**", [run["peak_mb"] / 1024 for run in runs["cold"]]),
        ("**warm: whole run, s**", [run["seconds"] for run in runs["warm"]]),
        ("warm: peak memory, GB", [run["peak_mb"] / 1024 for run in runs["warm"]]),
    ]
    for name in ("cold", "warm"):
        split = [stages_of(run) for run in runs[name]]
        if name == "cold":
            imports = [run["seconds"] - sum(stages.values()) for run, stages in zip(runs[name], split)]
            rows.append(("cold: starting Python, importing torch", imports))
        rows += [(f"{name}: {stage}", [stages.get(stage, 0.0) for stages in split]) for stage in split[0]]
    return rows


def _growth_cells(sizes: Sequence[float], values: Sequence[float]) -> list[str]:
    if len(sizes) < 2:
        return ["", ""]
    ratio = values[-1] / values[-2] if values[-2] else math.nan
    return [f"{ratio:.2f}" if math.isfinite(ratio) else "", f"{growth(sizes, values):.2f}"]


def _photo_size(cases: Sequence[Record]) -> str:
    large = next((record for record in cases if "photo size" in record["about"]["series"]), None)
    same = ("size", "threads", "photos")
    small = large and next(
        (
            record
            for record in cases
            if record is not large
            and "map size" in record["about"]["series"]
            and all(record["about"][key] == large["about"][key] for key in same)
        ),
        None,
    )
    if not small:
        return ""
    pair = [small, large]
    lines = [
        "## By size of the photo",
        _row(["", *(record["about"]["photo"] for record in pair), "ratio"]),
        _row(["---"] * 4),
    ]
    for label, values in _quantities(pair):
        lines.append(_row([label, *(_seconds(value) for value in values), _growth_cells((1, 2), values)[0]]))
    return _table(lines)


def _calls(cases: Sequence[Record]) -> list[str]:
    """Where the time of a warm run goes, with the most threads."""
    profiled = [record for record in cases if "calls" in record["notes"]]
    if not profiled:
        return []
    record = max(profiled, key=lambda record: record["about"]["threads"])
    lines = [
        "## A whole fit against its parts",
        f"{record['item']}, warm, under a profiler. A part's time includes its own parts, which follow indented; "
        "what took less than 2 % is left out. Then the same for the rounds that fit the shape.",
    ]
    return [*lines, *(_tree(record["notes"][name]) for name in ("calls", "shape_calls"))]


def _tree(calls: Sequence[dict[str, Any]]) -> str:
    lines = [_row(["function", "calls", "s", "share"]), _row(["---"] * 4)]
    for call in calls:
        name = "&nbsp;" * 4 * call["level"] + f"`{call['name']}`"
        share = call["seconds"] / calls[0]["seconds"]
        lines.append(_row([name, str(call["calls"]), f"{call['seconds']:.3f}", f"{100 * share:.0f} %"]))
    return _table(lines)


def _kernels(record: Record) -> str:
    found = record["notes"]["kernels"]
    rows = found["rasterizers"]
    ours = rows[0]["seconds"]
    lines = [
        f"## The renderer: {record['item']}",
        f"{found['triangles']} triangles.",
        _row(["rasteriser", "ms", "times ours", "same triangle at"]),
        _row(["---"] * 4),
    ]
    for row in rows:
        if "missing" in row:
            lines.append(_row([row["name"], "not measured", "", row["missing"]]))
            continue
        same = f"{100 * row['same_pixels']:.2f} % of pixels"
        lines.append(_row([row["name"], f"{1000 * row['seconds']:.1f}", f"{row['seconds'] / ours:.2f}", same]))
    step = found["render_step"]
    parts = [("whole step", step["step"]), ("forward", step["forward"]), ("backward", step["backward"])]
    parts += [(f"`{call['name']}`", call["seconds"]) for call in step["calls"] if call["level"] == 1]
    second = [_row(["a step of fitting by rendering", "ms", "share"]), _row(["---"] * 3)]
    second += [_row([name, f"{1000 * s:.1f}", f"{100 * s / step['step']:.0f} %"]) for name, s in parts]
    return f"{_table(lines)}\n\n{_table(second)}"


def _warning(records: Sequence[Record]) -> str:
    loads = [record["notes"]["before"]["load"] for record in records if not record["failure"]]
    busy = [load for load in loads if load is not None and load > QUIET_LOAD]
    if not busy:
        return ""
    return (
        f"**The machine was busy before {len(busy)} of {len(records)} cases (up to {max(busy):.1f} processors): "
        "these figures are too long.**"
    )


def _failed(records: Sequence[Record]) -> str:
    failed = [record for record in records if record["failure"]]
    if not failed:
        return ""
    return "\n".join(["## Not measured", *(f"- {record['item']}: {record['failure'][:300]}" for record in failed)])


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(lines: Sequence[str]) -> str:
    """Lines of which those before the table are paragraphs."""
    texts = [line for line in lines if not line.startswith("|")]
    rows = [line for line in lines if line.startswith("|")]
    return "\n\n".join([*texts, "\n".join(rows)])
