"""Where there is sure to be a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CompileError
from ..lang.expr import Expr, Op, node, unnamed
from ..lang.function import Tabled
from ..lang.ops import Sure
from ..lang.values import leave
from .domain import TOO_LARGE

if TYPE_CHECKING:
    from .facts import Facts


class Definedness:
    """Which expressions of one program never fail."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._domains = facts, facts.domains
        self._known: dict[Expr, bool] = {}

    def sure(self, expr: Expr) -> bool:
        """Whether a sop has a value at every position of every input, or a selector at every cell; sound, not tight."""
        for e in () if expr in self._known else expr.walk():
            if e not in self._known:
                try:
                    self._known[e] = self._is_sure(e)
                except CompileError:
                    self._known[e] = False
        return self._known[expr]

    def _is_sure(self, e: Expr) -> bool:
        if e.op in (Op.TOKENS, Op.INDICES, Op.CONST):
            return True
        if e.op.transparent:
            return self._known[e.src[0]]
        if e.op is Op.MAP and len(e.src) == 1 and self._known[e.src[0]] and self._tabulated(e):
            return True
        if not e.selector and self._facts.token_free(e) and self._facts.tables.complete:
            return bool(self._facts.tables.of(e).ok().all())
        if e.op is Op.RAW:
            return False
        if e.selector:
            return self._of_sources(e) and (e.op is not Op.COMPARE or self._compares(e))
        if e.op.aggregate:
            return self._of_sources(e) and (not e.op.defaulted or self._aggregates(e))
        return self._elementwise(e)

    def _tabulated(self, e: Expr) -> bool:
        """Whether it is a table that has every value of its source."""
        table = e.arg.table if isinstance(e.arg, Tabled) else {}
        return bool(table) and all((leave(v),) in table for v in self._domains.of(e.src[0]).values)

    def _of_sources(self, e: Expr) -> bool:
        return all(self._known[s] for s in e.src)

    def _elementwise(self, e: Expr) -> bool:
        facts, domain = self._facts, self._domains.of
        basis = list(facts.variables(e))
        if not all(self._known[b] for b in basis):
            return False
        if self._domains.combinations(basis) <= TOO_LARGE:
            return self._domains.always(e, basis)
        if not self._of_sources(e):
            return False
        if e.op.sure is Sure.OWN:
            return all(map(self._domains.own, e.src))
        if e.op.sure is Sure.TRUTH:
            return all(v in (0, 1) for s in e.src for v in domain(s).values)
        return e.op.sure is Sure.WHOLE and all(domain(s).whole for s in e.src)

    def _compares(self, e: Expr) -> bool:
        """Whether a comparison never fails on values."""
        if isinstance(e.arg, Op):
            return all(map(self._domains.own, e.src)) if e.arg.equality else self._domains.ordered(*e.src)
        count, tables = node(Op.WIDTH, e), self._facts.tables  # a count fails where a cell of its row does
        return self._facts.token_free(count) and tables.complete and bool(tables.of(count).ok().all())

    def _aggregates(self, e: Expr) -> bool:
        """Whether an aggregate never fails where its parts do not."""
        if self._facts.width(e.source("selector"))[1] <= 1:
            return True
        if e.op.scored:
            return self._domains.of(e.source("score")).ordered
        if e.op.counts:
            return self._domains.own(e.source("x"))
        return e.op.adds and self._domains.of(e.source("x")).small


def fails_with(program: tuple[Expr, ...], part: Expr) -> bool:
    """Whether a program, given as all its parts in order, is undefined at every position where this part is, as far as
    its form shows."""
    fails: dict[Expr, bool] = {}
    for e in program:
        inner = [fails[s] for s in e.src]
        if e is part:
            fails[e] = True
        elif e.op.barrier:
            fails[e] = False  # its value may be set where its source has none
        elif e.op.aggregate:
            selector = unnamed(e.src[0])  # a comparison that fails for every key fails the row
            fails[e] = selector.op is Op.COMPARE and fails[selector]
        elif e.op is Op.WHERE:
            fails[e] = inner[0] or (inner[1] and inner[2])
        elif e.op.deciding is not None:
            fails[e] = all(inner)
        else:
            fails[e] = any(inner)
    return fails[program[-1]]
