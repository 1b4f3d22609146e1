"""The statements of all puzzles in order, one file per chapter, without solutions."""

from __future__ import annotations

from dataclasses import replace

from ...errors import UnknownNameError
from ..puzzle import Puzzle
from . import looking, moving, numbers, ordering, patterns, steps

__all__ = ["PUZZLES", "get"]

_CHAPTERS = (steps, looking, moving, ordering, patterns, numbers)

PUZZLES: dict[str, Puzzle] = {
    p.name: replace(p, number=i) for i, p in enumerate((p for c in _CHAPTERS for p in c.PUZZLES), 1)
}
"""Every puzzle by name, easy ones first."""


def get(which: str | int | Puzzle) -> Puzzle:
    """Return the puzzle of a name or number. Raises UnknownNameError, which suggests the nearest names."""
    if isinstance(which, Puzzle):
        return which
    if str(which).isdecimal() and 1 <= int(which) <= len(PUZZLES):
        return list(PUZZLES.values())[int(which) - 1]
    if str(which) not in PUZZLES:
        raise UnknownNameError("puzzle", str(which), PUZZLES, f"By number they go from 1 to {len(PUZZLES)}.")
    return PUZZLES[str(which)]
