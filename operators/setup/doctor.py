"""What is installed and what went wrong last, as a text that can be pasted into a bug report."""

from __future__ import annotations

import platform
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import bpy

from ... import vendor_install
from ...translations import said
from ..jobs import polling, worker
from ..jobs.job import EXTENSION_ROOT, Job, new_job_id
from ..jobs.run import DOCTOR, run

TEXT = "Relit Doctor"
LOGS = 3
LINES = 12
"""Of each log."""


class RELIT_OT_doctor(bpy.types.Operator):
    """Write down what is installed and what went wrong last, into a text and onto the clipboard: for a bug report"""

    bl_idname = "relit.doctor"
    bl_label = "Doctor Report"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Nothing else may run."""
        if run.active:
            cls.poll_message_set("Another job is running: wait for it or cancel it first.")
        return not run.active

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the worker what it has; without one, write what Blender knows."""
        python = worker.worker_python()
        if python is None:
            finish("")
            self.report({"INFO"}, said(f'The report is in the text "{TEXT}" and on the clipboard.'))
            return {"FINISHED"}
        run.dismiss()
        name = new_job_id()
        out = Path(tempfile.gettempdir()) / f"relit-doctor-{name}.txt"
        log = worker.log_folder() / f"doctor-{name}.log"
        try:
            job = Job(name, [str(python), "-s", "-m", "core.doctor", str(out)], log)
        except OSError as error:
            finish(f"{python} cannot be started: {error}")
            return {"FINISHED"}
        run.start(DOCTOR, job, _delivered, 5.0)
        polling.watch()
        return {"FINISHED"}


def _delivered(path: str) -> bool:
    file = Path(path)
    finish(file.read_text(encoding="utf-8"))
    file.unlink(missing_ok=True)
    return True


def finish(of_worker: str) -> None:
    """Put the report into a text of the file and onto the clipboard.

    Args:
        of_worker: What the worker says of itself; empty where there is none.
    """
    report = without_names("\n".join([*_of_blender(), "", "Worker", of_worker or "none", "", *_last_errors()]) + "\n")
    text = bpy.data.texts.get(TEXT) or bpy.data.texts.new(TEXT)
    text.from_string(report)
    bpy.context.window_manager.clipboard = report
    run.notice = f'The report is in the text "{TEXT}" and on the clipboard.'


def without_names(report: str) -> str:
    """Return the report without the artist's home folder and the names of the photos."""
    for number, photo in enumerate(bpy.context.scene.relit.photos, 1):
        path = Path(bpy.path.abspath(photo.path))
        for name in (str(path), path.name):
            report = report.replace(name, f"<photo {number}>") if path.name else report
    return report.replace(str(Path.home()), "~")


def _of_blender() -> Iterator[str]:
    manifest = tomllib.loads((EXTENSION_ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    yield f"Relit {manifest['version']} in Blender {bpy.app.version_string}, {platform.platform()}"
    if not bpy.app.background:
        import gpu

        yield f"Graphics: {gpu.platform.renderer_get()}, {gpu.platform.version_get()}"
    driver = vendor_install.cuda_driver_version()
    yield f"CUDA: driver runs {driver // 1000}.{driver % 1000 // 10}" if driver else "CUDA: no device"
    preferences, folder = worker.preferences(), worker.environment_folder()
    yield f"Device {preferences.device}, threads {preferences.threads or 'automatic'}"
    if preferences.python:
        yield f"Existing Python: {preferences.python}"
    state = "ready" if worker.worker_python() else worker.missing_worker_sentences()[0]
    yield f"Environment: {folder}, {state}"
    marker = vendor_install.read_marker(folder)
    if marker is not None:
        yield f"  torch {marker.get('torch') or 'unknown'}, complete: {marker.get('complete')}"
    yield f"Free: {vendor_install.free_space(folder) / 1e9:.1f} GB for it"
    heads = worker.heads_folder()
    yield f"Heads: {heads}, {vendor_install.free_space(heads) / 1e9:.1f} GB free"


def _last_errors() -> Iterator[str]:
    if run.problem is not None:
        yield f"Last problem: {run.problem.message} {run.problem.hint}"
    logs = sorted(worker.log_folder().glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for log in [log for log in logs if log.stat().st_size][:LOGS]:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        yield f"{log.name}:"
        yield from (f"  {line}" for line in lines[-LINES:])


register, unregister = bpy.utils.register_classes_factory((RELIT_OT_doctor,))
