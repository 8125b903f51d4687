"""What several scenarios need: the demo photo, a worker, a head that is ready."""

from __future__ import annotations

import os
from pathlib import Path


def name_worker(stage) -> None:
    """Point the add-on at the Python that the environment names, on one thread."""
    preferences = stage.part("operators.worker").preferences()
    preferences.python, preferences.threads, preferences.device = os.environ["RELIT_WORKER_PYTHON"], 1, "cpu"
    preferences.heads = str(Path(stage.order["pictures"], "heads"))


def photo(stage) -> Path:
    """Return the demo's photo: the astronaut Eileen Collins, a picture by NASA in the public domain."""
    return Path(stage.order["photo"])
