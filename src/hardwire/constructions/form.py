"""Linear forms of the residual stream: what every head, neuron and read-out is written in.

A *direction* is one coordinate of the residual stream, written once: by the embedding, a head or neurons. A
*form* is a linear combination of directions. Adding, scaling and shifting values is arithmetic on forms and
costs nothing in the model.

The invariant that everything relies on: **every direction but `bos` is exactly 0 at BOS.** `real` is 1 at
every real token and is the constant of all forms, so every form is exactly 0 at BOS too.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import BuildError
from ..model.slots import EMBEDDING, Slot

Floats = npt.NDArray[np.float64]


def digest(*parts: bytes | str | float) -> bytes:
    """A short name for contents: equal for equal parts, and different for different ones."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        found.update(b"%d:" % len(raw) + raw)
    return found.digest()


class Keyed:
    """A value that equals any other of its type with the same contents."""

    @property
    def key(self) -> bytes:
        """A digest of the contents."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Keyed) and type(self) is type(other) and self.key == other.key)

    @cached_property
    def _hash(self) -> int:
        return hash(self.key)

    def __hash__(self) -> int:
        return self._hash


class DirectionSource(Protocol):
    """How a direction is made; see `sources.py`."""

    @property
    def key(self) -> bytes:
        """A digest of the contents."""

    @property
    def slot(self) -> Slot:
        """The slot in which it is written."""

    @property
    def inputs(self) -> tuple[Form, ...]:
        """The forms that it is computed from."""


@dataclass(frozen=True)
class Given:
    """A direction whose number is given by its name: BOS, and the wires on which recipes are tried by hand."""

    name: str
    slot: Slot = EMBEDDING
    inputs: tuple[Form, ...] = ()

    @property
    def key(self) -> bytes:
        return digest("given", self.name)


@dataclass(frozen=True, eq=False)
class Direction(Keyed):
    """One coordinate of the residual stream: a value that knows how it is made.

    Directions with equal sources are equal. The rest describes one for people: `code` says how `expression` is stored
    in it, `error` bounds how far it is from its exact value, `recipe` names what computes it, and `number` is its place
    in the order in which the directions of one model were made.
    """

    name: str
    code: str
    source: DirectionSource
    expression: str = ""
    error: float = 0.0
    recipe: str = ""
    number: int = 0

    @cached_property
    def key(self) -> bytes:
        return self.source.key

    @cached_property
    def slot(self) -> Slot:
        """The slot in which it is written."""
        return self.source.slot

    @property
    def own(self) -> str:
        """The name of the variable that alone it stores; empty for a direction that anything may use."""
        return getattr(self.source, "own", "")


@dataclass(frozen=True, eq=False)
class Form(Keyed):
    """A linear combination of directions."""

    terms: Mapping[Direction, float]

    @cached_property
    def key(self) -> bytes:
        return digest(*sorted(d.key + struct.pack("<d", c) for d, c in self.terms.items()))

    def __add__(self, other: Form) -> Form:
        return combine((1.0, self), (1.0, other))

    def __sub__(self, other: Form) -> Form:
        return combine((1.0, self), (-1.0, other))

    def __mul__(self, factor: float) -> Form:
        return combine((factor, self))

    __rmul__ = __mul__

    def __neg__(self) -> Form:
        return self * -1.0

    def __call__(self, **values: Any) -> Any:
        """The number that it is where its directions, by name, are these numbers or arrays; `one` is 1 unless given.

        >>> x, one = wires("x one")
        >>> (2 * x + 3 * one)(x=5)
        13.0
        """
        found = sum((c * value_of(d, values) for d, c in self.terms.items()), 0.0)
        return float(found) if np.ndim(found) == 0 else found

    def __str__(self) -> str:
        return joined([signed(c, "" if d.name == "one" else d.name) for d, c in self.terms.items()]) or "0"

    @cached_property
    def slot(self) -> Slot:
        """The slot in which the last of its directions is written."""
        return max((d.slot for d in self.terms), default=EMBEDDING)

    @cached_property
    def error(self) -> float:
        """A bound of its error."""
        return sum(abs(c) * d.error for d, c in self.terms.items())


def combine(*parts: tuple[float, Form]) -> Form:
    """The sum of factor * form."""
    terms: dict[Direction, float] = {}
    for factor, form in parts:
        if factor == 1.0 and not terms:
            terms = dict(form.terms)  # a copy hashes nothing
            continue
        for d, c in form.terms.items():
            terms[d] = terms.get(d, 0.0) + factor * c
    return Form({d: c for d, c in terms.items() if c != 0.0} if 0.0 in terms.values() else terms)


def of(direction: Direction, factor: float = 1.0) -> Form:
    return Form({direction: factor} if factor else {})


ZERO = Form({})


def total(forms: Iterable[Form]) -> Form:
    return combine(*((1.0, f) for f in forms))


def signed(factor: float, what: str) -> str:
    """factor * what, as text."""
    if not what:
        return f"{factor:g}"
    return what if factor == 1 else f"-{what}" if factor == -1 else f"{factor:g} {what}"


def joined(parts: Iterable[str]) -> str:
    """A sum, as text."""
    return " + ".join(parts).replace("+ -", "- ")


def value_of(direction: Direction, values: Mapping[str, Any]) -> Any:
    """What a direction stands for among named numbers. Raises BuildError."""
    if direction.name in values:
        return np.asarray(values[direction.name], np.float64)[()]
    if direction.name == "one":
        return 1.0
    raise BuildError(f"there is no number for {direction.name!r}; given are {', '.join(values) or 'none'}")


def wires(names: str) -> tuple[Form, ...]:
    """Forms to try a recipe on by hand, one for each name; `one` is the constant 1.

    >>> x, y, one = wires("x y one")
    >>> (x - y + one)(x=3, y=1)
    3.0
    """
    return tuple(of(Direction(name, "free", Given(name))) for name in names.split())
