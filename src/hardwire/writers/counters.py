"""Programs that count: each number is made of the one before it, digit by digit."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from ..lang.sop import SOp
from ..lang.surface import indices, key, maximum, minimum, query, switch, tokens, where
from .text_program import STOP, TextProgram, at, place_of, stored, total, writer

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
    flips = stored(indices - width >= at(start).one(zero)).name("flips")
    over = stored(indices - start == width).name("over")
    last = stored(zero <= start).name("last")
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


_NONE, _STOP = 10, 11
"""What stands for no digit, and for the end of the text, among digits."""


def _number(end: SOp, digits: int, absent: SOp | bool) -> SOp:
    """The number whose last digit stands before `end`; 0 where it is absent."""
    digit = tokens.map({str(d): d for d in range(10)} | dict.fromkeys((NEXT, EQUALS), _NONE))
    found = [at(end - 1 - k).one(digit, _NONE) for k in range(digits)]
    return total(stored(where((x == _NONE) | absent, 0, x)) * 10**k for k, x in enumerate(found))


def _listed(start: SOp, last: SOp, done: SOp, following: Callable[[int], int], digits: int) -> SOp:
    """Write the number that follows the last one, and a comma or the end after it.

    `start` is the last comma or "=". `done` is 2 where no number follows, 1 where the following one is the last.
    """
    done = stored(done).name("done")
    written = stored(maximum(minimum(indices - start, digits), 0)).name("written")

    def digit(k: int, last: int) -> int:
        number = str(following(last))
        return int(number[k]) if k < len(number) else _NONE

    new = [(written == k, stored(last.map(partial(digit, k)))) for k in range(digits)]
    symbol = stored(switch(*new, default=_NONE)).name("symbol")
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
    last = stored(_number(start, digits, first))
    left = stored(_number(place_of(EQUALS), digits, False)) - last
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
    last = stored(_number(start, 2, False))
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
