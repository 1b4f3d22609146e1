"""Programs and inputs over values of every kind, sensible parts and absurd ones alike.

The generator is `hardwire.random_programs`; the values, the functions and the options of the wildest programs are those
of `hardwire.campaign`.
`program(rng)` and `tokens_of(rng)` are seeded by a `random.Random`; `programs()` and `inputs()` are the same as
hypothesis strategies, which shrink.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

from hypothesis import strategies as st

from attack import Case
from hardwire import Selector, SOp
from hardwire.campaign import programs as campaign
from hardwire.campaign.programs import WILD
from hardwire.campaign.values import ANY, BIG, BOOLS, FLOATS, OWN, RATIOS, SMALL, Level, Loose, Near
from hardwire.campaign.values import Letters as Part
from hardwire.campaign.values import Parcel as Box
from hardwire.random_programs import grown

__all__ = ["OWN", "WILD", "Box", "Level", "Loose", "Near", "Part"]


def program(rng: random.Random, steps: int | None = None) -> SOp | Selector:
    """A random program or selector of a few operations."""
    made = grown(rng, rng.randrange(2, 12) if steps is None else steps, WILD).made
    return max(made[-4:], key=lambda x: min(x.size, 60))


def case(seed: int, few: int = 300, some: int = 200) -> tuple[Case, list[list[Any]]]:
    """A program to compile with everything else drawn too, and inputs: all of a length where they are few, or some."""
    made, rng, inputs = campaign.wild(seed), random.Random(seed), []
    for n in range(made.max_len + 1):
        if len(made.vocab) ** n <= few:
            inputs += [list(x) for x in itertools.product(made.vocab, repeat=n)]
        else:
            inputs += [rng.choices(made.vocab, k=n) for _ in range(some)]
    return made, inputs


def tokens_of(rng: random.Random, n: int | None = None) -> str | list[Any]:
    """A random input of a few tokens: a string, or a list of values of one kind or of many."""
    if n is None:
        n = rng.choice([0, 1, 2, 3, 3, 4, 4, 4, 5, 6, 9])
    kind = rng.randrange(9)
    if kind == 0:
        return "".join(rng.choice("ab10\N{GRINNING FACE}") for _ in range(n))
    mixed = [*SMALL, *FLOATS, *RATIOS, *BOOLS]
    pools = [SMALL, BOOLS, FLOATS, [*SMALL, *BIG], mixed, [1, True, 1.0, "1", None], ANY, OWN]
    return [rng.choice(pools[kind - 1]) for _ in range(n)]


# The same as hypothesis strategies.

RANDOMS = st.randoms(use_true_random=False)


def programs() -> st.SearchStrategy[SOp | Selector]:
    return st.builds(program, RANDOMS, st.integers(1, 10))


def sops() -> st.SearchStrategy[SOp]:
    return st.builds(lambda rng, steps: grown(rng, steps, WILD).part(), RANDOMS, st.integers(1, 8))


def selectors() -> st.SearchStrategy[Selector]:
    return st.builds(lambda rng, steps: grown(rng, steps, WILD).selector(), RANDOMS, st.integers(1, 8))


def inputs() -> st.SearchStrategy[str | list[Any]]:
    return st.builds(tokens_of, RANDOMS, st.integers(0, 8))
