"""Numbers written in digits: adding, subtracting, multiplying and comparing them."""

from __future__ import annotations

import functools
import operator
import random
from collections.abc import Callable
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import after, full, indices, key, length, query, tokens, where
from .basics import atoi, shift, slide, split
from .program import program

_DIGITS = "0123456789"

# Plain Python for the references, inputs to try them on, and the answer to read.


def _result(compute: Callable[[int, int], int], sign: str, base: int = 10) -> Callable[[list[Any]], list[Any]]:
    """The reference that computes with the two numbers and writes the result in as many digits as there are tokens."""

    def reference(x: list[Any]) -> list[Any]:
        total = compute(*_numbers(x, sign, base))
        return [total // base**i % base for i in reversed(range(len(x)))]

    return reference


def _numbers(x: list[Any], sign: str, base: int = 10) -> tuple[int, int]:
    a, _, b = "".join(x).partition(sign)
    return int(a or "0", base), int(b or "0", base)


def _pair(rng: random.Random, n: int, digits: str) -> tuple[str, str]:
    """Two numbers of at most n digits together, often such that a carry runs far."""
    total = rng.randint(0, n)
    width = rng.choice([total // 2, rng.randint(0, total)])
    kind = rng.choice(["any", "ends", "complement", "same"])
    some = digits[0] + digits[-1] if kind == "ends" else digits
    a = "".join(rng.choices(some, k=total - width))
    b = "".join(rng.choices(some, k=width))
    if kind in ("complement", "same"):  # every column adds up to the greatest digit, or to a difference of 0
        b = a.rjust(width, digits[0])[max(0, len(a) - width) :]
        if kind == "complement":
            b = b.translate(str.maketrans(digits, digits[::-1]))
        if b and rng.random() < 0.7:  # but one, which starts or ends a carry
            i = rng.choice([-1, rng.randrange(-len(b), 0)]) % len(b)
            b = b[:i] + rng.choice(digits) + b[i + 1 :]
    return a, b


def _two(sign: str, digits: str = _DIGITS, *, falling: bool = False) -> Callable[[random.Random, int], str]:
    """Draws two numbers with a sign between; the first is not the smaller if `falling`."""

    def sample(rng: random.Random, n: int) -> str:
        if n < 1:
            return ""
        a, b = _pair(rng, n - 1, digits)
        if falling and int(a or "0") < int(b or "0"):
            a, b = b, a
        return f"{a}{sign}{b}"

    return sample


def _number(result: list[Any]) -> str:
    return "".join(map(str, result)).lstrip("0") or "0"


def _only(sign: str, sop: SOp = tokens) -> SOp:
    return (key(sop) == query(sign)).width() == 1


# The programs.


@program(
    vocab="0123456789+",
    max_len=41,
    example="683+345",
    reference=_result(lambda a, b: a + b, "+"),
    sample=_two("+"),
    given=lambda: _only("+"),
    answer=_number,
)
def add(sop: SOp = tokens) -> SOp:
    """The sum of two numbers of any lengths, digit by digit, in six layers.

    Both numbers are split off, aligned and added column by column (three layers). A column passes a carry
    to its left if it adds up to more than 9, none if to less, and at 9 whatever it gets itself: "<" (the
    fourth layer shifts this). Every "<" takes the nearest sure answer to its right (two more). An absent
    number is 0.

    >>> add()("683+345")
    [0, 0, 0, 1, 0, 2, 8]
    >>> add.answer(add()("683+345")), add().layers
    ('1028', 6)
    """
    column = (atoi(split("+", True, sop)) + atoi(split("+", False, sop))).name("column")
    passes = where(column > 9, "1", where(column == 9, "<", "0")).name("passes")
    gets = shift(-1, "0", passes)
    carry = atoi(slide(gets != "<", gets)).name("carry")
    return ((column + carry) % 10).name("add")


def _aligned(sop: SOp, sign: str) -> tuple[SOp, SOp]:
    """The digits of the numbers before and after the sign, both at the right end, 0 in front; two layers."""
    split_point = (key(sop) == query(sign)).one(indices).name("split_point")
    digit = sop.int()
    a = (key(indices) == query(indices - (length - split_point))).one(digit)
    b = where(indices > split_point, digit, 0)
    return a.name("a"), b.name("b")


def _carried(column: SOp, base: int) -> SOp:
    """The digits of columns that may exceed the base: the nearest column to the right that is not base - 1 decides."""
    decides = after & (key(column) != query(base - 1))
    carry = decides.first(column >= base, False).name("carry")
    return (column + carry) % base


@program(
    vocab="0123456789+",
    max_len=41,
    example="683+345",
    reference=_result(lambda a, b: a + b, "+"),
    sample=_two("+"),
    given=lambda: _only("+"),
    answer=_number,
)
def add_in_three(sop: SOp = tokens) -> SOp:
    """The sum of two numbers, like `add`, in three layers.

    One layer finds the plus and the length, one aligns the numbers, and one looks the carry up: a column
    that adds up to 9 passes on what it gets, so the nearest other column to the right decides.

    >>> add_in_three()("683+345")
    [0, 0, 0, 1, 0, 2, 8]
    >>> add_in_three().layers
    3
    """
    a, b = _aligned(sop, "+")
    return _carried((a + b).name("column"), 10).name("add_in_three")


@program(
    vocab="01+",
    max_len=41,
    example="1011+110",
    reference=_result(lambda a, b: a + b, "+", base=2),
    sample=_two("+", "01"),
    given=lambda: _only("+"),
    answer=_number,
)
def add_binary(sop: SOp = tokens) -> SOp:
    """The sum of two binary numbers, in three layers.

    >>> add_binary.answer(add_binary()("1011+110"))
    '10001'
    """
    a, b = _aligned(sop, "+")
    return _carried((a + b).name("column"), 2).name("add_binary")


def _not_rising() -> SOp:
    a, b = _aligned(tokens, "-")
    difference = a - b
    return _only("-") & ((key(difference) != query(0)).first(difference) >= 0)


@program(
    vocab="0123456789-",
    max_len=41,
    example="1028-345",
    reference=_result(lambda a, b: a - b, "-"),
    sample=_two("-", falling=True),
    given=_not_rising,
    answer=_number,
)
def subtract(sop: SOp = tokens) -> SOp:
    """The difference of two numbers of which the first is not the smaller, in three layers.

    A column of equal digits borrows if it is borrowed from, so the nearest unequal column to the right
    decides.

    >>> subtract()("1028-345")
    [0, 0, 0, 0, 0, 6, 8, 3]
    >>> subtract().layers
    3
    """
    a, b = _aligned(sop, "-")
    column = (a - b).name("column")
    borrow = (after & (key(column) != query(0))).first(column < 0, False).name("borrow")
    return ((column - borrow) % 10).name("subtract")


def _order(x: list[Any]) -> list[Any]:
    a, b = _numbers(x, "?")
    return ["<" if a < b else ">" if a > b else "="] * len(x)


@program(
    vocab="0123456789?",
    max_len=41,
    example="683?1345",
    reference=_order,
    sample=_two("?"),
    given=lambda: _only("?"),
    answer=lambda result: result[0] if result else "=",
)
def compare(sop: SOp = tokens) -> SOp:
    """Which of two numbers is the greater: "<", "=" or ">", at every position, in three layers.

    Once they are aligned, the leftmost column in which they differ decides.

    >>> compare()("7?12")
    ['<', '<', '<', '<']
    """
    a, b = _aligned(sop, "?")
    column = (a - b).name("column")
    return (key(column) != query(0)).first(where(column < 0, "<", ">"), "=").name("compare")


@program(
    vocab=_DIGITS,
    max_len=100,
    example="683345",
    reference=lambda x: [sum(map(int, x))] * len(x),
    answer=lambda result: str(result[0]) if result else "0",
)
def digit_sum(sop: SOp = tokens) -> SOp:
    """The sum of the digits of a number, at every position, in one layer.

    >>> digit_sum()("683")
    [17, 17, 17]
    """
    return full.value(sop.int()).name("digit_sum")


def _times(rng: random.Random, n: int) -> str:
    digits = "".join(rng.choices(rng.choice([_DIGITS, "09", "389", "142857"]), k=rng.randint(0, n)))
    return digits[:1] + "*" + digits[2:] if len(digits) > 1 else digits


@program(
    vocab="0123456789*",
    max_len=41,
    example="7*345",
    reference=_result(lambda a, b: a * b, "*"),
    sample=_times,
    given=lambda: (tokens == "*") == (indices == 1),
    answer=_number,
)
def multiply_by_digit(sop: SOp = tokens) -> SOp:
    """A digit times a number, in three layers.

    The products of the digit with each digit of the number have a unit and a ten. All units are one number
    and all tens another, one place further left, so what remains is an addition, whose carries are 0 and 1.
    An absent number is 0.

    >>> multiply_by_digit()("7*345")
    [0, 2, 4, 1, 5]
    >>> multiply_by_digit().layers
    3
    """
    number = where(sop == "*", "0", sop).int()
    start, following = key(indices) == query(0), key(indices) == query(indices + 1)

    def product(part: Callable[[int], int]) -> SOp:
        """Every multiple of the factor is looked up, and the one taken that the own digit says."""
        multiples = [(d, start.one((number * d).map(part))) for d in range(1, 10) if part(9 * d)]
        return functools.reduce(operator.add, (where((number == d) & (indices > 1), m, 0) for d, m in multiples))

    units, tens = product(lambda x: x % 10).name("units"), product(lambda x: x // 10).name("tens")
    column = (units + following.one(tens)).name("column")
    return _carried(column, 10).name("multiply_by_digit")
