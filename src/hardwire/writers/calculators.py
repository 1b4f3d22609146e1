"""A calculator for sums, differences and products, on a scratchpad: long addition, subtraction and multiplication."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, switch, tokens, where
from .arithmetic import DIGITS, EQUALS, edge_pairs, pair, pair_forms
from .text_program import STOP, TextProgram, at, writer

SIGNS = "+-*"
NEGATE, SKIP = "~", "<"
"""The tokens before the row of a negative difference, and for a zero in front of the result."""
COMPUTE = {"+": operator.add, "-": operator.sub, "*": operator.mul}
CARRIES = {("-" if n < 0 else str(n)) + "'": n for n in range(-1, 10)}
"""The tokens of what a column carries."""
COLUMNS = {f"{n},": n for n in range(10)}
"""The tokens of a column's digit."""
DIGIT, ROW_ENDS = 210, 331
"""The code of a column's digit 0, and the least code after the columns of a row."""
NEXT_ROW = 62
"""How far from there are the codes of the tokens before another row."""


def rows(digits: int) -> tuple[str, ...]:
    """The tokens before the second row of a product, the third, and so on."""
    return tuple(f";{n}" for n in range(1, digits))


def codes(digits: int) -> dict[int, str]:
    """The tokens that are written, by number: columns, then what ends a row, or the result.

    No sum, difference or product makes a digit below 0 or above 9, a product that carries out of its row, or a second
    row that is below 0. Their numbers stand for tokens too, of the same kind as those beside them. So the kind of the
    next token does not depend on how carries and digits belong together, and texts are proved to end without that.
    """
    carried = {n: ("-" if n < 0 else str(n // 10)) + "'" for n in range(-10, 100)}
    found = carried | {DIGIT + n: f"{min(max(n, 0), 9)}," for n in range(-100, 110)}
    after = {0: "0", 1: SKIP, 11: "0", 20: STOP, 30: STOP, 31: SKIP}
    after |= {1 + n: str(n) for n in range(1, 10)} | {31 + n: "-" for n in range(1, 10)}
    after |= {NEXT_ROW + 12 * i + n: t for i, t in enumerate(rows(digits)) for n in range(12)}
    negate = NEXT_ROW + 12 * digits
    after |= {negate + n: NEGATE for n in range(11)} | {negate + 30 + n: STOP for n in range(11)}
    return found | {ROW_ENDS + n: token for n, token in after.items()}


@writer
def calculator(digits: int = 3) -> TextProgram:
    """The sum, the difference or the product of two numbers of up to so many digits, on a scratchpad.

    A row has two tokens for each column from the right: what the column carries, and its digit. A sum takes one row. So
    does a difference, and if it is below 0 a second row, which subtracts the other way round. A product takes a row
    for each digit of the second number, the highest first: ten times the row before, with that digit times the first
    number added. The result is the last row from its left end, with a token for each zero in front.

    The carry is written before the digit, so that the digit is the column's sum less ten times the token before: both
    are the same number, which no neuron takes apart.
    """
    width, far = 2 * digits, 2 * digits + 2  # columns in a row; more than any place of a digit
    length, nexts = 2 * width + 1, rows(digits)
    max_len = far + max(digits, 2) * length + width
    known = (*DIGITS, *SIGNS, EQUALS, NEGATE, SKIP, *CARRIES, *COLUMNS, *nexts)

    def token(of: Mapping[str, int]) -> SOp:
        return tokens.map({t: of.get(t, 0) for t in known})

    def ones(some: Iterable[str]) -> SOp:
        return token(dict.fromkeys(some, 1))

    carries, digit, started = ones(CARRIES).stored(), token({t: int(t) for t in DIGITS}), ones((*DIGITS, "-"))
    shown_as = token({t: n + 1 for t, n in COLUMNS.items()})
    signs, starts = key(tokens.has(SIGNS)) == query(True), key(tokens.has((EQUALS, NEGATE, *nexts))) == query(True)
    sign = signs.first(minimum(indices, far), 0).name("sign")
    times, minus = signs.first(ones("*"), 0).name("times"), signs.first(ones("-"), 0).name("minus")
    end = starts.first(minimum(indices, far), 0).name("end")
    row = starts.last(token({t: i + 1 for i, t in enumerate(nexts)}), 0).name("row")
    negated = starts.last(ones((NEGATE,)), 0).name("negated")

    # The columns of a row take 2 * width tokens; from there on it has ended.
    back = starts.last(indices, 0) - indices
    left = back.map({n: min(max(2 * width + n, 0), 2 * width) for n in range(-max_len, max_len)})
    halves = ((2 * width - left - carries) / 2).stored()
    place, full = halves.map({n: n for n in range(width + 1)}).name("place"), where(halves >= width, 1, 0).stored()

    # The digits of a column. Those of short numbers are followed by the sign, which counts as 0.
    a = at((sign - 1 - place).stored()).one(digit).name("a")
    of_row = (sign + maximum(row + 1 - far * (1 - times), 0)).stored()
    of_column = maximum(end - 1 - place - sign - far * times, 0).stored()
    b = at((of_row + of_column).stored()).one(digit).name("b")
    above = at(indices - length - carries).one(shown_as).name("above")
    carry = at(indices - 1 - carries).one(token(CARRIES)).name("carry")
    factor = b + 20 * (1 - times) + 20 * negated
    products = [(factor == k, a * k) for k in range(1, 10)]
    product = switch(*products, (factor >= 40, -a), (factor >= 20, a), default=0)
    below = minus - negated  # the second number is subtracted
    plus_b, minus_b = (maximum(b - 9 * times - 9 * no, 0) for no in (below, 1 - below))
    column = (product + plus_b - minus_b).stored().name("column")

    # The result: each step looks two tokens further back from the end of the row.
    steps = {n: -1 if n > -2 * width else 3 * min(-2 * width - n, width + 2) for n in range(-max_len, max_len)}
    moved = maximum(negated + started - 1, 0)  # the sign was a step
    shown = at(indices - (back.map(steps) - 2 * moved).stored()).one(shown_as).name("shown")

    more = where(end - sign - 2 - row > 0, 1, 0).name("more")
    ends = [
        30 * maximum(negated + full - 1 - started, 0),
        where((full == 1) & (times == 1) & (more == 1), NEXT_ROW + 12 * row, 0),
        (NEXT_ROW + 12 * digits) * maximum(full - carry - 1, 0),
    ]
    added = maximum(above - 1 - 9 * (1 - times) - 9 * full, 0)
    rest = carry + added + DIGIT * carries - 10 * token(CARRIES) + ROW_ENDS * full + ends[0] + ends[1] + ends[2]
    code = column + (rest.stored() + shown + 10 * maximum(2 * started - shown, 0)).stored()
    program = code.map(codes(digits))

    def reference(x: str) -> list[str]:
        a, sign, b = re.split(rf"([{re.escape(SIGNS)}])", x[:-1])
        text, above, result = list[str](), [0] * width, COMPUTE[sign](int(a), int(b))
        for r in range(len(b) if sign == "*" else 2 if result < 0 else 1):
            carry, before, above = 0, [0, *above], []
            for k in range(width):
                first, last = int(a) // 10**k % 10, int(b) // 10**k % 10
                if sign == "*":
                    total = before[k] + first * int(b[r]) + carry
                else:
                    total = (COMPUTE[sign](first, last) if r == 0 else last - first) + carry
                carry, rest = divmod(total, 10)
                above.append(rest)
                text += [("-" if carry < 0 else str(carry)) + "'", f"{rest},"]
            text.append(NEGATE if sign == "-" else (*nexts, "")[r])
        zeros = width if result == 0 else width - len(str(abs(result)))
        return [*text[:-1], *SKIP * zeros, *str(result)]

    return TextProgram(
        "calculator",
        f"the sum, difference or product of two numbers of up to {digits} digits, on a scratchpad",
        program,
        vocab=known,
        max_len=max_len,
        example="12*34=",
        prompts=f'two numbers of up to {digits} digits with "+", "-" or "*" between them, then "="',
        reference=reference,
        draw=lambda rng: f"{{}}{rng.choice(SIGNS)}{{}}=".format(*pair(rng, digits)),
        edges=tuple(f"{a}{sign}{b}=" for a, b in edge_pairs(digits) for sign in SIGNS),
        forms=pair_forms(SIGNS, digits),
    )
