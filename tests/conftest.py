"""What every test shares: one thread for torch, and the reference data where it is."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable

import pytest

os.environ.setdefault("GOMP_SPINCOUNT", "2000")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if importlib.util.find_spec("torch") is not None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder of reference data: $RELIT_SHARED, or `shared` beside the checkout."""
    beside = pathlib.Path(__file__).resolve().parents[2] / "shared"
    folder = pathlib.Path(os.environ.get("RELIT_SHARED", beside))
    if not folder.is_dir():
        pytest.skip(f"no reference data: {folder} does not exist and RELIT_SHARED names no folder")
    return folder


@pytest.fixture(scope="session")
def gltf_problems() -> Callable[[pathlib.Path], str]:
    """What the Khronos glTF validator from npm says of a file: errors and warnings, a line each."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    if subprocess.run([node, "-e", "require('gltf-validator')"], capture_output=True).returncode:
        pytest.skip("gltf-validator is not installed: npm install gltf-validator, and set NODE_PATH")
    script = (
        "require('gltf-validator').validateBytes(new Uint8Array(require('fs').readFileSync(process.argv[1])))"
        ".then(r=>{for(const m of r.issues.messages)if(m.severity<2)console.log(m.code,m.pointer)})"
    )

    def problems(path: pathlib.Path) -> str:
        return subprocess.run([node, "-e", script, str(path)], capture_output=True, text=True, check=True).stdout

    return problems
