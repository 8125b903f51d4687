"""What was seen in the photos of a scene: asked of the worker in the background, kept with each photo.

Findings belong to a state of the file and to the choice of a face; when one changes they are asked for again.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np

from ...core.protocol import Look, Looked
from ...translations import said
from ..jobs import worker
from ..jobs.run import Problem
from ..jobs.session import session


@dataclass(frozen=True, eq=False)
class Findings:
    """What was seen in a photo; everything in pixels of the upright photo, from its top left corner.

    Attributes:
        size: Width and height; (0, 0) of a file that could not be read.
        orientation: EXIF's, 1 (the file is upright) to 8.
        focal_35mm: From EXIF, or None.
        boxes: Left, top, width and height of each face, from left to right.
        chosen: Index of the face that is meant, or None.
        points: [478, 2] its landmarks; empty where there are none.
        weights: [478] in [0, 1].
        expression_scores: By name.
        warnings: Plain sentences.
        problem: Why the photo cannot be used, or an empty text.
    """

    size: tuple[int, int]
    orientation: int
    focal_35mm: float | None
    boxes: tuple[tuple[float, ...], ...]
    chosen: int | None
    points: np.ndarray
    weights: np.ndarray
    expression_scores: Mapping[str, float]
    warnings: tuple[str, ...]
    problem: str


@dataclass
class _State:
    """What goes on; a module object, because undo must not touch it."""

    problem: Problem | None = None


state = _State()


class RELIT_OT_look(bpy.types.Operator):
    """Look at the photos again: faces, landmarks and what is wrong with them"""

    bl_idname = "relit.look"
    bl_label = "Look at Photos Again"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be photos and a worker."""
        if not any(photo.use for photo in context.scene.relit.photos):
            cls.poll_message_set("There is no photo in use.")
            return False
        if worker.worker_python() is None:
            cls.poll_message_set(said(*worker.missing_worker_sentences()))
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask, whatever is known already."""
        for photo in context.scene.relit.photos:
            photo.stamp = ""
        ask(context.scene)
        return {"FINISHED"}


def used(scene: bpy.types.Scene) -> list[bpy.types.PropertyGroup]:
    """Return the photos of a scene that are to be reconstructed from."""
    return [photo for photo in scene.relit.photos if photo.use]


def face_of(photo: bpy.types.PropertyGroup) -> int | None:
    """Return which face the artist has chosen or Relit has found to be the person, from 0; None when unknown."""
    if photo.face:
        return photo.face - 1
    found = findings(photo)
    return found.chosen if found else None


def pins_of(photo: bpy.types.PropertyGroup) -> tuple[tuple[float, ...], ...]:
    """Return index, x and y of the landmarks that the artist has put in place."""
    return tuple((pin.landmark, *pin.place) for pin in photo.pins)


def absolute(photo: bpy.types.PropertyGroup) -> str:
    """Return the path of a photo's file."""
    return os.path.abspath(bpy.path.abspath(photo.path)) if photo.path else ""


def findings(photo: bpy.types.PropertyGroup) -> Findings | None:
    """Return what was seen in a photo; None where nobody has looked, or the file has changed since."""
    if not photo.findings or photo.stamp != _stamp(photo):
        return None
    return _read(photo.findings)


def ask(scene: bpy.types.Scene) -> None:
    """Have the worker look at the photos in use, unless there is none or it is not installed."""
    photos = [photo for photo in used(scene) if os.path.isfile(absolute(photo))]
    if not photos or worker.worker_python() is None:
        return
    stamps = {absolute(photo): _stamp(photo) for photo in photos}
    request = Look(
        job="",
        photos=tuple(stamps),
        faces=tuple({absolute(photo): photo.face - 1 if photo.face else None for photo in photos}.values()),
        threads=worker.preferences().threads,
    )
    state.problem = None
    session.ask(request, functools.partial(_take, scene.name, stamps), _failed)


def ask_for_missing(scene: bpy.types.Scene) -> None:
    """Have the worker look where undo has brought back a photo as it was before anybody had looked."""
    if any(findings(photo) is None for photo in used(scene) if os.path.isfile(absolute(photo))):
        ask(scene)


def _take(scene_name: str, stamps: Mapping[str, str], answer: Looked) -> None:
    scene = bpy.data.scenes.get(scene_name)
    told = {one["path"]: one for one in answer.photos}
    for photo in scene.relit.photos if scene else ():
        path = absolute(photo)
        if path in told and stamps[path] == _stamp(photo):
            photo.findings, photo.stamp = json.dumps(told[path]), stamps[path]
    _redraw()


def _failed(problem: Problem) -> None:
    state.problem = problem


def _stamp(photo: bpy.types.PropertyGroup) -> str:
    """Return what findings depend on: the file's time and size, and the choice of a face."""
    try:
        file = os.stat(absolute(photo))
    except OSError:
        return ""
    return f"{file.st_mtime_ns}:{file.st_size}:{photo.face}"


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Findings | None:
    try:
        told = json.loads(text)
        return Findings(
            size=tuple(told["size"]),
            orientation=int(told["orientation"]),
            focal_35mm=told["focal_35mm"],
            boxes=tuple(tuple(face["box"]) for face in told["faces"]),
            chosen=told["chosen"],
            points=np.array(told["landmarks"], float).reshape(-1, 2),
            weights=np.array(told["weights"], float),
            expression_scores=told["expression_scores"],
            warnings=tuple(told["warnings"]),
            problem=told["problem"] or "",
        )
    except (ValueError, KeyError, TypeError):  # a file from another version of Relit
        return None


def _redraw() -> None:
    from . import photo_overlay

    photo_overlay.redraw()


@bpy.app.handlers.persistent
def _undone(scene: bpy.types.Scene, *_: object) -> None:
    ask_for_missing(bpy.context.scene)


_register, _unregister = bpy.utils.register_classes_factory((RELIT_OT_look,))


def register() -> None:
    """Look where undo has brought back a photo that nobody has looked at."""
    _register()
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.append(_undone)


def unregister() -> None:
    """Stop looking."""
    for handlers in (bpy.app.handlers.undo_post, bpy.app.handlers.redo_post):
        handlers.remove(_undone)
    _unregister()
