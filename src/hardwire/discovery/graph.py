"""The edges that a model may have, by its parts, and those that its circuit has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ModelError

INPUTS = {"head": ("q", "k", "v"), "neurons": ("mlp",), "unembedding": ("logits",), "embedding": ()}
"""The inputs of each kind of part."""

Edge = tuple[str, str, str]
"""(the part that feeds, the part that is fed, its input), as in circuit.json."""


@dataclass(frozen=True)
class EdgeGraph:
    """`edges` are all pairs of a part and an input of a later part, `known` whether the circuit has each: it is an edge
    of circuit.json, and the part that it leads to contributes to the answer."""

    parts: Mapping[str, Mapping[str, Any]]
    edges: Sequence[Edge]
    known: Sequence[bool]


def edge_graph(circuit: Mapping[str, Any]) -> EdgeGraph:
    """Return the graph of a circuit in the form of docs/circuit.schema.json. Raises ModelError if it has no edges."""
    if circuit["edges"] is None:
        raise ModelError("the edges of this model are not known: it was made by hand, with norms or gated neurons")
    parts = {n["id"]: n for n in circuit["nodes"]}
    has = {(e["from"], e["to"], e["input"]) for e in circuit["edges"] if parts[e["to"]]["in_circuit"]}
    edges = [
        (a, b, side)
        for b, n in parts.items()
        for side in INPUTS[n["kind"]]
        for a, m in parts.items()
        if _time(m) < _time(n)
    ]
    return EdgeGraph(parts, edges, [e in has for e in edges])


def _time(n: Mapping[str, Any]) -> float:
    """When a part is computed: embeddings first, heads before the neurons of their layer, the unembedding last."""
    if n["kind"] == "embedding":
        return -1.0
    return float("inf") if n["kind"] == "unembedding" else 2.0 * n["layer"] + (n["kind"] == "neurons")
