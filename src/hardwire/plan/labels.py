"""The encoding of each value of a program: a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..analysis.domain import Domain, is_plain
from ..lang.values import Value

Pairs = Sequence[tuple[Value, Value]]
"""A function: (value, number) at each value at which it has one."""


class Labels:
    """The encoding of each value, called its label: a number is its own label, any other value has a small int.

    One labelling serves the whole program, so a value keeps its label when a head copies it. Characters keep their
    distances in Unicode, so that `ord` and digits are a shift. Unequal values of one domain have different labels.
    Numbers that float32 cannot distinguish from others (too large, infinite) are labelled like non-numeric values.
    Values that no part of the program has where it is defined share a label above these.

    `numbers` are functions of the program from values to numbers, as pairs: the more of them are lines along the
    labels, the fewer neurons the model has.
    """

    def __init__(self, domains: Sequence[Domain], vocab: Sequence[Value], numbers: Sequence[Pairs] = ()) -> None:
        others: dict[Value, None] = dict.fromkeys(v for v in vocab if not is_plain(v))
        domains = [d for d in domains if not d.plain]
        for d in domains:
            others.update(dict.fromkeys(v for v in d.values if not is_plain(v)))
        highest = max((abs(v) for d in domains for v in d.values if is_plain(v)), default=-1)
        fit = [c for c in _candidates(list(others), int(highest)) if all(_injective(d, c) for d in domains)]
        self._of = max(fit, key=lambda labels: sum(_is_line(pairs, labels) for pairs in numbers))
        self._other = max(self._of.values(), default=-1) + 1

    def __getitem__(self, value: Value) -> float:
        return float(value if is_plain(value) else self._of.get(value, self._other))

    def of(self, domain: Domain) -> list[float]:
        """The encodings of the values of a domain."""
        return list(map(float, domain.values)) if domain.plain else [self[v] for v in domain.values]

    def __le__(self, other: Labels) -> bool:
        """Whether another labelling has the values of this one, with the same labels."""
        return self._of.items() <= other._of.items()

    def known(self, value: Value) -> bool:
        return is_plain(value) or value in self._of


def _candidates(others: list[Value], highest: int) -> Iterable[dict[Value, int]]:
    """Labellings, the most useful first: distances of characters kept if they are small, digits as their numbers, or
    just counted; above the `highest` number, which no domain can object to; and distances of characters however large.
    """
    characters = sorted(v for v in others if type(v) is str and len(v) == 1)
    rest = [v for v in others if not (type(v) is str and len(v) == 1)]

    def by_distance(base: int) -> dict[Value, int]:
        top = ord(characters[-1]) - base + 1
        return {**{c: ord(c) - base for c in characters}, **{v: top + i for i, v in enumerate(rest)}}

    if characters and ord(characters[-1]) - ord(characters[0]) <= 2 * len(characters):
        for base in (ord("0"), ord(characters[0]), ord(characters[0]) - 1, ord(characters[-1]) + 1):
            if base != ord("0") or any(c in "0123456789" for c in characters):
                yield by_distance(base)
    digits = {c: int(c) for c in characters if c in "0123456789"}
    letters = [c for c in characters if c not in digits]
    for start in (0, 1):
        top = start + (10 if digits else 0)
        yield {**digits, **{v: top + i for i, v in enumerate([*letters, *rest])}}
    yield {v: highest + 1 + i for i, v in enumerate(others)}
    for start in (0, 1) if characters else ():
        yield by_distance(ord(characters[0]) - start)


def _injective(domain: Domain, labels: dict[Value, int]) -> bool:
    seen: dict[float, Value] = {}
    for v in domain.values:
        label = v if is_plain(v) else labels[v]
        if seen.setdefault(label, v) != v:
            return False
    return True


def _is_line(pairs: Pairs, labels: dict[Value, int]) -> bool:
    """Whether a function of at least three values is a line along the labels."""
    points = {labels.get(v, v): y for v, y in pairs}
    xs = np.array(list(points), np.float64)
    ys = np.array(list(points.values()), np.float64)
    if len(xs) < 3:
        return False
    a, b = xs.argmin(), xs.argmax()
    return bool(np.allclose((ys - ys[a]) * (xs[b] - xs[a]), (ys[b] - ys[a]) * (xs - xs[a])))
