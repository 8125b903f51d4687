"""What hides parts of a face: hair, beards, glasses and a hand, as plain geometry that any renderer can draw.

``make_hair``, ``make_beard``, ``make_glasses`` and ``make_hand`` fit them to a posed head; same arguments, same result.
"""

from __future__ import annotations

from .glasses import make_glasses
from .hand import make_hand
from .shapes import Accessory, Strands
from .strands import make_beard, make_hair

__all__ = ["Accessory", "Strands", "make_beard", "make_glasses", "make_hair", "make_hand"]
