"""Sorting: every position counts the positions that precede it in order, and the values are looked up by that rank."""

from __future__ import annotations

import random
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import before, indices, key, length, query, tokens
from .counting import few_kinds, histogram
from .program import Tokens, any_tokens, program


def _part_sorted(rng: random.Random, n: int) -> Tokens:
    """Draw digits: any, few different ones, sorted, in reverse order, or sorted with one swap."""
    some = rng.choice([any_tokens, few_kinds])
    x = list(some(tuple(range(10)))(rng, n))
    kind = rng.choice(["any", "any", "rising", "falling", "exchanged"])
    if kind != "any":
        x.sort(reverse=kind == "falling")
    if kind == "exchanged" and x:
        i, j = rng.randrange(len(x)), rng.randrange(len(x))
        x[i], x[j] = x[j], x[i]
    return x


def _ranks(x: list[Any]) -> list[Any]:
    order = sorted(range(len(x)), key=x.__getitem__)
    return [order.index(i) for i in range(len(x))]


@program(vocab=range(10), max_len=32, example=[3, 1, 4, 1, 5], reference=_ranks, sample=_part_sorted)
def rank(seq: object = tokens) -> SOp:
    """The position of each value in sorted order; equal values keep their order. One layer.

    Each position counts those that precede it. This is a strict total order, so no two ranks are equal.

    >>> rank()([3, 1, 4, 1, 5])
    [2, 0, 3, 1, 4]
    """
    return ((key(seq) < query(seq)) | ((key(seq) == query(seq)) & before)).width().name("rank")


@program(
    vocab=range(10),
    max_len=32,
    example=[3, 1, 4, 1, 5, 9, 2, 6],
    reference=sorted,
    sample=_part_sorted,
)
def sort(seq: object = tokens) -> SOp:
    """The values in rising order, in two layers.

    >>> sort()([3, 1, 4, 1, 5, 9, 2, 6])
    [1, 1, 2, 3, 4, 5, 6, 9]
    >>> "".join(sort()("hello"))
    'ehllo'
    """
    return (key(rank(seq)) == query(indices)).one(seq).name("sort")


@program(
    vocab=range(10),
    max_len=32,
    example=[3, 1, 4, 1, 5, 9, 2, 6],
    reference=lambda x: sorted(x, key=lambda v: v % 3),
    sample=_part_sorted,
)
def sort_by(by: object = tokens % 3, seq: object = tokens) -> SOp:
    """The sequence sorted by another one, equals in their original order; one layer more than the other one needs.

    >>> sort_by(tokens % 3)([3, 1, 4, 1, 5, 9, 2, 6])
    [3, 9, 6, 1, 4, 1, 5, 2]
    >>> "".join(sort_by(tokens.map({"S": 0, "M": 1, "L": 2}))("LMSMLS"))
    'SSMMLL'
    >>> sort_by(tokens, indices)("hello")
    [1, 0, 2, 3, 4]
    """
    return (key(rank(by)) == query(indices)).one(seq).name("sort_by")


@program(
    vocab="abcde",
    max_len=32,
    example="abbcbac",
    reference=lambda x: sorted(x, key=lambda t: -x.count(t)),
    sample=few_kinds(tuple("abcde")),
)
def sort_by_frequency(seq: object = tokens) -> SOp:
    """The tokens by falling frequency, equally frequent ones in the original order, in three layers.

    If the input is sorted by value first, equal tokens stay together.

    >>> "".join(sort_by_frequency()("banana"))
    'aaannb'
    >>> "".join(sort_by_frequency()("cabacd"))
    'caacbd'
    >>> "".join(sort_by_frequency(sort())("cabacd"))
    'aaccbd'
    """
    return sort_by(-histogram(seq), seq).name("sort_by_frequency")


@program(
    vocab=range(10),
    max_len=32,
    example=[3, 1, 4, 1, 5],
    reference=lambda x: [sorted(x)[(len(x) - 1) // 2]] * len(x) if x else [],
    sample=_part_sorted,
)
def median(seq: object = tokens) -> SOp:
    """The median, at every position; the lower of two. Two layers.

    >>> median()([3, 1, 4, 1, 5])
    [3, 3, 3, 3, 3]
    >>> median()([9, 2, 7, 5])
    [5, 5, 5, 5]
    """
    return (key(rank(seq)) == query((length - 1) // 2)).one(seq).name("median")
