"""Padding: what a layer computes there stays there, whatever it is."""

from __future__ import annotations

import numpy as np
import pytest

from hardwire.model import Circuit, Head, Layer, Transformer

REAL, PADDED, ANSWER = 1, 2, 3


def growing(depth: int, *, heads: bool) -> Transformer:
    """Its neurons add 1e20 in each layer wherever the constant is missing, times what they added before: in padding
    alone, where the third layer overflows."""
    w_in, w_out = np.zeros((4, 1)), np.zeros((1, 4))
    w_in[REAL], w_in[0], w_in[PADDED], w_out[0, PADDED] = -2e18, -2e18, 1e18, 1e18
    nothing, value = np.zeros((4, 1)), np.zeros((4, 1))
    value[PADDED] = 1
    out = np.zeros((1, 4))
    out[0, ANSWER] = 1
    head = Head("mean of all", w_q=nothing, w_k=nothing, w_v=value, w_o=out)
    layer = Layer((head,) if heads else (), w_in, np.array([1e18]), w_out)
    embed = np.array([[1, 0, 0, 0], [0, 1, 0, 2], [0, 1, 0, 5]], np.float64)
    unembed = np.zeros((4, 1))
    unembed[ANSWER] = 1
    return Transformer(
        vocab=("a", "b"), max_len=9, causal=False, embed=embed, positions=None, layers=(layer,) * depth,
        unembed=unembed, outputs=None, whole=True, dtype="float32", circuit=Circuit(),
    )  # fmt: skip


@pytest.mark.parametrize("heads", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_what_padding_becomes_reaches_no_token(depth: int, heads: bool) -> None:
    model = growing(depth, heads=heads)
    inputs = ["a", "abbab", "", "bb"]
    assert model.batch(inputs) == [model(x) for x in inputs] == [[{"a": 2, "b": 5}[c] for c in x] for x in inputs]
