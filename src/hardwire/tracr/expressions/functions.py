"""Functions and predicates that programs build out of operators, as objects.

Each is called like the function it stands for. What hardwire has an operation for can be recognised in it, which a
lambda would hide.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any


def _and(x: Any, y: Any) -> Any:
    return x and y


def _or(x: Any, y: Any) -> Any:
    return x or y


PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "and": _and, "or": _or,
}  # fmt: skip
"""The meaning of every operator of a sop, by its symbol."""

ARITHMETIC = ("+", "-", "*", "/")
ORDER = ("<", "<=", ">", ">=")


@dataclass(frozen=True, eq=False)
class BinaryOperator:
    """An operator of two values, such as `x + y`."""

    symbol: str

    def __call__(self, x: Any, y: Any) -> Any:
        return PYTHON[self.symbol](x, y)


@dataclass(frozen=True, eq=False)
class WithConstant:
    """An operator with one operand fixed: `x - 1`, or `1 - x` where the constant comes first."""

    symbol: str
    constant: Any
    constant_first: bool = False

    def __call__(self, x: Any) -> Any:
        f = PYTHON[self.symbol]
        return f(self.constant, x) if self.constant_first else f(x, self.constant)


@dataclass(frozen=True, eq=False)
class Negation:
    """`not x`."""

    def __call__(self, x: Any) -> bool:
        return not x


@dataclass(frozen=True, eq=False)
class Composition:
    """`outer(inner(x))`: two Maps in one."""

    outer: Callable[[Any], Any]
    inner: Callable[[Any], Any]

    def __call__(self, x: Any) -> Any:
        return self.outer(self.inner(x))


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """`fst_fac * x + snd_fac * y`."""

    fst_fac: float
    snd_fac: float

    def __call__(self, x: Any, y: Any) -> Any:
        return self.fst_fac * x + self.snd_fac * y


@dataclass(frozen=True, eq=False)
class Gathered:
    """The arguments so far with one more: (x, y) and z become (x, y, z); the first argument is a tuple."""

    def __call__(self, xs: tuple[Any, ...], x: Any) -> tuple[Any, ...]:
        return (*xs, x)


# Predicates, called as predicate(key, query).


class TracrComparison(Enum):
    """A predicate by name. Raises ValueError where a key or a query is None, TRUE and FALSE included."""

    EQ = "=="
    LT = "<"
    LEQ = "<="
    GT = ">"
    GEQ = ">="
    NEQ = "!="
    TRUE = "True"
    FALSE = "False"

    def __call__(self, key: Any, query: Any) -> bool:
        if key is None or query is None:
            raise ValueError(f"Comparison.{self.name} has no answer for None: key {key!r}, query {query!r}")
        if self in (TracrComparison.TRUE, TracrComparison.FALSE):
            return self is TracrComparison.TRUE
        return bool(PYTHON[self.value](key, query))


PairFunction = Callable[[Any, Any], Any]


@dataclass(frozen=True, eq=False)
class Both:
    """Both predicates; each is always called."""

    first: PairFunction
    second: PairFunction

    def __call__(self, key: Any, query: Any) -> bool:
        first, second = self.first(key, query), self.second(key, query)
        return bool(first and second)


@dataclass(frozen=True, eq=False)
class AtLeastOne:
    """One of two predicates, or both; each is always called."""

    first: PairFunction
    second: PairFunction

    def __call__(self, key: Any, query: Any) -> bool:
        first, second = self.first(key, query), self.second(key, query)
        return bool(first or second)


@dataclass(frozen=True, eq=False)
class Opposite:
    """The negation of a predicate."""

    inner: PairFunction

    def __call__(self, key: Any, query: Any) -> bool:
        return not self.inner(key, query)


@dataclass(frozen=True, eq=False)
class WithKey:
    """A predicate with the key fixed."""

    inner: PairFunction
    key: Any

    def __call__(self, key: Any, query: Any) -> Any:
        return self.inner(self.key, query)


@dataclass(frozen=True, eq=False)
class WithQuery:
    """A predicate with the query fixed."""

    inner: PairFunction
    query: Any

    def __call__(self, key: Any, query: Any) -> Any:
        return self.inner(key, self.query)
