"""Simplifying: names off, constants folded. A rule may turn a failure into a value, never the reverse."""

from __future__ import annotations

from ..lang.expr import Expr, Op, again, node, rebuilt
from ..lang.ops import ResultKind
from ..run import purity
from ..run.failure import BROKEN
from ..run.scalar import scalar, truth


def simplify(root: Expr) -> dict[Expr, Expr]:
    """Every part of the program without names and with constants folded."""
    return rebuilt(root, _rule)


def _rule(e: Expr, src: tuple[Expr, ...]) -> Expr:
    if e.op is Op.NAME:
        return src[0]
    new = again(e, src)
    if new.op is Op.MAP and len(src) == 1 and getattr(new.arg, "original", None) is bool and _boolean(src[0]):
        return src[0]
    if new.op.deciding is not None and not new.selector:
        for constant, other in (src, src[::-1]):
            if constant.op is Op.CONST and type(constant.arg) is bool and _boolean(other):
                return constant if constant.arg is new.op.deciding else other
    if new.op is Op.WHERE and src[0].op is Op.CONST:
        try:
            return src[1] if truth(src[0].arg) else src[2]
        except BROKEN:
            raise
        except Exception:
            return new
    if new.op.elementwise and not new.selector and src and all(s.op is Op.CONST for s in src):
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


def _boolean(e: Expr) -> bool:
    """Whether every value of a sop is a bool, as far as its operation shows."""
    return e.op.result is ResultKind.BOOL
