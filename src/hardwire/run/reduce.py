"""The aggregate of one row's selected positions, value by value: slow, and the definition of its meaning."""

from __future__ import annotations

from collections.abc import Sequence

from ..lang.expr import Op
from ..lang.values import Value
from .scalar import NoValue, equal, exact_mean, exact_sum, less


def several(op: Op, scores: Sequence[Value], xs: Sequence[Value]) -> Value:
    """Return the aggregate of two or more selected values, from left to right. Raises if it fails."""
    if op is Op.VALUE:
        return exact_sum(xs)
    if op is Op.MEAN:
        return exact_mean(xs)
    if op is Op.COUNT_DISTINCT:
        return _distinct(xs)
    if op.single:
        raise NoValue(f"{len(xs)} positions are selected, and `.{op.symbol}` takes one")
    assert op.scored, f"nothing says what .{op.symbol} is of several values"
    return xs[best(op, scores)]


def _distinct(xs: Sequence[Value]) -> int:
    """The number of values that are equal to none before them. Raises where equality has no answer."""
    return sum(not any(equal(y, x) for y in xs[:i]) for i, x in enumerate(xs))


def best(op: Op, scores: Sequence[Value]) -> int:
    """Return the index of the best score for an operation, the leftmost of equals. Raises if they have no order."""
    at = 0
    for i in range(1, len(scores)):
        if less(scores[at], scores[i]) if op.best > 0 else less(scores[i], scores[at]):
            at = i
    return at
