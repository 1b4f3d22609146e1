"""Columns: the values of one expression at all positions of a batch.

Ints, bools and floats are stored as NumPy arrays of that type as long as they are exact; all other values, and mixtures
of types, are *coded*: as indices into a table of distinct Python values. NumPy never guesses a type (it would turn
[1, "1"] into two strings).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from ..lang.expr import Op
from ..lang.values import Value, exact
from .failure import Failed, Ints, first_of, only_where

Array = npt.NDArray[Any]
LIMIT = 1 << 62
"""Ints below this are kept in int64, with room for one addition."""
COMPARE: dict[Op, Any] = {
    Op.EQ: np.equal, Op.NE: np.not_equal, Op.LT: np.less,
    Op.LE: np.less_equal, Op.GT: np.greater, Op.GE: np.greater_equal,
}  # fmt: skip
"""The comparisons in NumPy."""


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one expression, one per position.

    `data`: (positions,) bool, int64 or float64; or, with a `table`, indices into it, which are arbitrary at failed
    positions. `bound`: an upper bound of the ints' magnitude. `failed`: the failures, or None.
    """

    data: Array
    table: tuple[Value, ...] | None = None
    failed: Failed | None = None
    bound: int = 0

    @property
    def kind(self) -> str:
        """'b', 'i' or 'f' for arrays of bools, ints and floats, 'c' for coded."""
        return "c" if self.table is not None else self.data.dtype.kind

    def __len__(self) -> int:
        return len(self.data)

    def take(self, where: Ints) -> Column:
        """The values at some positions, failures with them."""
        failed = None if self.failed is None else self.failed.take(where)
        if failed is not None and not failed.mask.any():
            failed = None
        return Column(self.data.take(where), self.table, failed, self.bound)

    def with_failed(self, *failed: Failed | None) -> Column:
        """Return the same values with further failures; where several apply, the first one counts."""
        merged = first_of(*failed, self.failed)
        return self if merged is self.failed else replace(self, failed=merged)

    def values(self) -> list[Value]:
        """The Python value at every position (arbitrary at failed ones)."""
        if self.table is None:
            return self.data.tolist()  # type: ignore[no-any-return]
        table = self.table
        return [table[c] for c in self.data.tolist()] if table else [None] * len(self.data)

    def ok(self) -> npt.NDArray[np.bool_]:
        """(positions,) True where there is a value."""
        return np.ones(len(self), bool) if self.failed is None else ~self.failed.mask


def ints(data: Array, bound: int | None = None) -> Column:
    """A column of ints; `bound` is their greatest magnitude where it is known."""
    if bound is None:
        bound = int(np.abs(data).max()) if data.size else 0
    return Column(data.astype(np.int64, copy=False), bound=bound)


def coded(codes: Array, table: Iterable[Value]) -> Column:
    """A column of codes into values; a table of one exact type becomes an array, equal entries become one."""
    entries = tuple(table)
    typed = _typed(entries)
    if typed is not None:
        if not entries:
            return Column(np.zeros(len(codes), bool))
        return replace(typed, data=typed.data[codes])
    distinct: dict[Any, int] = {}
    new = [distinct.setdefault(exact(v), len(distinct)) for v in entries]
    if len(distinct) == len(entries):
        return Column(codes, entries)
    kept: list[Value] = [None] * len(distinct)
    for v, code in zip(entries, new, strict=True):
        kept[code] = v
    return Column(np.array(new, np.int64)[codes], tuple(kept))


def column(values: Sequence[Value]) -> Column:
    """A column of Python values."""
    typed = _typed(values)
    if typed is not None:
        return typed
    distinct: dict[Any, int] = {}
    table: list[Value] = []
    codes = np.empty(len(values), np.int64)
    for i, v in enumerate(values):
        code = distinct.setdefault(exact(v), len(table))
        if code == len(table):
            table.append(v)
        codes[i] = code
    return Column(codes, tuple(table))


def _typed(values: Sequence[Value]) -> Column | None:
    """The values as an array if they have one exact type that fits, else None."""
    kinds = set(map(type, values))
    if len(kinds) > 1:
        return None
    kind = kinds.pop() if kinds else bool
    if kind is bool:
        return Column(np.array(values, bool))
    if kind is int:
        bound = max(-min(values), max(values))
        return ints(np.array(values, np.int64), bound) if bound < LIMIT else None
    if kind is float:
        return Column(np.array(values, np.float64))
    return None


def bools_as_ints(col: Column) -> Column:
    """The same values with False as 0 and True as 1."""
    if col.table is None:
        return replace(col, data=col.data.astype(np.int64), bound=1) if col.kind == "b" else col
    if bool not in set(map(type, col.table)):
        return col
    return coded(col.data, [int(v) if type(v) is bool else v for v in col.table]).with_failed(col.failed)


def constant(value: Value, n: int) -> Column:
    """n times the value."""
    one = column([value])
    return Column(one.data.repeat(n), one.table, None, one.bound)


def characters(text: str) -> Column:
    """The characters of a string, without a Python loop."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    distinct, codes = np.unique(points, return_inverse=True)
    return Column(codes.astype(np.int64), tuple(map(chr, distinct.tolist())))


def codes_of(col: Column) -> tuple[Ints, list[Value]]:
    """Return (codes, distinct values), distinguished by type and value (1, True and 1.0; 0.0 and -0.0)."""
    if col.table is not None:
        return col.data, list(col.table)
    if col.kind == "b":
        return col.data.astype(np.int64), [False, True]
    if col.kind == "i":
        small = _small_range(col.data)
        if small is not None:
            low, high = small
            return col.data - low, list(range(low, high + 1))
        distinct, codes = np.unique(col.data, return_inverse=True)
        return codes.astype(np.int64), distinct.tolist()
    bits, codes = np.unique(col.data.view(np.int64), return_inverse=True)
    return codes.astype(np.int64), bits.view(np.float64).tolist()


def kinds(codes: Sequence[tuple[Ints, int]], size: int) -> tuple[Ints, Ints]:
    """Return (a representative row of each class, the class of each row), for rows with several codes; each array of
    codes comes with their number. Classes are in the order of their codes."""
    if not codes:
        return np.zeros(min(1, size), np.int64), np.zeros(size, np.int64)
    joint, many = codes[0]
    for code, count in codes[1:]:
        many *= max(1, count)
        if many > 4 * size + 1_000:  # more than there can be
            _, joint = np.unique(joint, return_inverse=True)
            joint = joint.astype(np.int64)
            many = (int(joint.max()) + 1 if size else 1) * max(1, count)
        joint = joint * max(1, count) + code
    if many > 4 * size + 1_000:
        _, first, kind = np.unique(joint, return_index=True, return_inverse=True)
        return first, kind
    one = np.full(many, -1)
    one[joint] = np.arange(size)
    there = one >= 0
    if np.count_nonzero(there) == many:
        return one, joint
    return one[there], (np.cumsum(there) - 1)[joint]


def _small_range(data: Array) -> tuple[int, int] | None:
    """Return (least, greatest) of ints in a range so small that a table of it costs no more than sorting."""
    if not data.size:
        return None
    low, high = int(data.min()), int(data.max())
    return (low, high) if high - low <= len(data) + 64 else None


def numeric_bound(col: Column) -> int:
    """Return a bound of the magnitude of a bool or int column."""
    return 1 if col.kind == "b" else col.bound


_HASHED: set[type] = {bool, int, float, str, bytes, type(None), Fraction}
"""Types whose values are equal exactly if they are the same key of a dict."""
_OF_HASHED = {(k.__eq__, k.__hash__) for k in (*_HASHED, object)} | {(object.__eq__, Enum.__hash__)}
_OF_TUPLES: tuple[object, object] = (tuple.__eq__, tuple.__hash__)


def _hashes_as_it_equals(x: Value) -> bool:
    methods = (type(x).__eq__, type(x).__hash__)
    if isinstance(x, tuple) and methods == _OF_TUPLES:
        return all(map(_hashes_as_it_equals, x))
    return type(x) in _HASHED or methods in _OF_HASHED


def equality_codes(a: Column, b: Column) -> tuple[Ints, Ints, int] | None:
    """Return codes that are equal if and only if the values of a and b are (by Python's ==), and their number.

    None if equality may not be transitive or may not agree with hashes: for ratios next to floats, which are compared
    as the nearest float, and for types that define `==` themselves.
    """
    if a.kind in "bi" and b.kind in "bi":
        x, y = a.data.astype(np.int64, copy=False), b.data.astype(np.int64, copy=False)
        both = np.concatenate([x, y])
        small = _small_range(both)
        if small is not None:
            return x - small[0], y - small[0], small[1] - small[0] + 1
        distinct, codes = np.unique(both, return_inverse=True)
        codes = codes.astype(np.int64)
        return codes[: len(x)], codes[len(x) :], len(distinct)
    if a.table is not None and a.table is b.table and all(type(v) is str for v in a.table):
        return a.data, b.data, max(1, len(a.table))
    (x, xs), (y, ys) = codes_of(a), codes_of(b)
    kinds = set(map(type, xs)) | set(map(type, ys))
    if Fraction in kinds and any(issubclass(k, float) for k in kinds):
        return None
    if not (kinds <= _HASHED or all(map(_hashes_as_it_equals, (*xs, *ys)))):
        return None
    equal: dict[Value, int] = {}
    new_x = np.array([equal.setdefault(v, len(equal)) for v in xs] or [0], np.int64)
    new_y = np.array([equal.setdefault(v, len(equal)) for v in ys] or [0], np.int64)
    return new_x[x] if xs else x * 0, new_y[y] if ys else y * 0, max(1, len(equal))


def order_ranks(a: Column, b: Column) -> tuple[Ints, Ints, int] | None:
    """Return codes in the order of the values of a and b, and their number; None if there is no common order.

    Numbers have one (except ratios next to floats), and so have strings.
    """
    if a.kind in "bi" and b.kind in "bi":
        return equality_codes(a, b)
    (x, xs), (y, ys) = codes_of(a), codes_of(b)
    kinds = set(map(type, xs)) | set(map(type, ys))
    if not (kinds <= {bool, int, float} or kinds <= {bool, int, Fraction} or kinds <= {str}):
        return None
    distinct = sorted(set(xs) | set(ys))
    rank = {v: i for i, v in enumerate(distinct)}
    new_x = np.array([rank[v] for v in xs] or [0], np.int64)
    new_y = np.array([rank[v] for v in ys] or [0], np.int64)
    return new_x[x] if xs else x * 0, new_y[y] if ys else y * 0, max(1, len(distinct))


def choose(mask: npt.NDArray[np.bool_], a: Column, b: Column) -> Column:
    """a where the mask is set, else b; failures likewise."""
    failed = first_of(only_where(a.failed, mask), only_where(b.failed, ~mask))
    if a.kind == b.kind != "c":
        return Column(np.where(mask, a.data, b.data), failed=failed, bound=max(a.bound, b.bound))
    if a.table is not None and a.table is b.table:
        return Column(np.where(mask, a.data, b.data), a.table, failed)
    if mask.all():
        return replace(a, failed=failed)
    if not mask.any():
        return replace(b, failed=failed)
    (x, xs), (y, ys) = codes_of(a), codes_of(b)
    return _used(np.where(mask, x, y + len(xs)), [*xs, *ys]).with_failed(failed)


def _used(codes: Ints, table: list[Value]) -> Column:
    """Return a coded column without unused entries, which could prevent it from having one type."""
    used = np.zeros(len(table), bool)
    used[codes] = True
    place = np.cumsum(used) - 1
    return coded(place[codes], [v for v, u in zip(table, used.tolist(), strict=True) if u])


def scatter(n: int, parts: Sequence[tuple[Ints, Column]]) -> Column:
    """Return the column of n positions assembled from parts, each with its positions; together they cover all."""
    if len(parts) == 1 and len(parts[0][0]) == n:
        where, part = parts[0]
        back = np.empty(n, np.int64)
        back[where] = np.arange(n)
        return part.take(back)
    source = np.empty(n, np.int64)
    offset = 0
    joined: Column | None = None
    for where, part in parts:
        source[where] = np.arange(len(part)) + offset
        offset += len(part)
        joined = part if joined is None else concatenate(joined, part)
    return Column(np.zeros(0, bool)) if joined is None else joined.take(source)


def concatenate(a: Column, b: Column) -> Column:
    """a followed by b."""
    failed = None
    if a.failed is not None or b.failed is not None:
        fa, fb = a.failed or _none(len(a)), b.failed or _none(len(b))
        failed = Failed(np.concatenate([fa.id, fb.id]), np.concatenate([fa.origin, fb.origin]))
    if not len(a) or not len(b):
        return replace(b if not len(a) else a, failed=failed)
    if a.kind == b.kind != "c":
        return Column(np.concatenate([a.data, b.data]), failed=failed, bound=max(a.bound, b.bound))
    (x, xs), (y, ys) = codes_of(a), codes_of(b)
    # Codes of failed positions are arbitrary and may lie outside an empty table.
    both = np.concatenate([x if xs else x * 0, (y if ys else y * 0) + len(xs)])
    table = [*xs, *ys]
    both = np.minimum(both, max(0, len(table) - 1))
    return replace(_used(both, table) if table else Column(both, ()), failed=failed)


def _none(n: int) -> Failed:
    return Failed(np.full(n, -1, np.int64), np.zeros(n, np.int64))
