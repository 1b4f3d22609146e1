"""What a program does on a fixed set of inputs: whether it is worth a model, and whether another one does the same."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from .. import sampling
from ..lang.sop import SOp
from ..lang.values import Value, exact
from ..run import Failure

Tokens = list[Any]

LONGEST = 6
"""The length of the longest inputs on which programs are compared; every model takes as many tokens."""
SHORT, LONG = 40, 60
"""How many inputs there are: the shortest ones, and random ones of LONGEST tokens."""
DEFINED = 0.6
"""The least share of positions at which a program has a value."""
COMMON = 0.9
"""The greatest share of the most frequent answer among the values."""


@lru_cache(maxsize=64)
def _places(size: int) -> tuple[tuple[int, ...], ...]:
    """Inputs as places in a vocabulary of so many tokens."""
    rng = random.Random(f"inputs/{size}")
    short = [x for x, _ in zip(sampling.every(range(size), LONGEST), range(SHORT + 1), strict=False)][1:]
    return tuple(map(tuple, [*short, *(rng.choices(range(size), k=LONGEST) for _ in range(LONG))]))


def probes(vocab: Sequence[Value], sample: Callable[[random.Random, int], Any] | None = None) -> list[Tokens]:
    """The inputs on which programs over a vocabulary are compared; drawn by `sample` where not all are valid."""
    if sample is not None:
        rng = random.Random("samples")
        return [list(sample(rng, LONGEST + 4)) for _ in range(SHORT + LONG)]
    return [[vocab[i] for i in x] for x in _places(len(vocab))]


def results(sop: SOp, inputs: Sequence[Tokens], *, causal: bool) -> list[list[Any]]:
    """The values of a program on some inputs, and failures."""
    return [list(row) for row in sop.batch(inputs, causal=causal, errors="keep")]


def usable(sop: SOp, vocab: Sequence[Value], *, causal: bool) -> bool:
    """Whether a program has a value at most positions, and no value at nearly all of them."""
    some = probes(vocab)[-LONG // 2 :]
    return varied(results(sop, some, causal=causal))


def varied(rows: Sequence[Sequence[Any]]) -> bool:
    """The same of results."""
    flat = [v for row in rows for v in row]
    values = Counter(exact(v, repr) for v in flat if not isinstance(v, Failure))
    defined = sum(values.values())
    return defined >= DEFINED * len(flat) and max(values.values(), default=0) <= COMMON * defined


def signature(rows: Sequence[Sequence[Any]], vocab: Sequence[Value]) -> str:
    """A digest of results, in which the tokens of the vocabulary count by their places: programs that differ in the
    names of tokens alone have the same."""
    place = {exact(v): i for i, v in enumerate(vocab)}

    def told(v: Any) -> Any:
        if isinstance(v, Failure):
            return None
        key = exact(v, repr)
        return place[key] if key in place else f"{type(v).__name__} {v!r}"

    text = json.dumps([len(vocab), [[told(v) for v in row] for row in rows]])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
