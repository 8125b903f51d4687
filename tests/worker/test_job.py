"""Blender's side of the seam with the real worker behind it: `operators/jobs/job.py` and `operators/jobs/run.py`."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.processes import LIMIT, is_alive

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def job_module(load) -> ModuleType:
    return load("operators.jobs.job")


@pytest.fixture(scope="module")
def protocol(load) -> ModuleType:
    return load("core.protocol")


@pytest.fixture
def run(load) -> Iterator:
    """A fresh run; its job, if any, is ended."""
    fresh = load("operators.jobs.run").Run()
    yield fresh
    fresh.close()


@pytest.fixture
def rehearse(job_module, protocol, tmp_path: Path):
    """Start a rehearsal in a real worker."""

    def start(name: str = "rehearsal", **options: object):
        log = tmp_path / f"{name}.log"
        request = protocol.Rehearse(name, log=str(log), **options)
        return job_module.Job(name, job_module.worker_command(Path(sys.executable)), log, protocol.encode(request))

    return start


def pump_until(run, condition) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, (run.stage, run.problem)
        run.pump()
        time.sleep(0.02)


def pump_to_the_end(run) -> None:
    pump_until(run, lambda: run.pump() is None)


def test_a_run_reports_its_stages_and_hands_over_the_head(run, rehearse, tmp_path: Path) -> None:
    taken, fractions = [], []
    run.start("reconstruct", rehearse(seconds=0.5, head=str(tmp_path / "head")), lambda head: not taken.append(head))
    while run.pump() is not None:
        fractions.append(run.fraction)
        time.sleep(0.02)
    assert taken == [str(tmp_path / "head")] and run.head == taken[0]
    assert fractions == sorted(fractions) and fractions[-1] > 0.5
    assert run.problem is None and not run.active


def test_a_result_that_cannot_be_taken_yet_is_offered_again(run, rehearse, tmp_path: Path) -> None:
    answers = iter([False, False, True])
    run.start("reconstruct", rehearse(seconds=0.1, head=str(tmp_path / "head")), lambda head: next(answers))
    pump_until(run, lambda: run.waiting and run.active and run.fraction == 1)
    pump_to_the_end(run)
    assert next(answers, "all used") == "all used" and run.problem is None


def test_a_head_that_cannot_be_loaded_is_a_problem_and_no_endless_run(run, rehearse, load, tmp_path: Path) -> None:
    def refuse(head: str) -> bool:
        raise load("core.errors").FitError("The head is damaged.", "Reconstruct it again.")

    run.start("reconstruct", rehearse(seconds=0.1, head=str(tmp_path / "head")), refuse)
    pump_to_the_end(run)
    assert (run.problem.message, run.problem.hint) == ("The head is damaged.", "Reconstruct it again.")


def test_a_bug_while_loading_ends_the_run_with_a_sentence(run, rehearse, tmp_path: Path, capsys) -> None:
    run.start("reconstruct", rehearse(seconds=0.1, head=str(tmp_path / "head")), lambda head: {}["bug"])
    pump_to_the_end(run)
    assert "could not be loaded: 'bug'" in run.problem.message and not run.active
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_worker_becomes_one_problem_that_names_the_log(job_module, protocol, rehearse) -> None:
    job = rehearse(seconds=30)
    messages = []
    while not any(isinstance(message, protocol.Progress) for message in messages):
        messages += job.poll()
    os.kill(job.process_id, signal.SIGKILL)
    deadline = time.monotonic() + LIMIT
    while not job.over and time.monotonic() < deadline:
        messages += job.poll()
    failures = [message for message in messages if isinstance(message, protocol.Failed)]
    assert len(failures) == 1
    assert "killed by signal 9" in failures[0].message
    assert failures[0].hint.startswith("Close other programs") and str(job.log) in failures[0].hint
    assert failures[0].log == str(job.log)


def test_a_run_survives_its_worker_being_killed(run, rehearse) -> None:
    job = rehearse(seconds=30)
    run.start("reconstruct", job, lambda head: True)
    pump_until(run, lambda: run.fraction > 0)
    os.kill(job.process_id, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    pump_to_the_end(run)
    assert run.problem is not None and not run.active


@pytest.mark.parametrize("mishap", ["", "stuck", "noise"])
def test_cancel_leaves_no_process_no_files_and_no_problem(run, rehearse, tmp_path: Path, mishap: str) -> None:
    job = rehearse(seconds=30, head=str(tmp_path / "head"), mishap=mishap)
    taken = []
    run.start("reconstruct", job, lambda head: not taken.append(head))
    pump_until(run, lambda: run.stage == "Rehearsing")
    run.cancel()
    pump_to_the_end(run)
    assert run.notice.startswith("Cancelled") and run.problem is None and not taken
    assert not is_alive(job.process_id)
    assert [path.name for path in tmp_path.iterdir()] == ["rehearsal.log"]


def test_cancel_before_the_first_word_works_too(run, rehearse) -> None:
    job = rehearse(seconds=30)
    run.start("reconstruct", job, lambda head: True)
    run.cancel()
    pump_to_the_end(run)
    assert run.problem is None and not is_alive(job.process_id)


def test_a_process_that_ignores_the_cancel_is_ended(job_module, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(job_module, "PATIENCE", 0.3)
    job = job_module.Job("deaf", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    job.cancel()
    deadline = time.monotonic() + LIMIT
    while not job.over and time.monotonic() < deadline:
        assert job.poll() == []
        time.sleep(0.02)
    assert not is_alive(job.process_id)


def test_close_ends_the_process_before_it_returns(run, rehearse) -> None:
    job = rehearse(seconds=30)
    run.start("reconstruct", job, lambda head: True)
    run.close()
    assert not is_alive(job.process_id) and not run.active


def test_a_second_job_is_refused(run, rehearse) -> None:
    run.start("reconstruct", rehearse("first", seconds=30), lambda head: True)
    second = rehearse("second", seconds=30)
    with pytest.raises(RuntimeError, match="running already"):
        run.start("reconstruct", second, lambda head: True)
    second.close()


@pytest.mark.parametrize("mishap", ["fit_error", "unexpected", "out_of_memory"])
def test_what_goes_wrong_in_the_worker_is_told_once_with_a_hint(run, rehearse, mishap: str) -> None:
    run.start("reconstruct", rehearse(seconds=0.2, mishap=mishap), lambda head: True)
    pump_to_the_end(run)
    assert run.problem.message.endswith(".") and run.problem.hint and not run.active


def test_two_blenders_do_not_share_anything(load, rehearse, tmp_path: Path) -> None:
    runs = {name: load("operators.jobs.run").Run() for name in ("one", "two")}
    for name, run in runs.items():
        run.start("reconstruct", rehearse(name, seconds=0.5, head=str(tmp_path / name)), lambda head: True)
    for name, run in runs.items():
        pump_to_the_end(run)
        assert run.head == str(tmp_path / name)


def test_job_ids_differ(job_module) -> None:
    assert len({job_module.new_job_id() for _ in range(100)}) == 100


def test_a_python_without_the_libraries_is_named(job_module, run, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import a_library_that_is_not_there"]
    run.start("reconstruct", job_module.Job("a", command, tmp_path / "log"), lambda head: True)
    pump_to_the_end(run)
    assert "exit status 1" in run.problem.message and run.problem.hint.startswith("Install the worker again")


def test_lines_that_are_no_messages_and_other_jobs_are_dropped(job_module, protocol, tmp_path: Path) -> None:
    lines = ["hello", "[1]", '"job"', protocol.encode(protocol.Finished("other", "x")).strip()]
    lines.append(json.dumps({"kind": "finished", "head": "mine"}))  # the installer knows no job
    command = [sys.executable, "-c", f"print({chr(10).join(lines)!r})"]
    job = job_module.Job("mine", command, tmp_path / "log")
    deadline = time.monotonic() + LIMIT
    messages = []
    while not job.over and time.monotonic() < deadline:
        messages += job.poll()
    assert messages == [protocol.Finished("mine", "mine")]


def test_the_workers_environment_has_no_settings_of_blenders(job_module, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/blender")
    monkeypatch.setenv("PYTHONSTARTUP", "/x.py")
    monkeypatch.setenv("OCIO", "/blender/config.ocio")
    environment = job_module.worker_environment()
    assert "OCIO" not in environment and "PYTHONHOME" not in environment and "PYTHONSTARTUP" not in environment
    assert environment["PYTHONPATH"] == str(ROOT)


def test_a_python_that_is_not_there_raises_before_anything_runs(job_module, tmp_path: Path) -> None:
    with pytest.raises(OSError):
        job_module.Job("a", [str(tmp_path / "python")], tmp_path / "log")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["Starting", "Reading photo", "Estimating", "Writing the head"])
def test_cancel_in_a_real_reconstruction_leaves_nothing(
    stage: str, run, job_module, protocol, load, shared: Path, tmp_path: Path
) -> None:
    weights = load("core.weights")
    if not all(weight.optional or weights.available(weight.name) for weight in weights.WEIGHTS.values()):
        pytest.skip("weights are missing: run `python3 vendor_install.py install`")
    log, heads = tmp_path / "worker.log", tmp_path / "heads"
    request = protocol.Reconstruct(
        job="r",
        photos=(str(shared / "photos" / "lisa" / "lisa1.jpg"),),
        out=str(heads / "lisa"),
        settings=load("core.settings").FitSettings("draft", 512, "cpu", 0, 1),
        log=str(log),
    )
    job = job_module.Job("r", job_module.worker_command(Path(sys.executable)), log, protocol.encode(request))
    run.start("reconstruct", job, lambda head: True)
    deadline = time.monotonic() + 4 * LIMIT
    while not run.stage.startswith(stage):
        assert run.pump() is not None and time.monotonic() < deadline, (run.stage, run.problem, log.read_text())
        time.sleep(0.01)
    run.cancel()
    cancelled = time.monotonic()
    pump_to_the_end(run)
    assert time.monotonic() - cancelled < 10
    assert run.problem is None and not is_alive(job.process_id)
    assert not heads.exists() or not list(heads.iterdir())
