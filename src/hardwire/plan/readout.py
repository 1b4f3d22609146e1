"""The unembedding: from forms to output values, without neurons where it can."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from ..constructions.feedforward import MARGIN
from ..constructions.sources import reached
from ..errors import CompileError, Option, Remedy
from ..lang.expr import Expr, Op, unnamed
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from ..model.slots import EMBEDDING
from ..numeric.floats import FLOAT64
from . import pieces
from .choice import Cost, Readout, Rejected, layer_of
from .columns import PROVABLE, Candidate, Lines, Ordered
from .cuts import cuts
from .elementwise import combined, ready
from .linear import Known
from .planning import Planning
from .votes import votes

MOST_COLUMNS = 1000
"""The most output values with a column each; more whole numbers are read as the nearest."""
MOST_LEAVES = 4
"""The most forms that are combined for columns."""
FEW_PARAMETERS = 1500
"""With so few parameters, parts of an expression are not computed one by one to read it with fewer."""
MOST_CANDIDATES = 8
"""The most forms of which the read-out is chosen."""


def readout(p: Planning, e: Expr) -> Readout:
    """How to read the values of an expression. Raises CompileError."""
    e = unnamed(e)
    if _is_real(p, e):
        return _number(p, e)
    p.facts.domain(e)  # without one there is nothing to read
    rejected: tuple[Rejected, ...] = ()
    if p.free(e) is not None:
        best: Candidate = Lines("lines", p, p.form(e), [(x, x) for x in p.encodings(e)])
    else:
        voted = votes(p, e)
        if voted is not None:
            return voted
        best, rejected = _cheapest(p, e)
    return _by_lines(p, e, best, rejected)


def _number(p: Planning, e: Expr) -> Readout:
    """One column that is the number itself. Raises CompileError."""
    form = p.form(e)
    if form.error >= 0.5 and _is_sum_of_integers(p, e):
        raise CompileError(
            f"{formula(e)} adds up to whole numbers too large for the precision of the weights: the error may "
            f"reach {form.error:.3g}.",
            expression=SOp(e),
            remedies=[_remedy(p)],
        )
    rounding = p.stream.format.gamma(len(form.terms) + 1) * p.ranges.size(form)
    return Readout((form,), None, "number", tolerance=PROVABLE * (form.error + rounding))


def _by_lines(p: Planning, e: Expr, best: Candidate, rejected: tuple[Rejected, ...]) -> Readout:
    """A column for each run of equal outputs, or the nearest integer. Raises CompileError."""
    domain = p.facts.domain(e)
    if isinstance(best, Lines):
        _check_apart(p, e, best)
    if (best.runs > MOST_COLUMNS and domain.whole) or (best.lost and all(type(v) is int for v in domain.values)):
        return Readout((p.form(e),), None, "nearest integer", whole=True)
    if best.lost and isinstance(best, Lines):
        points = best.points
        raise CompileError(
            f"{formula(e)} is read off a number from {points[0][0]:,.6g} to {points[-1][0]:,.6g}, too wide for "
            f"the precision of the weights.",
            expression=SOp(e),
            remedies=[_remedy(p)],
        )
    values: dict[float, Value] = {}
    for v in domain.values:
        values.setdefault(p.labels[v], v)
    columns, outputs = best.columns
    return Readout(columns, tuple(leaving(values[y]) for y in outputs), best.construction, alternatives=rejected)


def _check_apart(p: Planning, e: Expr, best: Lines) -> None:
    """Raises CompileError where the error of a form is as large as what lies between two values."""
    gaps = [b - a for (a, x), (b, y) in itertools.pairwise(best.points) if x != y]
    if best.error >= min(gaps, default=float("inf")) / 2:
        raise CompileError(
            f"{formula(e)} cannot be told apart from its neighbours: values lie {min(gaps):.3g} apart and the error "
            f"may reach {best.error:.3g}.",
            expression=SOp(e),
            remedies=[_remedy(p)],
        )


def leaving(value: Value) -> Value:
    """The value as an output. Raises CompileError where it is a ratio beyond all floats."""
    try:
        return leave(value)
    except OverflowError:
        raise CompileError(f"the result may be {constant(value)}, a ratio too large for a float", value=value) from None


# Which form to read.


def _cheapest(p: Planning, e: Expr) -> tuple[Candidate, tuple[Rejected, ...]]:
    """(the form to read, those not chosen): the earliest layer, then the fewest parameters. Raises CompileError."""
    found: list[Candidate] = list(_direct(p, e, Known(p)))
    error: CompileError | None = None
    for part in _deciding(p, e):
        name = "lines" if part is e else f"lines over {p.title(part, 40)}"
        try:
            found.append(Lines(name, p, p.form(part), p.codes.points(e, part)))
        except CompileError as failed:
            error = error or failed
        if len(found) == MOST_CANDIDATES:
            break
    first = ready(p, e)
    if all(c.lost or _parameters(p, c) > FEW_PARAMETERS or layer_of(c.form) > first for c in found):
        for known in cuts(p, e):
            found += _direct(p, e, known)
    if not found:
        assert error is not None
        raise error
    best = min(found, key=lambda c: (c.lost, layer_of(c.form), _parameters(p, c)))
    return best, tuple(_reason(c) for c in found if c is not best)


def _parameters(p: Planning, c: Candidate) -> int:
    """About how many parameters a candidate takes besides heads."""
    cost, used = Cost.of(c.form), reached([c.form])
    width, embedded = cost.directions + 2, sum(d.slot == EMBEDDING for d in used)
    return (c.runs + 2 * cost.neurons) * width + cost.neurons + embedded * (p.stream.size + p.stream.max_len)


def _reason(c: Candidate) -> Rejected:
    if c.lost:
        return Rejected(c.construction, "too wide for the precision of the weights")
    return Rejected(c.construction, f"{c.runs} columns, {Cost.of(c.form)}")


def _deciding(p: Planning, e: Expr) -> Iterator[Expr]:
    """The parts that decide an expression, the largest first."""
    part: Expr | None = e
    while part is not None:
        yield part
        sources = [s for s in part.src if p.facts.basis(s)] if not part.op.aggregate else []
        part = sources[0] if len(sources) == 1 else None


def _direct(p: Planning, e: Expr, known: Known) -> Iterator[Candidate]:
    """Forms that are known and decide an expression: the argmax computes the function."""
    leaves, name = known.leaves(e), "parts" if known.computed else "inputs"
    forms = [f for x in leaves if (f := known.form(x)) is not None]
    if len(leaves) == 1:
        yield Lines(f"lines over {name}", p, forms[0], p.codes.points(e, leaves[0]))
    if not 2 <= len(leaves) <= MOST_LEAVES:
        return
    joint = combined(p, e, leaves, known)
    if joint is not None and joint.form.error < MARGIN:
        yield Lines(f"lines over {name}", p, joint.form, joint.points)
    if len(leaves) == 2 and (table := p.codes.table(e, leaves)) is not None:
        for found in pieces.steps(table):
            if found.boundaries:
                ordered = (forms[1], forms[0]) if found.order.name == "b / a" else (forms[0], forms[1])
                yield Ordered(f"{name} along {found.order.name}", p, ordered, found)


def _is_real(p: Planning, e: Expr) -> bool:
    """Whether an expression is a number with too many values to list: a mean, or arithmetic on one."""
    if not any(b.op is Op.MEAN or b.op is Op.VALUE for b in p.facts.basis(e)):
        return False
    try:
        domain = p.facts.domain(e)
    except CompileError:
        return e.op.linear or e.op.aggregate
    return not domain.whole and domain.plain and len(domain) > 200


def _is_sum_of_integers(p: Planning, e: Expr) -> bool:
    """Whether an expression is made of counts, and of sums of integers."""
    return all(b.op is Op.WIDTH or (b.op is Op.VALUE and p.facts.domain(b.src[1]).whole) for b in p.facts.basis(e))


def _remedy(p: Planning) -> Remedy:
    if p.stream.format == FLOAT64:
        return Remedy("A smaller max_len or smaller numbers would help.")
    return Remedy("{}, a smaller max_len or smaller numbers would help.", (Option("dtype", "float64"),))
