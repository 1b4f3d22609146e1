"""The row of BOS in the residual stream, as far as heads read it.

BOS as a query attends to itself alone, and its values are 0. So heads do not change its row; neurons do where a
coordinate that it uses is erased and used again. The last layer may change it: nothing reads it after that.
"""

from __future__ import annotations

import math

import numpy as np

from ..errors import CertificateError
from ..model.slots import ATTENTION, Slot
from ..numeric.floats import Floats
from ..numeric.grids import grid
from ..run.failure import Bools
from .evidence import Setting
from .weights import HeadWeights, ModelWeights


def bos_row(weights: ModelWeights) -> Floats:
    """(d_model,) the embedding of BOS. Raises CertificateError where it is rounded."""
    row: Floats = weights.embed[0] + (0.0 if weights.positions is None else weights.positions[0])
    if not np.array_equal(row.astype(weights.format.numpy).astype(np.float64), row):
        raise CertificateError("the embedding of BOS and the embedding of its position have no exact sum")
    return row


def bos_after(setting: Setting, layer: int) -> Floats:
    """(d_model,) the row after a layer, which computes it without any rounding; the row before it for the last layer.

    Raises CertificateError.
    """
    weights, row = setting.weights, setting.evidence.bos[-1]
    last = layer == len(weights.layers)
    own, fmt = weights.layers[layer - 1], weights.format
    reads_values = np.count_nonzero((row != 0) @ own.valuing)
    used = row.nonzero()[0].tolist()
    # Products with it are exact.
    power_of_two = len(used) == 1 and math.frexp(row[used[0]])[0] == 0.5 and abs(row[used[0]]) >= fmt.least_weight
    for head, matrices in zip(weights.model.layers[layer - 1].heads, own.heads, strict=True):
        if reads_values and matrices.v[row != 0].any():
            raise CertificateError(f"layer {layer}, head {head.name!r}: the value of BOS is not 0")
        if not power_of_two and not _sum(weights, row[:, None] * matrices.k)[1].all():
            raise CertificateError(f"layer {layer}, head {head.name!r}: the key of BOS is rounded")
        if not (last or weights.model.causal) and not _attends_to_itself(
            setting, row, matrices, Slot(layer, ATTENTION).previous
        ):
            raise CertificateError(f"layer {layer}, head {head.name!r}: BOS may attend to other tokens")
    w_in, b_in, w_out = own.w_in, own.b_in, own.w_out
    if last or not len(b_in):
        return row
    argument, exact = _sum(weights, np.vstack([row[:, None] * w_in, b_in]))
    size = np.abs(row) @ np.abs(w_in) + np.abs(b_in)
    off = argument <= -fmt.gamma(len(row) + 1) * size - fmt.tiny * len(row)  # or so little that products underflow
    fires = ~off & ~(exact & (argument <= 0)) & w_out.any(axis=1)
    if not fires.any():
        return row
    added = np.maximum(argument, 0)[:, None] * np.where(fires[:, None], w_out, 0)
    after, whole = _sum(weights, np.vstack([added, row]))
    if not exact[fires].all() or not whole.all():
        raise CertificateError(f"layer {layer}: neurons add a rounded number to the row of BOS")
    return after


def _sum(weights: ModelWeights, products: Floats) -> tuple[Floats, Bools]:
    """(columns,) sums of products, and whether each is exact in any order: multiples of one normal number, and not
    many."""
    sizes, unit = np.abs(products).sum(axis=0), grid(products)
    exact: Bools = weights.format.adds_exactly(sizes, unit) & (unit >= weights.format.tiny)
    return products.sum(axis=0), exact


def _attends_to_itself(setting: Setting, row: Floats, head: HeadWeights, slot: Slot) -> bool:
    """Whether the score of BOS for its own key exceeds that for every other by so much that the exp of the difference
    is 0, whatever is rounded."""
    weights, fmt = setting.weights, setting.format
    query, largest = row @ head.q, setting.largest(slot)
    by_coordinate = head.k @ query
    own, moving = float(row @ by_coordinate), np.where(weights.last_write[slot], by_coordinate, 0.0)
    best = float(largest @ np.abs(moving))
    for table in weights.embedding.tables.values():
        best += float((table @ (by_coordinate - moving)).max())
    sizes = np.abs(row)
    size = (sizes @ np.abs(head.q)) @ ((sizes + largest) @ np.abs(head.k))
    rounded = float(fmt.gamma(2 * len(row) + head.q.shape[1] + 2) * size)
    return own - best - rounded >= fmt.exp_is_zero
