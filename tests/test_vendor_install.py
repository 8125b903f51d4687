"""The installer: what it asks pip for, what it repairs, what it never touches."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import vendor_install
from core.protocol import Failed, Finished, Progress, decode
from vendor_install import Console, InstallError, is_ready, make_environment, python_in, read_marker

ROOT = Path(__file__).resolve().parents[1]
QUIET = Console(as_json=True)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two wheels that hold one module each."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("tinyone", "tinytwo"):
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", "value = 1\n")
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "requirements"
    folder.mkdir()
    for name, text in (("one", "tinyone==1.0\n"), ("two", "tinytwo==1.0\n"), ("away", "nosuchthing==1.0\n")):
        (folder / f"{name}.txt").write_text(text)
    monkeypatch.setattr(vendor_install, "REQUIREMENTS", folder)
    return folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """An environment with the first wheel; made once, copied by the tests that change it."""
    base = tmp_path_factory.mktemp("finished")
    (base / "requirements").mkdir()
    (base / "requirements/one.txt").write_text("tinyone==1.0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vendor_install, "REQUIREMENTS", base / "requirements")
        make_environment(base / "environment", Path(sys.executable), ["one"], QUIET, wheels)
    return base / "environment"


@pytest.fixture
def environment(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "environment", symlinks=True))


def has(environment: Path, module: str) -> bool:
    return vendor_install.output_of([python_in(environment), "-c", f"import {module}; print({module}.value)"]) == "1"


def make(environment: Path, names: list[str], wheels: Path) -> Path:
    return make_environment(environment, Path(sys.executable), names, QUIET, wheels)


def test_a_finished_environment_is_left_alone(environment, requirements, wheels, monkeypatch) -> None:
    assert is_ready(environment, ["one"]) and has(environment, "tinyone")

    def never(*_: object, **__: object) -> int:
        raise AssertionError("the second run started a process")

    monkeypatch.setattr(vendor_install, "call", never)
    assert make(environment, ["one"], wheels) == python_in(environment)


def test_more_requirements_are_added_to_what_is_there(environment, requirements, wheels) -> None:
    made = (environment / "pyvenv.cfg").stat().st_mtime_ns
    make(environment, ["one", "two"], wheels)
    assert has(environment, "tinyone") and has(environment, "tinytwo") and is_ready(environment, ["one", "two"])
    assert (environment / "pyvenv.cfg").stat().st_mtime_ns == made


def test_changed_requirements_are_noticed(environment, requirements) -> None:
    (requirements / "one.txt").write_text("tinyone==2.0\n")
    assert not is_ready(environment, ["one"])


def test_an_interrupted_environment_is_made_again(environment, requirements, wheels) -> None:
    vendor_install.write_marker(environment, False, {"one": vendor_install.digest("one")})
    (environment / "half").write_text("written")
    assert not is_ready(environment, ["one"])
    make(environment, ["one"], wheels)
    assert is_ready(environment, ["one"]) and has(environment, "tinyone") and not (environment / "half").exists()


def test_what_pip_cannot_find_is_told_and_leaves_the_marker_incomplete(environment, requirements, wheels) -> None:
    with pytest.raises(InstallError, match=r"could not be installed: ERROR: .*nosuchthing") as caught:
        make(environment, ["away"], wheels)
    assert "install.log" in caught.value.hint
    assert read_marker(environment)["complete"] is False


def test_without_its_weights_an_environment_is_not_complete(environment, requirements, wheels) -> None:
    def fail(python: Path) -> None:
        assert python == python_in(environment)
        raise InstallError("no weights")

    with pytest.raises(InstallError, match="no weights"):
        make_environment(environment, Path(sys.executable), ["one", "two"], QUIET, wheels, fail)
    assert not is_ready(environment, ["one"])


def test_a_folder_that_is_not_ours_is_neither_filled_nor_removed(tmp_path, requirements, wheels) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(InstallError, match="is not an environment of Relit; nothing was changed"):
        make(folder, ["one"], wheels)
    assert vendor_install.main(["remove", "--environment", str(folder)]) == 2
    assert os.listdir(folder) == ["cat.jpg"]


def test_remove_takes_what_is_ours(environment) -> None:
    assert vendor_install.main(["remove", "--environment", str(environment)]) == 0
    assert not environment.exists()


def test_a_disk_that_is_too_small_is_told_before_anything_is_fetched(tmp_path, requirements, monkeypatch) -> None:
    usage = shutil._ntuple_diskusage(10**10, 10**10 - 10**9, 10**9)
    monkeypatch.setattr(vendor_install.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InstallError, match=r"has 1.0 GB free; the environment needs 1.5 GB"):
        make_environment(tmp_path / "environment", Path(sys.executable), ["one"], QUIET)


@pytest.mark.parametrize(
    ("driver", "system", "offline", "expected"),
    [
        (0, "Linux", False, ["torch==9+cpu", "torch==9+cpu cpu"]),
        (0, "Linux", True, ["torch==9+cpu"]),
        (0, "Windows", False, ["torch==9"]),
        (0, "Darwin", False, ["torch==9"]),
        (
            13010,
            "Linux",
            False,
            ["torch==9+cu130 cu130", "torch==9+cu128 cu128", "torch==9+cu126 cu126", "torch==9"],
        ),
        (12080, "Windows", False, ["torch==9+cu128 cu128", "torch==9+cu126 cu126", "torch==9"]),
        (12040, "Linux", False, ["torch==9+cu126 cu126", "torch==9"]),
        (11080, "Linux", False, ["torch==9"]),
        (13000, "Linux", True, ["torch==9+cu130", "torch==9+cu128", "torch==9+cu126", "torch==9"]),
    ],
)
def test_the_build_of_torch_fits_the_machine(driver, system, offline, expected) -> None:
    asked = vendor_install.torch_candidates("9", driver, system, offline)
    assert [" ".join([what, *(option.split("/")[-1] for option in more[1:])]) for what, more in asked] == expected


def test_every_requirement_is_pinned() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        assert lines and all(line.count("==") == 1 for line in lines), path.name


def test_the_worker_gets_what_the_core_imports_and_nothing_else() -> None:
    packages = {"cv2": "opencv-python-headless", "PIL": "pillow", "ai_edge_litert": "ai-edge-litert"}
    optional = {"face_alignment", "insightface", "onnxruntime", "pytorch3d"}
    imported = set()
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.split(".")[0])
    needed = {packages.get(name, name) for name in imported - set(sys.stdlib_module_names) - optional}
    lines = (ROOT / "requirements/worker.txt").read_text().splitlines()
    assert {line.split("==")[0] for line in lines if "==" in line} == needed


def test_a_python_that_is_too_old_gets_one_sentence(monkeypatch, capsys) -> None:
    tree = ast.parse((ROOT / "vendor_install.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    assert isinstance(tree.body[1], ast.ImportFrom)  # so that annotations are not evaluated there either
    monkeypatch.setattr(vendor_install.sys, "version_info", (3, 9, 1))
    assert vendor_install.main(["doctor"]) == 2
    assert capsys.readouterr().err.startswith("Relit needs Python 3.11 or newer; this is ")


def test_a_python_that_is_too_new_is_replaced_or_told(monkeypatch) -> None:
    monkeypatch.setattr(vendor_install.sys, "version_info", (3, 15, 0))
    monkeypatch.setattr(vendor_install, "find_python", lambda version: Path("p") if version == "3.12" else None)
    assert vendor_install.worker_python() == Path("p")
    monkeypatch.setattr(vendor_install, "find_python", lambda version: None)
    with pytest.raises(InstallError, match="is too new"):
        vendor_install.worker_python()


def test_a_name_on_the_path_that_runs_nothing_is_passed_over(tmp_path, monkeypatch) -> None:
    if sys.platform == "win32":
        pytest.skip("the shim is a shell script")
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert vendor_install.find_python("3.99") is None


def test_missing_system_libraries_are_named_with_the_command(monkeypatch) -> None:
    def only_x11(name: str) -> None:
        if name != "libX11.so.6":
            raise OSError(name)

    monkeypatch.setattr(vendor_install.ctypes, "CDLL", only_x11)
    monkeypatch.setattr(vendor_install.sys, "platform", "linux")
    monkeypatch.setattr(vendor_install.os, "geteuid", lambda: 1000, raising=False)
    assert "libx11-6" not in vendor_install.missing_libraries()
    with pytest.raises(InstallError, match=r"needs system libraries that are missing: .*libegl1") as caught:
        vendor_install.provide_libraries(QUIET)
    assert caught.value.hint.startswith("Run `sudo apt-get install -y --no-install-recommends libxrender1")


def test_the_file_runs_alone(tmp_path) -> None:
    alone = Path(shutil.copy(ROOT / "vendor_install.py", tmp_path))
    done = subprocess.run([sys.executable, alone, "run", "--", "doctor"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "missing or out of date" in done.stderr and "vendor_install.py install" in done.stderr


def start_json(tmp_path: Path, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, str(ROOT / "vendor_install.py"), *arguments, "--json"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path)


def as_messages(text: str) -> list:
    return [decode(json.dumps({**json.loads(line), "job": "a"})) for line in text.splitlines()]


def read_with_input_open(child: subprocess.Popen) -> str:
    """Read to the end with standard input open, as Blender keeps it."""
    text = child.stdout.read()
    child.wait(120)
    child.stdin.close()
    child.stderr.close()
    return text


def test_blender_can_read_progress_and_failure(tmp_path) -> None:
    offline = tmp_path / "no_wheels"
    child = start_json(tmp_path, "install", "--environment", str(tmp_path / "e"), "--offline", str(offline))
    messages = as_messages(read_with_input_open(child))
    assert isinstance(messages[0], Progress) and isinstance(messages[-1], Failed)
    assert messages[-1].message == f"There is no folder of wheels at {offline}."
    assert child.returncode == 2


def test_blender_can_read_success(environment, tmp_path) -> None:
    child = start_json(tmp_path, "remove", "--environment", str(environment))
    assert as_messages(read_with_input_open(child)) == [Finished("a", str(environment))]


def test_closing_standard_input_cancels(tmp_path, requirements) -> None:
    child = start_json(tmp_path, "install", "--environment", str(tmp_path / "environment"))
    child.stdout.readline()
    started = time.monotonic()
    child.communicate(timeout=60)
    assert child.returncode == 130 and time.monotonic() - started < 10
    assert not is_ready(tmp_path / "environment", ["worker"])
    assert read_marker(tmp_path / "environment")["complete"] is False


def test_one_failure_fails_the_whole_test_run_and_the_rest_still_runs(tmp_path, monkeypatch, capsys) -> None:
    commands = []

    def call(command: list, environment: dict, on_line: Callable[[str], None]) -> int:
        commands.append((" ".join(str(part) for part in command), environment["RELIT_BPY"]))
        on_line("some test")
        return 1 if "ruff" in command else 0

    monkeypatch.setenv("RELIT_BPY", "")
    monkeypatch.setattr(vendor_install, "call", call)
    monkeypatch.setattr(vendor_install, "provide_libraries", lambda console: None)
    monkeypatch.setattr(vendor_install, "install_worker", lambda *_: Path("worker-python"))
    monkeypatch.setattr(vendor_install, "make_environment", lambda folder, *_: Path(folder.name))
    monkeypatch.setattr(vendor_install, "find_python", lambda version: Path("p") if version == "3.11" else None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert vendor_install.main(["test"]) == 1
    printed, summary = capsys.readouterr().out.split("=== summary")
    assert "worker | some test" in printed and "Blender 4.5 | some test" in printed
    summary = summary.splitlines()
    assert [line.split("  ")[0] for line in summary if "FAILED" in line] == ["ruff"]
    assert any("Blender 5.2" in line and "skipped: no Python 3.13 here" in line for line in summary)
    assert any("glTF validator" in line and "skipped: no npm here" in line for line in summary)
    environments = {command.split()[-1]: bpy for command, bpy in commands}
    assert set(environments) == {".", "tests/test_vendor_install.py", "tests/blender"}
    assert environments["tests/test_vendor_install.py"] == "blender-4.5"


def test_checks_run_side_by_side_and_in_order_within_a_lane() -> None:
    met, done = threading.Barrier(2, timeout=10), []

    def work(lane: str, number: int) -> None:
        met.wait()  # breaks unless the other lane is at work too
        done.append((lane, number))

    vendor_install._side_by_side(work, [[("a", 1), ("a", 2)], [("b", 1), ("b", 2)]])
    assert [number for lane, number in done if lane == "a"] == [1, 2] == [n for lane, n in done if lane == "b"]


def test_what_breaks_in_one_lane_ends_the_others() -> None:
    waiting, worked = [("long",), ("after it",)], []

    def work(name: str) -> None:
        worked.append(name)
        if name == "break":
            raise KeyboardInterrupt
        limit = time.monotonic() + 10
        while waiting and time.monotonic() < limit:
            time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        vendor_install._side_by_side(work, [[("break",)], waiting])
    assert "after it" not in worked


def test_an_environment_that_cannot_be_made_fails_the_test_run(monkeypatch, capsys) -> None:
    def fail(*_: object) -> Path:
        raise InstallError("no network", "Check it.")

    monkeypatch.setattr(vendor_install, "install_worker", fail)
    monkeypatch.setattr(vendor_install, "find_python", lambda version: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert vendor_install.main(["test"]) == 1
    assert "no network" in capsys.readouterr().err


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """What a console was told of progress, details included."""
    told: list[tuple[str, float]] = []
    monkeypatch.setattr(QUIET, "detail", lambda stage, fraction: told.append((stage, fraction)), raising=False)
    return told


def test_what_pip_prints_becomes_progress_in_bytes(heard, monkeypatch) -> None:
    now = iter(range(1000))
    monkeypatch.setattr(vendor_install.time, "monotonic", lambda: next(now))
    progress = vendor_install.PipProgress(QUIET, 0.2, 0.6, 200e6)
    for line in (
        "Collecting torch==9",
        "  Downloading torch-9-cp311-linux_x86_64.whl (150.0 MB)",
        "Progress 75000000 of 150000000",
        "Progress nonsense of x",
        "  Downloading https://somewhere/files/numpy-2.0-py3-none-any.whl.metadata (20 kB)",
        "Installing collected packages: torch, numpy",
    ):
        progress.line(line)
    stages = [stage for stage, _ in heard]
    assert stages[0] == "Downloading torch (150.0 MB)" and stages[1] == "Downloading torch: 75 of 150 MB"
    assert stages[2].startswith("Downloading numpy") and stages[3].startswith("Unpacking")
    fractions = [fraction for _, fraction in heard]
    assert fractions == sorted(fractions) and fractions[0] >= 0.2 and fractions[-1] < 0.6
    assert fractions[1] == pytest.approx(0.2 + 0.4 * 0.85 * 75 / 200)


def test_an_installation_says_before_what_it_fetches() -> None:
    cpu, gpu = vendor_install.downloads(0), vendor_install.downloads(13000)
    assert all(item.what and item.size > 1e6 and item.source for item in (*cpu, *gpu))
    assert sum(item.size for item in cpu) < 1e9 < sum(item.size for item in gpu)


def test_free_space_is_known_for_folders_that_are_not_there_yet(tmp_path) -> None:
    assert vendor_install.free_space(tmp_path / "a" / "b") == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)


def test_a_python_is_told_what_it_lacks(environment, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "requirements"
    folder.mkdir()
    (folder / "worker.txt").write_text("# what computes\ntinyone==1.0\ntinytwo==1.0\n")
    monkeypatch.setattr(vendor_install, "REQUIREMENTS", folder)
    assert vendor_install.lacking_in(python_in(environment)) == (["tinytwo"], [])
    (folder / "worker.txt").write_text("tinyone==2.0\n")
    assert vendor_install.lacking_in(python_in(environment)) == ([], ["tinyone 1.0 (wanted 2.0)"])


def test_checking_a_python_ends_in_a_sentence(environment, requirements, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("RELIT_WEIGHTS", str(tmp_path))
    (requirements / "worker.txt").write_text("tinytwo==1.0\n")
    assert vendor_install.main(["check", "--python", str(python_in(environment))]) == 2
    told = capsys.readouterr().err
    assert "lacks tinytwo." in told and "-m pip install -r" in told
    (requirements / "worker.txt").write_text("tinyone==1.0\n")
    assert vendor_install.main(["check", "--python", str(python_in(environment))]) == 2
    assert "not the weights" in capsys.readouterr().err
    (tmp_path / "cat.jpg").write_bytes(b"cat")
    assert vendor_install.main(["check", "--python", str(tmp_path / "cat.jpg")]) == 2
    assert "is no Python that runs" in capsys.readouterr().err


def test_repair_makes_a_broken_environment_again(environment, requirements) -> None:
    (requirements / "worker.txt").write_text("tinyone==1.0\n")
    vendor_install.write_marker(environment, True, {"one": "x"})
    vendor_install.repair_worker(environment, QUIET)
    assert read_marker(environment)["complete"] is True, "nothing is missing"
    next(environment.rglob("tinyone.py")).unlink()
    vendor_install.repair_worker(environment, QUIET)
    assert read_marker(environment)["complete"] is False


def test_an_offline_folder_brings_its_weights(requirements, wheels, tmp_path, monkeypatch) -> None:
    offline = Path(shutil.copytree(wheels, tmp_path / "offline"))
    (offline / "weights").mkdir()
    (offline / "weights" / "face.tflite").write_bytes(b"weights")
    (requirements / "worker.txt").write_text("tinyone==1.0\n")
    monkeypatch.setattr(vendor_install, "_install_torch", lambda *_: "9")
    asked = []
    real = vendor_install.call

    def call(command, *rest, **named):
        if "core.weights" in command:
            asked.append((tmp_path / "environment" / "relit_weights" / "face.tflite").read_bytes())
            return 0
        return real(command, *rest, **named)

    monkeypatch.setattr(vendor_install, "call", call)
    vendor_install.install_worker(tmp_path / "environment", ["worker"], QUIET, offline)
    assert asked == [b"weights"] and is_ready(tmp_path / "environment", ["worker"])


def test_an_offline_folder_for_another_machine_is_refused(tmp_path, monkeypatch) -> None:
    record = tmp_path / vendor_install.OFFLINE_RECORD
    monkeypatch.setattr(vendor_install.platform, "system", lambda: "Linux")
    record.write_text('{"platform": "windows", "python": "3.11"}')
    with pytest.raises(InstallError, match="was packed for windows"):
        vendor_install._python_for(tmp_path)
    record.write_text('{"platform": "linux", "python": "3.12"}')
    monkeypatch.setattr(vendor_install, "find_python", lambda version: None)
    with pytest.raises(InstallError, match=r"for Python 3\.12, which is not here"):
        vendor_install._python_for(tmp_path)
    monkeypatch.setattr(vendor_install, "find_python", lambda version: Path(f"python{version}"))
    assert vendor_install._python_for(tmp_path) == Path("python3.12")


@pytest.mark.parametrize("system", ["linux", "windows", "macos"])
def test_packing_asks_for_the_other_machines_wheels(system, tmp_path, monkeypatch, capsys) -> None:
    commands = []

    def call(command, environment=None, log=None, on_line=None) -> int:
        commands.append(([str(part) for part in command], environment))
        return 0

    monkeypatch.setattr(vendor_install, "call", call)
    folder = tmp_path / "pack"
    assert vendor_install.main(["pack-offline", str(folder), "--platform", system, "--python", "3.12"]) == 0
    (torch, _), (others, _), (weights, place) = commands
    assert "3.12" in torch and vendor_install.PLATFORMS[system][0] in torch and "--only-binary=:all:" in others
    assert next(part for part in torch if part.startswith("torch==")).endswith("+cpu") == (system == "linux")
    assert "core.weights" in weights and place["RELIT_WEIGHTS"] == str(folder / "weights")
    record = json.loads((folder / vendor_install.OFFLINE_RECORD).read_text())
    assert record == {"platform": system, "python": "3.12"}
    assert "install --offline pack" in capsys.readouterr().out


def test_packing_needs_space_and_a_python_that_the_worker_runs_in(tmp_path, monkeypatch, capsys) -> None:
    assert vendor_install.main(["pack-offline", str(tmp_path), "--python", "3.9"]) == 2
    monkeypatch.setattr(vendor_install, "free_space", lambda folder: 1e6)
    assert vendor_install.main(["pack-offline", str(tmp_path), "--python", "3.11"]) == 2
    assert "has 1 MB free" in capsys.readouterr().err
