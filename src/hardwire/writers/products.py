"""A calculator for products of few digits that writes the result with no steps in between."""

from __future__ import annotations

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, tokens, where
from .arithmetic import DIGITS, EQUALS, digits_of, edge_pairs, pair, pair_forms
from .text_program import STOP, TextProgram, at, place_of, total, writer

SPACING = 16
"""A place times this, with a digit added, is one number."""


@writer
def product(digits: int = 2) -> TextProgram:
    """The product of two numbers of up to so many digits, first digit first, with no steps in between.

    Each position looks up all digits, so that it knows every column, which is a sum of products of digits, what the
    columns below carry into it, and so how many digits the result has.
    """
    star, end = place_of("*").name("star"), place_of(EQUALS).name("end")
    digit, columns = digits_of("*"), 2 * digits - 1
    second = where((key(tokens) == query("*")).width() > 0, digit, 0).stored()
    a = [at(star - 1 - k).one(digit) for k in range(digits)]
    b = [at(end - 1 - k).one(second) for k in range(digits)]
    sums = [
        total((a[i] * b[k - i]).stored() for i in range(digits) if 0 <= k - i < digits) for k in range(columns)
    ]  # without carries
    carried = [(total(x * 10**k for k, x in enumerate(sums[:n])) // 10**n).stored() for n in range(1, columns + 1)]
    places = [sums[0], *(x + c for x, c in zip(sums[1:], carried, strict=False)), carried[-1]]
    above = [[*sums[k:], carried[k - 1]] for k in range(1, columns + 1)]
    size = total(where(total(x) >= 1, 1, 0).stored() for x in above).name("size")
    place = (size - minimum(maximum(indices - end, 0), columns + 2).stored()).name("place")

    def taken(k: int, column: SOp) -> SOp:
        """The digit of a column if this is its place, otherwise 0."""
        number = SPACING * place + (column % 10).stored()
        return number.map(lambda v: v - SPACING * k if v // SPACING == k else 0).stored()

    number = total(taken(k, x) for k, x in enumerate(places)).map(lambda v: min(v, 9)).stored().name("number")

    def reference(x: str) -> str:
        a, b = map(int, x[:-1].split("*"))
        return str(a * b)

    return TextProgram(
        "product",
        f"the product of two numbers of up to {digits} digits",
        where(place < 0, STOP, number.str()),
        vocab=(*DIGITS, "*", EQUALS),
        max_len=4 * digits + 2,
        example="12*34=" if digits > 1 else "3*4=",
        prompts=f'two numbers of up to {digits} digits with "*" between them, then "="',
        reference=reference,
        draw=lambda rng: "{}*{}=".format(*pair(rng, digits)),
        edges=tuple(f"{a}*{b}=" for a, b in edge_pairs(digits)),
        forms=pair_forms("*", digits),
    )
