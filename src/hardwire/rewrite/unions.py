"""Add up the alternatives of the keys of a width, or of a sum of widths, that is only compared with 0.

    (S & key(a | b)).width() > 0                     ->  S.value(a + b) > 0
    (S & key(a)).width() + (S & key(b)).width() > 0  ->  S.value(a + b) > 0

A key for which both hold counts twice, which does not matter, and each alternative needs no neurons but its own.
"""

from __future__ import annotations

from functools import reduce

from ..analysis import Facts
from ..lang.expr import ONE, TRUE, ZERO, Expr, Op, node
from ..lang.selectors import EVERYWHERE, operands
from .neighbours import is_bit
from .rule import on_every_part

_ABOVE_ZERO = {(Op.GT, ZERO), (Op.NE, ZERO), (Op.GE, ONE), (Op.EQ, ZERO), (Op.LE, ZERO), (Op.LT, ONE)}


@on_every_part
def split_unions(e: Expr, facts: Facts) -> Expr | None:
    """A comparison of widths with 0 as that of a sum that is 0 whenever they are."""
    if len(e.src) != 2 or (e.op, e.src[1]) not in _ABOVE_ZERO:
        return None
    found = [_alternatives(selector) for selector in _counted(e.src[0])]
    if len({other for _, other in found}) != 1:
        return None
    parts, other = [p for some, _ in found for p in some], found[0][1]
    # True | b has a value where b has failed or is no truth value, and then the sum may have none, or be 0.
    if len(parts) < 2 or not all(facts.sure(p) and is_bit(p, facts) for p in parts):
        return None
    total = reduce(lambda a, b: node(Op.ADD, a, b), parts)
    return node(e.op, node(Op.VALUE, EVERYWHERE if other is None else other, total, ZERO), e.src[1])


def _counted(e: Expr) -> list[Expr]:
    """The selectors of a sum of widths; empty for any other sop."""
    if e.op is Op.WIDTH:
        return [e.src[0]]
    if e.op is not Op.ADD:
        return []
    left, right = map(_counted, e.src)
    return [*left, *right] if left and right else []


def _alternatives(selector: Expr) -> tuple[list[Expr], Expr | None]:
    """(conditions of a key at least one of which must hold, a selector that must also hold)"""
    pairs = (selector.src, selector.src[::-1]) if selector.op is Op.AND else ((selector, None),)
    for part, rest in pairs:
        if part.op is Op.COMPARE and part.arg is Op.EQ and part.src[1] is TRUE and part is not EVERYWHERE:
            return operands(part.src[0]) if part.src[0].op is Op.OR else [part.src[0]], rest
    return [], None
