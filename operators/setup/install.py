"""The worker's environment: install it from the network or a folder, repair it, remove it; look at another Python."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ... import vendor_install
from ...core.errors import FitError
from ...translations import said
from ..jobs import polling, worker
from ..jobs.job import EXTENSION_ROOT, Job, new_job_id
from ..jobs.run import INSTALL, run


class RELIT_OT_install(bpy.types.Operator):
    """Download the libraries and weights that the worker needs, once"""

    bl_idname = "relit.install"
    bl_label = "Install"

    repair: BoolProperty(
        name="Repair",
        description="Look at every library, and make the environment again when one is missing or broken",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The artist must have allowed Blender to go online, and nothing else may run."""
        return _may(cls, why_not() or why_not_online())

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Say what is downloaded, how big, from where and where to, before it is."""
        self._plan = plan()
        return context.window_manager.invoke_props_dialog(
            self, width=420, title="Install Relit's worker?", confirm_text="Install"
        )

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what :meth:`invoke` has found out."""
        column = self.layout.column(align=True)
        for line, icon in self._plan:
            column.label(text=said(line), icon=icon, translate=False)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the installer; the panel shows how far it is."""
        return _started(self, ["install", *(["--repair"] if self.repair else [])], _installed)


class RELIT_OT_install_offline(bpy.types.Operator):
    """Install from a folder that "vendor_install.py pack-offline" has filled on a machine with a network"""

    bl_idname = "relit.install_offline"
    bl_label = "Install from Folder"

    directory: StringProperty(name="Folder", description="Folder of wheels and weights", subtype="DIR_PATH")
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Nothing else may run."""
        return _may(cls, why_not())

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Let the artist choose the folder."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the installer."""
        return _started(self, ["install", "--offline", bpy.path.abspath(self.directory)], _installed)


class RELIT_OT_remove_worker(bpy.types.Operator):
    """Delete the worker's environment: heads stay, and it can be installed again"""

    bl_idname = "relit.remove_worker"
    bl_label = "Remove"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be an environment of ours."""
        reason = why_not()
        if not reason and not (worker.environment_folder() / worker.MARKER).is_file():
            reason = "There is no environment of Relit to remove."
        return _may(cls, reason)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Remove Relit's worker?",
            message=f"{worker.environment_folder()} is deleted. Heads stay.",
            confirm_text="Remove",
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the installer's other half."""

        def removed(_: str) -> bool:
            run.notice = "The worker was removed. Heads still load."
            return True

        polling.end_session()
        return _started(self, ["remove"], removed)


class RELIT_OT_check_python(bpy.types.Operator):
    """Look whether the existing Python has everything that the worker needs; nothing is changed in it"""

    bl_idname = "relit.check_python"
    bl_label = "Check"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A Python must be named."""
        if run.active:
            return _may(cls, "Another job is running: wait for it or cancel it first.")
        return _may(cls, "" if worker.preferences().python else "Name an existing Python first.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the check."""

        def checked(python: str) -> bool:
            run.notice = f"{python} has everything that Relit needs."
            return True

        return _started(self, ["check", "--python", bpy.path.abspath(worker.preferences().python)], checked)


def why_not() -> str:
    """Return why the installer cannot start now; empty when it can."""
    if run.active:
        return "Another job is running: wait for it or cancel it first."
    if worker.preferences().python:
        return "An existing Python is chosen in the preferences: clear that field first."
    return ""


def why_not_online() -> str:
    """Return why the network may not be used; empty when it may."""
    if bpy.app.online_access:
        return ""
    if bpy.app.online_access_override:
        return "Blender was started offline: start it without --offline-mode to install."
    return "Installing needs the network: allow online access in the preferences, under System, first."


def plan() -> list[tuple[str, str]]:
    """Return lines and icons that say what an installation downloads, from where, and where to."""
    driver = vendor_install.cuda_driver_version()
    wanted = vendor_install.downloads(driver)
    folder = worker.environment_folder()
    needed = vendor_install.NEEDED_SPACE["cuda" if driver else "cpu"]
    free = vendor_install.free_space(folder)
    lines = [(f"{one.what}: {one.size / 1e6:.0f} MB from {one.source}", "IMPORT") for one in wanted]
    lines.append((f"To {_shown(folder)}", "FILE_FOLDER"))
    enough = f"It takes {needed / 1e9:.1f} GB there; {free / 1e9:.1f} GB are free."
    lines.append((enough, "DISK_DRIVE" if free > needed else "ERROR"))
    lines.append(("Photos and heads never leave this machine.", "LOCKED"))
    return lines


def start(arguments: list[str], deliver: Callable[[str], bool]) -> None:
    """Start the installer.

    Args:
        arguments: Its command and options.
        deliver: See `run.Run.start`.

    Raises:
        FitError: When it cannot be started.
    """
    name = new_job_id()
    log = worker.log_folder() / f"install-{name}.log"
    script, folder = str(EXTENSION_ROOT / "vendor_install.py"), str(worker.environment_folder())
    command = [sys.executable, "-s", script, *arguments, "--environment", folder, "--json"]
    try:
        job = Job(name, command, log)
    except OSError as error:
        raise FitError(
            f"The installer could not be started: {error.strerror or error}.",
            "Name an existing Python with Relit's libraries in the preferences.",
        ) from error
    run.start(INSTALL, job, deliver)
    polling.watch()


def _started(operator: bpy.types.Operator, arguments: list[str], deliver: Callable[[str], bool]) -> set[str]:
    run.dismiss()
    try:
        start(arguments, deliver)
    except FitError as error:
        run.fail(error.message, error.hint)
        polling.report_problem(operator, error)
        return {"CANCELLED"}
    return {"FINISHED"}


def _installed(_: str) -> bool:
    if worker.worker_python() is None:
        raise FitError(
            f"The installer ended, but the worker in {worker.environment_folder()} is not complete.",
            "Click Install to try again.",
        )
    run.notice = "The worker is installed. Add a photo and reconstruct."
    return True


def _may(cls: type[bpy.types.Operator], reason: str) -> bool:
    if reason:
        cls.poll_message_set(said(reason))
    return not reason


def _shown(path: Path) -> str:
    """Return a path with ~ for the home folder."""
    return str(path).replace(str(Path.home()), "~", 1)


register, unregister = bpy.utils.register_classes_factory(
    (
        RELIT_OT_install,
        RELIT_OT_install_offline,
        RELIT_OT_remove_worker,
        RELIT_OT_check_python,
    )
)
