"""Make a head of everybody in a folder, in the background; then load those that are wanted."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.batch import people, seconds_of_all
from ...core.batch_report import FAILED, PAGE, Outcome, in_words, read_report
from ...core.errors import FitError
from ...core.protocol import Batch, encode
from ...translations import said
from ..jobs import polling, worker
from ..jobs.job import Job, new_job_id, worker_command
from ..jobs.run import BATCH, run
from .fit import fit_settings, pace, remove_old_logs, why_no_worker


class Results:
    """What became of the last batch; a module object, as a run is.

    Attributes:
        folder: Where its heads are; None before the first batch.
        outcomes: Of everybody.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.outcomes: tuple[Outcome, ...] = ()

    def read(self, folder: Path) -> None:
        """Take the report of a batch; raises `FitError` where there is none."""
        self.outcomes = tuple(read_report(folder))
        self.folder = folder


results = Results()


class RELIT_OT_batch(bpy.types.Operator):
    """Choose a folder with one sub-folder of photos, or one photo, for each person: everybody gets a head"""

    bl_idname = "relit.batch"
    bl_label = "Reconstruct a Folder"

    directory: StringProperty(name="Folder", description="Folder with the people", subtype="DIR_PATH")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})
    filter_image: BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A worker is needed, and nothing else may run."""
        reason = why_no_worker()
        if reason:
            cls.poll_message_set(said(reason))
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the worker with the quality, the map size and the seed of the scene."""
        run.dismiss()
        try:
            count = start(Path(bpy.path.abspath(self.directory)), context.scene)
        except FitError as error:
            run.fail(error.message, error.hint)
            polling.report_problem(self, error)
            return {"CANCELLED"}
        self.report({"INFO"}, said(f"{count} people were found; their heads go to {heads_folder(self.directory)}."))
        return {"FINISHED"}


class RELIT_OT_batch_results(bpy.types.Operator):
    """Show the heads of a batch that was made before, here or from the command line"""

    bl_idname = "relit.batch_results"
    bl_label = "Show a Batch"

    directory: StringProperty(name="Heads", description="Folder with the heads of a batch", subtype="DIR_PATH")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the report."""
        try:
            results.read(Path(bpy.path.abspath(self.directory)))
        except FitError as error:
            polling.report_problem(self, error)
            return {"CANCELLED"}
        polling.redraw()
        return {"FINISHED"}


def heads_folder(folder: str | Path) -> Path:
    """Return where the heads of a folder of people go: beside it."""
    path = Path(os.path.abspath(folder))
    return path.with_name(f"{path.name} heads")


def start(folder: Path, scene: bpy.types.Scene) -> int:
    """Start a batch and return how many people there are.

    Raises:
        FitError: Nobody is in the folder, or the worker cannot be started.
    """
    folder = Path(os.path.abspath(folder))
    everybody, settings, name = people(folder), fit_settings(scene.relit), new_job_id()
    log = worker.log_folder() / f"batch-{name}.log"
    remove_old_logs(log.parent)
    request = Batch(name, str(folder), str(heads_folder(folder)), settings, str(log))
    try:
        job = Job(name, worker_command(worker.worker_python()), log, encode(request))
    except OSError as error:
        raise FitError(
            f"The worker could not be started: {error.strerror or error}.",
            "Install it again, or name another Python in the preferences.",
        ) from error
    run.start(BATCH, job, deliver, pace().value * seconds_of_all(everybody, settings))
    polling.watch()
    return len(everybody)


def deliver(folder: str) -> bool:
    """Show what became of everybody; nothing is loaded."""
    results.read(Path(folder))
    run.notice, run.folder = f"{in_words(results.outcomes)} The list below loads them.", folder
    run.notes = tuple(f"{one.name}: {one.message} {one.hint}" for one in results.outcomes if one.state == FAILED)
    return True


def report_page() -> str:
    """Return the path of the last batch's page."""
    return str(results.folder / PAGE)


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_batch, RELIT_OT_batch_results))
