"""Checking a solution: many inputs, then the compiler, and what comes of it."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import sampling
from ..compiler import compile as compile_sop
from ..errors import BuildError, CompileError
from ..lang.handle import Handle
from ..lang.sop import SOp
from ..lang.text import constant
from ..model.transformer import Transformer
from ..programs.program import Tokens
from ..run import Failure
from .puzzle import Puzzle
from .records import Medal, medal_for_layers, medal_for_parameters
from .statements import get

SHORT = 1_000
"""How many of the shortest valid inputs are tried."""
LOOKED_AT = 20_000
"""Among how many they are sought."""
TOGETHER = 256
"""How many inputs are run in one batch."""


@dataclass(frozen=True)
class Wrong:
    """An input on which a solution is wrong: what it gives there, and what is right."""

    input: str | Tokens
    got: list[Any]
    expected: list[Any]

    @property
    def positions(self) -> list[int]:
        """Where the two differ."""
        return [i for i, (a, b) in enumerate(zip(self.got, self.expected, strict=True)) if not _same(a, b)]


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """What came of a check. True where the solution is right on every input tried and keeps to the layer budget.

    `sop` is the solution, None where there is none yet. `tried` inputs were run; `wrong` is the first on which it is
    wrong, made as simple as could be. `model` is the compiled solution; where there is none `refused` says why.
    """

    puzzle: Puzzle
    sop: SOp | None = None
    tried: int = 0
    seed: int = 0
    wrong: Wrong | None = None
    model: Transformer | None = None
    refused: str = ""

    def __bool__(self) -> bool:
        return self.sop is not None and self.wrong is None and self.sop.layers <= self.puzzle.layers

    @property
    def layers(self) -> int | None:
        """The layers of attention of the solution, None where there is none yet."""
        return None if self.sop is None else self.sop.layers

    @property
    def parameters(self) -> int | None:
        """The parameters of the compiled solution, None where it is not compiled."""
        return None if self.model is None else self.model.parameters

    @property
    def layers_medal(self) -> Medal | None:
        """Gold for as few layers as the best known solution has, silver for keeping to the budget.

        A medal is for what a transformer can do, so there is none for a solution that is not compiled.
        """
        if not self or self.model is None or self.layers is None:
            return None
        return medal_for_layers(self.puzzle.name, self.layers)

    @property
    def parameters_medal(self) -> Medal | None:
        """Gold for as few parameters as the best known solution has, silver for at most twice as many, else bronze."""
        if not self or self.parameters is None:
            return None
        return medal_for_parameters(self.puzzle.name, self.parameters)

    def __repr__(self) -> str:
        from .plain_text import outcome

        return outcome(self)

    def _repr_html_(self) -> str:
        from .html import outcome

        return outcome(self)


def check(
    puzzle: str | int | Puzzle, solution: Any, *, compile: bool = True, tries: int = 500, seed: int = 0
) -> Outcome:
    """Runs a solution of a puzzle on many inputs, compiles it if it is right, and awards medals.

    `solution` is a sop, or a function without arguments that gives one; None and `...` stand for no solution yet.
    The inputs are the examples, short ones, ones at the edges, and `tries` random ones of each of two kinds.
    Without `compile` there are no medals. Raises UnknownNameError, BuildError.

    >>> from hardwire import indices, key, puzzles, query, tokens
    >>> bool(puzzles.check("shift", (key(indices) == query(indices - 1)).value(tokens, "_")))
    True
    >>> puzzles.check("shift", (key(indices) == query(indices + 1)).value(tokens, "_"))
    shift is not solved yet: wrong on "hello", an example.
      input    h  e  l  l  o
      yours    e  l  l  o  _
      right    _  h  e  l  l
               ^  ^  ^  ^  ^
    """
    this = get(puzzle)
    sop = _sop(this, solution)
    if sop is None:
        return Outcome(this)
    tried = 0
    for some in sampling.chunks(_inputs(this, random.Random(seed), tries), TOGETHER):
        tried += len(some)
        bad = next(
            (x for x, got in zip(some, sop.batch(some, errors="keep"), strict=True) if _differ(this, x, got)), None
        )
        if bad is not None:
            return Outcome(this, sop, tried, seed, wrong=_shrunk(this, sop, bad))
    if not compile or sop.layers > this.layers:
        return Outcome(this, sop, tried, seed, refused="compiling was left out" if not compile else "")
    try:
        model = compile_sop(sop, this.vocab, this.max_len)
    except CompileError as error:
        return Outcome(this, sop, tried, seed, refused=str(error))
    return Outcome(this, sop, tried, seed, model=model)


def _sop(puzzle: Puzzle, solution: Any) -> SOp | None:
    """The solution as a sop. Raises BuildError."""
    made = solution() if callable(solution) and not isinstance(solution, Handle) else solution
    if made is None or made is ...:
        return None
    if isinstance(made, SOp):
        return made
    shown = f"the {made.word} {made.formula}" if isinstance(made, Handle) else constant(made)
    raise BuildError(
        f"a solution of {puzzle.name} is a sop, or a function that gives one, not {shown}\n"
        "  A selector is aggregated into a sop first: selector.value(x), or .width() for how many it selects.",
        value=made,
    )


def _inputs(puzzle: Puzzle, rng: random.Random, tries: int) -> Iterator[Tokens]:
    """Valid inputs: the examples, then all others, short ones first; none twice."""
    examples = [list(x) for x in puzzle.examples]
    every = itertools.islice(sampling.every(puzzle.vocab, puzzle.max_len), LOOKED_AT)
    short = itertools.islice(filter(puzzle.valid, every), SHORT)
    others = sampling.chosen(puzzle.vocab, puzzle.max_len, rng, tries, puzzle.sample, 0)
    seen = set()
    for x in itertools.chain(examples, short, sorted(others, key=len)):
        if x and tuple(x) not in seen and puzzle.valid(x):
            seen.add(tuple(x))
            yield x


def _shrunk(puzzle: Puzzle, sop: SOp, x: Tokens) -> Wrong:
    """The input with what does not matter left out. An example stays as it is."""

    def fails(y: Tokens) -> bool:
        return bool(y) and puzzle.valid(y) and _differ(puzzle, y, sop(y, errors="keep"))

    if x not in [list(example) for example in puzzle.examples]:
        x = sampling.shrunk(x, puzzle.vocab, fails)
    return Wrong(sampling.as_text(x), list(sop(x, errors="keep")), puzzle.answer(x))


def _differ(puzzle: Puzzle, x: Tokens, got: Sequence[Any]) -> bool:
    return not all(_same(a, b) for a, b in zip(got, puzzle.answer(x), strict=True))


def _same(got: Any, expected: Any) -> bool:
    if isinstance(got, Failure):
        return False
    if isinstance(got, float) and isinstance(expected, (int, float)):
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)  # a sum of floats may be off in its last bits
    return bool(got == expected)
