"""What a head needs of its score, and the score that it gets."""

from __future__ import annotations

from dataclasses import dataclass

from ..constructions import attention as at
from ..constructions.attention import bit_error
from .choice import Rejected

ONE_KEY = 4.0
"""How far the score of the one selected key may be off."""
SHARED = 0.25
"""How far the scores of keys that share the weight may be off, times their number."""

CLEAN = 2.0**-15
"""The most error of a bit in a score. A restored bit stays between 0 and 1 even for values that a proof cannot rule
out, which is why bits are restored even where the margin is wide."""


@dataclass(frozen=True)
class Need:
    """What a head needs of its score.

    unit: how far below the selected keys the others score. margin: how far the scores of selected keys may be off.
    shared: whether selected keys share the weight, so that they must score the same, whatever errors their encodings
    have. level_known: whether BOS does not compete, so that squares of queries may be left out. squares: whether
    equality may be scored by squares; without them it is a table, a few units large. hinges: whether numbers with
    errors are compared by hinges, where they can be, and never by squares.
    """

    unit: float = at.UNIT
    margin: float = ONE_KEY
    shared: bool = False
    level_known: bool = False
    squares: bool = True
    hinges: bool = False

    def most(self, rows: int = 1) -> float:
        """The most error that each of so many bits of the score may have."""
        return min(CLEAN, self.margin / bit_error(1, rows, self.unit)) if rows else CLEAN

    @classmethod
    def of_shared(cls, keys: int, unit: float = at.UNIT, *, squares: bool = True, hinges: bool = False) -> Need:
        """What a head needs whose weight up to so many keys share."""
        return cls(unit, SHARED / keys, shared=True, squares=squares, hinges=hinges)


@dataclass(frozen=True)
class Scored:
    """The score of a conjunction, the constructions that its parts are made by, and those that were not chosen."""

    score: at.Score
    constructions: tuple[str, ...] = ()
    alternatives: tuple[Rejected, ...] = ()

    def __str__(self) -> str:
        return " & ".join(dict.fromkeys(self.constructions)) or "all keys"
