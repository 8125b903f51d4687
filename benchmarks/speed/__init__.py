"""Seconds and memory of a whole reconstruction, stage by stage."""

from __future__ import annotations

from .bench import add_arguments, run

__all__ = ["add_arguments", "run"]
