"""The background process: ``python -m core.worker`` reads one request and answers it.

The real standard output is kept for messages; whatever else is printed, by Python or by native
libraries, goes to standard error. Closing standard input cancels: the main thread stops at its next
report, and a main thread that does not get there in time is ended, together with its unfinished folder.
"""

# ruff: noqa: E402 - limit_spinning() has to run before the imports that bring numpy

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from .device import limit_spinning

limit_spinning()  # before the next line brings numpy

from .errors import Cancelled, FitError, as_fit_error
from .head import abandon, new_head_folder
from .protocol import (
    Failed,
    Finished,
    Message,
    Progress,
    ProtocolError,
    Ready,
    Reconstruct,
    Rehearse,
    Request,
    decode_request,
    encode,
)

PATIENCE = 1.0  # seconds between the cancel and the end of a main thread that does not react
CANCELLED_STATUS = 130
BELOW_NORMAL_NICENESS = 5
BELOW_NORMAL_PRIORITY_CLASS = 0x4000  # the name Windows gives it


class Session:
    """The channel to the asker, and whether it still wants an answer."""

    def __init__(self, channel: TextIO) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self.cancelled = threading.Event()
        self.job = ""

    def send(self, message: Message) -> None:
        """Write one message; an asker that is gone counts as a cancel."""
        try:
            with self._lock:
                self._channel.write(encode(message))
                self._channel.flush()
        except OSError as error:
            self.cancelled.set()
            raise Cancelled from error

    def report(self, stage: str, fraction: float, preview: Path | None = None) -> None:
        """Tell the asker how far the run is; raise `Cancelled` once it has cancelled."""
        if self.cancelled.is_set():
            raise Cancelled
        self.send(Progress(self.job, stage, float(fraction), None if preview is None else str(preview)))


def main() -> int:
    """Answer one request; return the exit status: 0, 1 after a failure, 130 after a cancel."""
    session = Session(claim_stdout())
    lower_priority()
    log = ""
    try:
        request = decode_request(sys.stdin.readline())
        session.job, log = request.job, request.log
        threading.Thread(target=_watch, args=(session, _target(request)), daemon=True).start()
        session.send(Ready(session.job))
        session.send(Finished(session.job, _answer(request, session)))
        return 0
    except Cancelled:
        return CANCELLED_STATUS
    except Exception as error:
        if session.cancelled.is_set():
            return CANCELLED_STATUS
        if not isinstance(error, FitError):
            traceback.print_exc()
        if isinstance(error, ProtocolError):
            error = FitError(
                f"The worker did not understand Blender: {error}.",
                "Install the worker again, then restart Blender.",
            )
        failure = as_fit_error(error, log)
        with contextlib.suppress(Cancelled):
            session.send(Failed(session.job, failure.message, failure.hint, log))
        return 1


def claim_stdout() -> TextIO:
    """Return the real standard output, and point file descriptor 1 at standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return channel


def lower_priority() -> None:
    """Leave the processor to Blender whenever it wants it."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.SetPriorityClass(kernel.GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(BELOW_NORMAL_NICENESS)


def _watch(session: Session, target: Path | None) -> None:
    """Wait until standard input closes; then make sure that the process ends soon."""
    # Not sys.stdin.read: a thread that waits there holds a lock that the interpreter needs to exit.
    while os.read(0, 4096):
        pass
    session.cancelled.set()
    time.sleep(PATIENCE)
    if target is not None:
        abandon(target)
    os._exit(CANCELLED_STATUS)


def _target(request: Request) -> Path | None:
    name = request.out if isinstance(request, Reconstruct) else request.head
    return Path(name) if name else None


def _answer(request: Request, session: Session) -> str:
    """Do what was asked and return the head folder."""
    if isinstance(request, Rehearse):
        with _unfinished_head(request):
            _rehearse(request, session)
        return request.head
    session.report("Starting", 0.0)
    # Only here: torch takes seconds to import, and the asker should hear of us before.
    from .pipeline import fit_head

    photos = [Path(photo) for photo in request.photos]
    return str(fit_head(photos, Path(request.out), request.settings, session.report))


@contextlib.contextmanager
def _unfinished_head(request: Rehearse) -> Iterator[None]:
    if not request.head or Path(request.head).exists():
        yield
        return
    with new_head_folder(Path(request.head)) as part:
        (part / "unfinished").write_bytes(b"rehearsal")
        yield


def _rehearse(request: Rehearse, session: Session) -> None:
    steps = 20
    for step in range(steps):
        session.report("Rehearsing", step / steps)
        if request.mishap == "noise":
            print("noise from Python", flush=True)
            os.write(1, b"noise from a native library\n")
        if step == steps // 2:
            _have_mishap(request)
        time.sleep(request.seconds / steps)


def _have_mishap(request: Rehearse) -> None:
    if request.mishap == "fit_error":
        raise FitError("No face was found in rehearsal.jpg.", "Choose a photo that shows the face.")
    if request.mishap == "unexpected":
        raise KeyError("rehearsed")
    if request.mishap == "out_of_memory":
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
    if request.mishap == "stuck":
        time.sleep(request.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
