"""Other methods on the same photos, against the same truth, by the same metric code; published figures beside them.

Only what package registries carry can be run beside us; `catalogue` names what cannot, and why.
"""

from __future__ import annotations

from .bench import add_arguments, run

__all__ = ["add_arguments", "run"]
