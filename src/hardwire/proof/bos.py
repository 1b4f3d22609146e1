"""BOS: as a query it attends to itself alone, and its values are 0; so nothing but neurons changes its row of the
stream, which they do where a direction that it has is used again.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..errors import CertificateError
from ..model.slots import ATTENTION, Slot
from ..model.weights import Floats
from ..numeric.grids import grid
from .magnitudes import HeadWeights
from .stream import Stream


def bos_row(stream: Stream) -> Floats:
    """(d_model,) what BOS is embedded as. Raises CertificateError where that is rounded."""
    model = stream.model
    row: Floats = stream.embed[0] + (0.0 if stream.positions is None else stream.positions[0])
    if not np.array_equal(row.astype(model.dtype).astype(np.float64), row):
        raise CertificateError("the embedding of BOS and that of its position have no exact sum")
    return row


def bos_after(stream: Stream, row: Floats, layer: int) -> Floats:
    """(d_model,) what a layer makes of it, without any rounding. Raises CertificateError."""
    k = layer - 1
    given = np.count_nonzero((row != 0) @ stream.valued[k])
    used = row.nonzero()[0].tolist()
    plain = len(used) == 1 and math.frexp(row[used[0]])[0] == 0.5  # products with a power of two alone
    for head, weights in zip(stream.model.layers[k].heads, stream.heads[k], strict=True):
        if given and weights.v[row != 0].any():
            raise CertificateError(f"BOS has a value in {head.name!r} of layer {layer}, where it must have none")
        if not plain and not _sum(stream, row[:, None] * weights.k)[1].all():
            raise CertificateError(f"the key of BOS is rounded in {head.name!r} of layer {layer}")
        if not stream.model.causal and not _alone(stream, row, weights, Slot(layer, ATTENTION).previous):
            raise CertificateError(f"BOS may attend to others in {head.name!r} of layer {layer}")
    w_in, b_in, w_out = stream.w_in[k], stream.b_in[k], stream.w_out[k]
    if not len(b_in):
        return row
    argument, exact = _sum(stream, np.vstack([row[:, None] * w_in, b_in]))
    size = np.abs(row) @ np.abs(w_in) + np.abs(b_in)
    quiet = argument <= -stream.format.gamma(len(row) + 1) * size
    fires = ~quiet & ~(exact & (argument <= 0)) & w_out.any(axis=1)
    if not fires.any():
        return row
    after, whole = _sum(stream, np.vstack([np.maximum(argument, 0)[:, None] * np.where(fires[:, None], w_out, 0), row]))
    if not exact[fires].all() or not whole.all():
        raise CertificateError(f"neurons of layer {layer} change BOS by what is rounded")
    return after


def _sum(stream: Stream, products: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(columns,) sums of products, and whether they are exact in any order: multiples of one number, and not many."""
    sizes = np.abs(products).sum(axis=0)
    exact: npt.NDArray[np.bool_] = sizes * stream.format.unit <= grid(products)
    return products.sum(axis=0), exact


def _alone(stream: Stream, row: Floats, head: HeadWeights, slot: Slot) -> bool:
    """Whether BOS's own score stays above that of every key, whatever is rounded."""
    w_q, w_k = head.q, head.k
    query, reach = row @ w_q, stream.reach[slot]
    weights = w_k @ query
    own, moving = float(row @ weights), np.where(stream.last_write[slot], weights, 0.0)
    best = float(reach @ np.abs(moving))
    fixed = weights - moving
    for table in stream.tables.values():
        best += float((table @ fixed).max())
    sizes = np.abs(row)
    size = (sizes @ np.abs(w_q)) @ ((sizes + reach) @ np.abs(w_k))
    rounded = float(stream.format.gamma(2 * len(row) + w_q.shape[1] + 2) * size)
    return own - best - rounded >= stream.format.exp_is_zero
