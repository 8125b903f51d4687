"""A warm worker for short requests: libraries and models are loaded once, then an answer takes a fraction of a second.

No ``bpy`` here but to find the worker: :mod:`.polling` calls :meth:`Session.pump` from Blender's timer, tests call it
themselves.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...core.errors import FitError
from ...core.protocol import LAST_WORDS, SUPERSEDED, Edit, Failed, Look, Message, Ready, Rehearse, encode
from .job import Job, new_job_id, worker_command
from .run import Problem

STAY = "--stay"
BUSY_INTERVAL = 0.02  # seconds between two looks at a process that computes
IDLE_INTERVAL = 5.0  # and at one that waits
IDLE_SECONDS = 600.0  # after which a process that waits is ended: it holds about a gigabyte
Asked = Look | Edit | Rehearse
Answer = Callable[[Message], None]
Trouble = Callable[[Problem], None]


@dataclass(eq=False)
class _Question:
    request: Asked
    on_answer: Answer
    on_problem: Trouble | None
    tries: int = 0
    understood: bool = False
    dropped: bool = False

    @property
    def target(self) -> tuple[str, object]:
        return self.request.kind, getattr(self.request, "target", self)

    @property
    def gives_way(self) -> bool:
        return getattr(self.request, "gives_way", False)


class Session:
    """Requests to one process, one after the other.

    Args:
        start: Starts the process; raises `FitError` where it cannot.
        wake: Called when :meth:`pump` has something to do.
    """

    def __init__(self, start: Callable[[], Job], wake: Callable[[], None] = lambda: None) -> None:
        self._start = start
        self.wake = wake
        self._job: Job | None = None
        self._ending: list[Job] = []
        self._waiting: list[_Question] = []
        self._current: _Question | None = None
        self._used = 0.0

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._current is not None or bool(self._waiting)

    @property
    def warm(self) -> bool:
        """Whether the process is there."""
        return self._job is not None

    def ask(self, request: Asked, on_answer: Answer, on_problem: Trouble | None = None) -> None:
        """Ask for something, without waiting for it.

        A request that still waits is replaced, in its place, by a newer one of the same kind about the same thing;
        nobody hears of it again. One that `gives_way` comes after everything else; one at work starts again then.

        Args:
            request: Its ``job`` and ``log`` are filled in here.
            on_answer: Called with the answer from Blender's timer, never from here.
            on_problem: Called instead when it went wrong.
        """
        question = _Question(request, on_answer, on_problem)
        for place, other in enumerate(self._waiting):
            if other.target == question.target:
                self._waiting[place] = question
                break
        else:
            self._waiting.append(question)
        self._hurry()
        if self._current is None and self._job is not None:
            self._ask_next()  # Blender draws before its timers run, and the process can work meanwhile
        self.wake()

    def close(self, wait: bool = True) -> None:
        """End the process and forget every request.

        Args:
            wait: Until the process is gone; otherwise :meth:`pump` sees to that.
        """
        self._waiting.clear()
        self._current = None
        self._end()
        if wait:
            for job in self._ending:
                job.close()
            self._ending.clear()

    def pump(self) -> float | None:
        """Hand out answers, ask what waits; return the seconds until the next look, None when nothing runs."""
        for job in self._ending:
            job.poll()
        self._ending = [job for job in self._ending if not job.over]
        if self._job is not None:
            for message in self._job.poll():
                self._take(message)
        if self._job is not None and self._job.over:
            self._job = None
            self._lost()
        if self._current is None and self._waiting:
            self._ask_next()
        if self.busy or self._ending:
            return BUSY_INTERVAL
        if self._job is not None and time.monotonic() - self._used > IDLE_SECONDS:
            self._end()
            return BUSY_INTERVAL
        return None if self._job is None else IDLE_INTERVAL

    def _hurry(self) -> None:
        """End the request at work if it gives way, and queue it again."""
        current = self._current
        if current is None or current.dropped or not current.gives_way:
            return
        current.dropped = True
        self._job.send(SUPERSEDED + "\n")
        if all(other.target != current.target for other in self._waiting):
            self._waiting.append(_Question(current.request, current.on_answer, current.on_problem))

    def _ask_next(self) -> None:
        self._current = question = min(self._waiting, key=lambda other: other.gives_way)
        self._waiting.remove(question)
        question.tries += 1
        question.understood = False
        self._used = time.monotonic()
        try:
            if self._job is None:
                self._job = self._start()
            question.request = replace(question.request, job=new_job_id(), log=str(self._job.log))
            self._job.send(encode(question.request))
        except FitError as error:
            self._finish(None, Problem(error.message, error.hint))

    def _take(self, message: Message) -> None:
        question = self._current
        if question is None or message.job not in ("", question.request.job):
            return
        if isinstance(message, Ready):
            question.understood = True
        elif isinstance(message, Failed) and message.job:
            self._finish(None, Problem(message.message, message.hint, message.log))
        elif isinstance(message, Failed):
            self._lost(Problem(message.message, message.hint, message.log))
        elif isinstance(message, LAST_WORDS):
            self._finish(message, None)

    def _lost(self, problem: Problem | None = None) -> None:
        """The process is gone; what it never acknowledged is asked again, once."""
        question = self._current
        if question is None:
            return
        if not question.understood and question.tries == 1 and not question.dropped:
            self._current = None
            self._waiting.insert(0, question)
            return
        log = question.request.log
        self._finish(None, problem or Problem("The worker ended before it was done.", f"Try again. See {log}.", log))

    def _finish(self, answer: Message | None, problem: Problem | None) -> None:
        question, self._current = self._current, None
        self._used = time.monotonic()
        try:
            if question.dropped:
                return
            if answer is not None:
                question.on_answer(answer)
            elif question.on_problem is not None:
                question.on_problem(problem)
        except Exception:  # a timer that raises stops for ever
            traceback.print_exc()

    def _end(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._ending.append(self._job)
            self._job = None


def start_worker() -> Job:
    """Start the worker that stays.

    Raises:
        FitError: When it is not installed or cannot be started.
    """
    from ..reconstruct.fit import remove_old_logs
    from . import worker

    python = worker.worker_python()
    if python is None:
        raise FitError(*worker.missing_worker_sentences())
    log = worker.log_folder() / f"session-{new_job_id()}.log"
    remove_old_logs(log.parent)
    try:
        return Job("", worker_command(python, STAY), log)
    except OSError as error:
        raise FitError(
            f"The worker could not be started: {error.strerror or error}.",
            "Install it again, or name another Python in the preferences.",
        ) from error


session = Session(start_worker)
