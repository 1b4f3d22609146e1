"""Attending to the position, or key, that a query names: nine ways, with what each asks of the codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..numeric.floats import FLOAT32, FloatFormat
from .attention import UNIT, Pattern, Score, pick
from .form import Floats, Form
from .hardness import TIE, rightmost, temperature
from .registry import recipe
from .rounding import exact, lookup_bound

FAINT = 1e-6
"""The share of the weight that other keys may have where a scale is chosen."""


@recipe("attention", lookup_bound)
def lookup_one_hot(query: Sequence[Form], key: Sequence[Form], one: Form, unit: float = UNIT) -> Pattern:
    """The value at the key whose one-hot code the query holds.

    Formula: score T (e_q . e_k - 1).
    Shapes: N bits on each side; d_qk N.
    Ranges: bits within 1/8, one of them 1 on each side; at most one key holds the code.
    Bound: 2 v (n e^(-T + 2 d) + e^(-T/2 + 2 d)), d the error of a score, and 14 u v of rounding.
    Source: Cookbook 5.3.1; the gap there is 1, here T, and a query whose key is missing gets 0 from BOS.
    Cost: N + 1 dimensions of a head, no neurons.

    >>> a, b, v, one = wires("a b v one")
    >>> head = lookup_one_hot([a, b], [a, b], one)
    >>> head(v, a=[1, 0], b=[0, 1], v=[5, 7]).round(5).tolist()
    [5.0, 7.0]
    """
    pairs = tuple((unit * q, k) for q, k in zip(query, key, strict=True))
    return pick(Score(pairs, unit * one), one, unit)


def quadratic_bound(
    positions: int, spread: float, noise: float = 0.0, unit: float = UNIT, fmt: FloatFormat = FLOAT32
) -> float:
    """The error of a quadratic look-up of values up to `spread` in size, by a query that is off by up to `noise`: then
    scores are rounded, both products and their sum."""
    rounded = fmt.gamma(4) * 3 * unit * positions * positions if noise else 0.0
    return lookup_bound(positions, spread, unit * (1 - 2 * noise), rounded, fmt=fmt)


@recipe("attention", quadratic_bound)
def lookup_quadratic(
    query: Form, index: Form, square: Form, one: Form, unit: float = UNIT, first: float = 0.0
) -> Pattern:
    """The value at the position that a query names, or 0 where the query is below 0.

    Formula: score T (2 q j - j^2), greatest at j = q by T or more; BOS scores as j = first - 1 would.
    Shapes: a number, and j and j^2 as position codes (centred codes, `first` below 0, reach twice as far); d_qk 2.
    Ranges: q within 1/8 of a whole number of at most n - 1; index and square exact, T a power of two, 3 N^2 below 2^24.
    Bound: 2 v (n + 1) e^-(T (1 - 2 e) - 2 d) and 14 u v: e the error of q, d that of a score, 0 for whole numbers and
    3 gamma(4) T n^2 for others.
    Source: Cookbook 5.3.4; the gap there is 1. BOS as position -1 is ours.
    Cost: 3 dimensions of a head, 2 position directions, no neurons; right to N = 2,000 in float32.

    >>> q, j, j2, v, one = wires("q j j2 v one")
    >>> head = lookup_quadratic(q, j, j2, one)
    >>> head(v, q=[2, 0, 9 - 10], j=[0, 1, 2], j2=[0, 1, 4], v=[5, 6, 7]).round(5).tolist()
    [7.0, 5.0, 0.0]
    """
    bos = unit * (2 * (first - 1) * query - (first - 1) ** 2 * one)
    return Pattern(((2 * unit * query, index), (-unit * one, square)), bos, recipe="quadratic look-up")


@recipe("attention", lookup_bound)
def lookup_distance(query: Sequence[Form], key: Sequence[Form], one: Form, unit: float = UNIT) -> Pattern:
    """The value at the position that a query names, by a score that falls with the distance itself.

    Formula: score -T |q - k|, as the Hamming distance of thermometers: T (2 t_q . t_k - |t_q| - |t_k|).
    Shapes: N - 1 bits [x >= 1], ..., [x >= N - 1] on each side; d_qk N.
    Ranges: bits exact; BOS catches nothing (every query has a nearest key).
    Bound: 2 v (n + 1) e^(-T + 2 d) and 14 u v of rounding.
    Source: ours, for scores -|(q, -1) . (1, k)|, negated sizes of dot products, which hard attention may use (Barcelo
    et al. 2024, arXiv:2310.03817) and softmax of q . k has not.
    Cost: N + 1 dimensions; scores grow with N, not N^2, so float32 reaches N = 500,000.

    >>> a, b, v, one = wires("a b v one")                        # 0, 1, 2 as (0 0), (1 0), (1 1)
    >>> head = lookup_distance([a, b], [a, b], one)
    >>> head(v, a=[0, 1, 1], b=[0, 0, 1], v=[5, 6, 7]).round(5).tolist()
    [5.0, 6.0, 7.0]
    """
    pairs = [(2 * unit * q, k) for q, k in zip(query, key, strict=True)]
    pairs.append((-unit * one, sum(key, start=0 * one)))
    return Pattern(tuple(pairs), one * (-unit * (len(pairs) + 1)), recipe="distance look-up")


@recipe("attention", exact, name="score_agreement")
def agreement(query: Sequence[Form], key: Sequence[Form], one: Form, unit: float = UNIT) -> Score:
    """key == query for codes of signs, by how many of them agree.

    Formula: T / 2 (s_q . s_k - b): 0 for equal codes, and -T for each sign that differs.
    Shapes: b signs on each side, for up to 2^b values; d_qk b.
    Ranges: every sign exactly -1 or 1, and a code for one value alone; b below 2^24.
    Bound: 0: the products are T / 2 in size, and sums of b of them exact in any order of summation.
    Source: ours.
    Cost: b dimensions of a head, b directions a side. Squares (`score_equality`) take 2, but end at 2,300 values to
    each side, and with ties to break among N keys where 3 N r^2 is 2^24.

    >>> a, b, one = wires("a b one")
    >>> score_agreement([a, b], [a, b], one)(a=[-1, 1], b=[1, 1]).tolist()
    [[0.0, -32.0], [-32.0, 0.0]]
    """
    pairs = tuple((unit / 2 * q, k) for q, k in zip(query, key, strict=True))
    return Score(pairs, (unit / 2 * len(pairs)) * one)


def latest_bound(positions: int, spread: float, fmt: FloatFormat = FLOAT32) -> float:
    """The error of a look-up of the latest of some of `positions`."""
    return lookup_bound(positions, spread, TIE, fmt=fmt)


@recipe("attention", latest_bound)
def lookup_latest(query: Sequence[Form], key: Sequence[Form], index: Form, one: Form, positions: int) -> Pattern:
    """The value at the last key that has the query's code, or 0 without such a key: a read of the latest write.

    Formula: score of `score_agreement` with T = t (N + 1), and t j for position j; BOS t below position 0.
    Shapes: b signs on each side and a position, so d_qk b + 1.
    Ranges: signs and positions exact, (b (N + 1) / 2 + N) below 2^24 / 3, for t is 3 times a power of two.
    Bound: 2 v (n + 1) e^-t of leakage and 14 u v of rounding.
    Source: ours.
    Cost: b + 2 dimensions of a head, no neurons: linear in the bits of an address.

    >>> a, b, j, v, one = wires("a b j v one")
    >>> head = lookup_latest([a, b], [a, b], j, one, positions=4)
    >>> head(v, a=[1, -1, 1, -1], b=[1, 1, 1, 1], j=range(4), v=[5, 6, 7, 8], causal=True).round(5).tolist()
    [5.0, 6.0, 7.0, 8.0]
    """
    unit = TIE * (positions + 1)
    score = agreement(query, key, one, unit)
    return Pattern((*score.pairs, *rightmost(index, one).pairs), score.level - TIE * one, recipe="latest look-up")


def hash_lookup_bound(positions: int, spread: float, fmt: FloatFormat = FLOAT32) -> float:
    """The error of a look-up by hashes of 0 .. n - 1, with the scale that they need."""
    scale = hash_scale(positions)
    rounded = scale * (fmt.gamma(2) + 3 * fmt.unit)
    return min(2 * spread, lookup_bound(positions, spread, scale * hash_gap(positions), rounded, fmt=fmt))


@recipe("attention", hash_lookup_bound)
def lookup_hash(query: Sequence[Form], key: Sequence[Form], one: Form, scale: float) -> Pattern:
    """The value at the position whose layer-norm hash the query holds.

    Formula: score L (h(q) . h(j) - 1) with h(x) = (x, 1) / sqrt(x^2 + 1), the cosine of an angle.
    Shapes: 2 directions on each side (4 with their mirror images, which add nothing); d_qk 2.
    Ranges: hashes of whole numbers 0 .. N - 1 known to e; `hash_scale` gives the L that N needs.
    Bound: 2 v n e^(-L g + 2 L d), g = 1 - cos(1 / (N^2 - 2 N + 2)) or about 1 / (2 N^4) the gap, d = 5 u the
    error of h . h.
    Source: Cookbook 5.3.3, after Merrill and Sabharwal 2024 (arXiv:2310.07923).
    Cost: 3 dimensions and a norm with 4 neurons for each side.
    Note: The width is constant but the gap shrinks as N^-4: in float32 it drowns in rounding beyond N of about 24.
    The quadratic look-up of the same width is right to N = 2,000, and needs no norm.

    >>> x, h, v, one = wires("x h v one")
    >>> head = lookup_hash([x, h], [x, h], one, scale=500)
    >>> norm = np.sqrt(np.arange(3) ** 2 + 1.0)
    >>> head(v, x=np.arange(3) / norm, h=1 / norm, v=[5, 6, 7]).round(5).tolist()
    [5.0, 6.0, 7.0]
    """
    pairs = tuple((scale * q, k) for q, k in zip(query, key, strict=True))
    return Pattern(pairs, one * (-scale), recipe="layer-norm hash look-up")


def hash_gap(positions: int) -> float:
    """The least difference of cosines between 0 .. N - 1: that of the last two."""
    if positions < 2:
        return 2.0
    a, b = positions - 1, positions - 2
    return 1 - (a * b + 1) / math.sqrt((a * a + 1) * (b * b + 1))


def hash_scale(positions: int, eps: float = FAINT) -> float:
    """L for `lookup_hash`: the temperature for that many keys and that gap."""
    return temperature(positions, eps, hash_gap(positions))


def orthogonal_bound(
    positions: int, spread: float, width: int, eps: float, unit: float = UNIT, fmt: FloatFormat = FLOAT32
) -> float:
    """The error of a look-up by almost orthogonal codes of so many directions; BOS is half a unit below the least that
    a selected key may score."""
    rounded = 2 * fmt.gamma(width + 4) * unit / (1 - 2 * eps)
    return lookup_bound(positions, spread, unit, rounded, unit / 2, fmt)


@recipe("attention", orthogonal_bound)
def lookup_almost_orthogonal(
    query: Sequence[Form], key: Sequence[Form], one: Form, eps: float, unit: float = UNIT
) -> Pattern:
    """The value at the position whose code the query holds, the codes being few almost orthogonal directions.

    Formula: score T / (1 - 2 eps) (x_q . x_j - (1 - eps)), for |x_i . x_j| <= eps and |x_i . x_i - 1| <= eps.
    Shapes: m numbers on each side, m of the order of log N (`almost_orthogonal` makes them); d_qk m.
    Ranges: codes as they were made, exact; the same on both sides.
    Bound: 2 v (n e^(-T + 2 d) + e^(-T/2 + 2 d)), d = 2 gamma(m + 4) T / (1 - 2 eps) the error of a score.
    Source: Cookbook 5.3.2.
    Cost: m + 1 dimensions: 64 for N = 100 and 104 for N = 1,000 at eps = 1/2 - 1/8.

    >>> a, b, v, one = wires("a b v one")
    >>> head = lookup_almost_orthogonal([a, b], [a, b], one, eps=0.0)
    >>> head(v, a=[1, 0], b=[0, 1], v=[5, 7]).round(5).tolist()
    [5.0, 7.0]
    """
    factor = unit / (1 - 2 * eps)
    pairs = tuple((factor * q, k) for q, k in zip(query, key, strict=True))
    return pick(Score(pairs, (factor * (1 - eps)) * one), one, unit)


def almost_orthogonal(positions: int, eps: float, seed: int = 0) -> Floats:
    """Codes of signs / sqrt(m), (positions, m), whose products with each other are at most eps; m as small as found."""
    rng = np.random.default_rng(seed)
    m = max(4, math.ceil(2 * math.log(positions) / eps**2) // 4 * 4)
    while True:
        codes: Floats = rng.choice((-1.0, 1.0), (positions, m)) / math.sqrt(m)
        products = np.abs(codes @ codes.T - np.eye(positions))
        if products.max() <= eps:
            return codes
        m += 4


def sinusoid_bound(
    positions: int, spread: float, frequencies: Sequence[float], scale: float, fmt: FloatFormat = FLOAT32
) -> float:
    """The error of a look-up by sinusoids of these frequencies."""
    count = len(frequencies)
    rounded = scale * count * (fmt.gamma(2 * count) + 3 * fmt.unit)
    return lookup_bound(positions, spread, scale * sinusoid_gap(frequencies, positions), rounded, fmt=fmt)


@recipe("attention", sinusoid_bound)
def lookup_sinusoids(
    query: Sequence[tuple[Form, Form]], key: Sequence[tuple[Form, Form]], one: Form, scale: float
) -> Pattern:
    """The value at the position that a query names, by the sinusoidal code of both.

    Formula: score L (sum over f of cos(w_f (q - j)) - F), each cosine a product of (cos, sin) pairs.
    Shapes: F pairs (cos w_f x, sin w_f x) on each side; d_qk 2 F. A shift of the query is a rotation of its pairs.
    Ranges: codes with errors of at most e; the frequencies distinguish 0 .. N - 1 (by `sinusoid_gap`).
    Bound: 2 v n e^(-L g + 2 L d), g the gap and d = F (gamma(2 F) + 3 u) the error of the sum of cosines.
    Source: Cookbook 3.5 and 5.3 (positions as sinusoids, Vaswani et al. 2017).
    Cost: 2 F + 1 dimensions.

    >>> c, s, v, one = wires("c s v one")
    >>> head = lookup_sinusoids([(c, s)], [(c, s)], one, scale=40)
    >>> t = np.arange(3) * 2 * np.pi / 3
    >>> head(v, c=np.cos(t), s=np.sin(t), v=[5, 6, 7]).round(5).tolist()
    [5.0, 6.0, 7.0]
    """
    pairs = tuple((scale * a, b) for q, k in zip(query, key, strict=True) for a, b in zip(q, k, strict=True))
    return Pattern(pairs, one * (-scale * 2 * len(key)), recipe="sinusoidal look-up")


def sinusoid_gap(frequencies: Sequence[float], positions: int) -> float:
    """By how much the sum of cosines is greatest at distance 0, over distances up to N - 1."""
    d = np.arange(1, max(positions, 2))
    return len(frequencies) - float(np.cos(np.outer(d, np.asarray(frequencies))).sum(axis=1).max())


def two_periods_bound(positions: int, spread: float, eps: float = FAINT, fmt: FloatFormat = FLOAT32) -> float:
    """The error of a look-up by two periods: that of its two sinusoids."""
    return sinusoid_bound(positions, spread, *_turns(positions, eps), fmt)


@recipe("ours", two_periods_bound)
def lookup_two_periods(
    query: Sequence[tuple[Form, Form]], key: Sequence[tuple[Form, Form]], one: Form, positions: int, eps: float = FAINT
) -> Pattern:
    """The value at the position that a query names among very many, with 4 dimensions.

    Formula: score L (cos(2 pi (q - j) / b) + cos(2 pi (q - j) / (b + 1)) - 2), b the least with b (b + 1) >= N.
    Shapes: two pairs (cos, sin) on each side (`two_periods` gives b); d_qk 4.
    Ranges: exact position codes; N to 65,536 in float32.
    Bound: 2 v n e^(-L g + 2 L d): g the gap, about 20 / N, and d = 2 gamma(4) + 6 u.
    Source: ours: two coprime periods, as in the Chinese remainder theorem.
    Cost: 5 dimensions of a head, 4 position directions; the quadratic look-up has 3 and 2 but ends at N = 2,000.

    >>> b = two_periods(6)
    >>> c, s, C, S, v, one = wires("c s C S v one")
    >>> head = lookup_two_periods([(c, s), (C, S)], [(c, s), (C, S)], one, positions=6)
    >>> t, T = 2 * np.pi * np.arange(6) / b, 2 * np.pi * np.arange(6) / (b + 1)
    >>> head(v, c=np.cos(t), s=np.sin(t), C=np.cos(T), S=np.sin(T), v=np.arange(6)).round(4).tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """
    return replace(lookup_sinusoids(query, key, one, _turns(positions, eps)[1]), recipe="two-period look-up")


def two_periods(positions: int) -> int:
    """b: the least number with b (b + 1) >= positions."""
    b = max(2, math.isqrt(positions) - 1)
    while b * (b + 1) < positions:
        b += 1
    return b


def _turns(positions: int, eps: float) -> tuple[list[float], float]:
    """The frequencies of two periods, and the scale that they need."""
    b = two_periods(positions)
    frequencies = [2 * math.pi / b, 2 * math.pi / (b + 1)]
    return frequencies, temperature(positions, eps, sinusoid_gap(frequencies, positions))
