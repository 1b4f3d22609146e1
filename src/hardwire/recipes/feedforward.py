"""Functions by neurons: every group is a list of ReLU arguments with their output coefficients."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .form import ZERO, Form, combine

Neurons = tuple[tuple[Form, float], ...]
"""(argument, coefficient): their sum is coefficient * relu(argument)."""


@dataclass(frozen=True)
class Piece:
    """A function made of a linear part, which is free, and neurons."""

    linear: Form
    neurons: Neurons = ()

    def __add__(self, other: Piece) -> Piece:
        return Piece(self.linear + other.linear, self.neurons + other.neurons)

    def scaled(self, factor: float) -> Piece:
        return Piece(self.linear * factor, tuple((f, c * factor) for f, c in self.neurons))


def step(x: Form, low: float, high: float, real: Form) -> Neurons:
    """1 where x is at least `high`, 0 where it is at most `low`: flat within a quarter of the gap of either.

    relu(2(x - m)/g + 1/2) - relu(2(x - m)/g - 1/2), with m the middle and g the gap. 2 neurons.
    """
    slope, middle = 2 / (high - low), (low + high) / 2
    return (
        (combine((slope, x), (0.5 - slope * middle, real)), 1.0),
        (combine((slope, x), (-0.5 - slope * middle, real)), -1.0),
    )


def function(x: Form, points: Sequence[tuple[float, float]], real: Form) -> Piece:
    """The function through (x, y) points, x rising: a line plus 2 neurons for each step away from it."""
    slope = _slope(points)
    rest = [y - slope * p for p, y in points]
    neurons: list[tuple[Form, float]] = []
    for (low, _), (high, _), before, after in zip(points, points[1:], rest, rest[1:], strict=False):
        if jump := _round(after - before):
            neurons += [(f, c * jump) for f, c in step(x, low, high, real)]
    return Piece(combine((slope, x), (_round(rest[0]), real)), tuple(neurons))


def changes(points: Sequence[tuple[float, float]]) -> int:
    """How many steps `function` needs."""
    slope = _slope(points)
    rest = [y - slope * p for p, y in points]
    return sum(1 for a, b in itertools.pairwise(rest) if _round(b - a))


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """The slope that the most steps have; 0 unless another saves neurons."""
    slopes = Counter(_round((y1 - y0) / (x1 - x0)) for (x0, y0), (x1, y1) in itertools.pairwise(points))
    if not slopes:
        return 0.0
    best, count = max(slopes.items(), key=lambda item: (item[1], -abs(item[0])))
    return best if count > slopes.get(0.0, 0) else 0.0


def _round(x: float) -> float:
    """x without the last bits that its arithmetic made up."""
    nearest = round(x)
    return float(nearest) if abs(x - nearest) < 1e-9 else x


def gate(at: Form, low: float, high: float, x: Form, least: float, greatest: float, real: Form) -> Piece:
    """x where `at` is at least `high`, 0 where it is at most `low`, for x in [least, greatest].

    With D = x - least >= 0: relu(D + K s) - relu(K s), s = (at - middle), K so large that D + K s <= 0 below;
    then least * step. 2 neurons, 4 where least is not 0.
    """
    middle, strength = (low + high) / 2, 4 * max(greatest - least, 1e-6) / (high - low)
    offset = combine((strength, at), (-strength * middle, real))
    rise = combine((1.0, x), (-least, real))
    neurons: Neurons = ((rise + offset, 1.0), (offset, -1.0)) if greatest > least else ()
    if least:
        neurons += tuple((f, c * least) for f, c in step(at, low, high, real))
    return Piece(ZERO, neurons)


def bends(points: Sequence[tuple[float, float]]) -> int:
    """How many neurons `interpolate` needs."""
    slopes = _slopes(points)
    return sum(1 for a, b in itertools.pairwise(slopes) if _round(b - a))


def steepest(points: Sequence[tuple[float, float]]) -> float:
    """The greatest slope between neighbouring points: how much `interpolate` magnifies noise."""
    return max(map(abs, _slopes(points)), default=0.0)


def _slopes(points: Sequence[tuple[float, float]]) -> list[float]:
    return [_round((y1 - y0) / (x1 - x0)) for (x0, y0), (x1, y1) in itertools.pairwise(points)]


def interpolate(x: Form, points: Sequence[tuple[float, float]], real: Form) -> Piece:
    """The function through (x, y) points, straight in between: one neuron for each bend; noise passes through."""
    slopes = _slopes(points)
    first = slopes[0] if slopes else 0.0
    x0, y0 = points[0]
    neurons = tuple(
        (combine((1.0, x), (-p, real)), _round(b - a))
        for (p, _), a, b in zip(points[1:], slopes, slopes[1:], strict=False)
        if _round(b - a)
    )
    return Piece(combine((first, x), (_round(y0 - first * x0), real)), neurons)


def staircase(x: Form, points: Sequence[tuple[float, float]], real: Form) -> Piece:
    """The function through (x, y) points by steps alone, without a line: x's noise leaves no trace."""
    neurons: list[tuple[Form, float]] = []
    for (low, before), (high, after) in itertools.pairwise(points):
        if jump := _round(after - before):
            neurons += [(f, c * jump) for f, c in step(x, low, high, real)]
    return Piece(combine((points[0][1], real)), tuple(neurons))


def tightest(points: Sequence[tuple[float, float]]) -> float:
    """The least gap that a step of `function` stands in; infinite where there is none."""
    slope = _slope(points)
    rest = [(x, y - slope * x) for x, y in points]
    gaps = [x1 - x0 for (x0, y0), (x1, y1) in itertools.pairwise(rest) if _round(y1 - y0)]
    return min(gaps, default=float("inf"))
