"""Reconstruct a head from the photos in the list."""

from __future__ import annotations

import functools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import bpy

from ... import vendor_install
from ...core.durations import expected_seconds
from ...core.errors import FitError
from ...core.head import FIT_FILE
from ...core.protocol import Reconstruct, encode
from ...core.settings import FitSettings
from ...translations import said
from ..head.active_head import active_head
from ..jobs import polling, worker
from ..jobs.job import Job, new_job_id, worker_command
from ..jobs.run import RECONSTRUCT, run
from ..jobs.time_left import Pace
from ..photos import look, pinned_head
from . import beside, load_head, replace_head

LEAST_SPACE = 100e6
"""Bytes: a head at the largest map size takes about as much."""


class RELIT_OT_fit(bpy.types.Operator):
    """Make a head from the photos; Blender stays free meanwhile"""

    bl_idname = "relit.fit"
    bl_label = "Reconstruct"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A photo and a worker are needed, and nothing else may run."""
        reason = why_not(context)
        if reason:
            cls.poll_message_set(said(reason))
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the worker; the head is loaded when it is done."""
        run.dismiss()
        try:
            start(context)
        except FitError as error:
            run.fail(error.message, error.hint)
            polling.report_problem(self, error)
            return {"CANCELLED"}
        return {"FINISHED"}


def why_not(context: bpy.types.Context) -> str:
    """Return why no reconstruction can start now; empty when it can."""
    if run.active or look.used(context.scene):
        return why_no_worker()
    if context.scene.relit.photos:
        return "No photo is in use: tick at least one in the list."
    return "Add at least one photo of the person first."


def why_no_worker() -> str:
    """Return why the worker cannot be started now; empty when it can."""
    if run.active:
        return "Another job is running: wait for it or cancel it first."
    if worker.worker_python() is None:
        return " ".join(worker.missing_worker_sentences())
    return ""


def start(context: bpy.types.Context) -> None:
    """Start a reconstruction of the scene's photos.

    Raises:
        FitError: When a photo is missing or the worker cannot be started.
    """
    settings, name = context.scene.relit, new_job_id()
    used = look.used(context.scene)
    photos = tuple(_existing(photo.path) for photo in used)
    log = worker.log_folder() / f"reconstruct-{name}.log"
    remove_old_logs(log.parent)
    require_space(worker.heads_folder())
    request = Reconstruct(
        job=name,
        photos=photos,
        out=str(worker.heads_folder() / f"{plain(Path(photos[0]).stem)}-{name[:4]}"),
        settings=fit_settings(settings),
        faces=tuple(look.face_of(photo) for photo in used),
        pins=tuple(look.pins_of(photo) for photo in used),
        log=str(log),
    )
    try:
        job = Job(name, worker_command(worker.worker_python()), log, encode(request))
    except OSError as error:
        raise FitError(
            f"The worker could not be started: {error.strerror or error}.",
            "Install it again, or name another Python in the preferences.",
        ) from error
    expected = expected_seconds(request.settings, len(photos))
    destination = Destination.of(context, photos)
    run.start(RECONSTRUCT, job, lambda folder: deliver(folder, destination, expected), estimate(settings))
    polling.watch()


def require_space(folder: Path) -> None:
    """Raise `FitError` where a head would not fit onto the disk any more: better now than at the end."""
    free = vendor_install.free_space(folder)
    if free < LEAST_SPACE:
        raise FitError(
            f"The disk of {folder} has {free / 1e6:.0f} MB left.", "Free some space, or save the file on another disk."
        )


def estimate(settings: bpy.types.PropertyGroup) -> float:
    """Return how many seconds a reconstruction with these choices will take on this machine."""
    return pace().value * expected_seconds(fit_settings(settings), max(1, sum(photo.use for photo in settings.photos)))


@functools.cache
def pace() -> Pace:
    """Return what is known of this machine's speed."""
    return Pace(worker.log_folder() / "pace.json")


def fit_settings(settings: bpy.types.PropertyGroup) -> FitSettings:
    """Return the choices of scene and preferences as the worker understands them."""
    preferences = worker.preferences()
    return FitSettings(
        quality=settings.quality,
        map_size=int(settings.map_size),
        device=preferences.device,
        seed=settings.seed,
        threads=preferences.threads,
    )


@dataclass(frozen=True)
class Destination:
    """Where a head goes when it is done, by numbers that stay the same through undo and renaming.

    Attributes:
        scene: It was asked for in this scene.
        head: It replaces this one; 0 when it is added.
    """

    scene: int
    head: int = 0

    @classmethod
    def of(cls, context: bpy.types.Context, photos: tuple[str, ...]) -> Destination:
        """Return what the artist chose: the active head is replaced only by one from the same photos."""
        scene, head = context.scene, active_head(context)
        wanted = scene.relit.when_done == "REPLACE" and head is not None
        again = wanted and not photos_of(Path(bpy.path.abspath(head.relit.folder))).isdisjoint(photos)
        return cls(scene.session_uid, head.session_uid if again else 0)


def deliver(folder: str, destination: Destination, expected: float = 0.0) -> bool:
    """Bring the finished head into the scene it was asked for; False while Blender cannot take objects.

    In another file than the one it was asked from, nothing is built: the panel says where the head is.
    """
    if run.elsewhere:
        run.notice = f"The head is ready in {folder}. You opened another file meanwhile: click Load Head there."
        return True
    if not polling.blender_can_take_objects():
        return False
    pace().learn(expected, run.seconds)
    scene = next((one for one in bpy.data.scenes if one.session_uid == destination.scene), bpy.context.scene)
    old = replace_head.find(scene, destination.head) if destination.head else None
    if old is not None:
        head, done = replace_head.replace(old, Path(folder), scene), f"{old.name} was replaced"
    else:
        loaded = load_head.load(Path(folder), scene)
        beside.stand_beside(loaded, scene)
        name = loaded.object.name
        gone = f"The head to replace is gone; the new one was added as {name}"
        head, done = loaded.head, gone if destination.head else f"The new head is {name}"
    pinned_head.remove_previews(scene)
    bpy.ops.ed.undo_push(message="Reconstruct")
    run.notice, run.folder = f"{done}, after {run.seconds:.0f} s.", folder
    run.notes = tuple(str(note) for note in head.fit.get("warnings", ()))
    return True


def photos_of(folder: Path) -> set[str]:
    """Return the photos that a head was made from; none where the folder cannot be read."""
    try:
        record = json.loads((folder / FIT_FILE).read_text(encoding="utf-8"))
        return {os.path.abspath(photo["path"]) for photo in record["photos"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def remove_old_logs(folder: Path, keep: int = 20) -> None:
    """Remove all but the newest log files."""
    logs = sorted(folder.glob("*.log"), key=os.path.getmtime)
    for log in logs[:-keep]:
        log.unlink(missing_ok=True)


def _existing(path: str) -> str:
    if not os.path.isfile(path):
        raise FitError(f"The photo {path} does not exist.", "Remove it from the list and add it again.")
    return path


def plain(name: str) -> str:
    """Return a file name that every system accepts."""
    return re.sub(r"[^\w-]+", "_", name).strip("_")[:40] or "head"


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_fit,))
