"""Heads that everybody needs: uniform, itself, the first, the one before, sums."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..numeric.floats import FLOAT32, FloatFormat
from .attention import (
    PLAIN,
    SINK,
    UNIT,
    Pattern,
    Score,
    Variant,
    average,
    equality,
    levelled,
    table,
)
from .form import ZERO, Form
from .lookups import lookup_quadratic, quadratic_bound
from .registry import recipe
from .rounding import exact, mean_bound


@recipe("attention", exact)
def identity_attention(one: Form) -> Pattern:
    """A head that changes nothing: whatever it attends to, it writes nothing.

    Formula: W_Q = W_K = W_V = 0; the residual connection does the rest.
    Shapes: d_qk 0.
    Ranges: anything.
    Bound: 0.
    Source: Cookbook 5.1.1.
    Cost: nothing; a layer here may have no heads at all.

    >>> v, one = wires("v one")
    >>> identity_attention(one)(0 * v, v=[5, 6, 7]).tolist()
    [0.0, 0.0, 0.0]
    """
    return Pattern((), ZERO * 1.0, recipe="identity")


@recipe("attention", mean_bound)
def uniform(one: Form, unit: float = UNIT) -> Pattern:
    """The mean over all tokens; in a causal model over those up to here.

    Formula: every token scores 0, BOS -T / 2.
    Shapes: d_qk 1, for BOS alone.
    Ranges: values of any size.
    Bound: v (2 e^(-T/2) + 2 gamma(n + 1) + 10 u), in any order of summation.
    Source: Cookbook 5.1.2.
    Cost: 1 dimension of a head.

    >>> v, one = wires("v one")
    >>> uniform(one)(v, v=[5, 6, 10]).round(5).tolist()
    [7.0, 7.0, 7.0]
    >>> uniform(one)(v, v=[5, 6, 10], causal=True).round(5).tolist()
    [5.0, 5.5, 7.0]
    """
    return average(Score(), one, unit)


@recipe("attention", quadratic_bound)
def itself(index: Form, square: Form, one: Form, unit: float = UNIT) -> Pattern:
    """Every position attends to itself.

    Formula: the quadratic look-up of q = i.
    Shapes: i and i^2 as position codes; d_qk 2.
    Ranges: exact position codes; N to 2,000.
    Bound: the look-up's.
    Source: Cookbook 5.1.1 (with the residual connection it is not needed), 5.3.4.
    Cost: 3 dimensions of a head.

    >>> i, i2, v, one = wires("i i2 v one")
    >>> itself(i, i2, one)(v, i=[0, 1, 2], i2=[0, 1, 4], v=[5, 6, 7]).round(5).tolist()
    [5.0, 6.0, 7.0]
    """
    return lookup_quadratic(index, index, square, one, unit)


@recipe("attention", quadratic_bound)
def predecessor(index: Form, square: Form, one: Form, unit: float = UNIT) -> Pattern:
    """The value one position to the left; 0 at the first.

    Formula: the quadratic look-up of q = i - 1; BOS stands at -1.
    Shapes: i and i^2 as position codes; d_qk 2.
    Ranges: exact position codes; N to 2,000 in float32.
    Bound: the look-up's: 2 v (n + 1) e^-T and rounding.
    Source: Cookbook 5.4.
    Cost: 3 dimensions of a head, 2 position directions.

    >>> i, i2, v, one = wires("i i2 v one")
    >>> predecessor(i, i2, one)(v, i=[0, 1, 2], i2=[0, 1, 4], v=[5, 6, 7]).round(5).tolist()
    [0.0, 5.0, 6.0]
    """
    return lookup_quadratic(index - one, index, square, one, unit)


@recipe("attention", exact)
def predecessor_hard(one: Form) -> Pattern:
    """The value one position to the left without any position code; 0 at the first.

    Formula: every token to the left scores 0 and BOS -1: the rightmost of them, by unique-hard attention.
    Shapes: d_qk 1, for BOS.
    Ranges: any length.
    Bound: 0.
    Source: Cookbook 5.4 (strict future masking).
    Cost: 1 dimension of a head that is hard and strictly masked.

    >>> v, one = wires("v one")
    >>> predecessor_hard(one)(v, v=[5, 6, 7]).tolist()
    [0.0, 5.0, 6.0]
    """
    return Pattern((), -one, variant=Variant("rightmost", "before"), recipe="predecessor")


def first_bound(keys: int, fmt: FloatFormat = FLOAT32) -> float:
    """What the mean of `first_position` may be off by; it is read at distance 1/3 from its threshold."""
    return mean_bound(keys, 1.0, fmt=fmt, never_empty=True)


@recipe("attention", first_bound)
def first_position(sign: Form, one: Form, unit: float = UNIT) -> Pattern:
    """1 at the first position and at most 1/3 at the others, in a causal model; a step then makes it a bit.

    Formula: the causal mean of -(-1)^i for i = 1, 2, ...: 1, 0, 1/3, 0, 1/5, ...
    Shapes: the sign (-1)^i as a position code; d_qk 1.
    Ranges: any length.
    Bound: that of a uniform mean; the step at 2/3 takes 1/6 on each side.
    Source: Cookbook 5.2.
    Cost: 1 dimension of a head, 2 neurons.
    Note: With BOS it is cheaper: `share_of_bos` is above 1/3 at the first position alone, with no position code at all.

    >>> s, one = wires("s one")
    >>> first_position(s, one)(-1 * s, s=[-1, 1, -1, 1], causal=True).round(3).tolist()
    [1.0, 0.0, 0.333, 0.0]
    """
    return uniform(one, unit)


@recipe("attention", mean_bound)
def share_of_bos(one: Form) -> Pattern:
    """1 / (i + 1) at position i of a causal model, counted from 1, without position codes: what BOS gets.

    Formula: every token and BOS score 0; the value of BOS is read as 1 minus the mean of 1 over the tokens.
    Shapes: d_qk 1.
    Ranges: any length.
    Bound: 2 gamma(n + 1) + 10 u.
    Source: Cookbook 3.5 (the code 1 / i), 5.1.2.
    Cost: 1 dimension of a head.

    >>> v, one = wires("v one")
    >>> (1 - share_of_bos(one)(one, v=[0, 0, 0], causal=True)).round(4).tolist()
    [0.5, 0.3333, 0.25]
    """
    return Pattern((), ZERO, recipe="share of BOS")


@recipe("attention", exact)
def dnf_score(
    f: Callable[..., bool], key_bits: Sequence[Form], query_bits: Sequence[Form], one: Form, unit: float = UNIT
) -> Score:
    """Any Boolean function of bits at the key and bits at the query, as a score.

    Formula: one dimension for each assignment a of the query's bits: on the query's side the conjunction that is 1 at
    a, multilinear in the bits; this needs it as a form, so query bits are one-hot, at most one of them 1. On the key's
    side minus the number, 0 or 1, of f(key, a) being false.
    Shapes: `key_bits` a one-hot code of K values, `query_bits` one of Q; f(k, q) of the values' numbers; d_qk Q.
    Ranges: exact one-hot codes.
    Bound: 0 in the score; the leakage of `pick`, `average` or `sink_sum` then applies.
    Source: Cookbook 5 (scores for formulas in disjunctive normal form).
    Cost: min(Q, K) dimensions; equal rows of the truth table share one.

    >>> a, b, one = wires("a b one")                             # one-hot codes of 0 and 1
    >>> score = dnf_score(lambda k, q: k >= q, [a, b], [a, b], one)
    >>> score(a=[1, 0], b=[0, 1]).tolist()
    [[0.0, 0.0], [-32.0, 0.0]]
    """
    rows: dict[tuple[bool, ...], Form] = {}
    for q, bit in enumerate(query_bits):
        truth = tuple(bool(f(k, q)) for k in range(len(key_bits)))
        if not all(truth):
            rows[truth] = rows[truth] + bit if truth in rows else bit
    pairs = []
    for truth, query in rows.items():
        penalty = sum((b for b, holds in zip(key_bits, truth, strict=True) if not holds), start=ZERO)
        pairs.append((unit * query, -penalty))
    return Score(tuple(pairs))


# Ours: sums.


def sum_bound(
    keys: int,
    total: float,
    largest: float,
    positions: int,
    unit: float = UNIT,
    fmt: FloatFormat = FLOAT32,
    *,
    sink: float = SINK,
) -> float:
    """What a sum over at most `keys` selected may be off by.

    total: the sum of the sizes of the values; largest: the greatest of them; positions: all there are.
    """
    share = keys / FLOAT32.exp(sink)
    relative = fmt.gamma(keys + 1) + share + min(share, fmt.gamma(keys + 1)) + 2 * fmt.exp_error + 4 * fmt.unit
    return total * relative + positions * largest * math.exp(-unit)


@recipe("ours", sum_bound)
def sink_sum(score: Score, one: Form, variant: Variant = PLAIN, sink: float = SINK) -> Pattern:
    """The sum of the values at the selected keys: one head, no neurons, 0 where nothing is selected.

    Formula: BOS scores log B above the selected keys, and W_O is scaled by B: B sum v / (B + k) = sum v (1 - k / B).
    Shapes: the score's.
    Ranges: exact scores; log B = 27.001968, so that exp of it is 2^44 / 33 in float32.
    Bound: A (gamma(k) + k / B + min(k / B, gamma(k)) + 12 u) + n v e^-T for k selected keys with values of sizes up to
    v, A in all: dividing by B + k, and rounding that.
    Source: ours.
    Cost: the score's dimensions and one for BOS.
    Note: Where exp is correctly rounded, sums of whole numbers are exact while 33 times the sum is below 2^24; the
    bound holds for any exp within 4 u. Certified counts reach k of about 2,000 (bound below 1/4).

    >>> v, one = wires("v one")
    >>> sink_sum(Score(), one)(v, v=[5, 6, 7]).round(3).tolist()
    [18.0, 18.0, 18.0]
    """
    return Pattern(levelled(score, one), sink * one, sink, variant, "sum")


def prefix_bound(
    keys: int, total: float, largest: float, levels: int, unit: float = UNIT, fmt: FloatFormat = FLOAT32
) -> float:
    """The error of a sum that is spread over so many heads: they share the keys out, and each leaks by itself."""
    return sum_bound(keys, total, largest, levels * keys, unit, fmt)


@recipe("ours", prefix_bound)
def digit_prefix(
    higher: Form, square: Form, digit: Sequence[Form], at_least: Sequence[Form], one: Form, unit: float = UNIT
) -> Pattern:
    """One of the heads that together sum over the keys before the query: those that first differ at one digit.

    Formula: write positions in base b. j < i if at one digit j is below i and the digits above agree. The latter is
    the score -T (p_j - p_i)^2 of the number p that the higher digits make, the former a table, -T [d_j >= d_i]:
    exact, and disjoint over the digits, so that the heads add up.
    Shapes: p and its square; of the digit b bits [d = c] for queries and b bits [d >= c] for keys; d_qk 3 + b.
    Ranges: exact position codes.
    Bound: the sum's, with n positions for each level.
    Source: ours.
    Cost: log_b N heads of b + 3 dimensions, against N for one thermometer: N^1.5 or N log N parameters for N^2.

    >>> p, p2, one = wires("p p2 one")
    >>> head = digit_prefix(p, p2, wires("d0 d1"), wires("t0 t1"), one)   # the last digit of positions 0 .. 3
    >>> pos = np.arange(4)
    >>> digit = pos % 2
    >>> head(one, p=pos // 2, p2=(pos // 2) ** 2, d0=digit == 0, d1=digit == 1, t0=digit >= 0, t1=digit >= 1).round(4)
    array([0., 1., 0., 1.])
    """
    below = table([(d, -1 * t) for d, t in zip(digit, at_least, strict=True)], unit)
    return sink_sum(equality(higher, square, higher, square, one, unit) + below, one)


def part_bound(keys: int, spread: float, heads: int = 2, unit: float = UNIT, fmt: FloatFormat = FLOAT32) -> float:
    """What a mean may be off by that as many heads share, over at most `keys`."""
    # Beside what any mean is off by: log of a count is rounded, and then the score that it is added to.
    return heads * (mean_bound(keys, spread, unit, fmt, never_empty=True) + 2 * spread * fmt.unit * math.log(keys + 1))


@recipe("ours", part_bound)
def part_of_mean(score: Score, others: Form, one: Form) -> Pattern:
    """One of several heads whose outputs add up to a mean, where each can see only some of the keys.

    Formula: softmax of the score, with log(k - k_h) for BOS: k keys are to be averaged, of which k_h are this head's.
    Its output is then its own sum over all k.
    Shapes: the score's, and a direction of log(k - k_h) by position; where k = k_h it is far below 0.
    Ranges: k and k_h depend on the position alone; the selected keys score exactly the same.
    Bound: for each head that of `average`, and 2 u v log(k) for the logarithm.
    Source: ours: a sum over disjoint selectors is the sum of heads, and this makes the same of a mean.
    Cost: the score's dimensions, one for its level if it has one, and one for BOS; a position direction.

    >>> bit, v, one = wires("bit v one")
    >>> heads = [part_of_mean(score_key_bit(b, one), math.log(k) * one, one) for b, k in ((bit, 2), (one - bit, 1))]
    >>> parts = [h(v, bit=[1, 0, 0], v=[6, 9, 12]) for h in heads]
    >>> parts[0].round(5).tolist(), (parts[0] + parts[1]).round(5).tolist()
    ([2.0, 2.0, 2.0], [9.0, 9.0, 9.0])
    """
    return Pattern(levelled(score, one), others, recipe="mean, BOS standing for the other heads' keys")
