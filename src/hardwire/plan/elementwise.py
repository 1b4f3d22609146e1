"""Elementwise expressions by neurons.

A function of one form takes neurons where it changes; one of several takes gates, or neurons along one number that
combines them. What does not fit into one layer of neurons is computed from its operands, in the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..constructions import feedforward as ff
from ..constructions.form import Form
from ..errors import CompileError
from ..lang.expr import Expr, Op, node, unnamed
from ..lang.function import Tabled
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import leave
from ..model.slots import EMBEDDING
from .branches import gates
from .choice import Choice, Rejected
from .codes import MOST_NEURONS, Joint, Points, Read
from .linear import Known, is_linear, linear
from .planning import Planning

MOST_LEAVES = 8
"""The most forms that are combined into one number."""
MOST_BESIDE = 2.0**-6
"""The greatest error that the linear part of a step function may pass on."""
MOST_PASSED = 2.0**-10
"""The most error that a line with bends may let through."""
DEARER = 6
"""How many neurons more a restored value is worth than one that errors pass through."""


@dataclass(frozen=True)
class Offer:
    """Neurons of one layer that compute an expression, and the error that they let through from their inputs."""

    construction: str
    piece: ff.Piece
    passed: float = 0.0

    @property
    def layer(self) -> int:
        """The layer whose neurons would compute it."""
        return max((f.slot for f, _ in self.piece.neurons), default=EMBEDDING).complete_layers

    @property
    def cost(self) -> tuple[int, int]:
        """(layer, neurons): the earliest layer comes first, then the fewest neurons."""
        return self.layer, len(self.piece.neurons)

    def against(self, chosen: Offer) -> Rejected:
        """This offer as an alternative to the one that was chosen."""
        later = f"layer {self.layer + 1}, " if self.layer != chosen.layer else ""
        return Rejected(self.construction, f"{later}{len(self.piece.neurons)} neurons")


def by_neurons(p: Planning, e: Expr) -> Choice:
    """The cheapest construction with neurons. Raises CompileError if no construction fits."""
    made = _earlier(p, e)
    known = Known(p, made)
    form = known.form(e)
    if form is not None:
        return p.choice(e, "linear", form)
    found: list[Offer | Rejected] = []
    if not (p.steady and e.op.joins and len(known.leaves(e)) > 1):  # errors of conditions do not add up in bits
        found = [*_offers(p, e, Known(p)), *_offers(p, e, known)]
    if not any(isinstance(o, Offer) for o in found):
        form = linear(p, e, p.form)
        if form is not None:
            return p.choice(e, "linear", form)
        found += _from_operands(p, e, known)
    return _cheapest(p, e, found)


def _cheapest(p: Planning, e: Expr, found: list[Offer | Rejected]) -> Choice:
    offers = [o for o in found if isinstance(o, Offer)]
    best = min(offers, key=lambda o: o.cost)
    rejected = [o if isinstance(o, Rejected) else o.against(best) for o in found if o is not best]
    unique = tuple(r for r in dict.fromkeys(rejected) if r != best.against(best))
    return p.choice(e, best.construction, p.neurons(best.piece, e, best.construction, best.passed), unique, best.passed)


def _earlier(p: Planning, e: Expr) -> dict[Expr, Form]:
    """The parts of an expression that earlier layers can compute."""
    layer = _ready(p, e)
    known = Known(p, {})
    waiting, seen = list(e.src), {e}
    while waiting:
        part = unnamed(waiting.pop())
        if part in seen or not p.facts.basis(part) or known.form(part) is not None:
            continue
        seen.add(part)
        if _ready(p, part) < layer:
            try:
                known.made[part] = p.form(part)
                continue
            except CompileError:
                pass  # its parts may do, or the expression as a whole
        waiting += part.src
    return known.made


def _ready(p: Planning, e: Expr) -> int:
    """The first layer of neurons that has everything an expression is made of."""
    slots = [form.slot for b in p.facts.basis(e) if (form := p.free_form(b)) is not None]
    return max(slots, default=EMBEDDING).complete_layers


def _from_operands(p: Planning, e: Expr, known: Known) -> list[Offer | Rejected]:
    """The offers that read operands of an expression, or operands of these, which are computed first. Raises
    CompileError if there are none."""
    found: list[Offer | Rejected] = []
    read = known
    waiting = _unknown(e, known)
    while waiting:
        try:
            read = Known(p, {**known.made, **{x: p.form(x) for x in waiting}})
        except CompileError:
            if found:
                break
            raise
        offers = list(_offers(p, e, read))
        if found and not any(isinstance(o, Offer) for o in offers):
            break
        found += offers
        waiting = [x for part in waiting for x in _unknown(part, known)]
    if not any(isinstance(o, Offer) for o in found):
        sizes = ", ".join(f"{formula(x, 30)}: {p.facts.domain(x)}" for x in read.leaves(e))
        raise CompileError(
            f"{formula(e)} takes too many neurons: it depends on {sizes}.\n"
            "  A smaller max_len or an earlier %, comparison or where that narrows one of them would help.",
            expression=SOp(e),
        )
    return found


def _unknown(e: Expr, known: Known) -> list[Expr]:
    """The operands of an expression that have no form yet."""
    return [unnamed(s) for s in e.src if known.form(s) is None]


# Offers.


def _offers(p: Planning, e: Expr, known: Known) -> Iterator[Offer | Rejected]:
    """The ways to compute an expression in one layer of neurons that read known parts."""
    leaves = known.leaves(e)
    if len(leaves) == 1:
        x = known.form(leaves[0])
        assert x is not None
        yield from function(p, x, p.codes.points(e, leaves[0]))
        return
    gated = gates(e, known, p.codes)
    if gated is not None:
        yield Offer("gate", *gated)
    if 2 <= len(leaves) <= MOST_LEAVES and not is_linear(e):
        joint = combined(p, e, leaves, known)
        if joint is None:
            return
        neurons = 2 * ff.changes(joint.points)
        if neurons > MOST_NEURONS:
            yield Rejected("function of several", f"{neurons} neurons")
        elif joint.form.error >= ff.MARGIN:
            yield Rejected("function of several", f"error {joint.form.error:.2g} of the combined number")
        else:
            yield Offer("function of several", steps(p, joint.form, joint.points, flat=joint.flat))


def combined(p: Planning, e: Expr, leaves: list[Expr], known: Known) -> Joint | None:
    """A whole number that distinguishes all combinations of the leaves, and the expression over it."""
    read: list[Read] = []
    for x in leaves:
        number = p.codes.number(x)
        if number is None:
            held: Expr = x
        else:
            table = {(leave(v),): number[p.labels[v]] for v in p.facts.domain(x).values}
            held = node(Op.MAP, x, arg=Tabled(table, "number"))
        form = known.form(held)
        if form is None:
            if not known.computed:
                return None
            form = p.form(held)
        read.append(Read(x, form, number))
    return p.codes.combined(e, read)


def function(p: Planning, x: Form, points: Points) -> Iterator[Offer | Rejected]:
    """Steps, or a line with bends where that takes fewer neurons and lets little error through."""
    error = error_of(p, x, points)
    gap = ff.tightest(points)
    if error >= ff.MARGIN * gap:
        yield Rejected("function", f"error {error:.2g}, a quarter of the gap {gap:.2g} between values or more")
        return
    stairs, bends = 2 * ff.changes(points), ff.bends(points)
    passed = ff.interpolation_error(points, error)
    if bends + DEARER < stairs and passed < MOST_PASSED:
        yield Offer("line with bends", ff.interpolate(x, points, p.bias), 2 * passed)
    elif stairs <= 2 * MOST_NEURONS:
        yield Offer("function", steps(p, x, points, flat=False))
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
