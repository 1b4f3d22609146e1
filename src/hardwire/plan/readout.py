"""The unembedding: from forms to output values, without neurons where it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ..analysis.affine import CLOSE
from ..constructions import feedforward as ff
from ..constructions.attention import SINK
from ..constructions.feedforward import MARGIN
from ..constructions.form import Form, combine
from ..constructions.sources import reached
from ..errors import CompileError, Option, Remedy
from ..lang.expr import Expr, Op, node
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, leave
from ..model.slots import EMBEDDING
from ..rewrite.digits import carried
from . import pieces
from .choice import Cost, OutputKind, Readout, Rejected, layer_of
from .columns import PROVABLE, Candidate, Lines, OrderedColumns, close, lost, readable
from .cuts import cuts
from .elementwise import combined, ready
from .linear import Known
from .planning import Planning
from .votes import votes

MOST_COLUMNS = 1000
"""The most output values with a column each; more whole numbers are read as the nearest."""
MOVED_SINK = 6 + 4 * int(SINK)
"""The units in the last place of a sum by which a proof lets it be off, for weights that are off by one."""
SMALLER = Remedy("A smaller max_len or smaller numbers would help.")
MANY_VALUES = 200
"""A number with more values than these is read as a number where reading values takes a column each."""
MOST_LEAVES = 4
"""The most forms that are combined for columns."""
ROOMY = 5
"""How many times the error of a number is allowed that has no proof within its own: a proof leaves room for weights
that are off, to which means through selectors of values are sensitive."""
FEW_PARAMETERS = 1500
"""With so few parameters, parts of an expression are not computed one by one to read it with fewer."""
MOST_CANDIDATES = 8
"""The most forms of which the read-out is chosen."""


def readout(p: Planning, e: Expr, output: OutputKind = "auto") -> Readout:
    """How to read the values of an expression: as one of its values, as a number, or in the way that can be expected to
    have a proof. Raises CompileError."""
    if output == "number" or (output == "auto" and _is_real(p, e)):
        return _number(p, e)
    domain = p.facts.domain(e)  # without one there is nothing to read
    try:
        return _value(p, e)
    except CompileError:
        if output != "values" and domain.types != {int} and _is_numeric(p, e):
            with suppress(CompileError):
                return _number(p, e)
        raise


def _value(p: Planning, e: Expr) -> Readout:
    """One of the values of an expression, which are listed. Raises CompileError."""
    if p.free(e) is not None:
        own = _lines_over(p, e, e)
        if readable(p, e, own):
            return _by_lines(p, e, own, ())
    voted = votes(p, e)
    if voted is not None:
        return voted
    return _by_lines(p, e, *_cheapest(p, e))


def _number(p: Planning, e: Expr) -> Readout:
    """One column that is the number itself. Raises CompileError."""
    integer = _is_integer(p, e)
    form = _exact_enough(p, e) if integer or _is_sum_of_integers(p, e) else p.form(e)
    if integer:
        return Readout((form,), None, "nearest integer", whole=True)
    if not _is_numeric(p, e):
        raise CompileError(
            f"{formula(e)} is not read as a number, since not all of its values are numbers: {p.facts.domain(e)}.",
            expression=SOp(e),
            remedies=[Remedy("{} reads one of its values.", (Option("output", "values"),))],
        )
    room = PROVABLE * (ROOMY if p.steady else 1)
    unit = p.stream.format.gamma(len(form.terms) + 1)
    if any(b.op is Op.VALUE or b.op is Op.WIDTH for b in p.facts.basis(e)):
        unit += MOVED_SINK * p.stream.format.unit / PROVABLE
    if any(p.facts.domains.affine(x) for x in e.walk() if x.op is Op.MAP):
        unit += CLOSE
    return Readout((form,), None, "number", tolerance=room * (form.error + unit * p.ranges.size(form)))


def _exact_enough(p: Planning, e: Expr) -> Form:
    """The form of an integer, to be rounded to the nearest. Raises CompileError where its error may be 1/2."""
    form = p.form(e)
    if form.error < 0.5:
        return form
    raise CompileError(
        f"{formula(e)} adds up to whole numbers too large for the precision of the weights: the error may reach "
        f"{form.error:.3g}.",
        expression=SOp(e),
        remedies=[SMALLER],
    )


def _by_lines(p: Planning, e: Expr, best: Candidate, rejected: tuple[Rejected, ...]) -> Readout:
    """A column for each run of equal outputs, or the nearest integer. Raises CompileError."""
    domain = p.facts.domain(e)
    if close(best):
        raise CompileError(
            f"{formula(e)} cannot be distinguished from its neighbours: values lie {best.gap:.3g} apart and the error "
            f"may reach {best.error:.3g}.",
            expression=SOp(e),
            remedies=[SMALLER],
        )
    # Soft weights are trained, and so have a logit for each value.
    inexact = lost(p, e, best)
    whole = inexact and not p.stream.sharpness.soft and all(type(v) is int for v in domain.values)
    if (best.runs > MOST_COLUMNS and domain.whole) or whole:
        return Readout((_exact_enough(p, e),), None, "nearest integer", whole=True)
    if inexact:
        raise CompileError(
            f"{formula(e)} is read off {best.span}, too wide for the precision of the weights.",
            expression=SOp(e),
            remedies=[SMALLER],
        )
    values: dict[float, Value] = {}
    for v in domain.values:
        values.setdefault(p.labels[v], v)
    columns, outputs = best.columns
    return Readout(columns, tuple(leaving(values[y]) for y in outputs), best.construction, alternatives=rejected)


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
    found: list[Candidate] = [*_direct(p, e, Known(p)), *_reduced(p, e)]
    error: CompileError | None = None
    for part in _deciding(p, e):
        try:
            found.append(_lines_over(p, e, part))
        except CompileError as failed:
            error = error or failed
        if len(found) == MOST_CANDIDATES:
            break
    first, taken = ready(p, e), dict[int, int]()

    def parameters(c: Candidate) -> int:
        if id(c) not in taken:
            taken[id(c)] = _parameters(p, c)
        return taken[id(c)]

    if all(not readable(p, e, c) or parameters(c) > FEW_PARAMETERS or layer_of(c.form) > first for c in found):
        for known in cuts(p, e):
            found += _direct(p, e, known, "parts")
    if not found:
        assert error is not None
        raise error
    if p.facts.domain(e).types != {int} and all(lost(p, e, c) for c in found):
        found += [_copied(p, e, c) for c in found if isinstance(c, Lines)]
    best = min(p.unavoided(e, found), key=lambda c: (close(c), lost(p, e, c), layer_of(c.form), parameters(c)))
    return best, tuple(_reason(p, e, c) for c in found if c is not best)


def _copied(p: Planning, e: Expr, c: Lines) -> Candidate:
    """A number whose parts cancel, read off a copy: logits multiply it, and in place of parts that are large the copy,
    which is one neuron, is as large as the number."""
    least = c.points[0][0] - 0.5
    piece = ff.Piece(p.bias * least, ((combine((1.0, c.form), (-least, p.bias)), 1.0),))
    return Lines(f"{c.construction}, copied", p, p.neurons(piece, e, "copy", passed=c.form.error), c.points)


def _parameters(p: Planning, c: Candidate) -> int:
    """About how many parameters a candidate takes, without those of heads."""
    cost, used = Cost.of(c.form), reached([c.form])
    width, embedded = cost.directions + 2, sum(d.slot == EMBEDDING for d in used)
    return (c.runs + 2 * cost.neurons) * width + cost.neurons + embedded * (p.stream.size + p.stream.max_len)


def _reason(p: Planning, e: Expr, c: Candidate) -> Rejected:
    if lost(p, e, c):
        return Rejected(c.construction, "too wide for the precision of the weights")
    if close(c):
        return Rejected(c.construction, f"error {c.error:.2g}, half the gap {c.gap:.2g} between values or more")
    return Rejected(c.construction, f"{c.runs} columns, {Cost.of(c.form)}")


def _lines_over(p: Planning, e: Expr, part: Expr) -> Candidate:
    """An expression read off the form of a part that decides it. Raises CompileError."""
    if part is e:
        return Lines("lines", p, p.form(e), [(x, x) for x in p.encodings(e)])
    return Lines(f"lines over {p.title(part, 40)}", p, p.form(part), p.codes.points(e, part))


def _reduced(p: Planning, e: Expr) -> Iterator[Candidate]:
    """(x + y) % m read off x - m * (x >= m) + y, or off the parts of y: fewer values, where something else compares x
    with m too; (x - y) % m likewise."""
    for c in carried(e, p.facts, p.reads.readers):
        try:
            total, period = e.src
            part, digit = node(total.op, c.digit, c.y), combine((1.0, p.form(c.x)), (float(c.step), p.form(c.over)))
            shown, rest, sign = p.title(part, 40), node(Op.MOD, part, period), 1.0
            if p.free_form(c.y) is None:
                leaf, parts = c.digit, rest
                if total.op is Op.SUB:  # parts of one number rise together
                    sign, leaf = -1.0, node(Op.NEG, c.digit)
                    parts = node(Op.MOD, node(Op.NEG, node(Op.ADD, leaf, c.y)), period)
                yield from _direct(p, parts, Known(p, {leaf: digit * sign}), f"parts of {shown}")
            form = combine((1.0, digit), (1.0 if total.op is Op.ADD else -1.0, p.form(c.y)))
            yield Lines(f"lines over {shown}", p, form, p.codes.points(rest, part))
        except CompileError:
            continue


def _deciding(p: Planning, e: Expr) -> Iterator[Expr]:
    """The parts that decide an expression, the largest first."""
    part: Expr | None = e
    while part is not None:
        yield part
        sources = [s for s in part.src if p.facts.basis(s)] if not part.op.variable else []
        part = sources[0] if len(sources) == 1 else None


def _direct(p: Planning, e: Expr, known: Known, name: str = "inputs") -> Iterator[Candidate]:
    """Forms that are known and decide an expression: the argmax computes the function."""
    leaves = known.leaves(e)
    forms = known.forms(leaves)
    if len(leaves) == 1:
        yield Lines(f"lines over {name}", p, forms[0], p.codes.points(e, leaves[0]))
    if not 2 <= len(leaves) <= MOST_LEAVES:
        return
    joint = combined(p, e, leaves, known)
    if joint is not None and joint.form.error < MARGIN:
        yield Lines(f"lines over {name}", p, joint.form, joint.points)
    if len(leaves) == 2 and (table := p.codes.table(e, leaves)) is not None:
        along = p.codes.known.pieces
        if ("steps", table) not in along:
            along["steps", table] = pieces.steps(table)
        for found in along["steps", table]:
            if found.boundaries:
                ordered = found.order.columns((forms[0], forms[1]))
                yield OrderedColumns(f"{name} along {found.order.name}", p, ordered, found)


def _is_real(p: Planning, e: Expr) -> bool:
    """Whether an expression is a number with too many values to list, or a mean, or arithmetic on one, with many."""
    basis = _aggregates(p, e)
    if not any(b.op is Op.MEAN or b.op is Op.VALUE for b in basis):
        return False
    domain = p.facts.listed(e)
    if domain is None:
        return e.op.linear or e.op.variable
    many = MANY_VALUES if any(b.op is Op.MEAN for b in basis) else MOST_COLUMNS
    return not domain.whole and domain.plain and len(domain) > many


def _is_numeric(p: Planning, e: Expr) -> bool:
    """Whether all values of an expression are numbers that are their own labels."""
    domain = p.facts.listed(e)
    if domain is None:
        return e.op.linear or e.op.variable  # only sums and means of numbers have domains too large to list
    return domain.plain and bool not in domain.types


def _is_integer(p: Planning, e: Expr) -> bool:
    """Whether an expression is always an int that is its own label."""
    domain = p.facts.listed(e)
    if domain is not None:
        return domain.plain and domain.types == {int}
    if e.op is Op.VALUE:
        return all(p.facts.domain(s).whole and _is_integer(p, s) for s in e.src[1:])
    return e.op.integral and all(_is_integer(p, s) for s in e.src)


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
