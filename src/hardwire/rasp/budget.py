"""Limits on the steps of a program and the size of its lists, so that every program ends soon and fits in memory.

A step is the evaluation of a statement, an expression or an item, an item of a new list, ten characters of a new string
or of a printed line, a value of an s-op on an input, or a hundred cells of a selector.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from ..errors import RaspError

MOST_STEPS = 500_000
"""The greatest number of steps of one statement, including the functions and files that it uses."""
MOST_STEPS_IN_ALL = 3_000_000
"""The greatest number of steps of all statements of one text or one pipe together."""
CHARACTERS_A_STEP = 10
CELLS_A_STEP = 100

LONGEST = 100_000
"""The greatest number of items of a list, including those of nested lists, each time they occur."""
DEEPEST = 50
"""The deepest nesting of lists."""
LONGEST_TEXT = 100_000
"""The greatest length of a text or file, in characters."""


class Steps:
    """Counts steps, for one statement and for all of them."""

    def __init__(self) -> None:
        self.statement = self.all = 0

    def begin(self) -> None:
        """Begin a new statement."""
        self.statement = 0

    @property
    def spent(self) -> bool:
        """Whether the steps of all statements together are used up."""
        return self.all > MOST_STEPS_IN_ALL

    def take(self, n: int = 1) -> None:
        """Count n steps. Raises RaspError beyond the limits."""
        self.statement += n
        self.all += n
        if self.statement > MOST_STEPS:
            raise RaspError(f"this takes more than {MOST_STEPS:,} steps")
        if self.spent:
            raise RaspError(f"all statements together take more than {MOST_STEPS_IN_ALL:,} steps")

    def text(self, n: int) -> None:
        """Count n characters that are made or shown. Raises RaspError."""
        self.take(n // CHARACTERS_A_STEP)


class List(list[Any]):
    """An immutable list of a program, with `weight` items in all and nesting `depth`."""

    __slots__ = ("depth", "weight")
    depth: int
    weight: int


class Dict(dict[Any, Any]):
    """A dict of a program, likewise."""

    __slots__ = ("depth", "weight")
    depth: int
    weight: int


def weight_of(x: Any) -> int:
    """Return the number of items that x counts as in a list: large numbers and long strings count as several."""
    if isinstance(x, (List, Dict)):
        return x.weight
    if isinstance(x, str):
        return 1 + len(x) // CHARACTERS_A_STEP
    if isinstance(x, (int, Fraction)):
        return 1 + max(x.numerator.bit_length(), x.denominator.bit_length()) // 64
    if isinstance(x, list):  # the results of an s-op or selector
        return 1 + sum(map(weight_of, x))
    return 1


def depth_of(x: Any) -> int:
    """Return the nesting depth of x."""
    return x.depth if isinstance(x, (List, Dict)) else 2 if isinstance(x, list) else 0


def make_list(items: Iterable[Any]) -> List:
    """Return the items as a list of a program. Raises RaspError if there are too many."""
    made = List(items)
    made.weight, made.depth = _measured("list", made)
    return made


def make_dict(items: Mapping[Any, Any]) -> Dict:
    """Return the items as a dict of a program. Raises RaspError if there are too many."""
    made = Dict(items)
    made.weight, made.depth = _measured("dict", [*made, *made.values()])
    return made


def repeated(items: list[Any], times: int) -> List:
    """Return a list of a program, repeated. Raises RaspError if the result is too long."""
    if times > LONGEST or sum(map(weight_of, items)) * times > LONGEST:
        raise too_large("list")
    return make_list(items * max(times, 0))


def _measured(word: str, items: list[Any]) -> tuple[int, int]:
    weight = 1 + sum(map(weight_of, items))
    if weight > LONGEST + 1:
        raise too_large(word)
    depth = 1 + max(map(depth_of, items), default=0)
    if depth > DEEPEST:
        raise RaspError(f"lists more than {DEEPEST} deep in each other are too deep")
    return weight, depth


def too_large(word: str) -> RaspError:
    return RaspError(f"a {word} of more than {LONGEST:,} items is too large")


def admitted(x: Any, depth: int = 0) -> Any:
    """Convert a value from Python, with its lists, for a program. Raises RaspError."""
    if depth > DEEPEST:
        raise RaspError(f"lists more than {DEEPEST} deep in each other are too deep")
    if isinstance(x, (List, Dict)):
        return x
    if isinstance(x, (list, tuple)):
        return make_list(admitted(item, depth + 1) for item in x)
    if isinstance(x, dict):
        return make_dict({k: admitted(v, depth + 1) for k, v in x.items()})
    return x
