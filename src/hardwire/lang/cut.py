"""Values as text of limited length. A number that does not fit is rounded, never cut in the middle."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

ELLIPSIS = "…"
DIGITS = 17
"""The number of significant digits that distinguishes any two floats."""

NUMBERS = (int, float, Fraction)
"""The types that are rounded. Booleans are not among them: their type is compared exactly."""

_INSIDE_NUMBER = re.compile(r"[\w.+-]+$")


def short(value: Any, most: int, digits: int = DIGITS) -> str:
    """Return the value as a literal of at most `most` characters (at least 1), shortened if it does not fit.

    A number is rounded to as many significant digits as fit, at most `digits`; if not even one fits, the text is "…".
    The elements of a tuple are rounded, then the last ones are left out.
    """
    if type(value) in NUMBERS:
        return _number(value, most, digits)
    if type(value) in (tuple, list):
        return _sequence(value, most, digits)
    if type(value) is str:
        text = repr(value[: most + 1])
        return text if len(text) <= most else text[: most - 1] + ELLIPSIS
    text = repr(value)
    return cut(" ".join(text.split()) if "\n" in text else text, most)


def cut(text: str, most: int) -> str:
    """Return the start of a text in at most `most` characters, without cutting a number."""
    if len(text) <= most:
        return text
    head = text[: max(0, most - 1)]
    last = _INSIDE_NUMBER.search(head)
    if last and re.match(r"[\w.+-]", text[len(head)]) and any(c.isdecimal() for c in last[0]):
        head = head[: last.start()]
    return head + ELLIPSIS


def rounded(value: int | float | Fraction, digits: int) -> list[str]:
    """Return the number rounded to `digits` significant digits, half to even: in usual notation, and with an exponent.

    >>> rounded(3333333333.58, 3), rounded(-0.00123456, 2)
    (['3.33e9'], ['-0.0012', '-1.2e-3'])
    """
    if isinstance(value, float) and math.isinf(value):
        return ["inf", "∞"] if value > 0 else ["-inf", "-∞"]
    if value == 0:
        return ["0"]
    exact = Fraction(value)
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN)
    sign, figures, exponent = context.divide(Decimal(exact.numerator), Decimal(exact.denominator)).as_tuple()
    assert isinstance(exponent, int)
    first = exponent + len(figures) - 1  # the power of ten of the first digit
    kept = "".join(map(str, figures)).rstrip("0")
    minus = "-" if sign else ""
    mantissa = kept if len(kept) == 1 else f"{kept[0]}.{kept[1:]}"
    scientific = f"{minus}{mantissa}e{first}"
    if not -4 <= first < digits:
        return [scientific]
    return [minus + _plain(kept, first), scientific]


def _plain(figures: str, first: int) -> str:
    """Digits without an exponent; `first` is the power of ten of the first one."""
    if first < 0:
        return f"0.{'0' * (-first - 1)}{figures}"
    whole = figures[: first + 1].ljust(first + 1, "0")
    return f"{whole}.{figures[first + 1 :]}" if len(figures) > first + 1 else whole


def _number(value: int | float | Fraction, most: int, digits: int) -> str:
    huge = type(value) is int and value.bit_length() > 4 * most + 4  # its digits need not be computed
    text = "" if huge else repr(value)
    if text and len(text) <= most:
        return text
    for form in _forms(value, min(digits, most)):
        if len(form) <= most:
            return form
    return ELLIPSIS


def _forms(value: int | float | Fraction, digits: int) -> Iterator[str]:
    for d in range(digits, 0, -1):
        yield from rounded(value, d)


def _sequence(values: Sequence[Any], most: int, digits: int) -> str:
    opening, closing = "()" if isinstance(values, tuple) else "[]"
    some = values[:most]  # each takes a character at least
    if len(some) == len(values):
        end = "," if opening == "(" and len(values) == 1 else ""
        for room in (most, 12, 8, 6, 5):
            text = f"{opening}{', '.join(short(v, room, digits) for v in some)}{end}{closing}"
            if len(text) <= most and ELLIPSIS not in text:
                return text
    kept = [short(v, 8, digits) for v in some]
    for count in range(len(some) - 1, -1, -1):
        text = f"{opening}{', '.join([*kept[:count], ELLIPSIS])}{closing}"
        if len(text) <= most:
            return text
    return ELLIPSIS
