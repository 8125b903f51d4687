"""What is running now, and how the last run ended. A module object: undo and file loads do not touch it.

No ``bpy`` here: :mod:`.polling` calls :meth:`Run.pump` from Blender's timer, tests call it themselves.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import FitError
from ...core.protocol import Failed, Finished, Message, Progress
from .job import Job
from .time_left import Clock

INTERVAL = 0.2  # seconds between two looks at the process
RECONSTRUCT = "reconstruct"
BATCH = "batch"
INSTALL = "install"
DOCTOR = "doctor"


@dataclass(frozen=True)
class Problem:
    """Why the last run failed: one sentence, what to do about it, and the file with the details."""

    message: str
    hint: str = ""
    log: str = ""


class Run:
    """At most one job at a time.

    Attributes:
        kind: One of :data:`RECONSTRUCT`, :data:`BATCH`, :data:`INSTALL` and :data:`DOCTOR`; empty before the first run.
        stage: What the job is doing, in words.
        fraction: How much of it is done, in [0, 1].
        preview: A picture of the state, where there is one.
        clock: Tells how long the job has taken and will take.
        seconds: How long the process of the last job took.
        problem: Why the last run failed, or None.
        notice: What the last run has to say when it did not fail.
        folder: What the notice speaks of, to be opened; empty where there is nothing.
        notes: What the last head's photos left open, in sentences.
        head: The last head folder that was made; empty before.
        elsewhere: Whether the artist has opened another file since the run began.
    """

    def __init__(self) -> None:
        self._job: Job | None = None
        self._deliver: Callable[[str], bool] | None = None
        self._result: str | None = None
        self._cancelling = False
        self.kind = ""
        self.stage = ""
        self.fraction = 0.0
        self.preview = ""
        self.problem: Problem | None = None
        self.notice = self.folder = ""
        self.notes: tuple[str, ...] = ()
        self.clock = Clock()
        self.seconds = 0.0
        self.head = ""
        self.elsewhere = False

    @property
    def active(self) -> bool:
        """Whether a job runs, is being cancelled, or waits to hand over its result."""
        return self._job is not None

    @property
    def cancelling(self) -> bool:
        """Whether the artist has cancelled and the process is not gone yet."""
        return self._cancelling

    @property
    def waiting(self) -> bool:
        """Whether the work is done and its result waits until Blender can take it."""
        return self._result is not None

    def start(self, kind: str, job: Job, deliver: Callable[[str], bool], expected: float = 0.0) -> None:
        """Watch a job.

        Args:
            kind: What it is.
            job: The running process.
            deliver: Called with the result of a job that went well; returns False while it cannot be
                taken yet, and is called again later. Raises `FitError` when it cannot be taken at all.
            expected: Seconds that it is expected to take; 0 when nobody knows.

        Raises:
            RuntimeError: When a job is running.
        """
        if self.active:
            raise RuntimeError("A job is running already.")
        self._job, self._deliver = job, deliver
        self._result, self._cancelling, self.elsewhere = None, False, False
        self.kind, self.stage, self.fraction, self.preview = kind, "Starting", 0.0, ""
        self.clock = Clock(expected)
        self.dismiss()

    def cancel(self) -> None:
        """Stop the job; harmless when there is none."""
        if self._job is not None:
            self._cancelling = True
            self.stage = "Cancelling"
            self._job.cancel()

    def close(self) -> None:
        """Stop the job and wait until its process is gone."""
        if self._job is not None:
            self._job.close()
            self._end()

    def fail(self, message: str, hint: str = "", log: str = "") -> None:
        """Keep a problem for the panel."""
        self.dismiss()
        self.problem = Problem(message, hint, log)

    def dismiss(self) -> None:
        """Forget how the last run ended."""
        self.problem, self.notice, self.folder, self.notes = None, "", "", ()

    def pump(self) -> float | None:
        """Take the job's messages; return the seconds until the next look, None when it is over."""
        if self._job is None:
            return None
        for message in self._job.poll():
            self._take(message)
        if not self._job.over:
            return INTERVAL
        if self._result is not None and not self._cancelling and not self._delivered():
            return INTERVAL
        if self._cancelling:
            self.notice = "Cancelled; nothing was changed."
        self._end()
        return None

    def _take(self, message: Message) -> None:
        if isinstance(message, Progress):
            self.stage, self.fraction = message.stage, message.fraction
            self.clock.progress(message.fraction)
            self.preview = message.preview or self.preview
        elif isinstance(message, Finished):
            self._result, self.fraction, self.seconds = message.head, 1.0, self.clock.elapsed
            if self.kind == RECONSTRUCT:
                self.head = message.head
        elif isinstance(message, Failed):
            self.fail(message.message, message.hint, message.log)

    def _delivered(self) -> bool:
        try:
            return self._deliver(self._result)
        except FitError as error:
            self.fail(error.message, error.hint)
        except Exception as error:  # a timer that raises would leave the job unfinished for ever
            traceback.print_exc()
            name = Path(self._result).name
            self.fail(f"The head {name} could not be loaded: {error}.", "Click Load Head to try again.")
        return True

    def _end(self) -> None:
        self._job = self._deliver = self._result = None
        self._cancelling = False
        self.stage, self.fraction = "", 0.0


run = Run()
