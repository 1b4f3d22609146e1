"""The weights of a model in float64, the slots that write each coordinate, and the values of the embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, TOKENS, Expr
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..model.transformer import Transformer
from ..model.weights import Head, Layer
from ..numeric.floats import FLOAT64, FloatFormat, Floats, float_format
from ..numeric.grids import grid
from ..run.failure import Bools, Ints

OWN_ROUNDINGS = 4
"""How often a float64 model and its proof together round at most where the model rounds once."""


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """The matrices of a head."""

    q: Floats
    k: Floats
    v: Floats
    o: Floats

    @classmethod
    def of(cls, head: Head) -> HeadWeights:
        return cls(*(w.astype(np.float64) for w in (head.w_q, head.w_k, head.w_v, head.w_o)))


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The matrices of a layer; those of its heads also side by side.

    `w_o`, (all d_v, d_model), is written by the outputs of all heads, and `writers`, (d_model,), by how many of them
    each coordinate is written. `scoring` and `valuing` are the magnitudes of all w_q and w_k, and of all w_v.
    """

    heads: tuple[HeadWeights, ...]
    w_in: Floats
    b_in: Floats
    w_out: Floats
    w_o: Floats
    scoring: Floats
    valuing: Floats
    writers: Ints

    @classmethod
    def of(cls, layer: Layer) -> LayerWeights:
        heads = tuple(HeadWeights.of(h) for h in layer.heads)
        none = np.zeros((len(layer.w_in), 0))
        w_o = side_by_side([h.o.T for h in heads] or [none]).T
        scoring = np.abs(side_by_side([x for h in heads for x in (h.q, h.k)] or [none]))
        valuing = np.abs(side_by_side([h.v for h in heads] or [none]))
        w_in, b_in, w_out = (w.astype(np.float64) for w in (layer.w_in, layer.b_in, layer.w_out))
        return cls(heads, w_in, b_in, w_out, w_o, scoring, valuing, (w_o != 0).sum(axis=0))


@dataclass(frozen=True, eq=False)
class EmbeddingTables:
    """The embeddings of tokens and of positions, by variable.

    Columns of a table that vary are in `varied` (which, and their values); `constant` is the sum of the others. `sizes`
    are magnitudes, `largest` that of each coordinate of the sum, `units` the powers of two that coordinates are
    multiples of, and `rounding` the rounding of adding the two tables, None where no coordinate has a number in both.
    """

    tables: Mapping[Expr, Floats]
    sizes: Mapping[Expr, Floats]
    varied: Mapping[Expr, tuple[Ints, Floats]]
    constant: Floats
    largest: Floats
    units: Floats
    rounding: Floats | None

    @cached_property
    def nonzero(self) -> Mapping[Expr, Floats]:
        """Where the tables are not 0: 1, else 0."""
        return {leaf: (table != 0).astype(np.float64) for leaf, table in self.tables.items()}

    @classmethod
    def of(cls, embed: Floats, positions: Floats | None, fmt: FloatFormat) -> EmbeddingTables:
        tables = {TOKENS: embed[1:]}
        if positions is not None:
            tables[INDICES] = positions[1:]
        rows, starts = np.concatenate(list(tables.values())), [0, len(embed) - 1][: len(tables)]
        high, low = np.maximum.reduceat(rows, starts), np.minimum.reduceat(rows, starts)  # (tables, d_model)
        varied = {}
        for (leaf, table), moving in zip(tables.items(), high != low, strict=True):
            columns = moving.nonzero()[0]
            varied[leaf] = columns, table.take(columns, axis=1)
        largest = np.maximum(high, -low)
        total = largest.sum(axis=0)
        both = np.logical_and.reduce(largest) if len(largest) > 1 else np.zeros(rows.shape[1], bool)
        rounding = np.where(both, fmt.unit * total, 0.0) if np.count_nonzero(both) else None
        constant = np.where(high == low, high, 0.0).sum(axis=0)
        sizes = {leaf: np.abs(table) for leaf, table in tables.items()}
        return cls(tables, sizes, varied, constant, total, grid(rows), rounding)


@dataclass(frozen=True, eq=False)
class ModelWeights:
    """All weights of a model. `written`, (slots, d_model), says which coordinates each slot writes, and `last_write`
    the index of the slot that, up to a slot, wrote each last."""

    model: Transformer
    format: FloatFormat
    embed: Floats
    positions: Floats | None
    unembed: Floats
    layers: tuple[LayerWeights, ...]
    embedding: EmbeddingTables
    written: Bools
    last_write: Ints

    @classmethod
    def of(cls, model: Transformer) -> ModelWeights:
        """Raises CertificateError where products of two weights are too small for the format."""
        fmt, layers = proof_format(model.dtype), tuple(map(LayerWeights.of, model.layers))
        embed, unembed = model.embed.astype(np.float64), model.unembed.astype(np.float64)
        positions = None if model.positions is None else model.positions.astype(np.float64)
        _check_smallest([w for w in (embed, positions, unembed) if w is not None], layers, fmt)
        written = np.zeros((Slot(model.depth, MLP).index + 1, model.d_model), bool)
        written[EMBEDDING] = True
        for k, layer in enumerate(layers, 1):
            written[Slot(k, ATTENTION)] = layer.writers > 0
            if len(layer.w_out):
                written[Slot(k, MLP)] = np.logical_or.reduce(layer.w_out)
        last_write = np.maximum.accumulate(np.arange(len(written))[:, None] * written)
        embedding = EmbeddingTables.of(embed, positions, fmt)
        return cls(model, fmt, embed, positions, unembed, layers, embedding, written, last_write)

    @property
    def last(self) -> Slot:
        """The last slot, which the unembedding reads."""
        return Slot(self.model.depth, MLP)

    @cached_property
    def inflation(self) -> float:
        """The factor by which rounding may enlarge the output of a sublayer: a mean over all keys (a sum divided by
        another), then a sum over the outputs of heads or neurons, then the addition to the stream."""
        widest = max((max(len(layer.w_o), len(layer.w_out)) for layer in self.layers), default=0)
        return 1 + float(self.format.gamma(2 * (self.model.max_len or 0) + widest + 8))

    def until(self, vector: Floats, slot: Slot) -> Slot:
        """The first slot after `slot` that changes residual @ vector; the one after the last where none does."""
        later = np.logical_or.reduce(self.written[slot.next :] & (vector != 0), axis=1).nonzero()[0]
        return Slot.of(slot.next.index + int(later[0]) if len(later) else len(self.written))


def proof_format(dtype: str) -> FloatFormat:
    """The format of a model, with the rounding of this proof, which computes in float64, added to the model's."""
    fmt = float_format(dtype)
    return replace(fmt, unit=OWN_ROUNDINGS * fmt.unit) if fmt is FLOAT64 else fmt


def _check_smallest(tables: list[Floats], layers: Sequence[LayerWeights], fmt: FloatFormat) -> None:
    """Raises CertificateError where a product of two weights may be no normal number."""
    least = fmt.least_weight
    own = [
        w for layer in layers for w in (layer.scoring, layer.valuing, layer.w_o, layer.w_in, layer.b_in, layer.w_out)
    ]
    every = np.concatenate([w.ravel() for w in (*tables, *own) if len(w)])
    if np.count_nonzero(np.abs(every) < least) > len(every) - np.count_nonzero(every):
        raise CertificateError(
            f"a weight is smaller than {least:.3g}, and products of such weights underflow in {fmt.name}"
        )


def side_by_side(matrices: Sequence[Floats]) -> Floats:
    """At least one matrix, (rows, columns), as one: (rows, all columns)."""
    return matrices[0] if len(matrices) == 1 else np.concatenate(matrices, axis=1)
