"""How large the coordinates of the residual stream can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..numeric.floats import Floats
from .weights import ModelWeights

MARGIN = 1 + 1e-3
"""What sublayers add is taken to be larger by this factor, which covers all rounding on the way."""


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """Bounds of every coordinate at every slot, on any input: `at`, (slots, d_model). Slots that the proof has not
    reached have 0. Up to slot `refined` coordinates that neurons write were bounded one by one."""

    at: Floats
    refined: int = 0

    @classmethod
    def embedded(cls, weights: ModelWeights) -> Magnitudes:
        at = np.zeros(weights.written.shape)
        at[0] = weights.embedding.largest
        return cls(at)

    def with_row(self, slot: int, row: Floats) -> Magnitudes:
        at = self.at.copy()
        at[slot] = row
        return replace(self, at=at)

    def capped(self, slot: int, coordinate: int, largest: float) -> Magnitudes:
        """The same where a coordinate is known to be no larger at a slot."""
        row = self.at[slot].copy()
        row[coordinate] = min(row[coordinate], largest)
        return self.with_row(slot, row)

    def after_heads(self, weights: ModelWeights, layer: int, outputs: Floats) -> Magnitudes:
        """With those after the heads of a layer, whose outputs, (all d_v,), are bounded by `outputs`."""
        before, w_o = self.at[2 * layer - 2], weights.layers[layer - 1].w_o
        after = before + outputs @ np.abs(w_o) * MARGIN if len(w_o) else before
        return self.with_row(2 * layer - 1, after)

    def after_neurons(self, weights: ModelWeights, layer: int) -> Magnitudes:
        """With those after the neurons of a layer."""
        before, own = self.at[2 * layer - 1], weights.layers[layer - 1]
        if not len(own.w_out):
            return self.with_row(2 * layer, before)
        sums = before @ np.abs(own.w_in)
        rounded = weights.format.gamma(len(before) + 1) * (sums + np.abs(own.b_in))
        hidden = np.maximum(sums + own.b_in + rounded, 0)
        return self.with_row(2 * layer, before + hidden @ np.abs(own.w_out) * MARGIN)

    def check_overflow(self, weights: ModelWeights, bos: Sequence[Floats]) -> None:
        """Raises CertificateError where a number may overflow. `bos`: (d_model,) its row before each layer and at
        last."""
        found = []
        for k, layer in enumerate(weights.layers):
            x = np.maximum(self.at[2 * k], np.abs(bos[k]))
            read = x @ layer.scoring
            # No score is larger than the sum of all their squares.
            found += [x, read, (read @ read)[None], x @ layer.valuing @ np.abs(layer.w_o)]
            if len(layer.b_in):
                hidden = np.maximum(self.at[2 * k + 1], x) @ np.abs(layer.w_in) + np.abs(layer.b_in)
                found += [hidden, hidden @ np.abs(layer.w_out)]
        x = np.maximum(self.at[-1], np.abs(bos[-1]))
        found += [x, x @ np.abs(weights.unembed)]
        largest, most = float(np.concatenate(found).max(initial=0.0)), weights.format.largest
        if not largest < most:
            raise CertificateError(
                f"a number of the forward pass may reach {largest:.3g}, and a proof in {weights.format.name} allows "
                f"{most:.3g}"
            )
