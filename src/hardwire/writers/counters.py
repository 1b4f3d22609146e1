"""Programs that count: each number is made of the one before it, digit by digit."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, switch, tokens, where
from .text_program import STOP, TextProgram, at, place_of, total, writer

NEXT = ","
"""The token between numbers."""
EQUALS = "="


@writer
def binary_counter(bits: int = 4) -> TextProgram:
    """All greater binary numbers of the same length, each after a comma.

    A bit of the next number differs from that of the last one if no 0 stands to the right of it.
    """
    comma = key(tokens) == query(NEXT)
    width, start = comma.first(indices), comma.last(indices)
    zero = (key(tokens) == query("0")).last(indices, -1).name("last_zero")
    above = at(indices - width).one(tokens).name("bit_above")
    flips = (indices - width >= at(start).one(zero)).stored().name("flips")
    over = (indices - start == width).stored().name("over")
    last = (zero <= start).stored().name("last")
    program = where(over, where(last, STOP, NEXT), where(flips == (above == "0"), "1", "0"))

    def reference(x: str) -> str:
        n = len(x) - 1
        return NEXT.join(f"{k:0{n}b}" for k in range(int(x[:-1], 2) + 1, 2**n))

    def draw(rng: random.Random) -> str:
        n = rng.randint(1, bits)
        return f"{rng.randrange(2**n - 1):0{n}b}{NEXT}"

    return TextProgram(
        "binary_counter",
        "the binary numbers that follow",
        program,
        vocab=("0", "1", NEXT),
        max_len=2**bits * (bits + 1) - 1,
        example="0101,",
        prompts=f'a binary number of up to {bits} bits, not all of them 1, then ","',
        reference=reference,
        draw=draw,
        edges=tuple(f"{k:0{n}b}{NEXT}" for n in range(1, bits + 1) for k in range(2**n - 1)),
    )


_NONE, _STOP, _EQUALS = 10, 11, 12
"""What stands for no digit, for the end of the text, and for "=", among digits."""


def _number(end: SOp, digits: int, absent: SOp | bool) -> SOp:
    """The number whose last digit stands before `end`; 0 where it is absent."""
    digit = tokens.map({str(d): d for d in range(10)} | dict.fromkeys((NEXT, EQUALS), _NONE))
    found = [at(end - 1 - k).one(digit, _NONE) for k in range(digits)]
    return total(where((x == _NONE) | absent, 0, x).stored() * 10**k for k, x in enumerate(found))


def _listed(start: SOp, last: SOp, done: SOp, following: Callable[[int], int], digits: int) -> SOp:
    """Write the number that follows the last one, and a comma or the end after it.

    `start` is the last comma or "=". `done` is 2 where no number follows, 1 where the following one is the last.
    """
    done = done.stored().name("done")
    written = maximum(minimum(indices - start, digits), 0).stored().name("written")

    def digit(k: int, last: int) -> int:
        number = str(following(last))
        return int(number[k]) if k < len(number) else _NONE

    new = [(written == k, last.map(partial(digit, k)).stored()) for k in range(digits)]
    symbol = switch(*new, default=_NONE).stored().name("symbol")
    ended = (written == 0) & (done == 2)
    code = where(ended, _STOP, where(symbol == _NONE, where(done == 0, _NONE, _STOP), symbol))
    return code.map({**{d: str(d) for d in range(10)}, _NONE: NEXT, _STOP: STOP})


def _start() -> SOp:
    """The position of the last comma or "="."""
    starts = tokens.has((NEXT, EQUALS))
    return (key(starts) == query(True)).last(indices, 0).name("start")


@writer
def count(digits: int = 2) -> TextProgram:
    """The numbers from 1 to the one in the prompt, with commas between them.

    Each number is the one between the last two commas, plus 1.
    """
    start = _start()
    first = at(start).one(tokens == EQUALS, False).name("first")
    last = _number(start, digits, first).stored()
    left = _number(place_of(EQUALS), digits, False).stored() - last
    done = where(left <= 0, 2, where(left == 1, 1, 0))
    program = _listed(start, last, done, lambda n: n + 1, digits)

    def reference(x: str) -> str:
        return NEXT.join(map(str, range(1, int(x[:-1]) + 1)))

    edges = {0, 1, 2, 8, 9, 10, 11, 98, 99, 10**digits - 1} & set(range(10**digits))
    return TextProgram(
        "count",
        "the numbers from 1 to the one in the prompt",
        program,
        vocab=(*"0123456789", NEXT, EQUALS),
        max_len=digits + len(reference("9" * digits + EQUALS)) + 1,
        example="12=",
        prompts=f'a number of up to {digits} digits, then "="',
        reference=reference,
        draw=lambda rng: f"{rng.randrange(10 ** rng.randint(1, digits))}{EQUALS}",
        edges=tuple(f"{n}{EQUALS}" for n in sorted(edges)),
    )


MOST_COLLATZ = 99
"""The numbers of `collatz` have two digits, so that a table of all of them is small."""


def _collatz(n: int) -> int:
    return 3 * n + 1 if n % 2 else n // 2


def _path(n: int) -> list[int]:
    """The numbers that follow n, to 1."""
    path = []
    while n != 1:
        n = _collatz(n)
        path.append(n)
    return path


@writer
def collatz() -> TextProgram:
    """The numbers that follow one in Collatz's sequence, to 1: half of an even number, three times an odd one plus 1.

    The text is the scratchpad: each number follows from the one before it.
    """
    start = _start()
    last = _number(start, 2, False).stored()
    done = where(last <= 1, 2, where(last == 2, 1, 0))
    program = _listed(start, last, done, _collatz, 2)
    valid = [n for n in range(1, MOST_COLLATZ + 1) if max(_path(n), default=1) <= MOST_COLLATZ]
    texts = {f"{n}{EQUALS}": NEXT.join(map(str, _path(n))) for n in valid}
    return TextProgram(
        "collatz",
        "the numbers that follow in Collatz's sequence",
        program,
        vocab=(*"0123456789", NEXT, EQUALS),
        max_len=max(len(prompt + text) for prompt, text in texts.items()),
        example=f"7{EQUALS}",
        prompts=f'a number from 1 whose sequence stays below {MOST_COLLATZ + 1}, then "="',
        reference=texts.__getitem__,
        draw=lambda rng: rng.choice(list(texts)),
        edges=tuple(texts),
    )


@writer
def gcd() -> TextProgram:
    """The greatest common divisor of two numbers of up to two digits, by differences.

    Each number is the difference of the two before it, without its sign, so all of them have the same common divisors;
    the first 0 follows the greatest. After it and "=" that rule writes the answer.
    """
    start = _start()
    before = at(indices - 1).one(start, 0)  # the separator before a position
    second, first = _number(start, 2, False).stored(), _number(at(start).one(before), 2, False).stored()
    difference = abs(second - first).stored().name("difference")
    answering = where((key(tokens) == query(EQUALS)).width() == 2, 1, 0).stored().name("answering")
    written = minimum(indices - start, 2).stored().name("written")
    tens = (difference // 10).stored().name("tens")
    units = difference - 10 * tens
    end = (where(difference == 0, _EQUALS, _NONE) + answering).stored()  # 11 or 13 after the answer
    code = where(written == 0, where(tens == 0, units, tens), where((written == 1) & (tens > 0), units, end))
    program = code.map({**{d: str(d) for d in range(10)}, _NONE: NEXT, _EQUALS: EQUALS, _STOP: STOP, _EQUALS + 1: STOP})

    def reference(x: str) -> str:
        a, b = map(int, x[:-1].split(NEXT))
        numbers: list[int] = []
        while b or not numbers or numbers[-1]:
            a, b = b, abs(a - b)
            numbers.append(b)
        return NEXT.join(map(str, numbers)) + EQUALS + str(math.gcd(*map(int, x[:-1].split(NEXT))))

    def draw(rng: random.Random) -> str:
        common = rng.choice([1, 1, 2, 3, 7, 12, 33])
        a, b = (common * rng.randrange(most // common + 1) for _ in range(2))
        return f"{a}{NEXT}{b}{EQUALS}"

    most = 99
    some, longest = [0, 1, 2, 9, 10, 48, most - 1, most], f"{most - 1}{NEXT}{most}{EQUALS}"
    return TextProgram(
        "gcd",
        "the greatest common divisor of two numbers, by differences",
        program,
        vocab=(*"0123456789", NEXT, EQUALS),
        max_len=len(longest + reference(longest)),
        example="48,36=",
        prompts='two numbers of up to two digits with "," between them, then "="',
        reference=reference,
        draw=draw,
        edges=tuple(f"{a}{NEXT}{b}{EQUALS}" for a in some for b in some),
    )
