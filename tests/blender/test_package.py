"""The extension as it is given away: built, checked and installed with Blender's own tool."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bpy
import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE_BYTES = 1_000_000
EXCLUDED = ("tests", "docs", "training", "benchmarks", "demo", "dist", "pyproject.toml")

IN_A_FRESH_BLENDER = """
import os, sys
import bpy, addon_utils
zip_path, head = sys.argv[1:]
bpy.ops.extensions.package_install_files(filepath=zip_path, repo="user_default", enable_on_install=True)
name = "bl_ext.user_default.relit"
assert name in bpy.context.preferences.addons
bpy.ops.wm.read_homefile(use_empty=True)
assert bpy.ops.relit.load_head(directory=head) == {"FINISHED"}
assert len(bpy.context.object.data.shape_keys.key_blocks) > 52
worker = sys.modules[name + ".operators.jobs.worker"]
assert worker.worker_python() is None and "relit" in str(worker.environment_folder())
import pathlib
command = [sys.executable, "-s", "-m", "core.worker"]
job, protocol = sys.modules[name + ".operators.jobs.job"], sys.modules[name + ".core.protocol"]
log = pathlib.Path(zip_path).with_suffix(".log")
running = job.Job("r", command, log, protocol.encode(protocol.Rehearse("r", 0.1)))
messages = []
while not running.over:
    messages += running.poll()
assert isinstance(messages[-1], protocol.Finished), (messages, log.read_text())
addon_utils._extensions_warnings_get._is_first = True
assert not [key for key in addon_utils._extensions_warnings_get() if "relit" in key]
assert not [key for key in sys.modules if key.split(".")[0] in {"core", "operators", "panels"}]
print("INSTALLED AND WORKING", flush=True)
addon_utils.disable(name)
os._exit(0)
"""


def extension_tool(*arguments: str) -> subprocess.CompletedProcess:
    scripts = Path(bpy.utils.resource_path("LOCAL")) / "scripts"
    tool = scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    return subprocess.run([sys.executable, str(tool), *arguments], capture_output=True, text=True)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("package") / "relit.zip"
    done = extension_tool("build", "--source-dir", str(ROOT), "--output-filepath", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    return path


@pytest.fixture(scope="session")
def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_blender_finds_it_valid(package: Path) -> None:
    for path in (ROOT, package):
        done = extension_tool("validate", str(path))
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_zip_holds_what_runs_and_nothing_else(names: list[str]) -> None:
    top = {name.split("/")[0] for name in names}
    assert not top & set(EXCLUDED)
    parts = [part for name in names for part in name.split("/")]
    assert not [part for part in parts if part.startswith(".") or part == "__pycache__"]
    assert not [name for name in names if name.endswith((".pyc", ".zip", ".blend", ".log"))]
    for name in ("__init__.py", "blender_manifest.toml", "vendor_install.py", "core/worker.py"):
        assert name in names
    assert {"core", "operators", "panels", "requirements"} <= top
    assert "core/data/shape_model.npz" in names and "NOTICE.md" in names


def test_every_module_of_the_checkout_is_in_the_zip(names: list[str]) -> None:
    ours = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "core/**/*.py", "operators/**/*.py", "panels/*.py", "core/data/*")
        for path in ROOT.glob(pattern)
        if path.is_file()
    ]
    assert set(ours) <= set(names)


def test_code_is_small(package: Path, record_property) -> None:
    with zipfile.ZipFile(package) as archive:
        code = sum(item.compress_size for item in archive.infolist() if not item.filename.startswith("core/data/"))
    record_property("zip_bytes", package.stat().st_size)
    record_property("zip_code_bytes", code)
    print(f"zip: {package.stat().st_size / 1e6:.2f} MB, without core/data {code / 1e6:.3f} MB")
    assert code < CODE_BYTES


def test_the_manifest_says_what_blender_needs() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["id"] == "relit" and manifest["blender_version_min"] == "4.2.0"
    assert "SPDX:GPL-3.0-or-later" in manifest["license"]
    assert {"files", "network"} == set(manifest["permissions"])
    assert all(len(why) <= 64 and not why.endswith(".") for why in manifest["permissions"].values())


def test_it_installs_from_the_zip_and_works(package: Path, head_folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "profile")}
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_BLENDER, str(package), str(head_folder)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=120,
    )
    assert "INSTALLED AND WORKING" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]
