"""Domains: the values that an expression can have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from ..lang.values import EXACT, Value, exact, is_number, totally_ordered
from ..numeric.floats import FLOAT32
from ..run.column import Column, codes_of, column

FINEST = 1 << 1024
"""The largest common denominator of ratios whose sums are taken to exist: values have at most 4,096 bits."""
TOO_LARGE = 200_000
"""The most values a domain may have, and the most combinations that are enumerated at once."""
LARGEST = FLOAT32.exact_integers // 4
"""Numbers up to this are their own label; float32 holds them with a quarter to spare."""
LEAST = 1e-30
"""Nonzero numbers below this in magnitude are encoded like non-numeric values."""
MOST_TO_ONE = 10**30
"""The same for ratios: the most that the denominator may be of the numerator."""


def is_plain(value: Value) -> bool:
    """Whether the value is a number that is its own label."""
    kind = type(value)
    if kind is int or kind is bool:
        return bool(abs(value) <= LARGEST)
    if kind is Fraction:  # comparing it with a float would take much longer
        size = abs(value.numerator)
        return bool(size == 0 or (size <= LARGEST * value.denominator and value.denominator <= size * MOST_TO_ONE))
    return kind is float and (value == 0 or LEAST <= abs(value) <= LARGEST)


@dataclass(frozen=True, eq=False)
class Domain:
    """Every value, with its type, that an expression can have where it is defined; possibly more."""

    values: tuple[Value, ...]

    @classmethod
    def of(cls, values: Iterable[Value]) -> Domain:
        return cls(tuple({exact(v): v for v in values}.values()))

    def __or__(self, other: Domain) -> Domain:
        return Domain.of((*self.values, *other.values))

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def column(self) -> Column:
        """(values,)"""
        return column(self.values)

    @cached_property
    def plain(self) -> bool:
        """Only numbers that are their own labels: arithmetic on them is arithmetic on labels."""
        return all(map(is_plain, self.values))

    @cached_property
    def own(self) -> bool:
        """Only values of the language's own types."""
        return all(map(is_own, self.values))

    @cached_property
    def plain_numbers(self) -> bool:
        """Whether all numbers among the values are their own labels."""
        return self.plain or all(is_plain(v) or not is_number(v) for v in self.values)

    @cached_property
    def joined(self) -> bool:
        """Whether some values are neither numbers nor None, so that `+` may join them."""
        return not self.plain and any(not is_number(v) and v is not None for v in self.values)

    @cached_property
    def types(self) -> frozenset[type]:
        """The types of the values."""
        return frozenset(map(type, self.values))

    @cached_property
    def exact(self) -> bool:
        """Only bools, ints and ratios: arithmetic on them does not round."""
        return self.types <= {*EXACT}

    @cached_property
    def ordered(self) -> bool:
        """Whether the language's order of the values is total."""
        return totally_ordered(self.values)

    @cached_property
    def small(self) -> bool:
        """Only plain numbers whose sums and differences always exist: ratios have a small common denominator."""
        return self.plain and math.lcm(*(v.denominator for v in self.values if type(v) is Fraction)) <= FINEST

    @cached_property
    def whole(self) -> bool:
        """Only plain ints and bools."""
        return self.plain and all(type(v) in (int, bool) for v in self.values)

    def __repr__(self) -> str:
        if self.whole and len(self) > 6:
            return f"{len(self)} ints {min(self.values)} .. {max(self.values)}"
        return f"{len(self)} values: {', '.join(map(repr, self.values[:6]))}{', …' if len(self) > 6 else ''}"


def is_own(value: Value) -> bool:
    """Whether the value is of the language's own types, whose `==` and truth never fail."""
    own = (*EXACT, float, str)
    return value is None or type(value) in own or (type(value) is tuple and all(map(is_own, value)))


def distinct(column: Column) -> list[Value]:
    """The values of a column, each once; whether some of them have failed is not looked at."""
    codes, table = codes_of(column)
    return [table[c] for c in np.flatnonzero(np.bincount(codes)).tolist()]
