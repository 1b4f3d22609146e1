"""Functions by neurons: every group is a list of ReLU arguments with their output coefficients."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .form import ZERO, Floats, Form, combine

Points = Sequence[tuple[float, float]]
"""(x, y), x rising."""
TINY = 1e-9
"""Differences below this are made up by the arithmetic of floats."""

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


def function(x: Form, points: Points, real: Form) -> Piece:
    """The function through (x, y) points, x rising: a line plus 2 neurons for each step away from it."""
    rise = slope(points)
    rest = [y - rise * p for p, y in points]
    neurons: list[tuple[Form, float]] = []
    for (low, _), (high, _), before, after in zip(points, points[1:], rest, rest[1:], strict=False):
        if jump := _round(after - before):
            neurons += [(f, c * jump) for f, c in step(x, low, high, real)]
    return Piece(combine((rise, x), (_round(rest[0]), real)), tuple(neurons))


def changes(points: Points, flat: bool = False) -> int:
    """How many steps `function` (or, if `flat`, `staircase`) needs."""
    x, y = _columns(points)
    rest = y if flat else y - slope(points) * x
    return int(np.count_nonzero(np.abs(np.diff(rest)) > TINY))


def _columns(points: Points) -> tuple[Floats, Floats]:
    table = np.asarray(points, np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _slopes(points: Points) -> Floats:
    """(points - 1,) the slope between neighbours."""
    x, y = _columns(points)
    slopes = np.diff(y) / np.diff(x)
    nearest = np.round(slopes)
    return np.where(np.abs(slopes - nearest) < TINY, nearest, slopes) + 0.0


def slope(points: Points) -> float:
    """The slope that the most steps have; 0 unless another saves neurons."""
    slopes, counts = np.unique(_slopes(points), return_counts=True)
    if not len(slopes):
        return 0.0
    best = np.lexsort((np.abs(slopes), -counts))[0]
    level = counts[slopes == 0.0]
    return float(slopes[best]) if not len(level) or counts[best] > level[0] else 0.0


def _round(x: float) -> float:
    """x without the last bits that its arithmetic made up."""
    nearest = round(x)
    return float(nearest) if abs(x - nearest) < TINY else float(x)


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


def bends(points: Points) -> int:
    """How many neurons `interpolate` needs."""
    return int(np.count_nonzero(np.abs(np.diff(_slopes(points))) > TINY))


def steepest(points: Points) -> float:
    """The greatest slope between neighbouring points: how much `interpolate` magnifies noise."""
    return float(np.abs(_slopes(points)).max(initial=0.0))


def interpolate(x: Form, points: Points, real: Form) -> Piece:
    """The function through (x, y) points, straight in between: one neuron for each bend; noise passes through."""
    slopes = _slopes(points).tolist()
    first = slopes[0] if slopes else 0.0
    x0, y0 = points[0]
    neurons = tuple(
        (combine((1.0, x), (-p, real)), _round(b - a))
        for (p, _), a, b in zip(points[1:], slopes, slopes[1:], strict=False)
        if _round(b - a)
    )
    return Piece(combine((first, x), (_round(y0 - first * x0), real)), neurons)


def staircase(x: Form, points: Points, real: Form) -> Piece:
    """The function through (x, y) points by steps alone, without a line: x's noise leaves no trace."""
    neurons: list[tuple[Form, float]] = []
    for (low, before), (high, after) in itertools.pairwise(points):
        if jump := _round(after - before):
            neurons += [(f, c * jump) for f, c in step(x, low, high, real)]
    return Piece(combine((points[0][1], real)), tuple(neurons))


def tightest(points: Points) -> float:
    """The least gap that a step of `function` stands in; infinite where there is none."""
    x, y = _columns(points)
    stands = np.abs(np.diff(y - slope(points) * x)) > TINY
    return float(np.diff(x)[stands].min(initial=np.inf))
