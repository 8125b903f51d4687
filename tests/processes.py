"""What tests of background processes share: waiting for a session, and looking whether a process lives."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

LIMIT = 30.0
"""Seconds that any single answer may take on a busy machine."""


def pump(session: Any, until: Callable[[], bool] | None = None) -> None:
    """Poll a session until a condition holds, or until it is no longer busy."""
    deadline = time.monotonic() + LIMIT
    while session.busy if until is None else not until():
        assert time.monotonic() < deadline
        session.pump()
        time.sleep(0.01)


def is_alive(process_id: int) -> bool:
    """Whether a process of this id runs."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
