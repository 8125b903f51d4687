"""Face networks of others that are on this machine: offered with their licence, never downloaded, never a default."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "RELIT_OWN_NETWORKS"
"""Set to 1 for a worker that may use them (`core.photos.landmark_backends`)."""


@dataclass(frozen=True)
class Network:
    """What was found, and under which licence it may be used."""

    sentence: str


@functools.cache
def found() -> tuple[Network, ...]:
    """Return what lies in the usual folders; looked at once, so that drawing does not wait for a disk."""
    home = Path.home()
    networks = []
    packs = Path(os.environ.get("INSIGHTFACE_HOME", home / ".insightface")) / "models"
    if any(packs.glob("*/*.onnx")):
        networks.append(
            Network("insightface models (finding faces): their licence allows non-commercial research only.")
        )
    cache = Path(os.environ.get("XDG_CACHE_HOME", home / ".cache"))
    checkpoints = Path(os.environ.get("TORCH_HOME", cache / "torch")) / "hub" / "checkpoints"
    if any(checkpoints.glob("2DFAN4-*.pth.tar")):
        networks.append(
            Network("face-alignment model (68 landmarks): code BSD-3-Clause, weights trained on research data sets.")
        )
    return tuple(networks)
