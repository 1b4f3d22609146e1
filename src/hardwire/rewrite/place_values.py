"""Numbers that are written in digits, digit by digit.

    full.value(tokens * 2 ** (length - indices - 1))  ->  tokens.at(-1) + 2 * tokens.at(-2) + 4 * tokens.at(-3) + ...

In a sum over all positions, every position adds an error in proportion to the greatest place value. Looked up place by
place, each digit has an error in proportion to its own value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from ..analysis import Facts
from ..lang.expr import INDICES, TOKENS, ZERO, Expr, Op, node
from ..lang.function import Table
from ..lang.selectors import EVERYWHERE, LENGTH
from ..lang.values import Value
from .rule import on_every_part

EXACT = 40_000
"""Sums of values up to this, divided by max_len, are left to one head."""
LARGEST = 200_000
"""The greatest number that look-ups are exact enough for: each is off by about 2e-6 of its value."""
MOST_PLACES = 24
"""The most places, each of which takes a head."""

Digits = dict[int, dict[Value, int]]
"""For each place, the value of every token there."""


@on_every_part
def place_values(e: Expr, facts: Facts) -> Expr | None:
    """A sum of large place values as one of look-ups."""
    if e.op is not Op.VALUE or e.arg is not None or facts.causal or e.src[0] is not EVERYWHERE:
        return None
    x, n = e.src[1], facts.max_len
    variables = facts.basis(x)
    if n > MOST_PLACES or not {TOKENS, INDICES} <= variables <= {TOKENS, INDICES, LENGTH} or not facts.sure(x):
        return None
    domain = facts.domain(x)
    if not domain.whole or domain.types != {int} or n * max(map(abs, domain.values)) <= EXACT:
        return None
    mesh = facts.mesh([TOKENS, INDICES, LENGTH])
    columns = (mesh[TOKENS], mesh[INDICES], mesh[LENGTH], facts.evaluate(x, mesh))
    rows = list(zip(*(c.values() for c in columns), strict=True))
    from_left = _by_place([(i, token, value) for token, i, _, value in rows])
    if from_left is not None:
        return _looked_up(from_left, lambda place: node(Op.CONST, arg=place))
    from_right = _by_place([(length - i, token, value) for token, i, length, value in rows if i < length])
    if from_right is None:
        return None
    return _looked_up(from_right, lambda place: node(Op.SUB, LENGTH, node(Op.CONST, arg=place)))


def _by_place(rows: list[tuple[int, Value, int]]) -> Digits | None:
    """The digits of (place, token, value); None where a place and a token have several values."""
    found: Digits = {}
    if any(found.setdefault(place, {}).setdefault(token, value) != value for place, token, value in rows):
        return None
    return found


def _looked_up(digits: Digits, position: Callable[[int], Expr]) -> Expr | None:
    """The sum of the digits at the positions of their places; None where it may be too large."""
    if sum(max(map(abs, values.values())) for values in digits.values()) > LARGEST:
        return None
    found = []
    for place, values in sorted(digits.items()):
        if any(values.values()):
            there = node(Op.COMPARE, INDICES, position(place), arg=Op.EQ)
            found.append(node(Op.ONE, there, node(Op.MAP, TOKENS, arg=Table({**values})), ZERO))
    return reduce(lambda a, b: node(Op.ADD, a, b), found)
