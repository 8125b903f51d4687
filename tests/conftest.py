"""What every test shares: one thread for torch, and the reference data where it is."""

from __future__ import annotations

import importlib.util
import os
import pathlib

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
