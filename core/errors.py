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
