"""The aggregate of one row's selected positions, value by value: slow, and the definition of its meaning."""

from __future__ import annotations

from collections.abc import Sequence

from ..lang.expr import Op
from ..lang.values import Value
from .scalar import NoValue, exact_mean, exact_sum, less


def several(op: Op, scores: Sequence[Value], xs: Sequence[Value]) -> Value:
    """Return the aggregate of two or more selected values, from left to right. Raises if it fails."""
    if op is Op.VALUE:
        return exact_sum(xs)
    if op is Op.MEAN:
        return exact_mean(xs)
    if op is Op.ONE:
        raise NoValue(f"{len(xs)} positions are selected, and `.one` takes one")
    return xs[best(op, scores)]


def best(op: Op, scores: Sequence[Value]) -> int:
    """Return the index of the best score for an operation, the leftmost of equals. Raises if they have no order."""
    at = 0
    for i in range(1, len(scores)):
        if less(scores[at], scores[i]) if op.best > 0 else less(scores[i], scores[at]):
            at = i
    return at
