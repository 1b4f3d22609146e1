"""Columns of an unembedding: ways to read a value as the greatest of several logits, without neurons.

An integer form s is read by lines: the value of the k-th run of equal outputs has the logit m_k s + c_k with m_k
rising, so that the lines cross between runs and the nearest run wins. For runs of one value each that is
logit(v) = 2 v s - v^2. Two forms are read in the same way where the outputs follow one another along an order of all
pairs: those of a / b by the signs of q a - p b.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..constructions.feedforward import encoding_error
from ..constructions.form import Floats, Form, combine
from ..constructions.representation import nearest_run
from ..lang.expr import Expr
from .codes import Points
from .pieces import Pieces
from .planning import Planning

PROVABLE = 3
"""The error that a proof may find, as a multiple of the error by analysis of the construction: a proof does not know
the purpose of the weights."""
HONEST = 1
"""The same for soft weights, whose errors are the leakage of other keys and BOS, which a proof bounds just as well."""
SPARE = 0.5
"""How much of what lies between two logits rounding may take where it cannot take all of it (`lost`)."""

LogitColumns = tuple[tuple[Form, ...], tuple[float, ...]]
"""(the columns of an unembedding, the encoding of the output of each)"""


def provable(p: Planning) -> int:
    """How many times its error a number may be off."""
    return HONEST if p.stream.sharpness.soft else PROVABLE


def lost(p: Planning, e: Expr, c: Candidate) -> bool:
    """Whether rounding may take too much of what lies between two logits: all of it by the bound, and less in the model
    that is made where this one has no proof, and where an integer can be read without logits."""
    careful = p.steady or p.stream.sharpness.soft or p.facts.domain(e).types == {int}
    return c.rounding > (SPARE if careful else 1.0)


def close(c: Candidate) -> bool:
    """Whether errors may exchange two outputs."""
    return c.error >= c.gap / 2


def readable(p: Planning, e: Expr, c: Candidate) -> bool:
    """Whether the output with the greatest logit is the right one."""
    return not (close(c) or lost(p, e, c))


@dataclass(frozen=True)
class Lines:
    """A form that decides the program's value, and the encodings of the values along it."""

    construction: str
    planning: Planning
    form: Form
    points: Points

    @cached_property
    def error(self) -> float:
        """A bound of the error of the form."""
        return self.form.error + encoding_error(self.points, self.planning.stream.format)

    @cached_property
    def _changes(self) -> tuple[Floats, Floats]:
        """The encodings before and after each change of the output, (changes,) each."""
        x, y = np.array(self.points, np.float64).reshape(-1, 2).T
        at = np.flatnonzero(y[1:] != y[:-1])
        return x[at], x[at + 1]

    @cached_property
    def gap(self) -> float:
        """The least distance between two encodings with different outputs."""
        before, after = self._changes
        return float((after - before).min(initial=math.inf))

    @property
    def span(self) -> str:
        """The least and the greatest number."""
        return f"a number from {self.points[0][0]:,.6g} to {self.points[-1][0]:,.6g}"

    @property
    def runs(self) -> int:
        """The number of runs of equal outputs."""
        return 1 + len(self._changes[0])

    @cached_property
    def columns(self) -> LogitColumns:
        """A line for each run of equal outputs."""
        found: list[tuple[float, float]] = []
        outputs: list[float] = []
        for x, y in self.points:
            if not outputs or y != outputs[-1]:
                found.append((x, x))
                outputs.append(y)
            found[-1] = (found[-1][0], x)
        return tuple(nearest_run(self.form, found, self.planning.bias)), tuple(outputs)

    @cached_property
    def rounding(self) -> float:
        """By how much rounding may move logits, as a share of what lies between two of them."""
        points, p, (before, after) = self.points, self.planning, self._changes
        if not len(before):
            return 0.0
        middle = (before[(len(before) - 1) // 2] + after[(len(before) - 1) // 2]) / 2
        centred = combine((1.0, self.form), (-(points[0][0] + points[-1][0]) / 2, p.bias))
        size = p.magnitude(centred, (points[-1][0] - points[0][0]) / 2)
        rounding = 2 * p.stream.format.gamma(len(centred.terms) + 2)
        slope = 2 * np.maximum(np.abs(before - middle), np.abs(after - middle))
        room = (after - before) * (after - before - 2 * provable(p) * self.error)
        return float((rounding * slope * size / room).max()) if (room > 0).all() else math.inf


@dataclass(frozen=True)
class OrderedColumns:
    """Two forms that decide the program's value, one value after the other along an order of all pairs: a column for
    each, which is the next one's less a number that changes its sign between the two."""

    construction: str
    planning: Planning
    forms: tuple[Form, Form]
    pieces: Pieces

    @property
    def form(self) -> Form:
        """What the columns read, for its cost."""
        return Form({d: 1.0 for f in self.forms for d in f.terms})

    @property
    def span(self) -> str:
        """Their names."""
        return f"two numbers, {self.construction}"

    @cached_property
    def error(self) -> float:
        """A bound of the error of the number that changes its sign between two outputs, relative to its distance from
        0."""
        a, b = (f.error for f in self.forms)
        return max(2 * (abs(x.of_a) * a + abs(x.of_b) * b) / x.gap for x in self.pieces.boundaries)

    @property
    def gap(self) -> float:
        return 2.0

    @property
    def runs(self) -> int:
        return len(self.pieces.planes)

    @cached_property
    def _planes(self) -> Floats:
        """(columns, 3) the coefficients of the two forms and of 1 in each column, with a lead of 1 or more."""
        steps = [(2 * b.of_a / b.gap, 2 * b.of_b / b.gap, -(b.low + b.high) / b.gap) for b in self.pieces.boundaries]
        planes = np.cumsum([(0.0, 0.0, 0.0), *steps], axis=0)
        found: Floats = planes - planes[len(planes) // 2]
        return found

    @cached_property
    def columns(self) -> LogitColumns:
        a, b = self.forms
        found = (combine((x, a), (y, b), (c, self.planning.bias)) for x, y, c in self._planes.tolist())
        return tuple(found), tuple(self.pieces.planes[:, 2].tolist())

    @cached_property
    def rounding(self) -> float:
        """By how much rounding may move logits, as a share of what lies between two of them."""
        x, p = self.pieces.order.x, self.planning
        sizes = np.abs(x) @ np.abs(self._planes[:, :2]).T + np.abs(self._planes[:, 2])
        own = np.searchsorted(self.pieces.begin, np.arange(len(x)), side="right") - 1
        rows = np.arange(len(x))
        near = np.maximum(sizes[rows, np.maximum(own - 1, 0)], sizes[rows, np.minimum(own + 1, self.runs - 1)])
        rounding = p.stream.format.gamma(len(self.form.terms) + 2) * (sizes[rows, own] + near).max(initial=0.0)
        room = 1.0 - provable(p) * self.error
        return float(rounding) / room if room > 0 else math.inf


Candidate = Lines | OrderedColumns
"""A way to read a program's value by columns, of which the greatest wins."""
