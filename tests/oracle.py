"""The language's meaning once more, as plainly as Python allows: one input, one position, one cell at a time.

Written from the language's description alone and without NumPy, so that agreement with `hardwire.run` means
something. A sop has a list of n values; a selector has n rows (queries) of n cells (keys). What has no value
is FAILED; why, the oracle does not say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from hardwire.lang.expr import KEEP_BOOLS, Expr, Op
from hardwire.lang.function import Table
from hardwire.lang.values import freeze


class _Failed:
    def __repr__(self) -> str:
        return "FAILED"


FAILED = _Failed()
"""What a position or a cell holds where there is no value."""

PROPAGATE = (NameError, ImportError, RecursionError, MemoryError)
MAX_BITS = 4096


class Fails(Exception):
    """There is no value here."""


def run(root: Expr, tokens: Sequence[Any], causal: bool = False) -> list[Any]:
    """The results as a person gets them: ratios as floats; FAILED in place. A selector gives its rows."""
    values = evaluate(root, tokens, causal)[root]
    if root.selector:
        return [[c if j <= i or not causal else False for j, c in enumerate(row)] for i, row in enumerate(values)]
    return [_attempt(leave, v) if v is not FAILED else FAILED for v in values]


def evaluate(root: Expr, tokens: Sequence[Any], causal: bool = False) -> dict[Expr, list[Any]]:
    """Every part of the program by expression, ratios still exact, selectors without the causal mask."""
    given = [freeze(t) for t in tokens]
    known: dict[Expr, list[Any]] = {}
    for expr in root.walk():
        if expr.selector:
            known[expr] = _matrix(expr, known, len(given))
        else:
            known[expr] = [_position(expr, known, given, i, causal) for i in range(len(given))]
    return known


def _attempt(f: Callable[..., Any], *args: Any) -> Any:
    try:
        return f(*args)
    except PROPAGATE:
        raise
    except Exception:
        return FAILED


# Sops.


def _position(expr: Expr, known: dict[Expr, list[Any]], tokens: list[Any], i: int, causal: bool) -> Any:
    op = expr.op
    if op is Op.TOKENS:
        return tokens[i]
    if op is Op.INDICES:
        return i
    if op is Op.CONST:
        return expr.arg
    if op is Op.RAW:
        return expr.arg[i] if len(expr.arg) == len(tokens) else FAILED
    if op in (Op.VALUE, Op.ONE, Op.MEAN, Op.MAX, Op.MIN, Op.COUNT_DISTINCT, Op.WIDTH):
        row = known[expr.src[0]][i]
        if causal:
            row = [c if j <= i else False for j, c in enumerate(row)]
        return _attempt(_aggregate, expr, row, [known[s] for s in expr.src[1:]], i)
    values = [known[s][i] for s in expr.src]
    if op is Op.NAME:
        return values[0]
    if op is Op.WHERE:
        return _attempt(_where, *values)
    if op in (Op.AND, Op.OR):
        return _attempt(_and_or, op, *values)
    if any(v is FAILED for v in values):
        return FAILED
    return _attempt(apply, expr, *values)


def _where(condition: Any, then: Any, otherwise: Any) -> Any:
    if condition is FAILED:
        return FAILED
    return then if condition else otherwise


def _and_or(op: Op, a: Any, b: Any) -> Any:
    deciding = op is Op.OR
    a, b = (v if v is FAILED else _attempt(logic, v) for v in (a, b))
    if a is deciding or b is deciding:
        return deciding
    if a is FAILED or b is FAILED:
        return FAILED
    return not deciding


def apply(expr: Expr, *values: Any) -> Any:
    """An elementwise operation that needs all its operands. Raises where it has no value."""
    op, arg = expr.op, expr.arg
    if op is Op.MAP:
        if isinstance(arg, Table):
            same = [v for k, v in arg.items if values[0] == k] + [v for k, v in arg.items if equal(values[0], k)]
            return same[0]
        return freeze(arg.original(*map(leave, values)))
    if op is Op.HAS:
        return any(equal(values[0], member) for member in arg)
    if op in (Op.EQ, Op.NE):
        return equal(*values) is (op is Op.EQ)
    if op in (Op.LT, Op.LE, Op.GT, Op.GE):
        return ordered(op, *values)
    if op is Op.NOT:
        return not logic(values[0])
    if op is Op.XOR:
        return logic(values[0]) is not logic(values[1])
    if op is Op.ADD and any(all(isinstance(v, kind) for v in values) for kind in (str, tuple)):
        if sum(map(len, values)) > 1 << 16:
            raise Fails("too long")
        return values[0] + values[1]
    if not all(map(number, values)):
        raise Fails("no numbers")
    if op in (Op.NEG, Op.ABS, Op.ROUND):
        x = values[0]
        if op is Op.ROUND:
            return checked(round(x) if arg is None else round(x, arg))
        return checked(-x if op is Op.NEG else abs(x))
    return arithmetic(op, *values)


def number(x: Any) -> bool:
    return isinstance(x, (int, float, Fraction))


def checked(x: Any) -> Any:
    """x, if it is a value. Raises where not."""
    if isinstance(x, float) and math.isnan(x):
        raise Fails("nan")
    if isinstance(x, complex):
        raise Fails("complex")
    if isinstance(x, (int, Fraction)) and max(bits(x)) > MAX_BITS:
        raise Fails("too large")
    return x


def bits(x: Any) -> tuple[int, int]:
    ratio = Fraction(x)
    return abs(ratio.numerator).bit_length(), ratio.denominator.bit_length()


def arithmetic(op: Op, a: Any, b: Any) -> Any:
    if isinstance(a, float) or isinstance(b, float):
        return checked(_python(op, leave(a), leave(b)))
    ratio = isinstance(a, Fraction) or isinstance(b, Fraction)
    if op is Op.DIV:
        return checked(Fraction(a) / Fraction(b))
    if op is Op.POW:
        p, q = Fraction(a), Fraction(b)
        if q.denominator != 1:
            return checked(float(a) ** float(b))
        if (max(bits(p)) - 1) * abs(q) > 2 * MAX_BITS:
            raise Fails("too large")  # and would take too long to find out
        result: Any = p ** int(q)
        return checked(result if ratio or q < 0 else int(result))
    result = _python(op, a, b)
    return checked(math.floor(result) if op is Op.FLOORDIV else Fraction(result) if ratio else result)


def _python(op: Op, a: Any, b: Any) -> Any:
    if op is Op.ADD:
        return a + b
    if op is Op.SUB:
        return a - b
    if op is Op.MUL:
        return a * b
    if op is Op.DIV:
        return a / b
    if op is Op.FLOORDIV:
        return a // b
    if op is Op.MOD:
        return a % b
    assert op is Op.POW
    return a**b


def leave(x: Any) -> Any:
    """x as a user sees it: a ratio as the nearest float."""
    if isinstance(x, Fraction):
        return x.numerator / x.denominator
    if type(x) is tuple:
        return tuple(leave(item) for item in x)
    return x


def met(a: Any, b: Any) -> tuple[Any, Any]:
    """A ratio that meets a float is the nearest float."""
    if isinstance(a, float) and isinstance(b, Fraction):
        return a, leave(b)
    if isinstance(a, Fraction) and isinstance(b, float):
        return leave(a), b
    return a, b


def equal(a: Any, b: Any) -> bool:
    try:
        a, b = met(a, b)
    except OverflowError:  # a ratio beyond all floats is equal to none
        return False
    result = a == b
    assert type(result) is bool
    return result


def ordered(op: Op, a: Any, b: Any) -> bool:
    if number(a) and number(b):
        a, b = met(a, b)
    elif not any(isinstance(a, kind) and isinstance(b, kind) for kind in (str, tuple)) and type(a) is not type(b):
        raise Fails("no order")
    result = a < b if op is Op.LT else a <= b if op is Op.LE else a > b if op is Op.GT else a >= b
    if type(result) is not bool:
        raise Fails("no order")
    return result


def logic(x: Any) -> bool:
    if number(x) and x in (0, 1):
        return bool(x == 1)
    raise Fails("neither 0 nor 1")


# Selectors.


def _matrix(expr: Expr, known: dict[Expr, list[Any]], n: int) -> list[list[Any]]:
    return [[_cell(expr, known, i, j) for j in range(n)] for i in range(n)]


def _cell(expr: Expr, known: dict[Expr, list[Any]], i: int, j: int) -> Any:
    if expr.op is Op.COMPARE:
        key, query = known[expr.src[0]][j], known[expr.src[1]][i]
        if key is FAILED or query is FAILED:
            return FAILED
        return _attempt(_compare, expr.arg, key, query)
    cells = [known[s][i][j] for s in expr.src]
    if expr.op is Op.NAME:
        return cells[0]
    if expr.op is Op.AND and any(c is False for c in cells):
        return False
    if expr.op is Op.OR and any(c is True for c in cells):
        return True
    if any(c is FAILED for c in cells):
        return FAILED
    if expr.op is Op.NOT:
        return not cells[0]
    if expr.op is Op.XOR:
        return cells[0] is not cells[1]
    return expr.op is Op.AND


def _compare(arg: Any, key: Any, query: Any) -> bool:
    if arg in (Op.EQ, Op.NE):
        return equal(key, query) is (arg is Op.EQ)
    if isinstance(arg, Op):
        return ordered(arg, key, query)
    return bool(arg.original(leave(key), leave(query)))


# Aggregates.


def _aggregate(expr: Expr, row: list[Any], sources: list[list[Any]], i: int) -> Any:
    if any(c is FAILED for c in row):
        return FAILED
    chosen = [j for j, c in enumerate(row) if c]
    if expr.op is Op.WIDTH:
        return len(chosen)
    *_, xs, default = sources
    if not chosen:
        return default[i]
    if expr.op in (Op.MAX, Op.MIN):
        scores = sources[0]
        if any(scores[j] is FAILED for j in chosen):
            return FAILED
        best = chosen[0]
        for j in chosen[1:]:
            if ordered(Op.GT if expr.op is Op.MAX else Op.LT, scores[j], scores[best]):
                best = j
        return xs[best]
    if any(xs[j] is FAILED for j in chosen):
        return FAILED
    if expr.op is Op.COUNT_DISTINCT:
        return sum(not any(equal(xs[j], xs[k]) for k in chosen[:i]) for i, j in enumerate(chosen))
    if len(chosen) == 1:
        x = xs[chosen[0]]
        return int(x) if type(x) is bool and expr.op is not Op.ONE and expr.arg != KEEP_BOOLS else x
    if expr.op is Op.ONE:
        return FAILED
    total = total_of([xs[j] for j in chosen])
    return total if expr.op is Op.VALUE else arithmetic(Op.DIV, total, len(chosen))


def total_of(values: list[Any]) -> Any:
    """The exact sum; with a float in it the float nearest to that."""
    if not all(map(number, values)):
        raise Fails("no numbers")
    if not any(isinstance(v, float) for v in values):
        total = sum(map(Fraction, values), Fraction(0))
        return checked(total if any(isinstance(v, Fraction) for v in values) else int(total))
    infinite = {v for v in values if isinstance(v, float) and math.isinf(v)}
    if infinite:
        return checked(sum(infinite))
    return float(sum(map(Fraction, values), Fraction(0)))
