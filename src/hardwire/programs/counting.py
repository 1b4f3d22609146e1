"""Counting tokens: their frequencies, the most frequent ones, and their shares."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import full, indices, key, query, tokens, where
from ..lang.values import Value
from .program import Sampler, Tokens, any_tokens, program


def few_kinds(vocab: tuple[Value, ...]) -> Sampler:
    """Draw inputs with few different tokens, or one, so that counts are large and ties are frequent."""

    def sample(rng: random.Random, n: int) -> str | Tokens:
        some = rng.sample(vocab, rng.randint(1, len(vocab)))
        return any_tokens(tuple(some))(rng, n)

    return sample


@program(
    vocab="abcdefghij",
    max_len=100,
    example="abacaba",
    reference=lambda x: [x.count(t) for t in x],
    sample=few_kinds(tuple("abcdefghij")),
)
def histogram(seq: object = tokens) -> SOp:
    """How often the token of each position occurs in the whole input; one layer.

    >>> histogram()("hello")
    [1, 1, 2, 2, 1]
    """
    return (key(seq) == query(seq)).width().name("histogram")


@program(
    vocab="abcde",
    max_len=50,
    example="abacaba",
    reference=lambda x: [t not in x[:i] for i, t in enumerate(x)],
    sample=few_kinds(tuple("abcde")),
)
def is_first(seq: object = tokens) -> SOp:
    """Whether the token of each position occurs there for the first time; one layer.

    >>> is_first()("banana")
    [True, True, True, False, False, False]
    """
    return ((key(seq) == query(seq)).first(indices) == indices).name("is_first")


@program(
    vocab="abcde",
    max_len=50,
    example="abacaba",
    reference=lambda x: [len(set(x))] * len(x),
    sample=few_kinds(tuple("abcde")),
)
def unique_count(seq: object = tokens) -> SOp:
    """The number of different tokens, at every position: how many occur for the first time; two layers.

    >>> unique_count()("banana")
    [3, 3, 3, 3, 3, 3]
    """
    return (key(is_first(seq)) == query(True)).width().name("unique_count")


def _double_histogram(x: list[Any]) -> list[Any]:
    count = Counter(x)
    same = Counter(count.values())
    return [same[count[t]] for t in x]


@program(
    vocab="abcdef",
    max_len=50,
    example="aabbcdef",
    reference=_double_histogram,
    sample=few_kinds(tuple("abcdef")),
)
def double_histogram(seq: object = tokens) -> SOp:
    """How many different tokens occur as often as the token of each position, itself included; two layers.

    Each position selects the first occurrences whose count is its own.

    >>> double_histogram()("hello")
    [3, 3, 1, 1, 3]
    """
    count = histogram(seq)
    return ((key(count) == query(count)) & (key(is_first(seq)) == query(True))).width().name("double_histogram")


@program(
    vocab="abcde",
    max_len=50,
    example="abacaba",
    reference=lambda x: [max(x, key=x.count)] * len(x) if x else [],
    sample=few_kinds(tuple("abcde")),
)
def most_frequent(seq: object = tokens) -> SOp:
    """The most frequent token, at every position; in a tie the one that occurs first. Two layers.

    >>> most_frequent()("banana")
    ['a', 'a', 'a', 'a', 'a', 'a']
    >>> most_frequent()("abba")
    ['a', 'a', 'a', 'a']
    """
    return full.max(histogram(seq), of=seq).name("most_frequent")


@program(
    vocab="abcx",
    max_len=100,
    example="xaxx",
    reference=lambda x: [x[: i + 1].count("x") / (i + 1) for i in range(len(x))],
    sample=few_kinds(tuple("abcx")),
)
def frac_prevs(x: object = "x", seq: SOp = tokens) -> SOp:
    """The fraction of the tokens up to and including each position that are x; one layer.

    >>> frac_prevs()("xaxx")
    [1, 0.5, 0.6666666666666666, 0.75]
    """
    return (key(indices) <= query(indices)).mean(where(seq == x, 1, 0)).name("frac_prevs")


def _near_tie(rng: random.Random, n: int) -> Tokens:
    """Draw zeros and ones in any order, often with (almost) equal counts."""
    size = rng.randint(0, n)
    ones = rng.choice([size // 2, (size + 1) // 2, size // 2 + 1, rng.randint(0, size)])
    bits = [1] * min(ones, size)
    bits += [0] * (size - len(bits))
    rng.shuffle(bits)
    return list(bits)


@program(
    vocab=range(2),
    max_len=100,
    example=[1, 0, 1, 1, 0],
    reference=lambda x: [2 * sum(x) > len(x)] * len(x),
    sample=_near_tie,
)
def majority(x: object = 1, seq: SOp = tokens) -> SOp:
    """Whether more than half of the tokens are x, at every position; one layer.

    Each x counts 1 and each other token -1; x has the majority where that sum is positive.

    >>> majority()([1, 0, 1])
    [True, True, True]
    >>> majority()([1, 0, 1, 0])
    [False, False, False, False]
    >>> majority("l")("lull")
    [True, True, True, True]
    """
    return (full.value(where(seq == x, 1, -1)) > 0).name("majority")


@program(vocab=range(2), max_len=50, example=[1, 0, 1, 1, 0], reference=lambda x: [sum(x) % 2] * len(x))
def parity(x: object = 1, seq: object = tokens) -> SOp:
    """Whether the number of tokens that are x is even (0) or odd (1), at every position; one layer.

    >>> parity()([1, 0, 1, 1, 0])
    [1, 1, 1, 1, 1]
    >>> parity("l")("hello")
    [0, 0, 0, 0, 0]
    """
    return ((key(seq) == query(x)).width() % 2).name("parity")
