"""Calculators: two numbers in the prompt, and the result as the text, with or without steps in between."""

from __future__ import annotations

import random
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, switch, tokens, where
from .text_program import STOP, TextProgram, at, place_of, total, writer

DIGITS = "0123456789"
EQUALS = "="
GROUP = 2
"""How many columns are one number in a carry: the carry of a sum of more digits has too many cases for a proof."""


def pair(rng: random.Random, digits: int) -> tuple[int, int]:
    """Two numbers of up to so many digits, of any lengths, often with long carries."""
    a = rng.randrange(10 ** rng.randint(1, digits))
    kind = rng.randrange(4)
    if kind == 0:
        b = 10 ** len(str(a)) - a  # every column carries
    elif kind == 1:
        b = max(0, 10 ** len(str(a)) - 1 - a + rng.choice([-1, 0, 10 ** rng.randrange(digits)]))  # columns of sum 9
    else:
        b = rng.randrange(10 ** rng.randint(1, digits))
    b = min(b, 10**digits - 1)
    return (a, b) if rng.random() < 0.5 else (b, a)


def edge_pairs(digits: int) -> list[tuple[int, int]]:
    """Pairs at the ends: zero, one, all nines, and numbers of different lengths."""
    most = 10**digits - 1
    some = [0, 1, 5, 9, 10 ** (digits - 1), most // 2, most // 2 + 1, most - 1, most]
    return [(a, b) for a in some for b in some]


def pair_forms(signs: str, digits: int) -> tuple[tuple[Any, ...], ...]:
    """Two numbers of all lengths, with each sign between them."""
    lengths = [(a, b) for a in range(1, digits + 1) for b in range(1, digits + 1)]
    digit = frozenset(DIGITS)
    return tuple((*[digit] * a, sign, *[digit] * b, EQUALS) for sign in signs for a, b in lengths)


def digits_of(signs: str) -> SOp:
    """The digit that a token is, 0 for signs and "="."""
    return tokens.map({t: int(t) if t in DIGITS else 0 for t in (*DIGITS, *signs, EQUALS)})


@writer
def add(digits: int = 3) -> TextProgram:
    """The sum of two numbers of up to so many digits, first digit first, with no steps in between.

    A new digit is the sum of a column and its carry. Each position looks up both digits of the columns from its own
    down. Two columns are one number, which passes a carry on, makes one, or neither: 1, 2 or 0. These numbers, in base
    2, make a carry as the digits would. At "=" that tells whether the sum has one digit more than the longer number,
    and all later positions read it there.
    """
    plus, end = place_of("+").name("plus"), place_of(EQUALS).name("end")
    longest = maximum(plus, end - plus - 1).name("longest")
    written = indices - end
    second = (key(tokens) == query("+")).width().name("second")  # 1 after the plus
    digit = digits_of("+")

    # Column 0 is that of the new digit if the sum has one digit more than the longer number, else column 1 is.
    top = (longest - written).stored().name("top")
    left = (plus - 1 - longest + written).stored().name("left")
    right = (indices - 1 - longest).stored().name("right")
    column = [
        at(left + k).one(digit) + (at(right + k) & (key(second) == query(1))).one(digit) for k in range(digits + 1)
    ]

    def passes(columns: list[SOp]) -> SOp:
        """2 where these columns make a carry whatever comes in, 1 where they pass one on, 0 otherwise."""
        number = total(c * 10**k for k, c in enumerate(reversed(columns)))
        ten = 10 ** len(columns)
        return where(number >= ten, 2, where(number == ten - 1, 1, 0)).stored()

    groups = [column[k : k + GROUP] for k in range(1, digits + 1, GROUP)]
    passed = [passes(group) for group in groups]
    size = len(groups)

    def carry(first: SOp) -> SOp:
        """The carry into the column before the groups, the first of which passes on what is given."""
        numbers = [first, *passed[1:]]
        number = total(x * 2 ** (size - 1 - k) for k, x in enumerate(numbers))
        return where(number >= 2**size, 1, 0)

    carry_0 = carry(passed[0])
    # Without column 1 the first group has fewer columns; without any, it passes every carry on.
    rest = groups[0][1:]
    carry_1 = carry(passes(rest) if rest else column[0] * 0 + 1)
    longer = at(end).one(carry_0).name("longer")
    digit_sum = (
        where(longer == 1, column[0] + carry_0.stored(), column[1] + carry_1.stored()).stored().name("digit_sum")
    )
    program = where(top - 1 + longer < 0, STOP, (digit_sum % 10).str())

    return TextProgram(
        "add",
        f"the sum of two numbers of up to {digits} digits",
        program,
        vocab=(*DIGITS, "+", EQUALS),
        max_len=3 * digits + 3,
        example="683+345=",
        prompts=f'two numbers of up to {digits} digits with "+" between them, then "="',
        reference=lambda x: str(sum(map(int, x[:-1].split("+")))),
        draw=lambda rng: "{}+{}=".format(*pair(rng, digits)),
        edges=tuple(f"{a}+{b}=" for a, b in edge_pairs(digits)),
        forms=pair_forms("+", digits),
    )


@writer
def multiply(digits: int = 3) -> TextProgram:
    """The product of two numbers of up to so many digits, by long multiplication on a scratchpad.

    For each digit of the second number, lowest first, the sum so far is written again, with that digit times the first
    number added: all columns from the right, each as the number that it makes, the carry and then the digit. After "="
    the digits of the last sum follow, highest first.
    """
    star, end = place_of("*").name("star"), place_of(EQUALS).name("end")
    second, answered = (key(tokens) == query("*")).width(), (key(tokens) == query(EQUALS)).width()
    digit = digits_of("*")
    width, rows = 4 * digits, digits
    size = width * rows

    written = maximum(minimum(indices - end, size + 2), 0).stored().name("written")
    row, place = written.map(lambda n: min(n // width, rows - 1)), written % width // 2
    # Below the row's own place the first number has no digits; far to the left there is nothing to look up.
    first_at = (star - 1 - where(place >= row, place - row, 99)).stored().name("first_at")
    second_at = (end - 1 - row).stored().name("second_at")
    start = (indices - written % 2).stored().name("column_start")
    a, b = at(first_at).one(digit), (at(second_at) & (key(second) == query(1))).one(digit)
    pad = key(answered) == query(1)
    sum_so_far, carry = (at(start - width + 2) & pad).one(digit), (at(start - 1) & pad).one(digit)
    product = switch(*((b == k, a * k) for k in range(1, 10)), default=0).name("product")
    column = (sum_so_far + carry + product).stored().name("column")
    new = where(written % 2 == 0, (column // 10).stored(), (column % 10).stored())

    def kind(n: int) -> int:
        """2 for the lowest digit of the last row, which the answer always has; 1 for its other digits."""
        return 0 if n <= size - width or n > size or n % 2 else 2 if n == size - width + 2 else 1

    kinds = written.map(kind).stored()
    digit_of_answer = where(kinds == 2, 1, where((kinds == 1) & (digit != 0), 1, 0)).stored()
    top = (key(digit_of_answer) == query(1)).last(indices, 0).name("top")
    answer_at = (top - 2 * (indices - end - size - 1)).name("answer_at")
    done = where(answer_at < end + size - width + 2, _STOP, 0)
    sign = where(written == size, _EQUALS, done).stored().name("sign")
    answers = where(written >= size, 1, 0).stored().name("answers")
    code = where(answers == 1, where(sign == 0, at(answer_at).one(digit), sign), new)
    program = code.map({**{k: str(k) for k in range(10)}, _EQUALS: EQUALS, _STOP: STOP})

    def reference(x: str) -> str:
        a, b = map(int, x[:-1].split("*"))
        so_far, pad = 0, ""
        for j in range(rows):
            carry, more = 0, a * 10**j
            for k in range(2 * digits):
                column = so_far // 10**k % 10 + more // 10**k % 10 * (b // 10**j % 10) + carry
                carry = column // 10
                pad += f"{column:02}"
            so_far += more * (b // 10**j % 10)
        return f"{pad}={a * b}"

    return TextProgram(
        "multiply",
        f"the product of two numbers of up to {digits} digits, on a scratchpad",
        program,
        vocab=(*DIGITS, "*", EQUALS),
        max_len=2 * digits + 2 + size + 1 + 2 * digits,
        example="12*34=",
        prompts=f'two numbers of up to {digits} digits with "*" between them, then "="',
        reference=reference,
        draw=lambda rng: "{}*{}=".format(*pair(rng, digits)),
        edges=tuple(f"{a}*{b}=" for a, b in edge_pairs(digits)),
        forms=pair_forms("*", digits),
    )


_STOP, _EQUALS = 10, 11
"""What stands for the end of the text, and for "=", among digits."""
