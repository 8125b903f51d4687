"""The warm worker in Blender: who ends it, and when."""

from __future__ import annotations

import sys
import time

import bpy
import pytest

from tests.processes import LIMIT, is_alive, pump


@pytest.fixture
def session(part, preferences):
    preferences.python = sys.executable  # a rehearsal needs no libraries
    module = part("operators.jobs.session")
    yield module.session
    module.session.close()


@pytest.fixture
def ask(part, session):
    """Ask for a rehearsal; return the answers and the problems it will have."""

    def asked(**options: object) -> tuple[list, list]:
        answers, problems = [], []
        session.ask(part("core.protocol").Rehearse("", **options), answers.append, problems.append)
        return answers, problems

    return asked


def test_asking_wakes_the_timer_and_the_answer_comes_from_it(session, ask, part) -> None:
    polling = part("operators.jobs.polling")
    answers, problems = ask(seconds=0.1)
    assert bpy.app.timers.is_registered(polling._tick)
    deadline = time.monotonic() + LIMIT
    while session.busy and time.monotonic() < deadline:
        assert polling._tick() is not None
        time.sleep(0.01)
    assert len(answers) == 1 and not problems


def test_opening_a_file_ends_the_worker_and_forgets_its_requests(session, ask) -> None:
    answers, problems = ask(seconds=20.0)
    pump(session, lambda: session.warm)
    process = session._job.process_id
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not session.busy and not session.warm
    pump(session, lambda: not is_alive(process))
    assert not answers and not problems


def test_unregistering_ends_the_worker_and_the_timer(addon, session, ask, part) -> None:
    ask(seconds=20.0)
    pump(session, lambda: session.warm)
    process = session._job.process_id
    addon.unregister()
    try:
        assert not is_alive(process) and not bpy.app.timers.is_registered(part("operators.jobs.polling")._tick)
    finally:
        addon.register()


def test_without_a_worker_every_request_says_so(session, ask, preferences) -> None:
    preferences.python = ""
    answers, problems = ask()
    pump(session)
    assert not answers and "not installed" in problems[0].message and problems[0].hint.startswith("Click Install")
