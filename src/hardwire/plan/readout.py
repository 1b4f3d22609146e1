"""The unembedding: from forms to output values, without neurons where it can.

An integer form s is read by lines: the value of the k-th run of equal outputs has the logit m_k s + c_k with m_k
rising, so that the lines cross between runs and the nearest run wins. For runs of one value each that is
logit(v) = 2 v s - v^2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..analysis.affine import CLOSE
from ..constructions.feedforward import MARGIN, encoding_error
from ..constructions.form import Form
from ..constructions.representation import nearest_run
from ..errors import CompileError, Option, Remedy
from ..lang.expr import INDICES, TOKENS, Expr, Op, node, unnamed
from ..lang.function import Tabled
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from ..numeric.floats import FloatFormat
from .choice import Cost, Output, Readout, Rejected, layer_of
from .codes import Points
from .elementwise import combined
from .linear import Known
from .planning import Planning
from .votes import votes

MOST_COLUMNS = 1000
"""The most output values with a column each; more whole numbers are read as the nearest."""
PROVABLE = 3
"""How many times its error a number may be off: what a proof can rule out is less than what an analysis of the
construction can, which knows what the weights are for."""
MOVED_SINK = 6 + 4 * 27
"""The units in the last place of a sum by which a proof lets it be off, for weights that are off by one."""
SMALLER = Remedy("A smaller max_len or smaller numbers would help.")
MANY_VALUES = 200
"""A number with more values than these is read as a number where reading values takes a column each."""
WIDTH = 20
"""The d_model assumed where columns are weighed against neurons."""
MOST_CANDIDATES = 8
"""The most forms of which the read-out is chosen."""


@dataclass(frozen=True)
class Candidate:
    """A form that decides the program's value, and the encodings of the values along it."""

    construction: str
    form: Form
    points: Points
    format: FloatFormat

    @cached_property
    def error(self) -> float:
        """A bound of the error of the form."""
        return self.form.error + encoding_error(self.points, self.format)

    @cached_property
    def gap(self) -> float:
        """The least distance between two encodings with different outputs."""
        return min((b - a for (a, x), (b, y) in itertools.pairwise(self.points) if x != y), default=math.inf)

    @property
    def close(self) -> bool:
        """Whether errors may exchange two outputs."""
        return self.error >= self.gap / 2

    @cached_property
    def lost(self) -> bool:
        """Whether rounding moves the logits of `_lines` by more than lies between two of them."""
        return _lost(self)

    @property
    def readable(self) -> bool:
        """Whether the output with the greatest logit is the right one."""
        return not (self.close or self.lost)

    @cached_property
    def parameters(self) -> int:
        """The parameters of the columns and of all neurons before, as far as candidates differ in them."""
        return runs(self.points) * WIDTH + Cost.of(self.form).neurons * (2 * WIDTH + 1)


def readout(p: Planning, e: Expr, output: Output = "auto") -> Readout:
    """How to read the values of an expression: as one of its values, as a number, or as what can be expected to have a
    proof. Raises CompileError."""
    e = unnamed(e)
    if output == "number" or (output == "auto" and _is_real(p, e)):
        return _number(p, e)
    domain = p.facts.domain(e)  # without one there is nothing to read
    try:
        return _value(p, e)
    except CompileError:
        if output == "values" or domain.types == {int} or not _is_numeric(p, e):
            raise
        try:
            return _number(p, e)
        except CompileError:
            pass
        raise


def _value(p: Planning, e: Expr) -> Readout:
    """One of the values of an expression, which are listed. Raises CompileError."""
    if p.free(e) is not None:
        own = _lines_over(p, e, e)
        if own.readable:
            return _by_lines(p, e, own, ())
    voted = votes(p, e)
    if voted is not None:
        return voted
    return _by_lines(p, e, *_cheapest(p, e))


def _number(p: Planning, e: Expr) -> Readout:
    """One column that is the number itself. Raises CompileError."""
    form = p.form(e)
    integer = _is_integer(p, e)
    if form.error >= 0.5 and (integer or _is_sum_of_integers(p, e)):
        raise CompileError(
            f"{formula(e)} adds up to whole numbers too large for the precision of the weights: the error may "
            f"reach {form.error:.3g}.",
            expression=SOp(e),
            remedies=[SMALLER],
        )
    if integer:
        return Readout((form,), None, "nearest integer", whole=True)
    if not _is_numeric(p, e):
        raise CompileError(
            f"{formula(e)} is not read as a number, since not all of its values are numbers: {p.facts.domain(e)}.",
            expression=SOp(e),
            remedies=[Remedy("{} reads one of its values.", (Option("output", "values"),))],
        )
    unit = p.stream.format.gamma(len(form.terms) + 1)
    if any(b.op is Op.VALUE or b.op is Op.WIDTH for b in p.facts.basis(e)):
        unit += MOVED_SINK * p.stream.format.unit / PROVABLE
    if any(p.facts.domains.affine(x) for x in e.walk() if x.op is Op.MAP):
        unit += CLOSE
    return Readout((form,), None, "number", tolerance=PROVABLE * (form.error + unit * p.ranges.size(form)))


def _by_lines(p: Planning, e: Expr, best: Candidate, rejected: tuple[Rejected, ...]) -> Readout:
    """A column for each run of equal outputs, or the nearest integer. Raises CompileError."""
    points, domain = best.points, p.facts.domain(e)
    if best.close:
        raise CompileError(
            f"{formula(e)} cannot be told apart from its neighbours: values lie {best.gap:.3g} apart and the error "
            f"may reach {best.error:.3g}.",
            expression=SOp(e),
            remedies=[SMALLER],
        )
    lost = best.lost
    if (runs(points) > MOST_COLUMNS and domain.whole) or (lost and all(type(v) is int for v in domain.values)):
        return Readout((p.form(e),), None, "nearest integer", whole=True)
    if lost:
        raise CompileError(
            f"{formula(e)} is read off a number from {points[0][0]:,.6g} to {points[-1][0]:,.6g}, too wide for "
            f"the precision of the weights.",
            expression=SOp(e),
            remedies=[SMALLER],
        )
    values: dict[float, Value] = {}
    for v in domain.values:
        values.setdefault(p.labels[v], v)
    columns, outputs = _lines(best, values, p.bias)
    return Readout(columns, outputs, best.construction, alternatives=rejected)


def _lines(best: Candidate, values: dict[float, Value], bias: Form) -> tuple[tuple[Form, ...], tuple[Value, ...]]:
    """(one column for each run of equal outputs along a form, the outputs)"""
    found: list[tuple[float, float]] = []
    outputs: list[Value] = []
    last: float | None = None
    for x, y in best.points:
        if y != last:
            found.append((x, x))
            outputs.append(leaving(values[y]))
            last = y
        found[-1] = (found[-1][0], x)
    return tuple(nearest_run(best.form, found, bias)), tuple(outputs)


def leaving(value: Value) -> Value:
    """The value as an output. Raises CompileError where it is a ratio beyond all floats."""
    try:
        return leave(value)
    except OverflowError:
        raise CompileError(f"the result may be {constant(value)}, a ratio too large for a float", value=value) from None


# Which form to read.


def _cheapest(p: Planning, e: Expr) -> tuple[Candidate, tuple[Rejected, ...]]:
    """(the form to read, those not chosen): one that can be read, in the earliest layer, with the fewest parameters.
    Raises CompileError."""
    found = [c for c in (_direct(p, e), _over_ranks(p, e)) if c is not None]
    error: CompileError | None = None
    for part in _deciding(p, e):
        try:
            found.append(_lines_over(p, e, part))
        except CompileError as failed:
            error = error or failed
        if len(found) == MOST_CANDIDATES:
            break
    if not found:
        assert error is not None
        raise error
    best = min(found, key=lambda c: (not c.readable, layer_of(c.form), c.parameters))
    return best, tuple(_reason(c) for c in found if c is not best)


def _reason(c: Candidate) -> Rejected:
    if c.lost:
        return Rejected(c.construction, "too wide for the precision of the weights")
    if c.close:
        return Rejected(c.construction, f"error {c.error:.2g}, half the gap {c.gap:.2g} between values or more")
    return Rejected(c.construction, f"{runs(c.points)} columns, {Cost.of(c.form)}")


def _lines_over(p: Planning, e: Expr, part: Expr) -> Candidate:
    """An expression read off the form of a part that decides it. Raises CompileError."""
    if part is e:
        return Candidate("lines", p.form(e), [(x, x) for x in p.encodings(e)], p.stream.format)
    name = f"lines over {p.title(part, 40)}"
    return Candidate(name, p.form(part), p.codes.points(e, part), p.stream.format)


def _over_ranks(p: Planning, e: Expr) -> Candidate | None:
    """What tokens or positions alone decide, read off an embedding of the ranks of its values, which lie 1 apart."""
    basis = p.facts.basis(e)
    ranks = p.codes.number(e) if len(basis) == 1 and basis <= {TOKENS, INDICES} else None
    if ranks is None:
        return None
    table = {(leave(v),): ranks[p.labels[v]] for v in p.facts.domain(e).values}
    form = p.form(node(Op.MAP, e, arg=Tabled(table, "rank")))
    return Candidate("lines over ranks", form, [(n, x) for x, n in ranks.items()], p.stream.format)


def _deciding(p: Planning, e: Expr) -> Iterator[Expr]:
    """The parts that decide an expression, the largest first."""
    part: Expr | None = e
    while part is not None:
        yield part
        sources = [s for s in part.src if p.facts.basis(s)] if not part.op.variable else []
        part = sources[0] if len(sources) == 1 else None


def _direct(p: Planning, e: Expr) -> Candidate | None:
    """A form without neurons that decides an expression: the argmax computes the function."""
    known = Known(p)
    leaves = known.leaves(e)
    if len(leaves) == 1:
        return Candidate("lines over inputs", p.form(leaves[0]), p.codes.points(e, leaves[0]), p.stream.format)
    if 2 <= len(leaves) <= 4:
        joint = combined(p, e, leaves, known)
        if joint is not None and joint.form.error < MARGIN:
            return Candidate("lines over inputs", joint.form, joint.points, p.stream.format)
    return None


def _is_real(p: Planning, e: Expr) -> bool:
    """Whether an expression is a number with too many values to list, or a mean, or arithmetic on one, with many."""
    basis = _aggregates(p, e)
    if not any(b.op is Op.MEAN or b.op is Op.VALUE for b in basis):
        return False
    try:
        domain = p.facts.domain(e)
    except CompileError:
        return e.op.linear or e.op.variable
    many = MANY_VALUES if any(b.op is Op.MEAN for b in basis) else MOST_COLUMNS
    return not domain.whole and domain.plain and len(domain) > many


def _is_numeric(p: Planning, e: Expr) -> bool:
    """Whether all values of an expression are numbers that are their own labels."""
    try:
        return p.facts.domain(e).plain and bool not in p.facts.domain(e).types
    except CompileError:
        return e.op.linear or e.op.variable  # only sums and means of numbers have domains too large to list


def _is_integer(p: Planning, e: Expr) -> bool:
    """Whether an expression is always an int that is its own label."""
    e = unnamed(e)
    try:
        return p.facts.domain(e).plain and p.facts.domain(e).types == {int}
    except CompileError:
        pass
    if e.op is Op.VALUE:
        return all(p.facts.domain(s).whole and _is_integer(p, s) for s in e.src[1:])
    return e.op in (Op.ADD, Op.SUB, Op.NEG, Op.MUL) and all(_is_integer(p, s) for s in e.src)


def _is_sum_of_integers(p: Planning, e: Expr) -> bool:
    """Whether an expression is made of counts, and of sums of integers."""
    return all(b.op is Op.WIDTH or (b.op is Op.VALUE and p.facts.domain(b.src[1]).whole) for b in _aggregates(p, e))


def _aggregates(p: Planning, e: Expr) -> set[Expr]:
    """The leaves and aggregates that a number is made of, also those whose value is kept."""
    found: set[Expr] = set()
    waiting = list(p.facts.basis(e))
    while waiting:
        b = waiting.pop()
        if b.op.barrier:
            waiting += p.facts.basis(b.src[0])
        else:
            found.add(b)
    return found


def runs(points: Points) -> int:
    """The number of runs of equal outputs."""
    return 1 + sum(1 for (_, a), (_, b) in itertools.pairwise(points) if a != b)


def _lost(c: Candidate) -> bool:
    points, unit = c.points, c.format.unit
    centre = (points[0][0] + points[-1][0]) / 2
    changes = [(a, b) for (a, x), (b, y) in itertools.pairwise(points) if x != y]
    # All columns are seen from the middle one.
    middle = max(abs(x - centre) for x in changes[(len(changes) - 1) // 2]) if changes else 0.0
    for a, b in changes:
        furthest = max(abs(a - centre), abs(b - centre))
        size = (
            2 * (furthest + middle) * furthest + max(furthest, middle) ** 2
        )  # of slope times number, and of intercept
        if 6 * unit * size > 2 * (b - a) * ((b - a) / 2 - c.error):
            return True
    return False
