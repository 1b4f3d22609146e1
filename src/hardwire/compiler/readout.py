"""The unembedding: from forms to output values, without neurons where it can.

A whole-number form s is read by lines: the value of the k-th run of equal outputs has the logit
m_k s + c_k with m_k rising, so that the lines cross between runs and the nearest run wins. For runs of one
value each that is logit(v) = 2 v s - v^2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from ..errors import CompileError, Option, Remedy
from ..lang.expr import Expr, Op, node, unnamed
from ..lang.selectors import operands
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from ..recipes import feedforward as ff
from ..recipes.form import ZERO, Form, combine
from ..recipes.representation import nearest_run
from .analyse import Analysis
from .attend import Attention
from .codes import Points
from .elementwise import Values

MOST_COLUMNS = 1000
"""The most output values with a column each; more whole numbers are read as the nearest."""
WIDTH = 20
"""The d_model assumed where columns are weighed against neurons."""


@dataclass(frozen=True)
class Readout:
    """The unembedding's columns and what each stands for; `outputs` None where one column is the number itself."""

    columns: tuple[Form, ...]
    outputs: tuple[Value, ...] | None
    whole: bool = False  # the number is whole: round it
    tolerance: float = 0.0  # how far a number that is read as it is may be from the program's


def readout(e: Expr, attention: Attention) -> Readout:
    """How to read the values of e. Raises CompileError."""
    e = unnamed(e)
    values, facts = attention.values, attention.facts
    if _is_real(e, attention):
        form = values.scalar(e)
        if form.noise >= 0.5 and _is_sum_of_whole(e, facts):
            raise CompileError(
                f"{formula(e)} adds up to whole numbers too large for the precision of the weights: the error may "
                f"reach {form.noise:.3g}.",
                expression=SOp(e),
                remedies=[_help(values)],
            )
        return Readout((form,), None, tolerance=max(form.noise, 1e-6))
    domain = facts.domain(e)
    by_label: dict[float, Value] = {}
    for v in domain.values:
        by_label.setdefault(values.labels[v], v)
    if values.free(e) is None:
        voted = _votes(e, attention)
        if voted is not None:
            return voted
        form, points = _cheapest(e, attention, len(by_label))
    else:
        form, points = values.scalar(e), [(x, x) for x in sorted(by_label)]
    gaps = [b - a for (a, x), (b, y) in itertools.pairwise(points) if x != y]
    if values.noise(form, points) >= 0.45 * min(gaps, default=float("inf")):
        raise CompileError(
            f"{formula(e)} cannot be told apart from its neighbours: values lie {min(gaps):.3g} apart and the error "
            f"may reach {values.noise(form, points):.3g}.",
            expression=SOp(e),
            remedies=[_help(values)],
        )
    lost = _lost(points, values.noise(form, points), 1 / values.stream.wholes)
    if (_runs(points) > MOST_COLUMNS and domain.whole) or (lost and all(type(v) is int for v in domain.values)):
        return Readout((values.scalar(e),), None, whole=True)
    if lost:
        raise CompileError(
            f"{formula(e)} is read off a number from {points[0][0]:,.6g} to {points[-1][0]:,.6g}, too wide for "
            f"the precision of the weights.",
            expression=SOp(e),
            remedies=[_help(values)],
        )
    return lines(form, points, by_label, values.stream.real)


def _votes(e: Expr, attention: Attention) -> Readout | None:
    """An `and` (or `or`) of conditions on different forms, read without neurons: each condition has columns of its
    own for False, which are above that for True exactly where it is violated.
    """
    values, real = attention.values, attention.stream.real
    if e.op not in (Op.AND, Op.OR):
        return None
    deciding = e.op is Op.OR
    columns, outputs = [ZERO], [not deciding]
    for part in operands(e):
        leaves = values.leaves(part)
        if len(leaves) != 1:
            return None
        form = values.free(leaves[0])
        truth = node(Op.WHERE, part, node(Op.CONST, arg=True), node(Op.CONST, arg=False))
        points = values.codes.points(truth, leaves[0])
        runs = _ends(points, float(deciding))
        if form is None or runs is None or values.noise(form, points) > 0.2 * min(1.0, ff.tightest(points)):
            return None
        for low, high in runs:  # above 0 beyond the middle of the gap, on the side that decides
            slope = (2 if high > low else -2) / abs(high - low)
            columns.append(combine((slope, form), (-slope * (low + high) / 2, real)))
            outputs.append(deciding)
    return Readout(tuple(columns), tuple(outputs))


def _ends(points: Points, deciding: float) -> list[tuple[float, float]] | None:
    """The gaps (last point that does not decide, first that does) at the two ends; None where the middle decides."""
    decides = [y == deciding for _, y in points]
    if all(decides):
        return None
    first, last = decides.index(False), len(decides) - 1 - decides[::-1].index(False)
    if any(decides[first:last]):
        return None
    xs = [x for x, _ in points]
    gaps = [(xs[first], xs[first - 1])] if first else []
    return gaps + ([(xs[last], xs[last + 1])] if last + 1 < len(xs) else [])


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
            points = values.codes.points(e, part)
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

    def order(c: tuple[int, float, Form, Points]) -> tuple[bool, int, float]:
        return _lost(c[3], values.noise(c[2], c[3]), 1 / stream.wholes), c[0], c[1]

    _, _, form, points = min(candidates, key=order)
    return form, points


def _only_source(part: Expr, values: Values) -> list[Expr]:
    return [s for s in part.src if values.facts.basis(s)] if not part.op.aggregate else []


def _help(values: Values) -> Remedy:
    if values.stream.wholes > 2.0**24:
        return Remedy("A smaller max_len or smaller numbers would help.")
    return Remedy("{}, a smaller max_len or smaller numbers would help.", (Option("dtype", "float64"),))


def _is_sum_of_whole(e: Expr, facts: Analysis) -> bool:
    """Whether e is made of counts, and of sums of whole numbers."""
    return all(b.op is Op.WIDTH or (b.op is Op.VALUE and facts.domain(b.src[1]).whole) for b in facts.basis(e))


def _is_real(e: Expr, attention: Attention) -> bool:
    """Whether e is a number with too many values to tell apart: a mean, or arithmetic on one."""
    facts = attention.facts
    means = [b for b in facts.basis(e) if b.op is Op.MEAN or b.op is Op.VALUE]
    if not means:
        return False
    try:
        domain = facts.domain(e)
    except CompileError:
        return e.op.linear or e.op.aggregate
    return not domain.whole and domain.plain and len(domain) > 200


def _direct(e: Expr, attention: Attention) -> tuple[Form, Points] | None:
    """A form that decides e, with e's labels over it: the argmax does the function."""
    values = attention.values
    leaves = values.leaves(e)
    if len(leaves) == 1:
        form = values.free(leaves[0])
        assert form is not None
        return form, values.codes.points(e, leaves[0])
    if 2 <= len(leaves) <= 4:
        joint = values.combined(e, leaves)
        if joint is not None and joint.form.noise < 0.2:
            return joint.form, joint.points
    return None


def _runs(points: Points) -> int:
    return 1 + sum(1 for (_, a), (_, b) in itertools.pairwise(points) if a != b)


def _lost(points: Points, noise: float, unit: float) -> bool:
    """Whether logits of `lines` would be rounded by more than lies between two of them, by `unit` at a time."""
    centre = (points[0][0] + points[-1][0]) / 2
    changes = [(a, b) for (a, x), (b, y) in itertools.pairwise(points) if x != y]
    # All columns are seen from the middle one.
    middle = max(abs(x - centre) for x in changes[(len(changes) - 1) // 2]) if changes else 0.0
    for a, b in changes:
        at = max(abs(a - centre), abs(b - centre))
        size = 2 * (at + middle) * at + max(at, middle) ** 2  # of slope times number, and of intercept
        if 6 * unit * size > 2 * (b - a) * ((b - a) / 2 - noise):
            return True
    return False


def leaving(value: Value) -> Value:
    """The value as an output. Raises CompileError where it is a ratio beyond all floats."""
    try:
        return leave(value)
    except OverflowError:
        raise CompileError(f"the result may be {constant(value)}, a ratio too large for a float", value=value) from None


def lines(form: Form, points: Points, by_label: dict[float, Value], real: Form) -> Readout:
    """One column for each run of equal outputs along the form."""
    runs: list[tuple[float, float]] = []
    outputs: list[Value] = []
    last: float | None = None
    for x, y in points:
        if y != last:
            runs.append((x, x))
            outputs.append(leaving(by_label[y]))
            last = y
        runs[-1] = (runs[-1][0], x)
    return Readout(tuple(nearest_run(form, runs, real)), tuple(outputs))
