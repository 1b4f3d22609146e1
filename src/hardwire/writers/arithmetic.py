"""Calculators: two numbers in the prompt, and the result as the text."""

from __future__ import annotations

import random

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, query, tokens, where
from .text_program import STOP, TextProgram, at, place_of, stored, total, writer

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
    digit = tokens.map({t: DIGITS.find(t) if t in DIGITS else 0 for t in (*DIGITS, "+", EQUALS, STOP)})

    # Column 0 is that of the new digit if the sum has one digit more than the longer number, else column 1 is.
    top = stored(longest - written).name("top")
    left = stored(plus - 1 - longest + written).name("left")
    right = stored(indices - 1 - longest).name("right")
    column = [
        at(left + k).one(digit) + (at(right + k) & (key(second) == query(1))).one(digit) for k in range(digits + 1)
    ]

    def passes(columns: list[SOp]) -> SOp:
        """2 where these columns make a carry whatever comes in, 1 where they pass one on, 0 otherwise."""
        number = total(c * 10**k for k, c in enumerate(reversed(columns)))
        ten = 10 ** len(columns)
        return stored(where(number >= ten, 2, where(number == ten - 1, 1, 0)))

    groups = [column[k : k + GROUP] for k in range(1, digits + 1, GROUP)]
    passed = [passes(group) for group in groups]
    size = len(groups)

    def carry(first: SOp | int) -> SOp:
        """The carry into the column before the groups, the first of which passes on what is given."""
        numbers = [first, *passed[1:]]
        number = total(x * 2 ** (size - 1 - k) for k, x in enumerate(numbers))
        return where(number >= 2**size, 1, 0)

    carry_0 = carry(passed[0])
    # Without column 1 the first group has fewer columns, and none at all where groups have one: all carries pass on.
    rest = groups[0][1:]
    carry_1 = carry(passes(rest) if rest else 1)
    longer = at(end).one(carry_0).name("longer")
    digit_sum = stored(where(longer == 1, column[0] + stored(carry_0), column[1] + stored(carry_1))).name("digit_sum")
    program = where(top - 1 + longer < 0, STOP, (digit_sum % 10).str())

    return TextProgram(
        "add",
        f"the sum of two numbers of up to {digits} digits",
        program,
        vocab=(*DIGITS, "+", EQUALS, STOP),
        max_len=3 * digits + 3,
        example="683+345=",
        prompts=f'two numbers of up to {digits} digits with "+" between them, then "="',
        reference=lambda x: str(sum(map(int, x[:-1].split("+")))),
        draw=lambda rng: "{}+{}=".format(*pair(rng, digits)),
        edges=tuple(f"{a}+{b}=" for a, b in edge_pairs(digits)),
    )
