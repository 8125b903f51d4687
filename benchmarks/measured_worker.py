"""The worker as it is, telling its peak memory on stderr when it ends."""

from __future__ import annotations

import atexit
import sys

from core import worker


def tell_peak_memory() -> None:
    """Print the process's peak resident memory (POSIX only: there is no such figure in Windows' Python)."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory: {peak // (1024 if sys.platform != 'darwin' else 1024**2)} MB", file=sys.stderr)


if __name__ == "__main__":
    atexit.register(tell_peak_memory)
    raise SystemExit(worker.main())
