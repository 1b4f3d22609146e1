"""Hard attention by soft: temperatures, and ties."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..numeric.floats import FLOAT32, FloatFormat
from .attention import SINK, UNIT, Score
from .form import Form
from .registry import recipe


def temperature_bound(keys: int, scale: float, gap: float) -> float:
    """The share of the weight on the n - 1 other keys that lie scale * gap below."""
    share = (keys - 1) * math.exp(-scale * gap)
    return share / (1 + share)


@recipe("attention", temperature_bound)
def temperature(keys: int, eps: float, gap: float = 1.0) -> float:
    """What scores must be multiplied by for softmax to give all but `eps` to the greatest.

    Formula: log((n - 1) (1 - eps) / eps) / g for n keys and a gap g between the greatest score and the next.
    Shapes: a number.
    Ranges: n >= 2, 0 < eps < 1, g > 0; several greatest scores share the rest evenly, which only helps.
    Bound: the other keys get at most (n - 1) e^(-L g) / (1 + (n - 1) e^(-L g)) <= eps, reached when all lie g below.
    Source: Cookbook 5.7 and Lemma 5.3, where L = log(8 N) / g serves a share of 1/8.
    Cost: nothing: it scales W_Q.
    Note: Lemma 5.3 bounds the L1 distance of hard from soft by 2 n e^-g. It is exactly twice the share above, so the
    lemma is loose by 1 + 1 / (n - 1) and, for small L g, without limit.

    >>> scale = temperature(keys=100, eps=0.01, gap=0.5)
    >>> round(scale, 3)
    18.38
    >>> share = 99 * math.exp(-scale * 0.5)
    >>> round(share / (1 + share), 12)
    0.01
    """
    return math.log(max(keys - 1, 1) * (1 - eps) / eps) / gap


TIE = 24.0
"""The unit t of tie-breaks: the distance between the scores of neighbouring ranks."""

SOFT_SINK = 9.125
"""The most that BOS leads all keys by in a sum with soft weights: two weights of 96 multiply to exp of it."""

LOST = 1 / 8
"""How much a sum with soft weights may lose because keys take attention from BOS."""

LEAKED = 1 / 32
"""How much unselected keys may add to a sum with soft weights."""

LOSSES = (1.0, 1 / 4, 1 / 16)
"""The shares of both that are tried: where sums are added up, compared or ranked, each must lose less."""


@dataclass(frozen=True)
class Sharpness:
    """How far apart the scores of a model's heads are.

    unit: T, how far below the selected keys the others score. tie: the distance of neighbouring ranks. sink: the most
    that BOS leads all keys by in a sum. soft: for weights that are trained. Equal numbers are then found by tables,
    whose scores are a unit each, and not by squares, whose scores grow with the square of the distance; and BOS leads
    by no more than a sum needs. temperature: the divisor of the scores of soft weights. loss: the share of the error
    allowed to a sum with soft weights (`LOST`, `LEAKED`) that it may have.
    """

    unit: float = UNIT
    tie: float = TIE
    sink: float = SINK
    temperature: float = 0.0
    loss: float = 1.0

    @classmethod
    def at(cls, temperature: float, loss: float = 1.0) -> Sharpness:
        """Scores divided by a temperature, to an eighth, which products with integers keep exactly; without squares."""
        unit, tie = (max(round(8 * score / temperature) / 8, 1 / 8) for score in (UNIT, TIE))
        return cls(unit, tie, SOFT_SINK, temperature, loss)

    @property
    def soft(self) -> bool:
        """Whether the weights are to be trained."""
        return self.temperature > 0

    def bos_gap(self, keys: int, unit: float) -> float:
        """How far BOS is below the one selected key of a look-up with that unit: as far, in soft scores, as all `keys`
        that are not selected together are below BOS where none is."""
        return round(4 * (unit - math.log(keys))) / 8 if self.soft else unit / 2

    def sink_of(self, keys: int, total: float) -> float:
        """The lead of BOS in a sum over up to so many keys of sizes that are `total` in all: dividing by the weights of
        keys too loses the share `keys / exp(lead)` of it."""
        if not self.soft:
            return self.sink
        return min(self.sink, math.ceil(8 * math.log(max(keys * total, 1.0) / (LOST * self.loss))) / 8)

    def unit_of(self, total: float) -> float:
        """T in a sum with soft weights, of sizes that are `total` in all: unselected keys add exp(-T) of theirs."""
        return min(self.unit, math.ceil(8 * math.log(max(total, 1.0) / (LEAKED * self.loss))) / 8)


SHARP = Sharpness()


def tie_bound(keys: int, unit: float, fmt: FloatFormat = FLOAT32) -> float:
    """The share of the weight that misses the first (or last) of the tied keys, whose scores are `unit` apart, and
    rounding: of weights 1, q, q^2, ... the first has 1 - q or more."""
    return math.exp(-unit) + 20 * fmt.unit


@recipe("attention", tie_bound)
def rightmost(index: Form, one: Form, unit: float = TIE) -> Score:
    """A tie-break score that favours the last of equal keys; added to the score that ties.

    Formula: t j for key j. Scale what ties so that its gap exceeds t N by a unit: then the place breaks ties alone.
    Shapes: a position; d_qk 1.
    Ranges: index exact, t N below 2^24 for whole t.
    Bound: the others of the tied keys share e^-t of the weight, nearly reached by many of them; 20 u of rounding.
    Source: Cookbook 5.6 (unique-hard by average-hard attention; t(j) = j / n there, j here).
    Cost: 1 dimension of a head.

    >>> j, one = wires("j one")
    >>> rightmost(j, one)(j=[0, 1, 2])[0].tolist()
    [0.0, 24.0, 48.0]
    """
    return Score(((unit * one, index),))


@recipe("attention", tie_bound)
def leftmost(index: Form, one: Form, unit: float = TIE) -> Score:
    """A tie-break score that favours the first of equal keys; added to the score that ties.

    Formula: -t j for key j, as `rightmost`.
    Shapes: a position; d_qk 1.
    Ranges: index exact, t N below 2^24 for whole t.
    Bound: the others of the tied keys share e^-t of the weight, nearly reached by many of them; 20 u of rounding.
    Source: Cookbook 5.6 (t(j) = -j / n there).
    Cost: 1 dimension of a head.

    >>> j, one = wires("j one")
    >>> leftmost(j, one)(j=[0, 1, 2])[0].tolist()
    [0.0, -24.0, -48.0]
    """
    return Score(((-unit * one, index),))


def inverse_tie_bound(keys: int, unit: float, fmt: FloatFormat = FLOAT32) -> float:
    """The same share for scores of unit * keys^2 / (j + 1): each is rounded, twice, by up to unit * keys^2 u; near the
    first key their distances are far above a unit."""
    return math.exp(-unit * (1 - 4 * keys * keys * fmt.unit)) + 20 * fmt.unit


@recipe("attention", inverse_tie_bound)
def leftmost_by_inverse(inverse: Form, one: Form, max_len: int, unit: float = TIE) -> Score:
    """A tie-break score that favours the first of equal keys, by the position embedding 1 / j.

    Formula: t N^2 / j, j counted from 1: neighbours are at least t apart, since 1 / j - 1 / (j + 1) > 1 / N^2.
    Shapes: 1 / j, rounded to the format; d_qk 1.
    Ranges: N^2 u well below 1: to N of 1,000 in float32 (4 N^2 u = 0.24). For a selection whose gap exceeds t N^2.
    Bound: the others of the tied keys share e^(-t (1 - 4 N^2 u)) of the weight; 20 u of rounding.
    Source: Cookbook 5.6 (tie-breaking by 1 / j).
    Cost: 1 dimension of a head.

    >>> codes, one = wires("codes one")
    >>> leftmost_by_inverse(codes, one, max_len=4)(codes=[1, 1 / 2, 1 / 4])[0].tolist()
    [384.0, 192.0, 96.0]
    """
    return Score(((unit * max_len * max_len * one, inverse),))


def fraction_tie_bound(keys: int, unit: float, fmt: FloatFormat = FLOAT32) -> float:
    """The same share for scores of unit * max_len * (j / n): neighbours are at least a unit apart, and each score is
    rounded, twice, by up to unit * max_len * u; here n is max_len."""
    return math.exp(-unit * (1 - 4 * keys * fmt.unit)) + 20 * fmt.unit


@recipe("attention", fraction_tie_bound)
def rightmost_by_fraction(fraction: Form, one: Form, max_len: int, unit: float = TIE) -> Score:
    """A tie-break score that favours the last of equal keys, by the position embedding j / n.

    Formula: t N (j / n): neighbours are t N / n >= t apart.
    Shapes: j / n, rounded to the format, n the length of the input; d_qk 1.
    Ranges: N u well below 1: to N of 1,000,000 in float32. For a selection whose gap exceeds t N.
    Bound: the others of the tied keys share e^(-t (1 - 4 N u)) of the weight; 20 u of rounding.
    Source: Cookbook 5.6 (tie-breaking by j / n).
    Cost: 1 dimension of a head.

    >>> part, one = wires("part one")
    >>> rightmost_by_fraction(part, one, max_len=8)(part=[0, 1 / 4, 2 / 4, 3 / 4])[0].tolist()
    [0.0, 48.0, 96.0, 144.0]
    """
    return Score(((unit * max_len * one, fraction),))
