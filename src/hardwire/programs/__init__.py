"""The library of programs, by theme; each is a documented function that builds a sop.

>>> from hardwire import programs
>>> programs.flip()("hello")
['o', 'l', 'l', 'e', 'h']
>>> programs.get("flip").vocab
('e', 'h', 'l', 'o')

`program.py` defines a program: its vocabulary, example, plain-Python reference and valid inputs.
"""

from __future__ import annotations

from typing import NoReturn

from ..errors import UnknownNameError
from .arithmetic import add, add_binary, add_in_three, compare, digit_sum, multiply_by_digit, subtract
from .basics import (
    after_count,
    atoi,
    before_count,
    cumsum,
    first,
    flip,
    index,
    length,
    minimum,
    ralign,
    shift,
    slide,
    split,
    window_sum,
)
from .counting import double_histogram, frac_prevs, histogram, is_first, majority, most_frequent, parity, unique_count
from .languages import anbncn, bracket_depth, dyck, dyck1, palindrome, shuffle_dyck
from .program import LIBRARY, Program
from .sequences import (
    caesar,
    copy,
    induction,
    nearest_left,
    nearest_right,
    ngram_lookup,
    previous_occurrence,
    reverse_letters,
    reverse_words,
    run_lengths,
)
from .sorting import median, rank, sort, sort_by, sort_by_frequency

__all__ = [
    "LIBRARY",
    "Program",
    "add",
    "add_binary",
    "add_in_three",
    "after_count",
    "anbncn",
    "atoi",
    "before_count",
    "bracket_depth",
    "caesar",
    "compare",
    "copy",
    "cumsum",
    "digit_sum",
    "double_histogram",
    "dyck",
    "dyck1",
    "first",
    "flip",
    "frac_prevs",
    "get",
    "histogram",
    "index",
    "induction",
    "is_first",
    "length",
    "majority",
    "median",
    "minimum",
    "most_frequent",
    "multiply_by_digit",
    "nearest_left",
    "nearest_right",
    "ngram_lookup",
    "palindrome",
    "parity",
    "previous_occurrence",
    "ralign",
    "rank",
    "reverse_letters",
    "reverse_words",
    "run_lengths",
    "shift",
    "shuffle_dyck",
    "slide",
    "sort",
    "sort_by",
    "sort_by_frequency",
    "split",
    "subtract",
    "unique_count",
    "window_sum",
]


def __getattr__(name: str) -> NoReturn:
    """Raises AttributeError, with the nearest names."""
    hint = "" if name.startswith("_") else f"\n  {UnknownNameError('program', name, LIBRARY)}"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def get(name: str) -> Program:
    """Return the program of a name. Raises UnknownNameError, which suggests the nearest names."""
    if name not in LIBRARY:
        raise UnknownNameError("program", name, LIBRARY, "`hardwire list` shows all.")
    return LIBRARY[name]
