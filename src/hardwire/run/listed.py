"""The values of one expression on one short input as a list, and elementwise operations on such lists.

Where all values are of the types in a table, Python's own operator is the language's; otherwise the scalar meaning is
asked once for each combination of values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from ..lang.expr import Expr, Op
from ..lang.values import Value, exact
from .failure import BROKEN
from .scalar import scalar, truth
from .tables import FAIL, result_of

Listed = tuple[list[Value], int]
"""The value at each position, FAIL where there is none; and a set of types with all of theirs, perhaps larger."""
Held = list[Any]
"""All results of a run so far, by number."""
ListedStep = Callable[[Held], Any]
"""The result of one expression from those so far. It does not hold the expression."""

# Sets of types, as bits: `not types & ~WHOLE` says that all types are among WHOLE.

BOOL, INT, RATIO, FLOAT, TEXT, NONE, FAILED, OTHER = (1 << k for k in range(8))
_BITS: dict[type, int] = {
    bool: BOOL, int: INT, Fraction: RATIO, float: FLOAT, str: TEXT, type(None): NONE, type(FAIL): FAILED,
}  # fmt: skip
WHOLE = BOOL | INT
NUMBERS = WHOLE | FLOAT
PLAIN = NUMBERS | TEXT | NONE
RATIOS = WHOLE | RATIO
"""Without floats, next to which ratios are rounded."""


def _within(*some: int) -> frozenset[int]:
    """All sets of types that are within one of these."""
    return frozenset(types for types in range(1 << 8) if any(not types & ~each for each in some))


ORDERED = _within(NUMBERS, RATIOS, TEXT)
"""Sets of types of which Python orders all values as the language does."""
HASHED = _within(PLAIN, RATIOS | TEXT | NONE)
"""Sets of types of which all values are equal as Python says, and then have equal hashes."""
EXACT = INT | TEXT | NONE
"""No function can distinguish values of these types that are equal."""

LARGE = 1 << 62
"""Integers below this are values, however they came about."""


def types_of(values: Iterable[Value]) -> int:
    """The set of the types of some values."""
    types = 0
    for t in set(map(type, values)):
        types |= _BITS.get(t, OTHER)
    return types


def attempted(f: Callable[..., Value], *args: Any) -> Value:
    """f of the arguments, or FAIL."""
    try:
        return f(*args)
    except BROKEN:
        raise
    except Exception:
        return FAIL


def where_step(condition: int, then: int, otherwise: int) -> ListedStep:
    """Return the step of `where`."""

    def choose(held: Held) -> Listed:
        (c, types), (a, x), (b, y) = held[condition], held[then], held[otherwise]
        if not types & ~PLAIN:
            found = [v if taken else w for taken, v, w in zip(c, a, b, strict=True)]
            return found, x if x == y else types_of(found)
        some = [FAIL if v is FAIL else attempted(truth, v) for v in c]
        found = [FAIL if t is FAIL else v if t else w for t, v, w in zip(some, a, b, strict=True)]
        return found, types_of(found)

    return choose


# Operations that Python's operators compute, by the operands' types: the types of the results.

_Results = dict[int, int]
_ARITHMETIC: _Results = dict.fromkeys(_within(NUMBERS), INT | FLOAT) | dict.fromkeys(_within(WHOLE), INT)
_EQUALITY: _Results = dict.fromkeys(HASHED, BOOL)
_ORDER: _Results = dict.fromkeys(ORDERED, BOOL)
_OPERATORS: dict[Op, tuple[Callable[..., Any], _Results]] = {
    Op.ADD: (operator.add, _ARITHMETIC),
    Op.SUB: (operator.sub, _ARITHMETIC),
    Op.MUL: (operator.mul, _ARITHMETIC),
    Op.DIV: (operator.truediv, {FLOAT: FLOAT}),
    Op.FLOORDIV: (operator.floordiv, _ARITHMETIC),
    Op.MOD: (operator.mod, _ARITHMETIC),
    Op.NEG: (operator.neg, _ARITHMETIC),
    Op.ABS: (operator.abs, _ARITHMETIC),
    Op.EQ: (operator.eq, _EQUALITY),
    Op.NE: (operator.ne, _EQUALITY),
    Op.LT: (operator.lt, _ORDER),
    Op.LE: (operator.le, _ORDER),
    Op.GT: (operator.gt, _ORDER),
    Op.GE: (operator.ge, _ORDER),
    Op.AND: (operator.and_, {BOOL: BOOL}),
    Op.OR: (operator.or_, {BOOL: BOOL}),
    Op.XOR: (operator.xor, {BOOL: BOOL}),
    Op.NOT: (operator.not_, {BOOL: BOOL}),
}


def elementwise_step(e: Expr, src: list[int]) -> ListedStep:
    """Return the step of an elementwise operation other than `where`."""
    op, meaning = e.op, scalar(e)
    function, known = _OPERATORS.get(op, (meaning, {}))

    def binary(held: Held) -> Listed:
        (a, x), (b, y) = held[first], held[second]
        results = known.get(x | y)
        if results is not None:
            found = _by_operator(map(function, a, b), results)
            if found is not None:
                return found, results
        return _by_meaning(op, meaning, [a, b], x | y)

    def compute(held: Held) -> Listed:
        columns, types = [held[s][0] for s in src], 0
        for s in src:
            types |= held[s][1]
        results = known.get(types)
        if results is not None:
            found = _by_operator(map(function, *columns), results)
            if found is not None:
                return found, results
        return _by_meaning(op, meaning, columns, types)

    if len(src) != 2:
        return compute
    first, second = src
    return binary


def _by_operator(found: Iterable[Any], types: int) -> list[Value] | None:
    """The results of Python's operator; None where one of them may not be the language's."""
    try:
        values = list(found)
    except (ArithmeticError, ValueError):
        return None  # a division by zero, or an int too large for a float
    if types == BOOL:
        return values
    if not (max(values) < LARGE and min(values) > -LARGE):
        return None
    return None if types & FLOAT and any(map(operator.ne, values, values)) else values  # nan


def _by_meaning(op: Op, meaning: Callable[..., Any], columns: list[list[Value]], types: int) -> Listed:
    """The results by the scalar meaning, once for each combination of values."""
    if len(columns) == 1 and not types & ~EXACT:
        [values] = columns
        known = {v: attempted(meaning, v) for v in set(values)}
        return [known[v] for v in values], types_of(known.values())
    rows = list(zip(*columns, strict=True))
    keys: list[Any] = list(zip(*[map(exact, c) for c in columns], strict=True)) if types & ~EXACT else rows
    distinct = dict(zip(keys, rows, strict=True))
    if types & FAILED:
        found = {key: result_of(op, meaning, args) for key, args in distinct.items()}
    else:
        found = {key: attempted(meaning, *args) for key, args in distinct.items()}
    return [found[key] for key in keys], types_of(found.values())
