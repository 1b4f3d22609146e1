"""What a library program is: a function that builds a sop, with what is needed to run, test and compile it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..lang.sop import SOp
from ..lang.values import Value

Tokens = list[Any]
Reference = Callable[[Tokens], list[Any]]
Sampler = Callable[[random.Random, int], "str | Tokens"]

LIBRARY: dict[str, Program] = {}
"""Every program by name, in the order of definition."""


@dataclass(frozen=True, eq=False)
class Program:
    """A documented program of the library; calling it builds the sop.

    `vocab` is the default vocabulary in its own order, `max_len` a length that is sensible for it, `example`
    an input that shows what it does. `reference` computes the same in plain Python, from the list of tokens to
    the list of results, for every valid input. `given`, where there is one, builds a Boolean sop that is true
    at every position of a valid input and false somewhere on any other. `sample(rng, n)` draws a valid input
    of at most n tokens. `answer` turns a result into the text a person wants to read (the number 1028 out of
    its digits).
    """

    name: str
    theme: str
    build: Callable[..., SOp]
    vocab: tuple[Value, ...]
    max_len: int
    example: str | Tokens
    reference: Reference
    sample: Sampler
    given: Callable[[], SOp] | None = None
    answer: Callable[[list[Any]], str] | None = None

    def __call__(self, *args: Any, **options: Any) -> SOp:
        return self.build(*args, **options)

    @property
    def summary(self) -> str:
        """The first line of its description."""
        return (self.build.__doc__ or "").strip().split("\n")[0]

    def __repr__(self) -> str:
        return f"<program {self.name}: {self.summary}>"


def program(
    *,
    vocab: Sequence[Value],
    max_len: int,
    example: str | Tokens,
    reference: Reference,
    sample: Sampler | None = None,
    given: Callable[[], SOp] | None = None,
    answer: Callable[[list[Any]], str] | None = None,
) -> Callable[[Callable[..., SOp]], Program]:
    """Enters a function into the library; its theme is the module it stands in.

    Without `sample`, any string of tokens is a valid input.
    """

    def enter(build: Callable[..., SOp]) -> Program:
        made = Program(
            name=build.__name__,
            theme=build.__module__.rpartition(".")[2],
            build=build,
            vocab=tuple(vocab),
            max_len=max_len,
            example=example,
            reference=reference,
            sample=sample or any_tokens(tuple(vocab)),
            given=given,
            answer=answer,
        )
        for mark in (
            "__module__",
            "__name__",
            "__qualname__",
            "__doc__",
        ):  # help(), doctest and inspect see the function
            object.__setattr__(made, mark, getattr(build, mark))
        object.__setattr__(made, "__wrapped__", build)
        LIBRARY[made.name] = made
        return made

    return enter


def any_tokens(vocab: tuple[Value, ...]) -> Sampler:
    """Draws n or fewer tokens of the vocabulary, uniformly; a string where every token is one character."""

    def sample(rng: random.Random, n: int) -> str | Tokens:
        tokens = rng.choices(vocab, k=rng.randint(0, n))
        text = all(isinstance(t, str) and len(t) == 1 for t in vocab)
        return "".join(tokens) if text else tokens

    return sample
