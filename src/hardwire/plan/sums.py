"""Sums over the selected positions: for each conjunction, a head with BOS as its sink."""

from __future__ import annotations

from dataclasses import replace

from ..constructions import attention as at
from ..constructions.form import ZERO, Form, combine
from ..constructions.heads import sink_sum, sum_bound
from ..errors import CompileError
from ..lang.expr import INDICES, Expr, Op, node
from ..lang.expr import ZERO as NUMBER_0
from ..lang.selectors import Conjunction, Literal
from ..numeric.floats import FLOAT32
from ..rewrite.digits import same_digits
from .choice import Choice, Rejected, layer_of
from .literals import Holds, simple
from .need import Need, Scored
from .planning import Planning
from .positions import is_position, moved
from .scores import condition, constantly, is_constant, score
from .splitting import split

MOVED = 2.0**-7
"""How far weights that are off by a unit in the last place may move a sum."""
LEAKED = 2.0**-12
"""How much unselected keys may add to a sum for which half the distance of scores is enough."""


def total(p: Planning, e: Expr, selector: Expr, x: Expr) -> Choice:
    """The sum of x over the selected keys: the signed sum over conjunctions. Raises CompileError."""
    form = ZERO
    kinds: dict[str, None] = {}
    rejected: dict[Rejected, None] = {}
    conjunctions = split(selector, p.facts, p.digits)
    # Conjunctions that are only added share their keys out, and so their errors.
    shared = len(conjunctions) if p.stream.sharpness.soft and set(conjunctions.values()) == {1} else 1
    for conjunction, sign in conjunctions.items():
        part, kind, others = _over(p, e, conjunction, x, shared)
        form = combine((1.0, form), (float(sign), part))
        kinds[kind] = None
        rejected |= dict.fromkeys(others)
    return p.choice(e, f"sum ({'; '.join(kinds)})", p.stream.summed(form), tuple(rejected))


def _over(
    p: Planning, e: Expr, conjunction: Conjunction, x: Expr, shared: int
) -> tuple[Form, str, tuple[Rejected, ...]]:
    """(the sum over one conjunction, its construction, the rejected alternatives); so many share their keys out."""
    scored: list[Literal] = []
    for literal in conjunction:
        if is_constant(p, literal):
            if not constantly(p, literal):
                return ZERO, "nothing", ()
        elif not p.facts.basis(literal.query):
            # A condition on the key alone is cheaper in the value than in the score.
            x = node(Op.WHERE, condition(p, literal, literal.key), x, NUMBER_0)
        else:
            scored.append(literal)
    if any(c.op is Op.EQ and c.key is c.query is INDICES for c in scored):
        return _itself(p, scored, x), "own value", ()
    x = simple(x)
    if x.op is Op.CONST and p.labels[x.arg] == 0:
        return ZERO, "nothing", ()
    value, unit, keys = p.form(x), _unit(p, x), p.facts.max_len
    sink = p.stream.sharpness.sink_of(keys, keys * p.size(x))
    if at.equality_error_of_weights(keys / 2, unit, p.stream.format) * p.size(x) > MOVED:
        scored = [part for c in scored for part in _by_digit(p, c)]
    found = _scored(p, scored, Need.of_shared(keys, unit, squares=not p.stream.sharpness.soft))
    error = sum_bound(keys, keys * p.size(x), p.size(x), keys, unit, p.stream.format, sink=sink) / shared
    form = p.head(e, sink_sum(found.score, p.bias, sink=sink), value, keys * value.error + error)
    return form, str(found), found.alternatives


def _scored(p: Planning, literals: list[Literal], need: Need) -> Scored:
    """The score of a sum: with hinges where bits of numbers with errors would have to be restored by a layer more.
    Raises CompileError."""
    inexact = [f for c in literals if not c.joint for side in (c.key, c.query) if (f := p.form(side)).error]
    # Where some terms of a score have errors, rounding grows with the size of all: tables are smaller than squares.
    steady = replace(need, squares=need.squares and not inexact, hinges=True)
    if p.steady:
        return score(p, literals, steady)
    found = score(p, literals, need)
    if not inexact or p.stream.sharpness.soft or _layer(found) <= max(f.slot.next_mlp.layer for f in inexact):
        return found
    try:
        return min(found, score(p, literals, steady), key=_layer)
    except CompileError:
        return found


def _layer(scored: Scored) -> int:
    """The layer that completes the inputs of a score."""
    return max((layer_of(form) for pair in scored.score.pairs for form in pair), default=0)


def _itself(p: Planning, scored: list[Literal], x: Expr) -> Form:
    """The sum over the query's own position: its own value, where it meets the other conditions."""
    for c in scored:
        if not (c.op is Op.EQ and c.key is c.query):
            x = node(Op.WHERE, node(Op.MAP, c.key, c.query, arg=Holds(c)), x, NUMBER_0)
    return p.form(simple(x))


def _by_digit(p: Planning, c: Literal) -> Conjunction:
    """A position that is equal to one that positions decide: digit by digit, whose squares are small."""
    if not is_position(p, c) or any(b is not INDICES for b in p.facts.basis(c.query)):
        return (c,)
    q = moved(p, c)
    assert q is not None
    return same_digits(q, p.facts.max_len)


def _unit(p: Planning, x: Expr) -> float:
    """How far below the selected keys the others score: as little as does no harm, since errors of encodings grow with
    it. In float64 encodings have next to no errors."""
    unit = p.stream.sharpness.unit
    if p.stream.sharpness.soft:
        return p.stream.sharpness.unit_of(p.facts.max_len * p.size(x))
    little = p.size(x) * at.leak(unit / 2, p.facts.max_len) <= LEAKED
    return unit / 2 if little and p.stream.format == FLOAT32 else unit
