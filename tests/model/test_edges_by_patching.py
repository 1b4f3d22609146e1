"""The edges of circuit.json are all edges: a part that reads another part's values on other inputs changes the logits
along an edge, and along no other pair of parts."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire.compiler import compile as compiled
from hardwire.discovery.graph import Edge, edge_graph
from hardwire.model.circuit_json import described
from hardwire.programs import LIBRARY

FAST = ("sort", "induction", "most_frequent", "cumsum", "frac_prevs", "copy")
LENGTHS = (1, 2, 3, 5, 8)
KINDS = ("next", "mean", "other", "longer")
"""Whose values are read: those of the next token, the mean of all tokens, those of another input, of a longer input."""

Wrote = Mapping[str, Any]
"""The contribution of each part to the stream, by its id: (inputs, 1 + n, d_model)."""
NOTHING: Wrote = {}


def run(
    model: hw.Transformer, parts: Mapping[str, Any], ids: Any, edge: Edge | None = None, other: Wrote = NOTHING
) -> Any:
    """(the logits at tokens, what each part wrote) where the part at the end of an edge reads other values of the part
    at its beginning; in float64."""
    wrote = {"embed": wide(model.embed)[ids]}
    if model.positions is not None:
        wrote["pos_embed"] = np.broadcast_to(wide(model.positions)[: ids.shape[1]], wrote["embed"].shape)
    x, seen = sum(wrote.values()), np.ones((ids.shape[1],) * 2, bool)
    seen = np.tril(seen) if model.causal else seen

    def read(part: str, side: str) -> Any:
        if edge is None or (part, side) != edge[1:]:
            return x
        return x + (other[edge[0]] - wrote[edge[0]])

    for k, layer in enumerate(model.layers):
        new = {}
        for h, head in enumerate(layer.heads):
            name = f"blocks.{k}.attn.{h}"
            q, keys, v = (read(name, side) @ wide(w) for side, w in (("q", head.w_q), ("k", head.w_k), ("v", head.w_v)))
            scores = np.where(seen, q @ keys.transpose(0, 2, 1), -np.inf)
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            new[name] = weights / weights.sum(axis=-1, keepdims=True) @ v @ wide(head.w_o)
        wrote, x, neurons = wrote | new, sum(new.values(), x), {}
        for name, n in parts.items():
            if n["kind"] == "neurons" and n["layer"] == k:
                some = slice(*n["index"])
                z = read(name, "mlp") @ wide(layer.w_in)[:, some] + wide(layer.b_in)[some]
                neurons[name] = np.maximum(z, 0) @ wide(layer.w_out)[some]
        x = sum(neurons.values(), x)
        wrote |= neurons
    return (read("unembed", "logits") @ wide(model.unembed))[:, 1:], wrote


def wide(w: Any) -> Any:
    return np.asarray(w, np.float64)


def moved(model: hw.Transformer, sample: Any) -> tuple[dict[Edge, float], set[Edge]]:
    """(how far patching each possible edge moves a logit, the edges of the circuit)"""
    graph = edge_graph(described(model))
    found, rng = dict.fromkeys(graph.edges, 0.0), random.Random(0)
    for n in (n for n in LENGTHS if model.max_len is not None and n <= model.max_len):
        drawn = [rng.choices(model.vocab, k=n) for _ in range(12)] + [list(sample(rng, n)) for _ in range(12)]
        inputs = [x for x in drawn if len(x) == n]
        longer = [[*x, *rng.choices(model.vocab, k=2)][: model.max_len] for x in inputs]
        right, own = run(model, graph.parts, ids_of(model, inputs))
        tokens = {a: w[:, 1:] for a, w in own.items()}
        others = {
            "next": {a: np.roll(w, 1, axis=1) for a, w in tokens.items()},
            "mean": {a: np.broadcast_to(w.mean(axis=(0, 1)), w.shape) for a, w in tokens.items()},
            "other": {a: np.roll(w, 1, axis=0) for a, w in tokens.items()},
            "longer": {a: w[:, 1 : n + 1] for a, w in run(model, graph.parts, ids_of(model, longer))[1].items()},
        }
        wrote = {
            kind: {a: np.concatenate([own[a][:, :1], w], axis=1) for a, w in some.items()}
            for kind, some in others.items()
        }
        for edge in graph.edges:
            for kind in KINDS:
                got, _ = run(model, graph.parts, ids_of(model, inputs), edge, wrote[kind])
                found[edge] = max(found[edge], float(np.abs(got - right).max()))
    return found, {e for e, known in zip(graph.edges, graph.known, strict=True) if known}


def ids_of(model: hw.Transformer, inputs: list[Any]) -> Any:
    return np.array([[0, *model.encode(x)] for x in inputs])


def of_library(name: str, keep: Any) -> tuple[dict[Edge, float], set[Edge]]:
    p = LIBRARY[name]
    given = p.given() if p.given is not None else None
    return moved(compiled(p(), p.vocab, min(p.max_len, 8), given=given, keep=keep), p.sample)


@pytest.mark.parametrize("keep", [(), "named"])
@pytest.mark.parametrize("name", FAST)
def test_patching_moves_logits_along_edges_alone(name: str, keep: Any) -> None:
    found, known = of_library(name, keep)
    assert {e for e, far in found.items() if far} == known


@pytest.mark.nightly
@pytest.mark.parametrize("keep", [(), "named"])
@pytest.mark.parametrize("name", LIBRARY)
def test_no_edge_is_missing_in_the_library(name: str, keep: Any) -> None:
    found, known = of_library(name, keep)
    assert {e for e, far in found.items() if far} <= known
