"""Sums that only their remainder is read of, as sums of remainders.

    S.value(x) % m         ->  S.value(x % m) % m
    f(S.value(x))          ->  g(S.value(x % p))         where f is the same for numbers that differ by p

Numbers become smaller, and so what rounding adds: the sum of 20 products of a digit and a position is up to 1,890, and
of their remainders by 11 up to 200.
"""

from __future__ import annotations

from ..analysis import Facts
from ..errors import CompileError
from ..lang.expr import ZERO, Expr, Op, again, node, rebuilt, unnamed
from ..lang.function import Table
from ..lang.values import Value, exact

LEAST = 256
"""Sums that cannot be larger are left as they are."""


def residues(root: Expr, facts: Facts) -> dict[Expr, Expr]:
    """Every part of the program with such sums as sums of remainders."""

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        try:
            return _by_remainder(new, facts) or new
        except CompileError:
            return new

    return rebuilt(root, change)


def _by_remainder(e: Expr, facts: Facts) -> Expr | None:
    """A remainder of a sum, or a function with a period of one; None where it is neither. Raises CompileError."""
    total = unnamed(e.src[0]) if e.src else e
    if total.op is not Op.VALUE or total.src[2] is not ZERO or not facts.domain(total.src[1]).whole:
        return None
    if e.op is Op.MOD:
        period = unnamed(e.src[1])
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
    """The greatest magnitude of a sum, by what it adds up."""
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
