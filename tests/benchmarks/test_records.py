"""Records survive an interrupt and are made again when what they depend on has changed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reporting.records import Progress, RecordStore, Task, code_version, run_tasks
from core.errors import FitError


def counted(calls: list, value=1.0):
    def measure():
        calls.append(value)
        return {"error": value}

    return measure


def test_a_second_run_measures_nothing(tmp_path):
    calls: list = []
    tasks = [Task(f"photo {i}", "fit", counted(calls, float(i))) for i in range(3)]
    first = run_tasks(RecordStore(tmp_path, {"code": "a"}), tasks, lambda _: None)
    second = run_tasks(RecordStore(tmp_path, {"code": "a"}), tasks, lambda _: None)
    assert len(calls) == 3
    assert first == second
    assert [record["figures"]["error"] for record in second] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("change", ["version", "settings", "method", "item"])
def test_whatever_a_record_depends_on_makes_it_new(tmp_path, change):
    calls: list = []
    run_tasks(RecordStore(tmp_path, {"code": "a"}), [Task("p", "fit", counted(calls), {"size": 512})], lambda _: None)
    store = RecordStore(tmp_path, {"code": "b" if change == "version" else "a"})
    task = Task(
        "q" if change == "item" else "p",
        "mean" if change == "method" else "fit",
        counted(calls),
        {"size": 256 if change == "settings" else 512},
    )
    run_tasks(store, [task], lambda _: None)
    assert len(calls) == 2


def test_names_that_differ_only_in_odd_characters_do_not_collide(tmp_path):
    store = RecordStore(tmp_path, {})
    assert store.path(Task("a/b", "m", dict)) != store.path(Task("a b", "m", dict))


def test_a_damaged_record_is_made_again(tmp_path):
    calls: list = []
    store, task = RecordStore(tmp_path, {}), Task("p", "fit", counted(calls))
    run_tasks(store, [task], lambda _: None)
    store.path(task).write_text("{", encoding="utf-8")
    run_tasks(store, [task], lambda _: None)
    assert len(calls) == 2


def test_a_refusal_is_kept_and_a_crash_is_tried_again(tmp_path):
    calls: list = []

    def refuse():
        calls.append("refused")
        raise FitError("There is no face in the photo.", "Choose another.")

    def crash():
        calls.append("crashed")
        raise ZeroDivisionError("oh")

    store = RecordStore(tmp_path, {})
    for _ in range(2):
        records = run_tasks(store, [Task("p", "fit", refuse), Task("q", "fit", crash)], lambda _: None)
    assert calls == ["refused", "crashed", "crashed"]
    assert records[0]["failure"] == "There is no face in the photo." and not records[0]["crash"]
    assert records[1]["crash"] and "ZeroDivisionError" in records[1]["failure"] and "oh" in records[1]["log"]


def test_numbers_and_notes_are_kept_apart_and_json_can_hold_them(tmp_path):
    store, values = RecordStore(tmp_path, {}), {"a": np.float32(2), "b": float("nan"), "m": np.eye(2), "w": "word"}
    task = Task("p", "fit", lambda: values, about={"tone": np.int64(3)})
    run_tasks(store, [task], lambda _: None)
    record = store.load(task)
    assert record["figures"] == {"a": 2.0, "b": None}
    assert record["notes"] == {"m": [[1.0, 0.0], [0.0, 1.0]], "w": "word"}
    assert record["about"] == {"tone": 3}


def test_nothing_half_written_is_left(tmp_path):
    store, task = RecordStore(tmp_path, {}), Task("p", "fit", lambda: {"a": 1.0})
    run_tasks(store, [task], lambda _: None)
    assert [path.name for path in store.path(task).parent.iterdir()] == [store.path(task).name]


def test_progress_counts_and_does_not_speak_of_what_was_there():
    lines: list[str] = []
    progress = Progress(3, "accuracy", lines.append)
    progress.step("old", fresh=False)
    progress.step("new")
    assert len(lines) == 1
    assert lines[0].startswith("accuracy [2/3] new (")


def test_the_code_version_follows_the_code_alone(tmp_path, monkeypatch):
    from benchmarks.reporting import records

    monkeypatch.setattr(records, "ROOT", tmp_path)
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.py").write_text("x = 1")
    versions = []
    for name, text in (("a.py", "x = 1"), ("notes.txt", "hello"), ("a.py", "x = 2"), ("b.py", "")):
        (tmp_path / "core" / name).write_text(text)
        records._code_version.cache_clear()
        versions.append(code_version("core"))
    records._code_version.cache_clear()
    assert versions[0] == versions[1]
    assert len({versions[0], versions[2], versions[3]}) == 3
    with pytest.raises(SystemExit, match="no missing"):
        code_version("missing")
