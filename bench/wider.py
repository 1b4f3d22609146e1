"""Programs of the kinds that are hard to compile: `python -m bench.wider [PROGRAMS] [FIRST SEED]`.

Functions of the author's of one to three arguments, None, ratios, vocabularies of floats, and selectors that select one
position without saying so. It prints which share has a proof in float32, why others have none, the slowest, and the
greatest memory; and compares each model with the interpreter.
"""

from __future__ import annotations

import collections
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import hardwire as hw
from hardwire import SOp, before, full, indices, key, length, query, same_token, tokens, where
from hardwire.errors import HardwireError

VOCABULARIES: tuple[Sequence[Any], ...] = (
    range(10), range(3), range(-5, 6), (0, 1), (0.5, 1.0, 1.5), (0.1, 0.2, 0.7), (0.0, 1.0), (0, None, 2, 5),
    (Fraction(1, 2), Fraction(1, 3), 1), "abc",
)  # fmt: skip
UPTO = key(indices) <= query(indices)
SECONDS = 60.0
"""The most seconds for one program."""


def one_of(x: Any) -> Any:
    return None if x is None or x == 0 else x


ONE: tuple[Callable[[Any], Any], ...] = (abs, lambda x: x * x, lambda x: -x, lambda x: x > 1, one_of)
TWO: tuple[Callable[[Any, Any], Any], ...] = (
    min, max, lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: (a + b) % 5, lambda a, b: a < b,
    lambda a, b: round(a * b), lambda a, b: None if a == b else a, lambda a, b: a if b else 0,
    lambda a, b: a // (b + 1),
)  # fmt: skip
THREE: tuple[Callable[[Any, Any, Any], Any], ...] = (
    max, min, lambda a, b, c: a + b - c, lambda a, b, c: a < b < c, lambda a, b, c: (a + b + c) % 7,
    lambda a, b, c: b if a else c, lambda a, b, c: sorted((a, b, c))[1], lambda a, b, c: None if a == b else c,
)  # fmt: skip


def number(x: Any) -> Any:
    """A number for any token."""
    return 3 if x is None else ord(x) - ord("a") if isinstance(x, str) else x


def part(rng: random.Random, numbers: SOp, vocab: Sequence[Any], depth: int) -> SOp:
    """A number at each position, or None."""
    if depth == 0:
        neighbour = (key(indices) == query(indices + rng.choice([-1, 1]))).value(numbers)
        return rng.choice([numbers, indices, length, neighbour, same_token.width()])

    def some() -> SOp:
        return part(rng, numbers, vocab, depth - 1)

    kind, token = rng.randrange(9), rng.choice(list(vocab))
    if kind == 0:
        return some().map(rng.choice(ONE))
    if kind in (1, 2):
        return SOp.zip(rng.choice(TWO), some(), some())
    if kind == 3:
        return SOp.zip(rng.choice(THREE), some(), some(), some())
    if kind == 4:
        return rng.choice([full, UPTO, before, same_token]).value(numbers)
    if kind == 5:
        return rng.choice([full, UPTO, same_token]).mean(where(tokens == token, 1, 0))
    if kind == 6:
        return where(some() == rng.choice([0, 1, 2]), rng.choice([None, 0, -1]), some())
    seen = ((key(tokens) == query(token)) & before).value(1)
    first = (key(tokens) == query(token)) & (key(seen) == query(0))
    rank = ((key(numbers) < query(numbers)) | ((key(numbers) == query(numbers)) & before)).value(1)
    return first.value(indices) if kind == 7 else (key(rank) == query(indices)).value(numbers)


def program(seed: int) -> tuple[SOp, Sequence[Any], int]:
    """(a program, its vocabulary, its greatest length)"""
    rng = random.Random(f"wider {seed}")
    vocab = rng.choice(VOCABULARIES)
    numbers = tokens if all(isinstance(v, (int, float)) for v in vocab) else tokens.map(number)
    return part(rng, numbers, vocab, rng.choice([1, 1, 2, 2, 3])), vocab, rng.choice([6, 9, 12, 20])


def outcome(seed: int) -> tuple[str, float]:
    """(what became of a program, the seconds that it took)"""
    made, vocab, max_len = program(seed)
    start = time.process_time()
    try:
        model = hw.compile(made, vocab, max_len, timeout=SECONDS, progress=False)
        took = time.process_time() - start
        return ("certified" if hw.verify(model, samples=30, exhaustive=30) else "WRONG"), took
    except HardwireError as error:
        return type(error).__name__, time.process_time() - start


def main() -> None:
    many, first = (int(x) for x in (*sys.argv[1:3], *("1000", "0")[len(sys.argv) - 1 :]))
    found, slowest = collections.Counter[str](), (0.0, 0)
    for seed in range(first, first + many):
        kind, took = outcome(seed)
        found[kind] += 1
        slowest = max(slowest, (took, seed))
        if kind == "WRONG":
            print(f"WRONG: seed {seed}: {program(seed)[0].formula}", flush=True)
    print(", ".join(f"{n} {kind}" for kind, n in found.most_common()))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"slowest: seed {slowest[1]}, {slowest[0]:.1f} s of the processor; greatest memory of the process {most:.2f} GB"
    )


if __name__ == "__main__":
    main()
