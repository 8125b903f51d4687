"""Installing the worker: what is said before, what is started, what is removed, another Python."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest


@pytest.fixture
def install(part):
    return part("operators.setup.install")


@pytest.fixture
def started(install, part, monkeypatch) -> list[list[str]]:
    """The command lines that would be started."""
    commands = []

    class Recorder:
        over = True

        def __init__(self, name, command, log, request=""):
            commands.append(command)

        def poll(self):
            return []

        def close(self): ...

    monkeypatch.setattr(install, "Job", Recorder)
    monkeypatch.setattr(part("operators.jobs.polling"), "watch", lambda: None)
    return commands


def pump_to_the_end(run) -> None:
    deadline = time.monotonic() + 60
    while run.pump() is not None:
        assert time.monotonic() < deadline, run.stage
        time.sleep(0.02)


def test_it_needs_the_artists_permission_to_go_online(part) -> None:
    assert not bpy.app.online_access, "this test needs a Blender that may not go online"
    with pytest.raises(RuntimeError, match=r"allow online access|offline"):
        bpy.ops.relit.install()
    assert bpy.ops.relit.install_offline.poll(), "a folder needs no network"


def test_what_is_downloaded_from_where_and_where_to_is_said_before(install, preferences, tmp_path: Path) -> None:
    preferences.environment = str(tmp_path / "worker")
    text = " ".join(line for line, _ in install.plan())
    assert "PyTorch for the" in text and "MB from the Python package index" in text
    assert f"To {tmp_path / 'worker'}" in text and "GB are free" in text
    icons = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
    assert all(icon in icons for _, icon in install.plan())


def test_the_installer_runs_in_blenders_own_python(install, started, tmp_path, preferences) -> None:
    preferences.environment = str(tmp_path / "worker")
    assert bpy.ops.relit.install_offline(directory=str(tmp_path)) == {"FINISHED"}
    (command,) = started
    script = Path(command[2])
    assert command[0] == sys.executable and script.name == "vendor_install.py" and script.is_file()
    assert command[3:6] == ["install", "--offline", str(tmp_path)]
    assert command[6:] == ["--environment", str(tmp_path / "worker"), "--json"]


@pytest.mark.parametrize("arguments", [["install", "--repair"], ["install", "--offline", "x"], ["remove"], ["check"]])
def test_the_installer_knows_what_it_is_asked(install, arguments: list[str]) -> None:
    script = str(Path(install.EXTENSION_ROOT) / "vendor_install.py")
    command = [sys.executable, "-s", script, *arguments, "--environment", "e", "--json", "--help"]
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_folder_that_is_none_is_told(part, preferences, tmp_path: Path) -> None:
    run = part("operators.jobs.run").run
    preferences.environment = str(tmp_path / "worker")
    bpy.ops.relit.install_offline(directory=str(tmp_path / "nowhere"))
    pump_to_the_end(run)
    assert "There is no folder of wheels" in run.problem.message and run.problem.hint


def test_remove_takes_only_what_is_ours(part, preferences, tmp_path: Path) -> None:
    import vendor_install

    run, folder = part("operators.jobs.run").run, tmp_path / "worker"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"cat")
    preferences.environment = str(folder)
    assert not bpy.ops.relit.remove_worker.poll(), "there is nothing of ours"
    vendor_install.write_marker(folder, True, {})
    assert bpy.ops.relit.remove_worker() == {"FINISHED"}
    pump_to_the_end(run)
    assert not folder.exists() and run.notice.startswith("The worker was removed")


def test_another_python_is_looked_at_and_left_alone(part, preferences) -> None:
    run = part("operators.jobs.run").run
    assert not bpy.ops.relit.check_python.poll()
    preferences.python = sys.executable
    assert bpy.ops.relit.check_python() == {"FINISHED"}
    pump_to_the_end(run)
    assert "lacks" in run.problem.message and "torch" in run.problem.message
    assert "-m pip install -r" in run.problem.hint


def test_nothing_is_installed_beside_an_existing_python(preferences, started) -> None:
    preferences.python = sys.executable
    assert not bpy.ops.relit.install.poll() and not bpy.ops.relit.install_offline.poll()


def test_the_preferences_offer_what_can_be_done(draw, preferences, part, tmp_path: Path) -> None:
    seen = draw("preferences")
    assert {"relit.install", "relit.install_offline", "relit.doctor"} <= set(seen.operators)
    assert {"device", "threads", "heads", "python", "environment"} <= set(seen.properties)
    preferences.python = sys.executable
    assert "relit.check_python" in draw("preferences").operators


def test_networks_of_others_are_offered_with_their_licence(draw, preferences, part, monkeypatch, tmp_path) -> None:
    networks = part("operators.setup.own_networks")
    monkeypatch.setenv("INSIGHTFACE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    networks.found.cache_clear()
    assert "own_networks" not in draw("preferences").properties
    for name in ("models/buffalo_l/det.onnx", "hub/checkpoints/2DFAN4-1.pth.tar"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    networks.found.cache_clear()
    seen = draw("preferences")
    assert "non-commercial research only" in seen.text and "own_networks" in seen.properties
    networks.found.cache_clear()
    environment = part("operators.jobs.job").worker_environment
    assert environment()[networks.VARIABLE] == "0"
    preferences.own_networks = True
    assert environment()[networks.VARIABLE] == "1"
    preferences.own_networks = False


def test_an_installation_shows_bytes_in_the_panel(draw, part) -> None:
    run = part("operators.jobs.run").run
    run.start("install", SimpleNamespace(poll=list, over=False, close=lambda: None), lambda head: True)
    run.stage, run.fraction = "Downloading torch: 75 of 192 MB", 0.3
    assert "Downloading torch: 75 of 192 MB" in draw("preferences").text
