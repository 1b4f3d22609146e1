"""First programs: moving, counting and summing along the sequence."""

from __future__ import annotations

import itertools
import random
from typing import Any

from ..lang import surface as s
from ..lang.sop import SOp, as_expr
from ..lang.surface import indices, key, query, tokens, where
from .program import program


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: x[::-1])
def flip(seq: object = tokens) -> SOp:
    """The sequence reversed.

    Position i asks for position n - 1 - i. Two layers: one for the length, one for the look-up.

    >>> flip()("hello")
    ['o', 'l', 'l', 'e', 'h']
    """
    return (key(s.length - indices - 1) == query(indices)).one(seq).name("flip")


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: [len(x)] * len(x))
def length() -> SOp:
    """The number of tokens, at every position.

    >>> length()("hello")
    [5, 5, 5, 5, 5]
    """
    return s.length


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: list(range(len(x))))
def before_count() -> SOp:
    """The number of positions before each one, counted by attention.

    >>> before_count()("hello")
    [0, 1, 2, 3, 4]
    """
    return s.before.width().name("before_count")


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: list(range(len(x)))[::-1])
def after_count() -> SOp:
    """The number of positions after each one, counted by attention.

    >>> after_count()("hello")
    [4, 3, 2, 1, 0]
    """
    return s.after.width().name("after_count")


@program(vocab=range(10), max_len=100, example=[3, 1, 2, 3, 1], reference=lambda x: list(itertools.accumulate(x)))
def cumsum(seq: object = tokens) -> SOp:
    """The sum of all numbers up to and including each position.

    >>> cumsum()([3, 1, -2, 3, 1])
    [3, 4, 2, 5, 6]
    """
    return (key(indices) <= query(indices)).value(seq).name("cumsum")


@program(
    vocab=range(10),
    max_len=100,
    example=[1, 3, 2, 2, 2],
    reference=lambda x: [sum(x[max(0, i - 2) : i + 1]) for i in range(len(x))],
)
def window_sum(window: int = 3, seq: object = tokens) -> SOp:
    """The sum over a sliding window that ends at each position.

    >>> window_sum()([1, 3, 2, 2, 2])
    [1, 4, 6, 7, 6]
    """
    recent = (key(indices) > query(indices - window)) & (key(indices) <= query(indices))
    return recent.value(seq).name("window_sum")


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: [x[1] if len(x) > 1 else 0] * len(x))
def index(i: object = 1, seq: object = tokens) -> SOp:
    """The value at position i, copied to every position; 0 if the input is too short.

    >>> index(1)("hello")
    ['e', 'e', 'e', 'e', 'e']
    """
    return (key(indices) == query(i)).one(seq).name("index")


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: (["_"] + x)[: len(x)])
def shift(i: int = 1, default: object = "_", seq: object = tokens) -> SOp:
    """The sequence moved to the right by i positions, or to the left if i is negative.

    >>> shift(2)("hello")
    ['_', '_', 'h', 'e', 'l']
    >>> shift(-1, ".")("hello")
    ['e', 'l', 'l', 'o', '.']
    """
    return SOp(as_expr(seq, "shift")).shift(i, default).name("shift")


@program(vocab=range(10), max_len=50, example=[5, 3, 2, 5, 2], reference=lambda x: [min(x, default=0)] * len(x))
def minimum(seq: object = tokens) -> SOp:
    """The least value of the sequence, at every position.

    Each position counts the positions before it in sorted order (equal values keep their order); the least value has
    count 0. `full.min(seq)` finds it in one layer.

    >>> minimum()([5, 3, 2, 5, 2])
    [2, 2, 2, 2, 2]
    >>> minimum().layers
    2
    """
    smaller = (key(seq) < query(seq)) | (s.before & (key(seq) == query(seq)))
    rank = smaller.width().name("rank")
    return (key(rank) == query(0)).one(seq).name("min")


@program(vocab="ehlo", max_len=50, example="hello", reference=lambda x: [x.index("l") if "l" in x else 99] * len(x))
def first(q: object = "l", seq: SOp = tokens) -> SOp:
    """The first position with value q, at every position; 99 if there is none (for fewer than 100 tokens).

    >>> first("l")("hello")
    [2, 2, 2, 2, 2]
    >>> first("z")("hello")
    [99, 99, 99, 99, 99]
    """
    return minimum(where(seq == q, indices, 99)).name("first")


def _rolled(x: list[Any]) -> list[Any]:
    c = x.count("_")
    return ["-"] * c + x[: len(x) - c]


@program(vocab="xyz_", max_len=50, example="xyz__", reference=_rolled)
def ralign(default: object = "-", sop: object = tokens) -> SOp:
    """A sequence with padding "_" on the right, moved to the right end.

    >>> ralign()("xyz__")
    ['-', '-', 'x', 'y', 'z']
    >>> ralign().layers
    2
    """
    padding = (key(sop) == query("_")).width().name("padding")
    return (key(indices + padding) == query(indices)).one(sop, default).name("ralign")


def _with_one_plus(rng: random.Random, n: int) -> str:
    if n < 1:
        return ""
    letters = rng.choices("rxyz", k=rng.randint(0, n - 1))
    letters.insert(rng.randint(0, len(letters)), "+")
    return "".join(letters)


@program(
    vocab="rxyz+",
    max_len=41,
    example="xyz+zyr",
    reference=lambda x: ["0"] * (len(x) - x.index("+")) + x[: x.index("+")] if x else [],
    sample=_with_one_plus,
    given=lambda: (key(tokens) == query("+")).width() == 1,
)
def split(v: object = "+", get_first_part: object = True, sop: SOp = tokens, default: object = "0") -> SOp:
    """The part before (or after) the only v, right-aligned; `default` at the other positions.

    The first part, which is moved, takes three layers; the second takes one.

    >>> split("+", True)("xyz+zyr")
    ['0', '0', '0', '0', 'x', 'y', 'z']
    >>> split("+", False)("xyz+zyr")
    ['0', '0', '0', '0', 'z', 'y', 'r']
    """
    split_point = (key(sop) == query(v)).one(indices).name("split_point")
    if get_first_part:
        return ralign(default, where(indices < split_point, sop, "_"))
    return where(indices > split_point, sop, default)


def _slid(x: list[Any]) -> list[Any]:
    out: list[Any] = []
    for token in reversed(x):
        out.append(token if token != "<" else out[-1] if out else 0)
    return out[::-1]


@program(vocab="hlx<", max_len=50, example="xxxh<<<l", reference=_slid)
def slide(match: SOp | None = None, seq: SOp = tokens) -> SOp:
    """Each value that is not a match replaced by the nearest match to its right; 0 if there is none.

    By default a match is a value other than "<"; a Boolean sop may define matches. The matches are numbered, and the
    other positions look up the next number.

    >>> slide()("xxxh<<<l")
    ['x', 'x', 'x', 'h', 'l', 'l', 'l', 'l']
    >>> slide().layers
    2
    """
    if match is None:
        match = seq != "<"
    number = cumsum(match)
    following = (key(number) == query(number + 1)) & (key(match) == query(True))
    return where(match, seq, following.one(seq)).name("slide")


@program(vocab="0123456789", max_len=100, example="31234", reference=lambda x: [int(t) for t in x])
def atoi(seq: SOp = tokens) -> SOp:
    """The number of each digit character.

    >>> atoi()("31234")
    [3, 1, 2, 3, 4]
    """
    return seq.int()
