"""Several values of one key: look-ups that find the same key have values that occur together at some key."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from ..errors import CompileError
from ..lang.expr import Expr, Op, counts_bools, unnamed
from ..lang.values import Value, exact

if TYPE_CHECKING:
    from .facts import Facts

MOST_STATES = 20_000
"""The most states of a key in which several of its values are evaluated."""


def key_of(v: Expr, facts: Facts) -> Hashable:
    """What decides the key whose value a look-up has; None for any other variable, and where it may be undefined."""
    if not v.op.defaulted or v.op.counts:
        return None
    single = v.op.single or facts.width(v.src[0])[1] <= 1
    if not (single or v.op.scored) or unnamed(v.src[-1]).op is not Op.CONST or not facts.sure(v):
        return None
    return v.src[0] if single else (v.op, v.src[:-2])  # the best by one score, the leftmost of equals


def at_one_key(group: Mapping[Expr, tuple[Value, ...]], facts: Facts) -> list[tuple[int, ...]] | None:
    """The values that look-ups of one key have together, or their defaults; None where these are too many to tell.

    `group`: the look-ups, and all values that each can have; a value is given by its place among these.
    """
    xs = [v.src[-2] for v in group]
    variables = list(dict.fromkeys(leaf for x in xs for leaf in facts.variables(x)))
    try:
        states = math.prod(len(facts.domain(x)) for x in variables)
    except CompileError:
        return None
    # Objects of a user's class are new whenever they are computed: none of them would be one of those in `group`.
    if not variables or states > MOST_STATES or not all(map(facts.domains.own, group)):
        return None
    mesh = facts.mesh(variables)
    size = len(next(iter(mesh.values())))
    columns = [facts.evaluate(x, mesh) for x in xs]
    if not all(len(c) in (1, size) and c.ok().all() for c in columns):
        return None
    values = [_as_selected(v, c.values() * (size // len(c))) for v, c in zip(group, columns, strict=True)]
    seen = list(zip(*values, strict=True))
    if facts.width(next(iter(group)).src[0])[0] == 0:
        seen.append(tuple(unnamed(v.src[-1]).arg for v in group))
    places = [{exact(x): i for i, x in enumerate(every)} for every in group.values()]
    keys = dict.fromkeys(tuple(map(exact, row)) for row in seen)
    return [
        tuple(place[x] for x, place in zip(row, places, strict=True))
        for row in keys
        if all(x in place for x, place in zip(row, places, strict=True))
    ]


def _as_selected(v: Expr, values: list[Value]) -> list[Value]:
    """The values of a look-up of these: a bool is a number to an aggregate that adds."""
    return [int(x) if type(x) is bool else x for x in values] if counts_bools(v) else values
