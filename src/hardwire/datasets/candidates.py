"""A stream of programs by seed: of the library with its parameters varied, composed of library programs, and random.

The candidate with a number depends on the seed and the number alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..errors import HardwireError
from ..lang.expr import Expr, Op, again, node, rebuild
from ..lang.sop import SOp
from ..lang.surface import where
from ..lang.values import Value
from ..programs import LIBRARY
from ..puzzles import PUZZLES
from ..random_programs import STEPS, Options, grown
from ..random_programs.idioms import idiom
from ..random_programs.steps import added, best, counted, picked
from .behaviour import usable

VOCABULARIES: dict[str, tuple[Value, ...]] = {
    "letters": tuple("abc"),
    "digits": tuple("0123"),
    "ints": (0, 1, 2, 3),
    "signed": (-2, -1, 0, 5),
    "bools": (False, True),
    "brackets": tuple("()[]"),
    "words": ("yes", "no", "maybe"),
}
"""The vocabularies of composed and random programs."""
LENGTHS = (6, 7, 8)
"""The greatest lengths of their inputs."""
EVERY = 4
"""So many candidates are there for one of the library, while these last."""
DRAWS = 24
"""How often a program is drawn until one has the number of layers that is wanted."""
LAYERS = (1, 2, 3, 3, 4, 5)
"""The numbers of layers that are wanted, in turn."""
ATTENDING = (added, best, counted, picked, idiom)
"""Steps of random programs that use a selector."""


@dataclass(frozen=True)
class Proposal:
    """A program for an item of a data set, with what it is compiled for.

    `puzzle` is the number of the puzzle that it solves; `sample` draws a valid input of at most n tokens, where not all
    are valid; `usual` draws an input of the kind that a library program is for.
    """

    number: int
    family: str
    name: str
    kind: str
    sop: SOp
    vocab: tuple[Value, ...]
    max_len: int
    causal: bool = False
    given: SOp | None = None
    puzzle: int | None = None
    sample: Callable[[random.Random, int], Any] | None = None
    usual: Callable[[random.Random, int], Any] | None = None


def candidate(seed: int, number: int, mask: str = "both") -> Proposal | None:
    """The candidate with a number, or None where no program that is drawn is usable. mask: "both", "full", "causal"."""
    turn, rest = divmod(number, EVERY)
    if rest == 0 and turn < len(library()) and mask != "causal":
        return library()[turn]
    rng = random.Random(f"{seed}/{number}")
    kind = rng.choice(list(VOCABULARIES))
    vocab, max_len = VOCABULARIES[kind], rng.choice(LENGTHS)
    causal = mask == "causal" or (mask == "both" and rng.random() < 0.3)
    wanted = LAYERS[number % len(LAYERS)]
    draw = _composed if rng.random() < 0.6 else _random
    for _ in range(DRAWS):
        try:
            name, sop = draw(rng, vocab)
            found = named(sop)
            if found.layers == wanted and usable(found, vocab, causal=causal):
                return Proposal(
                    number, draw.__name__.strip("_"), name, kind, found, vocab, max_len=max_len, causal=causal
                )
        except HardwireError:  # a parameter that does not fit the vocabulary, a part of the wrong type
            continue
    return None


def _composed(rng: random.Random, vocab: tuple[Value, ...]) -> tuple[str, SOp]:
    """Two or three library programs, each on the result of the one before; a few are combined position by position."""
    names = _plain()
    first = rng.choice(names)
    text, sop = first, LIBRARY[first].sop()
    for _ in range(rng.choice((1, 1, 1, 2))):
        name = rng.choice(names)
        other = LIBRARY[name].sop()
        how = rng.random()
        if how < 0.7:
            text, sop = f"{name}({text})", other.of(sop)
        elif how < 0.85:
            text, sop = f"where({text} == {name}, ...)", where(sop == other, sop, other)
        else:
            text, sop = f"({text} != {name})", sop != other
    return text, sop


def _random(rng: random.Random, vocab: tuple[Value, ...]) -> tuple[str, SOp]:
    """A random program of a few kinds of steps; now and then on the result of a library program, or the reverse."""
    kinds = rng.sample(sorted({*STEPS}, key=lambda f: f.__name__), 5)
    options = Options(vocab=vocab, steps=(*kinds, *ATTENDING))
    sop = next(x for x in reversed(grown(rng, rng.randint(4, 12), options).made) if isinstance(x, SOp))
    if rng.random() < 0.4:
        name = rng.choice(_plain())
        other = LIBRARY[name].sop()
        return (f"random({name})", sop.of(other)) if rng.random() < 0.5 else (f"{name}(random)", other.of(sop))
    return "random", sop


@cache
def _plain() -> tuple[str, ...]:
    """The library programs that take any input."""
    return tuple(name for name, p in LIBRARY.items() if p.given is None)


def named(sop: SOp) -> SOp:
    """The program with a name for every aggregate that has none: v1, v2, ... in order of evaluation."""
    have = {s for e in sop.expr.walk() if e.op is Op.NAME for s in e.src}
    taken = {str(e.arg) for e in sop.expr.walk() if e.op is Op.NAME}
    names = (f"v{i}" for i in range(1, 10_000) if f"v{i}" not in taken)

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        return node(Op.NAME, new, arg=next(names)) if e.op.aggregate and e not in have else new

    return SOp(rebuild(sop.expr, change))


# The library.

PARAMETERS: dict[str, tuple[dict[str, Any], ...]] = {
    "window_sum": ({"window": 2}, {"window": 4}, {"window": 5}),
    "index": ({"i": 0}, {"i": 2}, {"i": 3}),
    "shift": ({"i": 2}, {"i": 3}, {"i": -1}, {"i": -2}),
    "first": ({"q": "e"}, {"q": "h"}),
    "frac_prevs": ({"x": "a"}, {"x": "b"}),
    "majority": ({"x": 0},),
    "parity": ({"x": 0},),
    "dyck": ({"depth": 2}, {"depth": 1}),
    "caesar": ({"k": 1}, {"k": 5}, {"k": 13}),
    "ngram_lookup": ({"n": 3},),
    "nearest_left": ({"x": "a"},),
    "nearest_right": ({"x": "a"},),
    "split": ({"get_first_part": False},),
}
"""The parameters with which library programs are compiled, beside their defaults."""
LONGEST = 10
"""The greatest length for which a library program is compiled, where it has more positions by itself."""
MOST_TOKENS = 11
"""The vocabularies of library programs have at most so many tokens: of a longer one the first."""


@cache
def library() -> tuple[Proposal, ...]:
    """All candidates of the library."""
    return tuple(_of_library())


def _of_library() -> Iterator[Proposal]:
    calls = [(p, options) for p in LIBRARY.values() for options in ({}, *PARAMETERS.get(p.name, ()))]
    for turn, (p, options) in enumerate(calls):
        shown = ", ".join(f"{k}={v!r}" for k, v in options.items())
        puzzle = None if options or p.name not in PUZZLES else PUZZLES[p.name].number
        yield Proposal(
            number=turn * EVERY,
            family="library",
            name=f"{p.name}({shown})" if shown else p.name,
            kind="own",
            sop=SOp(named(p(**options)).expr),
            vocab=p.vocab[:MOST_TOKENS],
            max_len=min(p.max_len, LONGEST),
            given=None if p.given is None else p.given(),
            puzzle=puzzle,
            sample=p.sample if p.given is not None else None,
            usual=p.sample,
        )
