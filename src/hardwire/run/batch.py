"""Inputs: which objects are valid ones, and batches of them, laid out one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import InputError
from ..lang.english import a_type
from ..lang.text import constant
from ..lang.values import NotAValue, Value, freeze
from .column import Column, characters, column
from .failure import Bools, Failure, Ints


def read_input(x: object, number: int | None = None) -> str | list[Value]:
    """One input as a string or a list of values: a string's characters, or the items of a sequence.

    Raises InputError; `number` is the index of the input in a batch.
    """
    which = "the input" if number is None else f"input {number}"
    if isinstance(x, str):
        return str(x)
    if isinstance(x, np.ndarray) and x.ndim != 1:
        raise InputError(f"{which} is an array of shape {x.shape}; an input has one axis", value=x)
    if not isinstance(x, (list, tuple, range, np.ndarray)):
        hint = (
            " To apply a program to another program's result write f.of(g)."
            if getattr(x, "is_hardwire_handle", False)
            else ""
        )
        raise InputError(
            f"{which} is {a_type(x)}; give a string (its characters are the tokens) "
            f"or a list, tuple, range or 1-D array of tokens.{hint}",
            value=x,
        )
    items = []
    for i, item in enumerate(x):
        if isinstance(item, Failure):
            raise InputError(f"{which} holds a failure at position {i}: {item}", position=i, value=item)
        try:
            items.append(freeze(item))
        except NotAValue as error:
            raise InputError(f"{which} has no value at position {i}: {error}", position=i, value=item) from None
    return items


@dataclass(frozen=True)
class Batch:
    """Several inputs, concatenated. lengths: (inputs,). Flat positions: those of input 0, then of input 1, and so
    on."""

    inputs: tuple[str | list[Value], ...]
    lengths: Ints

    @classmethod
    def of(cls, inputs: Iterable[object], *, single: bool = False) -> Batch:
        """Raises InputError."""
        if isinstance(inputs, (str, bytes)):
            raise InputError(
                f"a batch is a list of inputs, not the one string {constant(inputs)}: write [{constant(inputs)}]",
                value=inputs,
            )
        if not isinstance(inputs, Iterable):
            raise InputError(f"a batch is a list of inputs, not {constant(inputs)}", value=inputs)
        read = tuple(read_input(x, None if single else i) for i, x in enumerate(inputs))
        return cls(read, np.array([len(x) for x in read], np.int64))

    @cached_property
    def size(self) -> int:
        """The number of flat positions."""
        return int(self.lengths.sum())

    @cached_property
    def starts(self) -> Ints:
        """(inputs,) the flat position at which each input starts."""
        return np.cumsum(self.lengths) - self.lengths

    @cached_property
    def owner(self) -> Ints:
        """(positions,) which input each flat position belongs to."""
        return np.repeat(np.arange(len(self.inputs)), self.lengths)

    @cached_property
    def position(self) -> Ints:
        """(positions,) 0 .. n-1 within each input."""
        return np.arange(self.size) - self.starts[self.owner]

    @cached_property
    def tokens(self) -> Column:
        if all(isinstance(x, str) for x in self.inputs):
            return characters("".join(self.inputs))  # type: ignore[arg-type]
        return column([token for x in self.inputs for token in x])

    def flat(self, inputs: Bools) -> Ints:
        """The flat positions of some of the inputs, given as a mask."""
        return np.flatnonzero(inputs[self.owner])

    def locate(self, flat: int) -> tuple[int, int]:
        """(input, position) of a flat position."""
        owner = int(self.owner[flat])
        return owner, int(flat - self.starts[owner])

    def shown(self, input: int) -> Any:
        return self.inputs[input]
