"""Programs that write text, with the data to run, test and compile them."""

from __future__ import annotations

import inspect
import operator
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce, wraps
from typing import Any, ParamSpec

from ..errors import BuildError, InputError
from ..lang.origin import Origin
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.surface import indices, key, query, tokens
from ..lang.text import constant
from ..lang.values import Value

STOP = "."
"""The token that ends a text."""

Arguments = ParamSpec("Arguments")

SIZES = ("digits", "bits", "most", "cells", "steps")
"""The names of parameters that say how large a program is."""
WRITERS: dict[str, Callable[..., TextProgram]] = {}
"""Every function that makes a program, by name; without arguments it makes the usual one."""


@dataclass(frozen=True, eq=False)
class TextProgram(Origin):
    """A program that continues a prompt: under the causal mask, its value at the last position is the next token.

    `vocab` are its tokens in order, `max_len` is the longest transcript of a prompt that it is for, without the stop
    token, and `prompts` says which these are; `forms` are the same as forms of `certify_text`, where they are few.
    `reference` gives the text for such a prompt in plain Python, `sample(rng)` draws one, and `edges` are special ones.
    """

    name: str
    summary: str
    program: SOp
    vocab: tuple[Value, ...]
    max_len: int
    example: str
    prompts: str
    reference: Callable[[str], str | list[str]]
    draw: Callable[[random.Random], str]
    edges: tuple[str, ...]
    stop: Value = STOP
    forms: tuple[tuple[Any, ...], ...] = ()
    causal = True

    def sop(self) -> SOp:
        """The program."""
        return SOp(self.program.expr, self)

    def sample(self, rng: random.Random, n: int) -> str:
        """Draw a prompt of at most n tokens that the program is for, or the start of one."""
        return self.draw(rng)[:n]

    def transcript(self, rng: random.Random, n: int) -> list[Value]:
        """Draw a prompt and the text that follows it, or the start of that, of at most n tokens."""
        prompt = self.draw(rng)
        return [*prompt, *self.reference(prompt)][:n]

    def is_for(self, prompt: Sequence[Value]) -> bool:
        """Whether a prompt has one of the forms; true for every prompt where there are none."""
        sized = [form for form in self.forms if len(form) == len(prompt)]
        fits = any(
            all(t == f or (isinstance(f, frozenset) and t in f) for t, f in zip(prompt, form, strict=True))
            for form in sized
        )
        return fits or not self.forms

    def __repr__(self) -> str:
        return f"<program {self.name}: {self.summary}>"


def writer(make: Callable[Arguments, TextProgram]) -> Callable[Arguments, TextProgram]:
    """Enter a function that makes a program. With a size below 1 it raises InputError."""

    @wraps(make)
    def made(*args: Arguments.args, **kwargs: Arguments.kwargs) -> TextProgram:
        signature = inspect.signature(make)
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            shown = inspect.signature(make, eval_str=True).replace(return_annotation=signature.empty)
            raise BuildError(f"{make.__name__}: {error}\n  {make.__name__}{shown}", value=args) from None
        for name, value in given.items():
            if name in SIZES and not (type(value) is int and value >= 1):
                raise InputError(f"{make.__name__}: {name} is an int of at least 1, not {constant(value)}", value=value)
        return make(*args, **kwargs)

    WRITERS[make.__name__] = made
    return made


def string(alphabet: Sequence[str], rng: random.Random, most: int) -> str:
    """A random string of 0 to `most` characters."""
    return "".join(rng.choices(alphabet, k=rng.randint(0, most)))


# What programs have in common.


def place_of(token: str, default: int = 0) -> SOp:
    """The position of the first such token."""
    return (key(tokens) == query(token)).first(indices, default)


def at(position: SOp | int) -> Selector:
    """Select one position; none where the input has no such position."""
    found: Selector = key(indices) == query(position)
    return found


def total(terms: Iterable[SOp | int]) -> SOp:
    """The sum of some sops."""
    found: Any = reduce(operator.add, terms)
    assert isinstance(found, SOp)
    return found
