"""Orders and equalities of positions, digit by digit: a head needs as many dimensions as a digit has values."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator

from ..analysis import Facts
from ..lang.expr import INDICES, Expr, Op, node
from ..lang.selectors import Conjunction, Literal


def digits(order: Literal, max_len: int, count: int = 2) -> tuple[Conjunction, ...]:
    """An order of positions as disjoint conjunctions, by the first of so many digits in which key and query differ: the
    last digit first, within the query's own block."""
    base = base_of(max_len, count)
    found = []
    for place in range(count):
        same = [Literal(node(Op.COMPARE, d, d, arg=Op.EQ)) for d in _digits(base, count, place + 1)]
        own = _digits(base, count, place)[0]
        op = order.op if place == 0 else order.op.strict
        found.append((*same, Literal(node(Op.COMPARE, own, own, arg=op))))
    return tuple(found)


def base_of(max_len: int, count: int) -> int:
    """The least base in which so many digits write every position."""
    base = 2
    while base**count < max_len:
        base += 1
    return base


def _digits(base: int, count: int, start: int) -> list[Expr]:
    """The digits of positions, from place `start` on; nothing is left to divide off above the last."""
    found = []
    for place in range(start, count):
        e = node(Op.FLOORDIV, INDICES, node(Op.CONST, arg=base**place)) if place else INDICES
        found.append(node(Op.MOD, e, node(Op.CONST, arg=base)) if place + 1 < count else e)
    return found


def same_digits(query: Expr, max_len: int) -> Conjunction:
    """key(indices) == query(q) as equality of both digits."""
    base = node(Op.CONST, arg=base_of(max_len, 2))
    return tuple(
        Literal(node(Op.COMPARE, node(op, INDICES, base), node(op, query, base), arg=Op.EQ))
        for op in (Op.FLOORDIV, Op.MOD)
    )


def carried(e: Expr, facts: Facts, parts: Container[Expr]) -> Iterator[tuple[Expr, Expr]]:
    """The x and y of (x + y) % m with ints x from 0 to 2 m - 1 or less, where x >= m is another part of the program."""
    total, period = (s for s in e.src) if e.op is Op.MOD else (e, e)
    if total.op is not Op.ADD or period.op is not Op.CONST or type(period.arg) is not int:
        return
    for x, y in itertools.permutations(total.src):
        known = facts.listed(x) if node(Op.GE, x, period) in parts else None
        if known is None or not known.whole or min(known.values) < 0:
            continue
        if period.arg <= max(known.values) < 2 * period.arg:
            yield x, y
