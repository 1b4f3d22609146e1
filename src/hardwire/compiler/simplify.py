"""Simplifying: names off, constants folded. A rule may turn a failure into a value, never the reverse."""

from __future__ import annotations

from ..lang.expr import ARITHMETIC, COMPARISONS, LOGIC, Expr, Op, node, rebuilt
from ..run import purity
from ..run.failure import BROKEN
from ..run.scalar import scalar, truth

ELEMENTWISE = {*ARITHMETIC, *COMPARISONS, *LOGIC, Op.NEG, Op.ABS, Op.ROUND, Op.HAS, Op.NOT, Op.MAP, Op.WHERE}


def simplify(root: Expr) -> dict[Expr, Expr]:
    """Every part of the program without names and with constants folded."""
    return rebuilt(root, _rule)


BOOLEAN = {*COMPARISONS, *LOGIC, Op.NOT, Op.HAS}
"""Operations of sops whose results are bools."""


def _rule(e: Expr, src: tuple[Expr, ...]) -> Expr:
    if e.op is Op.NAME:
        return src[0]
    new = e if src == e.src else node(e.op, *src, arg=e.arg)
    if new.op is Op.MAP and len(src) == 1 and getattr(new.arg, "original", None) is bool and src[0].op in BOOLEAN:
        return src[0]
    if new.op in (Op.AND, Op.OR) and not new.selector:
        for constant, other in (src, src[::-1]):
            if constant.op is Op.CONST and type(constant.arg) is bool and other.op in BOOLEAN:
                return constant if constant.arg is (new.op is Op.OR) else other
    union = _nonzero_union(new)
    if union is not None:
        return union
    if new.op is Op.WHERE and src[0].op is Op.CONST:
        try:
            return src[1] if truth(src[0].arg) else src[2]
        except BROKEN:
            raise
        except Exception:
            return new
    if new.op in ELEMENTWISE and not new.selector and src and all(s.op is Op.CONST for s in src):
        try:
            f, args = scalar(new), tuple(s.arg for s in src)
            value = f(*args)
        except BROKEN:
            raise
        except Exception:
            return new  # it fails wherever it is needed
        purity.check(new, f, [(args, value)])
        return node(Op.CONST, arg=value)
    return new


_ZERO, _ONE = node(Op.CONST, arg=0), node(Op.CONST, arg=1)
_ABOVE_ZERO = {(Op.GT, _ZERO), (Op.NE, _ZERO), (Op.GE, _ONE), (Op.EQ, _ZERO), (Op.LE, _ZERO), (Op.LT, _ONE)}


def _nonzero_union(e: Expr) -> Expr | None:
    """Of a width that is only compared with 0: keys with a | b may count twice, so each has neurons of its own.

    (S & key(a | b)).width() > 0  ->  (S & key(a)).width() + (S & key(b)).width() > 0
    """
    if len(e.src) != 2 or (e.op, e.src[1]) not in _ABOVE_ZERO or e.src[0].op is not Op.WIDTH:
        return None
    selector = e.src[0].src[0]
    parts, other = _alternatives(selector)
    if len(parts) < 2:
        return None
    widths = [node(Op.WIDTH, p if other is None else node(Op.AND, other, p)) for p in parts]
    total = widths[0]
    for w in widths[1:]:
        total = node(Op.ADD, total, w)
    return node(e.op, total, e.src[1])


def _alternatives(selector: Expr) -> tuple[list[Expr], Expr | None]:
    """(the selectors of which one must hold, the selector that must hold besides)"""
    if selector.op is Op.AND:
        for part, rest in (selector.src, selector.src[::-1]):
            found, _ = _alternatives(part)
            if len(found) > 1 and part.op is Op.COMPARE:
                return found, rest
    if selector.op is Op.COMPARE and selector.arg is Op.EQ and selector.src[1] is node(Op.CONST, arg=True):
        keys = _disjuncts(selector.src[0])
        if len(keys) > 1:
            return [node(Op.COMPARE, k, selector.src[1], arg=Op.EQ) for k in keys], None
    return [selector], None


def _disjuncts(e: Expr) -> list[Expr]:
    if e.op is not Op.OR or e.selector:
        return [e]
    return [x for s in e.src for x in _disjuncts(s)]
