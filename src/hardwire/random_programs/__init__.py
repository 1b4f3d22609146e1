"""Random programs: thousands of circuits whose ground truth is known.

>>> from hardwire.random_programs import random_program
>>> random_program(seed=7, size=6).formula == random_program(seed=7, size=6).formula
True

options  what a program may be made of: vocabulary, constants, functions, operations
parts    the parts of a program so far, by kind, and how operands and selectors are drawn
steps    one operation each, from drawn operands to a new part
idioms   longer shapes: those that a compiler rewrites or draws conclusions from
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from ..lang.sop import SOp
from ..lang.values import Value
from .idioms import idiom
from .options import VOCAB, VOCABULARIES, Options, Signature
from .parts import Parts
from .steps import STEPS

__all__ = ["STEPS", "VOCAB", "VOCABULARIES", "Options", "Parts", "Signature", "grown", "idiom", "random_program"]

TAME = Options()
"""Programs most of which compile."""


def random_program(seed: int, size: int = 6, vocab: Sequence[Value] = VOCAB, options: Options = TAME) -> SOp:
    """A program of about `size` operations, the same for the same arguments.

    It draws on the whole language: every operator, aggregate, kind of selector and default, functions that have no
    value for some arguments, and results of every type. Unless the options say otherwise integers are kept small along
    the way, so that most programs compile at small lengths; a program may fail on some inputs, as any may.
    """
    parts = grown(random.Random(seed), size, replace(options, vocab=tuple(vocab)))
    return next(x for x in reversed(parts.made) if isinstance(x, SOp))


def grown(rng: random.Random, size: int, options: Options = TAME) -> Parts:
    """The parts of a program after `size` steps drawn by `rng`; the last one made has used the others, as a rule."""
    parts = Parts(rng, options)
    for _ in range(size):
        parts.put(*rng.choice(options.steps or STEPS)(parts))
    return parts
