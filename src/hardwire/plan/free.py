"""What takes no neurons of its own: constants, the embedding, aggregates, arithmetic on forms, and lines."""

from __future__ import annotations

import numpy as np

from ..constructions import feedforward as ff
from ..constructions.form import Form
from ..lang.expr import TOKENS, Expr, Op
from .aggregates import aggregate
from .choice import Choice
from .linear import Known, linear
from .planning import Planning


def free(p: Planning, e: Expr) -> Choice | None:
    """The choice for an expression that takes no neurons of its own; None for any other. Raises CompileError."""
    basis = p.facts.basis(e)
    if e.op.barrier:
        found = p.choose(e.src[0])
        if e.arg in p.in_place:
            return p.choice(e, found.construction, found.form)
        form = p.stream.own(
            found.form,
            p.title(e.src[0], 32) if e.arg is None else str(e.arg),
            expression=p.title(e.src[0]),
            rounding=p.ranges.rounding,
            heads=e.src[0].op.aggregate,  # a proof says what heads compute of aggregates alone
        )
        return p.choice(e, f"kept: {found.construction}", form)
    if e.op is Op.CONST:
        return p.choice(e, "constant", p.stream.constant(p.labels[e.arg]))
    if basis <= {TOKENS}:
        table = p.codes.embedding(e)
        if e in p.reads.marks:
            table = p.reads.marks[e].filled_in(table)
        form = p.stream.embed_token(table, p.title(e, 32), p.title(e))
        return p.choice(e, "embedding of tokens", form)
    if all(b.op in (Op.INDICES, Op.RAW) for b in basis):
        return p.choice(e, "embedding of positions", _positions(p, e))
    if e.op.aggregate:
        return aggregate(p, e)
    form_or_none = linear(p, e, p.free_form)
    if form_or_none is not None:
        return p.choice(e, "linear", form_or_none)
    return _line(p, e)


def _positions(p: Planning, e: Expr) -> Form:
    """A function of the position alone."""
    table = p.codes.embedding(e)
    if table[-1] == p.facts.max_len - 1 and p.codes.embedded(e) and np.array_equal(table, np.arange(p.facts.max_len)):
        middle = p.facts.max_len // 2  # centred, so that squares stay exact in float32 for longer
        return p.stream.embed_position(table - middle, "indices", "indices") + p.stream.constant(middle)
    return p.stream.embed_position(table, p.title(e, 32), p.title(e))


def _line(p: Planning, e: Expr) -> Choice | None:
    """A function of one form that is a line."""
    parts = list({x: None for s in e.src for x in Known(p).leaves(s)})
    if len(parts) != 1:
        return None
    points = p.codes.points(e, parts[0])
    x = p.free_form(parts[0])
    if x is None or ff.changes(points):
        return None
    return p.choice(e, "line", ff.function(x, points, p.bias).linear)
