"""Slots: the points in time at which the residual stream is written.

The embedding writes first, then the heads of layer 1, the neurons of layer 1, the heads of layer 2, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum


class Sublayer(IntEnum):
    """The half of a layer that writes to the residual stream."""

    ATTENTION = 0
    MLP = 1


ATTENTION, MLP = Sublayer.ATTENTION, Sublayer.MLP


@dataclass(frozen=True, order=True)
class Slot:
    """A sublayer of a layer, as the time at which its output has been added to the residual stream.

    Slots are ordered by time. Layers count from 1, and the embedding has the slot that the MLP of a layer 0 would have.
    A slot indexes arrays that have a row per slot.

    >>> EMBEDDING < Slot(1, ATTENTION) < Slot(1, MLP) < Slot(2, ATTENTION)
    True
    """

    layer: int
    sublayer: Sublayer

    @classmethod
    def of(cls, index: int) -> Slot:
        """Return the slot of an index.

        >>> [Slot.of(slot.index) == slot for slot in (EMBEDDING, Slot(1, ATTENTION), Slot(1, MLP))]
        [True, True, True]
        """
        return cls((index + 1) // 2, ATTENTION if index % 2 else MLP)

    @property
    def index(self) -> int:
        """The number of slots before this one: 0 for the embedding, 2 k - 1 and 2 k for the sublayers of layer k."""
        return 2 * self.layer - 1 + self.sublayer

    def __index__(self) -> int:
        return self.index

    @property
    def previous(self) -> Slot:
        """The slot before this one, whose residual stream this sublayer reads."""
        return Slot.of(self.index - 1)

    @property
    def next(self) -> Slot:
        """The slot after this one."""
        return Slot.of(self.index + 1)

    @property
    def next_attention(self) -> Slot:
        """The first slot in which heads can read what is written in this one."""
        return Slot(self.layer + 1, ATTENTION)

    @property
    def next_mlp(self) -> Slot:
        """The first slot in which neurons can read what is written in this one."""
        return Slot(self.complete_layers + 1, MLP)

    @property
    def complete_layers(self) -> int:
        """The number of layers that have written all of their output by this slot."""
        return self.layer if self.sublayer is MLP else self.layer - 1

    @property
    def layer_end(self) -> Slot:
        """The last slot of the same layer."""
        return Slot(self.layer, MLP)

    def __str__(self) -> str:
        if self == EMBEDDING:
            return "embedding"
        return f"layer {self.layer} {'heads' if self.sublayer is ATTENTION else 'neurons'}"


EMBEDDING = Slot(0, MLP)
"""The slot of the embedding, before all layers."""


def slots(first: Slot, last: Slot) -> Iterator[Slot]:
    """The slots from the first to the last, both included.

    >>> [str(slot) for slot in slots(EMBEDDING, Slot(1, MLP))]
    ['embedding', 'layer 1 heads', 'layer 1 neurons']
    """
    return map(Slot.of, range(first.index, last.index + 1))
