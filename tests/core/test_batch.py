"""A folder of people: who they are, what is kept, what goes wrong with one of them, what the report says."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import __main__ as command_line
from core import batch
from core.batch_report import DONE, FAILED, KEPT, PAGE, TABLE, read_report
from core.errors import Cancelled, FitError
from core.settings import FitSettings

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = FitSettings("draft", 512)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ada with two photos in a folder; Bob, Eve and a text file beside it."""
    people = tmp_path / "people"
    for name in ("Ada/1.jpg", "Ada/2.JPG", "Ada/notes.txt", "Bob.png", "Eve.jpg", "list.txt", "Empty/x.txt", ".h.jpg"):
        path = people / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return people


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the method; returns the names of the heads that were made."""
    made: list[str] = []

    class Pipeline:
        @staticmethod
        def fit_head(photos, out, settings, report) -> Path:
            made.append(out.name)
            report("Fitting the shape", 0.5, None)
            if out.name == "Bob":
                raise FitError("No face was found in Bob.png.", "Choose a photo that shows the face.")
            if out.name == "Odd":
                raise ZeroDivisionError("odd")
            out.mkdir(parents=True, exist_ok=True)
            (out / "head.npz").write_bytes(b"")
            (out / "preview.png").write_bytes(b"")
            (out / "fit.json").write_text(json.dumps({"warnings": ["The face is <small>."]}))
            return out

    monkeypatch.setitem(sys.modules, "core.pipeline", Pipeline)
    return made


def make(folder: Path, out: Path, settings: FitSettings = SETTINGS, report=lambda *_: None) -> dict[str, str]:
    return {outcome.name: outcome.state for outcome in batch.make_heads(folder, out, settings, report)}


def test_sub_folders_and_loose_photos_are_people(folder: Path) -> None:
    found = {person.name: [photo.name for photo in person.photos] for person in batch.people(folder)}
    assert found == {"Ada": ["1.jpg", "2.JPG"], "Bob": ["Bob.png"], "Eve": ["Eve.jpg"]}


def test_people_of_one_name_get_folders_of_their_own(folder: Path) -> None:
    for name in ("ada.jpg", "Ada.png", "Bob.jpg"):
        (folder / name).write_text(name)
    names = [person.name for person in batch.people(folder)]
    assert len({name.lower() for name in names}) == len(names) == 6
    assert names == [person.name for person in batch.people(folder)], "the same each time, or nothing could be kept"


def test_heads_that_lie_in_the_folder_are_nobody(folder: Path, asked) -> None:
    make(folder, folder / "heads")
    assert "heads" not in [person.name for person in batch.people(folder, folder / "heads")]
    (folder / "Ada" / "head.npz").write_bytes(b"")
    assert "Ada" not in [person.name for person in batch.people(folder)]


@pytest.mark.parametrize("name", ["nowhere", "people/Empty"])
def test_nobody_is_said_plainly(folder: Path, name: str) -> None:
    with pytest.raises(FitError, match="There is no"):
        batch.people(folder.parent / name)


def test_one_bad_photo_does_not_stop_the_others(folder: Path, tmp_path: Path, asked, capsys) -> None:
    (folder / "Odd.jpg").write_text("odd")
    states = make(folder, tmp_path / "heads")
    assert states == {"Ada": DONE, "Bob": FAILED, "Eve": DONE, "Odd": FAILED}
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_is_finished_is_kept_until_photos_or_settings_change(folder: Path, tmp_path: Path, asked) -> None:
    out = tmp_path / "heads"
    make(folder, out)
    asked.clear()
    assert make(folder, out, FitSettings("draft", 512, "cpu", 0, 3)) == {"Ada": KEPT, "Bob": FAILED, "Eve": KEPT}
    assert asked == ["Bob"], "threads and device change nothing; who failed is tried again"
    (folder / "Ada" / "3.jpg").write_text("another")
    asked.clear()
    assert make(folder, out)["Ada"] == DONE and asked == ["Ada", "Bob"]
    assert make(folder, out, FitSettings("draft", 1024))["Eve"] == DONE


def test_a_head_that_was_interrupted_is_made_again(folder: Path, tmp_path: Path, asked) -> None:
    out = tmp_path / "heads"
    make(folder, out)
    (out / "Eve" / "preview.png").unlink()
    assert make(folder, out)["Eve"] == DONE


def test_progress_grows_over_everybody_and_says_who(folder: Path, tmp_path: Path, asked) -> None:
    heard = []
    make(folder, tmp_path / "heads", report=lambda *report: heard.append(report))
    fractions = [fraction for _, fraction, _ in heard]
    assert fractions == sorted(fractions) and fractions[0] == 0 and 0.5 < fractions[-1] < 1
    assert heard[1][0] == "Ada (1 of 3): Fitting the shape" and heard[-1][0].startswith("Eve (3 of 3)")


def test_the_report_is_read_again_and_shows_pictures_and_reasons(folder: Path, tmp_path: Path, asked) -> None:
    out = tmp_path / "heads"
    outcomes = batch.make_heads(folder, out, SETTINGS, lambda *_: None)
    assert read_report(out) == outcomes
    page = (out / PAGE).read_text(encoding="utf-8")
    assert 'src="Ada/preview.png"' in page and "No face was found in Bob.png." in page
    assert "&lt;small&gt;" in page and "<small>." not in page
    assert "2 new heads, 1 failed." in page and "still to come" not in page
    rows = list(csv.DictReader((out / TABLE).open(encoding="utf-8-sig", newline="")))
    assert [row["state"] for row in rows] == [DONE, FAILED, DONE]


def test_no_report_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FitError, match="no report of a batch"):
        read_report(tmp_path)
    (tmp_path / TABLE).write_text("name,state\nAda,done\n")
    with pytest.raises(FitError, match="no report of a batch"):
        read_report(tmp_path)


def test_a_cancel_keeps_what_is_finished(folder: Path, tmp_path: Path, asked) -> None:
    def report(stage: str, *_: object) -> None:
        if stage.startswith("Bob"):
            raise Cancelled

    with pytest.raises(Cancelled):
        make(folder, tmp_path / "heads", report=report)
    assert [outcome.name for outcome in read_report(tmp_path / "heads")] == ["Ada"]
    assert "2 still to come" in (tmp_path / "heads" / PAGE).read_text()


def test_a_full_disk_ends_the_batch(folder: Path, tmp_path: Path, asked, monkeypatch) -> None:
    usage = batch.shutil._ntuple_diskusage(10**10, 10**10 - 10**7, 10**7)
    monkeypatch.setattr(batch.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(FitError, match="has 10 MB left"):
        make(folder, tmp_path / "heads")
    assert not asked


def test_a_place_that_cannot_be_written_is_told(folder: Path, asked) -> None:
    with pytest.raises(FitError, match="cannot be written"):
        make(folder, folder / "Bob.png" / "heads")


def test_the_worker_learns_which_head_is_being_made(folder: Path, tmp_path: Path, asked) -> None:
    begun: list = []
    batch.make_heads(folder, tmp_path / "heads", SETTINGS, lambda *_: None, begun.append)
    assert [path and path.name for path in begun] == ["Ada", None, "Bob", None, "Eve", None]


def test_the_command_says_who_failed_and_ends_with_2(folder: Path, tmp_path: Path, asked, capsys) -> None:
    out = tmp_path / "heads"
    assert command_line.main(["batch", str(folder), "--out", str(out), "--quality", "draft", "--size", "512"]) == 2
    told = capsys.readouterr()
    assert "Bob: No face was found in Bob.png." in told.err and "1 of 3 people got no head." in told.err
    assert f"2 new heads, 1 failed. See {out / PAGE}." in told.out
    (folder / "Bob.png").unlink()
    assert command_line.main(["batch", str(folder), "--out", str(out), "--quality", "draft", "--size", "512"]) == 0
    assert "0 new heads, 2 there already." in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    source = (
        "import signal, sys, time, types\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "pipeline = types.ModuleType('core.pipeline')\n"
        "def fit_head(photos, out, settings, report):\n"
        "    report('Fitting the shape', 0.5)\n"
        "    time.sleep(60 if out.name == 'Bob' else 0)\n"
        "    out.mkdir()\n"
        "pipeline.fit_head = fit_head\n"
        "sys.modules['core.pipeline'] = pipeline\n"
        "from core.__main__ import main\n"
        "sys.exit(main(['batch', 'people', '--out', 'heads']))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while "Bob (2 of 3): Fitting" not in child.stderr.readline():
        assert child.poll() is None
    time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 130 and "Traceback" not in errors
    assert errors.strip().endswith("The finished heads are kept; run the same command again to go on.")
    assert [outcome.name for outcome in read_report(tmp_path / "heads")] == ["Ada"]
