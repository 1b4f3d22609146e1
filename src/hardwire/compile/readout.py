"""The unembedding: from forms to output values, without neurons where it can.

A whole-number form s is read by lines: the value of the k-th run of equal outputs has the logit
m_k s + c_k with m_k rising, so that the lines cross between runs and the nearest run wins. For runs of one
value each that is logit(v) = 2 v s - v^2.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import CompileError
from ..lang.expr import AGGREGATES, Expr, Op
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value, leave
from ..recipes.form import Form, combine
from .analyse import unnamed
from .attend import Attention
from .elementwise import LINEAR, Points, Values

MOST_COLUMNS = 3000
WIDTH = 20
"""The d_model assumed where columns are weighed against neurons."""


@dataclass(frozen=True)
class Readout:
    """The unembedding's columns and what each stands for; `outputs` None where one column is the number itself."""

    columns: tuple[Form, ...]
    outputs: tuple[Value, ...] | None


def readout(e: Expr, attention: Attention) -> Readout:
    """How to read the values of e. Raises CompileError."""
    e = unnamed(e)
    values, facts = attention.values, attention.facts
    if _is_real(e, attention):
        return Readout((values.scalar(e),), None)
    domain = facts.domain(e)
    by_label: dict[float, Value] = {}
    for v in domain.values:
        by_label.setdefault(values.labels[v], v)
    if values.free(e) is None:
        form, points = _cheapest(e, attention, len(by_label))
    else:
        form, points = values.scalar(e), [(x, x) for x in sorted(by_label)]
    if _runs(points) > MOST_COLUMNS:
        raise CompileError(
            f"{formula(e)} has {_runs(points):,} different outputs; {MOST_COLUMNS:,} are the most.\n"
            "  A smaller max_len would help.",
            expression=SOp(e),
        )
    return lines(form, points, by_label, values.stream.real)


def _cheapest(e: Expr, attention: Attention, outputs: int) -> tuple[Form, Points]:
    """The form to read e from: e's own label, or that of a part which decides it. Counted in parameters."""
    values, stream = attention.values, attention.stream
    candidates: list[tuple[int, float, Form, Points]] = []
    direct = _direct(e, attention)
    if direct is not None:
        candidates.append(((direct[0].time + 1) // 2, _runs(direct[1]) * WIDTH, *direct))
    error: CompileError | None = None
    part: Expr | None = e
    while part is not None and len(candidates) < 8:
        before = sum(len(g.neurons) for g in stream.groups)
        try:
            form = values.scalar(part)
            points = values.points(e, part)
            neurons = sum(len(g.neurons) for g in stream.groups) - before
            layers = (form.time + 1) // 2
            candidates.append((layers, _runs(points) * WIDTH + neurons * (2 * WIDTH + 1), form, points))
        except CompileError as failed:
            error = error or failed
        sources = _only_source(part, values)
        part = sources[0] if len(sources) == 1 else None
    if not candidates:
        assert error is not None
        raise error
    _, _, form, points = min(candidates, key=lambda c: c[:2])
    return form, points


def _only_source(part: Expr, values: Values) -> list[Expr]:
    return [s for s in part.src if values.facts.basis(s)] if part.op not in AGGREGATES else []


def _is_real(e: Expr, attention: Attention) -> bool:
    """Whether e is a number with too many values to tell apart: a mean, or arithmetic on one."""
    facts = attention.facts
    means = [b for b in facts.basis(e) if b.op is Op.MEAN or b.op is Op.VALUE]
    if not means:
        return False
    try:
        domain = facts.domain(e)
    except CompileError:
        return e.op in LINEAR or e.op in AGGREGATES
    return not domain.whole and domain.numeric and len(domain) > 200


def _direct(e: Expr, attention: Attention) -> tuple[Form, Points] | None:
    """A form that decides e, with e's labels over it: the argmax does the function."""
    values = attention.values
    leaves = values.leaves(e)
    if len(leaves) == 1:
        form = values.free(leaves[0])
        assert form is not None
        return form, values.points(e, leaves[0])
    if 2 <= len(leaves) <= 4:
        found = values.combined(e, leaves)
        if found is not None and found[0].noise < 0.2:
            return found
    return None


def _runs(points: Points) -> int:
    return 1 + sum(1 for (_, a), (_, b) in zip(points, points[1:], strict=False) if a != b)


def lines(form: Form, points: Points, by_label: dict[float, Value], real: Form) -> Readout:
    """One column for each run of equal outputs along the form."""
    runs: list[list[float]] = []
    outputs: list[Value] = []
    last: float | None = None
    for x, y in points:
        if y != last:
            runs.append([x, x])
            outputs.append(leave(by_label[y]))
            last = y
        runs[-1][1] = x
    columns = []
    slope = intercept = 0.0
    # Centred: for single values this is 2 v s - v^2 up to a function of s.
    for i, (low, _) in enumerate(runs):
        if i:
            middle, gap = (runs[i - 1][1] + low) / 2, low - runs[i - 1][1]
            rise = 2.0 * gap
            slope += rise
            intercept -= rise * middle
        columns.append((slope, intercept))
    centre = columns[len(columns) // 2][0]
    return Readout(
        tuple(combine((m - centre, form), (c, real)) for m, c in columns), tuple(outputs)
    )
