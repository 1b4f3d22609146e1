"""Orders and equalities of positions, digit by digit: a head needs as many dimensions as a digit has values."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator
from dataclasses import dataclass

from ..analysis import Facts
from ..lang.expr import INDICES, ZERO, Expr, Op, node
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


@dataclass(frozen=True)
class Carried:
    """The last digit of x + y or x - y, where another part of the program, `over`, says whether x is a digit itself:
    `digit` is the last one of x."""

    x: Expr
    y: Expr
    over: Expr
    step: int

    @property
    def digit(self) -> Expr:
        """x + step * over."""
        op = Op.ADD if self.step > 0 else Op.SUB
        return node(op, self.x, node(Op.MUL, node(Op.CONST, arg=abs(self.step)), self.over))


def carried(e: Expr, facts: Facts, parts: Container[Expr]) -> Iterator[Carried]:
    """The ways to see (x + y) % m with ints x from 0 to 2 m - 1 and x >= m among the parts of the program, or
    (x - y) % m with ints x from -m to m - 1 and x < 0 among them."""
    total, period = e.src if e.op is Op.MOD else (e, e)
    if total.op not in (Op.ADD, Op.SUB) or period.op is not Op.CONST or type(period.arg) is not int:
        return
    m, added = period.arg, total.op is Op.ADD
    for x, y in itertools.permutations(total.src) if added else [total.src]:
        over = node(Op.GE, x, period) if added else node(Op.LT, x, ZERO)
        known = facts.listed(x) if over in parts else None
        if known is None or not known.whole:
            continue
        low, high = min(known.values) + (0 if added else m), max(known.values) + (0 if added else m)
        if 0 <= low < m <= high < 2 * m:
            yield Carried(x, y, over, -m if added else m)
