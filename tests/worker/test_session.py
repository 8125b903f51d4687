"""The worker that stays, and `operators/jobs/session.py` on top of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.processes import is_alive, pump


@pytest.fixture
def protocol(load):
    return load("core.protocol")


@pytest.fixture
def module(load):
    return load("operators.jobs.session")


@pytest.fixture
def started() -> list:
    """Every process that a session has started."""
    return []


@pytest.fixture
def session(module, load, started: list, tmp_path: Path) -> Iterator:
    job = load("operators.jobs.job")

    def start():
        command = job.worker_command(Path(sys.executable), module.STAY)
        started.append(job.Job("", command, tmp_path / f"session-{len(started)}.log"))
        return started[-1]

    fresh = module.Session(start)
    yield fresh
    fresh.close()


@pytest.fixture
def ask(session, protocol):
    """Ask for a rehearsal; return what becomes of it."""

    def asked(**options: object) -> SimpleNamespace:
        outcome = SimpleNamespace(answers=[], problems=[])
        request = protocol.Rehearse("", **{"seconds": 0.1, **options})
        session.ask(request, outcome.answers.append, outcome.problems.append)
        return outcome

    return asked


def test_one_process_answers_one_after_the_other(session, ask, started, tmp_path: Path) -> None:
    outcomes = [ask(head=str(tmp_path / name)) for name in ("one", "two")]
    assert session.busy and not started, "nothing happens before the timer"
    pump(session)
    assert [outcome.answers[0].head for outcome in outcomes] == [str(tmp_path / "one"), str(tmp_path / "two")]
    assert len(started) == 1 and session.warm
    assert session.pump() > 1, "an idle session is hardly looked at"


def test_a_mishap_is_told_and_the_process_stays(session, ask, started) -> None:
    bad, good = ask(mishap="fit_error"), ask()
    pump(session)
    assert bad.problems[0].message == "No face was found in rehearsal.jpg." and not bad.answers
    assert good.answers and not good.problems and len(started) == 1


def test_a_bug_names_the_log(session, ask, started) -> None:
    bad = ask(mishap="unexpected")
    pump(session)
    assert "rehearsed" in bad.problems[0].message and bad.problems[0].log == str(started[0].log)
    assert "Traceback" in started[0].log.read_text()


def test_after_short_memory_the_next_answer_comes_from_a_fresh_process(session, ask, started) -> None:
    bad, good = ask(mishap="out_of_memory"), ask()
    pump(session)
    assert "memory" in bad.problems[0].message and good.answers
    assert len(started) == 2


def test_a_crash_is_one_sentence_and_the_next_request_starts_again(session, ask, started) -> None:
    bad = ask(mishap="crash")
    pump(session)
    assert len(bad.problems) == 1 and "exit status 7" in bad.problems[0].message and not bad.answers
    good = ask()
    pump(session)
    assert good.answers and len(started) == 2


def test_a_process_that_died_while_it_waited_costs_nothing(session, ask, started) -> None:
    ask()
    pump(session)
    subprocess.Popen.kill(started[0]._process)
    started[0]._process.wait()
    later = ask()
    pump(session)
    assert later.answers and not later.problems and len(started) == 2


def test_a_python_without_libraries_is_asked_twice_and_then_told(module, load, protocol, tmp_path: Path) -> None:
    job, count, problems = load("operators.jobs.job"), [], []

    def start():
        count.append(1)
        return job.Job("", [sys.executable, "-c", "import a_library_that_is_not_there"], tmp_path / "log")

    session = module.Session(start)
    session.ask(protocol.Rehearse(""), lambda message: None, problems.append)
    pump(session)
    assert len(count) == 2 and len(problems) == 1
    assert problems[0].hint.startswith("Install the worker again")


def test_a_worker_that_cannot_start_is_a_problem_of_every_request(module, load, protocol) -> None:
    def start():
        raise load("core.errors").FitError("There is no worker.", "Install it.")

    session, problems = module.Session(start), []
    for _ in range(2):
        session.ask(protocol.Rehearse(""), lambda message: None, problems.append)
    pump(session)
    assert [(problem.message, problem.hint) for problem in problems] == [("There is no worker.", "Install it.")] * 2


def test_a_newer_request_replaces_one_that_waits(session, ask, protocol, tmp_path: Path) -> None:
    ask()
    session.pump()
    answers, problems = [], []
    for value in (1.0, 2.0, 3.0):
        request = protocol.Edit("", "no head here", {"redness": value}, size=256)
        session.ask(request, answers.append, lambda problem, value=value: problems.append(value))
    session.ask(
        protocol.Edit("", "another", {"redness": 9.0}), answers.append, lambda problem: problems.append("other")
    )
    pump(session)
    assert problems == [3.0, "other"] and not answers


def test_an_answer_may_ask_again(session, ask, protocol) -> None:
    answers = []
    session.ask(protocol.Rehearse("", 0.1), lambda message: session.ask(protocol.Rehearse("", 0.1), answers.append))
    pump(session)
    assert len(answers) == 1


def test_an_answer_that_fails_does_not_stop_the_session(session, ask, protocol, capsys) -> None:
    session.ask(protocol.Rehearse("", 0.1), lambda message: {}["bug"])
    later = ask()
    pump(session)
    assert later.answers and "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("mishap", ["", "stuck"])
def test_closing_ends_everything_at_once_and_leaves_nothing(session, ask, started, tmp_path: Path, mishap) -> None:
    ask()
    pump(session)
    head = tmp_path / "heads" / "head"
    outcome, waits = ask(seconds=20.0, head=str(head), mishap=mishap), ask()
    pump(session, lambda: head.parent.exists() and any(head.parent.iterdir()))
    begin = time.monotonic()
    session.close()
    assert time.monotonic() - begin < 4
    assert not is_alive(started[0].process_id) and not list(head.parent.iterdir())
    assert not (outcome.answers or outcome.problems or waits.answers or waits.problems)
    assert session.pump() is None


def test_closing_without_waiting_is_seen_through_by_the_timer(session, ask, started) -> None:
    ask(seconds=20.0)
    pump(session, lambda: session.warm)
    session.close(wait=False)
    later = ask()
    pump(session)
    assert later.answers and len(started) == 2
    pump(session, lambda: not is_alive(started[0].process_id))


def test_an_idle_process_is_ended(session, ask, started, module, monkeypatch) -> None:
    ask()
    pump(session)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
    pump(session, lambda: session.pump() is None)
    assert not is_alive(started[0].process_id) and not session.warm


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is read from /proc")
def test_many_requests_do_not_grow_the_process(session, ask, started) -> None:
    def pages() -> int:
        return int(Path(f"/proc/{started[0].process_id}/statm").read_text().split()[1])

    def several(count: int) -> None:
        outcomes = [ask(seconds=0.0) for _ in range(count)]
        pump(session)
        assert all(outcome.answers for outcome in outcomes)

    several(20)
    before = pages()
    several(200)
    assert (pages() - before) * os.sysconf("SC_PAGE_SIZE") < 1 << 20
    assert len(started) == 1


def test_slow_maps_give_way_to_what_is_newer_and_follow_after_it(session, ask, protocol, load, tmp_path) -> None:
    order = []
    session.ask(slow_maps(protocol, 4.0), lambda message: order.append("maps"))
    pump(session, lambda: session._current is not None and session._current.understood)
    begin = time.monotonic()
    session.ask(protocol.Rehearse("", 0.1), lambda message: order.append("look"))
    pump(session, lambda: order == ["look"])
    assert time.monotonic() - begin < 3
    pump(session)
    assert order == ["look", "maps"]


def test_slow_maps_that_were_asked_for_first_still_come_last(session, protocol) -> None:
    order = []
    session.ask(slow_maps(protocol, 4.0), lambda message: order.append("former maps"))
    pump(session, lambda: session._current is not None and session._current.understood)
    session.ask(slow_maps(protocol, 0.1), lambda message: order.append("maps"))
    session.ask(protocol.Rehearse("", 0.1), lambda message: order.append("preview"))
    pump(session)
    assert order == ["preview", "maps"]


def slow_maps(protocol, seconds: float):
    """Return a request that gives way to any other, and is about the same maps as others like it."""

    class Slow(protocol.Rehearse):
        target, gives_way = "maps", True

    return Slow("", seconds)
