"""What is measured, and how: geometry, camera, colour, maps and pictures against the truth.

`measure_head` and `measure_relit` are the two entrances; `measure_fitted` takes any method's mesh.
"""

from __future__ import annotations

from .fitted import Fitted
from .measure import Measured, measure_fitted, measure_head
from .relit import measure_held_out, measure_relit
from .truth_surface import FaceMasks, TruthSurface, face_masks

__all__ = [
    "FaceMasks",
    "Fitted",
    "Measured",
    "TruthSurface",
    "face_masks",
    "measure_fitted",
    "measure_head",
    "measure_held_out",
    "measure_relit",
]
