"""Reports and contact sheets of made-up records."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from benchmarks.reporting.sheets import LABEL_WIDTH, Cell, Row, draw_sheet, write_sheet
from benchmarks.reporting.statistics import by
from benchmarks.reporting.tables import Block, Column, Report, Section, markdown, write_report
from core.errors import FitError


def record(item, method, value, group, family="ict", failure=None, crash=False):
    figures = {} if failure else {"error": value, "ita": 2 * value}
    about = {"head": item, "group": group, "family": family}
    return {"item": item, "method": method, "about": about, "figures": figures, "failure": failure, "crash": crash}


RECORDS = [
    record("a", "relit", 1.0, "light"),
    record("b", "relit", 3.0, "dark"),
    record("c", "relit", None, "dark", failure="No face | at all."),
    record("a", "mean", 2.0, "light"),
    record("b", "mean", 5.0, "dark"),
    record("c", "mean", None, "dark", failure="oh", crash=True),
    record("d", "relit", 9.0, "light", family="own"),
]
REPORT = Report(
    "Accuracy",
    blocks=[Block("Shape", [Column("error", "distance, mm"), Column("ita", "spread", digits=1, spread_over="tone")])],
    sections=[
        Section("Other family", lambda r: r["about"]["family"] == "ict"),
        Section("Same", lambda r: r["about"]["family"] == "own"),
    ],
    groupings={"tone": by("group")},
    worst_of="tone",
    notes=["Quick."],
)


def test_the_page_has_means_intervals_worst_groups_spreads_and_failures():
    page = markdown(REPORT, RECORDS)
    assert "| method | distance, mm ↓ | spread ↓ | failures |" in page
    assert "| relit | 2.00 [1.00, 3.00] / dark 3.00 | 2.0 | 1 of 3 |" in page
    assert "| mean | 3.50 [2.00, 5.00] / dark 5.00 | 3.0 | 1 of 3, 1 crashed |" in page
    assert "| relit | dark | 2 | 3.00 | 1 of 2 |" in page
    assert "3 photos of 3 heads" in page and "1 photos of 1 heads" in page
    assert "Quick." in page


def test_every_row_of_a_table_has_as_many_cells_as_its_head():
    width = 0
    for line in markdown(REPORT, RECORDS).splitlines():
        if line.startswith("|"):
            width = width or line.replace("\\|", "").count("|")
            assert line.replace("\\|", "").count("|") == width
        else:
            width = 0


def test_the_json_twin_has_the_summary_and_every_item(tmp_path):
    write_report(tmp_path / "new", "accuracy", REPORT, RECORDS, {"seed": 3})
    data = json.loads((tmp_path / "new" / "accuracy.json").read_text())
    relit = data["sections"]["Other family"]["relit"]
    assert relit["figures"]["error"]["mean"] == 2.0
    assert relit["figures"]["error"]["groups"]["tone"]["dark"]["mean"] == 3.0
    assert relit["figures"]["ita spread over tone"] == 2.0
    assert relit["failures"] == {"No face | at all.": 1}
    assert data["records"] == RECORDS and data["about"] == {"seed": 3}
    assert (tmp_path / "new" / "accuracy.md").read_text().startswith("# Accuracy")


def test_a_section_without_records_says_so():
    assert "No records." in markdown(REPORT, RECORDS[:1])


def test_a_sheet_has_its_width_and_its_pictures_in_their_places(tmp_path):
    red, green = np.zeros((30, 20, 3), np.uint8), np.zeros((60, 40, 3), np.float32)
    red[..., 0], green[..., 1] = 255, 1.0
    rows = [Row("one", [Cell(red, "a caption that is far too long for so narrow a cell"), Cell(None, "none")])]
    rows.append(Row("two", [Cell(green), Cell(green[..., 1])]))
    path = write_sheet(tmp_path / "new" / "sheet.png", rows, ["first", "second"], width=700)
    pixels = np.asarray(Image.open(path))
    assert pixels.shape[1] == 700
    first = (pixels == (255, 0, 0)).all(2)
    assert first.sum() > 5000 and np.flatnonzero(first.any(0))[0] >= LABEL_WIDTH
    second = (pixels == (0, 255, 0)).all(2)
    assert np.flatnonzero(second.any(1))[0] > np.flatnonzero(first.any(1))[-1]


def test_an_empty_sheet_is_refused():
    with pytest.raises(FitError):
        draw_sheet([])
