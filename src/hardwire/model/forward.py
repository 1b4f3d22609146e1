"""The arithmetic of a transformer, for many inputs at once.

Inputs are padded to the longest; no real position attends to padding, and padding is set to 0 after every layer, so
that its values cannot grow. Matrices with the same input are multiplied as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..numeric.floats import model_arithmetic
from .slots import ATTENTION, EMBEDDING, MLP, Slot
from .variants import distances, gelu, hard, hidden, rotated, swish
from .weights import Floats, Head, Layer, Norm

Ints = npt.NDArray[np.int64]

Patches = Mapping[Slot, Sequence[Callable[[Floats], None]]]
"""Changes of the residual stream, (inputs, n + 1, d_model), by the slot after which they are made."""
NO_PATCHES: Patches = {}

MOST_CELLS = 1 << 15
"""The size of the largest array of a step. Larger steps leave the processor's cache, and such large matrices are split
among threads, which is slower for thin ones."""


@dataclass(eq=False)
class ForwardRecord:
    """The intermediate results of one pass: the residual stream by name, and each layer's attention by head."""

    residuals: dict[str, Floats] = field(default_factory=dict)  # (inputs, n+1, d_model)
    attention: list[dict[str, Floats]] = field(default_factory=list)  # (inputs, n+1, n+1)


def distinct(names: list[str]) -> list[str]:
    """Return the names, with repeated ones distinguished as a, a#2, ..."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return out


class _LayerWeights:
    """A layer with its heads side by side."""

    def __init__(self, layer: Layer) -> None:
        self.names = distinct([h.name for h in layer.heads])
        self.weights = layer
        self.plain = not layer.norms
        if not layer.heads:
            return
        self.reads = np.hstack([w for h in layer.heads for w in (h.w_q, h.w_k, h.w_v)])  # (d_model, widths)
        self.writes = np.vstack([h.w_o for h in layer.heads])  # (all d_v, d_model)
        self.columns = list(_columns(layer.heads))


def _columns(heads: tuple[Head, ...]) -> Iterator[tuple[slice, slice, slice, slice]]:
    """For each head its columns of `reads` (queries, keys, values) and its rows of `writes`."""
    at = out = 0
    for h in heads:
        q, k, v = at + h.d_qk, at + 2 * h.d_qk, at + 2 * h.d_qk + h.d_v
        yield slice(at, q), slice(q, k), slice(k, v), slice(out, out + h.d_v)
        at, out = v, out + h.d_v


class Forward:
    """The weights in the layout of the forward pass."""

    def __init__(
        self,
        embed: Floats,
        positions: Floats | None,
        layers: tuple[Layer, ...],
        final_norm: Norm | None = None,
        *,
        causal: bool,
    ) -> None:
        self.embed = embed
        self.positions = positions
        self.layers = [_LayerWeights(layer) for layer in layers]
        self.causal = causal
        self.final_norm = final_norm
        self.width = max([embed.shape[1], *(w.shape[1] for layer in layers for w in layer.arrays() if w.ndim == 2)])

    def residual(
        self, tokens: Ints, lengths: Ints, record: ForwardRecord | None = None, patches: Patches = NO_PATCHES
    ) -> Floats:
        """The residual stream after the last layer, (inputs, n+1, d_model).

        tokens: (inputs, n+1), rows of the embedding with BOS first, anything in the padding; lengths: (inputs,)
        without BOS. `patches` change the stream in place at a slot.
        """
        with model_arithmetic():
            return self._residual(tokens, lengths, record, patches)

    def _residual(self, tokens: Ints, lengths: Ints, record: ForwardRecord | None, patches: Patches) -> Floats:
        size = tokens.shape[1]
        x = self.embed[tokens]
        if self.positions is not None:
            x += self.positions[:size]
        real = np.arange(size) <= lengths[:, None]
        padded = not real.all()
        mask = self._mask(real, padded=padded, dtype=x.dtype)
        if padded:
            x[~real] = 0
        for change in patches.get(EMBEDDING, ()):
            change(x)
        if record:
            record.residuals["embedding"] = x.copy()
        for number, layer in enumerate(self.layers, 1):
            if record:
                record.attention.append({})
            if layer.weights.heads:
                x += self._attend(layer, _read(x, layer, "before_heads"), mask, record)
            if not layer.plain:
                x = _read(x, layer, "after_heads")
            for change in patches.get(Slot(number, ATTENTION), ()):
                change(x)
            if record:
                record.residuals[f"layer {number} attention"] = x.copy()
            if layer.weights.d_ff:
                x += _neurons(layer.weights, _read(x, layer, "before_neurons"))
            if not layer.plain:
                x = _read(x, layer, "after_neurons")
            if padded:
                x[~real] = 0  # by selection: a product would keep nan and infinities
            for change in patches.get(Slot(number, MLP), ()):
                change(x)
            if record:
                record.residuals[f"layer {number} neurons"] = x.copy()
        return x if self.final_norm is None else self.final_norm(x)

    def _mask(self, real: npt.NDArray[np.bool_], *, padded: bool, dtype: np.dtype[Any]) -> Floats | None:
        """Return the mask that is added to scores, -inf at hidden keys; (inputs or 1, n+1 or 1, n+1)."""
        size = real.shape[1]
        mask = np.where(real, 0, -np.inf).astype(dtype)[:, None, :] if padded else None
        if self.causal:
            later = np.triu(np.full((size, size), -np.inf, dtype), 1)
            mask = later[None] if mask is None else mask + later
        return mask

    def _attend(self, layer: _LayerWeights, x: Floats, mask: Floats | None, record: ForwardRecord | None) -> Floats:
        inputs, size, d_model = x.shape
        read = (x.reshape(-1, d_model) @ layer.reads).reshape(inputs, size, -1)
        values = np.empty((inputs, size, len(layer.writes)), x.dtype)
        # All queries at once, unless the input is so long that its scores would not fit.
        step = size if record else max(1, MOST_CELLS // (inputs * size))
        for name, head, (q, k, v, into) in zip(layer.names, layer.weights.heads, layer.columns, strict=True):
            if head.rotary is not None:
                read[:, :, q], read[:, :, k] = rotated(read[:, :, q], head.rotary), rotated(read[:, :, k], head.rotary)
            keys = read[:, :, k].swapaxes(1, 2)
            for start in range(0, size, step):
                rows = slice(start, start + step)
                scores = read[:, rows, q] @ keys
                if mask is not None:
                    scores += mask[:, rows] if mask.shape[1] > 1 else mask
                if not head.plain:
                    scores = _scores(head, scores, rows)
                # BOS is never masked, so the maximum is finite.
                scores -= scores.max(axis=2, keepdims=True)
                weights = np.exp(scores, out=scores)
                total = weights.sum(axis=2, keepdims=True)
                values[:, rows, into] = (weights @ read[:, :, v]) / total
                if record:
                    record.attention[-1][name] = weights / total
        out: Floats = (values.reshape(inputs * size, -1) @ layer.writes).reshape(x.shape)
        return out


def _neurons(layer: Layer, x: Floats) -> Floats:
    flat = x.reshape(-1, x.shape[2])
    z = flat @ layer.w_in
    z += layer.b_in
    if layer.activation == "relu":
        np.maximum(z, 0, out=z)
    elif layer.activation == "gelu":
        z = gelu(z)
    else:
        z = swish(z) * (flat @ layer.w_gate + layer.b_gate)
    out: Floats = (z @ layer.w_out).reshape(x.shape)
    return out


def _read(x: Floats, layer: _LayerWeights, place: str) -> Floats:
    """Return x, normalised if the layer has a norm at this place."""
    norm: Norm | None = None if layer.plain else getattr(layer.weights, place)
    return x if norm is None else norm(x)


def _scores(head: Head, scores: Floats, rows: slice) -> Floats:
    """Return the scores of a head that is not plain; hard attention has 0 at the selected keys and -inf at the
    others."""
    size = scores.shape[2]
    if head.slope:
        scores = scores - (head.slope * distances(rows, size)).astype(scores.dtype)
    if head.sees != "all":
        scores = np.where(hidden(head.sees, rows, size), scores.dtype.type(-np.inf), scores)
    if head.kind != "softmax":
        scores = np.where(hard(scores, head.kind), 0, -np.inf).astype(scores.dtype)
    return scores


def chunks(lengths: Ints, width: int) -> Iterator[Ints]:
    """Yield groups of inputs to run together: of similar length, and few enough for `MOST_CELLS`."""
    order = np.argsort(lengths, kind="stable")[::-1]
    at = 0
    while at < len(order):
        size = int(lengths[order[at]]) + 1
        count = max(1, MOST_CELLS // (size * max(size, width)))
        yield order[at : at + count]
        at += count
