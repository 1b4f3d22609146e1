"""Offers: neurons of one layer that compute an expression, with their cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..constructions import feedforward as ff
from ..model.slots import EMBEDDING
from .choice import Rejected


@dataclass(frozen=True)
class Offer:
    """Neurons of one layer that compute an expression.

    passed: the error that they let through from their inputs. rounding: a bound of how far their sum may be off in any
    order of summation. unfit: whether that is too much to distinguish the values of the expression.
    parameters: how many they and the embedded directions that they read take, about.
    """

    construction: str
    piece: ff.Piece
    passed: float = 0.0
    rounding: float = 0.0
    unfit: bool = False
    parameters: int = 0

    @cached_property
    def layer(self) -> int:
        """The layer whose neurons would compute it."""
        return max((d.slot for d in self.piece.inputs), default=EMBEDDING).complete_layers

    @property
    def cost(self) -> tuple[bool, int, int]:
        """(unfit, layer, parameters): the earliest layer comes first, then the fewest parameters."""
        return self.unfit, self.layer, self.parameters

    def against(self, chosen: Offer) -> Rejected:
        """This offer as an alternative to the one that was chosen."""
        later = f"layer {self.layer + 1}, " if self.layer != chosen.layer else ""
        error = f", error {self.rounding:.2g} of their sum" if self.unfit and not chosen.unfit else ""
        more = f"{self.parameters - chosen.parameters:+} parameters"
        return Rejected(self.construction, f"{later}{len(self.piece.neurons)} neurons, {more}{error}")
