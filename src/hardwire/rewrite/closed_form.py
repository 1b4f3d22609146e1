"""What depends on position and length alone, put in closed form: nothing need be computed that can be embedded.

A part without tokens that is the same for every length is a table of positions; one that is a whole-number
combination of length and position needs the length alone. Both are found by trying every length up to max_len.
"""

from __future__ import annotations

import numpy as np

from ..analysis import Facts
from ..analysis.domain import LARGEST
from ..lang.expr import INDICES, Expr, Op, again, node, rebuilt
from ..lang.function import Table
from ..lang.selectors import LENGTH
from ..lang.values import exact
from ..run.column import Column


def closed_form(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of the program with its token-free aggregates in closed form where they have one."""

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        if (
            not facts.tables.complete
            or not new.op.aggregate
            or (new is LENGTH and not facts.causal)
            or not facts.token_free(new)
        ):
            return new
        col = facts.tables.of(new)
        return _by_position(col, facts) or _by_length(col, facts) or new

    return rebuilt(root, change)


def _by_position(col: Column, facts: Facts) -> Expr | None:
    """A column that is the same for every length, as a table of positions; what fails has no key."""
    position, values, ok = facts.tables.position.tolist(), col.values(), col.ok().tolist()
    table: dict[int, object] = {}
    failed: set[int] = set()
    for i, v, good in zip(position, values, ok, strict=True):
        if not good:
            failed.add(i)
        elif exact(table.setdefault(i, v)) != exact(v):
            return None
    if failed & table.keys() or not table:
        return None
    if all(type(v) is int and v == i for i, v in table.items()) and len(table) == facts.max_len:
        return INDICES
    if len(set(map(exact, table.values()))) == 1:
        return node(Op.CONST, arg=next(iter(table.values())))
    return node(Op.MAP, INDICES, arg=Table(table))


def _by_length(col: Column, facts: Facts) -> Expr | None:
    """A column that is a n + b i + c for whole a, b, c."""
    if col.kind != "i" or col.failed is not None or facts.max_len < 2 or facts.causal or col.bound > LARGEST:
        return None
    i = facts.tables.position
    n = np.repeat(np.arange(facts.max_len + 1), np.arange(facts.max_len + 1))
    y = col.data
    # From the pairs (n, i) = (1, 0), (2, 0), (2, 1).
    a = int(y[1] - y[0])
    b = int(y[2] - y[1])
    c = int(y[0]) - a
    if not np.array_equal(a * n + b * i + c, y):
        return None
    result: Expr = node(Op.CONST, arg=c)
    for factor, part in ((a, LENGTH), (b, INDICES)):
        if factor:
            result = node(Op.ADD, node(Op.MUL, node(Op.CONST, arg=factor), part), result)
    return result
