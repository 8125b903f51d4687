"""Which processor computes, and with how many threads.

torch is imported inside the functions: `limit_spinning` has to run before the first `import numpy` and
`import torch` of the process, and the numpy-only parts of the core ask for the number of threads too.
"""

from __future__ import annotations

import os
import pathlib
import platform
from typing import TYPE_CHECKING

from .errors import FitError

if TYPE_CHECKING:
    import torch

SPIN_COUNT = "2000"


def limit_spinning() -> None:
    """Let idle threads sleep early; has an effect only before numpy and torch are imported.

    By default OpenMP's spin for milliseconds, which halves the speed beside any busy neighbour (a fit that
    takes 15 s on a quiet machine took over 120 s beside one, and 28 s with this setting). OpenBLAS, which
    numpy brings, always spins: its matrices here are small, so it gets one thread.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def choose_device(name: str) -> torch.device:
    """The device for "auto" (CUDA where there is one), "cpu" or "cuda".

    Raises:
        FitError: CUDA was asked for and torch sees none, or the name is none of the three.
    """
    import torch

    if name not in ("auto", "cpu", "cuda"):
        raise FitError(f"The device is {name!r}; needed: auto, cpu or cuda.", "Choose one of these in the preferences.")
    if name == "cuda" and not torch.cuda.is_available():
        raise FitError(
            f"CUDA was asked for, but torch {torch.__version__} finds no CUDA device.",
            "Choose the device 'auto' or 'cpu', or install a CUDA build of torch and its driver.",
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def choose_threads(setting: int) -> int:
    """The artist's number of threads; 0 means all physical cores but one, at least one."""
    if setting > 0:
        return setting
    return max(1, physical_cores() - 1)


def physical_cores() -> int:
    """Physical cores this process may use (two hardware threads of one core count once)."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    siblings = set()
    for cpu in allowed:
        path = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            siblings.add(path.read_text())
        except OSError:
            # Not Linux: x86 desktops usually run two threads a core, ARM ones never do.
            shares_cores = platform.machine().lower() in ("x86_64", "amd64") and len(allowed) > 2
            return max(1, len(allowed) // 2) if shares_cores else len(allowed)
    return len(siblings)


def describe(device: torch.device) -> str:
    """One line for the log and for `doctor`: the processor, its memory or threads, torch's version."""
    import torch

    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, torch {torch.__version__}"
    return f"CPU, {torch.get_num_threads()} of {physical_cores()} cores, torch {torch.__version__}"
