"""Integers in place of ratios where they are only compared with integers.

    key(k) == query(q)  ->  key(k) == query(q where that is a value of k, else another integer)

The query, or likewise the key, becomes one of few integers, whose equality has a score of a few dimensions.
"""

from __future__ import annotations

from ..analysis import Facts
from ..lang.expr import Expr, Op, node
from .rule import on_every_part
from .tables import tabled

MOST = 400
"""The most ratios: with more of them, that lie closer together, steps between them are too steep to be exact."""


@on_every_part
def integers(e: Expr, facts: Facts) -> Expr | None:
    """An equality of integers and ratios as one of integers."""
    if e.op is not Op.COMPARE or not isinstance(e.arg, Op) or not e.arg.equality:
        return None
    a, b = e.src
    return node(Op.COMPARE, _matched(a, b, facts), _matched(b, a, facts), arg=e.arg)


def _matched(side: Expr, other: Expr, facts: Facts) -> Expr:
    """A side of a comparison that has integers for values, and equals the other side where the given one does. Raises
    CompileError."""
    domain, integers = facts.domain(side), facts.domain(other)
    if domain.whole or not (domain.exact and domain.small and integers.whole) or not facts.basis(side):
        return side
    if len(domain) > MOST:
        return side
    wanted = {int(v) for v in integers.values}
    none = min(wanted, default=0) - 1
    return tabled({side: domain.column}, (float(v) if v in wanted else none for v in domain.values))
