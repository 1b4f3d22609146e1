"""Domains: the values an expression can have, and the number each is held as."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ..lang.values import EXACT, Value, exact, totally_ordered
from ..numeric.floats import FLOAT32
from ..run.column import Column, column

FINEST = 1 << 1024
"""The largest common denominator of ratios whose sums are taken to exist: values have at most 4,096 bits."""
TOO_LARGE = 200_000
"""The most values a domain may have, and the most combinations that are enumerated at once."""


@dataclass(frozen=True, eq=False)
class Domain:
    """Every value an expression can have at a defined position, told apart by type; it may hold more."""

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


class Labels:
    """The number that each value is held as: a number is itself, anything else a small int of its own.

    One labelling serves the whole program, so a value that moves keeps its label. Characters keep the
    distances they have in Unicode, which makes `ord` and digits a shift. No domain has two values that are
    not equal under one label. Numbers that float32 cannot hold apart from others (too large, infinite) are
    labelled like values that are no numbers.
    """

    def __init__(self, domains: Sequence[Domain], vocab: Sequence[Value]) -> None:
        others: dict[Value, None] = dict.fromkeys(v for v in vocab if not is_plain(v))
        for d in domains:
            others.update(dict.fromkeys(v for v in d.values if not is_plain(v)))
        self._of: dict[Value, int] = {}
        for candidate in _candidates(list(others)):
            if all(_injective(d, candidate) for d in domains):
                self._of = candidate
                return
        highest = max((abs(v) for d in domains if not d.plain for v in d.values if is_plain(v)), default=-1)
        self._of = {v: int(highest) + 1 + i for i, v in enumerate(others)}

    def __getitem__(self, value: Value) -> float:
        if is_plain(value):
            return float(value)
        if value not in self._of:  # made by the compiler itself: tuples of several codes
            self._of[value] = max(self._of.values(), default=-1) + 1
        return float(self._of[value])

    def known(self, value: Value) -> bool:
        return is_plain(value) or value in self._of


LARGEST = FLOAT32.exact_integers // 4
"""Numbers up to this are their own label; float32 holds them with a quarter to spare."""


LEAST = 1e-30
"""Numbers but 0 that are nearer to it than this are labelled like values that are no numbers."""


def is_plain(value: Value) -> bool:
    """Whether the value is a number that is its own label."""
    return type(value) in (*EXACT, float) and (value == 0 or LEAST <= abs(value) <= LARGEST)


def _candidates(others: list[Value]) -> Iterable[dict[Value, int]]:
    """Labellings, the most useful first: distances of characters kept, digits as their numbers, or just counted."""
    characters = sorted(v for v in others if type(v) is str and len(v) == 1)
    rest = [v for v in others if not (type(v) is str and len(v) == 1)]
    if characters and ord(characters[-1]) - ord(characters[0]) <= 2 * len(characters):
        for base in (ord("0"), ord(characters[0]), ord(characters[0]) - 1, ord(characters[-1]) + 1):
            if base != ord("0") or any(c in "0123456789" for c in characters):
                labels = {c: ord(c) - base for c in characters}
                top = max(labels.values()) + 1
                yield {**labels, **{v: top + i for i, v in enumerate(rest)}}
    digits = {c: int(c) for c in characters if c in "0123456789"}
    letters = [c for c in characters if c not in digits]
    for start in (0, 1):
        top = start + (10 if digits else 0)
        yield {**digits, **{v: top + i for i, v in enumerate([*letters, *rest])}}


def _injective(domain: Domain, labels: dict[Value, int]) -> bool:
    seen: dict[float, Value] = {}
    for v in domain.values:
        label = v if is_plain(v) else labels[v]
        if seen.setdefault(label, v) != v:
            return False
    return True
