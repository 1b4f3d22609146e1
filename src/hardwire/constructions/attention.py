"""Selectors as scores, and the ways a head uses them.

A score is a sum of products query_form * key_form. Every part below is 0 for a selected pair and at most -T
for another; conjunctions add up. BOS has its own score, since only `bos` is not 0 there. `pick`, `average` and
`total` make a head's pattern of a score.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError
from ..lang.arguments import checked_options
from ..numeric.floats import FLOAT32, FloatFormat
from .form import ZERO, Floats, Form
from .registry import recipe
from .rounding import lookup_bound, mean_bound

if TYPE_CHECKING:
    from .torch_modules import TorchHead

Pair = tuple[Form, Form]
"""(query form, key form): one of the d_qk dimensions of a head."""


@dataclass(frozen=True)
class Variant:
    """Options of a head other than plain softmax of q . k; see `model.weights.Head`. Each frequency of `rotary` is for
    two of the pairs."""

    kind: str = "softmax"
    sees: str = "all"
    rotary: tuple[float, ...] = ()
    slope: float = 0.0


PLAIN = Variant()

UNIT = 32.0
"""T: how far below the selected keys the others are. A power of two keeps integer scores exact."""

SINK = 27.001968
"""The score of BOS in a sum: exp of it is 33 * 2^-44 in float32, inverted, so that sums of integers stay exact."""


@dataclass(frozen=True)
class Score:
    """Part of a head's score.

    `pairs` give `level` for selected keys and at least a unit less for the others, where `level` is a function
    of the query alone that softmax does not see; but BOS competes with it.
    """

    pairs: tuple[Pair, ...] = ()
    level: Form = ZERO

    def __add__(self, other: Score) -> Score:
        return Score(self.pairs + other.pairs, self.level + other.level)

    def __mul__(self, factor: float) -> Score:
        return Score(tuple((q * factor, k) for q, k in self.pairs), self.level * factor)

    def __call__(self, **values: Any) -> Floats:
        """The scores without their level, (queries, keys), where directions are these arrays, (n,)."""
        n = max(np.size(v) for v in values.values())
        out: Floats = np.zeros((n, n)) - np.broadcast_to(np.asarray(self.level(**values), np.float64), (n,))[:, None]
        for q, k in self.pairs:
            out += np.outer(_spread(q(**values), n), _spread(k(**values), n))
        return out


@dataclass(frozen=True)
class Pattern:
    """All that decides where a head looks: its score, and what BOS scores; for a sum `sink`, its lead over all keys."""

    pairs: tuple[Pair, ...]
    bos: Form
    sink: float = 0.0
    variant: Variant = PLAIN
    recipe: str = ""

    @checked_options
    def weights(self, *, causal: bool = False, **values: Any) -> Floats:
        """The attention, (n, n + 1) with BOS first, where directions are these arrays, (n,); in float64."""
        from ..model.variants import distances, hard, hidden, rotated

        n = max(np.size(v) for v in values.values())
        q, k = np.zeros((1, n + 1, len(self.pairs))), np.zeros((1, n + 1, len(self.pairs)))
        for d, (query, key) in enumerate(self.pairs):
            q[0, 1:, d], k[0, 1:, d] = _spread(query(**values), n), _spread(key(**values), n)
        if self.variant.rotary:
            turns = np.array(self.variant.rotary)
            q, k = rotated(q, turns), rotated(k, turns)
        rows = slice(1, n + 1)
        scores: Floats = q[0, rows] @ k[0].T
        scores[:, 0] = _spread(self.bos(**values), n)
        scores -= self.variant.slope * distances(rows, n + 1)
        out_of_sight = hidden(self.variant.sees, rows, n + 1) if self.variant.sees != "all" else False
        later = np.triu(np.ones((n + 1, n + 1), bool), 1)[rows] if causal else False
        scores[out_of_sight | later] = -np.inf
        if self.variant.kind != "softmax":
            scores = np.where(hard(scores, self.variant.kind), 0.0, -np.inf)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        out: Floats = weights / weights.sum(axis=1, keepdims=True)
        return out

    def torch(self, value: Form, dtype: str = "float32") -> TorchHead:
        """A head of this pattern and a value as a `torch.nn.Module`, whose weights are parameters: call it with tensors
        (..., n) by name. Raises MissingExtraError."""
        try:
            from .torch_modules import TorchHead
        except ImportError:
            raise MissingExtraError("A PyTorch module", "torch") from None
        return TorchHead(self, value, FLOAT32.exp(self.sink), dtype)

    @checked_options
    def __call__(self, value: Form, *, causal: bool = False, **values: Any) -> Floats:
        """What the head writes of a value, (n,)."""
        weights = self.weights(causal=causal, **values)
        out: Floats = FLOAT32.exp(self.sink) * weights[:, 1:] @ _spread(value(**values), len(weights))
        return out


def merged(pairs: Iterable[Pair], fmt: FloatFormat = FLOAT32) -> tuple[Pair, ...]:
    """Pairs with the same sum of products in fewer dimensions of a head: pairs whose queries, or whose keys, are
    multiples of each other become one, if the format represents its coefficients."""
    found: list[Pair] = []
    for pair in pairs:
        for i, known in enumerate(found):
            one = _as_one(known, pair, fmt)
            if one is not None:
                found[i] = one
                break
        else:
            found.append(pair)
    return tuple(found)


def _as_one(a: Pair, b: Pair, fmt: FloatFormat) -> Pair | None:
    for same, other in ((0, 1), (1, 0)):
        factor = _multiple(a[same], b[same])
        if factor is not None:
            total = a[other] + b[other] * factor
            coefficients = np.array(list(total.terms.values()))
            if np.array_equal(coefficients.astype(fmt.numpy), coefficients):
                return (a[0], total) if same == 0 else (total, a[1])
    return None


def _multiple(a: Form, b: Form) -> float | None:
    """The factor with b = factor * a, if there is one."""
    if not a.terms or a.terms.keys() != b.terms.keys():
        return None
    first = next(iter(a.terms))
    factor = b.terms[first] / a.terms[first]
    return factor if all(c * factor == b.terms[d] for d, c in a.terms.items()) else None


def _spread(x: Any, n: int) -> Floats:
    return np.broadcast_to(np.asarray(x, np.float64), (n,))


def leak(unit: float, keys: int) -> float:
    """The greatest share of the weight that unselected keys can have."""
    return keys * math.exp(-unit)


# Errors of scores.


def bit_error(error: float = 0.0, rows: int = 1, unit: float = UNIT) -> float:
    """How far a score of so many bits known to `error` may be off: their errors are independent, so they add up as the
    root of squares. What they add up to at worst is for a proof to say."""
    return math.sqrt(rows) * unit * error


def equality_error(furthest: float = 0.0, error: float = 0.0, unit: float = UNIT, fmt: FloatFormat = FLOAT32) -> float:
    """How far a score of integers up to `furthest` from their middle and known to `error` may be off; 0 if they are
    exact.

    Squares of numbers up to r that neurons compute have r bends to each side, whose values add up to at most r^2.
    """
    return 2 * unit * (2 * furthest**3 * fmt.unit + error) if error else 0.0


def equality_error_of_weights(furthest: float, unit: float = UNIT, fmt: FloatFormat = FLOAT32) -> float:
    """How far a score of integers up to `furthest` from their middle moves with weights off by a unit in the last
    place."""
    return 4 * unit * furthest**2 * fmt.unit


def equality_fits(furthest: float, error: float = 0.0, fmt: FloatFormat = FLOAT32) -> bool:
    """Whether scores of integers up to `furthest` from their middle distinguish neighbours.

    Sums of products of integers are exact while they are exact integers of the format. With errors they are rounded,
    and then a fifth leaves half of the distance between neighbouring keys; queries further off than the keys have no
    neighbour.
    """
    return 3 * furthest**2 * (5 if error else 1) <= fmt.exact_integers


# Scores.


@recipe("attention", equality_error, name="score_equality")
def equality(key: Form, key_square: Form, query: Form, query_square: Form, real: Form, unit: float = UNIT) -> Score:
    """key == query for whole numbers.

    Formula: -T (a - b)^2, as 2 T a b - T a^2; the query's own square is left to the level.
    Shapes: two numbers a position, and the squares of both; d_qk 2.
    Ranges: exact whole numbers up to 2,300 in size, so that 3 a^2 is below 2^24; T a power of two.
    Bound: 0: multiples of T below 2^24 T are exact in any order of summation, so all that match score the same.
    2 T (2 r^3 u + e) for numbers up to r known to e, squared by neurons.
    Source: Cookbook 5.3.4 (quadratic maximisation), there for positions.
    Cost: 2 dimensions of a head; the square of the key as a direction.

    >>> x, x2, one = wires("x x2 one")
    >>> score = score_equality(x, x2, x, x2, one)
    >>> score(x=[1, 2, 2], x2=[1, 4, 4]).tolist()
    [[0.0, -32.0, -32.0], [-32.0, 0.0, 0.0], [-32.0, 0.0, 0.0]]
    """
    return Score(((2 * unit * query, key), (-unit * real, key_square)), unit * query_square)


@recipe("attention", bit_error, name="score_key_bit")
def key_bit(bit: Form, real: Form, unit: float = UNIT) -> Score:
    """Keys at which a bit is 1.

    Formula: T (bit - 1), the same for every query.
    Shapes: one bit a position; d_qk 1.
    Ranges: bits within 1/4 where at most one key is selected; exact ones where several are averaged or summed.
    Bound: 0 for exact bits; T e for bits known to e.
    Source: Cookbook 5 (a conjunction of literals is a sum of scores).
    Cost: 1 dimension of a head.

    >>> bit, one = wires("bit one")
    >>> score_key_bit(bit, one)(bit=[0, 1, 1]).tolist()[0]
    [-32.0, 0.0, 0.0]
    """
    return Score(((unit * real, bit - real),))


@recipe("attention", bit_error, name="score_query_bit")
def query_bit(bit: Form, real: Form, unit: float = UNIT) -> Score:
    """Every key for queries at which a bit is 1, no key for others.

    Formula: T (bit - 1), the same for every key.
    Shapes: one bit a position; d_qk 1.
    Ranges: bits within 1/4: this moves all keys against BOS alone.
    Bound: 0 for exact bits; T e for bits known to e.
    Source: ours (with BOS as the key of last resort).
    Cost: 1 dimension of a head.

    >>> bit, one = wires("bit one")
    >>> score_query_bit(bit, one)(bit=[0, 1]).tolist()
    [[-32.0, -32.0], [0.0, 0.0]]
    """
    return Score(((unit * (bit - real), real),))


@recipe("attention", bit_error, name="score_table")
def table(rows: list[tuple[Form, Form]], unit: float = UNIT) -> Score:
    """Any relation of two finite codes, by its truth table.

    Formula: the sum of T q_r k_r over rows: q_r a bit for a class of queries and k_r, 0 or -1, the penalty of the
    key for that class; or the two sides exchanged.
    Shapes: one row for each class of queries (or keys) that differ; d_qk the number of rows.
    Ranges: exact bits where several keys are selected; bits within 1/4 where at most one is.
    Bound: 0 for exact bits; T e sqrt(r) for r rows of bits known to e.
    Source: Cookbook 5 (scores in disjunctive normal form); the rank of the table is ours.
    Cost: as many dimensions as the table has different rows.

    >>> a, b = wires("a b")
    >>> score_table([(a, -1 * b)])(a=[0, 1], b=[0, 1]).tolist()           # not (a and b)
    [[0.0, 0.0], [0.0, -32.0]]
    """
    return Score(tuple((unit * query, key) for query, key in rows))


# What a head makes of a score.


@recipe("attention", lookup_bound)
def pick(
    score: Score, real: Form, unit: float = UNIT, variant: Variant = PLAIN, bos_gap: float | None = None
) -> Pattern:
    """The value at the one selected key, or 0 (BOS) where none is selected.

    Formula: softmax of the score, with BOS half a unit, or `bos_gap`, below the selected keys.
    Shapes: the score's.
    Ranges: at most one key is selected, or all that are hold the same value.
    Bound: 2 v (n e^(-T + 2 d) + e^(-T/2 + 2 d)) for n keys of scores known to d and values up to v; where none is
    selected, 2 v n e^(-T/2 + 2 d); 14 u v of rounding.
    Source: Cookbook 5.3 (look-up), 5.7 (soft for hard); BOS as the default is ours.
    Cost: the score's dimensions and one for BOS.

    >>> bit, v, one = wires("bit v one")
    >>> head = pick(score_key_bit(bit, one), one)
    >>> head(v, bit=[0, 1, 0], v=[5, 7, 9]).round(5).tolist()
    [7.0, 7.0, 7.0]
    >>> head(v, bit=[0, 0, 0], v=[5, 7, 9]).round(5).tolist()
    [0.0, 0.0, 0.0]
    """
    bos = real * -(unit / 2 if bos_gap is None else bos_gap)
    return Pattern(score.pairs, score.level + bos, 0.0, variant, "look-up")


@recipe("attention", mean_bound)
def average(score: Score, real: Form, unit: float = UNIT, variant: Variant = PLAIN) -> Pattern:
    """The mean of the values at the selected keys, or 0 (BOS) where none is selected.

    Formula: softmax of the score; equal scores, equal weights.
    Shapes: the score's.
    Ranges: the selected keys score exactly the same.
    Bound: v (2 n e^-T + 2 e^(-T/2) + 2 gamma(n) + 10 u): leakage, BOS, and rounding in any order; where none is
    selected, 2 v n e^(-T/2).
    Source: Cookbook 5.1.2 (uniform), 5.7.
    Cost: the score's dimensions and one for BOS.

    >>> bit, v, one = wires("bit v one")
    >>> average(score_key_bit(bit, one), one)(v, bit=[1, 1, 0], v=[5, 7, 9]).round(5).tolist()
    [6.0, 6.0, 6.0]
    """
    return Pattern(score.pairs, score.level + real * (-unit / 2), 0.0, variant, "mean")


def levelled(score: Score, real: Form) -> tuple[Pair, ...]:
    """The pairs less the level, so that selected keys score 0."""
    return (*score.pairs, (-score.level, real)) if score.level.terms else score.pairs
