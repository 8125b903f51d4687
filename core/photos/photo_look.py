"""What can be said of photos before a reconstruction: the faces on each, the landmarks of one, and what is wrong.

Everything found in a file is kept while the process lives, so a longer list or another choice of face costs only what
is new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import FitError
from ..weights import DLIB_RECOGNITION, available
from .face_mesh import Mesh
from .landmarks import Landmarks, detect_meshes, measure_face
from .photo import Photo, is_grey, load_photo
from .photo_quality import quality_notes
from .photo_selection import MOST_FACES, choose, clearness, descriptor, twice_in
from .recognition import SAME_PERSON

ORIENTATION = 0x0112
"""EXIF tag."""

MOST_KEPT = 200
"""Files whose findings are kept; one takes about 10 KB a face."""


def look(
    photos: Sequence[str | Path], faces: Sequence[int | None], report: Callable[[str, float], None]
) -> list[dict[str, Any]]:
    """Look at photos of one person.

    Args:
        photos: image files.
        faces: for each the face that the artist has chosen, from 0 and left to right; None where Relit shall choose:
            the person of the other photos, or the largest face.
        report: called with (stage, fraction) before each photo; may raise to stop.

    Returns:
        For each photo a JSON object:

        - ``path``: as given. ``size``: [width, height] upright, in the pixels that everything here counts in.
          ``orientation``: EXIF's, 1 (upright) to 8. ``focal_35mm``: from EXIF, or None.
        - ``faces``: ``[{"box": [left, top, width, height]}]`` from left to right. ``chosen``: index of the one that
          is meant, or None.
        - ``landmarks``: [[x, y]] * 478 of that face, ``weights``: [478] in [0, 1], ``expression_scores``: by name.
          Empty where there are none.
        - ``warnings``: plain sentences. ``problem``: why the photo cannot be used and what to do, or None.
    """
    seen = []
    for number, photo in enumerate(photos):
        report(f"Looking at photo {number + 1} of {len(photos)}", number / len(photos))
        seen.append(_seen(Path(photo)))
    chosen = [_choice(one, face) for one, face in zip(seen, faces, strict=True)]
    chosen = _person_of_the_others(seen, faces, chosen)
    about_persons = _about_persons(seen, chosen)
    return [
        _told(str(photo), one, index, face is None, notes)
        for photo, one, index, face, notes in zip(photos, seen, chosen, faces, about_persons, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Face:
    """A face that was measured: ``descriptor`` is None without the recogniser, ``landmarks`` where it is unusable."""

    landmarks: Landmarks | None = None
    descriptor: np.ndarray | None = None
    clearness: float = 0.0
    problem: str | None = None


@dataclass(frozen=True, eq=False)
class _Seen:
    """All that is known of a file, without its pixels."""

    name: str
    sha256: str = ""
    size: tuple[int, int] = (0, 0)
    orientation: int = 1
    focal_35mm: float | None = None
    boxes: tuple[tuple[float, ...], ...] = ()
    faces: tuple[_Face, ...] = ()
    warnings: tuple[str, ...] = ()
    problem: str | None = None


_KEPT: dict[tuple, _Seen] = {}


def _seen(path: Path) -> _Seen:
    """What a file shows; read again when it has changed."""
    try:
        state = path.stat()
    except OSError:
        return _Seen(path.name, problem=f"There is no photo at {path}. Choose it again; it may have moved.")
    key = (str(path), state.st_mtime_ns, state.st_size)
    if key not in _KEPT:
        if len(_KEPT) >= MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[key] = _examined(path)
    return _KEPT[key]


def _examined(path: Path) -> _Seen:
    try:
        photo = load_photo(path)
    except FitError as error:
        return _Seen(path.name, problem=_sentence(error))
    warnings = []
    if is_grey(photo.srgb8):
        warnings.append("The photo is black and white; the colour of the skin is guessed.")
    about = _Seen(
        path.name,
        photo.sha256,
        (photo.width, photo.height),
        _orientation(path),
        photo.exif_focal_35mm,
        warnings=tuple(warnings),
    )
    try:
        meshes = detect_meshes(photo)
    except FitError as error:
        return replace(about, problem=_sentence(error))
    boxes = tuple(_box(mesh) for mesh in meshes)
    measured = [_measured(photo, meshes, index) for index in range(min(len(meshes), MOST_FACES))]
    return replace(about, boxes=boxes, faces=tuple(measured))


def _measured(photo: Photo, meshes: list[Mesh], index: int) -> _Face:
    try:
        landmarks = measure_face(photo, meshes, index)
    except FitError as error:
        return _Face(problem=_sentence(error))
    landmarks = replace(landmarks, notes=(*landmarks.notes, *quality_notes(photo, landmarks)))
    known = descriptor(photo, landmarks) if available(DLIB_RECOGNITION) else None
    return _Face(landmarks, known, clearness(landmarks))


def _choice(one: _Seen, face: int | None) -> int | None:
    """The chosen face; the largest where none was chosen or that many are not there."""
    if face is not None and 0 <= face < len(one.faces):
        return face
    sizes = [max(box[2:]) for box in one.boxes[: len(one.faces)]]
    usable = [index for index, found in enumerate(one.faces) if found.landmarks] or range(len(sizes))
    return max(usable, key=lambda index: sizes[index], default=None)


def _person_of_the_others(
    seen: Sequence[_Seen], faces: Sequence[int | None], chosen: Sequence[int | None]
) -> list[int | None]:
    """In photos of several faces take the one that the photos of a single or chosen face show."""
    sure = [
        found.descriptor
        for one, face, index in zip(seen, faces, chosen, strict=True)
        if index is not None
        and (face is not None or len(one.faces) == 1)
        and (found := one.faces[index]).descriptor is not None
    ]
    chosen = list(chosen)
    for number, (one, face) in enumerate(zip(seen, faces, strict=True)):
        if face is not None or len(one.faces) < 2 or not sure:
            continue
        apart = {
            index: float(np.linalg.norm(np.stack(sure) - found.descriptor, axis=1).mean())
            for index, found in enumerate(one.faces)
            if found.descriptor is not None
        }
        nearest = min(apart, key=apart.get, default=None)
        if nearest is not None and apart[nearest] < SAME_PERSON:
            chosen[number] = nearest
    return chosen


def _about_persons(seen: Sequence[_Seen], chosen: Sequence[int | None]) -> list[list[str]]:
    """For each photo what speaks against its showing the same person as the others, or another picture of them."""
    notes: list[list[str]] = [[] for _ in seen]
    used = [
        (number, one.faces[index])
        for number, (one, index) in enumerate(zip(seen, chosen, strict=True))
        if index is not None and one.faces[index].landmarks
    ]
    copies = twice_in([(seen[number].sha256, chosen[number]) for number, _ in used])
    for copy, first in copies.items():
        notes[used[copy][0]].append(f"This is the same picture as {seen[used[first][0]].name}; it is used once.")
    used = [one for place, one in enumerate(used) if place not in copies and one[1].descriptor is not None]
    if len(used) > 1:
        found = choose(
            [seen[number].name for number, _ in used],
            np.stack([face.descriptor for _, face in used]),
            np.array([face.clearness for _, face in used]),
        )
        for place, note in found.about.items():
            notes[used[place][0]].append(note)
    return notes


def _told(path: str, one: _Seen, index: int | None, automatic: bool, about_person: list[str]) -> dict[str, Any]:
    face = one.faces[index] if index is not None else _Face()
    landmarks, warnings = face.landmarks, []
    if automatic and len(one.boxes) > 1:
        warnings.append(f"The photo shows {len(one.boxes)} faces; face {index + 1} from the left is used.")
    warnings += [*one.warnings, *(landmarks.notes if landmarks else ()), *about_person]
    return {
        "path": path,
        "size": list(one.size),
        "orientation": one.orientation,
        "focal_35mm": one.focal_35mm,
        "faces": [{"box": list(box)} for box in one.boxes],
        "chosen": index,
        "landmarks": np.round(landmarks.points.astype(float), 2).tolist() if landmarks else [],
        "weights": [round(landmarks.confidence, 4)] * len(landmarks.points) if landmarks else [],
        "expression_scores": {
            name: round(score, 4) for name, score in (landmarks.expression_scores if landmarks else {}).items()
        },
        "warnings": warnings,
        "problem": one.problem or face.problem,
    }


def _orientation(path: Path) -> int:
    """EXIF's orientation of a file that could be read."""
    with Image.open(path) as image:
        tag = image.getexif().get(ORIENTATION, 1)
    return tag if tag in range(1, 9) else 1


def _box(mesh: Mesh) -> tuple[float, ...]:
    left, top, right, bottom = (round(float(value), 1) for value in mesh.box)
    return left, top, round(right - left, 1), round(bottom - top, 1)


def _sentence(error: FitError) -> str:
    return f"{error.message} {error.hint}".strip()
