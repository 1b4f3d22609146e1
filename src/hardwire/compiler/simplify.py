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
