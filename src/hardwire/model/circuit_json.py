"""`circuit.json`: a model's ground truth for other tools, as docs/circuit.schema.json describes it.

Layers, heads and hooks are those of TransformerLens: they count from 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InterventionError
from ..lang.expr import Expr, Op
from ..lang.text import formula
from .circuit import Wire
from .codec import NotStorable, pack_value
from .slots import ATTENTION, EMBEDDING, MLP, Slot
from .variables import ModelVariable, hook_of
from .weights import Floats

if TYPE_CHECKING:
    from .transformer import Transformer

FORMAT, VERSION = "hardwire circuit", 1
NAME = "circuit.json"

Json = dict[str, Any]


def circuit_json(model: Transformer, *, indent: int | None = 1) -> str:
    """The circuit of a model as JSON: its program, its parts, the edges between them and the values on them.

    A model with norms or gated neurons that was made by hand has no edges (null): there every part may read every other
    one. `in_circuit` says of a part whether a path of edges leads from it to the unembedding.
    """
    return json.dumps(described(model), indent=indent, allow_nan=False)


def described(model: Transformer) -> Json:
    """The same as a dict."""
    variables = _variables(model)
    nodes = list(_nodes(model))
    edges = _all_edges(model, nodes, variables)
    used = None if edges is None else _leading(edges)
    program = None if model.source is None else model.source.expr
    return {
        "format": FORMAT,
        "version": VERSION,
        "digest": model.digest,
        "model": {
            "layers": model.depth,
            "heads": [len(layer.heads) for layer in model.layers],
            "d_model": model.d_model,
            "d_mlp": [layer.d_ff for layer in model.layers],
            "max_len": model.max_len,
            "causal": bool(model.causal),
            "dtype": model.dtype,
            "vocabulary": [_value(v) for v in model.vocab],
            "outputs": None if model.outputs is None else [_value(v) for v in model.outputs],
        },
        "certificate": None if model.certificate is None else model.certificate.status,
        "program": None if program is None else _graph(program, model.program),
        "computes": None if model.circuit.computes is None else _graph(model.circuit.computes, ""),
        "directions": [_direction(d, variables) for d in model.circuit.directions],
        "variables": [_variable(v, program) for v in variables],
        "nodes": [_part(n, used) for n in nodes],
        "edges": edges,
        "shared": list(_shared(nodes)),
    }


def _variables(model: Transformer) -> Sequence[ModelVariable]:
    try:
        return tuple(model.variables.values())
    except InterventionError:
        return ()


def _value(v: Any) -> Any:
    """A value as in files of models; what these cannot hold, as text."""
    try:
        return pack_value(v)
    except NotStorable:
        return {"text": repr(v)}


# The program.


def _graph(root: Expr, text: str) -> Json:
    """A program as nodes, sources first; the last one is the result."""
    place: dict[Expr, int] = {}
    nodes = []
    for e in root.walk():
        place[e] = len(place)
        nodes.append(
            {
                "id": place[e],
                "op": e.op.name.lower(),
                "sources": [place[s] for s in e.src],
                "argument": _argument(e),
                "formula": formula(e.src[0] if e.op.transparent else e, 200),
                "name": str(e.arg) if e.op.transparent else None,
                "selector": e.selector,
            }
        )
    return {"text": text or formula(root, 400), "nodes": nodes}


def _argument(e: Expr) -> Any:
    """The argument of an operation: a value, the name of a comparison, or the label of a function."""
    if e.arg is None or e.op.transparent:
        return None
    if isinstance(e.arg, Op):
        return e.arg.symbol
    if e.op.function:
        return {"function": e.arg.label}
    return _value(e.arg)


# Variables and directions.


def _variable(v: ModelVariable, program: Expr | None) -> Json:
    slot = v.slot
    return {
        "name": v.name,
        "node": _node_of(v.name, program),
        "expression": v.expression,
        "status": v.status,
        "reason": v.reason,
        "kept": v.kept,
        "hook": v.hook or None,
        "layer": None if slot is None or slot == EMBEDDING else slot.layer - 1,
        "read": _sparse(v.read),
        "basis": _sparse(v.basis),
        "values": [_value(x) for x in v.values],
        "encodings": v.encodings.tolist(),
        "linear": [{"expression": what, "coefficient": c} for what, c in v.linear],
    }


def _node_of(name: str, program: Expr | None) -> int | None:
    """The node of the program that has a name; of equal names a, a#2, ... in order."""
    seen: dict[str, int] = {}
    for i, e in enumerate(program.walk() if program is not None else ()):
        if e.op is Op.NAME:
            own = str(e.arg)
            seen[own] = seen.get(own, 0) + 1
            if name == (own if seen[own] == 1 else f"{own}#{seen[own]}"):
                return i
    return None


def _sparse(vector: Floats) -> list[Json]:
    """A vector by its coordinates that are not 0."""
    return [{"direction": int(i), "coefficient": float(vector[i])} for i in np.flatnonzero(vector)]


def _direction(d: Any, variables: Sequence[ModelVariable]) -> Json:
    return {
        "index": d.index,
        "name": d.name,
        "expression": d.expression,
        "code": d.code,
        "layer": None if d.layer == 0 else d.layer - 1,
        "variables": [v.name for v in variables if len(v.read) and v.read[d.index] != 0],
    }


# Parts of the model, and edges.


def _nodes(model: Transformer) -> Iterator[Json]:
    """The embeddings, heads, groups of neurons and the unembedding, in the order of the computation.

    `_reads` are the coordinates that each input reads, `_writes` those that it writes, `_slot` when.
    """
    yield _embedding("embed", "hook_embed", "tokens", model.embed[1:])
    if model.positions is not None:
        yield _embedding("pos_embed", "hook_pos_embed", "indices", model.positions[1:])
    notes = {(h.layer, h.head): h for h in model.circuit.heads}
    for k, layer in enumerate(model.layers):
        for i, head in enumerate(layer.heads):
            note = notes.get((k + 1, i))
            yield {
                "id": f"blocks.{k}.attn.{i}",
                "kind": "head",
                "layer": k,
                "index": i,
                "hook": f"blocks.{k}.attn.hook_z",
                "expressions": _written(model, head.w_o, k + 1) or [head.name if note is None else note.expression],
                "recipe": "" if note is None else note.recipe,
                "_reads": {"q": _rows(head.w_q), "k": _rows(head.w_k), "v": _rows(head.w_v)},
                "_writes": _rows(head.w_o.T),
                "_slot": Slot(k + 1, ATTENTION),
            }
        for n in (n for n in model.circuit.neurons if n.layer == k + 1):
            yield {
                "id": f"blocks.{k}.mlp.{n.start}-{n.stop - 1}",
                "kind": "neurons",
                "layer": k,
                "index": [n.start, n.stop],
                "hook": f"blocks.{k}.mlp.hook_post",
                "expressions": [n.expression],
                "recipe": n.recipe,
                "_reads": {"mlp": _rows(layer.w_in[:, n.start : n.stop])},
                "_writes": _rows(layer.w_out[n.start : n.stop].T),
                "_slot": Slot(k + 1, MLP),
            }
    yield {
        "id": "unembed",
        "kind": "unembedding",
        "layer": None,
        "index": None,
        "hook": hook_of(Slot(model.depth, MLP)),
        "expressions": ["the answer"],
        "recipe": "greatest logit" if model.outputs is not None else "a number",
        "_reads": {"logits": _rows(model.unembed)},
        "_writes": frozenset(),
        "_slot": Slot(model.depth + 1, ATTENTION),
    }


def _embedding(name: str, hook: str, expression: str, table: Floats) -> Json:
    varying = np.ptp(table, axis=0) if len(table) > 1 else np.zeros(table.shape[1])
    return {
        "id": name,
        "kind": "embedding",
        "layer": None,
        "index": None,
        "hook": hook,
        "expressions": [expression],
        "recipe": "embedding",
        "_reads": {},
        "_writes": frozenset(np.flatnonzero(varying).tolist()),
        "_slot": EMBEDDING,
    }


def _rows(matrix: Floats) -> frozenset[int]:
    """The coordinates of a matrix (d_model, any) with a number that is not 0."""
    return frozenset(np.flatnonzero((matrix != 0).any(axis=1)).tolist())


def _written(model: Transformer, w_o: Floats, layer: int) -> list[str]:
    """The expressions of the directions that a head writes, each once."""
    expressions = _expressions(model)
    return list(dict.fromkeys(expressions[i, layer] for i in sorted(_rows(w_o.T)) if (i, layer) in expressions))


def _expressions(model: Transformer) -> dict[tuple[int, int], str]:
    """The expression that a layer (0: the embedding) writes into a direction, which may be used again later."""
    return {(d.index, d.layer): d.expression for d in model.circuit.directions}


def wires(model: Transformer) -> tuple[Wire, ...] | None:
    """The edges of a model, to be kept where its weights will no longer show them."""
    edges = _all_edges(model, list(_nodes(model)), _variables(model))
    if edges is None:
        return None
    return tuple(Wire(e["from"], e["to"], e["input"], tuple(e["carries"]), tuple(e["variables"])) for e in edges)


def _all_edges(model: Transformer, nodes: Sequence[Json], variables: Sequence[ModelVariable]) -> list[Json] | None:
    if model.circuit.wires is not None:
        return [
            {
                "from": w.source,
                "to": w.target,
                "input": w.input,
                "directions": [],
                "carries": list(w.carries),
                "variables": list(w.variables),
            }
            for w in model.circuit.wires
        ]
    return list(_edges(model, nodes, variables)) if model.plain else None


def _leading(edges: Sequence[Json]) -> frozenset[str]:
    """The parts from which a path leads to the unembedding."""
    sources: dict[str, set[str]] = {}
    for e in edges:
        sources.setdefault(e["to"], set()).add(e["from"])
    found, waiting = {"unembed"}, ["unembed"]
    while waiting:
        new = sources.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return frozenset(found)


def _part(n: Json, used: frozenset[str] | None) -> Json:
    return {k: x for k, x in n.items() if not k.startswith("_")} | {
        "in_circuit": None if used is None else n["id"] in used
    }


def _edges(model: Transformer, nodes: Sequence[Json], variables: Sequence[ModelVariable]) -> Iterator[Json]:
    """Which part feeds which, through which input, and what it carries: a direction that one writes before the other
    reads it. Directions that are the same on all tokens reach every part, and are no edges."""
    expressions = _expressions(model)
    for b in nodes:
        for side, reads in b["_reads"].items():
            for a in nodes:
                carried = sorted(a["_writes"] & reads) if a["_slot"] < b["_slot"] else []
                if carried:
                    known = (expressions.get((i, a["_slot"].layer)) for i in carried)
                    yield {
                        "from": a["id"],
                        "to": b["id"],
                        "input": side,
                        "directions": carried,
                        "carries": list(dict.fromkeys(e for e in known if e is not None)),
                        "variables": [v.name for v in variables if _is_carried(v, a["_slot"], b["_slot"], carried)],
                    }


def _is_carried(v: ModelVariable, written: Slot, read: Slot, directions: Sequence[int]) -> bool:
    """Whether a variable is read off some directions between two slots."""
    return v.slot is not None and written <= v.slot < read and bool(v.read[list(directions)].any())


def _shared(nodes: Sequence[Json]) -> Iterator[Json]:
    """The values that several heads compute together, each writing a part of it."""
    heads: dict[str, list[str]] = {}
    for n in nodes:
        for expression in n["expressions"] if n["kind"] == "head" else ():
            heads.setdefault(expression, []).append(n["id"])
    for expression, some in heads.items():
        if len(some) > 1:
            yield {"expression": expression, "heads": some}


__all__ = ["FORMAT", "NAME", "VERSION", "circuit_json", "described", "wires"]
