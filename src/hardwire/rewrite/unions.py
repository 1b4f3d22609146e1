"""Add up the alternatives of the keys of a width, or of a sum of widths, that is only compared with 0.

    (S & key(a | b)).width() > 0                     ->  S.value(a + b) > 0
    (S & key(a)).width() + (S & key(b)).width() > 0  ->  S.value(a + b) > 0

A key for which both hold counts twice, which does not matter, and each alternative needs no neurons but its own.

    full.any((c < k) | (t != k))  ->  full.any((c < k) | (t > k))     c = (key(indices) <= query(indices)).value(x)
                                                                      t = full.value(x)

The total is the last of the prefix sums, so where it is below k, some prefix is too: half of a test of two sides, which
tells whether brackets are balanced. It has mirror images, of > and of sums from the query's position on.
"""

from __future__ import annotations

from functools import reduce

from ..analysis import Facts
from ..lang.expr import INDICES, ONE, TRUE, ZERO, Expr, Op, again, node
from ..lang.selectors import EVERYWHERE, operands
from .neighbours import is_bit
from .rule import on_every_part

_ABOVE_ZERO = {(Op.GT, ZERO), (Op.NE, ZERO), (Op.GE, ONE), (Op.EQ, ZERO), (Op.LE, ZERO), (Op.LT, ONE)}


@on_every_part
def unions(e: Expr, facts: Facts) -> Expr | None:
    """A comparison of widths with 0 as that of a sum that is 0 whenever they are."""
    if len(e.src) != 2 or (e.op, e.src[1]) not in _ABOVE_ZERO:
        return None
    total = e.src[0]
    added = total.op is Op.VALUE and total.src[1].op is Op.ADD and total.src[2] is ZERO  # as this pass leaves it
    found = [(_summands(total.src[1]), total.src[0])] if added else [_alternatives(s) for s in _counted(total)]
    if len({other for _, other in found}) != 1:
        return None
    parts, other = [p for some, _ in found for p in some], found[0][1]
    # True | b has a value where b has failed or is no truth value, and then the sum may have none, or be 0.
    if len(parts) < 2 or not all(facts.sure(p) and is_bit(p, facts) for p in parts):
        return None
    if other is not None and not facts.sure(other):  # a cell that fails is not selected where no alternative holds
        return None
    if other is None or other is EVERYWHERE:
        parts = [_one_sided(p, parts, causal=facts.causal) for p in parts]
    total = reduce(lambda a, b: node(Op.ADD, a, b), parts)
    return node(e.op, node(Op.VALUE, EVERYWHERE if other is None else other, total, ZERO), e.src[1])


def _one_sided(e: Expr, parts: list[Expr], *, causal: bool) -> Expr:
    """A comparison of a total as that of one side, where another part, true of some key, implies the other side."""
    if e.op is not Op.NE or e.src[0].op is not Op.VALUE:
        return e
    total, limit = e.src
    if total.src[0] is not EVERYWHERE or limit.op is not Op.CONST:
        return e
    for order in (Op.LE,) if causal else (Op.LE, Op.GE):
        some = again(total, (node(Op.COMPARE, INDICES, INDICES, arg=order), *total.src[1:]))
        for side, other in ((Op.LT, Op.GT), (Op.GT, Op.LT)):
            if any(p.op is side and p.src[0] is some and p.src[1] is limit for p in parts):
                return node(other, *e.src)
    return e


def _counted(e: Expr) -> list[Expr]:
    """The selectors of a sum of widths; empty for any other sop."""
    widths = _summands(e)
    return [w.src[0] for w in widths] if all(w.op is Op.WIDTH for w in widths) else []


def _summands(e: Expr) -> list[Expr]:
    """The operands of a sum, each once: for whether any is above 0 that does."""
    return operands(e) if e.op is Op.ADD else [e]


def _alternatives(selector: Expr) -> tuple[list[Expr], Expr | None]:
    """(conditions of a key at least one of which must hold, a selector that must also hold)"""
    pairs = (selector.src, selector.src[::-1]) if selector.op is Op.AND else ((selector, None),)
    for part, rest in pairs:
        if part.op is Op.COMPARE and part.arg is Op.EQ and part.src[1] is TRUE and part is not EVERYWHERE:
            return operands(part.src[0]) if part.src[0].op is Op.OR else [part.src[0]], rest
    return [], None
