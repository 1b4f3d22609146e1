"""Calculators for differences, and for sums and differences, that write the result with no steps in between."""

from __future__ import annotations

import operator
import random
import re

from ..lang.sop import SOp
from ..lang.surface import indices, key, query, switch, tokens, where
from .arithmetic import DIGITS, EQUALS, digits_of, edge_pairs, pair, pair_forms
from .text_program import STOP, TextProgram, at, place_of, total, writer

GROUP = 3
"""How many columns are one number: larger ones have too many values for a proof."""


class ColumnGroups:
    """The columns of a sum or a difference, from -9 to 18, the lowest first.

    Many columns make a number with too many values. So each group of neighbours becomes one digit in base 4: 0, 1 and
    -1 stay, all nines become 3, larger numbers 4, and the rest 2; negative numbers likewise, down to -3. The digits
    together have the sign of the columns, carry where the columns carry, and reach beyond a place between two groups
    exactly where the columns do.
    """

    def __init__(self, columns: list[SOp]) -> None:
        self.columns, self.few = columns, len(columns) <= GROUP
        self.groups = [columns[i : i + GROUP] for i in range(0, len(columns), GROUP)]

    @staticmethod
    def _number(columns: list[SOp]) -> SOp:
        return total(c * 10**k for k, c in enumerate(columns))

    def _digit(self, columns: list[SOp]) -> SOp:
        number, nines = self._number(columns), 10 ** len(columns) - 1
        ends = [(number > nines, 4), (number == nines, 3), (number > 1, 2), (number == 1, 1)]
        below = [(number == 0, 0), (number == -1, -1), (number > -nines, -2)]
        return switch(*ends, *below, default=-3).stored()

    def _of(self, parts: list[list[SOp]]) -> SOp:
        return total(self._digit(part) * 4**k for k, part in enumerate(p for p in parts if p))

    def below(self, n: int) -> tuple[SOp, int]:
        """(a number with the sign of the lowest n columns, from where on they make a carry)."""
        g, rest = divmod(n, GROUP)
        if n <= GROUP:
            return self._number(self.columns[:n]), 10**n
        return self._of([*self.groups[:g], self.columns[g * GROUP : n]]), 4 ** (g + (rest > 0))

    def above(self, n: int) -> tuple[SOp, int]:
        """(a number, how large it or its negative is at least where the result has more than n digits)."""
        if self.few:
            return self._number(self.columns), 10**n
        g, rest = divmod(n, GROUP)
        middle = self.columns[g * GROUP : (g + 1) * GROUP]
        return self._of([*self.groups[:g], middle[:rest], middle[rest:], *self.groups[g + 1 :]]), 4 ** (g + (rest > 0))


def _differences(name: str, signs: str, digits: int) -> TextProgram:
    """Sums and differences of two numbers, first digit first, with no steps in between.

    Each position looks up every column, so that the sign and the size of their number are known. A new digit is that of
    its column and what the columns below carry: their number is below 0, above 0, or larger than they can hold.
    Negative numbers are written with the columns negated.
    """
    sign = (key(tokens.has(signs)) == query(True)).first(indices, 0).name("sign")
    end = place_of(EQUALS).name("end")
    digit = digits_of(signs)
    if "+" in signs:  # digits of a second number that is subtracted are negative
        ways = {t: {"+": 1, "-": -1}.get(t, 0) for t in (*DIGITS, *signs, EQUALS)}
        way = (key(tokens.has(signs)) == query(True)).first(tokens.map(ways), 0)
        second = SOp.zip(operator.mul, way, digit).name("second")
    else:
        side = (key(tokens) == query(signs)).width()

    def column(place: SOp | int) -> SOp:
        first, last = at(sign - 1 - place).one(digit), at(end - 1 - place)
        if "+" in signs:
            return first + last.one(second)
        return first - (last & (key(side) == query(1))).one(digit)

    columns = ColumnGroups([column(k) for k in range(digits)])
    most = digits if "+" in signs else digits - 1
    negative = where(columns.below(digits)[0] < 0, 1, 0).stored().name("negative")
    below, above = ({n: of(n) for n in range(1, most + 1)} for of in (columns.below, columns.above))
    reached = [where((x >= least) | (x <= -least), 1, 0) for x, least in above.values()]
    size = (total(reached) if most else negative * 0).stored().name("size")
    carries = {n: where(x >= most, 2, where(x > 0, 1, where(x < 0, -1, 0))).stored() for n, (x, most) in below.items()}

    place = (size + negative - (indices - end)).name("place")
    carry = switch(*((place == n, c) for n, c in carries.items()), default=place * 0).stored().name("carry")
    new = column(place)
    up, down = where(carry == 1, 1, 0), where(carry == 2, 1, where(carry == -1, -1, 0))
    number = where(negative == 1, -new - up, new + down).stored().name("number")
    program = where((negative == 1) & (indices == end), "-", where(place < 0, STOP, (number % 10).str()))

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
        program,
        vocab=(*DIGITS, *signs, EQUALS),
        max_len=3 * digits + 3,
        example="7-12=",
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
