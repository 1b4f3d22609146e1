"""Warnings of programs of the library that are compiled for tokens on which they have no value."""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence

from ..errors import ProgramWarning
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value
from . import run_batch
from .failure import Failure
from .words import outside

TRIED, LONGEST = 100, 6
"""How many random inputs are tried, and their greatest length."""


def warn_of_foreign_tokens(sop: SOp, vocab: Sequence[Value], max_len: int, *, causal: bool) -> None:
    """Warn if a program of the library lacks tokens of its own vocabulary, and has no value at any position of random
    inputs of two tokens or more over `vocab`."""
    origin = sop.origin
    if origin is None or set(origin.vocab) <= set(vocab):
        return
    rng = random.Random(0)
    sizes = range(min(2, max_len), 1 + min(max_len, LONGEST))
    inputs = [rng.choices(vocab, k=rng.choice(sizes)) for _ in range(TRIED)]
    results = [v for values in run_batch(sop, inputs, causal=causal, errors="keep") for v in values]
    if all(isinstance(v, Failure) for v in results):
        warnings.warn(
            f"{sop.formula} has no value at any position of {TRIED} random inputs of {sizes[0]} to {sizes[-1]} tokens "
            f"over this vocabulary: {results[0]}\n"
            f"  It is written for the vocabulary {constant(''.join(map(str, origin.vocab)), 60)}.",
            ProgramWarning,
            stacklevel=outside(),
        )
