"""One background process as Blender sees it: start it, poll it, cancel it. No ``bpy`` here."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from ...core.protocol import LAST_WORDS, Failed, Message, ProtocolError, decode

EXTENSION_ROOT = Path(__file__).resolve().parents[2]
CANCELLED_STATUS = 130
PATIENCE = 3.0  # seconds that a cancelled process has to end by itself
TAIL_BYTES = 2000


def new_job_id() -> str:
    """Return a name for a run that no other run has, in this Blender or another."""
    return uuid.uuid4().hex[:12]


def worker_command(python: Path, *options: str) -> list[str]:
    """Return the command line of the worker that a Python runs."""
    return [str(python), "-s", "-m", "core.worker", *options]


def worker_environment() -> dict[str, str]:
    """Return Blender's environment without what would change another Python or its colours.

    Blender sets ``PYTHON*`` for itself, and 5.2 sets ``OCIO``.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name != "OCIO"}
    return {**kept, "PYTHONPATH": str(EXTENSION_ROOT), "PYTHONUTF8": "1"}


class Job:
    """A process that answers with protocol messages, one a line; poll it, or cancel it.

    A process that ends without a last word becomes one `Failed` that names the log. No message comes
    after :meth:`cancel`.

    Args:
        name: The job's id; messages of other jobs are dropped. Empty: messages of all jobs are handed out.
        command: The command line.
        log: File that receives the standard error.
        request: What is written to the standard input, which then stays open: closing it cancels.

    Raises:
        OSError: When the process cannot be started.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, request: str = "") -> None:
        self.name = name
        self.log = log
        self._cancelled_at: float | None = None
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                list(command),
                cwd=log.parent,
                env=worker_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                errors="replace",
                creationflags=subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0,
            )
        self.send(request)
        self._reader = threading.Thread(target=self._read, name=f"relit-{name}", daemon=True)
        self._reader.start()

    @property
    def process_id(self) -> int:
        """The operating system's id of the process."""
        return self._process.pid

    @property
    def over(self) -> bool:
        """Whether the process is gone and every message has been handed out."""
        return not self._reader.is_alive() and self._messages.empty()

    def poll(self) -> list[Message]:
        """Return the messages that came since the last call, without waiting."""
        if self._cancelled_at is not None:
            if self._process.poll() is None and time.monotonic() - self._cancelled_at > PATIENCE:
                self._process.kill()
            while not self._messages.empty():
                self._messages.get()
            return []
        return [self._messages.get() for _ in range(self._messages.qsize())]

    def send(self, request: str) -> None:
        """Write to the standard input; a process that is gone already is reported by the reader."""
        with contextlib.suppress(OSError):
            self._process.stdin.write(request)
            self._process.stdin.flush()

    def cancel(self) -> None:
        """Ask the process to stop, without waiting for it; :meth:`poll` ends one that does not listen."""
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def close(self) -> None:
        """Cancel and wait until the process is gone, by force if it must be."""
        self.cancel()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(PATIENCE)

    def _read(self) -> None:
        last = None
        for line in self._process.stdout:
            with contextlib.suppress(ProtocolError):  # a library's stray print is no message
                message = decode(self._with_job(line))
                if self.name in ("", message.job):
                    last = message
                    self._messages.put(message)
        status = self._process.wait()
        if not isinstance(last, LAST_WORDS) and status != CANCELLED_STATUS:
            self._messages.put(self._last_word(status))

    def _with_job(self, line: str) -> str:
        """Return the line with our id where it names no job: the installer knows of none."""
        try:
            values = json.loads(line)
            return line if "job" in values else json.dumps({**values, "job": self.name})
        except (ValueError, TypeError):
            return line

    def _last_word(self, status: int) -> Failed:
        how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
        hint = f"Try again; if it happens again, report it with {self.log}."
        if "MemoryError" in _tail(self.log) or status == -9:
            hint = f"Close other programs or choose a smaller map size, then try again. Details: {self.log}."
        elif "No module named" in _tail(self.log):
            hint = "Install the worker again, or name a Python that has Relit's libraries in the preferences."
        return Failed(self.name, f"The worker {how} before it was done.", hint, str(self.log))


def _tail(log: Path) -> str:
    """Return the end of a log file, empty where there is none."""
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", "replace")
    return ""
