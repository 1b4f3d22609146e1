"""Selectors on one short input as bit masks, and aggregates over them.

A row, the keys that one query selects, is an int with bit k set where key k is selected. So a Boolean operation on a
row is one operation on ints, and sums and extremes come from the masks of the keys with equal values.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import accumulate, compress, repeat

from ..lang.expr import Op
from ..lang.values import Value
from .listed import (
    BOOL,
    FAILED,
    HASHED,
    INT,
    LARGE,
    NUMBERS,
    ORDERED,
    RATIO,
    WHOLE,
    Listed,
    attempted,
    types_of,
)
from .reduce import several
from .scalar import NoValue, checked
from .tables import FAIL

MOST_VISITS = 600
"""The most cells, or selected keys, that one operation visits one by one; for more, columns are faster."""
FEW = 2
"""For so few values, their masks are found one after the other."""
MOST_DIGITS = 16
"""The most binary digits of the numbers in a sum that is computed digit by digit."""

MOST_TOKENS = 192
"""The longest input that is run on lists."""
BITS = [1 << k for k in range(MOST_TOKENS)]
FIRST = [(1 << k) - 1 for k in range(MOST_TOKENS + 1)]
"""The masks of the first keys, by how many they are."""

Masks = dict[Value, int]
"""The mask of the keys with each value; equal values are one."""


class TooLong(Exception):
    """For this, columns are faster."""


def masks_of(values: list[Value]) -> Masks:
    """The masks of the keys with these values, whose types are HASHED; FAIL may be among them."""
    masks = dict(zip(values, BITS, strict=False))
    if len(masks) < len(values):
        masks = dict.fromkeys(masks, 0)
        for v, bit in zip(values, BITS, strict=False):
            masks[v] |= bit
    return masks


def _mask(flags: Iterable[object]) -> int:
    """The mask of the keys that are marked by something true."""
    return sum(compress(BITS, flags))


def causal_rows(n: int) -> list[int]:
    """The keys that each query may select under the causal mask: none behind it."""
    return FIRST[1 : n + 1]


# Selectors.


def compared(op: Op, meaning: Callable[[Value, Value], object], keys: Listed, queries: Listed) -> list[int]:
    """The rows of a comparison of keys with queries. Raises where a cell has no value."""
    (k, x), (q, y) = keys, queries
    types = x | y
    if op.equality and types in HASHED:
        return _equal(op, k, q)
    if op.order and types in ORDERED:
        return _ordered(op, k, q)
    if types & FAILED:
        raise NoValue("a key or a query has failed")
    if len(k) ** 2 > MOST_VISITS:
        raise TooLong
    return [_mask([meaning(v, query) for v in k]) for query in q]


def _equal(op: Op, keys: list[Value], queries: list[Value]) -> list[int]:
    different = set(queries)
    if len(different) <= FEW:
        row_of = {q: _mask(map(operator.eq, keys, repeat(q))) for q in different}
    else:
        row_of = masks_of(keys)
    rows = [row_of.get(q, 0) for q in queries]
    return rows if op is Op.EQ else inverted(rows)


def _ordered(op: Op, keys: list[Value], queries: list[Value]) -> list[int]:
    line = sorted(set(keys))
    if line == keys:  # they rise with the position, as `indices` does
        below = FIRST[: len(keys) + 1]
    else:
        masks = masks_of(keys)
        below = list(accumulate([masks[v] for v in line], operator.or_, initial=0))
    row_of = dict(zip(line, below[1:] if op is Op.LE or op is Op.GT else below, strict=False))
    if queries is not keys:
        for q in set(queries) - row_of.keys():
            row_of[q] = below[bisect_left(line, q)]
    rows = [row_of[q] for q in queries]
    return rows if op is Op.LT or op is Op.LE else inverted(rows)


def inverted(rows: list[int]) -> list[int]:
    """The rows of the keys that are not selected."""
    every = (1 << len(rows)) - 1
    return [every ^ row for row in rows]


# Aggregates.


def aggregated(
    op: Op, rows: list[int], score: Listed | None, x: Listed, default: Listed, *, as_numbers: bool
) -> Listed:
    """The aggregate at each position; `as_numbers`: bools among x are 0 and 1."""
    reduced = _whole_sums(rows, x) if op is Op.VALUE and (as_numbers or x[1] == INT) else None
    if reduced is None:
        x = _bools_as_ints(x) if as_numbers else x
        reduced = _picked(op, rows, score, x) or _row_by_row(op, rows, x if score is None else score, x[0])
    values, types = reduced
    found = [v if row else d for v, row, d in zip(values, rows, default[0], strict=True)]
    return found, types if types == default[1] else types_of(found)


def _bools_as_ints(x: Listed) -> Listed:
    values, types = x
    return ([int(v) if type(v) is bool else v for v in values], types & ~BOOL | INT) if types & BOOL else x


# For all rows at once; the results are arbitrary where nothing is selected.


def _whole_sums(rows: list[int], x: Listed) -> Listed | None:
    """The sums of whole numbers; None where this is not so simple."""
    values, types = x
    if types == BOOL:
        mask = _mask(values)
        return [(row & mask).bit_count() for row in rows], INT
    totals = None if types & ~WHOLE else _totals(masks_of(values), rows)
    return None if totals is None else (totals, INT)


def _picked(op: Op, rows: list[int], score: Listed | None, x: Listed) -> Listed | None:
    """The values of the only selected keys, or of the first or last ones; None for any other aggregate."""
    if score is not None:
        scores, types = score
        if types != INT or scores != sorted(set(scores)):
            return None
        # They rise with the position, as `indices` does.
        ends = rows if op.best > 0 else [row & -row for row in rows]
    else:
        if op.counts or x[1] & FAILED or max(map(int.bit_count, rows)) > 1:
            return None
        ends = rows
    return [x[0][end.bit_length() - 1] for end in ends], x[1]


def _row_by_row(op: Op, rows: list[int], weighed: Listed, x: list[Value]) -> Listed:
    """The aggregates, once for each row."""
    weights, types = weighed
    failed = _mask([v is FAIL for v in weights]) if types & FAILED else 0
    known: dict[int, Value] = {0: None}
    many = []
    for row in rows:
        if row & failed:
            known[row] = FAIL
        elif row & (row - 1) or (row and op.counts):
            many.append(row)
        elif row:
            known[row] = x[row.bit_length() - 1]
    if many:
        many = list(dict.fromkeys(many))
        known.update(zip(many, _reduced(op, weights, types & ~FAILED, x, many), strict=True))
    found = [known[row] for row in rows]
    return found, types_of(found)


def _reduced(op: Op, weighed: list[Value], types: int, x: list[Value], rows: list[int]) -> list[Value]:
    """The aggregates of rows with several selected keys (or one, if it counts), none of which has failed."""
    if op.single:
        return [FAIL] * len(rows)
    if types in HASHED:
        masks = masks_of(weighed)
        masks.pop(FAIL, None)
        totals = _totals(masks, rows) if op.adds and not types & ~WHOLE else None
        if totals is not None:
            return totals if op is Op.VALUE else list(map(Fraction, totals, map(int.bit_count, rows)))
        if op.scored and types in ORDERED:
            return _best(op, masks, x, rows)
        if op is Op.COUNT_DISTINCT:
            groups = list(masks.values())
            return [sum(1 for mask in groups if row & mask) for row in rows]
    if op.adds and not types & ~(NUMBERS | RATIO):
        return _sums(op, weighed, rows)
    if sum(map(int.bit_count, rows)) > MOST_VISITS:
        raise TooLong
    return [attempted(_visited, op, weighed, x, row) for row in rows]


def _best(op: Op, masks: Masks, x: list[Value], rows: list[int]) -> list[Value]:
    """The values with the best scores, the leftmost of equals."""
    groups = [masks[v] for v in sorted(masks, reverse=op.best > 0)]
    upto = list(accumulate(groups, operator.or_))
    found = []
    for row in rows:
        best = row & groups[_first_that_meets(row, upto)]
        found.append(x[(best & -best).bit_length() - 1])
    return found


def _first_that_meets(row: int, upto: list[int]) -> int:
    """The number of the first of ever larger masks that has a key of the row."""
    return bisect_left(upto, True, key=lambda mask: row & mask != 0)


def _totals(masks: Masks, rows: list[int]) -> list[int] | None:
    """The sums of whole numbers, from how many of them have each binary digit; None where they have many digits."""
    low, high = int(min(masks)), max(masks)
    if low <= -LARGE or high >= LARGE or (high - low).bit_length() > MOST_DIGITS:
        return None
    parts = [(low, (1 << MOST_TOKENS) - 1)] if low else []
    digits = range((high - low).bit_length())
    parts += [(1 << k, sum([mask for v, mask in masks.items() if v - low >> k & 1])) for k in digits]
    if len(parts) == 1:
        [(weight, mask)] = parts
        return [weight * (row & mask).bit_count() for row in rows]
    different = list(set(rows))
    totals = [0] * len(different)
    for weight, mask in parts:
        totals = [v + weight * (row & mask).bit_count() for v, row in zip(totals, different, strict=True)]
    known = dict(zip(different, totals, strict=True))
    return [known[row] for row in rows]


def _sums(op: Op, numbers: list[Value], rows: list[int]) -> list[Value]:
    """The sums, or the means, of numbers of any kind, each from the row before it. Raises for an infinity."""
    changes = [row ^ before for row, before in zip(rows, [0, *rows], strict=False)]
    if sum(map(int.bit_count, changes)) > MOST_VISITS:
        raise TooLong
    ratios = [(0, 1) if v is FAIL else v.as_integer_ratio() for v in numbers]
    whole = math.lcm(*[denominator for _, denominator in ratios])
    terms = [numerator * (whole // denominator) for numerator, denominator in ratios]
    kinds = masks_of(list(map(type, numbers)))
    floats, fractions = kinds.get(float, 0), kinds.get(Fraction, 0)
    total, found = 0, []
    for row, change in zip(rows, changes, strict=True):
        for k in _places(change):
            total += terms[k] if row >> k & 1 else -terms[k]
        kind = float if row & floats else Fraction if row & fractions else int
        found.append(attempted(_number, kind, total, whole, row.bit_count() if op is Op.MEAN else None))
    return found


def _number(kind: type, total: int, whole: int, count: int | None) -> Value:
    """The sum total / whole of numbers as the language has it, or their mean. Raises where it is no value."""
    found: Value = total / whole if kind is float else Fraction(total, whole) if kind is Fraction else total // whole
    found = checked(found)
    if count is None:
        return found
    return found / count if kind is float else checked(Fraction(found, count))


def _places(mask: int) -> list[int]:
    """The numbers of the bits of a mask."""
    found = []
    while mask:
        found.append((mask & -mask).bit_length() - 1)
        mask &= mask - 1
    return found


def _visited(op: Op, weighed: list[Value], x: list[Value], row: int) -> Value:
    """The aggregate by its definition."""
    keys = _places(row)
    given = [weighed[k] for k in keys]
    return several(op, given, [x[k] for k in keys]) if op.scored else several(op, [], given)
