"""Arithmetic on whole columns of ints and ratios, as integers in NumPy: numerators and denominators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from ..lang.expr import Op
from .column import COMPARE, Column, codes_of, ints, kinds
from .failure import Bools, Failed, Ints

SMALL = 1 << 30
"""Numerators and denominators below this: a sum of two products of them fits into int64."""
MANY = 256
"""For fewer positions than this, one ratio after the other is as fast."""
NUMBERS = {bool, int, Fraction}
ARITHMETIC = {Op.ADD, Op.SUB, Op.MUL, Op.DIV}


@dataclass(frozen=True, eq=False)
class _Ratios:
    """Numbers as quotients in lowest terms, and which of them are ratios rather than ints."""

    numerator: Ints
    denominator: Ints
    ratio: Bools

    def take(self, some: Ints) -> _Ratios:
        return _Ratios(self.numerator[some], self.denominator[some], self.ratio[some])


def by_ratios(op: Op, columns: Sequence[Column], failed: Failed | None) -> Column | None:
    """The result of an operation; None where this is not arithmetic on many small ratios, or a division by 0."""
    if len(columns) != 2 or len(columns[0]) < MANY or not (op in ARITHMETIC or op.order):
        return None
    where = None if failed is None else np.flatnonzero(~failed.mask)
    if where is not None and not len(where):
        return None
    codes, numbers = [], []
    for c in columns:
        code, table = codes_of(c if where is None else c.take(where))
        found = _numbers(table)
        if found is None:
            return None
        codes.append((code, len(table)))
        numbers.append(found)
    first, kind = kinds(codes, len(codes[0][0]))  # each combination of values once
    a, b = (x.take(code[first]) for x, (code, _) in zip(numbers, codes, strict=True))
    if op.order:
        result = Column(COMPARE[op](a.numerator * b.denominator, b.numerator * a.denominator)[kind])
    elif op is Op.DIV and not b.numerator.all():
        return None
    else:
        result = _column(_computed(op, a, b), kind)
    if where is None:
        return result
    data = np.zeros(len(columns[0]), result.data.dtype)
    data[where] = result.data
    return replace(result, data=data, failed=failed)


def _numbers(table: Sequence[object]) -> _Ratios | None:
    """The values as quotients; None where one is not a small int or ratio."""
    if not table or not set(map(type, table)) <= NUMBERS:
        return None
    pairs = [(x.numerator, x.denominator) for x in table]  # type: ignore[attr-defined]
    if max(max(abs(n), d) for n, d in pairs) >= SMALL:
        return None
    both = np.array(pairs, np.int64)
    return _Ratios(both[:, 0], both[:, 1], np.array([type(x) is Fraction for x in table]))


def _computed(op: Op, a: _Ratios, b: _Ratios) -> _Ratios:
    if op is Op.DIV:
        sign = np.where(b.numerator < 0, -1, 1)
        b = _Ratios(b.denominator * sign, np.abs(b.numerator), np.ones(len(sign), bool))
    denominator = a.denominator * b.denominator
    if op is Op.ADD or op is Op.SUB:
        left, right = a.numerator * b.denominator, b.numerator * a.denominator
        numerator = left + right if op is Op.ADD else left - right
    else:
        numerator = a.numerator * b.numerator
    common = np.gcd(numerator, denominator)
    return _Ratios(numerator // common, denominator // common, a.ratio | b.ratio)


def _column(x: _Ratios, kind: Ints) -> Column:
    """The column of the numbers, of which `kind` says which one is at each position."""
    if not x.ratio.any():
        return ints(x.numerator[kind])
    numerators, n = np.unique(x.numerator, return_inverse=True)
    denominators, d = np.unique(x.denominator, return_inverse=True)
    first, code = kinds([(n, len(numerators)), (d, len(denominators)), (x.ratio.astype(np.int64), 2)], len(n))
    different = x.take(first)
    table = [
        Fraction(n, d) if ratio else n
        for n, d, ratio in zip(
            different.numerator.tolist(), different.denominator.tolist(), different.ratio.tolist(), strict=True
        )
    ]
    return Column(code[kind], tuple(table))
