"""Install the worker's environment: its own Python libraries and weights, once."""

from __future__ import annotations

import sys

import bpy

from ..core.errors import FitError
from . import polling, worker
from .job import EXTENSION_ROOT, Job, new_job_id
from .run import INSTALL, run


class RELIT_OT_install(bpy.types.Operator):
    """Download the libraries and weights that the worker needs (about 1 GB, once)"""

    bl_idname = "relit.install"
    bl_label = "Install"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The artist must have allowed Blender to go online, and nothing else may run."""
        reason = why_not()
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask before a gigabyte is downloaded."""
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Install Relit's worker?",
            message=f"About 1 GB is downloaded, mostly PyTorch, to {worker.environment_folder()}.",
            confirm_text="Install",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the installer; the panel shows how far it is."""
        run.dismiss()
        try:
            start()
        except FitError as error:
            run.fail(error.message, error.hint)
            self.report({"ERROR"}, f"{error.message} {error.hint}")
            return {"CANCELLED"}
        return {"FINISHED"}


def why_not() -> str:
    """Return why the installer cannot start now; empty when it can."""
    if run.active:
        return "Another job is running: wait for it or cancel it first."
    if worker.preferences().python:
        return "An existing Python is chosen in the preferences: clear that field first."
    if not bpy.app.online_access:
        if bpy.app.online_access_override:
            return "Blender was started offline: start it without --offline-mode to install."
        return "Installing needs the network: allow online access in the preferences, under System, first."
    return ""


def start() -> None:
    """Start the installer.

    Raises:
        FitError: When it cannot be started.
    """
    name = new_job_id()
    log = worker.log_folder() / f"install-{name}.log"
    command = [
        sys.executable,
        "-s",
        str(EXTENSION_ROOT / "vendor_install.py"),
        "install",
        "--environment",
        str(worker.environment_folder()),
        "--json",
    ]
    try:
        job = Job(name, command, log)
    except OSError as error:
        raise FitError(
            f"The installer could not be started: {error.strerror or error}.",
            "Name an existing Python with Relit's libraries in the preferences.",
        ) from error
    run.start(INSTALL, job, _deliver)
    polling.watch()


def _deliver(_: str) -> bool:
    if worker.worker_python() is None:
        raise FitError(
            f"The installer ended, but the worker in {worker.environment_folder()} is not complete.",
            "Click Install to try again.",
        )
    run.notice = "The worker is installed. Add a photo and reconstruct."
    return True


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_install,))
