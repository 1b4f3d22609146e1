"""The forward pass of any model, with a bound of the error of every number.

It follows `model/forward.py` step by step, for inputs of one length. In addition to what `numeric/bounded.py` says, a
machine is assumed to subtract the greatest score before softmax, and the mean before a norm squares; to compute exp to
2 units in the last place, an error function and a sigmoid to 4, division and square roots to 2, sine
and cosine to 2 for an angle that may have been rounded once; and GELU as z (1 + erf(z / sqrt(2))) / 2, not by tanh.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ...model.certificate import Margin
from ...model.forward import distinct as distinct_names
from ...model.transformer import Transformer
from ...model.variants import distances, hidden
from ...model.weights import PLACES, Floats, Head, Layer
from ...numeric.bounded import SLACK, Bounded, Weights, arithmetic
from ...numeric.floats import FLOAT64, float_format
from ...run.equivalence import equivalence_classes
from ...run.failure import Ints
from .operations import ACTIVATIONS, NormWeights, hard, normed, rotated, softmax


class _Layer:
    """A layer, with its matrices as factors of products that are bounded; `reads` has those of all heads side by side,
    which start at `ends`."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.names = distinct_names([h.name for h in layer.heads])
        d = len(layer.w_in)
        read = [w for h in layer.heads for w in (h.w_q, h.w_k, h.w_v)]
        self.reads = Weights(np.hstack([np.zeros((d, 0)), *read]))
        self.ends = np.cumsum([0, *(w.shape[1] for w in read)])
        self.o = Weights(np.vstack([np.zeros((0, d)), *(h.w_o for h in layer.heads)]))
        self.w_in, self.w_out = Weights(layer.w_in), Weights(layer.w_out)
        self.gate = None if layer.w_gate is None else Weights(layer.w_gate)
        self.norms = {place: NormWeights(norm) for place, norm in layer.norms.items()}


@dataclass
class BoundedForward:
    """The forward pass of a model, or of all models whose weights are each within `moved` of its own; `margins` are the
    narrowest so far, by layer and name."""

    model: Transformer
    margins: dict[tuple[int, str], Margin] = field(default_factory=dict)
    moved: float = 0.0

    def __post_init__(self) -> None:
        model = self.model
        self.do = arithmetic(float_format(model.dtype), self.moved)
        self.layers = [_Layer(layer) for layer in model.layers]
        self.final = None if model.final_norm is None else NormWeights(model.final_norm)

    def stream(self, tokens: Ints) -> list[Bounded]:
        """The residual stream (inputs, n + 1, d_model) when embedded, after the heads and after the neurons of every
        layer, and at last as the unembedding reads it. tokens: (inputs, n + 1), BOS first. Raises CertificateError."""
        with np.errstate(under="ignore", over="ignore"):
            return self._stream(tokens)

    def _stream(self, tokens: Ints) -> list[Bounded]:
        do, n = self.do, tokens.shape[1]
        x = do.constant(self.model.embed[tokens])
        if self.model.positions is not None:
            placed = do.constant(self.model.positions[:n])
            x = do.add(x, Bounded(placed.value[None], placed.error[None]))
        seen = [x]
        for number, layer in enumerate(self.layers, 1):
            if layer.names:
                x = do.times(self._attend(self._normed(x, layer, PLACES[0]), layer, number), layer.o, x)
            x = self._normed(x, layer, PLACES[1])
            seen.append(x)
            if layer.layer.d_ff:
                x = self._fire(layer, x, self._normed(x, layer, PLACES[2]))
            x = self._normed(x, layer, PLACES[3])
            seen.append(x)
        return [*seen, x if self.final is None else normed(do, x, self.final)]

    def _normed(self, x: Bounded, layer: _Layer, place: str) -> Bounded:
        norm = layer.norms.get(place)
        return x if norm is None else normed(self.do, x, norm)

    # Heads.

    def _attend(self, x: Bounded, layer: _Layer, number: int) -> Bounded:
        """(inputs, n + 1, all d_v) the outputs of all heads."""
        read = self.do.times(x, layer.reads)
        parts = []
        for i, head in enumerate(layer.layer.heads):
            q, k, v = (read[..., a:b] for a, b in pairwise(layer.ends[3 * i : 3 * i + 4]))
            parts.append(self._head(head, layer.names[i], number, q, k, v))
        value = np.concatenate([p.value for p in parts], axis=2)
        return Bounded(value, np.concatenate([p.error for p in parts], axis=2))

    def _head(self, head: Head, name: str, layer: int, q: Bounded, k: Bounded, v: Bounded) -> Bounded:
        do, n = self.do, q.value.shape[1]
        if head.rotary is not None:
            q, k = rotated(do, q, head.rotary), rotated(do, k, head.rotary)
        scores = do.dots(q, k, self._bias(head, n))
        seen = np.tri(n, dtype=bool) if self.model.causal else np.ones((n, n), bool)
        if head.sees != "all":
            seen = seen & ~hidden(head.sees, slice(0, n), n)
        if head.kind == "softmax":
            return softmax(do, scores, seen, v)
        out, error, gap = hard(do, scores, seen, v, head.kind)
        if np.isfinite(gap):
            self.note(Margin(layer, name, "hard attention", error, gap))
        return out

    def _bias(self, head: Head, n: int) -> Bounded:
        """(n, n) the bias of scores by distance; the slope may be rounded before it is multiplied."""
        bias = self.do.constant(-head.slope * distances(slice(0, n), n))
        kept = self.do.constant(head.slope).error == 0
        return bias if kept else Bounded(bias.value, 4 * self.do.unit * np.abs(bias.value) + self.do.underflow)

    def note(self, margin: Margin) -> None:
        """Keep the narrower of two margins for one head."""
        at = (margin.layer, margin.what)
        known = self.margins.get(at, margin)
        closer = margin.error == known.error == 0 and margin.limit < known.limit
        self.margins[at] = margin if closer else known.narrower(margin)

    # Neurons.

    def _fire(self, layer: _Layer, stream: Bounded, x: Bounded) -> Bounded:
        """The stream after the neurons, which read x.

        An error of x moves all neurons at once: it is multiplied by their slopes, so that the errors of the two neurons
        of a step cancel. The uncertainty of a slope, and every rounding, is an error of its own.
        """
        do, its, read, rows = self.do, layer.layer, x.rows, stream.rows
        rounded = do.times(read, layer.w_in, self._biases(its.b_in, read), brought=np.zeros((len(read.value), 1)))
        z = Bounded(rounded.value, rounded.error + read.error @ layer.w_in.size)
        h, slope, unsure = ACTIVATIONS[its.activation](do, z)
        independent = np.abs(slope) * rounded.error + unsure * z.error + h.error
        h = Bounded(h.value, h.error + (np.abs(slope) + unsure) * z.error)
        if layer.gate is not None and its.b_gate is not None:
            gate = do.times(read, layer.gate, self._biases(its.b_gate, read))
            gated = do.multiply(h, gate)
            own = do.gamma(1) * gated.size + do.underflow * (1 + h.size + gate.size)
            independent = np.abs(gate.value) * independent + h.size * gate.error + own
            slope, h = slope * gate.value, gated
        brought = independent @ layer.w_out.size
        same = x is stream
        _, kind = equivalence_classes(slope)
        order = np.argsort(kind, kind="stable")
        for at in np.split(order, np.flatnonzero(np.diff(kind[order])) + 1):
            s = slope[at[0]]
            through = (layer.w_in.value * s) @ layer.w_out.value + (np.eye(len(layer.w_in.value)) if same else 0.0)
            own = FLOAT64.gamma(its.d_ff + 2) * ((layer.w_in.size * np.abs(s)) @ layer.w_out.size + 1)
            moved = np.abs(through) + own
            brought[at] += read.error[at] @ moved
        if not same:
            brought += rows.error
        out = do.times(h, layer.w_out, rows, brought=brought * SLACK)
        return out.shaped(*stream.value.shape)

    def _biases(self, row: Floats, x: Bounded) -> Bounded:
        """A bias for every row of x."""
        known, shape = self.do.constant(row), (*x.value.shape[:-1], len(row))
        return Bounded(np.broadcast_to(known.value, shape), np.broadcast_to(known.error, shape))
