"""How many positions a selector can select, and which it is sure to select."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..errors import CompileError
from ..lang.expr import INDICES, Expr, Op, node, unnamed
from ..lang.selectors import sides
from ..lang.values import Value
from ..run.elementwise import elementwise
from .domain import Domain, distinct

if TYPE_CHECKING:
    from .facts import Facts

T = TypeVar("T")
FEW_PAIRS = 2_500
"""For how many pairs of a key's and a query's value it is tried whether any compare as a selector asks."""


class Selections:
    """What the selectors of one program can select."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._domains = facts, facts.domains
        self._width: dict[Expr, tuple[int, int]] = {}
        self._most: dict[Expr, int] = {}
        self._single: dict[Expr, bool] = {}
        self._itself: dict[Expr, bool] = {}

    def width(self, selector: Expr) -> tuple[int, int]:
        """(least, most) positions that a query can select; sound, not always tight."""
        if selector not in self._width:
            self._width[selector] = self._find_width(unnamed(selector))
        return self._width[selector]

    def itself(self, selector: Expr) -> bool:
        """Whether every position is known to select itself."""
        return self._inside_out(selector, self._itself, self._find_itself)

    def _find_width(self, bare: Expr) -> tuple[int, int]:
        count = node(Op.WIDTH, bare)
        if self._facts.token_free(bare) and self._facts.tables.complete:
            values = self._enumerated(count)
            if values:
                return int(min(values)), int(max(values))
        low, high = (1 if self.itself(bare) or self._looks_up(bare) else 0), self._at_most(bare)
        if count in self._facts.assumptions:
            counts = self._narrowed(count, low, high)
            return min(counts), max(counts)
        return low, high

    def _enumerated(self, e: Expr) -> list[Value]:
        """The values of a sop without tokens where it has one."""
        col = self._facts.tables.of(e)
        return distinct(col.take(np.flatnonzero(col.ok())))

    def _narrowed(self, count: Expr, low: int, high: int) -> list[int]:
        """The counts between these that the assumptions leave."""
        domain = self._facts.assumptions.narrowed(count, Domain.of(range(low, high + 1)), self._facts)
        return [int(v) for v in domain.values]

    def _inside_out(self, selector: Expr, known: dict[Expr, T], find: Callable[[Expr], T]) -> T:
        """What `find` says of a selector; it is asked about the selectors that this one is made of first."""
        if selector not in known:
            for e in selector.walk():
                if e.selector and e not in known:
                    known[e] = known[e.src[0]] if e.op is Op.NAME else find(e)
        return known[selector]

    def _at_most(self, selector: Expr) -> int:
        """The most positions that a query can select, whether or not another cell of its row has failed: in a larger
        selector such a cell may be decided, and the row has a width all the same."""
        return self._inside_out(selector, self._most, self._find_most)

    def _find_most(self, bare: Expr) -> int:
        count = node(Op.WIDTH, bare)
        if self._facts.token_free(bare) and self._facts.tables.complete:
            known = self._facts.tables.of(count)
            if known.failed is None:
                return max(map(int, distinct(known)), default=0)
        most = 1 if self._at_most_one(bare) else self._facts.max_len
        if bare.op.deciding is not None:
            each = [self._most[s] for s in bare.src]
            most = min(most, min(each) if bare.op is Op.AND else sum(each))
        if bare.op is Op.COMPARE and not self._ever(bare):
            most = 0
        elif bare.op is Op.COMPARE and most > 1:
            most = min(most, self._facts.singles.most(bare))
        if count in self._facts.assumptions:  # then no cell of its rows has failed
            most = min(most, max(self._narrowed(count, 0, most)))
        return most

    def _ever(self, comparison: Expr) -> bool:
        """Whether any value of a key and of a query may compare so; True where there are too many to try."""
        try:
            keys, queries = (self._domains.of(s) for s in comparison.src)
        except CompileError:
            return True
        if comparison.arg is Op.EQ and not set(keys.values).isdisjoint(queries.values):
            return True  # where they share none, ratios may still meet floats
        if not isinstance(comparison.arg, Op) or len(keys) * len(queries) > FEW_PAIRS:
            return True
        k, q = (i.ravel() for i in np.indices((len(keys), len(queries))))
        columns = [keys.column.take(k), queries.column.take(q)]
        met = elementwise(node(comparison.arg, *comparison.src), columns, self._facts.log)
        return bool((~met.ok() | met.data.astype(bool)).any())

    def _at_most_one(self, selector: Expr) -> bool:
        return self._inside_out(selector, self._single, self._find_single)

    def _find_single(self, s: Expr) -> bool:
        if s.op is Op.AND and any(self._single[part] for part in s.src):
            return True
        return s.op in (Op.COMPARE, Op.AND, Op.NOT) and self._facts.singles.single(s)

    def _looks_up(self, bare: Expr) -> bool:
        """Whether it selects the token at a position that every query knows, wherever it has one."""
        if bare.op is not Op.COMPARE or bare.arg is not Op.EQ or unnamed(bare.src[0]) is not INDICES:
            return False
        return self._facts.reaches.is_position(bare.src[1])

    def _find_itself(self, s: Expr) -> bool:
        if s.op.deciding is not None:
            each = [self._itself[part] for part in s.src]
            return all(each) if s.op is Op.AND else any(each)
        if s.op is not Op.COMPARE or sides(s)[0] is not sides(s)[1]:
            return False
        return s.arg is Op.EQ or (s.arg in (Op.LE, Op.GE) and self._domains.ordered(*s.src))
