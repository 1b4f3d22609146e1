"""A whole program: the input, every layer with its heads side by side and its elementwise steps, the result."""

from __future__ import annotations

from collections.abc import Sequence

from ..lang.expr import Expr, unnamed
from ..run import Trace
from ..run.trace import TraceStep, step_formula
from . import shapes
from .aggregate import head
from .sequence import given, result, step, width_of
from .shapes import Box
from .theme import GAP, WIDEST


def program(trace: Trace) -> Box:
    """Return the picture of a sop: a panel for each layer, in the order of lines of text."""
    panels = shapes.paneled([layer(trace, k) for k in range(1, trace.of.layers + 1)], WIDEST)
    before = [step_of(s) for s in elementwise(trace, 0)]
    width = width_of(list(trace.input), trace.result)  # so that each result is below its token
    return shapes.below([given(trace, width=width), *before, panels, result(trace, width=width)], 12)


def layer(trace: Trace, k: int, width: float = WIDEST) -> Box:
    """Return one layer: its heads, and next to or below them its elementwise steps."""
    names = _names(trace)
    heads = [head(trace, e, names.get(e, "")) for e in aggregates(trace, k)]
    steps = [step_of(s) for s in elementwise(trace, k)]
    parts = shapes.flowing([*heads, *([shapes.below(steps, GAP)] if steps else [])], width, 3 * GAP)
    return shapes.below([shapes.heading(f"layer {k}", width), parts], GAP / 2)


def aggregates(trace: Trace, k: int) -> list[Expr]:
    """The aggregates of a layer, in order of evaluation."""
    return [e for e in trace.of.expr.walk() if e.op.aggregate and e.layers == k]


def elementwise(trace: Trace, k: int) -> list[TraceStep]:
    """Return the named sops of a layer, except aggregates and the program itself."""
    return [
        s for s in trace.steps
        if s.layer == k and not s.of.expr.selector and s.of.expr is not trace.of.expr
        and not unnamed(s.of.expr).op.aggregate
    ]  # fmt: skip


def step_of(of: TraceStep, wrong: Sequence[bool] = ()) -> Box:
    """A named step as a row of cells."""
    formula = step_formula(of)
    return step(of.name, formula, of.values, whole=f"{of.name} = {formula}", wrong=wrong)


def _names(trace: Trace) -> dict[Expr, str]:
    """Return the labels of the aggregates."""
    names: dict[Expr, str] = {}
    for named in trace.steps:
        names.setdefault(unnamed(named.of.expr), named.name)
    return names
