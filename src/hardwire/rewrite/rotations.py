"""Rotations by modulo: a position moved around the input, by gates along it.

    key((indices + 1) % length) == query(indices)  ->  key(indices) == query((indices - 1) % length)
    (indices - k) % length                         ->  indices - k + where(indices - k < 0, length, 0)
                                                                   + where(indices - k + length < 0, length, 0) ...

A comparison of a key that position and length alone decide names one position, or none. Whether that is a rotation is
found by trying every length up to max_len, and so is how often it goes around. As a table, such a function has a value
for every pair of a position and a length. Such a table is looked up by queries where a key would need neurons: a query
may be off by some of the distance of positions, and needs no square.

    key(where(indices % 2 == 0, indices // 2, length - indices)) == query(indices)  ->  key(indices) == query(...)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..analysis import Facts
from ..lang.expr import INDICES, ZERO, Expr, Op, node
from ..lang.selectors import LENGTH, unshifted
from ..run.failure import Ints
from .rule import on_every_part
from .tables import tabled

MOST_TABLED = 64
"""The greatest max_len for which a position is a table of position and length: beyond it steps are too many."""
MOST_TURNS = 100
"""The most times that a position goes around: in an input of one token as often as it is moved."""


@on_every_part
def rotations(e: Expr, facts: Facts) -> Expr | None:
    """A rotation of positions as gates."""
    if facts.causal or not facts.tables.complete or facts.max_len < 3:
        return None
    if e.op is Op.COMPARE and e.arg is Op.EQ:
        shifted = unshifted(e, facts).src[0] is INDICES  # the plan moves what is the same everywhere
        found = None if shifted else _selected(e.src[0], e.src[1], facts)
        return None if found is None else node(Op.COMPARE, INDICES, found, arg=Op.EQ)
    values = _integers(e, facts) if e.op is Op.MOD else None
    return None if values is None else _rotated(values, facts)


def _selected(key: Expr, query: Expr, facts: Facts) -> Expr | None:
    """The position that a query selects, if that is a rotation of its own, or takes fewer neurons than the key; None
    for any other."""
    keys, queries = _integers(key, facts), _integers(query, facts)
    if keys is None or queries is None:
        return None
    selected, at = np.full(len(keys), -1), 0
    for n in range(1, facts.max_len + 1):
        of_length = slice(at, at + n)
        order = np.argsort(keys[of_length])
        in_order = keys[of_length][order]
        if (in_order[1:] == in_order[:-1]).any():
            return None  # a query may select several
        found = order[np.searchsorted(in_order, queries[of_length]) % n]
        selected[of_length] = np.where(keys[of_length][found] == queries[of_length], found, -1)
        at += n
    return (None if (selected < 0).any() else _rotated(selected, facts)) or _tabled(key, selected, facts)


def _tabled(key: Expr, selected: Ints, facts: Facts) -> Expr | None:
    """The position that a query selects, or -1, as a table of positions and lengths; None for a key without neurons."""
    if facts.max_len > MOST_TABLED or facts.basis(key) <= {INDICES} or all(x.op.linear for x in _made_of(key)):
        return None
    return tabled({x: facts.tables.of(x) for x in (INDICES, LENGTH)}, map(float, selected.tolist()))


def _made_of(e: Expr) -> list[Expr]:
    """The operations between a sop and the length, positions and constants."""
    found, waiting = dict[Expr, None](), [e]
    while waiting:
        x = waiting.pop()
        if not x.op.variable and x.op is not Op.CONST and x not in found:
            found[x] = None
            waiting += x.src
    return list(found)


def _integers(e: Expr, facts: Facts) -> Ints | None:
    """(pairs of a length and a position,) the values of a sop that has an int for each of them; None for any other."""
    if not facts.token_free(e):
        return None
    column = facts.tables.of(e)
    return column.data if column.kind == "i" and column.failed is None else None


def _rotated(values: Ints, facts: Facts) -> Expr | None:
    """The sop that is the rotation with these values; None where they are not a rotation."""
    i, n = facts.tables.position, facts.tables.of(LENGTH).data
    for sign in (1, -1):
        for by in _moves(values[-facts.max_len :], sign):
            x = sign * i + by
            if np.array_equal(x % n, values):
                turns = x // n
                if turns.max() - turns.min() <= MOST_TURNS:
                    return _unrolled(sign, by, int(turns.min()), int(turns.max()))
    return None


def _moves(longest: Ints, sign: int) -> Iterator[int]:
    """By how much positions may have been moved, as the first of the longest input shows."""
    length = len(longest)
    yield from sorted((int(longest[0]), int(longest[0]) - length), key=abs)
    if sign < 0:
        yield int(longest[0]) + length


def _unrolled(sign: int, by: int, least: int, most: int) -> Expr:
    """(sign * indices + by) % length, where its quotient lies between these."""

    def less(x: Expr, turns: int) -> Expr:
        return node(Op.SUB, x, node(Op.MUL, node(Op.CONST, arg=turns), LENGTH)) if turns else x

    moved = INDICES if sign > 0 else node(Op.NEG, INDICES)
    moved = node(Op.ADD, moved, node(Op.CONST, arg=by)) if by else moved
    most_often = min(max(0, least), most)
    result = less(moved, most_often)
    for turns in range(most_often + 1, most + 1):
        more = node(Op.GE, less(moved, turns), ZERO)
        result = node(Op.SUB, result, node(Op.WHERE, more, LENGTH, ZERO))
    for turns in range(least + 1, most_often + 1):
        fewer = node(Op.LT, less(moved, turns), ZERO)
        result = node(Op.ADD, result, node(Op.WHERE, fewer, LENGTH, ZERO))
    return result
