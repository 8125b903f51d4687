"""Files that are written for the artist: why that failed in a sentence, and nothing half-written left behind."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...core.errors import FitError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_ENTRY = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextlib.contextmanager
def said_plainly(place: Path) -> Iterator[None]:
    """Turn errors of the disk in the block into a `FitError` about ``place``, the file or folder to write."""
    try:
        yield
    except OSError as error:
        raise disk_error(place, error) from error


def disk_error(place: Path, error: OSError) -> FitError:
    """Return an error of the disk as a sentence."""
    if error.errno in _FULL:
        return FitError(f"The disk is full: {place} was not written.", "Free some space, or choose another disk.")
    if error.errno in _NO_ENTRY:
        return FitError(f"{place} cannot be written: there is no permission.", "Choose a folder that you may write to.")
    if error.errno == errno.ENAMETOOLONG:
        return FitError(f"The name {place.name[:40]}… or its path is too long.", "Choose a shorter one.")
    reason = error.strerror or str(error)
    return FitError(f"{place} cannot be written: {reason}.", "Choose another folder or name.")


def require_space(folder: Path, needed: int) -> None:
    """Raise `FitError` when the disk of ``folder`` has less than ``needed`` bytes left.

    Some exporters do not notice when a disk is full, and leave a file that ends in the middle.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise FitError(
            f"The disk of {folder} has {free / 1e6:.0f} MB left; the export needs about {needed / 1e6:.0f} MB.",
            "Free some space, or choose another disk.",
        )


@contextlib.contextmanager
def replacing(paths: Sequence[Path]) -> Iterator[None]:
    """Keep the files at ``paths`` aside while the block writes new ones; put them back when it fails.

    Raises:
        OSError: The place cannot be written.
    """
    aside: list[tuple[Path, Path]] = []
    try:
        for path in paths:
            kept = path.with_name(f".{path.name[-100:]}.old-{os.getpid()}")
            if path.exists():
                path.replace(kept)
                aside.append((path, kept))
            # Asks the system at once, before a slow exporter finds out or does not say.
            path.open("wb").close()
            path.unlink()
        yield
    except BaseException:
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        for path, kept in aside:
            kept.replace(path)
        raise
    for _, kept in aside:
        kept.unlink(missing_ok=True)
