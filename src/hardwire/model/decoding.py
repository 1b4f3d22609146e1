"""The forward pass of a causal model one position at a time, with a cache of keys and values.

Under the causal mask the residual stream of a position never changes when tokens are added. So each layer keeps the
keys and values of all positions so far, and a new token costs one position: its queries against the keys kept. Inputs
of a batch have their own lengths; keys beyond an input's end are masked. The heads of a layer are computed together,
padded by zeros to the widest, which changes no sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .forward import Forward, Ints
from .weights import Floats, Layer

FIRST_CAPACITY = 64
"""The number of positions that a cache has room for at first."""


class CachedLayer:
    """The weights of a layer with its heads side by side, and the keys and values of the positions so far.

    keys: (inputs, heads, capacity, d_qk), values: (inputs, heads, capacity, d_v); zeros where there is no position yet.
    """

    def __init__(self, layer: Layer, dtype: Any, inputs: int, capacity: int) -> None:
        heads = layer.heads
        self.layer, self.count = layer, len(heads)
        self.d_qk = max((h.d_qk for h in heads), default=0)
        self.d_v = max((h.d_v for h in heads), default=0)
        if not heads:
            return
        d_model = len(heads[0].w_q)
        wide = [(h.w_q, self.d_qk) for h in heads] + [(h.w_k, self.d_qk) for h in heads]
        wide += [(h.w_v, self.d_v) for h in heads]
        self.reads = np.hstack([np.pad(w, ((0, 0), (0, n - w.shape[1]))) for w, n in wide]).astype(dtype, order="C")
        self.writes = np.zeros((self.count, self.d_v, d_model), dtype)
        for into, h in zip(self.writes, heads, strict=True):
            into[: h.d_v] = h.w_o
        self.writes = self.writes.reshape(-1, d_model)
        self.keys = np.zeros((inputs, self.count, capacity, self.d_qk), dtype)
        self.values = np.zeros((inputs, self.count, capacity, self.d_v), dtype)

    def read(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Queries, keys and values, (inputs, heads, positions, width), of a residual (inputs, positions, d_model)."""
        inputs, size = x.shape[:2]
        flat = x.reshape(inputs * size, -1) @ self.reads
        n, m = self.count * self.d_qk, 2 * self.count * self.d_qk
        shape = (inputs, size, self.count, -1)
        parts = (flat[:, :n], flat[:, n:m], flat[:, m:])
        q, k, v = (part.reshape(shape).swapaxes(1, 2) for part in parts)
        return q, k, v

    def attend(self, q: Floats, size: int, mask: Floats | None) -> Floats:
        """What the heads add to the stream, (inputs, positions, d_model), by the first `size` keys kept."""
        scores = q @ self.keys[:, :, :size].swapaxes(2, 3)
        if mask is not None:
            scores += mask
        scores -= scores.max(axis=3, keepdims=True)  # BOS is never masked, so the maximum is finite
        np.exp(scores, out=scores)
        total = scores.sum(axis=3, keepdims=True)
        mixed = (scores @ self.values[:, :, :size]) / total
        inputs, _, positions, _ = mixed.shape
        found: Floats = (mixed.swapaxes(1, 2).reshape(inputs * positions, -1) @ self.writes).reshape(
            inputs, positions, -1
        )
        return found

    def neurons(self, x: Floats) -> Floats:
        """What the neurons add to the stream."""
        layer = self.layer
        z = x.reshape(-1, x.shape[2]) @ layer.w_in
        z += layer.b_in
        np.maximum(z, 0, out=z)
        found: Floats = (z @ layer.w_out).reshape(x.shape)
        return found

    def grow(self, capacity: int) -> None:
        """Make room for more positions."""
        more = ((0, 0), (0, 0), (0, capacity - self.keys.shape[2]), (0, 0))
        self.keys, self.values = np.pad(self.keys, more), np.pad(self.values, more)

    def keep(self, inputs: Ints) -> None:
        """Keep some of the inputs."""
        self.keys, self.values = self.keys[inputs], self.values[inputs]


class Decoder:
    """Several inputs of a plain causal model that grow by one token at a time. lengths: (inputs,), with BOS."""

    def __init__(self, forward: Forward, prompts: Sequence[Sequence[int]]) -> None:
        """Read the prompts: rows of the embedding without BOS."""
        self.embed, self.positions = forward.embed, forward.positions
        self.lengths = np.array([1 + len(p) for p in prompts], np.int64)
        size = int(self.lengths.max())
        self.capacity = max(FIRST_CAPACITY, 2 * size)
        dtype = self.embed.dtype
        self.layers = [CachedLayer(x.weights, dtype, len(prompts), self.capacity) for x in forward.layers]
        tokens = np.zeros((len(prompts), size), np.int64)
        real = np.arange(size) < self.lengths[:, None]
        for row, prompt in zip(tokens, prompts, strict=True):
            row[1 : 1 + len(prompt)] = prompt
        self.last = self._read(tokens, real)
        """(inputs, d_model): the residual stream after the last layer, at the last position of each input"""

    def _read(self, tokens: Ints, real: Any) -> Floats:
        size = tokens.shape[1]
        x = self.embed[tokens]
        if self.positions is not None:
            x += self.positions[:size]
        mask = np.triu(np.full((size, size), -np.inf, x.dtype), 1)
        with np.errstate(under="ignore"):
            for layer in self.layers:
                x[~real] = 0  # so that the numbers at padding cannot grow
                if layer.count:
                    q, layer.keys[:, :, :size], layer.values[:, :, :size] = layer.read(x)
                    x += layer.attend(q, size, mask)
                if layer.layer.d_ff:
                    x += layer.neurons(x)
        last: Floats = x[np.arange(len(tokens)), self.lengths - 1]
        return last

    def step(self, tokens: Ints) -> Floats:
        """Add one token to each input, (inputs,), and return its residual after the last layer, (inputs, d_model)."""
        self._make_room()
        at, size = self.lengths, int(self.lengths.max()) + 1
        x = self.embed[tokens]
        if self.positions is not None:
            x += self.positions[at]
        x = x[:, None, :]
        inputs, mask = np.arange(len(at)), None
        if len(at) > 1 and (at != at[0]).any():
            mask = np.where(np.arange(size) <= at[:, None], 0, -np.inf).astype(x.dtype)[:, None, None, :]
        with np.errstate(under="ignore"):
            for layer in self.layers:
                if layer.count:
                    q, k, v = layer.read(x)
                    layer.keys[inputs, :, at], layer.values[inputs, :, at] = k[:, :, 0], v[:, :, 0]
                    x += layer.attend(q, size, mask)
                if layer.layer.d_ff:
                    x += layer.neurons(x)
        self.lengths = at + 1
        self.last = x[:, 0]
        return self.last

    def _make_room(self) -> None:
        if int(self.lengths.max()) == self.capacity:
            self.capacity *= 2
            for layer in self.layers:
                if layer.count:
                    layer.grow(self.capacity)

    def keep(self, inputs: Ints) -> None:
        """Keep some of the inputs, given by number."""
        self.lengths, self.last = self.lengths[inputs], self.last[inputs]
        for layer in self.layers:
            if layer.count:
                layer.keep(inputs)


class WholeDecoder:
    """The same for a model that is not plain: each step runs the whole inputs."""

    def __init__(self, forward: Forward, prompts: Sequence[Sequence[int]]) -> None:
        self.forward = forward
        self.rows = [list(p) for p in prompts]
        self.last = self._run()

    def _run(self) -> Floats:
        lengths = np.array([len(r) for r in self.rows], np.int64)
        tokens = np.zeros((len(self.rows), 1 + int(lengths.max())), np.int64)
        for row, known in zip(tokens, self.rows, strict=True):
            row[1 : 1 + len(known)] = known
        last: Floats = self.forward.residual(tokens, lengths)[np.arange(len(lengths)), lengths]
        return last

    def step(self, tokens: Ints) -> Floats:
        """Add one token to each input, and return the last residual of each, (inputs, d_model)."""
        for row, token in zip(self.rows, tokens.tolist(), strict=True):
            row.append(token)
        self.last = self._run()
        return self.last

    def keep(self, inputs: Ints) -> None:
        """Keep some of the inputs, given by number."""
        self.rows = [self.rows[i] for i in inputs.tolist()]
        self.last = self.last[inputs]
