"""The possible values of a sop at one position, as a table over what they are computed from.

Of an expression on many inputs at once, more is known than the set of its values: `a - a` is 0 whatever a is. So a
table has a value for each combination of values of its variables, which are the token, the aggregates, and parts that
depend on too much to be tabulated. A variable takes values of a set, whatever the others have, so tables forget only
how variables depend on each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final

from ..errors import CertificateError
from ..lang.expr import Expr, Op
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import exact
from .failure import BROKEN
from .scalar import logic, scalar, truth

MOST = 200_000
"""The most combinations of values of one expression at one position."""
TOGETHER = 256
"""The most entries of a table of several variables; an operation with more is a variable itself."""


class _Fail:
    def __repr__(self) -> str:
        return "no value"


FAIL: Final = _Fail()
"""Among possible values: the program may have none."""
Meaning = Callable[..., Any]
ValueOptions = dict[Hashable, Any]
"""Possible values by their keys (`exact`), and perhaps FAIL."""


def options(values: Iterable[Any]) -> ValueOptions:
    """The set of some values."""
    return {key_of(v): v for v in values}


def key_of(value: Any) -> Hashable:
    """What a possible value is known by."""
    return value if value is FAIL else exact(value)


class OptionVariable:
    """Something that has any of these values: the result of a part of the program, by its number."""

    __slots__ = ("part", "values")

    def __init__(self, part: int, values: tuple[Any, ...]) -> None:
        self.part, self.values = part, values


class OptionTable:
    """A value for each combination of the values of some variables, in the order of `itertools.product`."""

    __slots__ = ("options", "values", "variables")

    def __init__(self, variables: tuple[OptionVariable, ...], values: tuple[Any, ...]) -> None:
        self.variables, self.values, self.options = variables, values, options(values)

    def over(self, variables: Sequence[OptionVariable]) -> list[Any]:
        """The values for each combination of more variables."""
        steps, step = dict.fromkeys(variables, 0), 1
        for v in reversed(self.variables):
            steps[v], step = step, step * len(v.values)
        places = [0]
        for v in variables:
            places = [p + steps[v] * k for p in places for k in range(len(v.values))]
        return [self.values[p] for p in places]


class OptionTables:
    """The tables of a program. Equal ones are the same object, so results are found by the tables of the sources."""

    def __init__(self) -> None:
        self._known: dict[Hashable, OptionTable] = {}

    def one(self, value: Any) -> OptionTable:
        """The table of one value."""
        return self._table((), (value,))

    def alone(self, part: int, values: Iterable[Any]) -> OptionTable:
        """The table of a part that has any of these values: that value, or a variable."""
        found = options(values)
        if len(found) == 1:
            return self._table((), tuple(found.values()))
        key = part, frozenset(found)
        if key not in self._known:
            some = tuple(found.values())
            self._known[key] = OptionTable((OptionVariable(part, some),), some)
        return self._known[key]

    def again(self, part: int, table: OptionTable) -> OptionTable:
        """The table of a part that has any of the values in another table."""
        key = part, table
        if key not in self._known:
            self._known[key] = self.alone(part, table.options.values())
        return self._known[key]

    def result(self, part: int, e: Expr, meaning: Meaning, sources: Sequence[OptionTable]) -> OptionTable:
        """The table of an elementwise operation. Raises CertificateError where there are too many combinations."""
        variables = tuple(dict.fromkeys([v for s in sources for v in s.variables]))
        if not variables:
            return self._table((), (meaning(*[s.values[0] for s in sources]),))
        size = math.prod([len(v.values) for v in variables])
        if size <= TOGETHER or len(variables) == 1:
            columns = [s.over(variables) for s in sources]
            return self._table(variables, tuple([meaning(*[c[k] for c in columns]) for k in range(size)]))
        sets = [s.options.values() for s in sources]
        if e.op is Op.WHERE:
            taken = {result_of(e.op, truth, [c]) for c in sets[0]}
            chosen = ([FAIL] if t is FAIL else sets[1 if t else 2] for t in taken)
            return self.alone(part, itertools.chain.from_iterable(chosen))
        return self.alone(part, itertools.starmap(meaning, combinations(e, sets)))

    def _table(self, variables: tuple[OptionVariable, ...], values: tuple[Any, ...]) -> OptionTable:
        keys = tuple([key_of(v) for v in values])
        if variables and len(set(keys)) == 1:
            variables, values, keys = (), values[:1], keys[:1]
        key = variables, keys
        if key not in self._known:
            self._known[key] = OptionTable(variables, values)
        return self._known[key]


def combinations(e: Expr, sets: Sequence[Iterable[Any]]) -> Iterable[tuple[Any, ...]]:
    """All combinations of values that the sources of an expression may have. Raises CertificateError."""
    listed = [list(s) for s in sets]
    if math.prod(len(s) for s in listed) > MOST:
        raise CertificateError(
            f"{formula(e, 60)} has too many possible values to follow\n  Give prompts with fewer choices.",
            expression=SOp(e),
        )
    return itertools.product(*listed)


def meaning_of(e: Expr) -> Meaning:
    """What an elementwise operation makes of values, where FAIL stands for none."""
    if e.op is Op.WHERE:

        def chosen(condition: Any, then: Any, otherwise: Any) -> Any:
            taken = result_of(e.op, truth, [condition])
            return FAIL if taken is FAIL else then if taken else otherwise

        return chosen
    meaning = scalar(e)
    return lambda *args: result_of(e.op, meaning, args)


def result_of(op: Op, meaning: Callable[..., Any], args: Sequence[Any]) -> Any:
    """The value of an operation on some values, or FAIL."""
    if any(x is FAIL for x in args):
        others = [x for x in args if x is not FAIL]
        try:
            return FAIL if op.deciding is None or all(logic(x) is not op.deciding for x in others) else op.deciding
        except Exception:
            return FAIL
    try:
        return meaning(*args)
    except BROKEN:
        raise
    except Exception:
        return FAIL
