"""Real people: does every photo give a head, and does the head look, and stay, like the person?"""

from __future__ import annotations

from .bench import add_arguments, run

__all__ = ["add_arguments", "run"]
