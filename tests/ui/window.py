"""Opens a real Blender window with the add-on installed from its zip, and plays a scenario in it.

    python tests/ui/window.py tests/ui/scenarios/newcomer.py --pictures /tmp/pictures

A scenario is a Python file with a generator ``scenario(stage)``; :mod:`stage` tells what it can do. What Blender is
used, and how it is shown, is chosen by the environment:

``RELIT_BLENDER_UI``
    Command line that starts Blender; ``blender`` by default. A prefix such as a chroot's is allowed
    (``enter-chroot blender``): what stands before the program also stands before ``Xvfb`` and ``scrot``.
``RELIT_UI_DISPLAY``
    The X display, ``:61`` for example: used as it is where it answers, otherwise ``Xvfb`` is started on it. By default
    ``DISPLAY``, or ``:61`` where that is not set.
``RELIT_UI_LIMIT``
    Seconds for one scenario, where a machine is slow.
``RELIT_WORKER_PYTHON``
    A Python with the worker's libraries, so that the window can reconstruct.

``tests/ui/make_blender.sh`` makes such a Blender on a Debian machine that has none.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIZE = (1280, 800)
LIMIT = float(os.environ.get("RELIT_UI_LIMIT", "400"))  # seconds for one scenario
BAD = re.compile(r"Traceback|^Error[: ]|^\s*\w*Error: |Segmentation fault|Writing: .*\.crash\.txt")
HARMLESS = re.compile(r"^Error: Not freed memory blocks|ALSA|XOpenIM|Color management|libdecor|OpenImageIO")

PREPARE = """
import bpy
view = bpy.context.preferences.view
view.show_splash = False
view.filebrowser_display_type = "SCREEN"
bpy.context.preferences.use_preferences_save = False
bpy.ops.wm.save_userpref()
"""


class NoBlender(Exception):
    """Something that a scenario needs is not on this machine; the text says what."""


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario.

    Attributes:
        failure: Why it did not end well; empty when it did.
        complaints: Lines of Blender's output that speak of an error.
        notes: What the scenario measured, by name.
        pictures: The screenshots, in the order they were taken.
        log: All that Blender printed.
    """

    failure: str
    complaints: list[str]
    notes: dict[str, object]
    pictures: list[Path]
    log: Path


@dataclass
class Blender:
    """An installed add-on in a profile of its own."""

    command: list[str]
    display: str
    profile: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def find(cls, profile: Path) -> Blender:
        """Return the Blender that the environment names.

        Raises:
            NoBlender: When there is none, or no display and no Xvfb.
        """
        command = shlex.split(os.environ.get("RELIT_BLENDER_UI", "blender"))
        if shutil.which(command[0]) is None:
            raise NoBlender(f"no Blender to open a window with: {command[0]} is not there (RELIT_BLENDER_UI names one)")
        display = os.environ.get("RELIT_UI_DISPLAY") or os.environ.get("DISPLAY") or ":61"
        found = cls(command, display, profile)
        if found.run([*command, "--version"], check=False).returncode:
            raise NoBlender(f"{shlex.join(command)} --version failed")
        return found

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.environment = {**kept, "BLENDER_USER_RESOURCES": str(self.profile), "DISPLAY": self.display}
        self.environment.setdefault("LIBGL_ALWAYS_SOFTWARE", "1")

    def run(self, command: list[str], check: bool = True) -> subprocess.CompletedProcess:
        """Run a command beside Blender, with the add-on's profile."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, errors="replace")
        if check and done.returncode:
            raise RuntimeError(f"{shlex.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def install(self, archive: Path) -> None:
        """Install the zip as a person would, and turn the splash screen off."""
        self.profile.mkdir(parents=True, exist_ok=True)
        self.run(
            [*self.command, "--command", "extension", "install-file", "-r", "user_default", "--enable", str(archive)]
        )
        self.run([*self.command, "-b", "--offline-mode", "--python-expr", PREPARE])

    def build(self, archive: Path, source: Path = ROOT) -> Path:
        """Build the extension's zip from a checkout."""
        where = ["--source-dir", str(source), "--output-filepath", str(archive)]
        self.run([*self.command, "--command", "extension", "build", *where])
        return archive

    @contextlib.contextmanager
    def screen(self) -> Iterator[None]:
        """A display that answers: the one there is, or an Xvfb for as long as this lasts."""
        if self._answers():
            yield
            return
        width, height = SIZE
        command = [
            "Xvfb",
            self.display,
            "-screen",
            "0",
            f"{width}x{height}x24",
            "+extension",
            "GLX",
            "-nolisten",
            "tcp",
        ]
        try:
            server = subprocess.Popen(
                [*self.command[:-1], *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise NoBlender(f"no display, and Xvfb cannot be started: {error}") from error
        try:
            for _ in range(100):
                if self._answers():
                    break
                if server.poll() is not None:
                    raise NoBlender(f"no display, and Xvfb {self.display} ended with {server.returncode}")
                time.sleep(0.1)
            yield
        finally:
            server.terminate()
            server.wait()

    def _answers(self) -> bool:
        number = re.fullmatch(r":(\d+)(\.\d+)?", self.display)
        return number is None or Path(f"/tmp/.X11-unix/X{number[1]}").exists()

    def play(
        self,
        scenario: Path,
        pictures: Path,
        photo: Path | None = None,
        head: Path | None = None,
        arguments: dict[str, str] | None = None,
    ) -> Outcome:
        """Play one scenario and return what came of it; screenshots and the log go to ``pictures``."""
        pictures.mkdir(parents=True, exist_ok=True)
        for old in pictures.glob("*.png"):
            old.unlink()
        log, result = pictures / "blender.log", pictures / "result.json"
        result.unlink(missing_ok=True)
        order = {"scenario": str(scenario), "pictures": str(pictures), "result": str(result), "root": str(ROOT)}
        order["picture_command"] = self.command[:-1]
        order["arguments"] = arguments or {}
        order["photo"], order["head"] = str(photo), str(head)
        width, height = SIZE
        window = ["--window-geometry", "0", "0", str(width), str(height), "--gpu-backend", "opengl"]
        command = [*self.command, "--enable-event-simulate", *window]
        with log.open("w", encoding="utf-8") as stream:
            child = subprocess.Popen(
                [*command, "--python", str(HERE / "stage.py"), "--", json.dumps(order)],
                env=self.environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            failure = ""
            try:
                status = child.wait(LIMIT)
            except subprocess.TimeoutExpired:
                child.kill()
                status = child.wait()
                failure = f"the scenario was not over after {LIMIT:.0f} s"
        said = (
            json.loads(result.read_text("utf-8")) if result.is_file() else {"failure": f"Blender ended with {status}"}
        )
        if status and not failure and not said["failure"]:
            failure = f"Blender ended with exit status {status} after the scenario was over"
        left = [process for process in said.get("must_end", []) if not _ends(process)]
        if left and not failure and not said["failure"]:
            failure = f"left running after Blender was closed: {left}"
        lines = log.read_text("utf-8", errors="replace").splitlines()
        complaints = [line for line in lines if BAD.search(line) and not HARMLESS.search(line)]
        taken = [pictures / name for name in said.get("pictures", [])]
        return Outcome(failure or said["failure"], complaints, said.get("notes", {}), taken, log)


def demo_head(photo: Path | None, folder: Path) -> Path | None:
    """Return a head folder, made from the photo as fast as it goes; None where nothing can make it.

    ``$RELIT_UI_HEAD`` names one that is there already.
    """
    chosen, worker = os.environ.get("RELIT_UI_HEAD"), os.environ.get("RELIT_WORKER_PYTHON")
    if chosen:
        return Path(chosen)
    if worker is None or photo is None:
        return None
    head = folder / "astronaut"
    if not head.is_dir():
        quick = ["--quality", "draft", "--size", "512"]
        command = [worker, "-m", "core", "reconstruct", str(photo), "--out", str(head), *quick]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return head


def _ends(process: int) -> bool:
    """Wait a moment for a process to end by itself; False when it does not."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def what_is_missing(scenario: Path, photo: Path | None, head: Path | None) -> str:
    """Return what a scenario needs and this machine has not; empty when there is nothing."""
    text = scenario.read_text("utf-8")
    if "common.name_worker" in text and not os.environ.get("RELIT_WORKER_PYTHON"):
        return "no worker: RELIT_WORKER_PYTHON names no Python with Relit's libraries"
    if "common.photo" in text and photo is None:
        return "no photo: scikit-image, which carries it, is not installed, and RELIT_UI_PHOTO names none"
    if "common.load_head" in text and head is None:
        return "no head: there is no worker to make one, and RELIT_UI_HEAD names none"
    return ""


def demo_photo(folder: Path) -> Path | None:
    """Return the demo's portrait as a file, None where nothing here carries it.

    It is scikit-image's picture of the astronaut Eileen Collins, by NASA, in the public domain; ``$RELIT_UI_PHOTO``
    names another picture.
    """
    chosen = os.environ.get("RELIT_UI_PHOTO")
    if chosen:
        return Path(chosen)
    try:
        from PIL import Image
        from skimage.data import astronaut
    except ImportError:
        return None
    path = folder / "astronaut.png"
    Image.fromarray(astronaut()).save(path)
    return path


def main() -> int:
    """Play one scenario from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--pictures", type=Path, required=True, help="folder for screenshots and log")
    parser.add_argument("--source", type=Path, default=ROOT, help="checkout whose add-on is installed")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="arguments for the scenario")
    choices = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relit-ui-") as folder:
        try:
            blender = Blender.find(Path(folder, "profile"))
            blender.install(blender.build(Path(folder, "relit.zip"), choices.source.resolve()))
            with blender.screen():
                arguments = dict(pair.split("=", 1) for pair in choices.set)
                scenario, photo = choices.scenario.resolve(), demo_photo(Path(folder))
                head = demo_head(photo, Path(folder))
                if missing := what_is_missing(scenario, photo, head):
                    raise NoBlender(missing)
                outcome = blender.play(scenario, choices.pictures.resolve(), photo, head, arguments)
        except NoBlender as error:
            print(error, file=sys.stderr)
            return 2
    for name, value in outcome.notes.items():
        print(f"{name}: {value}")
    for picture in outcome.pictures:
        print(picture)
    for line in outcome.complaints:
        print(f"in {outcome.log}: {line}")
    if outcome.failure:
        print(f"FAILED: {outcome.failure}")
    return int(bool(outcome.failure or outcome.complaints))


if __name__ == "__main__":
    sys.exit(main())
