"""The arrays of a model by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .weights import SHAPES_OF_HEAD, SHAPES_OF_LAYER, Floats, Norm

if TYPE_CHECKING:
    from .transformer import Transformer

Tensors = dict[str, Floats]


def tensors(model: Transformer) -> Tensors:
    """Every array of a model by name: embed, positions, unembed, layers.0.w_in, layers.0.heads.0.w_q, ..."""
    tensors = {"embed": model.embed, "unembed": model.unembed}
    if model.positions is not None:
        tensors["positions"] = model.positions
    for i, layer in enumerate(model.layers):
        for field in SHAPES_OF_LAYER:
            tensors[f"layers.{i}.{field}"] = getattr(layer, field)
        if layer.w_gate is not None and layer.b_gate is not None:
            tensors |= {f"layers.{i}.w_gate": layer.w_gate, f"layers.{i}.b_gate": layer.b_gate}
        for place, norm in layer.norms.items():
            tensors |= _tensors_of_norm(f"layers.{i}.{place}", norm)
        for j, head in enumerate(layer.heads):
            for field in SHAPES_OF_HEAD:
                tensors[f"layers.{i}.heads.{j}.{field}"] = getattr(head, field)
            if head.rotary is not None:
                tensors[f"layers.{i}.heads.{j}.rotary"] = head.rotary
    if model.final_norm is not None:
        tensors |= _tensors_of_norm("final_norm", model.final_norm)
    # The library writes the memory of an array as it lies.
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def _tensors_of_norm(name: str, norm: Norm) -> Tensors:
    tensors = {f"{name}.gain": norm.gain, f"{name}.bias": norm.bias}
    return tensors if norm.project is None else tensors | {f"{name}.project": norm.project}


def little_endian(array: Floats) -> bytes:
    """Return the numbers of an array in C order, the same on every machine."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
