"""A calculator for sums, differences and products, on a scratchpad: long addition, subtraction and multiplication."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, switch, tokens, where
from .arithmetic import DIGITS, EQUALS, edge_pairs, pair
from .text_program import STOP, TextProgram, at, place_of, stored, writer

SIGNS = "+-*"
MINUS, TIMES = 1, 2
"""The numbers of the signs among themselves."""
NEXT = ";"
"""The token between rows."""
COMPUTE = {"+": operator.add, "-": operator.sub, "*": operator.mul}
LEAST, MOST = -10, 99
"""The least and the greatest sum of a column with what is carried into it."""
_NEXT, _EQUALS, _STOP, _MINUS = 110, 111, 112, 113
"""What stands for signs among the numbers that are written; the digit n of the result is 100 + n."""


def column(number: int) -> str:
    """The token of a column that adds up to a number: what it carries, and its digit."""
    carry, digit = divmod(number, 10)
    return f"{'-' if carry < 0 else carry}'{digit}"


COLUMNS = {column(n): n for n in range(LEAST, MOST + 1)}


@writer
def calculator(digits: int = 3) -> TextProgram:
    """The sum, the difference or the product of two numbers of up to so many digits, on a scratchpad.

    A row has a token for each column from the right: what the column carries, and its digit. A sum takes one row. So
    does a difference, and if it is below 0 a second row, which subtracts the first from 0. A product takes a row for
    each digit of the second number, with that digit times the first number added to the row before. After "=" the
    digits of the last row follow, highest first.
    """
    width, far = 2 * digits, 100
    known = (*DIGITS, *SIGNS, EQUALS, NEXT, *COLUMNS)

    def token(of: Mapping[str, int], other: int = 0) -> SOp:
        return tokens.map({t: of.get(t, other) for t in known})

    digit, kept = token({t: int(t) for t in DIGITS}), token({t: n % 10 for t, n in COLUMNS.items()})
    carried = stored(token({t: n // 10 for t, n in COLUMNS.items()})).name("carried")
    signs, separator = key(tokens.has(SIGNS)) == query(True), key(tokens.has((EQUALS, NEXT))) == query(True)
    kind = signs.first(token({t: i for i, t in enumerate(SIGNS)}), 0).name("kind")
    # These are larger only after prompts that the program is not for.
    sign = stored(minimum(signs.first(indices, 0), digits + 1)).name("sign")
    end = stored(minimum(place_of(EQUALS), width + 2)).name("end")
    row = stored(minimum((key(tokens) == query(NEXT)).width(), digits)).name("row")
    place = stored(maximum(minimum(indices - separator.last(indices, 0), width + 1), 0)).name("place")
    equals = stored(minimum((key(tokens) == query(EQUALS)).width(), 3)).name("equals_signs")
    second = signs.width()

    # A column is written, then what ends its row, or the answer.
    times = kind == TIMES
    full = stored(where((place == width) & (equals == 1), 1, 0)).name("full")
    answering = stored(where(equals == 2, 1, 0)).name("answering")
    negative = stored(where((kind == MINUS) & (row == 1), 1, 0)).name("negative")
    number = full + answering + negative == 0
    a_at, b_at = sign - 1 - place + where(times, row, 0), end - 1 - where(times, row, place)
    a = at(stored(where(number, a_at, -1))).one(where(second == 0, digit, 0)).name("a")
    b = at(stored(where(number, b_at, -1))).one(where(second == 1, digit, 0)).name("b")
    factor = stored(where(times, b, 0))
    added = stored(where(times, 0, a + where(kind == MINUS, -b, b)))
    own = switch(*((factor == k, a * k) for k in range(1, 10)), default=0) + added
    above = at(indices - width).one(kept).name("above")
    above = where(full + answering > 0, 0, where(negative == 1, -above, above))

    first = at(indices - 1).one(token({EQUALS: 1, NEXT: 1}), 0)
    digits_of_row = token(dict.fromkeys(COLUMNS, 1)), token({t: 1 for t, n in COLUMNS.items() if n % 10})
    shown = key(where(first == 1, *digits_of_row)) == query(1)
    top = shown.last(indices, 0).name("top")
    step = stored(far * answering + place - negative)  # of the answer, from far on; one before is its sign
    answer_at = stored(where(step >= far, top + far - step, -1)).name("answer_at")
    answer = at(answer_at).one(token({t: 100 + n % 10 for t, n in COLUMNS.items()}, _STOP), 0)
    left = stored(where(end - sign - 2 > row, 1, 0))
    borrowed = stored(where((kind == MINUS) & (row == 0) & (carried < 0), 1, 0))
    more, minus = stored(where(times, left, borrowed)).name("more"), stored(where(step == far - 1, 1, 0)).name("minus")
    ends = where(full == 1, where(more == 1, _NEXT, _EQUALS) - carried, where(minus == 1, _MINUS, 0))
    code = own + stored(above + carried) + stored(ends) + answer
    written = {n: t for t, n in COLUMNS.items()} | {100 + n: str(n) for n in range(10)}
    program = code.map(written | {_NEXT: NEXT, _EQUALS: EQUALS, _STOP: STOP, _MINUS: "-"})

    def reference(x: str) -> list[str]:
        a, sign, b = re.split(rf"([{re.escape(SIGNS)}])", x[:-1])
        text, above = list[str](), [0] * width
        for r in range(len(b) if sign == "*" else 2 if sign == "-" and int(a) < int(b) else 1):
            carry = 0
            for k in range(width):
                first, last = int(a) // 10**k % 10, int(b) // 10**k % 10
                if sign == "*":
                    total = above[k] + (int(a) * 10**r // 10**k % 10) * int(b[-1 - r]) + carry
                elif r:
                    total = carry - above[k]
                else:
                    total = COMPUTE[sign](first, last) + carry
                carry, above[k] = divmod(total, 10)
                text.append(column(total))
            text.append(NEXT)
        return [*text[:-1], EQUALS, *str(COMPUTE[sign](int(a), int(b)))]

    return TextProgram(
        "calculator",
        f"the sum, difference or product of two numbers of up to {digits} digits, on a scratchpad",
        program,
        vocab=known,
        max_len=2 * digits + 2 + digits * (width + 1) + width,
        example="12*34=",
        prompts=f'two numbers of up to {digits} digits with "+", "-" or "*" between them, then "="',
        reference=reference,
        draw=lambda rng: f"{{}}{rng.choice(SIGNS)}{{}}=".format(*pair(rng, digits)),
        edges=tuple(f"{a}{sign}{b}=" for a, b in edge_pairs(digits) for sign in SIGNS),
    )
