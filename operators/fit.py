"""Reconstruct a head from the photos in the list."""

from __future__ import annotations

import os
import re
from pathlib import Path

import bpy

from ..core.errors import FitError
from ..core.protocol import Reconstruct, encode
from ..core.settings import FitSettings
from . import load_head, polling, worker
from .job import Job, new_job_id, worker_command
from .run import RECONSTRUCT, run


class RELIT_OT_fit(bpy.types.Operator):
    """Make a head from the photos; Blender stays free meanwhile"""

    bl_idname = "relit.fit"
    bl_label = "Reconstruct from Photo"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A photo and a worker are needed, and nothing else may run."""
        reason = why_not(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the worker; the head is loaded when it is done."""
        run.dismiss()
        try:
            start(context)
        except FitError as error:
            run.fail(error.message, error.hint)
            self.report({"ERROR"}, f"{error.message} {error.hint}")
            return {"CANCELLED"}
        return {"FINISHED"}


def why_not(context: bpy.types.Context) -> str:
    """Return why no reconstruction can start now; empty when it can."""
    if run.active:
        return "Another job is running: wait for it or cancel it first."
    if not context.scene.relit.photos:
        return "Add at least one photo of the person first."
    if worker.worker_python() is None:
        return " ".join(worker.missing_worker_sentences())
    return ""


def start(context: bpy.types.Context) -> None:
    """Start a reconstruction of the scene's photos.

    Raises:
        FitError: When a photo is missing or the worker cannot be started.
    """
    settings, name = context.scene.relit, new_job_id()
    photos = tuple(_existing(photo.path) for photo in settings.photos)
    log = worker.log_folder() / f"reconstruct-{name}.log"
    remove_old_logs(log.parent)
    request = Reconstruct(
        job=name,
        photos=photos,
        out=str(worker.heads_folder() / f"{_plain(Path(photos[0]).stem)}-{name[:4]}"),
        settings=fit_settings(settings),
        log=str(log),
    )
    try:
        job = Job(name, worker_command(worker.worker_python()), log, encode(request))
    except OSError as error:
        raise FitError(
            f"The worker could not be started: {error.strerror or error}.",
            "Install it again, or name another Python in the preferences.",
        ) from error
    scene = context.scene.name
    run.start(RECONSTRUCT, job, lambda folder: deliver(folder, scene))
    polling.watch()


def fit_settings(settings: bpy.types.PropertyGroup) -> FitSettings:
    """Return the choices of scene and preferences as the worker understands them."""
    preferences = worker.preferences()
    return FitSettings(
        quality=settings.quality,
        map_size=int(settings.map_size),
        device=preferences.device,
        seed=settings.seed,
        threads=preferences.threads,
        face=settings.face - 1 if settings.face else None,
    )


def deliver(folder: str, scene_name: str) -> bool:
    """Build the finished head in the scene it was asked for; False while Blender cannot take objects.

    In another file than the one it was asked from, nothing is built: the panel says where the head is.
    """
    if run.elsewhere:
        run.notice = f"The head is ready in {folder}. You opened another file meanwhile: click Load Head there."
        return True
    if not polling.blender_can_take_objects():
        return False
    scene = bpy.data.scenes.get(scene_name) or bpy.context.scene
    load_head.load(Path(folder), scene)
    bpy.ops.ed.undo_push(message="Reconstruct from Photo")
    run.notice = f"The head is in the scene; its files are in {folder}."
    return True


def remove_old_logs(folder: Path, keep: int = 20) -> None:
    """Remove all but the newest log files."""
    logs = sorted(folder.glob("*.log"), key=os.path.getmtime)
    for log in logs[:-keep]:
        log.unlink(missing_ok=True)


def _existing(path: str) -> str:
    absolute = os.path.abspath(bpy.path.abspath(path))
    if not os.path.isfile(absolute):
        raise FitError(f"The photo {absolute} does not exist.", "Remove it from the list and add it again.")
    return absolute


def _plain(name: str) -> str:
    """Return a file name that every system accepts."""
    return re.sub(r"[^\w-]+", "_", name).strip("_")[:40] or "head"


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_fit,))
