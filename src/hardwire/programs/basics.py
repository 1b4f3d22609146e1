"""The first programs anyone writes: moving, counting and summing along the sequence."""

from __future__ import annotations

import itertools

from ..lang import surface as s
from ..lang.sop import SOp
from ..lang.surface import indices, key, query, tokens
from .program import program


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: x[::-1])
def flip(seq: object = tokens) -> SOp:
    """The sequence reversed.

    Position i asks for position n - 1 - i. Two layers: one for the length, one for the look-up.

    >>> flip()("hello")
    ['o', 'l', 'l', 'e', 'h']
    """
    return (key(s.length - indices - 1) == query(indices)).value(seq).name("flip")


@program(vocab="ehlo", max_len=100, example="hello", reference=lambda x: [len(x)] * len(x))
def length() -> SOp:
    """The number of tokens, at every position.

    >>> length()("hello")
    [5, 5, 5, 5, 5]
    """
    return s.length


@program(vocab=range(10), max_len=100, example=[3, 1, 2, 3, 1], reference=lambda x: list(itertools.accumulate(x)))
def cumsum(seq: object = tokens) -> SOp:
    """The sum of all numbers up to and including each position.

    >>> cumsum()([3, 1, -2, 3, 1])
    [3, 4, 2, 5, 6]
    """
    return (key(indices) <= query(indices)).value(seq).name("cumsum")
