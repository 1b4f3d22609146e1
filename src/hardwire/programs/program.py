"""Library programs: functions that build a sop, with the data to run, test and compile it."""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, overload

from ..errors import BuildError, HardwireError
from ..lang.origin import Origin
from ..lang.sop import SOp
from ..lang.values import Value
from .calling import Parameters

Tokens = list[Any]
RightAnswers = Callable[[Tokens], list[Any]]
Sampler = Callable[[random.Random, int], "str | Tokens"]

LIBRARY: dict[str, Program] = {}
"""Every program by name, in the order of definition."""


@dataclass(frozen=True, eq=False)
class Program(Origin):
    """A documented program of the library; calling it builds the sop, or runs it on an input.

    `add()` builds, and so does `shift(2)`, with a parameter. `add("683+345")` and `shift("hello")` run: a string, list,
    tuple, range or array as the only argument is an input, unless the first parameter can be one. An ambiguous argument
    raises BuildError, and so does one that fits no parameter.

    `vocab` is the default vocabulary in its own order, `max_len` a reasonable length for it, `example` an instructive
    input. `reference` computes the same in plain Python, from the list of tokens to the list of results, for every
    valid input. `given`, if there is one, builds a Boolean sop that is true at every position of a valid input and
    false somewhere on any other. `sample(rng, n)` draws a valid input of at most n tokens. `answer` converts a result
    to readable text (the number 1028 from its digits).
    """

    name: str
    theme: str
    build: Callable[..., SOp]
    vocab: tuple[Value, ...]
    max_len: int
    example: str | Tokens
    reference: RightAnswers
    sample: Sampler
    given: Callable[[], SOp] | None = None
    answer: Callable[[list[Any]], str] | None = None

    @overload
    def __call__(self, parameter_or_input: str | list[Any] | range, /) -> Any: ...

    @overload
    def __call__(self, *args: Any, **options: Any) -> SOp: ...

    def __call__(self, *args: Any, **options: Any) -> Any:
        call = self.parameters.read(args, options)
        try:
            built = self.build(*call.arguments.args, **call.arguments.kwargs)
        except HardwireError:
            raise
        except Exception as error:  # a parameter of an unsuitable type
            raise BuildError(f"{self.name}{self.parameters.shown} cannot be built: {error}", value=args) from error
        sop = SOp(built.expr, self) if call.own else built
        return sop(*call.input) if call.input else sop

    def sop(self) -> SOp:
        """The program with its default parameters."""
        return self()

    @functools.cached_property
    def parameters(self) -> Parameters:
        """The parameters of the program."""
        return Parameters(self.name, self.build, self.vocab)

    def __reduce__(self) -> Any:
        return _named, (self.name,)

    @property
    def summary(self) -> str:
        """The first line of its description."""
        return (self.build.__doc__ or "").strip().split("\n")[0]

    def __repr__(self) -> str:
        return f"<program {self.name}: {self.summary}>"


def _named(name: str) -> Program:
    return LIBRARY[name]


def program(
    *,
    vocab: Sequence[Value],
    max_len: int,
    example: str | Tokens,
    reference: RightAnswers,
    sample: Sampler | None = None,
    given: Callable[[], SOp] | None = None,
    answer: Callable[[list[Any]], str] | None = None,
) -> Callable[[Callable[..., SOp]], Program]:
    """Add a function to the library; its theme is its module.

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
        shown = made.parameters.shown
        marks = {
            **{mark: getattr(build, mark) for mark in ("__module__", "__name__", "__qualname__")},
            "__doc__": f"{made.name}{shown}\n\n{inspect.cleandoc(build.__doc__ or '')}",
            "__signature__": shown,
            "__wrapped__": build,
        }
        for mark, x in marks.items():  # help(), doctest and inspect see the function
            object.__setattr__(made, mark, x)
        LIBRARY[made.name] = made
        return made

    return enter


def any_tokens(vocab: tuple[Value, ...]) -> Sampler:
    """Draw at most n tokens of the vocabulary, uniformly; a string if every token is one character."""

    def sample(rng: random.Random, n: int) -> str | Tokens:
        tokens = rng.choices(vocab, k=rng.randint(0, n))
        text = all(isinstance(t, str) and len(t) == 1 for t in vocab)
        return "".join(tokens) if text else tokens

    return sample
