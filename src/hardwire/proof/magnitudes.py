"""How large the coordinates of the residual stream can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..numeric.floats import Floats
from .weights import ModelWeights


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """Bounds of every coordinate at every slot, on any input: `at`, (slots, d_model). Slots that the proof has not
    reached have 0. Up to slot `refined` coordinates that neurons write were bounded one by one."""

    at: Floats
    refined: Slot = EMBEDDING

    @classmethod
    def embedded(cls, weights: ModelWeights) -> Magnitudes:
        at = np.zeros(weights.written.shape)
        at[EMBEDDING] = weights.embedding.largest
        return cls(at)

    def with_row(self, slot: Slot, row: Floats) -> Magnitudes:
        at = self.at.copy()
        at[slot] = row
        return replace(self, at=at)

    def with_bound(self, slot: Slot, coordinate: int, largest: float) -> Magnitudes:
        """The same with another bound of a coordinate at a slot."""
        at = self.at.copy()
        at[slot, coordinate] = largest
        return replace(self, at=at)

    def after_heads(self, weights: ModelWeights, layer: int, outputs: Floats) -> Magnitudes:
        """With those after the heads of a layer, whose outputs, (all d_v,), are bounded by `outputs`."""
        slot, w_o = Slot(layer, ATTENTION), weights.layers[layer - 1].w_o
        before = self.at[slot.previous]
        after = before + _products(outputs, w_o, weights) * weights.inflation if len(w_o) else before
        return self.with_row(slot, after)

    def after_neurons(self, weights: ModelWeights, layer: int) -> Magnitudes:
        """With those after the neurons of a layer."""
        slot, own = Slot(layer, MLP), weights.layers[layer - 1]
        before = self.at[slot.previous]
        if not len(own.w_out):
            return self.with_row(slot, before)
        sums = _products(before, own.w_in, weights)
        rounded = weights.format.gamma(len(before) + 1) * (sums + np.abs(own.b_in))
        hidden = np.maximum(sums + own.b_in + rounded, 0)
        return self.with_row(slot, before + _products(hidden, own.w_out, weights) * weights.inflation)

    def check_overflow(self, weights: ModelWeights, bos: Sequence[Floats]) -> None:
        """Raises CertificateError where a number may overflow. `bos`: (d_model,) its row before each layer and at
        last."""
        found = []
        for k, layer in enumerate(weights.layers):
            x = np.maximum(self.at[Slot(k, MLP)], np.abs(bos[k]))
            read = x @ layer.scoring
            # No score is larger than the sum of all their squares.
            found += [x, read, (read @ read)[None], x @ layer.valuing @ np.abs(layer.w_o)]
            if len(layer.b_in):
                hidden = np.maximum(self.at[Slot(k + 1, ATTENTION)], x) @ np.abs(layer.w_in) + np.abs(layer.b_in)
                found += [hidden, hidden @ np.abs(layer.w_out)]
        x = np.maximum(self.at[-1], np.abs(bos[-1]))
        found += [x, x @ np.abs(weights.unembed)]
        largest, most = float(np.concatenate(found).max(initial=0.0)), weights.format.largest
        if not largest < most:
            raise CertificateError(
                f"a number of the forward pass may reach {largest:.3g}, and a proof in {weights.format.name} allows "
                f"{most:.3g}"
            )


def _products(largest: Floats, matrix: Floats, weights: ModelWeights) -> Floats:
    """(columns,) how large sums of products of weights and numbers up to `largest` can be, any of which may underflow:
    only next to numbers that are as small does that matter."""
    found: Floats = largest @ np.abs(matrix)
    return found + np.where(found > 0, len(largest) * weights.format.tiny, 0.0)
