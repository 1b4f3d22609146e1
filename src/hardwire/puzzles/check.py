"""Checking a solution: on many inputs, then by the compiler."""

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
from ..lang.arguments import checked_options
from ..lang.handle import Handle
from ..lang.origin import check_callable, mistaken
from ..lang.sop import SOp
from ..lang.text import constant
from ..model.transformer import Transformer
from ..programs.program import Tokens
from ..run import Failure
from .puzzle import Puzzle
from .records import Medal, medal_for_layers, medal_for_parameters
from .statements import get

SHORT = 1_000
"""The number of the shortest valid inputs that are tried."""
LOOKED_AT = 20_000
"""The number of inputs among which they are searched."""
TOGETHER = 256
"""The number of inputs in one batch."""


@dataclass(frozen=True)
class Wrong:
    """An input on which a solution is wrong, with its result and the right one."""

    input: str | Tokens
    got: list[Any]
    expected: list[Any]

    @property
    def positions(self) -> list[int]:
        """The positions at which the two differ."""
        return [i for i, (a, b) in enumerate(zip(self.got, self.expected, strict=True)) if not _same(a, b)]


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """The result of a check: true if the solution is right on every input tried and within the layer budget.

    `sop` is the solution, or None if there is none yet. `tried` inputs were run; `wrong` is the first one with a wrong
    result, shrunk. `model` is the compiled solution; if there is none, `refused` says why.
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
        """The attention layers of the solution, or None if there is none yet."""
        return None if self.sop is None else self.sop.layers

    @property
    def parameters(self) -> int | None:
        """The parameters of the compiled solution, or None if it is not compiled."""
        return None if self.model is None else self.model.parameters

    @property
    def layers_medal(self) -> Medal | None:
        """Gold for as few layers as the best known solution, silver for staying within the budget.

        Medals are for transformers, so a solution that is not compiled has none.
        """
        if not self or self.model is None or self.layers is None:
            return None
        return medal_for_layers(self.puzzle.name, self.layers)

    @property
    def parameters_medal(self) -> Medal | None:
        """Gold for as few parameters as the best known solution, silver for at most twice as many, otherwise bronze."""
        if not self or self.parameters is None:
            return None
        return medal_for_parameters(self.puzzle.name, self.parameters)

    def __repr__(self) -> str:
        from .plain_text import outcome

        return outcome(self)

    def _repr_html_(self) -> str:
        from .html import outcome

        return outcome(self)


@checked_options
def check(
    puzzle: str | int | Puzzle, solution: Any, *, compile: bool = True, tries: int = 500, seed: int = 0
) -> Outcome:
    """Run a solution of a puzzle on many inputs, compile it if it is right, and award medals.

    `solution` is a sop, or a function without arguments that returns one; None and `...` mean no solution yet. The
    inputs are the examples, short ones, boundary cases, and `tries` random ones of each of two kinds. Without `compile`
    no medals are awarded. Raises UnknownNameError, BuildError.

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
    if not isinstance(tries, int) or tries < 0:
        raise BuildError(f"tries is a whole number, 0 or more, not {constant(tries)}", value=tries)
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
        return Outcome(this, sop, tried, seed, refused="the solution was not compiled" if not compile else "")
    try:
        model = compile_sop(sop, this.vocab, this.max_len)
    except CompileError as error:
        return Outcome(this, sop, tried, seed, refused=str(error))
    return Outcome(this, sop, tried, seed, model=model)


def _sop(puzzle: Puzzle, solution: Any) -> SOp | None:
    """Return the solution as a sop. Raises BuildError."""
    made = solution
    if callable(solution) and not isinstance(solution, Handle):
        check_callable(solution)
        made = solution()
    if made is None or made is ...:
        return None
    if isinstance(made, SOp):
        return made
    raise BuildError(
        f"a solution of {puzzle.name} is a sop, or a function that returns one, not {mistaken(made)}", value=made
    )


def _inputs(puzzle: Puzzle, rng: random.Random, tries: int) -> Iterator[Tokens]:
    """Yield valid inputs: the examples, then all others, short ones first; each only once."""
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
    """Return the shrunk input. An example is not changed."""

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
