"""An aggregate: the selector's matrix, the values below it, and what comes out at its right."""

from __future__ import annotations

from dataclasses import replace

from ..lang.expr import AGGREGATES, Expr, Op
from ..lang.text import formula
from ..run import Trace
from . import shapes
from .matrix import Strip, attention, left_of
from .selector import parts_of
from .sequence import given, values_of
from .shapes import Box
from .theme import GAP, SMALL

ROOM = 420.0
"""The widest a head's title may make it."""


def aggregate(trace: Trace) -> Box:
    """The picture of a sop that is one aggregate."""
    expr = unnamed(trace.of.expr)
    left = left_of(parts_of(trace, expr.src[0]))
    return shapes.below([given(trace, left), head(trace, expr, "")], 2 * GAP)


def unnamed(expr: Expr) -> Expr:
    while expr.op is Op.NAME:
        expr = expr.src[0]
    return expr


def head(trace: Trace, expr: Expr, name: str) -> Box:
    """One aggregate with all that goes into it, under its name and formula."""
    assert expr.op in AGGREGATES
    parts = replace(
        parts_of(trace, expr.src[0]),
        values=_values(trace, expr),
        results=[Strip(name or operation(expr), "result", values_of(trace, expr))],
    )
    picture = attention(parts)
    width = max(picture.width, min(ROOM, 200.0))
    title = [shapes.line(name, width, cls="hw-bold")] if name else []
    if expr is not trace.of.expr:  # whose formula stands above the picture
        title.append(shapes.line(formula(expr), width, size=SMALL, cls="hw-muted", full=formula(expr, 300)))
    return shapes.below([shapes.below(title, 0), picture], GAP / 2)


def _values(trace: Trace, expr: Expr) -> list[Strip]:
    """The sequences that are read through the selector: the score, where it is another, and the value."""
    if expr.op is Op.WIDTH:
        return []
    of = expr.src[-2]
    strips = []
    if expr.op in (Op.MAX, Op.MIN) and expr.src[1] is not of and expr.src[1].op is not Op.INDICES:
        score = expr.src[1]
        strips.append(Strip(f"score {formula(score)}", "value", values_of(trace, score)))
    return [*strips, Strip(f"value {formula(of)}", "value", values_of(trace, of))]


def operation(expr: Expr) -> str:
    """What an aggregate is called: value, one, mean, max, min, first, last, width."""
    if expr.op in (Op.MAX, Op.MIN) and expr.src[1].op is Op.INDICES and expr.src[2].op is not Op.INDICES:
        return "first" if expr.op is Op.MIN else "last"
    return str(expr.op.value)
