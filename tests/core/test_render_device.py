"""The choice of device and threads."""

from __future__ import annotations

import os

import pytest

torch = pytest.importorskip("torch")

from core.device import choose_device, choose_threads, describe, limit_spinning, physical_cores  # noqa: E402
from core.errors import FitError  # noqa: E402


def test_devices(monkeypatch):
    assert choose_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    with pytest.raises(FitError, match="CUDA was asked for") as caught:
        choose_device("cuda")
    assert caught.value.hint.startswith("Choose")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == choose_device("cuda").type == "cuda"
    with pytest.raises(FitError, match="'tpu'"):
        choose_device("tpu")


def test_threads():
    assert choose_threads(5) == 5
    assert choose_threads(0) == max(1, physical_cores() - 1)
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)


def test_spinning_is_limited_unless_the_artist_says_otherwise(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    limit_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    limit_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == "2000"


def test_the_description_names_the_processor():
    assert describe(torch.device("cpu")).startswith("CPU, ")
    assert torch.__version__ in describe(torch.device("cpu"))
