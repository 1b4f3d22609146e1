"""Aggregates: which kind of head computes each."""

from __future__ import annotations

from ..errors import CompileError
from ..lang.expr import ONE, ZERO, Expr, Op, node
from ..lang.selector import Selector
from ..lang.text import formula
from ..rewrite import from_zero
from .choice import Choice
from .extremes import extreme
from .lookups import lookup
from .means import mean
from .planning import Planning
from .sums import total


def aggregate(p: Planning, e: Expr) -> Choice:
    """The choice for an aggregate. Raises CompileError."""
    selector = e.src[0]
    low, high = p.facts.width(selector)
    if e.op is Op.WIDTH:
        return total(p, e, selector, ONE)
    x, default = e.src[-2:]
    assert default.op is Op.CONST or low > 0, "`lower` makes a choice of any other default"
    if high == 0:
        return p.choice(e, "constant", p.stream.constant(p.labels[default.arg]))
    if _adds_up(p, e, x, high):
        if low > 0 or p.labels[default.arg] == 0:
            return total(p, e, selector, x)
        added, found = from_zero(e)
        empty = p.form(node(Op.EQ, found, ZERO))
        return p.choice(e, "sum, default where nothing is selected", p.form(added) + empty * p.labels[default.arg])
    offset = p.labels[default.arg] if low == 0 else 0.0
    if e.op is Op.MEAN and high > 1:
        return mean(p, e, selector, offset)
    if e.op.scored:
        return extreme(p, e, selector, offset)
    return lookup(p, e, selector, offset, never_empty=low > 0)


def _adds_up(p: Planning, e: Expr, x: Expr, high: int) -> bool:
    """Whether this is a sum of several numbers, and not a value that is looked up. Raises CompileError."""
    if e.op is not Op.VALUE or high <= 1:
        return False
    if p.facts.domain(x).plain:
        return True
    if any(type(v) in (int, float, bool) for v in p.facts.domain(x).values):
        raise CompileError(
            f"{formula(e)} may add up numbers or pick a value that is not a number, and one head cannot do both.\n"
            "  Use .one(x) where one position is selected, or sum numbers only.",
            expression=Selector(e.src[0]),
        )
    return False
