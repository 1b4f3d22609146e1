"""Directions and bases, as Tracr names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..absent import absent

__getattr__ = absent(__name__, "VectorInBasis", "join_vector_spaces")


@dataclass(frozen=True)
class BasisDirection:
    """A direction by its name and, where it stands for one value, that value."""

    name: str
    value: Any = None

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name}:{self.value}"

    def __lt__(self, other: BasisDirection) -> bool:
        try:
            return bool((self.name, self.value) < (other.name, other.value))
        except TypeError:
            return str(self) < str(other)


@dataclass(frozen=True)
class VectorSpaceWithBasis:
    """A space with a direction for each coordinate, in order."""

    basis: tuple[BasisDirection, ...]

    def __init__(self, basis: Iterable[BasisDirection]) -> None:
        object.__setattr__(self, "basis", tuple(sorted(basis)))

    @classmethod
    def from_values(cls, name: str, values: Iterable[Any]) -> VectorSpaceWithBasis:
        """A space with a direction for each value."""
        return cls(BasisDirection(name, value) for value in values)

    @property
    def num_dims(self) -> int:
        """The number of coordinates."""
        return len(self.basis)
