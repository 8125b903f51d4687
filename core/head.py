"""The head folder: what a reconstruction leaves on disk. numpy and the standard library only.

``docs/head_format.md`` describes every array and file. A head folder appears by one rename: whoever
sees the folder sees all of it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import FitError

FORMAT = 1
ARRAYS_FILE = "head.npz"
FIT_FILE = "fit.json"
PREVIEW_FILE = "preview.png"
PAINT_FILE = "paint.png"
UNPAINTED_FILE = "unpainted_albedo.png"
"""The diffuse map without the artist's paint; only where the diffuse map has it."""
TIMINGS_FILE = "timings.json"
MAP_NAMES = ("diffuse_albedo", "specular_albedo", "roughness", "normal", "provenance", "eye_albedo")
_FULL = (errno.ENOSPC, errno.EDQUOT)
ABANDONED_AFTER = 24 * 3600  # seconds after which a temporary folder beside a head is nobody's

# Name -> dtype and shape; letters are sizes that must agree: V vertices, Q quads, E expressions,
# P photos, R regions, N parts.
_LAYOUT: dict[str, tuple[type, tuple[str | int, ...]]] = {
    "vertices": (np.float32, ("V", 3)),
    "quads": (np.int32, ("Q", 4)),
    "quad_part": (np.uint8, ("Q",)),
    "part_names": (np.str_, ("N",)),
    "uv": (np.float32, ("Q", 4, 2)),
    "expression_names": (np.str_, ("E",)),
    "expression_basis": (np.float16, ("E", "V", 3)),
    "photo_expression": (np.float32, ("P", "E")),
    "region_names": (np.str_, ("R",)),
    "regions": (np.bool_, ("R", "V")),
    "mirror": (np.int32, ("V",)),
    "hm08_index": (np.int32, ("V",)),
    "eye_centre": (np.float32, (2, 3)),
    "eye_radius": (np.float32, (2,)),
    "camera_from_world": (np.float32, ("P", 4, 4)),
    "focal_px": (np.float32, ("P",)),
    "principal_px": (np.float32, ("P", 2)),
    "image_size": (np.int32, ("P", 2)),
}


@dataclass(frozen=True, eq=False)
class Head:
    """One reconstructed head, read from its folder.

    Lengths are metres; the world is right-handed, Y up, the face looks to +Z.

    Attributes:
        folder: Where it was read from.
        vertices: ``[V, 3]`` float32, the neutral face.
        quads: ``[Q, 4]`` int32 vertex indices, counter-clockwise from outside.
        quad_part: ``[Q]`` uint8 index into ``part_names``.
        part_names: Names of the parts: ``"skin"``, ``"eye_left"`` and so on.
        uv: ``[Q, 4, 2]`` float32 per quad corner, origin bottom left, each part kind in its own unit tile.
        expression_names: The names of the expressions, the 52 of ARKit first.
        expression_basis: ``[E, V, 3]`` float32 offsets at full strength.
        photo_expression: ``[P, E]`` float32 strength of each expression in each photo.
        regions: Region name to ``[V]`` bool.
        mirror: ``[V]`` int32, the vertex on the other side of the face.
        hm08_index: ``[V]`` int32 index into MakeHuman's base mesh, -1 where there is none.
        eye_centre: ``[2, 3]`` float32, left eye then right eye.
        eye_radius: ``[2]`` float32.
        camera_from_world: ``[P, 4, 4]`` float32, OpenCV axes (x right, y down, z forward).
        focal_px: ``[P]`` float32.
        principal_px: ``[P, 2]`` float32, x then y; pixel centres lie at 0.5.
        image_size: ``[P, 2]`` int32, width then height.
        fit: What ``fit.json`` holds: settings, coefficients, lighting, warnings.
    """

    folder: Path
    vertices: np.ndarray
    quads: np.ndarray
    quad_part: np.ndarray
    part_names: tuple[str, ...]
    uv: np.ndarray
    expression_names: tuple[str, ...]
    expression_basis: np.ndarray
    photo_expression: np.ndarray
    regions: dict[str, np.ndarray]
    mirror: np.ndarray
    hm08_index: np.ndarray
    eye_centre: np.ndarray
    eye_radius: np.ndarray
    camera_from_world: np.ndarray
    focal_px: np.ndarray
    principal_px: np.ndarray
    image_size: np.ndarray
    fit: dict[str, Any]

    @property
    def maps(self) -> dict[str, Path]:
        """The maps that exist, by name."""
        paths = {name: self.folder / f"{name}.png" for name in MAP_NAMES}
        return {name: path for name, path in paths.items() if path.is_file()}

    @property
    def paint(self) -> Path:
        """Where the artist's paint is, if there is any."""
        return self.folder / PAINT_FILE

    @property
    def paint_shows(self) -> bool:
        """Whether the diffuse map has the paint in it."""
        return self.paint.is_file() and unpainted(self.folder).name == UNPAINTED_FILE

    @property
    def photos(self) -> tuple[Path, ...]:
        """The upright copies of the photos, in the order of the cameras."""
        return tuple(self.folder / f"photo_{index}.png" for index in range(len(self.focal_px)))

    def posed_vertices(self, photo: int | None) -> np.ndarray:
        """Return ``[V, 3]`` vertices with the expression of one photo, or neutral for ``None``."""
        if photo is None:
            return self.vertices
        offsets = np.tensordot(self.photo_expression[photo], self.expression_basis, axes=1)
        return (self.vertices + offsets).astype(np.float32)


def unpainted(folder: Path) -> Path:
    """Return the diffuse map of a head folder without the artist's paint."""
    path = folder / UNPAINTED_FILE
    return path if path.is_file() else folder / "diffuse_albedo.png"


def read_head(folder: Path) -> Head:
    """Read a head folder.

    Raises:
        FitError: When the folder is missing, is no head, is damaged or comes from a newer Relit.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FitError(f"There is no head folder at {folder}.", "Choose the folder that a reconstruction wrote.")
    for name in (ARRAYS_FILE, FIT_FILE):
        if not (folder / name).is_file():
            raise FitError(
                f"{folder} is not a head folder: {name} is missing.",
                "Choose the folder that a reconstruction wrote, or reconstruct the head again.",
            )
    try:
        with np.load(folder / ARRAYS_FILE, allow_pickle=False) as archive:
            arrays = dict(archive.items())
        fit = json.loads((folder / FIT_FILE).read_text(encoding="utf-8"))
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(folder, str(error)) from error
    written = arrays.pop("format", np.zeros(()))
    if written.size == 1 and written > FORMAT:
        raise FitError(
            f"{folder} was written by a newer Relit (format {int(written)}; this one reads up to {FORMAT}).",
            "Update Relit, or reconstruct the head again with this one.",
        )
    problem = layout_problem(arrays)
    if problem or not isinstance(fit, dict):
        raise _damaged(folder, problem or f"{FIT_FILE} holds no object")
    missing = [name for name in ("diffuse_albedo",) if not (folder / f"{name}.png").is_file()]
    if missing:
        raise _damaged(folder, f"{missing[0]}.png is missing")
    regions = dict(zip(arrays.pop("region_names").tolist(), arrays.pop("regions")))
    values = {name: array for name, array in arrays.items() if name in _LAYOUT}
    for name in ("part_names", "expression_names"):
        values[name] = tuple(values[name].tolist())
    values["expression_basis"] = values["expression_basis"].astype(np.float32)
    return Head(folder=folder, regions=regions, fit=fit, **values)


def write_head(
    folder: Path,
    arrays: Mapping[str, np.ndarray],
    fit: Mapping[str, Any],
    files: Mapping[str, bytes | Path],
) -> Path:
    """Write a head folder in one rename and return its path.

    Args:
        folder: The head folder to make. A head that is there is replaced once the new one is whole.
        arrays: Every array of :class:`Head` by name; regions as ``region_names [R]``, ``regions [R, V]``.
        fit: What goes to ``fit.json``: JSON values.
        files: File name to its bytes, or to a file that is copied: maps, photos, preview.

    Raises:
        FitError: When the disk is full, the place cannot be written, or it holds something that is no head.
        ValueError: When an array is missing or has another shape than ``docs/head_format.md`` says.
    """
    with new_head_folder(folder) as part:
        fill_head_folder(part, arrays, fit, files)
    return Path(folder)


def fill_head_folder(
    part: Path,
    arrays: Mapping[str, np.ndarray],
    fit: Mapping[str, Any],
    files: Mapping[str, bytes | Path],
) -> None:
    """Write a head's files into a folder of `new_head_folder`; the arguments are those of `write_head`."""
    stored = {
        name: np.asarray(arrays[name]).astype(dtype, copy=False)
        for name, (dtype, _) in _LAYOUT.items()
        if name in arrays
    }
    problem = layout_problem(stored)
    if problem:
        raise ValueError(f"Not a head: {problem}.")
    np.savez_compressed(part / ARRAYS_FILE, format=np.int32(FORMAT), **stored)
    text = json.dumps(fit, indent=1, sort_keys=True, allow_nan=False)
    (part / FIT_FILE).write_text(text + "\n", encoding="utf-8")
    for name, content in files.items():
        if isinstance(content, bytes):
            (part / name).write_bytes(content)
        else:
            shutil.copyfile(content, part / name)


@contextlib.contextmanager
def new_head_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``folder``; it takes that name when the block ends well.

    An error in the block removes the temporary folder and leaves what was at ``folder`` as it was.

    Raises:
        FitError: When the disk is full, the place cannot be written, or it holds something that is no head.
    """
    folder = Path(os.path.abspath(folder))
    require_free_or_head(folder)
    part = part_folder(folder)
    try:
        with _write_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(folder)
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
        try:
            yield part
        except OSError as error:
            if error.errno in _FULL or _lies_in(error.filename, part):
                raise _cannot_write(folder, error) from error
            raise
        with _write_errors(folder):
            _put_in_place(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def abandon(folder: Path) -> None:
    """Remove what this process built for ``folder`` so far; for a process that is about to end at once."""
    part = part_folder(folder)
    for _ in range(3):  # the thread that is still writing may add a file in between
        shutil.rmtree(part, ignore_errors=True)
    old = _replaced_folder(part.with_name(Path(folder).name))
    if old.exists() and not Path(folder).exists():
        old.rename(folder)


def part_folder(folder: Path) -> Path:
    """Return where this process builds ``folder`` before the rename."""
    folder = Path(os.path.abspath(folder))
    return folder.with_name(f".{folder.name}.part-{os.getpid()}")


def require_free_or_head(folder: Path) -> None:
    """Raise `FitError` when something other than a head (or an empty folder) is at ``folder``."""
    folder = Path(folder)
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / ARRAYS_FILE).is_file()):
        raise FitError(
            f"{folder} exists and is not a head folder; nothing was written.",
            "Choose a new name for the head.",
        )


def layout_problem(arrays: Mapping[str, np.ndarray]) -> str:
    """Return what is wrong with the arrays of a head in a few words; empty when nothing is."""
    sizes: dict[str, int] = {}
    for name, (dtype, shape) in _LAYOUT.items():
        if name not in arrays:
            return f"the array {name} is missing"
        array = arrays[name]
        if array.dtype.kind != np.dtype(dtype).kind or array.ndim != len(shape):
            needed = f"{dtype.__name__} {list(shape)}"
            return f"the array {name} is {array.dtype} {list(array.shape)}, it must be {needed}"
        for got, size in zip(array.shape, shape):
            needed = sizes.setdefault(size, got) if isinstance(size, str) else size
            if got != needed:
                return f"the array {name} has shape {list(array.shape)}, where {size} must be {needed}"
    for name, limit in (("quads", sizes["V"]), ("quad_part", sizes["N"]), ("mirror", sizes["V"])):
        if arrays[name].size and not 0 <= int(arrays[name].min()) <= int(arrays[name].max()) < limit:
            return f"the array {name} points outside of the {limit} that exist"
    if not np.isfinite(arrays["vertices"]).all():
        return "some vertices are not finite"
    return ""


def _put_in_place(part: Path, folder: Path) -> None:
    """Rename ``part`` to ``folder``; the head it replaces goes last, files that are not ours move across."""
    if not folder.exists():
        part.rename(folder)
        return
    old = _replaced_folder(folder)
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    for path in old.iterdir():
        if not _is_ours(path.name) and not (folder / path.name).exists():
            path.rename(folder / path.name)
    shutil.rmtree(old, ignore_errors=True)


def _replaced_folder(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old-{os.getpid()}")


def _lies_in(name: object, folder: Path) -> bool:
    return isinstance(name, str) and folder in Path(name).parents


@contextlib.contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _is_ours(name: str) -> bool:
    maps = {f"{map_name}.png" for map_name in MAP_NAMES}
    return name in {ARRAYS_FILE, FIT_FILE, TIMINGS_FILE, PREVIEW_FILE, UNPAINTED_FILE} | maps or (
        name.startswith("photo_") and name.endswith(".png") and name[6:-4].isdigit()
    )


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left beside ``folder``; young ones may still be at work."""
    for path in folder.parent.glob(f".{folder.name}.part-*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_AFTER:
                shutil.rmtree(path)


def _damaged(folder: Path, what: str) -> FitError:
    return FitError(f"The head in {folder} is damaged: {what.rstrip('.')}.", "Reconstruct the head again.")


def _cannot_write(folder: Path, error: OSError) -> FitError:
    if error.errno in _FULL:
        return FitError(
            f"The disk is full: the head {folder.name} was not written.",
            f"Free some space on the disk of {folder.parent}, or choose another folder.",
        )
    reason = error.strerror or str(error)
    return FitError(
        f"The head {folder.name} could not be written in {folder.parent}: {reason}.",
        "Choose a folder that you may write to.",
    )
