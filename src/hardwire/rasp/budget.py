"""Limits: how much a program may do, and how large its lists may be, so that everything ends soon and fits in memory.

A step is a statement, an expression or an item that is worked out, an item of a list that is made, ten characters of a
string that is made or of a line that is shown, a value of an s-op on an input, or a hundred cells of a
selector.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from ..errors import RaspError

MOST_STEPS = 500_000
"""The steps that one statement may take, with all that it calls and loads."""
MOST_STEPS_IN_ALL = 3_000_000
"""The steps that the statements of one text, or of all that comes from a pipe, may take together."""
CHARACTERS_A_STEP = 10
CELLS_A_STEP = 100

LONGEST = 100_000
"""The most items of a list, counting those of the lists in it as often as they are in it."""
DEEPEST = 50
"""The most lists inside each other."""
LONGEST_TEXT = 100_000
"""The most characters of a text or file."""


class Steps:
    """Counts steps, for one statement and for all of them."""

    def __init__(self) -> None:
        self.statement = self.all = 0

    def begin(self) -> None:
        """A new statement."""
        self.statement = 0

    @property
    def spent(self) -> bool:
        """Whether no statement may take another step."""
        return self.all > MOST_STEPS_IN_ALL

    def take(self, n: int = 1) -> None:
        """Counts n steps. Raises RaspError beyond the limits."""
        self.statement += n
        self.all += n
        if self.statement > MOST_STEPS:
            raise RaspError(f"this takes more than {MOST_STEPS:,} steps")
        if self.spent:
            raise RaspError(f"all statements together take more than {MOST_STEPS_IN_ALL:,} steps")

    def text(self, n: int) -> None:
        """Counts the making or showing of n characters. Raises RaspError."""
        self.take(n // CHARACTERS_A_STEP)


class List(list[Any]):
    """A list of a program, which never changes; `weight` items in all, `depth` lists inside each other."""

    __slots__ = ("depth", "weight")
    depth: int
    weight: int


class Dict(dict[Any, Any]):
    """A dict of a program, likewise."""

    __slots__ = ("depth", "weight")
    depth: int
    weight: int


def weight_of(x: Any) -> int:
    """How many items x counts as in a list: large numbers and long strings are several."""
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
    """How many lists are inside each other in x."""
    return x.depth if isinstance(x, (List, Dict)) else 2 if isinstance(x, list) else 0


def make_list(items: Iterable[Any]) -> List:
    """The items as a list of a program. Raises RaspError where they are too many."""
    made = List(items)
    made.weight, made.depth = _measured("list", made)
    return made


def make_dict(items: Mapping[Any, Any]) -> Dict:
    """The items as a dict of a program. Raises RaspError where they are too many."""
    made = Dict(items)
    made.weight, made.depth = _measured("dict", [*made, *made.values()])
    return made


def repeated(items: list[Any], times: int) -> List:
    """A list of a program, so many times in a row. Raises RaspError where that is too long."""
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
    """A value that Python gives to a program: its lists become the program's own. Raises RaspError."""
    if depth > DEEPEST:
        raise RaspError(f"lists more than {DEEPEST} deep in each other are too deep")
    if isinstance(x, (List, Dict)):
        return x
    if isinstance(x, (list, tuple)):
        return make_list(admitted(item, depth + 1) for item in x)
    if isinstance(x, dict):
        return make_dict({k: admitted(v, depth + 1) for k, v in x.items()})
    return x
