"""The operations of a forward pass, with a bound of the error of every number: softmax, hard attention, rotary
positions, norms, activations. `do` is the arithmetic of the machine.
"""

from __future__ import annotations

import math

import numpy as np

from ...errors import CertificateError
from ...model.variants import gelu, swish
from ...model.weights import Floats, Norm
from ...numeric.bounded import SLACK, Arithmetic, Bounded, Weights
from ...numeric.floats import FLOAT64
from ...run.failure import Bools

MOST_SCORE_ERROR = 300.0
"""Beyond this error of a score, a mean is bounded by its values alone."""


class NormWeights:
    """A norm of a model, prepared for `normed`."""

    def __init__(self, norm: Norm) -> None:
        self.norm = norm
        self.project = None if norm.project is None else Weights(norm.project)
        self.ones = Weights(np.ones((len(norm.gain), 1)))
        self.gain, self.bias = norm.gain.astype(np.float64), norm.bias.astype(np.float64)


def softmax(do: Arithmetic, scores: Bounded, seen: Bools, v: Bounded) -> Bounded:
    """Means of values v, (inputs, keys, d_v), weighted by the exp of scores, (inputs, queries, keys), over the keys
    that are seen.

    Where the score of key j has an error of at most h_j, the mean m = sum p_j v_j has one of at most
    sum p_j (e^h_j - 1) |v_j - m| / sum p_j e^-h_j: adding a number to all scores, or to all values, changes nothing. A
    mean is never further from m than the furthest of its values.
    """
    count = seen.sum(axis=1).astype(np.float64)[:, None]  # (queries, 1)
    score = np.where(seen, scores.value, -np.inf)
    away = np.maximum(score - score.max(axis=2, keepdims=True), -700.0)  # e^-700 counts as underflow below
    p = np.exp(away) * seen
    p /= p.sum(axis=2, keepdims=True)
    off = np.where(seen, scores.error, 0.0)
    rounded = (do.unit + 2 * FLOAT64.unit) * (np.abs(away) + off + off.max(axis=2, keepdims=True))
    off = off + rounded + 8 * (do.unit + FLOAT64.unit)  # of taking the greatest off, and of exp
    vague = off.max(axis=2, keepdims=True) > MOST_SCORE_ERROR
    off = np.minimum(off, MOST_SCORE_ERROR)
    light = (p * np.exp(-off)).sum(axis=2, keepdims=True)
    moved = p * np.expm1(off) / light  # (inputs, queries, keys)
    heavy = p * np.exp(off) / light
    mean = p @ v.value
    error, total = np.empty_like(mean), seen @ v.size
    largest = np.empty_like(mean)
    for c in range(mean.shape[2]):
        largest[:, :, c] = np.where(seen, v.size[:, None, :, c], 0.0).max(axis=2)
        own = 8 * FLOAT64.gamma(count[:, 0]) * largest[:, :, c]  # rounding of the mean
        apart = np.abs(v.value[:, None, :, c] - mean[:, :, None, c]) + own[:, :, None]
        furthest = np.where(seen, apart + v.error[:, None, :, c], 0.0).max(axis=2)
        near = (moved * apart).sum(axis=2) + (heavy * v.error[:, None, :, c]).sum(axis=2)
        error[:, :, c] = np.where(vague[:, :, 0], furthest, np.minimum(near, furthest))
    # Weights, their sum, the weighted values and the division round; weights may be divided before or after.
    size = np.where(vague, largest, np.minimum(heavy @ v.size, largest))
    rounding = (2 * do.gamma(count) + 8 * do.unit) * size + 8 * FLOAT64.gamma(count) * largest
    return do.made(mean, error + rounding + np.where(total > 0, 4 * do.underflow * (count + total), 0.0))


def hard(do: Arithmetic, scores: Bounded, seen: Bools, v: Bounded, kind: str) -> tuple[Bounded, float, float]:
    """(means of the values of keys with the greatest score, all or one of them; the error and the gap of the two
    closest scores, except those that certainly tie)

    Where it is not certain which keys have the greatest score, the error covers all that may have it.
    """
    off = scores.error + 4 * FLOAT64.unit * np.where(scores.error == 0, 0.0, scores.size)
    low, high = np.where(seen, scores.value - off, -np.inf), np.where(seen, scores.value + off, -np.inf)
    best = low.max(axis=2, keepdims=True)
    may = high >= best
    top = np.where(may, scores.value, -np.inf).max(axis=2, keepdims=True)
    # Scores without an error are equal on every machine if they are equal here.
    certain = np.where(may, (scores.error == 0) & (scores.value == top), True).all(axis=2, keepdims=True)
    certain |= may.sum(axis=2, keepdims=True) == 1
    size = may.shape[2]
    at = may.argmax(axis=2) if kind == "leftmost" else size - 1 - may[:, :, ::-1].argmax(axis=2)
    chosen = may & (np.arange(size) == at[:, :, None]) if kind != "average" else may
    count = chosen.sum(axis=2, keepdims=True).astype(np.float64)
    mean = (chosen @ v.value) / count
    error = (chosen @ v.error) / count
    rounded = 2 * do.gamma(count + 2) * (chosen @ v.size) / count + do.underflow * (count + chosen @ v.size)
    error = np.where(count == 1, error, error + np.where(chosen @ v.size == 0, 0.0, rounded))
    unsure = ~certain[:, :, 0]
    if unsure.any():
        for c in range(mean.shape[2]):
            apart = np.abs(v.value[:, None, :, c] - mean[:, :, None, c]) + v.error[:, None, :, c]
            reach = np.where(may, apart + 2 * do.gamma(size + 2) * v.size[:, None, :, c], 0.0).max(axis=2)
            error[:, :, c] = np.where(unsure, np.maximum(error[:, :, c], reach + size * do.underflow), error[:, :, c])
    return do.made(mean, error), *_nearest(scores, seen, may, certain)


def _nearest(scores: Bounded, seen: Bools, may: Bools, certain: Bools) -> tuple[float, float]:
    """The narrowest (error, gap) between the greatest score and a score that is certainly less."""
    rest = seen & ~may & certain
    if not rest.any():
        return 0.0, math.inf
    top = np.where(may, scores.value, -np.inf).max(axis=2, keepdims=True)
    best_error = np.where(may, scores.error, 0.0).max(axis=2, keepdims=True)
    gap = np.where(rest, top - scores.value, np.inf)
    error = np.where(rest, scores.error + best_error, 0.0)
    used = np.where(rest, error / np.where(rest, gap, 1.0), -1.0)
    at = used.argmax() if used.max() > 0 else gap.argmin()
    return float(error.flat[at]), float(gap.flat[at])


def rotated(do: Arithmetic, x: Bounded, frequencies: Floats) -> Bounded:
    """Rotary positions. x: (inputs, n + 1, d_qk)."""
    angle = np.arange(x.value.shape[1])[:, None] * frequencies.astype(np.float64)
    cos, sin = np.cos(angle), np.sin(angle)
    off = 8 * do.unit + 2 * do.unit * np.abs(angle) + 8 * FLOAT64.unit * (1 + np.abs(angle))
    a, b = x[..., 0::2], x[..., 1::2]
    value, error = np.empty_like(x.value), np.empty_like(x.value)
    for into, first, second in ((0, cos, -sin), (1, sin, cos)):
        value[..., into::2] = a.value * first + b.value * second
        size = a.size * (np.abs(first) + off) + b.size * (np.abs(second) + off)
        brought = a.error * np.abs(first) + b.error * np.abs(second) + off * (a.size + b.size)
        error[..., into::2] = brought + do.gamma(2) * size + 4 * do.underflow * (1 + a.size + b.size)
    return do.made(value, error)


def normed(do: Arithmetic, x: Bounded, its: NormWeights) -> Bounded:
    """A norm. x: (..., d)."""
    norm, d = its.norm, x.value.shape[-1]
    if not d:
        return x
    if its.project is not None:
        x = do.times(x, its.project)
    if norm.kind == "layer":
        total = do.times(x, its.ones)
        none = (total.value == 0) & (total.error == 0)  # then the mean is 0, however it is made of the sum
        mean = total.value / d
        error = np.where(none, 0.0, total.error / d + 2 * do.gamma(1) * (np.abs(mean) + total.error) + do.underflow)
        x = do.add(x, Bounded(np.broadcast_to(-mean, x.value.shape), np.broadcast_to(error, x.value.shape)))
    square = (x.value * x.value).mean(axis=-1, keepdims=True)
    brought = ((2 * np.abs(x.value) + x.error) * x.error).mean(axis=-1, keepdims=True)
    size = square + brought
    if not float(size.max(initial=0.0)) * d < do.overflow:
        raise CertificateError(f"squares of {float(size.max()):.3g} may be too large for {do.format.name}")
    eps = float(norm.eps)
    under = square + eps
    off = brought + do.gamma(d + 4) * (size + eps) + do.underflow * (d + 2)
    least = np.maximum(under - off, eps * (1 - 4 * do.unit) - do.underflow)
    if not (least > 0).all():
        raise CertificateError(f"an eps of {eps:.3g} is too small for {do.format.name}")
    root, lowest = np.sqrt(under), np.sqrt(least)
    # Roots of numbers that differ by `off`; then dividing, by a root that is right to 2 units in the last place.
    apart = off / (root + lowest)
    value = x.value / root
    error = x.error / lowest + np.abs(value) * apart / lowest
    error = error + 16 * do.gamma(1) * (np.abs(value) + error) + do.underflow * (1 + 1 / lowest)
    scaled = Bounded(value, np.where((value == 0) & (x.error == 0), 0.0, error))
    size = np.abs(its.gain) * scaled.size + np.abs(its.bias)
    error = np.abs(its.gain) * scaled.error + do.gamma(4) * size + do.underflow * (4 + scaled.size + np.abs(its.gain))
    return do.made(value * its.gain + its.bias, np.where(scaled.size == 0, 0.0, error), size)  # 0, scaled, is 0


# Activations: (the value, with the error of rounding alone; the slope; the error of the slope) where z is anywhere
# within its error.


def relu(do: Arithmetic, z: Bounded) -> tuple[Bounded, Floats, Floats]:
    on, off = z.value - z.error >= 0, z.value + z.error <= 0
    value = np.maximum(z.value, 0)
    slope = np.where(off, 0.0, np.where(on, 1.0, 0.5))
    return Bounded(value, np.zeros_like(value)), slope, np.where(on | off, 0.0, 0.5)


def bounded_gelu(do: Arithmetic, z: Bounded) -> tuple[Bounded, Floats, Floats]:
    """z Phi(z). Its slope is between -0.13 and 1.13; below -sqrt(2) it is at most phi(z) (|z| + 1/|z|) in size, which
    falls from there, and gelu'(z) = 1 - gelu'(-z)."""
    value = gelu(z.value)
    far = np.abs(z.value) - z.error
    tail = 0.4 * np.exp(-far * far / 2) * (far + 1 / np.maximum(far, 1.0))
    rounding = 8 * (do.unit + FLOAT64.unit) * z.size + 2 * do.unit * np.abs(value) + do.underflow * (1 + z.size)
    return _curved(value, rounding, z, far > 1.5, tail, 0.63)


def bounded_swish(do: Arithmetic, z: Bounded) -> tuple[Bounded, Floats, Floats]:
    """z sigmoid(z). Its slope is between -0.1 and 1.1; below -2.4 it is at most (1 + |z|) e^z in size, which falls from
    there, and swish'(z) = 1 - swish'(-z)."""
    value = swish(z.value)
    far = np.abs(z.value) - z.error
    tail = np.exp(-np.maximum(far, 0.0)) * (1 + np.abs(far))
    size = np.abs(value) + 1.1 * z.error
    rounding = 12 * (do.unit + FLOAT64.unit) * size + do.underflow * (1 + z.size)
    return _curved(value, rounding, z, far > 2.5, tail, 0.6)


def _curved(
    value: Floats, rounding: Floats, z: Bounded, clear: Bools, tail: Floats, widest: float
) -> tuple[Bounded, Floats, Floats]:
    """Constant or linear away from the bend, but for a tail; else of any slope that the function has."""
    slope = np.where(clear, np.where(z.value > 0, 1.0, 0.0), 0.5)
    return Bounded(value, rounding), slope, np.where(clear, np.minimum(tail, widest + 0.5) * SLACK, widest)


ACTIVATIONS = {"relu": relu, "gelu": bounded_gelu, "swiglu": bounded_swish}
"""The function of each activation; for gated neurons, the factor of the gate."""
