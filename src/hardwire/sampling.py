"""Inputs for tests: every short one, boundary cases, random ones; and how to shrink one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Tokens = list[Any]


def count(vocab: int, longest: int, most: int) -> int | None:
    """Return the number of inputs, or None if there are more than `most`."""
    total = 0
    for n in range(longest + 1):
        total += vocab**n
        if total > most:
            return None
    return total


def every(vocab: Sequence[Any], longest: int) -> Iterator[Tokens]:
    """Yield every input of at most `longest` tokens, short ones first."""
    for n in range(longest + 1):
        yield from map(list, itertools.product(vocab, repeat=n))


def chosen(
    vocab: Sequence[Any],
    longest: int,
    rng: random.Random,
    samples: int,
    sample: Callable[[random.Random, int], Any] | None,
    short: int,
) -> Iterator[Tokens]:
    """Yield short inputs, boundary cases, random ones of every length, and ones from the program's own generator."""
    yield from itertools.islice(every(vocab, longest), short)
    for n in dict.fromkeys((0, 1, 2, longest - 1, longest)):
        if n >= 0:
            yield from ([v] * n for v in vocab)
    for k in range(longest.bit_length()):  # around the powers of two, where tools switch algorithms
        yield from (rng.choices(vocab, k=n) for n in (2**k - 1, 2**k, 2**k + 1) if n <= longest)
    for i in range(samples):
        n = longest if i % 8 == 0 else rng.randint(0, longest)
        # Few different tokens make repeats and ties, which are rare among uniform samples.
        pool = vocab if i % 2 else rng.sample(list(vocab), min(len(vocab), rng.randint(1, 3)))
        yield rng.choices(pool, k=n)
    if sample is not None:
        for i in range(samples):
            yield list(sample(rng, longest if i % 4 == 0 else rng.randint(0, longest)))


def chunks(inputs: Iterable[Tokens], size: int) -> Iterator[list[Tokens]]:
    """Yield the inputs, `size` at a time."""
    it = iter(inputs)
    while some := list(itertools.islice(it, size)):
        yield some


def simpler(x: Tokens, vocab: Sequence[Any]) -> Iterator[Tokens]:
    """Yield variants of x: with tokens left out, many first; then with a token replaced by an earlier one of the
    vocabulary, everywhere, then at one position."""
    size = len(x)
    while size := size // 2:
        for i in range(0, len(x), size):
            yield x[:i] + x[i + size :]
    for t in dict.fromkeys(x):
        for v in vocab[: vocab.index(t)]:
            yield [v if u == t else u for u in x]
    for i, t in enumerate(x):
        for v in vocab[: vocab.index(t)]:
            yield [*x[:i], v, *x[i + 1 :]]


def shrunk(x: Tokens, vocab: Sequence[Any], fails: Callable[[Tokens], bool]) -> Tokens:
    """Return an input that fails as x does and of which no simpler variant fails."""
    smaller = True
    while smaller:
        smaller = False
        for shorter in simpler(x, vocab):
            if fails(shorter):
                x, smaller = shorter, True
                break
    return x


def as_text(x: Tokens) -> str | Tokens:
    """Return x as a string if every token is one character."""
    return "".join(x) if all(isinstance(t, str) and len(t) == 1 for t in x) else x
