"""Operators of original RASP on strings, as in Python: `*` repeats a string, and `%` formats one.

The language of `hardwire` has arithmetic on numbers only, so on an s-op these are functions of two values. Which of the
two applies is known while a program is built if the sort of its values is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from fractions import Fraction
from typing import Any
from weakref import WeakKeyDictionary

from ..lang.expr import Expr, Op, node
from ..lang.function import Function, Table
from ..lang.ops import ResultKind
from ..lang.sop import SOp, as_expr
from ..lang.surface import where
from ..lang.values import MAX_LENGTH, is_number
from ..run.scalar import NoValue


class Sort(Enum):
    """The sorts of values of an s-op."""

    BOOL = "bools"
    NUMBER = "numbers, bools among them"
    TEXT = "strings, if the program is meant for strings"
    UNKNOWN = "not known"


def repeat(a: Any, b: Any) -> Any:
    """Return a * b as in Python for a string and an int: the repeated string. Raises NoValue."""
    text, times = (a, b) if isinstance(a, str) else (b, a)
    if is_number(a) and is_number(b):
        return a * b
    if not isinstance(text, str) or not isinstance(times, int):
        raise NoValue(
            f"`*` multiplies two numbers, or repeats a string a whole number of times, not on "
            f"{type(a).__name__} and {type(b).__name__}"
        )
    if len(text) * times > MAX_LENGTH:
        raise NoValue(TOO_LONG)
    return text * times if text and times > 0 else ""


def fill(a: Any, b: Any) -> Any:
    """Return a % b as in Python for a string: the string with b in place of its `%s`, `%d` etc. Raises NoValue."""
    if is_number(a) and is_number(b):
        return a % b
    if not isinstance(a, str):
        raise NoValue(f"{FILLS}, not on {type(a).__name__} and {type(b).__name__}")
    sizes = re.findall(r"[0-9]+", a)  # "%9d" is nine characters wide
    if any(len(digits) > 5 for digits in sizes) or len(a) + sum(map(int, sizes)) > MAX_LENGTH:
        raise NoValue(TOO_LONG)
    try:
        filled = a % (b,)
    except (TypeError, ValueError, OverflowError) as error:
        raise NoValue(f"{FILLS} ({error})") from None
    if len(filled) > MAX_LENGTH:
        raise NoValue(TOO_LONG)
    return filled


FILLS = '`%` is the remainder of two numbers, or fills in a string that has one place for it, as "%s!" has'
TOO_LONG = f"a string longer than {MAX_LENGTH} is too large"


def is_text(x: Any) -> bool:
    """Whether a value is a string."""
    return isinstance(x, str)


OF_STRINGS: dict[str, Callable[[Any, Any], Any]] = {"*": repeat, "%": fill}
"""The function of each operator if an operand is a string, by its sign."""
ARITHMETIC_OF = {"*": Op.MUL, "%": Op.MOD}


def elementwise(sign: str, a: Any, b: Any) -> SOp:
    """Return a sign b for `*` and `%` at every position: arithmetic on numbers, otherwise the operator of strings."""
    x, y = as_expr(a, sign), as_expr(b, sign)
    sorts = [sort_of(e) for e in ((x, y) if sign == "*" else (x,))]
    of_strings = SOp.zip(OF_STRINGS[sign], SOp(x), SOp(y))
    if Sort.TEXT in sorts:
        return of_strings
    unknown = [SOp(e).map(is_text) for e, sort in zip((x, y), sorts, strict=False) if sort is Sort.UNKNOWN]
    if not unknown:
        return SOp(node(ARITHMETIC_OF[sign], x, y))
    condition = unknown[0] if len(unknown) == 1 else unknown[0] | unknown[1]
    # The branch of numbers must have a value on strings too, or a model of strings only would not compile.
    numbers = [where(SOp(e).map(is_text), 1, SOp(e)).expr if sort_of(e) is Sort.UNKNOWN else e for e in (x, y)]
    return where(condition, of_strings, SOp(node(ARITHMETIC_OF[sign], *numbers)))


def sign_of(expr: Expr) -> str | None:
    """Return the sign of an operator made by `elementwise`, for messages and texts; None for other expressions."""
    if expr.op is Op.WHERE:
        return sign_of(expr.src[1])
    original = getattr(expr.arg, "original", None) if expr.op is Op.MAP else None
    return next((sign for sign, f in OF_STRINGS.items() if f is original), None)


# Sorts.

_sorts: WeakKeyDictionary[Expr, Sort] = WeakKeyDictionary()
"""What is known of an expression, for as long as it lives: programs grow one line at a time, and each line asks of all
before it."""


def sort_of(expr: Expr) -> Sort:
    """Return the sort of the values of an s-op, if it is known from the expression."""
    stack = [expr]
    while stack:
        e = stack[-1]
        missing = [s for s in _sources(e) if s not in _sorts]
        if e in _sorts or not missing:
            stack.pop()
            _sorts.setdefault(e, _sort(e, [_sorts[s] for s in _sources(e)]))
        else:
            stack += missing
    return _sorts[expr]


def _sources(e: Expr) -> tuple[Expr, ...]:
    """Return the sources from which an s-op takes its values."""
    if e.op.transparent or e.op is Op.ADD:
        return e.src
    if e.op is Op.WHERE:
        return e.src[1:]
    return (e.source("x"), e.source("default")) if e.op.defaulted else ()


def _sort(e: Expr, of: list[Sort]) -> Sort:
    if e.op.transparent:
        return of[0]
    if e.op in (Op.CONST, Op.RAW):
        return _union([_sort_of_value(v) for v in (e.arg if e.op is Op.RAW else (e.arg,))])
    if e.op is Op.MAP:
        return _sort_of_function(e.arg)
    if e.op.result is not None:
        return Sort.BOOL if e.op.result is ResultKind.BOOL else Sort.NUMBER
    if e.op is Op.ADD:
        return Sort.TEXT if Sort.TEXT in of else Sort.UNKNOWN if set(of) == {Sort.UNKNOWN} else Sort.NUMBER
    if e.op is Op.WHERE:
        return _union(of)
    if e.op.aggregate:  # a default of another sort is an error wherever strings are selected
        return Sort.TEXT if of[0] is Sort.TEXT else _union([*of, Sort.NUMBER])
    return Sort.UNKNOWN


def _union(sorts: list[Sort]) -> Sort:
    kinds = set(sorts)
    if kinds <= {Sort.BOOL}:
        return Sort.BOOL
    if kinds <= {Sort.BOOL, Sort.NUMBER}:
        return Sort.NUMBER
    return Sort.TEXT if kinds == {Sort.TEXT} else Sort.UNKNOWN


def _sort_of_value(x: Any) -> Sort:
    for kinds, sort in ((bool, Sort.BOOL), ((int, float, Fraction), Sort.NUMBER), (str, Sort.TEXT)):
        if isinstance(x, kinds):
            return sort
    return Sort.UNKNOWN


def _sort_of_function(f: Function | Table) -> Sort:
    if isinstance(f, Table):
        return _union([_sort_of_value(v) for v in f.table.values()])
    known = {str: Sort.TEXT, repeat: Sort.TEXT, fill: Sort.TEXT, int: Sort.NUMBER, float: Sort.NUMBER, bool: Sort.BOOL}
    return known.get(f.original, Sort.UNKNOWN)
