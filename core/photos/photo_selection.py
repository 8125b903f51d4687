"""Which photos of a run are used: those that show one person, well enough.

A photo that cannot be read, shows no usable face, shows another person or is there twice is left out and reported in
one sentence that names the file; the others go on. People are told apart by the distance between descriptors of
their faces (`recognition`), each photo against all others, so the odd one out is found among three or more; of two
that disagree the clearer one is kept. Without the optional recogniser nobody is left out for who they are.

Measured on 133 pairs of photos of one person (one studio, neutral and smiling; official portraits years apart; one
woman in four poses and at four distances) and 17 244 pairs of strangers from the same sources: one person's photos
lie 0.49 apart at most, and 0.4 % of the strangers nearer than 0.6.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..errors import FitError
from ..weights import DLIB_RECOGNITION, available
from .landmarks import Landmarks, detect_landmarks
from .photo import Photo
from .recognition import SAME_PERSON, face_chip, load_recognition
from .views import View

DOUBTFUL = 0.55
"""Mean distance to the other photos from which a photo that is used deserves a look; 0.1 % of strangers lie nearer."""

FULL_SIDE = 400.0
"""Pixels of a face from which more of them make a photo no clearer to the networks."""

MOST_FACES = 12
"""Faces of a group picture that are looked at for the one that the other photos show."""

UNCHECKED = (
    "Whether all photos show one person was not checked, for the recogniser is not installed; click Install in Relit's"
    " panel again, or run `python3 vendor_install.py install`."
)

MOST_REASONS = 3
"""Reasons that are given when no photo is left."""


@dataclass(frozen=True)
class Selection:
    """Attributes: ``kept``, indices of the photos to use, ascending; ``about``, a sentence by index for each that is
    left out and for each that deserves a look."""

    kept: tuple[int, ...]
    about: dict[int, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences in the order of the photos."""
        return tuple(self.about.values())


def see_photos(
    paths: Sequence[Path],
    faces: Sequence[int | None],
    look_at: Callable[[Path, int | None], View],
    entering: Callable[[int], None],
) -> tuple[list[View], list[str]]:
    """Look at every photo of a run and keep those that show the person.

    Args:
        paths: the photos, at least one.
        faces: which face to take of each photo, where it shows that many; None takes the largest, or in a group picture
            among several photos the one that the others show.
        look_at: reads one photo and finds its face (`views.look_at`).
        entering: called with the number of each photo before it is read.

    Returns:
        The views that are used, in the order of their photos, and what was left out and why.

    Raises:
        FitError: no photo can be used.
    """
    views, refused, unsure = [], [], set()
    for number, (path, face) in enumerate(zip(paths, faces, strict=True)):
        entering(number)
        try:
            views.append(_look(path, face, look_at, alone=len(paths) == 1))
            unsure |= {path} if face is None else set()
        except FitError as error:
            refused.append(error)
    if not views:
        raise _nothing_left(refused)
    notes = [f"Left out: {error.message}" for error in refused]
    views, twice = _without_copies(views)
    if len(views) > 1 and not available(DLIB_RECOGNITION):
        twice.append(UNCHECKED)
    elif len(views) > 1:
        descriptors = np.stack([descriptor(view.photo, view.landmarks) for view in views])
        views, descriptors, swapped = _faces_that_agree(views, descriptors, unsure, look_at)
        twice += swapped
        chosen = choose(
            [view.photo.path.name for view in views],
            descriptors,
            np.array([clearness(view.landmarks) for view in views]),
        )
        views, twice = [views[index] for index in chosen.kept], [*twice, *chosen.notes]
    return views, [*notes, *twice]


def choose(names: Sequence[str], descriptors: np.ndarray, clear: np.ndarray) -> Selection:
    """Keep the largest group of photos that show one person; of groups of one size, that with the clearest photo.

    Photos are grouped by average linkage: two groups are one person as long as their photos lie nearer than
    `recognition.SAME_PERSON` to each other on average.

    Args:
        names: of the files.
        descriptors: [P, 128].
        clear: [P] how clearly each photo shows its face (`clearness`).
    """
    distance = np.linalg.norm(descriptors[:, None] - descriptors[None], axis=2)
    groups = _groups(distance)
    person = max(groups, key=lambda group: (len(group), max(clear[index] for index in group)))
    about = {}
    for index in range(len(names)):
        others = [other for other in person if other != index]
        if index not in person:
            about[index] = _stranger(names, index, person)
        elif others and distance[index, others].mean() > DOUBTFUL:
            about[index] = f"{names[index]} may show another person than the other photos; leave it out if it does."
    return Selection(tuple(sorted(person)), about)


def descriptor(photo: Photo, landmarks: Landmarks) -> np.ndarray:
    """[128] descriptor of a face in a photo; those of one person lie near each other."""
    image = torch.from_numpy(np.ascontiguousarray(photo.srgb8.transpose(2, 0, 1))).float() / 255.0
    with torch.no_grad():
        return load_recognition()(face_chip(image, landmarks.points))[0].numpy()


def clearness(landmarks: Landmarks) -> float:
    """How clearly a photo shows a face, in [0, 1]: large, towards the camera, and surely a face."""
    size = min(landmarks.side / FULL_SIDE, 1.0)
    return float(size * np.cos(landmarks.yaw) ** 2 * landmarks.confidence)


def twice_in(pictures: Sequence[Hashable]) -> dict[int, int]:
    """Index of each picture that was there before -> index of the first."""
    first: dict[Hashable, int] = {}
    places = [first.setdefault(picture, index) for index, picture in enumerate(pictures)]
    return {index: place for index, place in enumerate(places) if index != place}


def _look(path: Path, face: int | None, look_at: Callable[[Path, int | None], View], alone: bool) -> View:
    try:
        return look_at(path, face)
    except FitError:
        if face is None or alone:
            raise
        # The number was meant for the group picture among the photos; this one shows fewer faces.
        return look_at(path, None)


def _nothing_left(refused: Sequence[FitError]) -> FitError:
    reasons = list(dict.fromkeys(error.message for error in refused))
    if len(reasons) == 1:
        return refused[0]
    told = "; ".join(reason.rstrip(".") for reason in reasons[:MOST_REASONS])
    more = " and so on" if len(reasons) > MOST_REASONS else ""
    return FitError(f"None of the {len(refused)} photos can be used: {told}{more}.", refused[0].hint)


def _without_copies(views: Sequence[View]) -> tuple[list[View], list[str]]:
    """Each file once: a second copy says nothing new and would count twice."""
    copies = twice_in([(view.photo.sha256, view.landmarks.box.tobytes()) for view in views])
    notes = [
        f"Left out: {views[copy].photo.path.name} is the same picture as {views[first].photo.path.name}."
        for copy, first in copies.items()
    ]
    return [view for index, view in enumerate(views) if index not in copies], notes


def _faces_that_agree(
    views: Sequence[View],
    descriptors: np.ndarray,
    unsure: Collection[Path],
    look_at: Callable[[Path, int | None], View],
) -> tuple[list[View], np.ndarray, list[str]]:
    """In `unsure` photos of several faces take the one that the other photos show, where it is not the largest."""
    views, descriptors, notes = list(views), descriptors.copy(), []
    # Photos of one face are sure of whom they show; a group picture is judged by them where there are any.
    alone = [index for index, view in enumerate(views) if view.landmarks.face_count == 1]
    for index, view in enumerate(views):
        others = [other for other in alone or range(len(views)) if other != index]
        if view.landmarks.face_count == 1 or not others or view.photo.path not in unsure:
            continue
        found = _nearest_face(view, descriptors[others])
        if found is None or np.allclose(found[1].points, view.landmarks.points, atol=1.0):
            continue
        try:
            views[index] = look_at(view.photo.path, found[0])
        except FitError:
            continue
        descriptors[index] = found[2]
        notes.append(
            f"{view.photo.path.name} shows {view.landmarks.face_count} faces; number {found[0]} from the left"
            " (counted from 0) is the person on the other photos and was taken."
        )
    return views, descriptors, notes


def _nearest_face(view: View, known: np.ndarray) -> tuple[int, Landmarks, np.ndarray] | None:
    """The face of a photo whose descriptor is nearest to the known ones [N, 128]; None when it is no nearer
    than strangers are."""
    best, nearest = None, SAME_PERSON
    for face in range(min(view.landmarks.face_count, MOST_FACES)):
        try:
            landmarks = detect_landmarks(view.photo, face)
        except FitError:
            continue
        found = descriptor(view.photo, landmarks)
        distance = float(np.linalg.norm(known - found, axis=1).mean())
        if distance < nearest:
            best, nearest = (face, landmarks, found), distance
    return best


def _groups(distance: np.ndarray) -> list[list[int]]:
    """Photos by person: the two nearest groups are merged as long as they are one person's (average linkage)."""
    groups = [[index] for index in range(len(distance))]
    while len(groups) > 1:
        pairs = [(first, second) for second in range(len(groups)) for first in range(second)]
        apart = [distance[np.ix_(groups[first], groups[second])].mean() for first, second in pairs]
        nearest = int(np.argmin(apart))
        if apart[nearest] >= SAME_PERSON:
            break
        first, second = pairs[nearest]
        groups[first] += groups.pop(second)
    return groups


def _stranger(names: Sequence[str], index: int, person: Sequence[int]) -> str:
    if len(person) > 1:
        return f"Left out: {names[index]} seems to show another person than the {len(person)} photos that agree."
    return (
        f"Left out: {names[index]} seems to show another person than {names[person[0]]}, which shows its face more"
        " clearly; remove that one from the list if it is the wrong one."
    )
