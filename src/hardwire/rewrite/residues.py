"""Numbers of which only the remainder is used, as remainders.

    S.value(x) % m         ->  S.value(x % m) % m
    f(S.value(x))          ->  g(S.value(x % p))         where f is the same for numbers that differ by p
    (length - indices) % m ->  (full.value(d) - indices % m) % m     where length % m is the sum of its differences d
    f(x, y)                ->  f(x, y % p)               where f is the same for y and y + p

Numbers become smaller, and so what rounding adds: the sum of 20 products of a digit and a position is up to 1,890, and
of their remainders by 11 up to 200.
"""

from __future__ import annotations

import math

import numpy as np

from ..analysis import Facts
from ..lang.expr import INDICES, ZERO, Expr, Op, node
from ..lang.function import Table
from ..lang.selectors import EVERYWHERE, LENGTH
from ..lang.values import Value, exact
from ..run.column import codes_of
from .rule import on_every_part
from .tables import grid

LEAST = 256
"""Sums that cannot be larger are left as they are."""
OFTEN = 4
"""How many periods a number has to have."""
MOST_ROWS = 100_000
"""The most combinations of values of a function that is tried for periods."""


@on_every_part
def residues(e: Expr, facts: Facts) -> Expr | None:
    """A remainder, or a function with a period, as the same of remainders."""
    return _by_remainder(e, facts) or _of_length(e, facts) or _periodic(e, facts)


def _by_remainder(e: Expr, facts: Facts) -> Expr | None:
    """A remainder of a sum, or a function with a period of one; None where it is neither. Raises CompileError."""
    total = e.src[0] if e.src else e
    if total.op is not Op.VALUE or total.src[2] is not ZERO or not facts.domain(total.src[1]).whole:
        return None
    if e.op is Op.MOD:
        period = e.src[1]
        if period.op is not Op.CONST or type(period.arg) is not int or not _smaller(total, period.arg, facts):
            return None
        return node(Op.MOD, _summed(total, period), period)
    if e.op is not Op.MAP or len(e.src) != 1 or _widest(total, facts) < LEAST:
        return None
    domain = facts.domain(total)
    found = facts.evaluate(e, {total: domain.column})
    if domain.types != {int} or not found.ok().all():
        return None
    numbers = [int(v) for v in domain.values if type(v) is int]
    values: dict[int, Value] = dict(zip(numbers, found.values(), strict=True))
    p = _period(values)
    if p is None or not _smaller(total, p, facts):
        return None
    each = {k % p: v for k, v in values.items()}
    new = _summed(total, node(Op.CONST, arg=p))
    return node(Op.MAP, new, arg=Table({k: each[int(k) % p] for k in facts.domain(new).values}))


def _summed(total: Expr, period: Expr) -> Expr:
    """The sum of the remainders."""
    selector, x, default = total.src
    return node(Op.VALUE, selector, node(Op.MOD, x, period), default, arg=total.arg)


def _widest(total: Expr, facts: Facts) -> int:
    """The greatest magnitude of a sum, by that of its summands."""
    most = max((abs(int(v)) for v in facts.domain(total.src[1]).values), default=0)
    return most * facts.width(total.src[0])[1]


def _smaller(total: Expr, period: int, facts: Facts) -> bool:
    """Whether the sum of remainders is at most half as large, and large sums are worth it."""
    widest = _widest(total, facts)
    return period > 1 and widest >= LEAST and 2 * (period - 1) * facts.width(total.src[0])[1] <= widest


def _period(values: dict[int, Value]) -> int | None:
    """The least p > 1 such that values at numbers that differ by p are the same, up to half of all; None if none."""
    rising = sorted(values)
    if rising != [*range(rising[0], rising[-1] + 1)]:
        return None
    along = [exact(values[k]) for k in rising]
    periods = range(2, len(along) // 2 + 1)
    return next((p for p in periods if along[p] == along[0] and along[p:] == along[:-p]), None)


def _of_length(e: Expr, facts: Facts) -> Expr | None:
    """The remainder of a sum or difference of the length and functions of the position; None where it is none. Raises
    CompileError."""
    if e.op is not Op.MOD or facts.causal or LENGTH not in facts.basis(e.src[0]):
        return None
    period = e.src[1]
    if period.op is not Op.CONST or type(period.arg) is not int or period.arg < 2:
        return None
    found = _reduced(e.src[0], period, facts) if facts.max_len >= OFTEN * period.arg else None
    return None if found is None else node(Op.MOD, found, period)


def _reduced(e: Expr, period: Expr, facts: Facts) -> Expr | None:
    """A sum or difference with the remainder of each of its terms, one of which is the length."""
    if e is LENGTH:
        m = period.arg
        steps = {i: (i + 1) % m - i % m for i in range(facts.max_len)}
        return node(Op.VALUE, EVERYWHERE, node(Op.MAP, INDICES, arg=Table(steps)), ZERO)
    if LENGTH not in facts.basis(e):
        return node(Op.MOD, e, period) if facts.basis(e) <= {INDICES} and facts.whole(e) else None
    if e.op not in (Op.ADD, Op.SUB) or all(LENGTH in facts.basis(s) for s in e.src):
        return None
    parts = [_reduced(s, period, facts) for s in e.src]
    return None if None in parts else node(e.op, *(p for p in parts if p is not None))


def _periodic(e: Expr, facts: Facts) -> Expr | None:
    """A function of several sops with the remainder of one in which it has a period; None where it has none. Raises
    CompileError."""
    if e.op is not Op.MAP or len(e.src) < 2 or len(set(e.src)) < len(e.src):
        return None
    sizes = [len(facts.domain(x)) for x in e.src]
    if math.prod(sizes) > MOST_ROWS:
        return None
    for k, x in enumerate(e.src):
        values = facts.domain(x).values
        whole = LENGTH in facts.basis(x) and all(type(v) is int for v in values)
        if not whole or len(values) < 2 * OFTEN or max(values) - min(values) != len(values) - 1:
            continue
        found = facts.evaluate(e, grid(e.src, facts))
        if not found.ok().all():
            return None
        codes = np.moveaxis(codes_of(found)[0].reshape(sizes), k, 0)[np.argsort(values)]
        periods = range(2, len(values) // OFTEN + 1)
        p = next((p for p in periods if np.array_equal(codes[p:], codes[:-p])), None)
        if p is None:
            continue
        remainder = node(Op.MOD, x, node(Op.CONST, arg=p))
        remainder = _of_length(remainder, facts) or remainder
        shift = -(-min(values) // p) * p  # a multiple of p from which all values occur
        other = node(Op.ADD, remainder, node(Op.CONST, arg=shift)) if shift else remainder
        return node(Op.MAP, *(other if s is x else s for s in e.src), arg=e.arg)
    return None
