"""The meaning of each elementwise operation at one position: the language's arithmetic, on exact values.

`scalar(expr)` is a function of one value per source that returns a value or raises. The interpreter applies it to the
distinct values of a column, the compiler to whole domains.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterable
from fractions import Fraction

from ..lang.english import a_type
from ..lang.expr import Expr, Op
from ..lang.function import Table, Tabled
from ..lang.values import MAX_BITS, MAX_LENGTH, NotAValue, Value, freeze, is_number, leave

EXACT_FLOAT = 1 << sys.float_info.mant_dig
"""Ints up to this are exact as floats."""
MOST_DIGITS = 5_000
"""More digits than a number of `MAX_BITS` bits has: rounding to more has no effect, and would be very slow."""


class NoValue(Exception):
    """The operation has no value; the message says why."""


def scalar(expr: Expr) -> Callable[..., Value]:
    """Return the function that evaluates an elementwise expression at one position; it raises if there is no value.

    For `&`, `|` and `where` the caller passes the values that are needed, since the others may have failed. The
    function does not hold the expression.
    """
    if expr.op is Op.MAP:
        if isinstance(expr.arg, Tabled):
            tabled = expr.arg
            return lambda *args: tabled(*map(leave, args))
        return expr.arg if isinstance(expr.arg, Table) else _user(expr.arg)
    if expr.op is Op.ROUND:
        digits = expr.arg
        return lambda x: _round(x, digits)
    if expr.op is Op.HAS:
        members = expr.arg
        return lambda x: any(equal(x, m) for m in members)
    return _MEANING[expr.op]


def _user(f: Callable[..., object]) -> Callable[..., Value]:
    def call(*args: Value) -> Value:
        try:
            return freeze(f(*map(leave, args)))
        except NotAValue as error:
            raise NoValue(f"it did not return a value: {error}") from None

    return call


def checked(x: Value) -> Value:
    """Return the result of arithmetic if it is a value. Raises NoValue."""
    try:
        if type(x) is complex:
            raise NotAValue("the result is a complex number")
        if type(x) is float and x != x:
            raise NotAValue("the result is nan")
        return freeze(x)
    except NotAValue as error:
        raise NoValue(str(error)) from None


def _arithmetic(sign: str, f: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    def compute(a: Value, b: Value) -> Value:
        if not (is_number(a) and is_number(b)):
            raise NoValue(f"`{sign}` is arithmetic on numbers{_unlike(a, b)}")
        if isinstance(a, float) or isinstance(b, float):
            a, b = leave(a), leave(b)
        return checked(f(a, b))

    return compute


def _unlike(a: Value, b: Value) -> str:
    return f", not on {type(a).__name__} and {type(b).__name__}"


def _both(kind: type, a: Value, b: Value) -> bool:
    return isinstance(a, kind) and isinstance(b, kind)


def _add(a: Value, b: Value) -> Value:
    if _both(str, a, b) or _both(tuple, a, b):
        if len(a) + len(b) > MAX_LENGTH:
            raise NoValue(f"{a_type(a)} longer than {MAX_LENGTH} is too large")
        return a + b
    if is_number(a) and is_number(b):
        return _plus(a, b)
    raise NoValue(f"`+` adds two numbers or joins two strings or two tuples{_unlike(a, b)}")


_plus = _arithmetic("+", operator.add)


def _divide(a: Value, b: Value) -> Value:
    if isinstance(a, float) or isinstance(b, float):
        return a / b
    if b == 0:
        raise ZeroDivisionError("division by zero")
    return Fraction(a) / Fraction(b) if isinstance(a, Fraction) or isinstance(b, Fraction) else Fraction(int(a), int(b))


def _power(a: Value, b: Value) -> Value:
    if isinstance(b, float) or isinstance(a, float) or Fraction(b).denominator != 1:
        return float(a) ** float(b)
    ratio = isinstance(a, Fraction) or isinstance(b, Fraction)
    b = int(b)
    base = Fraction(a)
    # Refuse before computing: 10 ** 10 ** 10 must not run for an hour.
    if (max(abs(base.numerator), base.denominator).bit_length() - 1) * abs(b) > MAX_BITS:
        raise NoValue(f"a number of more than {MAX_BITS} bits is too large")
    if b < 0:
        if base == 0:
            raise ZeroDivisionError("0 cannot be raised to a negative power")
        return Fraction(base**b)
    return base**b if ratio else int(a) ** b


def _number(sign: str, f: Callable[[Value], Value]) -> Callable[[Value], Value]:
    def compute(x: Value) -> Value:
        if not is_number(x):
            raise NoValue(f"{sign} takes a number, not {a_type(x)}")
        return checked(f(x))

    return compute


def _round(x: Value, digits: int | None) -> Value:
    if not is_number(x):
        raise NoValue(f"round takes a number, not {a_type(x)}")
    if digits is None:
        return checked(round(x))
    return checked(round(x, max(-MOST_DIGITS, min(digits, MOST_DIGITS))))


def _meet(a: Value, b: Value) -> tuple[Value, Value]:
    """A ratio that meets a float is the nearest float."""
    if type(a) is Fraction and isinstance(b, float):
        return leave(a), b
    if type(b) is Fraction and isinstance(a, float):
        return a, leave(b)
    return a, b


def equal(a: Value, b: Value) -> bool:
    """Python's ==, a ratio meeting a float as the nearest float."""
    if type(a) is Fraction or type(b) is Fraction:
        try:
            a, b = _meet(a, b)
        except OverflowError:
            return False
    result = a == b
    if type(result) is not bool:
        raise NoValue(f"== of {type(a).__name__} and {type(b).__name__} returned {a_type(result)}")
    return result


def _order(sign: str, f: Callable[[Value, Value], object]) -> Callable[[Value, Value], bool]:
    def compute(a: Value, b: Value) -> bool:
        if is_number(a) and is_number(b):
            a, b = _meet(a, b)
        elif type(a) is not type(b) and not _both(str, a, b) and not _both(tuple, a, b):
            raise NoValue(f"`{sign}`: {type(a).__name__} and {type(b).__name__} have no order")
        try:
            result = f(a, b)
        except TypeError as error:
            raise NoValue(f"`{sign}`: the values have no order ({error})") from None
        if type(result) is not bool:
            raise NoValue(f"`{sign}` of two {type(a).__name__} returned {a_type(result)}, not a bool")
        return result

    return compute


less = _order("<", operator.lt)
"""Return a < b in the language's order. Raises NoValue if the values have no order."""


def truth(x: Value) -> bool:
    """The truth of x as Python reads it."""
    return bool(x)


def logic(x: Value) -> bool:
    """x as an operand of & | ^ ~: False, True, 0 and 1 only."""
    if is_number(x) and (x == 0 or x == 1):
        return bool(x)
    hint = ": write x % 2 or x != 0" if is_number(x) else ""
    raise NoValue(f"logic is on False, True, 0 and 1 only{hint}")


def _decided_by(*, deciding: bool) -> Callable[[Value, Value], bool]:
    """Return `|` (decided by True) or `&` (by False): where one operand decides, the other is not needed."""

    def compute(a: Value, b: Value) -> bool:
        refused: NoValue | None = None
        for x in (a, b):
            try:
                if logic(x) is deciding:
                    return deciding
            except NoValue as error:
                refused = refused or error
        if refused is not None:
            raise refused
        return not deciding

    return compute


_MEANING: dict[Op, Callable[..., Value]] = {
    Op.NEG: _number("unary -", operator.neg),
    Op.ABS: _number("abs", abs),
    Op.ADD: _add,
    Op.SUB: _arithmetic("-", operator.sub),
    Op.MUL: _arithmetic("*", operator.mul),
    Op.DIV: _arithmetic("/", _divide),
    Op.FLOORDIV: _arithmetic("//", operator.floordiv),
    Op.MOD: _arithmetic("%", operator.mod),
    Op.POW: _arithmetic("**", _power),
    Op.EQ: equal,
    Op.NE: lambda a, b: not equal(a, b),
    Op.LT: less,
    Op.LE: _order("<=", operator.le),
    Op.GT: _order(">", operator.gt),
    Op.GE: _order(">=", operator.ge),
    Op.NOT: lambda x: not logic(x),
    Op.AND: _decided_by(deciding=False),
    Op.OR: _decided_by(deciding=True),
    Op.XOR: lambda a, b: logic(a) ^ logic(b),
    Op.WHERE: lambda c, a, b: a if truth(c) else b,
}


def exact_sum(values: Iterable[Value]) -> Value:
    """Return the sum of numbers: exact for ints and ratios; with a float among them, the nearest float.

    Raises NoValue if one of them is not a number, or if the sum is not a value.
    """
    items = list(values)
    for x in items:
        if not is_number(x):
            raise NoValue(f"several values are selected and not all are numbers ({type(x).__name__})")
    if not any(isinstance(x, float) for x in items):
        return checked(sum(items))
    if not any(isinstance(x, Fraction) or (isinstance(x, int) and abs(x) > EXACT_FLOAT) for x in items):
        try:
            return checked(math.fsum(items))
        except (OverflowError, ValueError):
            pass  # inf - inf, or an intermediate overflow: the slow method decides
    if any(isinstance(x, float) and math.isinf(x) for x in items):
        return checked(sum(x for x in items if isinstance(x, float) and math.isinf(x)))
    try:
        return checked(float(sum(map(Fraction, items), Fraction(0))))
    except OverflowError:
        raise NoValue("the sum is too large for a float") from None


def exact_mean(values: Iterable[Value]) -> Value:
    """The mean of numbers: an exact quotient for ints and ratios, else `exact_sum` over the count."""
    items = list(values)
    return _MEANING[Op.DIV](exact_sum(items), len(items))
