"""The line of the source that each part of a model serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..lang.sop import SOp
from ..model.slots import ATTENTION, MLP, Slot
from ..model.transformer import Transformer
from ..model.weights import Floats
from .listing import Listing


@dataclass(frozen=True)
class _Part:
    """A head or a group of neurons: its slot, the directions that it reads and writes, and names of its value."""

    slot: Slot
    reads: Floats
    writes: Floats
    names: tuple[str, ...]


def lines(model: Transformer, listing: Listing | None, sop: SOp | None) -> dict[str, Any]:
    """Return the line that each head (by layer), each group of neurons and each reading serves, or None.

    A part is found by its expression. If the compiler rewrote that, the part serves the first value of its layer that
    is decoded from what it writes, or else what the next part that reads it serves: in the end, the answer.
    """
    circuit = model.circuit
    texts = {} if listing is None or sop is None else listing.texts(sop.expr)
    readings = [texts.get(r.expression, texts.get(r.name)) for r in circuit.readings]
    decoded = [
        (Slot(r.layer, MLP), r.vector != 0, line)
        for r, line in zip(circuit.readings, readings, strict=True)
        if line is not None
    ]
    parts = [*_heads(model), *_neurons(model)]
    answer = None if listing is None or sop is None else listing.places.get(sop.expr)
    found: dict[int, int | None] = {}
    for i in sorted(
        range(len(parts)), key=lambda i: parts[i].slot, reverse=True
    ):  # what reads a part is known before it
        found[i] = _line(i, parts, texts, decoded, found)
        if found[i] is None and (np.abs(model.unembed)[parts[i].writes > 0] > 0).any():
            found[i] = answer
    heads: list[list[int | None]] = [[None] * len(layer.heads) for layer in model.layers]
    for i, h in enumerate(circuit.heads):
        heads[h.layer - 1][h.head] = found[i]
    return {"heads": heads, "neurons": [found[i] for i in range(len(circuit.heads), len(parts))], "readings": readings}


def _heads(model: Transformer) -> Iterator[_Part]:
    for h in model.circuit.heads:
        head = model.layers[h.layer - 1].heads[h.head]
        reads = np.sum([np.abs(w).max(axis=1, initial=0) for w in (head.w_q, head.w_k, head.w_v)], axis=0)
        yield _Part(Slot(h.layer, ATTENTION), reads, np.abs(head.w_o).max(axis=0, initial=0), (h.expression, *h.writes))


def _neurons(model: Transformer) -> Iterator[_Part]:
    for n in model.circuit.neurons:
        layer, group = model.layers[n.layer - 1], slice(n.start, n.stop)
        reads, writes = np.abs(layer.w_in[:, group]), np.abs(layer.w_out[group])
        yield _Part(Slot(n.layer, MLP), reads.max(axis=1, initial=0), writes.max(axis=0, initial=0), (n.expression,))


def _line(
    i: int,
    parts: list[_Part],
    texts: Mapping[str, int],
    decoded: list[tuple[Slot, Any, int]],
    found: dict[int, int | None],
) -> int | None:
    part = parts[i]
    own = next((texts[name] for name in part.names if name in texts), None)
    if own is not None:
        return own
    written = part.writes > 0
    end = part.slot.layer_end
    complete = next((line for slot, vector, line in decoded if slot == end and (vector & written).any()), None)
    if complete is not None:
        return complete
    readers = [(p.slot, found[k]) for k, p in enumerate(parts) if p.slot > part.slot and (p.reads[written] > 0).any()]
    _, line = min(((slot, line) for slot, line in readers if line is not None), default=(part.slot, None))
    return line
