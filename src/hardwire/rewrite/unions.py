"""Split a width that is only compared with 0 by the alternatives of its keys.

    (S & key(a | b)).width() > 0  ->  S.value(a + b) > 0

A key for which both hold counts twice, which does not matter, and each alternative needs no neurons but its own.
"""

from __future__ import annotations

from functools import reduce

from ..analysis import Facts
from ..lang.expr import ONE, TRUE, ZERO, Expr, Op, again, node, rebuilt
from ..lang.selectors import EVERYWHERE, operands
from .neighbours import is_bit

_ABOVE_ZERO = {(Op.GT, ZERO), (Op.NE, ZERO), (Op.GE, ONE), (Op.EQ, ZERO), (Op.LE, ZERO), (Op.LT, ONE)}


def split_unions(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of a program, with widths of alternatives that are only compared with 0 as sums of widths."""

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        return _nonzero_union(new, facts) or new

    return rebuilt(root, change)


def _nonzero_union(e: Expr, facts: Facts) -> Expr | None:
    """The sum of widths that is 0 whenever the width in e is; None if e is not such a comparison."""
    if len(e.src) != 2 or (e.op, e.src[1]) not in _ABOVE_ZERO or e.src[0].op is not Op.WIDTH:
        return None
    selector = e.src[0].src[0]
    parts, other = _alternatives(selector)
    # True | b has a value where b has failed or is no truth value, and then the sum may have none, or be 0.
    if len(parts) < 2 or not all(facts.sure(p.src[0]) and is_bit(p.src[0], facts) for p in parts):
        return None
    total = reduce(lambda a, b: node(Op.ADD, a, b), (p.src[0] for p in parts))
    return node(e.op, node(Op.VALUE, EVERYWHERE if other is None else other, total, ZERO), e.src[1])


def _alternatives(selector: Expr) -> tuple[list[Expr], Expr | None]:
    """(selectors at least one of which must hold, a selector that must also hold)"""
    if selector.op is Op.AND:
        for part, rest in (selector.src, selector.src[::-1]):
            found, _ = _alternatives(part)
            if len(found) > 1 and part.op is Op.COMPARE:
                return found, rest
    if selector.op is Op.COMPARE and selector.arg is Op.EQ and selector.src[1] is TRUE:
        keys = operands(selector.src[0]) if selector.src[0].op is Op.OR else []
        if len(keys) > 1:
            return [node(Op.COMPARE, k, selector.src[1], arg=Op.EQ) for k in keys], None
    return [selector], None
