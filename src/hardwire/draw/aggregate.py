"""An aggregate: the selector's matrix, the values below it, and the results at its right."""

from __future__ import annotations

from dataclasses import replace

from ..lang.expr import Expr, Op, unnamed
from ..lang.text import aggregate_name, formula
from ..run import Failure, Trace
from ..run.reduce import best
from . import shapes
from .matrix import AttentionMatrix, Strip, attention
from .selector import parts_of
from .sequence import given, values_of
from .shapes import Box
from .theme import GAP, SMALL

ROOM = 290.0
"""The least width of a head's title."""
LONGEST = 200
"""The greatest length of a head's formula, in characters."""


def aggregate(trace: Trace) -> Box:
    """The picture of a sop that is one aggregate."""
    shown = parts(trace, unnamed(trace.of.expr), "")
    return shapes.below(
        [given(trace, shown.left, shown.cell), _titled(trace, unnamed(trace.of.expr), "", shown)], 2 * GAP
    )


def head(trace: Trace, expr: Expr, name: str) -> Box:
    """Return the picture of one aggregate with its inputs, under its name and formula."""
    return _titled(trace, expr, name, parts(trace, expr, name))


def _titled(trace: Trace, expr: Expr, name: str, shown: AttentionMatrix) -> Box:
    picture = attention(shown)
    return shapes.below([title(trace, expr, name, shown, max(picture.width, ROOM)), picture], GAP / 2)


def title(trace: Trace, expr: Expr, name: str, shown: AttentionMatrix, width: float) -> Box:
    """Return the name and the formula of an aggregate, and which of the selected values it uses."""
    lines = [shapes.paragraph(name, width, lines=3, cls="hw-bold")] if name else []
    if expr is not unnamed(trace.of.expr):  # its formula is above the picture
        said = formula(expr, LONGEST)
        lines.append(shapes.paragraph(said, width, lines=10, size=SMALL, cls="hw-muted", full=formula(expr, 300)))
    if shown.picked is not None and any(j is not None for j in shown.picked):
        lines.append(shapes.paragraph(_preference(expr), width, lines=3, size=SMALL, cls="hw-muted"))
    return shapes.below(lines, 0)


def parts(trace: Trace, expr: Expr, name: str) -> AttentionMatrix:
    """Return the content of the picture of an aggregate: its matrix, and the sequences at the edges."""
    assert expr.op.aggregate
    found = replace(
        parts_of(trace, expr.src[0]),
        values=_values(trace, expr),
        results=[Strip(name or aggregate_name(expr), "result", values_of(trace, expr))],
    )
    return replace(found, picked=_picked(trace, expr, found)) if expr.op.scored else found


def _picked(trace: Trace, expr: Expr, shown: AttentionMatrix) -> list[int | None]:
    """Return for each query the selected key with the best score, the leftmost of equals, or None."""
    scores = values_of(trace, expr.source("score"))
    found: list[int | None] = []
    for cells, value in zip(shown.cells, shown.results[0].values, strict=True):
        keys = [] if isinstance(value, Failure) else [j for j, c in enumerate(cells) if c]
        found.append(keys[best(expr.op, [scores[j] for j in keys])] if keys else None)
    return found


def _preference(expr: Expr) -> str:
    """Return which of the selected cells has the best score."""
    word = aggregate_name(expr)
    if word != expr.op.symbol:  # first, last
        return f"solid: the {word} selected key"
    return f"solid: the selected key with the {'greatest' if expr.op.best > 0 else 'least'} score"


def _values(trace: Trace, expr: Expr) -> list[Strip]:
    """Return the aggregated sequences: the score, if it differs from the value, and the value."""
    if not expr.op.defaulted:  # it counts keys, and reads no values
        return []
    of = expr.source("x")
    strips = []
    if expr.op.scored and (score := expr.source("score")) is not of and score.op is not Op.INDICES:
        strips.append(Strip(f"score {formula(score)}", "value", values_of(trace, score)))
    return [*strips, Strip(f"value {formula(of)}", "value", values_of(trace, of))]
