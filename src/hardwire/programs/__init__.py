"""The library of programs, by theme; each is a documented function that builds a sop.

>>> from hardwire import programs
>>> programs.flip()("hello")
['o', 'l', 'l', 'e', 'h']
>>> programs.get("flip").vocab
('e', 'h', 'l', 'o')

Read `program.py` for what a program carries: vocabulary, example, plain-Python reference, valid inputs.
"""

from __future__ import annotations

from ..errors import UnknownNameError
from . import basics
from .basics import cumsum, flip, length
from .program import LIBRARY, Program

__all__ = ["LIBRARY", "Program", "cumsum", "flip", "get", "length"]


def get(name: str) -> Program:
    """The program of that name. Raises UnknownNameError, which suggests the nearest."""
    if name not in LIBRARY:
        raise UnknownNameError("program", name, LIBRARY, "`hardwire list` shows all.")
    return LIBRARY[name]
