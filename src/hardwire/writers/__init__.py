"""Programs that write text: each continues a prompt, token by token, and compiles to a causal transformer.

>>> from hardwire import generate, writers
>>> generate(writers.add(), "683+345=").finish()
'1028'
>>> generate(writers.add(digits=12), "999999999999+1=").finish()
'1000000000000'

`text_program.py` says what such a program brings: its tokens, the longest transcript, the prompts that it is for, and a
reference in plain Python.
"""

from __future__ import annotations

from typing import NoReturn

from ..errors import UnknownNameError
from .arithmetic import add, multiply
from .calculators import calculator
from .counters import binary_counter, collatz, count, gcd
from .differences import calculate, subtract
from .languages import brackets, induction, ngram
from .machines import stack_machine, tape_machine, turing, universal_turing
from .products import product
from .sequences import caesar, copy, reverse, sort
from .text_program import WRITERS, TextProgram

__all__ = [
    "WRITERS",
    "TextProgram",
    "add",
    "binary_counter",
    "brackets",
    "caesar",
    "calculate",
    "calculator",
    "collatz",
    "copy",
    "count",
    "gcd",
    "get",
    "induction",
    "multiply",
    "ngram",
    "product",
    "reverse",
    "sort",
    "stack_machine",
    "subtract",
    "tape_machine",
    "turing",
    "universal_turing",
]


def __getattr__(name: str) -> NoReturn:
    """Raises AttributeError, with the nearest names."""
    hint = "" if name.startswith("_") else f"\n  {UnknownNameError('program that writes', name, WRITERS)}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def get(name: str) -> TextProgram:
    """Return the program of a name, with its default parameters. Raises UnknownNameError."""
    if name not in WRITERS:
        raise UnknownNameError("program that writes text named", name, WRITERS)
    return WRITERS[name]()
