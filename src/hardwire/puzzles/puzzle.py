"""Puzzles: a statement, valid inputs, and the right answers in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UnknownNameError
from ..lang.values import Value
from ..programs import LIBRARY
from ..programs.program import RightAnswers, Sampler, Tokens


@dataclass(frozen=True, eq=False, repr=False)
class Puzzle:
    """The description of a program to write.

    `layers` is the budget: the greatest number of attention layers of a solution. `examples` are inputs, and
    `answer(input)` is the right result for a valid one. Solutions are tried on, and compiled for, inputs over `vocab`
    of at most `max_len` tokens. `sample(rng, n)` draws a valid input of at most n tokens; `valid` tests an input.
    """

    number: int
    name: str
    chapter: str
    title: str
    statement: str
    examples: tuple[str | Tokens, ...]
    hints: tuple[str, ...]
    layers: int
    vocab: tuple[Value, ...]
    max_len: int
    reference: RightAnswers
    sample: Sampler
    valid: Callable[[Tokens], bool]

    def answer(self, input: str | Sequence[Any]) -> list[Any]:
        """Return the right result for a valid input."""
        return self.reference(list(input))

    def hint(self, number: int = 1) -> str:
        """Return a hint; each says more than the one before. Raises UnknownNameError for an unknown number."""
        if not 1 <= number <= len(self.hints):
            raise UnknownNameError(f"hint of {self.name} with the number", str(number), [], self._hints_there_are())
        return self.hints[number - 1]

    def _hints_there_are(self) -> str:
        return f"They go from 1 to {len(self.hints)}." if len(self.hints) > 1 else "There is one, 1."

    def __repr__(self) -> str:
        from .plain_text import statement

        return statement(self)

    def _repr_html_(self) -> str:
        from .html import statement

        return statement(self)


def puzzle(
    name: str,
    title: str,
    statement: str,
    *,
    chapter: str,
    examples: Sequence[str | Tokens],
    hints: Sequence[str],
    layers: int,
    max_len: int = 16,
    valid: Callable[[str], bool] | None = None,
    sample: Sampler | None = None,
) -> Puzzle:
    """Return a puzzle about the function of a library program, without the program itself.

    Its vocabulary, answers and random inputs are those of the program. `valid(text)` tests an input, if not all are
    valid. Its number is set in statements/__init__.py.
    """
    program = LIBRARY[name]
    return Puzzle(
        number=0,
        name=name,
        chapter=chapter,
        title=title,
        statement=" ".join(statement.split()),
        examples=tuple(examples),
        hints=tuple(" ".join(hint.split()) for hint in hints),
        layers=layers,
        vocab=program.vocab,
        max_len=max_len,
        reference=program.reference,
        sample=sample or program.sample,
        valid=lambda x: valid is None or valid("".join(x)),
    )
