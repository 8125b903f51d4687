"""Records as a report: Markdown for people, and JSON with every item for everything else."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .statistics import Interval, Record, spread, summarise


@dataclass(frozen=True)
class Column:
    """A figure in a table.

    Attributes:
        figure: its name in the records.
        title: the column's head, with the unit.
        better: "lower", "higher", or empty where neither is.
        digits: after the point.
        spread_over: name of a grouping: show the standard deviation of its groups' means and not the mean.
    """

    figure: str
    title: str
    better: str = "lower"
    digits: int = 2
    spread_over: str = ""


@dataclass(frozen=True)
class Block:
    """Columns that make one table."""

    title: str
    columns: Sequence[Column]


@dataclass(frozen=True)
class Section:
    """A part of the records that is reported for itself."""

    title: str
    holds: Callable[[Record], bool] = lambda record: True


@dataclass(frozen=True)
class Report:
    """What is to be reported.

    Attributes:
        title: of the page.
        blocks: the tables of every section.
        sections: parts of the records; they may overlap.
        groupings: name to a function from record to group.
        worst_of: the grouping whose worst group stands beside every mean; empty for none.
        notes: paragraphs before the tables.
    """

    title: str
    blocks: Sequence[Block]
    sections: Sequence[Section] = (Section("All"),)
    groupings: Mapping[str, Callable[[Record], str]] = field(default_factory=dict)
    worst_of: str = ""
    notes: Sequence[str] = ()


def write_report(
    folder: Path, name: str, report: Report, records: Sequence[Record], about: Mapping[str, Any] | None = None
) -> None:
    """Write ``name.md`` and ``name.json`` into ``folder``.

    Args:
        folder: made when missing.
        name: of both files.
        report: what to tell.
        records: of all methods; rows come in the order in which the methods first appear.
        about: what else the JSON file holds (settings, versions).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = {"title": report.title, "about": dict(about or {}), "sections": {}, "records": list(records)}
    for section in report.sections:
        chosen = [record for record in records if section.holds(record)]
        data["sections"][section.title] = {
            method: _method_data(rows, report) for method, rows in by_method(chosen).items()
        }
    _write(folder / f"{name}.json", json.dumps(data, indent=1, allow_nan=False) + "\n")
    _write(folder / f"{name}.md", markdown(report, records))


def markdown(report: Report, records: Sequence[Record]) -> str:
    """The report as a page of Markdown."""
    parts = [f"# {report.title}", *report.notes]
    for section in report.sections:
        chosen = [record for record in records if section.holds(record)]
        methods = by_method(chosen)
        items, heads = {r["item"] for r in chosen}, {r["about"].get("head", r["item"]) for r in chosen}
        parts.append(f"## {section.title}")
        if not chosen:
            parts.append("No records.")
            continue
        parts.append(f"{len(items)} photos of {len(heads)} heads. {_legend(report)}")
        for block in report.blocks:
            parts += [f"### {block.title}", _table(_overall_rows(block, methods, report))]
            for name in report.groupings:
                parts += [f"**{block.title}, by {name}**", _table(_group_rows(block, methods, report, name))]
    return "\n\n".join(parts) + "\n"


def by_method(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Records by method, in the order of appearance."""
    methods: dict[str, list[Record]] = {}
    for record in records:
        methods.setdefault(record["method"], []).append(record)
    return methods


def failures(records: Sequence[Record]) -> str:
    """How many of a method's records are failures: "2 of 60", crashes named apart."""
    failed = [record for record in records if record.get("failure")]
    crashes = sum(bool(record.get("crash")) for record in failed)
    return f"{len(failed)} of {len(records)}" + (f", {crashes} crashed" if crashes else "")


def _legend(report: Report) -> str:
    text = "Mean [95 % interval, heads drawn anew]"
    return text + (f"; after the slash the worst group by {report.worst_of}." if report.worst_of else ".")


def _overall_rows(block: Block, methods: Mapping[str, Sequence[Record]], report: Report) -> list[list[str]]:
    rows = [["method", *(_title(column) for column in block.columns), "failures"]]
    for method, records in methods.items():
        rows.append([method, *(_overall_cell(column, records, report) for column in block.columns), failures(records)])
    return rows


def _overall_cell(column: Column, records: Sequence[Record], report: Report) -> str:
    if column.spread_over:
        return _number(spread(records, column.figure, report.groupings[column.spread_over]), column.digits)
    worst_of = {report.worst_of: report.groupings[report.worst_of]} if report.worst_of else {}
    summary = summarise(records, column.figure, worst_of, column.better)
    text = _interval_text(summary.overall, column.digits)
    known = sum(not record.get("failure") for record in records)
    if 0 < summary.overall.count < known:
        text += f" ({summary.overall.count} photos)"
    for name, group in summary.worst.items():
        text += f" / {group} {_number(summary.groups[name][group].mean, column.digits)}"
    return text


def _group_rows(
    block: Block, methods: Mapping[str, Sequence[Record]], report: Report, grouping: str
) -> list[list[str]]:
    columns = [column for column in block.columns if not column.spread_over]
    group_of = report.groupings[grouping]
    rows = [["method", grouping, "photos", *(_title(column) for column in columns), "failures"]]
    for method, records in methods.items():
        for group in sorted({group_of(record) for record in records}):
            part = [record for record in records if group_of(record) == group]
            cells = [_interval_text(summarise(part, c.figure, {}).overall, c.digits) for c in columns]
            rows.append([method, group, str(len(part)), *cells, failures(part)])
    return rows


def _method_data(records: Sequence[Record], report: Report) -> dict[str, Any]:
    figures = {}
    for column in (column for block in report.blocks for column in block.columns):
        if column.spread_over:
            value = spread(records, column.figure, report.groupings[column.spread_over])
            figures[f"{column.figure} spread over {column.spread_over}"] = value if math.isfinite(value) else None
            continue
        summary = summarise(records, column.figure, report.groupings, column.better)
        figures[column.figure] = {
            **summary.overall.to_dict(),
            "worst": dict(summary.worst),
            "groups": {
                name: {group: found.to_dict() for group, found in groups.items()}
                for name, groups in summary.groups.items()
            },
        }
    reasons: dict[str, int] = {}
    for record in records:
        if record.get("failure"):
            reasons[record["failure"]] = reasons.get(record["failure"], 0) + 1
    return {"photos": len(records), "failures": reasons, "figures": figures}


def _title(column: Column) -> str:
    arrow = {"lower": " ↓", "higher": " ↑"}.get(column.better, "")
    return f"{column.title}{arrow}"


def _interval_text(found: Interval, digits: int) -> str:
    if not found.count:
        return "-"
    text = _number(found.mean, digits)
    if math.isfinite(found.low):
        text += f" [{_number(found.low, digits)}, {_number(found.high, digits)}]"
    return text


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def _table(rows: Sequence[Sequence[str]]) -> str:
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    lines.insert(1, f"|{'---|' * len(cells[0])}")
    return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
