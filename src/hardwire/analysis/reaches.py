"""Between which whole numbers a sop lies, at each position of each length.

A position that is looked up lies in the input, and under the causal mask not behind the query. One that is looked up in
front of the query is below the query's own, one behind it is above. So `start + end - indices`, where `start` and
`end` are such positions, is a position of the input, although a combination of the three parts that is no position
would have many more values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..lang.expr import INDICES, Expr, Op, node, unnamed
from ..lang.selectors import LENGTH, all_of, conditions
from ..run.failure import Ints

if TYPE_CHECKING:
    from .facts import Facts

NOTHING = frozenset[Expr]()
WIDEST = 1 << 53
"""No reach is known of larger numbers: sums and products of arrays of ints overflow."""


@dataclass(frozen=True, eq=False)
class Reach:
    """The least and the greatest value, (pairs,) each: at every position of every length, in the order of tables."""

    low: Ints
    high: Ints

    def joined(self, other: Reach) -> Reach:
        """That of a sop that has the value of one or the other."""
        return Reach(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def within(self, other: Reach) -> Reach:
        """That of a sop of which both are known."""
        return Reach(np.maximum(self.low, other.low), np.minimum(self.high, other.high))

    def __add__(self, other: Reach) -> Reach:
        return Reach(self.low + other.low, self.high + other.high)

    def times(self, factor: int) -> Reach:
        a, b = factor * self.low, factor * self.high
        return Reach(a, b) if factor >= 0 else Reach(b, a)

    @property
    def bounds(self) -> tuple[int, int]:
        """(the least, the greatest) at any position."""
        return int(self.low.min(initial=0)), int(self.high.max(initial=0))

    @property
    def size(self) -> int:
        """How large a value can be, and either bound at any position."""
        return max(int(np.abs(x).max(initial=0)) for x in (self.low, self.high))


class Reaches:
    """The reaches of the sops of one program."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[tuple[Expr, frozenset[Expr]], Reach | None] = {}
        self._telling: dict[Expr, bool] = {}

    def of(self, e: Expr, selecting: frozenset[Expr] = NOTHING) -> Reach | None:
        """The reach of a sop wherever it has a value and the `selecting` selectors select something; None where that is
        not known, or says no more than its values do."""
        if not self._facts.tables.complete or not self._tells(e):
            return None
        return self._of(e, selecting)

    def most(self, e: Expr) -> Ints | None:
        """The greatest value for each length from 0 on, or under the causal mask at each position; None where it is not
        known."""
        found = self.of(e)
        if found is None:
            return None
        by = self._table(INDICES) if self._facts.causal else self._table(LENGTH)
        most = np.zeros(self._facts.max_len + 1, np.int64)
        np.maximum.at(most, by, found.high)
        return most

    def is_position(self, e: Expr, *, below: bool = False) -> bool:
        """Whether a sop is the position of a token that its query can select, wherever it has a value; `below`: or a
        number below all positions."""
        found = self._facts.domains.only(e, int) and self.of(e)
        if not found:
            return False
        last = self._table(INDICES) if self._facts.causal else self._table(LENGTH) - 1
        return bool((below or (found.low >= 0).all()) and (found.high <= last).all())

    def _tells(self, e: Expr) -> bool:
        """Whether a position is looked up in it, or read from another position."""
        if e not in self._telling:
            for part in e.walk():
                if part.selector or part in self._telling:
                    continue
                x = unnamed(part.source("x")) if part.op.picks else None
                of_parts = not part.op.aggregate and any(self._telling[s] for s in part.src)
                self._telling[part] = of_parts or (x is not None and (x is INDICES or self._telling[x]))
        return self._telling[e]

    def _of(self, e: Expr, selecting: frozenset[Expr]) -> Reach | None:
        key = e, selecting
        if key not in self._known:
            self._known[key] = self._find(e, selecting)
        return self._known[key]

    def _find(self, e: Expr, selecting: frozenset[Expr]) -> Reach | None:
        if e.op is Op.NAME:
            return self._of(e.src[0], selecting)
        if e.op.integral:
            parts = [self._of(s, selecting) for s in e.src]
            known = [p for p in parts if p is not None]
            return self._arithmetic(e, known) if len(known) == len(parts) else None
        if e.op is Op.WHERE:
            more = selecting | _something(e.src[0])
            yes, no = self._of(e.src[1], more), self._of(e.src[2], selecting)
            return None if yes is None or no is None else yes.joined(no)
        every = self._listed(e)
        if every is None or e.op.barrier:
            return every
        if self._facts.token_free(e):
            column = self._facts.tables.of(e)
            if column.failed is not None:
                return every
            numbers = np.array([int(v) for v in column.values()], np.int64)  # of bools, too
            return Reach(numbers, numbers)
        if e.op.picks:
            x = unnamed(e.source("x"))
            own = self._selected(e.source("selector")) if x is INDICES else None
            own = own or self._anywhere(x)
            if own is not None and e.source("selector") not in selecting and self._facts.width(e.src[0])[0] == 0:
                default = self._of(e.source("default"), selecting)
                own = None if default is None else own.joined(default)
            return every if own is None else own.within(every)
        return every

    def _arithmetic(self, e: Expr, parts: list[Reach]) -> Reach | None:
        a, b = parts[0], parts[-1]
        if e.op is Op.NEG:
            return a.times(-1)
        if e.op in (Op.ADD, Op.SUB):
            found = a + (b if e.op is Op.ADD else b.times(-1))
            return found if found.size < WIDEST else None
        factor, other = (e.src[0], b) if unnamed(e.src[0]).op is Op.CONST else (e.src[1], a)
        number = unnamed(factor).arg
        known = unnamed(factor).op is Op.CONST and type(number) is int and abs(number) * other.size < WIDEST
        return other.times(number) if known else None

    def _listed(self, e: Expr) -> Reach | None:
        """That of all values of a sop; None where they are not all small whole numbers."""
        domain = self._facts.listed(e)
        if domain is None or not domain.whole or not domain.values:
            return None
        size = np.ones(len(self._facts.tables.position), np.int64)
        return Reach(int(min(domain.values)) * size, int(max(domain.values)) * size)

    def _anywhere(self, x: Expr) -> Reach | None:
        """That of a sop at any position of the same length."""
        found = self._of(x, NOTHING) if x is INDICES or self._tells(x) else None
        if found is None:
            return None
        lengths = np.arange(1, self._facts.max_len + 1)
        starts = np.cumsum(lengths) - lengths
        low, high = np.minimum.reduceat(found.low, starts), np.maximum.reduceat(found.high, starts)
        return Reach(low.repeat(lengths), high.repeat(lengths))

    def _selected(self, selector: Expr) -> Reach | None:
        """That of the positions that a selector can select, by its conditions on positions."""
        placed = [c for c in conditions(selector) if self._facts.token_free(c)]
        if (s := all_of(placed)) is None:
            end = self._table(INDICES) if self._facts.causal else self._table(LENGTH) - 1
            return Reach(np.zeros_like(end), end)
        beyond, before = node(Op.CONST, arg=self._facts.max_len), node(Op.CONST, arg=-1)
        first, last = node(Op.MIN, s, INDICES, INDICES, beyond), node(Op.MAX, s, INDICES, INDICES, before)
        columns = [self._facts.tables.of(x) for x in (first, last)]
        if any(c.failed is not None or c.kind != "i" for c in columns):
            return None
        return Reach(columns[0].data, columns[1].data)

    def _table(self, e: Expr) -> Ints:
        found: Ints = self._facts.tables.of(e).data
        return found


def _something(condition: Expr) -> frozenset[Expr]:
    """The selectors that select something where a condition is true: it says that what is found exceeds the default."""
    e = unnamed(condition)
    if e.op is not Op.GT or unnamed(e.src[1]).op is not Op.CONST:
        return NOTHING
    found, least = unnamed(e.src[0]), unnamed(e.src[1]).arg
    if found.op is Op.WIDTH:
        return frozenset({found.source("selector")}) if least == 0 else NOTHING
    default = unnamed(found.source("default")) if found.op.picks else None
    if default is None or default.op is not Op.CONST or not all(type(v) is int for v in (least, default.arg)):
        return NOTHING
    return frozenset({found.source("selector")}) if default.arg <= least else NOTHING
