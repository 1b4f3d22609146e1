"""Markers, values that stand for "nothing": in a comparison that no query equals, and among the numbers of a function.

    key(where(c, x, -1)) == query(y)     ->  (key(x) == query(y)) & key(c)            where no y is -1
    f(x, y), a number or None            ->  where(f(x, y) is None, None, g(x, y))    where g is a number

A comparison with a marker becomes a condition, and numbers lose their markers, which would make them a table.
"""

from __future__ import annotations

import math

import numpy as np

from ..analysis import Facts
from ..analysis.domain import is_plain
from ..lang.expr import FALSE, ONE, TRUE, Expr, Op, node
from ..lang.values import exact
from ..run.scalar import equal
from .rule import on_every_part
from .tables import grid, tabled

MOST_ROWS = 100_000
"""The most combinations of values of a function that is split into markers and numbers."""
LEAST_NUMBERS, MOST_OTHERS = 12, 2
"""A function has at least so many numbers, and at most so many other values, to be split."""


@on_every_part
def absent(e: Expr, facts: Facts) -> Expr | None:
    """An equality or a function with its markers as conditions."""
    return _unmarked(e, facts) if e.op is Op.COMPARE and e.arg is Op.EQ else _apart(e, facts)


def _unmarked(e: Expr, facts: Facts) -> Expr | None:
    """An equality of a key that may be a marker, which no query is, or the other way around, with the marker as a
    condition; None for any other equality. Raises CompileError."""
    for i, chosen in enumerate(e.src):
        if chosen.op is not Op.WHERE:
            continue
        other, (condition, *branches) = e.src[1 - i], chosen.src
        if facts.domain(condition).types != {bool} or not facts.domains.own(other):
            continue
        for marker, kept, wanted in ((branches[1], branches[0], TRUE), (branches[0], branches[1], FALSE)):
            if marker.op is not Op.CONST or not facts.domains.own(marker) or kept.op is Op.CONST:
                continue
            if any(equal(v, marker.arg) for v in facts.domain(other).values):
                continue
            pair = (kept, other) if i == 0 else (other, kept)
            holds = (condition, wanted) if i == 0 else (wanted, condition)
            return node(Op.AND, node(Op.COMPARE, *pair, arg=Op.EQ), node(Op.COMPARE, *holds, arg=Op.EQ))
    return None


def _apart(e: Expr, facts: Facts) -> Expr | None:
    """A function as a choice of its few values that are not ints, and a function with ints alone; None where it has
    none or many. Raises CompileError."""
    if e.op is not Op.MAP or len(e.src) < 2 or len(set(e.src)) < len(e.src) or not all(map(facts.basis, e.src)):
        return None
    values = facts.domain(e).values
    others = [v for v in values if not (type(v) is int and is_plain(v))]
    if not 1 <= len(others) <= MOST_OTHERS or len(values) - len(others) < LEAST_NUMBERS or not facts.domains.own(e):
        return None
    domains = [facts.domain(x) for x in e.src]
    if math.prod(map(len, domains)) > MOST_ROWS or any(bool in d.types and len(d.types) > 1 for d in domains):
        return None
    columns = grid(e.src, facts)
    found = facts.evaluate(e, columns)
    good, markers = np.flatnonzero(found.ok()), {exact(v): v for v in others}
    rows, answers = {x: c.take(good) for x, c in columns.items()}, found.take(good).values()
    numbers = np.flatnonzero([type(v) is int and is_plain(v) for v in answers])  # what never meets may have others
    result = tabled({x: c.take(numbers) for x, c in rows.items()}, [float(answers[i]) for i in numbers.tolist()])
    for key, marker in markers.items():
        is_marker = node(Op.EQ, tabled(rows, [float(exact(v) == key) for v in answers]), ONE)
        result = node(Op.WHERE, is_marker, node(Op.CONST, arg=marker), result)
    return result
