"""Heads whose true shape is known: none was made by the method that is measured, except the family "own".

* ``ict``: random identities of ICT-FaceKit's light model (Li et al. 2020): real light-stage scans, another topology.
* ``scan``: the head scan of Lee Perry-Smith (Infinite-Realities), eyes closed.
* ``own``: random heads of ``core.shape.morphable``, reported apart: but for the displacement a fit can reach them
  exactly.

``ict`` and ``own`` carry a smooth random displacement, half of it beyond linear models (``truth_head.displacement``).
"""

from __future__ import annotations

from pathlib import Path

from core.errors import FitError

from .ict import ict_head
from .own import own_head
from .scan import scan_head
from .truth_head import PARTS, TruthHead

__all__ = ["FAMILIES", "PARTS", "TruthHead", "make_head"]

FAMILIES = ("ict", "scan", "own")


def make_head(family: str, seed: int, shared: Path) -> TruthHead:
    """A head of a family, the same for the same seed.

    Args:
        family: one of ``FAMILIES``.
        seed: chooses the identity and the displacement; a scan is the same person whatever the seed.
        shared: folder of the reference data.

    Raises:
        FitError: an unknown family, or reference data that is missing.
    """
    shared = Path(shared)
    if family == "ict":
        return ict_head(seed, shared / "shapes" / "ict_facekit_light.npz")
    if family == "scan":
        return scan_head(seed, shared / "scans" / "lee_perry_smith")
    if family == "own":
        return own_head(seed)
    raise FitError(f"There is no family of heads {family!r}.", f"Choose one of: {', '.join(FAMILIES)}.")
