"""Checks of a transformer: its shapes, and that its circuit refers only to existing parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ModelError
from .slots import EMBEDDING, MLP, Slot
from .weights import expect

if TYPE_CHECKING:
    from .circuit import Claim
    from .transformer import Transformer


def check(model: Transformer) -> None:
    """Check that the weights and the circuit fit together. Raises ModelError."""
    d_model = model.d_model
    expect(model.embed, (1 + len(model.vocab), d_model), "embed")
    expect(model.unembed, (d_model, 1 if model.outputs is None else len(model.outputs)), "unembed")
    for name, x in (("causal", model.causal), ("whole", model.whole)):
        if not isinstance(x, bool):
            raise ModelError(f"{name} is {x!r}; it is True or False", value=x)
    if not model.unembed.shape[1]:
        raise ModelError("a model has at least one output value")
    if model.max_len is not None and model.max_len < 0:
        raise ModelError(f"max_len is {model.max_len}")
    if model.positions is not None:
        if model.max_len is None:
            raise ModelError("a model with position embeddings has a max_len")
        expect(model.positions, (model.max_len + 1, d_model), "positions")
    if model.final_norm is not None:
        expect(model.final_norm.gain, (d_model,), "final_norm")
    for number, layer in enumerate(model.layers, 1):
        expect(layer.w_in, (d_model, layer.d_ff), f"w_in of layer {number}")
    _check_circuit(model)


def _may_claim(c: Claim) -> bool:
    """Whether a part can be claimed at its slot: of what the embedding stores, only what a program keeps."""
    return c.slot > EMBEDDING or (c.expr is not None and c.expr.op.barrier)


def _check_circuit(model: Transformer) -> None:
    layers = dict(enumerate(model.layers, 1))
    for d in model.circuit.directions:
        if not 0 <= d.index < model.d_model:
            raise ModelError(f"the circuit has a direction {d.index} in a model of d_model {model.d_model}")
    for h in model.circuit.heads:
        if h.layer not in layers or not 0 <= h.head < len(layers[h.layer].heads):
            raise ModelError(f"the circuit has a head {h.head} in layer {h.layer}, which the model does not have")
    for n in model.circuit.neurons:
        if n.layer not in layers or not 0 <= n.start < n.stop <= layers[n.layer].d_ff:
            raise ModelError(
                f"the circuit has neurons {n.start}-{n.stop - 1} in layer {n.layer}, which the model does not have"
            )
    for r in model.circuit.readings:
        if r.vector.shape != (model.d_model,) or not 0 <= r.layer <= model.depth:
            raise ModelError(f"the reading {r.name!r} does not fit the model")
    for c in model.circuit.claims:
        if c.vector.shape != (model.d_model,) or not _may_claim(c) or not c.slot <= Slot(model.depth, MLP):
            raise ModelError(f"the claim {c.expression!r} does not fit the model")
