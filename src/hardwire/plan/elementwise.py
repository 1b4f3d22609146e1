"""Elementwise expressions by neurons.

A function of one form takes neurons where it changes; one of several takes gates, or neurons along one number that
combines them. What does not fit into one layer of neurons is computed from its operands, in the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator

from ..constructions import feedforward as ff
from ..constructions.form import Direction, Form
from ..constructions.sources import Embedding
from ..errors import CompileError, Remedy
from ..lang.expr import Expr
from ..lang.sop import SOp
from ..lang.text import formula
from ..model.slots import EMBEDDING
from ..rewrite.tables import tabled
from . import pieces, products
from .branches import gates
from .choice import Choice, Cost, Inexact, Rejected
from .codes import MOST_NEURONS, Joint, Points, Read
from .cuts import cuts, unknown
from .fused import fused
from .linear import Known, is_linear, linear
from .offers import Offer
from .planning import Planning
from .rows import by_rows

MOST_LEAVES = 8
"""The most forms that are combined into one number."""
WIDTH = 8
"""The assumed number of residual directions that neurons read besides those embedded for them."""
MANY = 256
"""With more neurons than this, parts of an expression may be computed first, though it takes a layer more."""
MOST_BESIDE = 2.0**-6
"""The greatest error that the linear part of a step function may pass on."""
MOST_PASSED = 2.0**-10
"""The most error that a line with bends may let through."""
TOLERATED = 0.25
"""The most error of a form, in parts of the least distance of two encodings."""
CLOSER = 8
"""How many times less rounding a proof may show than the analysis of a construction."""
DEARER = 6
"""How many neurons more a restored value is worth than one that errors pass through."""


def by_neurons(p: Planning, e: Expr) -> Choice:
    """The cheapest construction with neurons. Raises CompileError if no construction fits."""
    made = _earlier(p, e)
    known = Known(p, made)
    form = known.form(e)
    if form is not None:
        return _linear(p, e, form)
    found: list[Offer | Rejected] = []
    if not (p.steady and e.op.joins and len(known.leaves(e)) > 1):  # errors of conditions do not add up in bits
        free = Known(p)
        _add_offers(p, e, [known] if free.leaves(e) == known.leaves(e) else [free, known], found)
    if not any(isinstance(o, Offer) for o in found):
        form = linear(p, e, p.form)
        if form is not None:
            return _linear(p, e, form)
        found += _from_operands(p, e, known, [o for o in found if isinstance(o, Rejected)])
    elif all(o.unfit or len(o.piece.neurons) > MANY for o in found if isinstance(o, Offer)):
        _add_offers(p, e, cuts(p, e, known), found)
    return _cheapest(p, e, found)


def _linear(p: Planning, e: Expr, form: Form) -> Choice:
    """Arithmetic on forms, of which the neurons may write one direction."""
    own = fused(p, e, form)
    return p.choice(e, "linear", form) if own is None else p.choice(e, "sum of functions", own)


def _cheapest(p: Planning, e: Expr, found: list[Offer | Rejected]) -> Choice:
    offers = p.unavoided(e, [o for o in found if isinstance(o, Offer)])
    best = min(offers, key=lambda o: o.cost)
    if len(best.piece.neurons) > MANY:  # a layer more may be worth it
        best = min(offers, key=lambda o: (o.unfit, _weight(o)))
    rejected = [o if isinstance(o, Rejected) else o.against(best) for o in found if o is not best]
    unique = tuple(r for r in dict.fromkeys(rejected) if r != best.against(best))
    form = p.neurons(best.piece, e, best.construction, best.passed, _hopeless(p, e, best))
    return p.choice(e, best.construction, form, unique, best.passed)


def _hopeless(p: Planning, e: Expr, best: Offer) -> float:
    """The error that a proof will find in neurons, where that leaves the values of an expression no room; else 0."""
    error = best.rounding / CLOSER
    return error if p.provable and error > 2 * tolerated(p, e) else 0.0


def _weight(o: Offer) -> int:
    """The neurons of an offer and of all that it reads, and as many for each layer as a layer is worth."""
    read = (f for f, _ in o.piece.neurons)
    return len(o.piece.neurons) + Cost.of(o.piece.linear, *read).neurons + MANY * o.layer


def _earlier(p: Planning, e: Expr) -> dict[Expr, Form]:
    """The parts of an expression that earlier layers can compute."""
    layer = ready(p, e)
    known = Known(p, {})
    waiting, seen = list(e.src), {e}
    while waiting:
        part = waiting.pop()
        if part in seen or not p.facts.basis(part) or known.form(part) is not None:
            continue
        seen.add(part)
        if ready(p, part) < layer:
            try:
                known = Known(p, {**known.made, part: p.form(part)})
                continue
            except CompileError:
                pass  # its parts may do, or the expression as a whole
        waiting += part.src
    return known.made


def ready(p: Planning, e: Expr) -> int:
    """The first layer of neurons that has everything an expression is made of."""
    slots = [form.slot for b in p.facts.basis(e) if (form := p.free_form(b)) is not None]
    return max(slots, default=EMBEDDING).complete_layers


def _from_operands(p: Planning, e: Expr, known: Known, rejected: list[Rejected]) -> list[Offer | Rejected]:
    """The offers that read operands of an expression, or operands of these, which are computed first. Raises
    CompileError if no offer remains, with the reasons why these and others were `rejected`."""
    found: list[Offer | Rejected] = []
    read = known
    waiting = unknown(e, known)
    while waiting:
        try:
            read = Known(p, {**known.made, **{x: p.form(x) for x in waiting}})
        except CompileError:
            if found:
                break
            raise
        offers: list[Offer | Rejected] = []
        _add_offers(p, e, [read], offers)
        last = found and not any(isinstance(o, Offer) for o in offers)
        found += offers
        if last:
            break
        waiting = [x for part in waiting for x in unknown(part, known)]
    if not any(isinstance(o, Offer) for o in found):
        raise _too_many(p, e, read, [*rejected, *(o for o in found if isinstance(o, Rejected))])
    return found


def _too_many(p: Planning, e: Expr, read: Known, rejected: list[Rejected]) -> CompileError:
    """The error for an expression that no neurons compute: a number that it reads is not exact enough, or they are too
    many."""
    sizes = ", ".join(f"{formula(x, 30)}: {p.facts.domain(x)}" for x in read.leaves(e))
    inexact = [o.reason for o in rejected if isinstance(o, Inexact)]
    for x in read.leaves(e):
        form, distance = read.form(x), tolerated(p, x) / TOLERATED
        if form is not None and form.error >= ff.MARGIN * distance:
            inexact.append(f"error {form.error:.2g} of {formula(x, 30)}, whose values lie {distance:.2g} apart")
    if inexact:
        return CompileError(
            f"{formula(e)} depends on a number that is not exact enough: {sizes}, {inexact[0]}.",
            expression=SOp(e),
            remedies=[Remedy("A smaller max_len or smaller numbers would help.")],
        )
    return CompileError(
        f"{formula(e)} takes too many neurons: it depends on {sizes}.\n"
        "  A smaller max_len or an earlier %, comparison or where that narrows one of them would help.",
        expression=SOp(e),
    )


# Offers.


def _add_offers(p: Planning, e: Expr, sets: Iterable[Known], found: list[Offer | Rejected]) -> None:
    """Add the ways to compute an expression in one layer of neurons, for each set of parts that they may read.

    Functions of several numbers come last. They take the longest to tabulate, and are left out where one with a single
    step would cost no less than an offer that is there.
    """
    several: list[tuple[list[Expr], Known]] = []
    for known in sets:
        leaves = known.leaves(e)
        found += _offers(p, e, leaves, known)
        if 2 <= len(leaves) <= MOST_LEAVES and not is_linear(e):
            several.append((leaves, known))
    for leaves, known in reversed(several):
        least = _least(p, leaves, known)
        offers = [o for o in found if isinstance(o, Offer) and (e, o.construction) not in p.avoid]
        if any(o.cost <= least for o in offers) and len(p.encodings(e)) > 1:
            found.append(Rejected("function of several", "at least 2 neurons"))
        else:
            found += _of_several(p, e, leaves, known)


def _least(p: Planning, leaves: list[Expr], known: Known) -> tuple[bool, int, int]:
    """The least cost of a function of several numbers that has a step."""
    forms = known.forms(leaves)
    # For encodings that are not integers another number may be stored.
    read = {d for f, x in zip(forms, leaves, strict=True) if p.codes.number(x) is None for d in f.terms}
    return False, max(f.slot for f in forms).complete_layers, _parameters(p, 2, read)


def _offers(p: Planning, e: Expr, leaves: list[Expr], known: Known) -> Iterator[Offer | Rejected]:
    """The ways to compute an expression in one layer of neurons that read known parts, but for functions of several."""
    if len(leaves) == 1:
        (x,) = known.forms(leaves)
        yield from function(p, e, x, p.codes.points(e, leaves[0]))
        return
    gated = gates(e, known, p.codes)
    if gated is not None:
        yield offer(p, e, "gate", *gated)
    if is_linear(e):
        return
    if len(leaves) == 2:
        yield from _of_pair(p, e, leaves, known)
    yield from _built(p, e, "embedded rows", by_rows(p, e, leaves, known))


def _of_several(p: Planning, e: Expr, leaves: list[Expr], known: Known) -> Iterator[Offer | Rejected]:
    """Steps along one number that distinguishes all combinations."""
    joint = combined(p, e, leaves, known)
    if joint is None:
        return
    neurons = 2 * ff.changes(joint.points)
    if neurons > MOST_NEURONS:
        yield Rejected("function of several", f"{neurons} neurons")
    elif joint.form.error >= ff.MARGIN:
        yield Inexact("function of several", f"error {joint.form.error:.2g} of the combined number")
    else:
        yield offer(p, e, "function of several", steps(p, joint.form, joint.points, flat=joint.flat))


def _of_pair(p: Planning, e: Expr, leaves: list[Expr], known: Known) -> Iterator[Offer | Rejected]:
    """Affine pieces along an order of all pairs, products and sums."""
    table = p.codes.table(e, leaves)
    if table is None:
        return
    one, other = known.forms(leaves)
    pair, (a, b) = (one, other), leaves
    along = p.codes.known.pieces
    if ("found", table) not in along:
        along["found", table] = pieces.found(table)
    for found in along["found", table]:
        built, name = pieces.built(found, pair, p.bias, roomy=p.steady), f"pieces along {found.order.name}"
        if built is None:
            yield Inexact(
                name, f"error {max(f.error for f in pair):.2g}, a quarter of what separates two pieces or more"
            )
        yield from _built(p, e, name, built)
    yield from _built(p, e, "product by squares", products.by_squares(p, table, pair))
    yield from _built(p, e, "sum of functions", products.by_sum(p, table, pair))
    yield from _built(p, e, "product by digits", products.by_digits(p, table, (a, b)))
    turned = p.codes.table(e, [b, a])
    if turned is not None:
        yield from _built(p, e, "product by digits", products.by_digits(p, turned, (b, a)))


def _built(p: Planning, e: Expr, construction: str, found: pieces.Built | None) -> Iterator[Offer]:
    if found is not None and len(found.piece.neurons) <= MOST_NEURONS:
        yield offer(p, e, construction, found.piece, found.passed, found.total)


def offer(
    p: Planning, e: Expr, construction: str, piece: ff.Piece, passed: float = 0.0, total: float | None = None
) -> Offer:
    """An offer of neurons that let through an error and add up to `total` in size."""
    rounding = p.ranges.worst(piece.neurons, total)
    parameters = _parameters(p, len(piece.neurons), {*piece.linear.terms, *piece.inputs})
    return Offer(
        construction, piece, passed, rounding, unfit=rounding + passed > tolerated(p, e), parameters=parameters
    )


def _parameters(p: Planning, neurons: int, read: Collection[Direction]) -> int:
    """How many so many neurons and the embedded directions that they read take, about."""
    directions = sum(isinstance(d.source, Embedding) for d in read)
    return neurons * (2 * (WIDTH + directions) + 1) + directions * (p.stream.size + p.stream.max_len)


def tolerated(p: Planning, e: Expr) -> float:
    """How far the form of an expression may be off: what distinguishes its encodings, and proofs need."""
    encodings = p.encodings(e)
    gaps = (b - a for a, b in itertools.pairwise(encodings))
    return TOLERATED * min(1.0, max(pieces.FINE, min(gaps, default=1.0)))


def combined(p: Planning, e: Expr, leaves: list[Expr], known: Known) -> Joint | None:
    """A whole number that distinguishes all combinations of the leaves, and the expression over it."""
    read: list[Read] = []
    for x in leaves:
        number, held, domain = p.codes.number(x), x, p.facts.domain(x)
        if number is not None:
            held = tabled({x: domain.column}, (number[p.labels[v]] for v in domain.values))
        form = known.form(held)
        if form is None:
            if not known.computed:
                return None
            form = p.form(held)
        read.append(Read(x, form, number))
    return p.codes.combined(e, read)


def function(p: Planning, e: Expr, x: Form, points: Points) -> Iterator[Offer | Rejected]:
    """Steps, or a line with bends where that takes fewer neurons and lets little error through."""
    error = error_of(p, x, points)
    gap = ff.tightest(points)
    if error >= ff.MARGIN * gap:
        yield Inexact("function", f"error {error:.2g}, a quarter of the gap {gap:.2g} between values or more")
        return
    stairs, bends = 2 * ff.changes(points), ff.bends(points)
    passed = ff.interpolation_error(points, error)
    if bends + DEARER < stairs and passed < MOST_PASSED:
        yield offer(p, e, "line with bends", ff.interpolate(x, points, p.bias), 2 * passed)
    elif stairs <= 2 * MOST_NEURONS:
        yield offer(p, e, "function", steps(p, x, points, flat=False))
    if min(stairs, bends) > 2 * MOST_NEURONS:
        yield Rejected("function", f"{stairs} neurons")


def steps(p: Planning, x: Form, points: Points, *, flat: bool) -> ff.Piece:
    """A step function, plus a linear part where that is possible and passes on little error."""
    if flat or ff.line_error(points, x.error) > MOST_BESIDE:
        return ff.staircase(x, points, p.bias)
    return ff.function(x, points, p.bias)


def error_of(p: Planning, x: Form, points: Points) -> float:
    """A bound of the error of a form that stores the x of the points."""
    return x.error + ff.encoding_error(points, p.stream.format)
