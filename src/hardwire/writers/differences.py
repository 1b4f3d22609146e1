"""Calculators for differences, and for sums and differences, that write the result with no steps in between."""

from __future__ import annotations

import operator
import random
import re
from dataclasses import dataclass

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, tokens, where
from .arithmetic import DIGITS, EQUALS, digits_of, edge_pairs, pair, pair_forms
from .text_program import STOP, TextProgram, at, place_of, total, writer

FEW = 3
"""Up to so many columns are one number in base 10."""
GROUP = 3
"""Of more columns, how many are one number in base 3."""
NEGATIVE, SIGN, END = 30, 30, 90
"""What the number of a token exceeds the digit by: where the result is negative, for its sign, and for its end."""


@dataclass(frozen=True)
class ResultDigits:
    """What every position knows of a sum or difference: how many digits follow its first, whether it is negative, and
    whether it is a difference that is not; and for each place from 1 on, 0, 1 or 2.

    The digits of a difference a - b that is not negative are those of a + (9...9 - b) + 1, and of a negative one the
    complements of those of a + (9...9 - b). So the columns of this sum carry into a place as those of a sum do:
    whatever comes in (2), never (0), or if 1 is added (1).
    """

    size: SOp
    negative: SOp
    above: SOp
    carries: list[SOp]


def _number(parts: list[SOp], base: int) -> SOp:
    return total(x * base**k for k, x in enumerate(parts))


def _clipped(x: SOp, low: int, high: int) -> SOp:
    return minimum(maximum(x - low, 0), high - low)


def of_few(columns: list[SOp], minus: SOp | int) -> ResultDigits:
    """The result of columns, from -9 to 18, the lowest first, as numbers in base 10."""
    n, number = len(columns), _number(columns, 10)
    reached = [where((number >= 10**k) | (number <= -(10**k)), 1, 0).stored() for k in range(1, n + 1)]
    below = [_number(columns[:k], 10) + (10**k - 1) * minus for k in range(1, n)]
    return ResultDigits(
        total(reached),
        where(number < 0, 1, 0).stored(),
        where(number - 2 * 10**n * (1 - minus) >= 0, 1, 0).stored(),
        [_clipped(x, 10**k - 2, 10**k).stored() for k, x in enumerate(below, 1)],
    )


def of_many(columns: list[SOp], minus: SOp | int) -> ResultDigits:
    """The same where numbers in base 10 have too many values.

    A column becomes a digit in base 3: 0 for 0, 2 for 1, 3 for 2 to 8, 4 for more, negative numbers likewise. The
    number of some digits is 0, 2, or more than 2 where that of the columns is 0, 1, or more: 1 stays 1 exactly if
    nothing but -9 follows, and 3 * 2 - 4 is 2. All nines are the greatest number. So groups of columns become such
    digits again.
    """
    n = len(columns)
    digits = [x.map(_digit).stored() for x in columns]
    groups = [digits[k : k + GROUP] for k in range(0, n, GROUP)]
    codes = [_of_group(group) for group in groups]
    passes = [(x + 9 * minus).map(_pass).stored() for x in columns]
    carries = [_clipped(_number(passes[:k], 2), 2**k - 2, 2**k).stored() for k in range(1, n + 1)]

    def reached(k: int) -> SOp:
        """Whether the result has more than k digits: the columns from k on are 2 or more, or 1 and those below are not
        negative. In a sum they are 1 or more, or 0 and those below carry."""
        above = [*(x for group in groups[k // GROUP :][:1] for x in group[k % GROUP :]), *codes[k // GROUP + 1 :]]
        number = carries[k - 1] + 5 * (1 - minus)
        return (3 * _number(above, 3) + number if above else number).map(lambda v: int(v >= 7 or v <= -5)).stored()

    number = _number(codes, 3)
    return ResultDigits(
        total(reached(k) for k in range(1, n + 1)),
        where(number < 0, 1, 0).stored(),
        where(number - 9 * 3 ** len(codes) * (1 - minus) >= 0, 1, 0).stored(),
        carries[:-1],
    )


def _digit(column: int) -> int:
    size = {0: 0, 1: 2}.get(abs(column), 3 if abs(column) < 9 else 4)
    return size if column > 0 else -size


def _of_group(digits: list[SOp]) -> SOp:
    number, nines = _number(digits, 3), 2 * (3 ** len(digits) - 1)
    most = number.map(lambda v: int(v == nines) - int(v == -nines)).stored()
    return number.map(lambda v: max(-3, min(3, v))).stored() + most


def _pass(column: int) -> int:
    return min(max(column - 8, 0), 2)


def _offset(kind: int) -> int:
    """What is added to a digit: `kind` is 2 for a negative result, 1 for a difference that is not, and 4 at "="."""
    return -1 if kind % 4 == 1 else 0 if kind % 4 == 0 else NEGATIVE + SIGN * (kind >= 4)


def _shown(number: int) -> str:
    if number >= END - 10:
        return STOP
    if number >= NEGATIVE + SIGN - 10:
        return "-"
    return str((NEGATIVE - number if number >= NEGATIVE - 10 else number) % 10)


def _differences(name: str, signs: str, digits: int) -> TextProgram:
    """Sums and differences of two numbers, first digit first, with no steps in between.

    Each position looks up every column, so that the sign and the size of the result are known, and which columns carry.
    A new digit is that of its column and of what the columns below carry.
    """
    known = (*DIGITS, *signs, EQUALS)
    sign_at = key(tokens.has(signs)) == query(True)
    sign, end = sign_at.first(indices, 0).name("sign"), place_of(EQUALS).name("end")
    digit = digits_of(signs)
    minus: SOp | int = 1
    if "+" in signs:  # digits of a second number that is subtracted are negative
        minus = sign_at.first(tokens.map({t: int(t == "-") for t in known}), 0).name("minus")
    way = sign_at.first(tokens.map({t: {"+": 1, "-": -1}.get(t, 0) for t in known}), 0)
    second = SOp.zip(operator.mul, way, digit).stored().name("second")

    def column(place: SOp | int) -> SOp:
        return at(sign - 1 - place).one(digit) + at(end - 1 - place).one(second)

    result = (of_few if digits <= FEW else of_many)([column(k) for k in range(digits)], minus)
    size, negative, above = result.size.name("size"), result.negative.name("negative"), result.above
    step = minimum(maximum(indices - end, 0), digits + 3).stored()
    place = (size + negative - step).name("place")

    def carried(k: int, carries: SOp | int) -> SOp:
        """1 if this is the place and something is carried into it. Where 1 is added, that comes into place 0."""
        return (4 * place + carries + above).map(lambda v: int(v - 4 * k in (2, 3))).stored()

    into: list[SOp | int] = [1, *result.carries, 2]
    carry = minimum(total(carried(k, x) for k, x in enumerate(into)), 1).stored().name("carry")
    first = where(indices == end, 1, 0).stored()
    # Stored again, the three have little error.
    offset = (2 * negative + above + 4 * first).map(_offset).stored()
    done = where(place < 0, 1, 0).stored()
    number = column(place) + carry + offset + END * done

    def reference(x: str) -> str:
        a, way, b = re.split(r"([+-])", x[:-1])
        return str(int(a) + int(way + b))

    def draw(rng: random.Random) -> str:
        a, b = pair(rng, digits)
        return f"{a}{rng.choice(signs)}{b}="

    what = "the sum or the difference" if "+" in signs else "the difference"
    return TextProgram(
        name,
        f"{what} of two numbers of up to {digits} digits",
        number.map(_shown),
        vocab=known,
        max_len=3 * digits + 3,
        example="7-12=" if digits > 1 else "7-9=",
        prompts=f'two numbers of up to {digits} digits with {" or ".join(signs)} between them, then "="',
        reference=reference,
        draw=draw,
        edges=tuple(f"{a}{way}{b}=" for a, b in edge_pairs(digits) for way in signs),
        forms=pair_forms(signs, digits),
    )


@writer
def subtract(digits: int = 3) -> TextProgram:
    """The difference of two numbers of up to so many digits, with its sign."""
    return _differences("subtract", "-", digits)


@writer
def calculate(digits: int = 3) -> TextProgram:
    """The sum or the difference of two numbers of up to so many digits, with its sign."""
    return _differences("calculate", "+-", digits)
