"""The encoding of each value of a program: a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..analysis.domain import Domain, is_plain
from ..lang.values import Value


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
