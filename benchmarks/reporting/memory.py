"""The most memory that this process has held."""

from __future__ import annotations

import sys
from pathlib import Path


def forget_peak_memory() -> bool:
    """Start the measurement of peak memory anew; return whether the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def peak_memory_mb() -> int:
    """Peak resident memory in MB since `forget_peak_memory` (elsewhere than on Linux: since the start).

    POSIX only: Python has no such figure on Windows.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 if sys.platform != "darwin" else 1024**2)
