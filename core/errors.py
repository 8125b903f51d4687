"""What may go wrong in a way that a person can cause or cure. Standard library only."""

from __future__ import annotations


class FitError(Exception):
    """A problem that the artist can understand and act on.

    Args:
        message: One plain sentence that names the thing: what was got and what is needed.
        hint: What to do about it; starts with a verb. May be empty when nothing can be done.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class Cancelled(Exception):
    """The artist cancelled. Raised by ``report``; nothing but clean-up may follow it."""


def as_fit_error(error: BaseException, log: str = "") -> FitError:
    """Return any exception as a sentence for the artist.

    Args:
        error: What was raised.
        log: The file that holds the traceback, where there is one.
    """
    if isinstance(error, FitError):
        return error
    words = str(error).lower()
    out_of_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if "cuda" in words and (out_of_memory or "out of memory" in words):
        return FitError(
            "The reconstruction ran out of GPU memory.",
            "Choose a smaller map size, close other programs that use the GPU, or choose the CPU.",
        )
    if out_of_memory or "not enough memory" in words or "can't allocate memory" in words:
        return FitError(
            "The reconstruction ran out of memory.",
            "Choose a smaller map size or fewer photos, or close programs.",
        )
    where = f"See {log} and report it with that file." if log else "Report it with the lines above."
    return FitError(f"Something unexpected went wrong: {type(error).__name__}: {error}.", where)
