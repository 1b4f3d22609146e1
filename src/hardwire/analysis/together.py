"""Which values of several sops can occur together at one position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..lang.expr import INDICES, ZERO, Expr, Op, node, unnamed
from ..lang.selectors import LENGTH, conditions, sides
from ..lang.values import Value, is_number
from ..run.column import COMPARE, Column, bools_as_ints, codes_of
from ..run.failure import Bools, Ints
from ..run.scalar import equal

if TYPE_CHECKING:
    from .facts import Facts

UNKNOWN = -2
"""Stands for a position or a length that is not known."""


def possible(columns: Mapping[Expr, Column], facts: Facts) -> Bools | None:
    """(rows,) whether counts, sums and means can have these values at that position of an input of that length; None
    where nothing is known of these sops.

    No selector selects more positions than there are, and one of positions up to the query's own no more than these. A
    sum over so many positions lies between so many times the least and the greatest number. A mean of whole numbers is
    a ratio whose denominator divides how many they are. Where
    every position selects itself, its own number is at most the greatest, and part of the sum.
    """
    length, index = (_numbers(columns.get(e)) for e in (LENGTH, INDICES))
    keep: Bools | None = None
    for v, column in columns.items():
        found = _with_own(v, columns, length, facts)
        if v.op is Op.WIDTH and column.kind == "i":
            found = [(most < 0) | (column.data <= most) for most in _most(v, length, index, facts)]
        elif v.op is Op.VALUE and column.kind == "i" and v.src[2] is ZERO and facts.whole(v.src[1]):
            numbers = [0, *map(int, facts.domain(v.src[1]).values)]
            for most in _most(node(Op.WIDTH, v.src[0]), length, index, facts):
                known = np.where(column.ok(), column.data, 0)
                found.append((most < 0) | ((known >= min(numbers) * most) & (known <= max(numbers) * most)))
        elif v.op is Op.MEAN and (denominators := _denominators(column)) is not None:
            found += _divisible(v, denominators, length, index, facts)
        for each in found:
            each = each | ~column.ok()
            keep = each if keep is None else keep & each
    return keep


def _with_own(e: Expr, columns: Mapping[Expr, Column], length: Ints | None, facts: Facts) -> list[Bools]:
    """(rows,) each: whether an aggregate of ints can have this value where the own one is among them."""
    if not (e.op.best or e.op is Op.VALUE) or columns[e].kind != "i" or not facts.whole(e.source("x")):
        return []
    x = e.source("x")
    if (e.op.best and e.source("score") is not x) or not facts.selections.itself(e.src[0]) or not _decided(x, columns):
        return []
    own = bools_as_ints(facts.evaluate(x, columns))
    if own.kind != "i" or len(own) != len(columns[e]):
        return []
    more = columns[e].data - own.data
    if e.op.best:
        return [~own.ok() | (more * e.op.best >= 0)]
    numbers = [0, *map(int, facts.domain(x).values)]
    others = facts.width(e.src[0])[1] - 1
    most = others if length is None else np.where(length < 0, others, np.minimum(length - 1, others))
    return [~own.ok() | ((more >= min(numbers) * most) & (more <= max(numbers) * most))]


def possible_look_ups(columns: Mapping[Expr, Column], facts: Facts) -> Bools:
    """(rows,) whether look-ups can have these values at one position of one input."""
    keep = np.ones(len(next(iter(columns.values()), ())), bool)
    _own_value(columns, keep, facts)
    _nothing_selected(columns, keep, facts)
    _within_reach(columns, keep, facts)
    return keep


def _own_value(columns: Mapping[Expr, Column], keep: Bools, facts: Facts) -> None:
    """A position that `(key(k) == query(q)).one(x)` selects for itself is the only one that it selects: where k == q,
    the result is the own x."""
    for v in columns:
        selector = unnamed(v.src[0]) if v.op is Op.ONE else None
        if selector is None or selector.op is not Op.COMPARE or selector.arg is not Op.EQ:
            continue
        k, q, x = selector.src[0], selector.src[1], v.src[1]
        if all(_decided(e, columns) for e in (k, q, x)):
            met = facts.evaluate(node(Op.EQ, k, q), columns)
            same = facts.evaluate(node(Op.EQ, x, v), columns)
            if len(met) == len(same) == len(keep):
                keep &= ~(_true(met) & same.ok() & ~_true(same))


def _decided(e: Expr, columns: Mapping[Expr, Column]) -> bool:
    """Whether a sop is a function of those in the columns."""
    stack, seen = [e], {e}
    while stack:
        x = stack.pop()
        if x not in columns:
            if x.op.variable:
                return False
            stack += [s for s in x.src if s not in seen]
            seen.update(x.src)
    return True


def _nothing_selected(columns: Mapping[Expr, Column], keep: Bools, facts: Facts) -> None:
    """Where a selector selects nothing, every look-up through it has its default. Where it selects something, the
    result cannot be a position that it never selects from there, even if that is the default."""
    found = [v for v in columns if v.op.picks and unnamed(v.source("default")).op is Op.CONST]
    for u in found:
        x, default = unnamed(u.source("x")), unnamed(u.source("default"))
        if x.op is not Op.CONST or equal(x.arg, default.arg):
            continue  # u does not tell whether anything is selected
        for v in found:
            if v is u or v.src[0] is not u.src[0]:
                continue
            own = unnamed(v.source("default"))
            empty, full = (facts.evaluate(node(op, u, default), columns) for op in (Op.EQ, Op.NE))
            keep &= ~(_true(empty) & _true(facts.evaluate(node(Op.NE, v, own), columns)))
            if unnamed(v.source("x")) is INDICES and INDICES in columns:
                never = ~_may_select(v.src[0], own.arg, columns[INDICES].data)
                keep &= ~(_true(full) & _true(facts.evaluate(node(Op.EQ, v, own), columns)) & never)


def _may_select(selector: Expr, key: Value, position: Ints) -> Bools:
    """(rows,) whether a selector may select the key at a position `key`, if it is one, from other positions, as far as
    its comparisons of positions tell."""
    found = np.full(len(position), is_number(key))
    for e in conditions(selector) if is_number(key) else ():
        if e.op is Op.COMPARE and sides(e) == (INDICES, INDICES) and e.arg in COMPARE:
            found &= COMPARE[e.arg](float(key), position)
    return found


def _within_reach(columns: Mapping[Expr, Column], keep: Bools, facts: Facts) -> None:
    """A position that is looked up is not beyond the end, nor behind a query that sees none of what follows."""
    by = INDICES if facts.causal else LENGTH
    for v, column in columns.items() if by in columns else ():
        most = facts.reaches.most(v) if v.op.picks and unnamed(v.source("x")) is INDICES else None
        if most is not None and column.kind == "i":
            keep &= ~column.ok() | (column.data <= most[columns[by].data])


def possible_reach(e: Expr, columns: Mapping[Expr, Column], facts: Facts) -> Bools:
    """(rows,) whether a sop of the columns can have its value, at the position and the length if these are there."""
    column, reach = columns[e], facts.reaches.of(e)
    if reach is None or column.kind != "i":
        return np.ones(len(column), bool)
    low: Ints | int
    high: Ints | int
    (low, high), n, position = reach.bounds, _numbers(columns.get(LENGTH)), _numbers(columns.get(INDICES))
    if n is not None and position is not None:
        known = (position < n) & (n <= facts.max_len)
        at = np.where(known, n * (n - 1) // 2 + position, 0)
        low, high = np.where(known, reach.low[at], low), np.where(known, reach.high[at], high)
    return ~column.ok() | ((column.data >= low) & (column.data <= high))


def _true(column: Column) -> Bools:
    """(rows,) where a column of bools is True."""
    out: Bools = column.ok() & column.data.astype(bool) if column.kind == "b" else column.ok() & False
    return out


def _numbers(column: Column | None) -> Ints | None:
    if column is None or column.kind != "i":
        return None
    found: Ints = np.where(column.ok(), column.data, UNKNOWN).astype(np.int64)
    return found


def _most(count: Expr, length: Ints | None, index: Ints | None, facts: Facts) -> Iterator[Ints]:
    """(rows,) each: the most that a count can be, negative where that is not known."""
    if length is not None:
        yield length
    if index is not None:
        orders = [c for c in conditions(count.source("selector")) if c.op is Op.COMPARE]
        ends = [c.arg is Op.LE for c in orders if sides(c) == (INDICES, INDICES) and c.arg in (Op.LE, Op.LT)]
        for own in [*ends, *[True] * facts.causal]:
            yield index + own


def _denominators(column: Column) -> Ints | None:
    """(rows,) the denominator of each value; None where some are not exact numbers."""
    codes, table = codes_of(column)
    if not all(type(v) in (int, bool, Fraction) for v in table):
        return None
    found: Ints = np.array([Fraction(v).denominator for v in table] or [1])[np.minimum(codes, len(table) - 1)]
    return found


def _divisible(
    mean: Expr, denominators: Ints, length: Ints | None, index: Ints | None, facts: Facts
) -> Iterator[Bools]:
    """(rows,) whether some number of positions that the mean can be over is a multiple of its denominator."""
    width = node(Op.WIDTH, mean.source("selector"))
    if not (facts.tables.complete and facts.token_free(width)) or not facts.whole(mean.source("x")):
        return
    widths, lengths, places = (facts.tables.of(e) for e in (width, LENGTH, INDICES))
    known = [(given, of.data) for given, of in ((length, lengths), (index, places)) if given is not None]
    if widths.failed is not None or not len(widths) or not known:
        return
    size = facts.max_len + 3
    given, of = (np.zeros(1, np.int64), np.zeros(1, np.int64))
    for row, table in known:
        given, of = given * size + row - UNKNOWN, of * size + table - UNKNOWN
    different, kind = np.unique(denominators, return_inverse=True)
    divides = np.zeros((size ** len(known), len(different)), bool)
    for i, d in enumerate(different.tolist()):
        divides[of[widths.data % d == 0], i] = True
    unknown = np.logical_or.reduce([row < 0 for row, _ in known])
    yield divides[given, kind.ravel()] | unknown
