"""The background process: ``python -m core.worker`` reads one request and answers it; with ``--stay`` it goes on
until its standard input closes, so that libraries and models are loaded once.

The real standard output is kept for messages; whatever else is printed, by Python or by native
libraries, goes to standard error. Closing standard input cancels: the main thread stops at its next
report, and a main thread that does not get there in time is ended, together with its unfinished folder.
"""

# ruff: noqa: E402 - limit_spinning() has to run before the imports that bring numpy

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from .device import choose_threads, limit_spinning

limit_spinning()  # before the next line brings numpy

from .errors import Cancelled, FitError, as_fit_error
from .head import abandon, new_head_folder
from .protocol import (
    SUPERSEDED,
    Batch,
    Edit,
    Failed,
    Finished,
    Look,
    Looked,
    Message,
    Progress,
    ProtocolError,
    Ready,
    Rehearse,
    Request,
    decode_request,
    encode,
)

STAY = "--stay"
PATIENCE = 1.0  # seconds between the cancel and the end of a main thread that does not react
CANCELLED_STATUS = 130
BELOW_NORMAL_NICENESS = 5
BELOW_NORMAL_PRIORITY_CLASS = 0x4000  # the name Windows gives it


class Session:
    """The channel to the asker, what it asks, and whether it still wants an answer."""

    def __init__(self, channel: TextIO) -> None:
        self._channel = channel
        self._lock = threading.Lock()
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.cancelled = threading.Event()
        self.superseded = threading.Event()
        self.job = ""
        self.target: Path | None = None

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
        """Tell the asker how far the run is; raise `Cancelled` once it has cancelled or asked for something newer."""
        if self.cancelled.is_set() or self.superseded.is_set():
            raise Cancelled
        self.send(Progress(self.job, stage, float(fraction), None if preview is None else str(preview)))

    def aim_at(self, target: Path | None) -> None:
        """This head folder is being made now, or none."""
        self.target = target

    def next_line(self) -> str | None:
        """Wait for the next request; None once standard input is closed."""
        return self._lines.get()

    def listen(self) -> None:
        """Queue what comes on standard input until it closes; then make sure that the process ends soon."""
        # Not sys.stdin.read: a thread that waits there holds a lock that the interpreter needs to exit.
        rest = b""
        while chunk := os.read(0, 65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.strip() == SUPERSEDED.encode():
                    self.superseded.set()
                else:
                    self._lines.put(line.decode("utf-8", "replace"))
        self.cancelled.set()
        self._lines.put(None)
        time.sleep(PATIENCE)
        if self.target is not None:
            abandon(self.target)
        os._exit(CANCELLED_STATUS)


def main() -> int:
    """Answer requests; return the exit status: 0, 1 after a failure that ends the process, 130 after a cancel."""
    session = Session(claim_stdout())
    stays = STAY in sys.argv[1:]
    if not stays:  # somebody waits for short answers with the hand on a slider
        lower_priority()
    threading.Thread(target=session.listen, daemon=True).start()
    while (line := session.next_line()) is not None:
        failure = serve(line, session)
        if session.cancelled.is_set():
            break
        # Memory that was short once is short again: a fresh process has more of it.
        if failure is not None and (not stays or isinstance(failure, MemoryError) or "memory" in str(failure).lower()):
            return 1
        if not stays:
            return 0
    return CANCELLED_STATUS


def serve(line: str, session: Session) -> Exception | None:
    """Answer one request; return what went wrong, which the asker has been told."""
    session.job, session.target, log = "", None, ""
    session.superseded.clear()  # it was meant for the request before
    try:
        request = decode_request(line)
        session.job, session.target, log = request.job, _target(request), request.log
        session.send(Ready(session.job))
        session.send(_answer(request, session))
    except Cancelled:
        if session.superseded.is_set() and not session.cancelled.is_set():
            session.send(Failed(session.job, "Something newer was asked for."))
    except Exception as error:
        if session.cancelled.is_set():
            return error
        if not isinstance(error, FitError | ProtocolError):
            traceback.print_exc()
        told = error
        if isinstance(error, ProtocolError):
            told = FitError(
                f"The worker did not understand Blender: {error}.",
                "Install the worker again, then restart Blender.",
            )
        told = as_fit_error(told, log)
        with contextlib.suppress(Cancelled):
            session.send(Failed(session.job, told.message, told.hint, log))
        return error
    finally:
        session.target = None
    return None


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


def _target(request: Request) -> Path | None:
    """Return the head folder that the request makes, if it makes one; a batch tells of each when it begins it."""
    if isinstance(request, Batch):
        return None
    name = getattr(request, "head" if isinstance(request, Rehearse) else "out", "")
    return Path(name) if name else None


def _answer(request: Request, session: Session) -> Message:
    """Do what was asked."""
    if isinstance(request, Rehearse):
        with _unfinished_head(request):
            _rehearse(request, session)
        return Finished(request.job, request.head)
    session.report("Starting", 0.0)
    # Imported only here: torch takes seconds, and the asker should hear of us before.
    photos = [Path(photo) for photo in getattr(request, "photos", ())]
    if isinstance(request, Look):
        from .photos.photo_look import look

        _use_threads(request.threads)
        faces = [*request.faces, *[None] * len(photos)][: len(photos)]
        return Looked(request.job, tuple(look(photos, faces, session.report)))
    if isinstance(request, Edit):
        from .head_edit import answer

        _use_threads(request.threads)
        return answer(request, session.report)
    if isinstance(request, Batch):
        from .batch import make_heads

        out = Path(request.out)
        make_heads(Path(request.folder), out, request.settings, session.report, session.aim_at)
        return Finished(request.job, str(out))
    from .pipeline import fit_head

    asked = {"faces": request.faces, "pins": request.pins}
    return Finished(request.job, str(fit_head(photos, Path(request.out), request.settings, session.report, **asked)))


def _use_threads(setting: int) -> None:
    import torch

    torch.set_num_threads(choose_threads(setting))


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
    if request.mishap == "crash":
        os._exit(7)
    if request.mishap == "stuck":
        time.sleep(request.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
