"""A compiled model in the shape that code for Tracr expects, and its forward pass in NumPy.

All heads have one width and all layers as many heads and neurons; biases exist and are 0 where the model has none.
The logits are the first coordinates of the stream: a last layer writes them there, so that the unembedding is a
projection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..export.host import Host, host
from ..model.transformer import Transformer
from ..numeric.floats import model_arithmetic

Array = npt.NDArray[Any]
Params = dict[str, dict[str, Array]]
"""Arrays by the name of a module and the name in it, such as `params["transformer/layer_0/attn/query"]["w"]`."""

MASKED = -1e30
"""The attention logit of a key that a query does not see."""


def relu(x: Array) -> Array:
    """The activation of every neuron."""
    found: Array = np.maximum(x, 0)
    return found


@dataclass
class TransformerConfig:
    """The sizes of a model, by Tracr's names."""

    num_heads: int
    num_layers: int
    key_size: int
    mlp_hidden_size: int
    causal: bool
    dropout_rate: float = 0.0
    activation_function: Callable[[Array], Array] = relu
    layer_norm: bool = False


@dataclass(frozen=True)
class TransformerOutput:
    """The activations of a pass, (batch, tokens, d_model) each: after attention, after neurons, and so on by layer."""

    layer_outputs: list[Array]
    residuals: list[Array]
    attn_logits: list[Array]
    output: Array
    input_embeddings: Array


@dataclass(frozen=True)
class CompiledTransformerOutput:
    """The activations of a pass and its answers: ids, or the numbers themselves, (batch, tokens)."""

    transformer_output: TransformerOutput
    unembedded_output: Array


@dataclass(frozen=True)
class Layout:
    """Where things are in the arrays: the embedding row of each input id (None for PAD), and the order of logits."""

    rows: tuple[int | None, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Uniform:
    """The arrays of a model, which cannot be written to, its sizes, and a label for each coordinate of the stream."""

    params: Params
    config: TransformerConfig
    labels: list[str] = field(repr=False)


def uniform(
    model: Transformer, layout: Layout, output_labels: Sequence[str], named: Mapping[str, str] | None = None
) -> Uniform:
    """The model in Tracr's shape. `output_labels` are those of the logits, in the layout's order; `named` has the label
    of each part that the program gave a name of its own."""
    found = host(model, square=False)
    logits = found.unembed[:, list(layout.columns)]
    width = max(found.d_ff, 2 * logits.shape[1])
    params = _embeddings(found, layout)
    for i in range(found.layers):
        params |= _layer(found, i, logits.shape[1], width)
    params |= _logit_layer(found, logits, width)
    params = {
        name: {key: _fixed(array, model.dtype) for key, array in arrays.items()} for name, arrays in params.items()
    }
    config = TransformerConfig(found.heads, found.layers + 1, found.d_head, width, causal=model.causal)
    return Uniform(params, config, [*output_labels, *_labels(model, found.d_model, named or {})])


def _embeddings(found: Host, layout: Layout) -> Params:
    tokens = np.stack([np.zeros(found.d_model) if row is None else found.embed[row] for row in layout.rows])
    front = ((0, 0), (len(layout.columns), 0))
    return {
        "token_embed": {"embeddings": np.pad(tokens, front)},
        "pos_embed": {"embeddings": np.pad(found.positions, front)},
    }


def _layer(found: Host, i: int, outputs: int, width: int) -> Params:
    """Layer i, beside `outputs` coordinates that it neither reads nor writes."""
    above, left, more = ((outputs, 0), (0, 0)), ((0, 0), (outputs, 0)), width - found.d_ff
    name = f"transformer/layer_{i}"
    params: Params = {
        f"{name}/attn/{part}": _linear(np.pad(np.moveaxis(w[i], 0, 1).reshape(found.d_model, -1), above))
        for part, w in (("query", found.q), ("key", found.k), ("value", found.v))
    }
    params[f"{name}/attn/linear"] = _linear(np.pad(found.o[i].reshape(-1, found.d_model), left))
    into = np.pad(found.w_in[i], (above[0], (0, more)))
    params[f"{name}/mlp/linear_1"] = _linear(into, np.pad(found.b_in[i], (0, more)))
    params[f"{name}/mlp/linear_2"] = _linear(np.pad(found.w_out[i], ((0, more), left[1])))
    return params


def _logit_layer(found: Host, logits: Array, width: int) -> Params:
    """The last layer, which puts every logit x in front as relu(x) - relu(-x)."""
    outputs = logits.shape[1]
    d_model, heads = outputs + found.d_model, found.heads * found.d_head
    name = f"transformer/layer_{found.layers}"
    params: Params = {f"{name}/attn/{part}": _linear(np.zeros((d_model, heads))) for part in ("query", "key", "value")}
    params[f"{name}/attn/linear"] = _linear(np.zeros((heads, d_model)))
    into, out = np.zeros((d_model, width)), np.zeros((width, d_model))
    into[outputs:, :outputs], into[outputs:, outputs : 2 * outputs] = logits, -logits
    out[:outputs, :outputs], out[outputs : 2 * outputs, :outputs] = np.eye(outputs), -np.eye(outputs)
    params[f"{name}/mlp/linear_1"], params[f"{name}/mlp/linear_2"] = _linear(into), _linear(out)
    return params


def _linear(w: Array, b: Array | None = None) -> dict[str, Array]:
    return {"w": w, "b": np.zeros(w.shape[1]) if b is None else b}


def _fixed(array: Array, dtype: str) -> Array:
    array = np.ascontiguousarray(array, dtype)
    array.setflags(write=False)
    return array


def _labels(model: Transformer, d_model: int, named: Mapping[str, str]) -> list[str]:
    """A label for each direction of the model, no two alike, with no colon but the one in front of a value."""
    labels = [f"unused_{i}" for i in range(d_model)]
    for direction in model.circuit.directions:
        labels[direction.index] = named.get(direction.name, direction.name).replace(":", ";")
    seen: dict[str, int] = {}
    for i, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] > 1:
            labels[i] = f"{label}#{seen[label]}"
    return labels


def forward(
    params: Mapping[str, Mapping[str, Array]], config: TransformerConfig, ids: Array, pad: int
) -> TransformerOutput:
    """A pass over ids (batch, tokens). Keys whose id is `pad` are masked, so that they change no answer."""
    embed, positions = (np.asarray(params[name]["embeddings"]) for name in ("token_embed", "pos_embed"))
    size = ids.shape[1]
    seen = np.broadcast_to((ids != pad)[:, None, None, :], (len(ids), 1, size, size))
    if config.causal:
        seen = seen & np.tri(size, dtype=bool)
    x = start = embed[ids] + positions[:size]
    outputs, residuals, logits = [], [], []
    with model_arithmetic():
        for i in range(config.num_layers):
            name = f"transformer/layer_{i}"
            added, scores = _attend(params, name, config, x, seen)
            logits.append(scores)
            for y in (added, None):
                y = _neurons(params, name, config, x) if y is None else y
                x = x + y
                outputs.append(y)
                residuals.append(x)
    return TransformerOutput(outputs, residuals, logits, x, start)


def _attend(
    params: Mapping[str, Mapping[str, Array]], name: str, config: TransformerConfig, x: Array, seen: Array
) -> tuple[Array, Array]:
    """(the output of the heads of a layer, their attention logits)"""
    batch, size, _ = x.shape
    q, k, v = (
        np.moveaxis(_affine(params[f"{name}/attn/{part}"], x).reshape(batch, size, config.num_heads, -1), 2, 1)
        for part in ("query", "key", "value")
    )
    scores = q @ np.swapaxes(k, 2, 3) / np.asarray(np.sqrt(config.key_size), x.dtype)
    scores = np.where(seen, scores, np.asarray(MASKED, x.dtype))
    weights = np.exp(scores - scores.max(axis=3, keepdims=True))
    weights /= weights.sum(axis=3, keepdims=True)
    mixed = np.moveaxis(weights @ v, 1, 2).reshape(batch, size, -1)
    return _affine(params[f"{name}/attn/linear"], mixed), scores


def _neurons(params: Mapping[str, Mapping[str, Array]], name: str, config: TransformerConfig, x: Array) -> Array:
    hidden = config.activation_function(_affine(params[f"{name}/mlp/linear_1"], x))
    return _affine(params[f"{name}/mlp/linear_2"], hidden)


def _affine(linear: Mapping[str, Array], x: Array) -> Array:
    y: Array = x @ linear["w"] + linear["b"]
    return y
