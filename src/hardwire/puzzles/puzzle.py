"""What a puzzle is: a statement, inputs that are valid for it, and the right answers in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import UnknownNameError
from ..lang.values import Value
from ..programs import LIBRARY
from ..programs.program import Reference, Sampler, Tokens


@dataclass(frozen=True, eq=False, repr=False)
class Puzzle:
    """A program to be found.

    `layers` is the budget: the most layers of attention that a solution may have. `examples` are inputs, and
    `answer(input)` gives the right result for any valid one. `vocab` and `max_len` say which inputs are tried, and
    for which a solution is compiled. `sample(rng, n)` draws a valid input of at most n tokens; `valid` tells one.
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
    reference: Reference
    sample: Sampler
    valid: Callable[[Tokens], bool]

    def answer(self, input: str | Sequence[Any]) -> list[Any]:
        """The right result for a valid input."""
        return self.reference(list(input))

    def hint(self, number: int = 1) -> str:
        """One hint; each says more than the one before. Raises UnknownNameError where there is none of that number."""
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
    """A puzzle about what a library program does, without the program itself.

    Its vocabulary, its answers and its random inputs are the program's. `valid(text)` tells a valid input, where not
    every one is. Its number it gets among the others, in statements/__init__.py.
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
