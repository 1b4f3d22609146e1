"""Sums of numbers that neurons compute, in one direction.

    [a < 0] + [b > 3], by neurons of one layer  ->  the neurons of both write one direction

A number that one sum alone reads, and that has no name, is not stored itself: only the sum is. A direction is a row of
every matrix; the neurons are the same.
"""

from __future__ import annotations

import math

from ..constructions import feedforward as ff
from ..constructions.form import ZERO, Direction, Form
from ..constructions.sources import NeuronOutput
from ..errors import CompileError
from ..lang.expr import Expr, Op
from ..model.slots import MLP
from .planning import Planning

MOST_STATES = 20_000
"""Parts of several variables each are fused if these have at most so many combinations of values, all of which a proof
goes through; parts of one variable each are proved one by one."""


def fused(p: Planning, e: Expr, form: Form) -> Form | None:
    """The form of a sum with one direction for all parts of it that neurons of its last layer compute, and that nothing
    else reads; None where fewer than two parts are so, and where the sum had no proof (`steady`)."""
    if p.steady:
        return None
    parts = {d: x for x in _parts(p, e) if (d := _direction(p, x)) is not None}
    own = {d: c for d, c in form.terms.items() if d in parts and d.slot == form.slot}
    if len(own) < 2 or not _provable(p, [x for d in own for x in _summands(p, parts[d])]):
        return None
    piece, passed = ff.Piece(form - Form(own)), 0.0
    for d, c in own.items():
        assert isinstance(d.source, NeuronOutput)
        piece += ff.Piece(ZERO, d.source.neurons).scaled(c)
        passed += abs(c) * max(0.0, d.error - p.ranges.rounding(d.source.neurons))
    return p.neurons(piece, e, "sum of functions", passed)


def _parts(p: Planning, e: Expr) -> list[Expr]:
    """The parts of a sum that nothing else reads; in place of a part without a direction, the parts of that."""
    found: list[Expr] = []
    for s in e.src:
        if p.reads.alone(s):
            found += [s] if _direction(p, s) is not None else _parts(p, s) if s.op.linear else []
    return found


def _direction(p: Planning, e: Expr) -> Direction | None:
    """The direction of the neurons that complete an expression; None where they do not write exactly one."""
    try:
        form = p.form(e)
    except CompileError:
        return None
    last = [d for d in form.terms if d.slot == form.slot]
    source = last[0].source if len(last) == 1 else None
    plain = isinstance(source, NeuronOutput) and source.activation == "relu" and not (source.gates or source.own)
    return last[0] if plain and form.slot.sublayer is MLP else None


def _summands(p: Planning, e: Expr) -> list[Expr]:
    """The summands of a part, down to those that something else reads too."""
    once = e.op.linear and all(p.reads.alone(s) or s.op is Op.CONST for s in e.src)
    return [x for s in e.src for x in _summands(p, s)] if once else [e]


def _provable(p: Planning, parts: list[Expr]) -> bool:
    """Whether a proof goes through the values of these parts one by one, or through all their combinations."""
    bases = [p.facts.basis(x) for x in parts]
    if all(len(b) <= 1 for b in bases):
        return True
    try:
        return math.prod(len(p.facts.domain(x)) for x in frozenset[Expr]().union(*bases)) <= MOST_STATES
    except CompileError:
        return False
