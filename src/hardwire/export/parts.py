"""The parts of a model and the edges between them, from `model.circuit` and the weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..model.transformer import Transformer
from ..model.weights import Floats
from .comparison import plain

Edge = tuple[str, str]


@dataclass(frozen=True)
class ModelPart:
    """A part of a model that reads and writes residual directions.

    name: "tokens", "positions", "layer 1 head 0", "layer 1 neurons 0-3", "output". slot: when it writes; the output has
    the slot after the last layer. reads, writes: indices of directions. index: of the head, or the neurons.
    """

    name: str
    slot: Slot
    expression: str
    how: str
    reads: frozenset[int]
    writes: frozenset[int]
    index: int | slice | None = None

    @property
    def layer(self) -> int:
        """The layer: 0 for the embedding, depth + 1 for the output."""
        return self.slot.layer


def parts(model: Transformer) -> list[ModelPart]:
    """Return every part in the order of the computation.

    The embedding is two parts, one that depends on the token and one that depends on the position. Directions that are
    the same on all tokens reach every reader and belong to no part. Raises ExportError for norms and gates, which read
    more than the weights of heads and neurons.
    """
    plain(model, "a circuit")
    varying = np.ptp(model.embed[1:], axis=0) if len(model.embed) > 1 else model.embed[0] * 0
    found = [ModelPart("tokens", EMBEDDING, "tokens", "embedding", frozenset(), _where(varying))]
    if model.positions is not None:
        moving = np.ptp(model.positions[1:], axis=0) if len(model.positions) > 1 else model.positions[0] * 0
        found.append(ModelPart("positions", EMBEDDING, "indices", "embedding", frozenset(), _where(moving)))
    heads = {(h.layer, h.head): (h.expression, h.recipe) for h in model.circuit.heads}
    for number, layer in enumerate(model.layers, 1):
        for i, head in enumerate(layer.heads):
            expression, recipe = heads.get((number, i), (head.name, ""))
            reads = _where(np.hstack([head.w_q, head.w_k, head.w_v]).T)
            slot = Slot(number, ATTENTION)
            found.append(
                ModelPart(f"layer {number} head {i}", slot, expression, recipe, reads, _where(head.w_o), index=i),
            )
        for n in model.circuit.neurons:
            if n.layer == number:
                which = f"neuron {n.start}" if n.stop - n.start == 1 else f"neurons {n.start}-{n.stop - 1}"
                reads, writes = _where(layer.w_in[:, n.start : n.stop].T), _where(layer.w_out[n.start : n.stop])
                name, span = f"layer {number} {which}", slice(n.start, n.stop)
                found.append(ModelPart(name, Slot(number, MLP), n.expression, n.recipe, reads, writes, index=span))
    last = Slot(model.depth, MLP).next
    found.append(ModelPart("output", last, "the answer", "unembedding", _where(model.unembed.T), frozenset()))
    return found


def _where(rows: Floats) -> frozenset[int]:
    """Return the directions in which a row is not 0; rows: (any, d_model) or (d_model,)."""
    return frozenset(np.flatnonzero(np.any(np.atleast_2d(rows) != 0, axis=0)).tolist())


def edges(model: Transformer) -> list[Edge]:
    """See `hardwire.export.edges`."""
    all_parts = parts(model)
    return [(a.name, b.name) for a in all_parts for b in all_parts if a.slot < b.slot and a.writes & b.reads]
