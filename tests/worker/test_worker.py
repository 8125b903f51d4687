"""The real worker process, driven the way Blender drives it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from core.protocol import Failed, Finished, Message, Progress, Ready, Reconstruct, Rehearse, decode, encode
from core.settings import FitSettings

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30.0  # seconds any single answer may take on a busy machine


class Worker:
    """One worker process with its messages in a queue."""

    def __init__(self, log: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-m", "core.worker"],
                cwd=log.parent,
                env={**environment, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
            )
        self._messages: queue.Queue[Message | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, line: str) -> None:
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def next(self) -> Message | None:
        """The next message; None once the worker has closed its side."""
        return self._messages.get(timeout=LIMIT)

    def rest(self) -> list[Message]:
        return list(iter(self.next, None))

    def wait_for(self, fraction: float) -> None:
        while not (isinstance(message := self.next(), Progress) and message.fraction >= fraction):
            assert message is not None, self.log.read_text()

    def cancel(self) -> float:
        """Close its standard input; return the seconds until the process was gone."""
        start = time.monotonic()
        self.process.stdin.close()
        self.process.wait(LIMIT)
        return time.monotonic() - start

    def _read(self) -> None:
        for line in self.process.stdout:
            self._messages.put(decode(line))
        self._messages.put(None)


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    with contextlib.ExitStack() as stack:
        count = iter(range(100))

        def starter() -> Worker:
            worker = Worker(tmp_path / f"worker-{next(count)}.log")
            stack.callback(worker.process.wait, LIMIT)
            stack.callback(worker.process.kill)
            return worker

        yield starter


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.suffix != ".log"]


def test_a_rehearsal_runs_from_ready_to_finished(start, tmp_path: Path) -> None:
    worker = start()
    worker.ask(encode(Rehearse("seven", seconds=0.2, head=str(tmp_path / "head"))))
    messages = worker.rest()
    assert messages[0] == Ready("seven")
    assert messages[-1] == Finished("seven", str(tmp_path / "head"))
    fractions = [message.fraction for message in messages[1:-1]]
    assert fractions == sorted(fractions) and 0 <= fractions[0] <= fractions[-1] <= 1
    assert {message.job for message in messages} == {"seven"}
    assert worker.process.wait(LIMIT) == 0
    assert worker.log.read_text() == ""
    assert leftovers(tmp_path) == ["head"]


def test_cancel_in_the_middle_ends_at_once_and_leaves_nothing(start, tmp_path: Path) -> None:
    worker = start()
    worker.ask(encode(Rehearse("a", seconds=20, head=str(tmp_path / "head"))))
    worker.wait_for(0.05)
    assert worker.cancel() < 3
    assert worker.process.returncode == 130
    assert not [message for message in worker.rest() if isinstance(message, Finished | Failed)]
    assert leftovers(tmp_path) == []


def test_cancel_ends_a_worker_that_does_not_report(start, tmp_path: Path) -> None:
    worker = start()
    worker.ask(encode(Rehearse("a", seconds=8, head=str(tmp_path / "head"), mishap="stuck")))
    worker.wait_for(0.5)
    assert worker.cancel() < 5
    assert worker.process.returncode == 130
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_worker_closes_its_side_without_a_last_word(start) -> None:
    worker = start()
    worker.ask(encode(Rehearse("a", seconds=20)))
    worker.wait_for(0.0)
    worker.process.send_signal(signal.SIGKILL)
    assert not [message for message in worker.rest() if isinstance(message, Finished | Failed)]
    assert worker.process.wait(LIMIT) == -signal.SIGKILL


def test_what_is_printed_goes_to_the_log_and_not_between_the_messages(start) -> None:
    worker = start()
    worker.ask(encode(Rehearse("a", seconds=0.2, mishap="noise")))
    messages = worker.rest()
    assert isinstance(messages[-1], Finished)
    assert "noise from Python" in worker.log.read_text()
    assert "noise from a native library" in worker.log.read_text()


def test_two_workers_do_not_mix_their_messages(start, tmp_path: Path) -> None:
    workers = {name: start() for name in ("first", "second")}
    for name, worker in workers.items():
        worker.ask(encode(Rehearse(name, seconds=0.4, head=str(tmp_path / name))))
    for name, worker in workers.items():
        messages = worker.rest()
        assert {message.job for message in messages} == {name}
        assert messages[-1] == Finished(name, str(tmp_path / name))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json\n", "did not understand Blender"),
        ('{"kind": "dance", "job": "a"}\n', "did not understand Blender"),
        ('{"kind": "rehearse"}\n', "did not understand Blender"),
        ('{"kind": "rehearse", "job": "a", "version": 99}\n', "protocol 99"),
        ("\n", "did not understand Blender"),
    ],
)
def test_a_bad_request_is_answered_with_one_sentence(start, line: str, words: str) -> None:
    worker = start()
    worker.ask(line)
    (message,) = worker.rest()
    assert isinstance(message, Failed)
    assert words in message.message and message.hint.startswith("Install")
    assert worker.process.wait(LIMIT) == 1


def test_settings_that_are_not_allowed_are_named(start) -> None:
    request = json.loads(encode(Reconstruct("a", ("photo.jpg",), "head")))
    request["settings"]["map_size"] = 999
    worker = start()
    worker.ask(json.dumps(request) + "\n")
    assert "map size is 999" in worker.rest()[-1].message


@pytest.mark.parametrize(
    ("mishap", "message", "hint"),
    [
        ("fit_error", "No face was found in rehearsal.jpg.", "Choose a photo that shows the face."),
        (
            "out_of_memory",
            "The reconstruction ran out of GPU memory.",
            "Choose a smaller map size, close other",
        ),
        ("unexpected", "Something unexpected went wrong: KeyError: 'rehearsed'.", "See the.log"),
    ],
)
def test_a_mishap_becomes_one_failed_message(start, tmp_path: Path, mishap: str, message: str, hint: str) -> None:
    worker = start()
    worker.ask(encode(Rehearse("a", 0.2, head=str(tmp_path / "head"), mishap=mishap, log="the.log")))
    failed = worker.rest()[-1]
    assert isinstance(failed, Failed)
    assert (failed.job, failed.message, failed.log) == ("a", message, "the.log")
    assert failed.hint.startswith(hint)
    assert worker.process.wait(LIMIT) == 1
    assert ("Traceback" in worker.log.read_text()) == (mishap != "fit_error")
    assert leftovers(tmp_path) == []


def test_the_worker_runs_below_normal_priority(start) -> None:
    if sys.platform == "win32":
        pytest.skip("os.getpriority is for POSIX systems")
    worker = start()
    worker.ask(encode(Rehearse("a", seconds=20)))
    worker.wait_for(0.0)
    assert os.getpriority(os.PRIO_PROCESS, worker.process.pid) > os.getpriority(os.PRIO_PROCESS, 0)


def test_a_photo_that_is_missing_is_told_through_the_whole_worker(start, tmp_path: Path) -> None:
    worker = start()
    worker.ask(encode(Reconstruct("a", (str(tmp_path / "gone.jpg"),), str(tmp_path / "head"))))
    messages = worker.rest()
    assert messages[0] == Ready("a")
    assert isinstance(messages[-1], Failed) and "gone.jpg" in messages[-1].message
    assert "Traceback" not in worker.log.read_text()
    assert leftovers(tmp_path) == []


def test_a_real_reconstruction_can_be_cancelled(start, tmp_path: Path, tmp_path_factory) -> None:
    data = pytest.importorskip("skimage.data", reason="the demo's photo comes with scikit-image")
    photo = tmp_path_factory.mktemp("photo") / "astronaut.png"
    Image.fromarray(data.astronaut()).save(photo)
    worker = start()
    settings = FitSettings(map_size=512, device="cpu", threads=1)
    worker.ask(encode(Reconstruct("a", (str(photo),), str(tmp_path / "head"), settings)))
    worker.wait_for(0.2)
    assert len(leftovers(tmp_path)) == 1  # the head under construction
    assert worker.cancel() < 5
    assert worker.process.returncode == 130
    assert leftovers(tmp_path) == []
