"""Domains: the values an expression can have, and the number each is held as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..lang.values import Value, exact, is_number
from ..run.column import Column, column

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
    def numeric(self) -> bool:
        return all(map(is_number, self.values))

    @cached_property
    def whole(self) -> bool:
        """Only ints and bools."""
        return all(type(v) in (int, bool) for v in self.values)

    def __repr__(self) -> str:
        if self.whole and len(self) > 6:
            return f"{len(self)} ints {min(self.values)} .. {max(self.values)}"
        return f"{len(self)} values: {', '.join(map(repr, self.values[:6]))}{', …' if len(self) > 6 else ''}"


class Labels:
    """The number that each value is held as: a number is itself, anything else a small int of its own.

    One labelling serves the whole program, so a value that moves keeps its label. Characters keep the
    distances they have in Unicode, which makes `ord` and digits a shift. No domain has two values that are
    not equal under one label.
    """

    def __init__(self, domains: Sequence[Domain], vocab: Sequence[Value]) -> None:
        others: dict[Value, None] = dict.fromkeys(v for v in vocab if not is_number(v))
        for d in domains:
            others.update(dict.fromkeys(v for v in d.values if not is_number(v)))
        self._of: dict[Value, int] = {}
        for candidate in _candidates(list(others)):
            if all(_injective(d, candidate) for d in domains):
                self._of = candidate
                return
        highest = max((abs(v) for d in domains if not d.numeric for v in d.values if is_number(v)), default=-1)
        self._of = {v: int(highest) + 1 + i for i, v in enumerate(others)}

    def __getitem__(self, value: Value) -> float:
        if is_number(value):
            return float(value)
        if value not in self._of:  # made by the compiler itself: tuples of several codes
            self._of[value] = max(self._of.values(), default=-1) + 1
        return float(self._of[value])

    def known(self, value: Value) -> bool:
        return is_number(value) or value in self._of


def _candidates(others: list[Value]) -> Iterable[dict[Value, int]]:
    characters = [v for v in others if type(v) is str and len(v) == 1]
    rest = [v for v in others if not (type(v) is str and len(v) == 1)]
    if characters:
        points = list(map(ord, characters))
        bases = [ord("0")] if any(c.isdigit() for c in characters) else [min(points)]
        bases += [min(points), min(points) - 1, max(points) + 1]
        if max(points) - min(points) <= 80:
            for base in bases:
                labels = {c: ord(c) - base for c in characters}
                top = max(labels.values()) + 1
                yield {**labels, **{v: top + i for i, v in enumerate(rest)}}
    for start in (0, 1):
        yield {v: start + i for i, v in enumerate(others)}


def _injective(domain: Domain, labels: dict[Value, int]) -> bool:
    seen: dict[float, Value] = {}
    for v in domain.values:
        label = v if is_number(v) else labels[v]
        if seen.setdefault(label, v) != v:
            return False
    return True
