"""Positions: codes to embed, and heads that need none. Positions count from 0; BOS stands before them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..constructions.attention import UNIT, Pattern, Score, Variant
from ..constructions.form import Floats, Form
from ..constructions.lookups import sinusoid_gap
from ..constructions.registry import recipe
from ..constructions.rounding import lookup_bound
from ..numeric.floats import FLOAT32, FloatFormat


def half_ulp(largest: float, fmt: FloatFormat = FLOAT32) -> float:
    """What storing a number up to `largest` in size may change."""
    return largest * fmt.unit


@recipe("position", half_ulp)
def inverse(max_len: int) -> Floats:
    """1 / (i + 1), from which means over a prefix are computed.

    Formula: 1 / (i + 1).
    Shapes: (max_len,), one direction.
    Ranges: any length.
    Bound: u.
    Source: Cookbook 3.5.
    Cost: 1 direction; `share_of_bos` computes it by a head.

    >>> inverse(4).round(3).tolist()
    [1.0, 0.5, 0.333, 0.25]
    """
    return 1.0 / np.arange(1, max_len + 1)


@recipe("position", half_ulp)
def powers(max_len: int, degree: int = 2, centre: float = 0.0) -> Floats:
    """(i - c)^k for k = 1 .. degree: what quadratic look-ups read.

    Formula: (i - c)^k.
    Shapes: (degree, max_len), one direction each.
    Ranges: exact in float32 while (N - c)^k is at most 2^24; with c in the middle, squares to N = 8,192.
    Bound: 0 in that range, else u (N - c)^k.
    Source: Cookbook 3.5 (i, i^2), 5.3.4.
    Cost: `degree` directions.

    >>> powers(4, centre=2).tolist()
    [[-2.0, -1.0, 0.0, 1.0], [4.0, 1.0, 0.0, 1.0]]
    """
    x = np.arange(max_len, dtype=np.float64) - centre
    return np.stack([x**k for k in range(1, degree + 1)])


@recipe("position", half_ulp)
def alternating(max_len: int) -> Floats:
    """(-1)^i, with i counted from 1: what tells the first position, and odd from even.

    Formula: -1, 1, -1, 1, ...
    Shapes: (max_len,), one direction.
    Ranges: any length.
    Bound: 0.
    Source: Cookbook 5.2.
    Cost: 1 direction.

    >>> alternating(3).tolist()
    [-1.0, 1.0, -1.0]
    """
    return np.where(np.arange(max_len) % 2, 1.0, -1.0)


@recipe("position", half_ulp)
def sinusoidal(max_len: int, frequencies: Sequence[float]) -> Floats:
    """cos(w i) and sin(w i) for each frequency: a shift by one is a rotation of each pair.

    Formula: (cos w_f i, sin w_f i).
    Shapes: (2 F, max_len); rows cos w_1, sin w_1, cos w_2, ...
    Ranges: any length.
    Bound: u for each number.
    Source: Cookbook 3.5; Vaswani et al. 2017.
    Cost: 2 F directions, whatever the length.

    >>> sinusoidal(4, [np.pi / 2]).round(3).tolist()
    [[1.0, 0.0, -1.0, -0.0], [0.0, 1.0, 0.0, -1.0]]
    """
    angle = np.outer(np.asarray(frequencies, np.float64), np.arange(max_len))
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).reshape(-1, max_len)


def fraction_bound(fmt: FloatFormat = FLOAT32) -> float:
    """The weight is rounded, and then the product."""
    return 2 * fmt.unit


@recipe("position", fraction_bound)
def fraction(indices: Form, length: int) -> Form:
    """i / n for inputs of one known length: a scaled position.

    Formula: i / n.
    Shapes: a number to a number.
    Ranges: n known while the model is made. A model for all lengths has 1 / n only by a head (`share_of_bos` without
    the causal mask), and i / n only as a product or an average.
    Bound: 2 u.
    Source: Cookbook 3.5.
    Cost: nothing.

    >>> i, = wires("i")
    >>> fraction(i, 4)(i=[0, 1, 2, 3]).tolist()
    [0.0, 0.25, 0.5, 0.75]
    """
    return indices * (1.0 / length)


def rotary_bound(
    keys: int,
    spread: float,
    frequencies: Sequence[float],
    scale: float,
    back: int = 1,
    fmt: FloatFormat = FLOAT32,
) -> float:
    """The error of a rotary head: angles in float64, their cosines rounded, then two products and a sum."""
    rounded = scale * len(frequencies) * (fmt.gamma(6) + 6 * fmt.unit)
    return lookup_bound(keys, spread, _rotary_gap(frequencies, scale, back) / 2, rounded, fmt=fmt)


@recipe("position", rotary_bound)
def predecessor_rotary(one: Form, frequencies: Sequence[float], scale: float, back: int = 1) -> Pattern:
    """The value `back` positions to the left, by rotary positions alone; 0 before the first.

    Formula: score L sum over f of (cos(w_f (i - j - back)) - 1): constant queries and keys that the head itself turns.
    Shapes: d_qk 2 F, and 2 for BOS, which is not turned.
    Ranges: frequencies that distinguish all distances up to N + back, by g (`sinusoid_gap`).
    Bound: 2 v n e^(-L g / 2 + 2 L d), d = F (gamma(6) + 6 u) the error of the sum of cosines of angles in float64.
    Source: Cookbook 3.5 (RoPE, Su et al. 2021), 5.4.
    Cost: 2 F + 2 dimensions of a rotary head; no position embedding, so d_model stays small and length is free.

    >>> v, one = wires("v one")
    >>> head = predecessor_rotary(one, [2 * np.pi / 5], scale=60)
    >>> head(v, v=[5, 6, 7]).round(5).tolist()
    [0.0, 5.0, 6.0]
    """
    pairs = []
    for w in frequencies:
        pairs += [((scale * math.cos(w * back)) * one, one), ((-scale * math.sin(w * back)) * one, 0.0 * one)]
    bos = one * (scale * len(frequencies) - _rotary_gap(frequencies, scale, back) / 2)
    return Pattern(tuple(pairs), bos, variant=Variant(rotary=tuple(frequencies)), recipe="rotary predecessor")


def _rotary_gap(frequencies: Sequence[float], scale: float, back: int) -> float:
    """By how much the score is greatest at the right distance, over a turn of the slowest frequency."""
    return scale * sinusoid_gap(frequencies, 1 + round(2 * math.pi / min(frequencies)) - back)


def recency_bound(keys: int, spread: float, slope: float, fmt: FloatFormat = FLOAT32) -> float:
    """The error of values up to `spread` in size: e^-slope of the weight goes to other selected keys, the rest to
    others and to BOS; and rounding."""
    share = math.exp(-slope) + (keys + 1) * math.exp(-slope * (keys + 2))
    return spread * (2 * share + 20 * fmt.unit)


@recipe("position", recency_bound)
def nearest(score: Score, one: Form, max_len: int, slope: float = 24.0) -> Pattern:
    """The nearest of the selected keys, by ALiBi alone; 0 where none is selected.

    Formula: the score, each unit widened to slope * (N + 2), less slope |i - j|, which the head itself takes off.
    Shapes: the score's.
    Ranges: exact scores; slope * N below 2^24 / 2 for a whole slope.
    Bound: e^-slope + (N + 1) e^(-slope (N + 2)) of the weight goes past the nearest, in a causal model; values up to v
    are off by twice that share of v and 20 u v.
    Source: Cookbook 3.5 (ALiBi, Press et al. 2022), 5.6.
    Cost: the score's dimensions; no position embedding.

    >>> bit, v, one = wires("bit v one")
    >>> head = nearest(score_key_bit(bit, one), one, max_len=4)
    >>> head(v, bit=[1, 0, 1, 0], v=[5, 6, 7, 8], causal=True).round(5).tolist()
    [5.0, 5.0, 7.0, 7.0]
    """
    wide = score * (2 * slope * (max_len + 2) / UNIT)
    # BOS stands before the first token, at distance i + 1: half way down it is below every selected key.
    return Pattern(wide.pairs, wide.level - slope * (max_len + 2) * one, variant=Variant(slope=slope), recipe="nearest")
