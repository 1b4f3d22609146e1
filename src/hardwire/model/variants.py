"""Options of models that are not plain: other activations, rotary positions, masks of single heads, hard attention.

Compiled models use none of this. Each is a function of arrays, called only if a layer has the option.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .weights import Floats

Bools = npt.NDArray[np.bool_]

_erf = np.frompyfunc(math.erf, 1, 1)


def gelu(z: Floats) -> Floats:
    """z Phi(z), with Phi by the error function in float64."""
    half = (z.astype(np.float64) * math.sqrt(0.5)).ravel()
    phi = 0.5 * (1.0 + np.asarray(_erf(half), np.float64))
    out: Floats = (z * phi.reshape(z.shape)).astype(z.dtype)
    return out


def swish(z: Floats) -> Floats:
    """z sigmoid(z), without overflow."""
    small = np.exp(-np.abs(z))
    out: Floats = z * np.where(z >= 0, 1.0, small) / (1 + small)
    return out.astype(z.dtype, copy=False)


def rotated(x: Floats, frequencies: Floats) -> Floats:
    """Rotary positions: rotate dimensions 2f and 2f + 1 of row t by t * frequencies[f]. x: (inputs, n+1, d_qk)."""
    angle = np.arange(x.shape[1])[:, None] * frequencies.astype(np.float64)
    cos, sin = np.cos(angle).astype(x.dtype), np.sin(angle).astype(x.dtype)
    out = np.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return out


def distances(rows: slice, size: int) -> Floats:
    """|i - j| of queries i and keys j, (rows, n+1)."""
    out: Floats = np.abs(np.arange(size)[rows, None] - np.arange(size)).astype(np.float64)
    return out


def hidden(side: str, rows: slice, size: int) -> Bools:
    """Return which keys a head does not see, (rows, n+1); BOS is always visible."""
    i, j = np.arange(size)[rows, None], np.arange(size)
    later = j >= i if side == "before" else j <= i
    out: Bools = later & (j > 0)
    return out


def hard(scores: Floats, kind: str) -> Bools:
    """Return which keys have the greatest score: all of them, or only the first or last."""
    best: Bools = scores == scores.max(axis=-1, keepdims=True)
    if kind == "average":
        return best
    size = best.shape[-1]
    at = best.argmax(axis=-1) if kind == "leftmost" else size - 1 - best[..., ::-1].argmax(axis=-1)
    out: Bools = np.arange(size) == at[..., None]
    return out
