"""The forward pass of a causal model one position at a time, with a cache of keys and values.

Under the causal mask the residual stream of a position never changes when tokens are added. So each layer keeps the
keys and values of all positions so far, and a new token costs one position: its queries against the keys kept. Inputs
of a batch have their own lengths; keys beyond an input's end are masked. The heads of a layer are computed together,
padded by zeros to the widest, which changes no sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..numeric.floats import model_arithmetic
from .forward import Forward, Ints
from .key_index import KeyIndex, KeyShape, key_shapes
from .weights import Floats, Layer

FIRST_CAPACITY = 64
"""The number of positions that a cache has room for at first."""
INDEX_FROM = 2_048
"""The length from which a single text keeps an index of its keys; shorter ones read all keys as fast."""
READ_TOGETHER = 1024
"""How much of a long prompt is read in one pass; the rest is read by steps, which take less memory."""


class PackedLayer:
    """The weights of a plain layer with its heads side by side, each as wide as the widest."""

    def __init__(self, layer: Layer, dtype: Any) -> None:
        heads = layer.heads
        self.layer, self.count, self.d_ff = layer, len(heads), layer.d_ff
        self.d_qk = max((h.d_qk for h in heads), default=0)
        self.d_v = max((h.d_v for h in heads), default=0)
        if not heads:
            return
        d_model = len(heads[0].w_q)
        wide = [(h.w_q, self.d_qk) for h in heads] + [(h.w_k, self.d_qk) for h in heads]
        wide += [(h.w_v, self.d_v) for h in heads]
        self.reads = np.hstack([np.pad(w, ((0, 0), (0, n - w.shape[1]))) for w, n in wide]).astype(dtype, order="C")
        writes = np.zeros((self.count, self.d_v, d_model), dtype)
        for into, h in zip(writes, heads, strict=True):
            into[: h.d_v] = h.w_o
        self.writes = writes.reshape(-1, d_model)
        self.ends = self.count * self.d_qk, 2 * self.count * self.d_qk  # of the columns of queries and of keys

    def neurons(self, x: Floats) -> Floats:
        """What the neurons add to the stream, (positions, d_model)."""
        z = x @ self.layer.w_in
        z += self.layer.b_in
        np.maximum(z, 0, out=z)
        found: Floats = z @ self.layer.w_out
        return found


class PackedModel:
    """The weights of a plain model, with its layers packed."""

    def __init__(self, forward: Forward) -> None:
        self.embed, self.positions = forward.embed, forward.positions
        self.layers = [PackedLayer(x.weights, self.embed.dtype) for x in forward.layers]

    @cached_property
    def shapes(self) -> list[list[KeyShape]]:
        """The shapes of the keys of each layer's heads."""
        return key_shapes(self.embed, self.positions, [packed.layer for packed in self.layers])


class CachedLayer:
    """A layer with the keys and values of the positions so far.

    keys: (inputs, heads, d_qk, capacity), values: (inputs, heads, capacity, d_v + 1); zeros where there is no position
    yet. The last of the values is 1, so that one product adds up the weighted values and the weights.
    """

    def __init__(self, packed: PackedLayer, dtype: Any, inputs: int, capacity: int) -> None:
        self.packed = packed
        self.keys = np.zeros((inputs, packed.count, packed.d_qk, capacity), dtype)
        self.values = np.zeros((inputs, packed.count, capacity, packed.d_v + 1), dtype)
        self.values[..., -1] = 1
        self.indexes: list[KeyIndex] = []

    def read(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Queries, keys and values, (inputs, positions, heads, width), of a residual (inputs, positions, d_model)."""
        packed, (inputs, size, _) = self.packed, x.shape
        flat = x.reshape(inputs * size, -1) @ packed.reads
        n, m = packed.ends
        shape = (inputs, size, packed.count, -1)
        return flat[:, :n].reshape(shape), flat[:, n:m].reshape(shape), flat[:, m:].reshape(shape)

    def attend(self, queries: Floats, size: int, mask: Floats | None) -> Floats:
        """What the heads add to the stream, (inputs, positions, d_model), by the first `size` keys."""
        inputs, positions = queries.shape[:2]
        scores = queries.swapaxes(1, 2) @ self.keys[:, :, :, :size]
        if mask is not None:
            scores += mask
        mixed = _mixed(scores, self.values[:, :, :size])
        found: Floats = mixed.swapaxes(1, 2).reshape(inputs * positions, -1) @ self.packed.writes
        return found.reshape(inputs, positions, -1)

    def step(self, x: Floats, at: int) -> Floats:
        """What the heads add to the stream, (1, d_model), of a single input that has `at` positions before."""
        packed = self.packed
        flat, (n, m) = (x @ packed.reads)[0], packed.ends
        self.keys[0, :, :, at] = flat[n:m].reshape(packed.count, packed.d_qk)
        self.values[0, :, at, :-1] = flat[m:].reshape(packed.count, packed.d_v)
        queries = flat[:n].reshape(packed.count, 1, packed.d_qk)
        if self.indexes:
            mixed = self._by_index(queries, at)
        else:
            mixed = _mixed(queries @ self.keys[0, :, :, : at + 1], self.values[0, :, : at + 1])
        found: Floats = mixed.reshape(1, -1) @ packed.writes
        return found

    def _by_index(self, queries: Floats, at: int) -> Floats:
        """The outputs of the heads, (heads, d_v), of a single input that has `at` positions before."""
        found = np.empty((self.packed.count, self.packed.d_v), queries.dtype)
        for head, index in enumerate(self.indexes):
            index.add(self.keys[0, head, :, at], self.values[0, head, at, :-1], at)
            mixed = index.mixed(queries[head, 0])
            if mixed is None:
                mixed = _mixed(queries[head] @ self.keys[0, head, :, : at + 1], self.values[0, head, : at + 1])
            found[head] = mixed
        return found

    def index(self, shapes: Sequence[KeyShape], size: int) -> None:
        """Make an index of the first `size` keys of a single input, for heads of these shapes."""
        packed, keys, values = self.packed, self.keys[0], self.values[0]
        self.indexes = [KeyIndex(shape, packed.d_qk, packed.d_v, keys.dtype) for shape in shapes]
        for head, index in enumerate(self.indexes):
            for at in range(size):
                index.add(keys[head, :, at], values[head, at, :-1], at)

    def grow(self, capacity: int) -> None:
        """Make room for more positions."""
        more = capacity - self.values.shape[2]
        self.keys = np.pad(self.keys, ((0, 0), (0, 0), (0, 0), (0, more)))
        self.values = np.pad(self.values, ((0, 0), (0, 0), (0, more), (0, 0)))
        self.values[:, :, -more:, -1] = 1

    def keep(self, inputs: Ints) -> None:
        """Keep some of the inputs."""
        self.keys, self.values = self.keys[inputs], self.values[inputs]


def _mixed(scores: Floats, values: Floats) -> Floats:
    """The means of values, (..., positions, d_v), by the softmax of scores, which it overwrites."""
    scores -= np.maximum.reduce(scores, axis=-1, keepdims=True)  # BOS is never masked, so the maximum is finite
    np.exp(scores, out=scores)
    totals = scores @ values
    found: Floats = totals[..., :-1] / totals[..., -1:]
    return found


class Decoder:
    """Several inputs of a plain causal model that grow by one token at a time. lengths: (inputs,), with BOS."""

    def __init__(self, packed: PackedModel, prompts: Sequence[Sequence[int]]) -> None:
        """Read the prompts: rows of the embedding without BOS."""
        self.packed, self.embed, self.positions = packed, packed.embed, packed.positions
        later: Sequence[int] = ()
        if len(prompts) == 1:
            prompts, later = [prompts[0][:READ_TOGETHER]], prompts[0][READ_TOGETHER:]
        self.lengths = np.array([1 + len(p) for p in prompts], np.int64)
        size = int(self.lengths.max())
        self.capacity = max(FIRST_CAPACITY, 2 * size)
        self.indexed, dtype = False, self.embed.dtype
        self.layers = [CachedLayer(x, dtype, len(prompts), self.capacity) for x in packed.layers]
        tokens = np.zeros((len(prompts), size), np.int64)
        for row, prompt in zip(tokens, prompts, strict=True):
            row[1 : 1 + len(prompt)] = prompt
        with model_arithmetic():
            self.last = self._read(tokens)
        """(inputs, d_model): the residual stream after the last layer, at the last position of each input"""
        for token in later:
            self.step(np.array([token]))

    def _read(self, tokens: Ints) -> Floats:
        inputs, size = tokens.shape
        padding = np.arange(size) >= self.lengths[:, None]
        padded = padding.any()
        x = self.embed[tokens]
        if self.positions is not None:
            x += self.positions[:size]
        mask = np.triu(np.full((size, size), -np.inf, x.dtype), 1)
        for layer in self.layers:
            if padded:
                x[padding] = 0  # so that the numbers there cannot grow
            if layer.packed.count:
                q, k, v = layer.read(x)
                layer.keys[:, :, :, :size], layer.values[:, :, :size, :-1] = k.transpose(0, 2, 3, 1), v.swapaxes(1, 2)
                x += layer.attend(q, size, mask)
            if layer.packed.d_ff:
                x += layer.packed.neurons(x.reshape(inputs * size, -1)).reshape(x.shape)
        last: Floats = x[np.arange(inputs), self.lengths - 1]
        return last

    def step(self, tokens: Ints) -> Floats:
        """Add one token to each input, (inputs,), and return its residual after the last layer, (inputs, d_model)."""
        if int(self.lengths.max()) == self.capacity:
            self.capacity *= 2
            for layer in self.layers:
                layer.grow(self.capacity)
        if len(tokens) == 1 and self.lengths[0] >= INDEX_FROM and not self.indexed:
            self.indexed = True
            for layer, shapes in zip(self.layers, self.packed.shapes, strict=True):
                layer.index(shapes, int(self.lengths[0]))
        x = self.embed[tokens]
        if self.positions is not None:
            x += self.positions[self.lengths]
        with model_arithmetic():
            self.last = self._step(x)
        self.lengths = self.lengths + 1
        return self.last

    def _step(self, x: Floats) -> Floats:
        at, inputs, mask = self.lengths, np.arange(len(x)), None
        size = int(at.max()) + 1
        if len(at) > 1 and (at != at[0]).any():
            mask = np.where(np.arange(size) <= at[:, None], 0, -np.inf).astype(x.dtype)[:, None, None, :]
        for layer in self.layers:
            if layer.packed.count and len(at) == 1:
                x += layer.step(x, size - 1)
            elif layer.packed.count:
                q, k, v = layer.read(x[:, None])
                layer.keys[inputs, :, :, at], layer.values[inputs, :, at, :-1] = k[:, 0], v[:, 0]
                x += layer.attend(q, size, mask)[:, 0]
            if layer.packed.d_ff:
                x += layer.packed.neurons(x)
        return x

    def keep(self, inputs: Ints) -> None:
        """Keep some of the inputs, given by number."""
        self.lengths, self.last = self.lengths[inputs], self.last[inputs]
        for layer in self.layers:
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
