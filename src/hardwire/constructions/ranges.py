"""The range of each direction on every input: a value that nothing needs still enters sums and scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..numeric.floats import FLOAT32, FloatFormat
from .feedforward import Neurons
from .form import Direction, Floats, Form
from .sources import Embedding, HeadOutput, NeuronOutput, head_outputs

Range = tuple[float, float]
CELLS = 4_000_000
"""Numbers computed at a time."""


def _quarters(x: float | Floats) -> bool:
    return bool(np.all(np.asarray(x) * 4 == np.round(np.asarray(x) * 4)))


def _tables(d: Direction) -> list[Floats]:
    return d.source.tables if isinstance(d.source, Embedding) else []


class Ranges:
    """The least and the greatest value of forms at real positions, sound for every input."""

    def __init__(self, real: Form, max_len: int, fmt: FloatFormat = FLOAT32) -> None:
        (self.real,) = real.terms
        self.max_len, self.format = max_len, fmt
        self._known: dict[Direction, Range] = {}
        self._lines: dict[Direction, Along | None] = {}

    def of(self, form: Form) -> Range:
        low = high = 0.0
        left = dict(form.terms)
        for d, c in form.terms.items():
            along = self._along(d)
            share = along.share(left) if along else 0.0
            if along and share:  # a line with bends: neurons, and a multiple of their input
                total = c * along.added + share * along.points
                low, high = low + float(total.min()), high + float(total.max())
                left = {other: c for other, c in left.items() if other != d and other not in along.form}
        for d, c in left.items():
            a, b = self._direction(d)
            low += min(c * a, c * b)
            high += max(c * a, c * b)
        return low, high

    def rounding(self, neurons: Neurons) -> float:
        """What rounding adds to a sum of neurons: their errors, which are independent, as a root of squares. What it
        can add at worst, the proof says."""
        return (
            2 * self.format.unit * math.hypot(*(c * max(0.0, self.of(f)[1]) for f, c in neurons if not self._exact(f)))
        )

    def worst(self, neurons: Neurons, total: float | None = None) -> float:
        """How far a sum of neurons may be off in any order of summation, their arguments included. `total` is the most
        that they add up, in size; without it, it is found for neurons along one form."""
        if total is None:
            total = self.total(neurons)
        if total * 8 < self.format.exact_integers and all(self._exact(f) for f, _ in neurons):
            return 0.0
        terms = max((len(f.terms) for f, _ in neurons), default=0)
        return self.format.gamma(len(neurons) + terms + 2) * total

    def total(self, neurons: Neurons) -> float:
        """The most that the sizes of neurons add up to: along the form that all read, or that the second of each pair
        reads."""
        for some, times in ((neurons, 1.0), (neurons[1::2], 2.0)):
            along = self._line(some)
            if along is not None:
                return times * along.most
        return sum(abs(c) * max(0.0, self.of(f)[1]) for f, c in neurons)

    def size(self, form: Form) -> float:
        """How large the products are that a form is the sum of."""
        return sum(abs(c) * max(map(abs, self._direction(d))) for d, c in form.terms.items())

    def _exact(self, form: Form) -> bool:
        """Whether the format has it without rounding: quarters of integers, with a bit to spare."""
        terms = form.terms.items()
        if not all(d.error == 0.0 and _quarters(c) and all(map(_quarters, _tables(d))) for d, c in terms):
            return False
        return self.size(form) * 8 < self.format.exact_integers

    def _direction(self, d: Direction) -> Range:
        if d not in self._known:
            self._known[d] = self._find(d)
        return self._known[d]

    def _find(self, d: Direction) -> Range:
        source = d.source
        heads = head_outputs(source)
        if heads:
            ranges = [self._of_head(output) for output in heads]
            return sum(low for low, _ in ranges), sum(high for _, high in ranges)
        if isinstance(source, NeuronOutput):
            along = self._along(d)
            if along is None:
                return self._pairs(source.neurons)
            return float(along.added.min()), float(along.added.max())
        tables = _tables(d)
        return sum(float(t.min()) for t in tables), sum(float(t.max()) for t in tables)

    def _of_head(self, output: HeadOutput) -> Range:
        low, high = self.of(output.value)
        times = self.max_len if output.head.pattern.sink else 1
        return times * min(0.0, low), times * max(0.0, high)

    def _pairs(self, neurons: Neurons) -> Range:
        """By pairs c relu(a) - c relu(b), which lie between 0 and c (a - b)."""
        low = high = 0.0
        at = 0
        while at < len(neurons):
            (a, c), (b, other) = neurons[at], neurons[min(at + 1, len(neurons) - 1)]
            if other == -c:
                ends: tuple[float, ...] = (0.0, *self.of(a - b))
                at += 2
            else:
                ends = (0.0, max(0.0, self.of(a)[1]))
                at += 1
            low += min(c * x for x in ends)
            high += max(c * x for x in ends)
        return low, high

    def _along(self, d: Direction) -> Along | None:
        """The neurons that write a direction, if all of them read one form; else None."""
        if d not in self._lines:
            self._lines[d] = self._line(d.source.neurons) if isinstance(d.source, NeuronOutput) else None
        return self._lines[d]

    def _line(self, neurons: Neurons) -> Along | None:
        real = self.real
        first = {d: c for d, c in neurons[0][0].terms.items() if d != real} if neurons else {}
        if not first:
            return None
        unit = next(iter(first))
        slopes, starts = [], []
        for f, _ in neurons:
            terms, constant = f.terms, f.terms.get(real)
            slope = terms.get(unit, 0.0) / first[unit]
            if slope == 0 or len(terms) != len(first) + (constant is not None):
                return None
            if any(terms.get(d) != slope * c for d, c in first.items()):
                return None
            slopes.append(slope)
            starts.append(-(constant or 0.0) / slope)
        low, high = self.of(Form(first))
        points = np.unique(np.clip([low, high, *starts], low, high))
        return Along(first, points, np.array(slopes), np.array(starts), np.array([c for _, c in neurons]))


@dataclass(frozen=True)
class Along:
    """Neurons c relu(slope (x - start)) over one number x, which is a form: (neurons,) each, at the points where they
    may bend."""

    form: dict[Direction, float]
    points: Floats
    slopes: Floats
    starts: Floats
    coefficients: Floats

    def share(self, terms: dict[Direction, float]) -> float:
        """How many times x there is in a form."""
        shares = {terms.get(d, 0.0) / c for d, c in self.form.items()}
        return shares.pop() if len(shares) == 1 else 0.0

    @property
    def most(self) -> float:
        """The greatest sum of the sizes of the neurons' outputs: at one of the ends, since it is convex."""
        return float(np.abs(self._fired(self.points[[0, -1]])).sum(axis=1).max())

    @cached_property
    def added(self) -> Floats:
        """(points,) what all of them add at each point, a portion of the points at a time."""
        portions = np.array_split(self.points, len(self.points) * len(self.starts) // CELLS + 1)
        return np.concatenate([self._fired(x).sum(axis=1) for x in portions])

    def _fired(self, points: Floats) -> Floats:
        """(points, neurons) what each adds."""
        arguments = self.slopes * (points[:, None] - self.starts)
        out: Floats = self.coefficients * np.maximum(arguments, 0.0)
        return out
