"""Elementwise operations on whole columns.

One NumPy operation if the columns have types in which it is exact; otherwise the scalar operation, once for each
distinct combination of values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..effort import loop
from ..lang.expr import Expr, Op
from ..lang.text import constant, formula
from ..lang.values import Value
from . import purity
from .column import (
    COMPARE,
    LIMIT,
    Array,
    Column,
    choose,
    coded,
    codes_of,
    equality_codes,
    ints,
    numeric_bound,
)
from .failure import BROKEN, Bools, Failed, FailureLog, Ints, first_of, only_where, reason_of
from .ratios import by_ratios
from .scalar import EXACT_FLOAT, NoValue, logic, scalar, truth


def elementwise(expr: Expr, columns: Sequence[Column], log: FailureLog) -> Column:
    """Return the column of an elementwise expression from those of its sources; failures are logged."""
    if expr.op is Op.WHERE:
        return _where(expr, columns, log)
    if expr.op.deciding is not None:
        return _and_or(expr, columns, log)
    failed = first_of(*(c.failed for c in columns))
    fast = _fast(expr, columns)
    if fast is None:
        ratios = by_ratios(expr.op, columns, failed)
        return by_value(expr, columns, scalar(expr), log, failed) if ratios is None else ratios
    result, undone = fast
    if undone is not None:
        if failed is not None:
            undone = undone & ~failed.mask
        if undone.any():
            failed = first_of(failed, _failures(expr, columns, undone, log))
    return result if failed is None else replace(result, failed=failed)


def by_value(
    expr: Expr, columns: Sequence[Column], f: Callable[..., Value], log: FailureLog, failed: Failed | None
) -> Column:
    """f of the values at each position that has not failed, called once for each distinct combination."""
    n = len(columns[0])
    where = np.arange(n) if failed is None else np.flatnonzero(~failed.mask)
    inverse, combinations = _combinations(columns, where)
    results: list[Value] = []
    outcomes: list[object] = []
    code = np.zeros(len(combinations), np.int64)
    failures = np.full(len(combinations), -1, np.int64)
    for i, args in enumerate(loop(combinations, "evaluating", lambda: formula(expr, 60))):
        try:
            results.append(f(*args))
            code[i] = len(results) - 1
            outcomes.append(results[-1])
        except BROKEN as error:
            error.add_note(f"in {formula(expr)}, called with {', '.join(map(constant, args))}")
            raise
        except Exception as error:
            reason = str(error) if isinstance(error, NoValue) else reason_of(error)
            failures[i] = log.add(expr, args, reason)
            outcomes.append(purity.NO_VALUE)
    if expr.op is Op.MAP:
        purity.check(expr, f, zip(combinations, outcomes, strict=True))
    codes = code[inverse]
    if failed is not None:
        codes, some = np.zeros(n, np.int64), codes
        codes[where] = some
    result = coded(codes, results)
    if (failures >= 0).any():
        id = np.full(n, -1, np.int64)
        id[where] = failures[inverse]
        failed = first_of(failed, Failed(id, np.arange(n)))
    return result if failed is None else replace(result, failed=failed)


def _combinations(columns: Sequence[Column], where: Ints) -> tuple[Ints, list[tuple[Value, ...]]]:
    """Return (the combination at each position of `where`, by number, the distinct combinations of values)."""
    joint: Ints | None = None
    combinations: list[tuple[Value, ...]] = [()]
    for c in columns:
        codes, table = codes_of(c if len(where) == len(c) else c.take(where))
        width = max(1, len(table))
        distinct, joint = _distinct(codes if joint is None else joint * width + codes, len(combinations) * width)
        combinations = [(*combinations[d // width], table[d % width]) for d in distinct.tolist()]
    assert joint is not None
    return joint, combinations


def _distinct(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """np.unique with the inverse, by counting if there are few codes."""
    if size <= 4 * len(codes) + 1024:
        used = np.zeros(size, bool)
        used[codes] = True
        found = np.flatnonzero(used)
        return found, codes if len(found) == size else (np.cumsum(used) - 1)[codes]
    first, inverse = np.unique(codes, return_inverse=True)
    return first, inverse.astype(np.int64)


def _failures(expr: Expr, columns: Sequence[Column], mask: Bools, log: FailureLog) -> Failed:
    """Return the failures at the positions of the mask, at which the scalar operation is known to fail."""
    where = np.flatnonzero(mask)
    part = by_value(expr, [c.take(where) for c in columns], scalar(expr), log, None)
    assert part.failed is not None, f"{expr} has values where failures were expected"
    assert part.failed.mask.all(), f"{expr} has a value where it was taken to fail"
    id = np.full(len(mask), -1, np.int64)
    id[where] = part.failed.id
    return Failed(id, np.arange(len(mask)))


# Operations in which NumPy's arithmetic equals the language's.

_PLAIN: dict[Op, Any] = {Op.ADD: np.add, Op.SUB: np.subtract, Op.MUL: np.multiply}

Fast = tuple[Column, Bools | None]
"""Return the result, and the positions at which it has failed (the scalar operation gives the reasons)."""


def _fast(expr: Expr, columns: Sequence[Column]) -> Fast | None:
    op = expr.op
    kinds = "".join(c.kind for c in columns)
    if op.equality and "c" in kinds:
        codes = equality_codes(*columns)
        return None if codes is None else (Column(COMPARE[op](codes[0], codes[1])), None)
    if "c" in kinds:
        return None
    if op.comparison:
        return _compare(op, *columns) if _comparable(columns, kinds) else None
    if len(columns) == 1:
        return _unary(expr, columns[0])
    if len(columns) == 2:
        a, b = columns
        if op is Op.XOR:
            return (Column(a.data ^ b.data), None) if kinds == "bb" else None
        if "f" not in kinds:
            return _int_arithmetic(op, a, b)
        if _comparable(columns, kinds):
            return _float_arithmetic(op, a, b)
    return None


def _comparable(columns: Sequence[Column], kinds: str) -> bool:
    """Return whether NumPy may convert them to one type: all ints, or no int that is not exact as a float."""
    return "f" not in kinds or all(c.kind == "f" or numeric_bound(c) <= EXACT_FLOAT for c in columns)


def _compare(op: Op, a: Column, b: Column) -> Fast:
    return Column(COMPARE[op](a.data, b.data)), None


def _unary(expr: Expr, x: Column) -> Fast | None:
    if expr.op is Op.NOT:
        return (Column(~x.data), None) if x.kind == "b" else None
    if x.kind == "f":
        if expr.op in (Op.NEG, Op.ABS):
            return Column(-x.data if expr.op is Op.NEG else np.abs(x.data)), None
        return None
    data = x.data.astype(np.int64, copy=False)
    if expr.op is Op.NEG:
        return ints(-data, numeric_bound(x)), None
    if expr.op is Op.ABS:
        return ints(np.abs(data), numeric_bound(x)), None
    if expr.op is Op.ROUND and expr.arg is None:
        return ints(data, numeric_bound(x)), None
    return None


def _int_arithmetic(op: Op, a: Column, b: Column) -> Fast | None:
    x, y = a.data.astype(np.int64, copy=False), b.data.astype(np.int64, copy=False)
    if op in _PLAIN:
        bound = _result_bound(op, numeric_bound(a), numeric_bound(b))
        if bound >= LIMIT:  # the bounds may be far from the values, so compute them
            bound = _result_bound(op, numeric_bound(ints(x)), numeric_bound(ints(y)))
        return (ints(_PLAIN[op](x, y), bound), None) if bound < LIMIT else None
    if op in (Op.FLOORDIV, Op.MOD):
        zero = y == 0
        if not zero.any():
            return _divided(op, x, y, a, b), None
        return _divided(op, x, np.where(zero, 1, y), a, b), zero
    return None


def _result_bound(op: Op, a: int, b: int) -> int:
    return a * b if op is Op.MUL else a + b


def _divided(op: Op, x: Ints, y: Ints, a: Column, b: Column) -> Column:
    if op is Op.FLOORDIV:
        return ints(x // y, numeric_bound(a) + 1)
    return ints(x % y, numeric_bound(b))


def _float_arithmetic(op: Op, a: Column, b: Column) -> Fast | None:
    x, y = a.data.astype(np.float64, copy=False), b.data.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        if op in _PLAIN:
            data: Array = _PLAIN[op](x, y)
            undone = np.isnan(data)
        elif op is Op.DIV:
            data = x / y
            undone = (y == 0) | np.isnan(data)
        else:
            return None
    return Column(data), undone if undone.any() else None


# What does without some of its operands.


def logic_column(expr: Expr, x: Column, log: FailureLog) -> Column:
    """Return x as bools; any value except 0 and 1 fails as an operand of `expr`."""
    if x.kind == "b":
        return x
    return by_value(expr, [x], logic, log, x.failed)


def _and_or(expr: Expr, columns: Sequence[Column], log: FailureLog) -> Column:
    sides = [logic_column(expr, c, log) for c in columns]
    a, b = (s.data.astype(bool, copy=False) for s in sides)
    data = a & b if expr.op is Op.AND else a | b
    if all(s.failed is None for s in sides):
        return Column(data)
    # Where one side decides, the other is not needed, whether it has failed or is not a truth value. (If this held only
    # for failures, a rewrite that gives a failed operand a value could remove the result.)
    deciding = bool(expr.op.deciding)
    decided = np.zeros(len(a), bool)
    for side, values in zip(sides, (a, b), strict=True):
        decided |= (values == deciding) & side.ok()
    failed = only_where(first_of(*(s.failed for s in sides)), ~decided)
    return Column(np.where(decided, deciding, data), failed=failed)


def _where(expr: Expr, columns: Sequence[Column], log: FailureLog) -> Column:
    condition, then, otherwise = columns
    if condition.kind == "b":
        taken = condition
    elif condition.kind in "if":
        taken = replace(condition, data=condition.data != 0, bound=0)
    else:
        taken = by_value(expr, [condition], truth, log, condition.failed)
    result = choose(taken.data.astype(bool, copy=False), then, otherwise)
    return result.with_failed(taken.failed)
