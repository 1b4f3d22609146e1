"""What the page offers: programs to start from, puzzles, and exports."""

from __future__ import annotations

from typing import Any

from ..errors import FileError
from ..puzzles import PUZZLES, solved
from .examples import examples
from .exporting import TARGETS

Json = dict[str, Any]


def content() -> Json:
    """The data of the page, which do not depend on who serves it."""
    return {"examples": examples(), "puzzles": puzzles(), "targets": list(TARGETS.items())}


def done() -> list[str]:
    """The names of the puzzles that are solved on this machine; none if the record is broken, as `check` will say."""
    try:
        return list(solved())
    except FileError:
        return []


def puzzles() -> list[Json]:
    """The puzzles, for the page."""
    return [
        {
            "name": p.name,
            "number": p.number,
            "title": p.title,
            "statement": p.statement,
            "examples": [["".join(x) if isinstance(x, str) else repr(list(x)), repr(p.answer(x))] for x in p.examples],
            "hints": list(p.hints),
            "layers": p.layers,
        }
        for p in PUZZLES.values()
    ]
