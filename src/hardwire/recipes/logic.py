"""Comparisons, Booleans and choices by neurons. Bits are 0 and 1."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from ..constructions.feedforward import Piece, function, interpolate
from ..constructions.form import ZERO, Form, total
from ..constructions.registry import recipe
from ..constructions.rounding import along_line, by_slope, passing
from ..numeric.floats import FLOAT32, FloatFormat


@recipe("feedforward", by_slope)
def greater(x: Form, bound: float, tolerance: float, one: Form) -> Piece:
    """1 where x is at least `bound` + tolerance, 0 where it is at most `bound`; in between it rises.

    Formula: (relu(x - b) - relu(x - b - t)) / t.
    Shapes: a number to a bit.
    Ranges: x not in the grey zone (b, b + t).
    Bound: e / t for x known to e, nothing of it farther than e from the grey zone; and rounding,
    gamma(3) (|x| + |b| + t) / t.
    Source: Cookbook 4.7 (GTZero).
    Cost: 2 neurons.

    >>> x, one = wires("x one")
    >>> greater(x, 0, 1, one)(x=[-2, 0, 0.5, 1, 7]).tolist()
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    c = 1 / tolerance
    return Piece(ZERO, ((c * (x - bound * one), 1.0), (c * (x - (bound + tolerance) * one), -1.0)))


@recipe("feedforward", by_slope)
def at_least(x: Form, bound: float, tolerance: float, one: Form) -> Piece:
    """1 where x is at least `bound`, 0 where it is at most `bound` - tolerance; in between it rises.

    Formula: (relu(x - b + t) - relu(x - b)) / t.
    Shapes: a number to a bit.
    Ranges: x not in the grey zone (b - t, b).
    Bound: e / t for x known to e, nothing of it farther than e from the grey zone; and rounding,
    gamma(3) (|x| + |b| + t) / t.
    Source: Cookbook 4.7 (GEZero).
    Cost: 2 neurons.

    >>> x, one = wires("x one")
    >>> at_least(x, 0, 1, one)(x=[-1, 0, 3]).tolist()
    [0.0, 1.0, 1.0]
    """
    return greater(x, bound - tolerance, tolerance, one)


@recipe("feedforward", by_slope)
def equal(x: Form, value: float, tolerance: float, one: Form) -> Piece:
    """1 where x is `value`, 0 where it is at least a tolerance away.

    Formula: (relu(x - v + t) - 2 relu(x - v) + relu(x - v - t)) / t.
    Shapes: a number to a bit.
    Ranges: x is the value, or at least t away.
    Bound: e / t for x known to e, and rounding, 2 gamma(3) (|x| + |v| + t) / t.
    Source: Cookbook 4.7 (EqZero).
    Cost: 3 neurons; `restoration` with 4 lets no noise through.

    >>> x, one = wires("x one")
    >>> equal(x, 2, 1, one)(x=[0, 1, 2, 3]).tolist()
    [0.0, 0.0, 1.0, 0.0]
    """
    c = 1 / tolerance
    arguments = [c * (x - (value + d * tolerance) * one) for d in (-1, 0, 1)]
    return Piece(ZERO, tuple(zip(arguments, (1.0, -2.0, 1.0), strict=True)))


@recipe("feedforward", passing(1.0))
def negation(a: Form, one: Form) -> Piece:
    """not a.

    Formula: 1 - a.
    Shapes: a bit to a bit.
    Ranges: bits.
    Bound: e for a bit known to e, and rounding.
    Source: Cookbook 4.8.
    Cost: nothing.

    >>> a, one = wires("a one")
    >>> negation(a, one)(a=[0, 1]).tolist()
    [1.0, 0.0]
    """
    return Piece(one - a)


def _by_count(slope: float) -> Callable[..., float]:
    """The bound of a function of how many bits are 1: noise comes in once for each."""

    def bound(piece: Piece, sizes: dict[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32) -> float:
        return passing(slope * len(sizes))(piece, sizes, noise, fmt)

    return bound


@recipe("feedforward", _by_count(1.0))
def conjunction(bits: Sequence[Form], one: Form) -> Piece:
    """All of the bits.

    Formula: relu(a_1 + ... + a_m - (m - 1)).
    Shapes: m bits to a bit.
    Ranges: bits.
    Bound: m e for bits known to e, and rounding, gamma(m + 2) 2 m.
    Source: Cookbook 4.8.
    Cost: 1 neuron.

    >>> a, b, c, one = wires("a b c one")
    >>> conjunction([a, b, c], one)(a=[1, 1], b=[1, 0], c=[1, 1]).tolist()
    [1.0, 0.0]
    """
    return Piece(ZERO, ((total(bits) - (len(bits) - 1) * one, 1.0),))


@recipe("feedforward", _by_count(1.0))
def disjunction(bits: Sequence[Form], one: Form) -> Piece:
    """Any of the bits.

    Formula: 1 - relu(1 - a_1 - ... - a_m).
    Shapes: m bits to a bit.
    Ranges: bits.
    Bound: m e for bits known to e, and rounding.
    Source: Cookbook 4.8.
    Cost: 1 neuron.

    >>> a, b, one = wires("a b one")
    >>> disjunction([a, b], one)(a=[0, 1, 1], b=[0, 0, 1]).tolist()
    [0.0, 1.0, 1.0]
    """
    return Piece(one, ((one - total(bits), -1.0),))


def _dnf_bound(piece: Piece, sizes: dict[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32) -> float:
    """Every neuron passes the noise of every bit, in the worst case to the output."""
    slope = len(sizes) * sum(abs(c) for _, c in piece.neurons)
    return passing(slope)(piece, sizes, noise, fmt)


@recipe("feedforward", _dnf_bound)
def boolean(f: Callable[..., bool], bits: Sequence[Form], one: Form) -> Piece:
    """Any Boolean function of bits, by its disjunctive normal form.

    Formula: the sum over assignments x with f(x) of relu((2 x - 1) . a - |x| + 1), 1 at a = x and 0 at other bits.
    Shapes: m bits to a bit.
    Ranges: bits.
    Bound: m e for each true assignment, and rounding.
    Source: Cookbook 4.8, there 2^m neurons.
    Cost: as many neurons as f has true assignments, or false ones if they are fewer (then 1 minus their sum).

    >>> a, b, one = wires("a b one")
    >>> xor = boolean(lambda a, b: a != b, [a, b], one)
    >>> xor(a=[0, 0, 1, 1], b=[0, 1, 0, 1]).tolist(), len(xor.neurons)
    ([0.0, 1.0, 1.0, 0.0], 2)
    """
    every = list(itertools.product((0, 1), repeat=len(bits)))
    true = [x for x in every if f(*x)]
    negative = 2 * len(true) > len(every)
    neurons = []
    for x in [x for x in every if x not in true] if negative else true:
        signs = total((2 * v - 1) * bit for v, bit in zip(x, bits, strict=True))
        neurons.append((signs + (1 - sum(x)) * one, -1.0 if negative else 1.0))
    return Piece(one if negative else ZERO, tuple(neurons))


@recipe("feedforward", _by_count(1.0))
def symmetric(f: Callable[[int], float], bits: Sequence[Form], one: Form) -> Piece:
    """Any function of how many bits are 1: parity, majority, thresholds.

    Formula: the piecewise linear function of a_1 + ... + a_m through f(0), ..., f(m).
    Shapes: m bits to a number.
    Ranges: bits, |f(k + 1) - f(k)| at most 1.
    Bound: m e for bits known to e, and rounding.
    Source: ours, from Cookbook 4.1.
    Cost: m - 1 neurons at most, where the normal form of parity has 2^(m - 1).

    >>> a, b, c, one = wires("a b c one")
    >>> parity = symmetric(lambda k: k % 2, [a, b, c], one)
    >>> parity(a=[0, 1, 1, 1], b=[0, 0, 1, 1], c=[0, 0, 0, 1]).tolist(), len(parity.neurons)
    ([0.0, 1.0, 0.0, 1.0], 2)
    """
    return interpolate(total(bits), [(k, f(k)) for k in range(len(bits) + 1)], one)


def _choice_bound(piece: Piece, sizes: dict[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32) -> float:
    """Noise of x or y comes through, and that of the bit R times: where it comes through both neurons it cancels."""
    r = max(abs(c) for f, _ in piece.neurons for d, c in f.terms.items() if d.name == "p")
    return passing(1 + max(1.0, r))(piece, sizes, noise, fmt)


@recipe("feedforward", _choice_bound)
def conditional(p: Form, x: Form, y: Form, low: float, high: float, one: Form) -> Piece:
    """x where the bit p is 1, y where it is 0.

    Formula: low + relu(x - low - R (1 - p)) + relu(y - low - R p), R = high - low.
    Shapes: a bit and two numbers to a number.
    Ranges: x and y in [low, high].
    Bound: (1 + R) e where all three are known to e and R is at least 1, 2 e where it is less or the bit exact; and
    rounding, gamma(4) of 2 R + |x| + |y|.
    Source: Cookbook 4.9, there for [0, 1].
    Cost: 2 neurons.

    >>> p, x, y, one = wires("p x y one")
    >>> conditional(p, x, y, -5, 5, one)(p=[1, 0], x=[-3, -3], y=[4, 4]).tolist()
    [-3.0, 4.0]
    """
    r = high - low
    return Piece(low * one, ((x - high * one + r * p, 1.0), (y - low * one - r * p, 1.0)))


@recipe("feedforward", along_line)
def lookup_table(f: Callable[..., float], inputs: Sequence[Form], sizes: Sequence[int], one: Form) -> Piece:
    """Any function of several small whole numbers.

    Formula: p = a_1 S_2 ... S_k + ... + a_k is a number of one digit each in mixed radix; then a step function of p.
    Shapes: k numbers, a_i in 0 .. S_i - 1, to a number.
    Ranges: the sum of the noises times their radices is at most 1/4.
    Bound: s e for the slope s of the line taken out, and rounding; 0 noise where s = 0.
    Source: ours, from Cookbook 4.1; the normal form of 4.8 needs one-hot codes and a neuron an entry.
    Cost: at most 2 (S_1 ... S_k - 1) neurons; fewer where neighbouring entries agree or rise evenly.

    >>> a, b, one = wires("a b one")
    >>> times = lookup_table(lambda a, b: a * b, [a, b], [3, 3], one)
    >>> times(a=[0, 1, 2, 2], b=[2, 2, 1, 2]).tolist()
    [0.0, 2.0, 2.0, 4.0]
    """
    radix = [1.0]
    for s in reversed(sizes[1:]):
        radix.insert(0, radix[0] * s)
    every = itertools.product(*map(range, sizes))
    points = [(sum(r * v for r, v in zip(radix, values, strict=True)), float(f(*values))) for values in every]
    return function(total(r * x for r, x in zip(radix, inputs, strict=True)), points, one)
