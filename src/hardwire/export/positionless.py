"""A causal model without a table of positions, for architectures that have none: two further layers compute its rows.

The first layer has a head of equal scores, which sees BOS with weight 1 / (t + 1) at position t. The softmax of equal
scores uses no exponential but exp(0) = 1, so this number is right to the last places in every tool. Its neurons compute
for each row t a number that is 0 at position t and at least 1 at all others. In the second layer, the neuron of row t
is 1 minus that: exactly 1 at position t and exactly 0 at all others. So the stream after it is bit by bit the one that
the table of positions would have made, in any order of summation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import ExportError
from ..model.circuit import Circuit
from ..model.transformer import Transformer
from ..model.weights import Floats, Head, Layer
from .precision_guard import RUIN, widened

MOST = 1_024
"""The longest input of such a model. Each position needs a direction and three neurons."""


def positionless(model: Transformer) -> Transformer:
    """Return the same model without a table of positions, two layers deeper; at positions beyond max_len it is nan.

    The further directions are 1 at BOS only; the weight of BOS; those of the rows; and two that become infinite at
    positions beyond max_len. The result has no circuit. Raises ExportError.
    """
    n = 1 + (model.max_len or 0)
    if n > 1 + MOST:
        raise ExportError(
            f"an architecture without a table of positions reads at most {MOST:,} tokens, and this model {n - 1:,}; "
            "choose gpt2-lm"
        )
    table = np.zeros((n, model.d_model)) if model.positions is None else model.positions
    rows = np.flatnonzero(table.any(axis=1))
    d, extra = model.d_model, 4 + len(rows)
    bos, weight, first, far = d, d + 1, d + 2, d + 2 + len(rows)
    size = d + extra
    embed = np.hstack([model.embed, np.zeros((len(model.embed), extra))])
    # Padding has the embedding of BOS. Its attention may be 0 or a mean over anything, and its numbers must be finite.
    embed[0, [bos, weight]] = 1

    edges, steep = steps(n)
    # Neurons: above the edge before each row, below the edge after it, and below the last edge of all.
    count = len(rows)
    w_in, b_in, w_out = np.zeros((size, 2 * count + 1)), np.zeros(2 * count + 1), np.zeros((2 * count + 1, size))
    w_in[weight, :count], b_in[:count] = steep, -steep * edges[rows]
    w_in[weight, count:], b_in[count:-1] = -steep, steep * edges[rows + 1]
    b_in[-1] = steep * edges[n]
    w_out[np.arange(2 * count), first + np.tile(np.arange(count), 2)] = 1
    w_out[-1, [far, far + 1]] = RUIN, -RUIN
    no_score = np.zeros((size, 1))
    head = Head("position", no_score, no_score, np.eye(size)[:, [bos]], np.eye(size)[[weight]])

    read, write = np.zeros((size, count)), np.zeros((count, size))
    read[first + np.arange(count), np.arange(count)] = -1
    write[:, :d] = table[rows]
    return replace(
        model,
        embed=embed,
        positions=None,
        layers=(
            Layer((head,), w_in, b_in, w_out),
            Layer((), read, np.ones(count), write),
            *(widened(layer, extra) for layer in model.layers),
        ),
        unembed=np.vstack([model.unembed, np.zeros((extra, model.unembed.shape[1]))]),
        circuit=Circuit(),
    )


def steps(n: int) -> tuple[Floats, float]:
    """Return (edges, steepness), (n + 1,) and a power of two.

    Edge t is between 1 / t and 1 / (t + 1), and edge 0 above the number of BOS, which is 2.

    A number that is the steepness times the distance of a weight 1 / (t + 1) from an edge is at least 2 and a rounding
    error: edge k is 1 / (2 k (k + 1)) from the nearest weight.
    """
    k = np.arange(1, n + 1)
    edges: Floats = np.concatenate([[4.0], (1 / k + 1 / (k + 1)) / 2])
    return edges, float(2.0 ** np.ceil(np.log2(4 * (n + 1) ** 2)))
