"""Error against heads of which everything is known, beside simpler methods."""

from __future__ import annotations

from .bench import add_arguments, run

__all__ = ["add_arguments", "run"]
