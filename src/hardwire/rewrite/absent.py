"""Markers, values that stand for "nothing": in a comparison that no query equals, and among the numbers of a function.

    key(where(c, x, -1)) == query(y)     ->  (key(x) == query(y)) & key(c)            where no y is -1
    f(x, y), a number or None            ->  where(f(x, y) is None, None, g(x, y))    where g is a number

So a condition is one, and a number is a number: a marker among numbers makes a table of both.
"""

from __future__ import annotations

import math

import numpy as np

from ..analysis import Facts
from ..analysis.domain import is_plain
from ..lang.expr import FALSE, ONE, TRUE, Expr, Op, node, unnamed
from ..lang.function import Tabled
from ..lang.values import Value, exact, leave
from ..run.column import codes_of
from ..run.scalar import equal
from .rule import on_every_part

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
    for i, side in enumerate(e.src):
        other, chosen = e.src[1 - i], unnamed(side)
        if chosen.op is not Op.WHERE:
            continue
        condition, *branches = chosen.src
        if facts.domain(condition).types != {bool} or not facts.domains.own(other):
            continue
        for marker, kept, wanted in ((branches[1], branches[0], TRUE), (branches[0], branches[1], FALSE)):
            value = unnamed(marker)
            if value.op is not Op.CONST or not facts.domains.own(value) or unnamed(kept).op is Op.CONST:
                continue
            if any(equal(v, value.arg) for v in facts.domain(other).values):
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
    sizes = [len(d) for d in domains]
    rows = math.prod(sizes)
    if rows > MOST_ROWS or any(bool in d.types and len(d.types) > 1 for d in domains):
        return None
    grid = np.unravel_index(np.arange(rows), sizes)
    columns = [d.column.take(at) for d, at in zip(domains, grid, strict=True)]
    found = facts.evaluate(e, dict(zip(e.src, columns, strict=True)))
    codes, table = codes_of(found)
    good, known = found.ok(), [tuple(map(leave, row)) for row in zip(*(c.values() for c in columns), strict=True)]
    if len(set(known)) < rows:  # 1 and True are one key of a table
        return None
    at: dict[object, dict[tuple[Value, ...], float]] = {exact(v): {} for v in others}
    numbers: dict[tuple[Value, ...], float] = {}
    for k, code, ok in zip(known, codes.tolist(), good.tolist(), strict=True):
        if not ok:
            continue
        value = table[code]
        for marker in others:
            at[exact(marker)][k] = float(exact(value) == exact(marker))
        if type(value) is int and is_plain(value):  # what never meets may have other values
            numbers[k] = float(value)
    result = node(Op.MAP, *e.src, arg=Tabled(numbers))
    for marker in others:
        is_marker = node(Op.EQ, node(Op.MAP, *e.src, arg=Tabled(at[exact(marker)])), ONE)
        result = node(Op.WHERE, is_marker, node(Op.CONST, arg=marker), result)
    return result
