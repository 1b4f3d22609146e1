"""Functions of one number by neurons: steps, step functions and piecewise linear ones."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BuildError, MissingExtraError
from ..numeric.floats import FLOAT32, FloatFormat
from .form import ZERO, Direction, Floats, Form, combine, joined, signed
from .registry import recipe
from .rounding import along_line, by_slope, passing, restoring

if TYPE_CHECKING:
    from .torch_modules import TorchPiece

Points = Sequence[tuple[float, float]]
"""(x, y), x rising."""
MARGIN = 0.25
"""How far the input of a step may be off, in parts of the gap that the step stands in."""
TINY = 1e-9
"""Differences below this are made up by the arithmetic of floats."""


class Graph(list[tuple[float, float]]):
    """Points, not to be changed, with their slopes, which are computed once."""

    @classmethod
    def of(cls, x: Floats, y: Floats) -> Graph:
        """The points with these x and y."""
        found = cls(zip(x.tolist(), y.tolist(), strict=True))
        vars(found)["columns"] = x, y
        return found

    @cached_property
    def columns(self) -> tuple[Floats, Floats]:
        """(points,) each, x and y."""
        table = np.asarray(self, np.float64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    @cached_property
    def slopes(self) -> Floats:
        """(points - 1,) the slope between neighbours."""
        x, y = self.columns
        slopes = np.diff(y) / np.diff(x)
        nearest = np.round(slopes)
        found: Floats = np.where(np.abs(slopes - nearest) < TINY, nearest, slopes) + 0.0
        return found

    @cached_property
    def slope(self) -> float:
        """The slope that the most steps have; 0 unless another saves neurons."""
        slopes, counts = np.unique(self.slopes, return_counts=True)
        if not len(slopes):
            return 0.0
        best = np.lexsort((np.abs(slopes), -counts))[0]
        level = counts[slopes == 0.0]
        return float(slopes[best]) if not len(level) or counts[best] > level[0] else 0.0


def graph(points: Points) -> Graph:
    """Points with their slopes."""
    return points if isinstance(points, Graph) else Graph(points)


Neurons = tuple[tuple[Form, float], ...]
"""(argument, coefficient): their sum is coefficient * relu(argument)."""


@dataclass(frozen=True)
class Piece:
    """A function made of a linear part, which is free, and neurons.

    `gates`: of "swiglu" neurons what each is multiplied by. A piece can be called with numbers, or arrays of them.

    >>> from hardwire.recipes import minimum, wires
    >>> x, y = wires("x y")
    >>> piece = minimum(x, y)
    >>> piece
    Piece(x - relu(x - y))
    >>> piece(x=3, y=5)
    3.0
    >>> w_in, w_out, linear = piece.weights(x, y)
    >>> w_in.tolist(), w_out.tolist(), linear.tolist()
    ([[1.0], [-1.0]], [-1.0], [1.0, 0.0])
    """

    linear: Form
    neurons: Neurons = ()
    gates: tuple[Form, ...] = ()
    activation: str = "relu"

    @cached_property
    def inputs(self) -> tuple[Direction, ...]:
        """The directions that its neurons read, once each."""
        # Thousands of neurons share a few directions: identity is compared first, which hashes nothing.
        found = {id(d): d for f, _ in self.neurons for d in f.terms}
        return tuple(dict.fromkeys(found.values()))

    def __add__(self, other: Piece) -> Piece:
        if self.neurons and other.neurons and self.activation != other.activation:
            raise BuildError(f"a layer has one activation: {self.activation} or {other.activation}, not both")
        activation = self.activation if self.neurons else other.activation
        return Piece(self.linear + other.linear, self.neurons + other.neurons, self.gates + other.gates, activation)

    def scaled(self, factor: float) -> Piece:
        return replace(self, linear=self.linear * factor, neurons=tuple((f, c * factor) for f, c in self.neurons))

    def weights(self, *inputs: Form) -> tuple[Floats, Floats, Floats]:
        """(w_in (inputs, neurons), w_out (neurons,), linear part (inputs,)) over single directions."""
        rows = [next(iter(f.terms)) for f in inputs]
        w_in = np.array([[f.terms.get(d, 0.0) for f, _ in self.neurons] for d in rows])
        return w_in, np.array([c for _, c in self.neurons]), np.array([self.linear.terms.get(d, 0.0) for d in rows])

    def torch(self, dtype: str = "float32") -> TorchPiece:
        """The piece as a `torch.nn.Module`, whose weights are parameters: call it with tensors by name.

        Raises MissingExtraError.
        """
        try:
            from .torch_modules import TorchPiece
        except ImportError:
            raise MissingExtraError("A PyTorch module", "torch") from None
        return TorchPiece(self, dtype)

    def __call__(self, **values: Any) -> Any:
        """What it computes, in float64."""
        out = self.linear(**values)
        for i, (form, c) in enumerate(self.neurons):
            out = out + c * activate(self.activation, form(**values)) * (self.gates[i](**values) if self.gates else 1)
        return float(out) if np.ndim(out) == 0 else out

    def __repr__(self) -> str:
        parts = [str(self.linear)] if self.linear.terms else []
        for i, (form, c) in enumerate(self.neurons):
            gate = f" ({self.gates[i]})" if self.gates else ""
            parts.append(signed(c, f"{'swish' if self.gates else self.activation}({form}){gate}"))
        return f"Piece({joined(parts)})"


def activate(activation: str, z: Any) -> Any:
    """An activation, without the gate, in float64."""
    if activation == "relu":
        return np.maximum(z, 0.0)
    from ..model.variants import gelu, swish

    return (gelu if activation == "gelu" else swish)(np.asarray(z, np.float64))[()]


def step(x: Form, low: float, high: float, real: Form) -> Neurons:
    """1 where x is at least `high`, 0 where it is at most `low`: flat within a quarter of the gap of either.

    The two neurons of which `threshold` and all that restores is made.
    """
    slope, middle = 2 / (high - low), (low + high) / 2
    return (
        (combine((slope, x), (0.5 - slope * middle, real)), 1.0),
        (combine((slope, x), (-0.5 - slope * middle, real)), -1.0),
    )


@recipe("ours", restoring)
def threshold(x: Form, low: float, high: float, one: Form) -> Piece:
    """1 where x is at least `high` and 0 where it is at most `low`, and the same for x a little off.

    Formula: relu(2 (x - m) / g + 1/2) - relu(2 (x - m) / g - 1/2), m the middle and g = high - low the gap.
    Shapes: a number to a bit.
    Ranges: x at most `low` or at least `high`, known to g / 4.
    Bound: rounding alone, 4 gamma(3) (2 |x| / g + 2 |m| / g + 1/2): noise leaves no trace.
    Source: ours; without the margin it is the comparison of Cookbook 4.7.
    Cost: 2 neurons.

    >>> x, one = wires("x one")
    >>> threshold(x, 2, 3, one)
    Piece(relu(2 x - 4.5) - relu(2 x - 5.5))
    >>> threshold(x, 2, 3, one)(x=[1, 2.25, 2.75, 9]).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    return Piece(ZERO, step(x, low, high, one))


@recipe("feedforward", along_line, name="step_function")
def function(x: Form, points: Points, real: Form) -> Piece:
    """The function through (x, y) points, x rising: a line plus 2 neurons for each step away from it.

    Formula: s x + c + the sum of jump * step over the gaps in which y leaves the line of the most frequent slope s;
        steps left of the middle one as -jump * (1 - step), so that few neurons fire together.
    Shapes: a number to a number.
    Ranges: x one of the given, known to a quarter of the least gap that a step stands in (`tightest`).
    Bound: s e, the noise that the line lets through (none if s = 0), and rounding.
    Source: Cookbook 4.1 (piecewise linear functions) with restoration, which is ours.
    Cost: 2 neurons a step away from the line; 0 for a line.

    >>> x, one = wires("x one")
    >>> mod3 = step_function(x, [(k, k % 3) for k in range(8)], one)
    >>> mod3(x=np.arange(8)).tolist(), len(mod3.neurons)
    ([0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0, 1.0], 4)
    """
    rise = graph(points).slope
    level, neurons = _climb(x, [(p, y - rise * p) for p, y in points], real)
    return Piece(combine((rise, x), (level, real)), neurons)


def _climb(x: Form, points: Points, real: Form) -> tuple[float, Neurons]:
    """(the level in the middle, the steps from there): up to the right of it as x rises, to the left as x falls.

    From the middle outwards as few neurons as can be fire together, so that their sum rounds the least.
    """
    jumps = [(low, high, _round(b - a)) for (low, a), (high, b) in itertools.pairwise(points)]
    jumps = [j for j in jumps if j[2]]
    middle = len(jumps) // 2 if len(jumps) != 1 or points[-1][1] else 1  # a step to 0 is exact there
    level = points[0][1] + sum(jump for _, _, jump in jumps[:middle])
    neurons: list[tuple[Form, float]] = []
    falling = -1.0 * x
    for i, (low, high, jump) in enumerate(jumps):
        up = i >= middle
        found = step(x, low, high, real) if up else step(falling, -high, -low, real)
        neurons += [(f, c * (jump if up else -jump)) for f, c in found]
    return _round(level), tuple(neurons)


def changes(points: Points, *, flat: bool = False) -> int:
    """How many steps `function` (or, if `flat`, `staircase`) needs."""
    along = graph(points)
    x, y = along.columns
    rest = y if flat else y - along.slope * x
    return int(np.count_nonzero(np.abs(np.diff(rest)) > TINY))


def _round(x: float) -> float:
    """x without the last bits that its arithmetic made up."""
    nearest = round(x)
    return float(nearest) if abs(x - nearest) < TINY else float(x)


@recipe("ours", passing(1.0))
def gate(
    at: Form, low: float, high: float, x: Form, real: Form, *, least: float, greatest: float, strength: float = 0.0
) -> Piece:
    """x where `at` is at least `high`, 0 where it is at most `low`, for x in [least, greatest].

    Formula: relu(x - a + K s) - relu(K s - a), a = min(least, 0), s = at - high + gap / 4,
        K = 2 (max(greatest, 0) - a) / gap, gap = high - low (or `strength`, where less closes it, since x is small
        where `at` is not far below `low`).
    Shapes: a number and a condition to a number.
    Ranges: `at` known to a quarter of the gap; x in its range.
    Bound: e, the noise of x, where it passes; 0 where it does not; and rounding, which grows with K |at|.
    Source: ours; Cookbook 4.9 for the conditional in general.
    Cost: 2 neurons.

    >>> at, x, one = wires("at x one")
    >>> piece = gate(at, 0, 1, x, one, least=-9, greatest=9)
    >>> piece(at=[0, 1, 5], x=[-7, -7, 7]).tolist()
    [0.0, -7.0, 7.0]
    """
    base, gap = min(least, 0.0), high - low
    strength = strength or (max(greatest, 0.0) - base or 1.0) / ((1 - 2 * MARGIN) * gap)
    offset = combine((strength, at), (-strength * (high - MARGIN * gap) - base, real))
    return Piece(ZERO, ((x + offset, 1.0), (offset, -1.0)))


def bends(points: Points) -> int:
    """How many neurons `interpolate` needs."""
    return int(np.count_nonzero(np.abs(np.diff(graph(points).slopes)) > TINY))


def steepest(points: Points) -> float:
    """The greatest slope between neighbouring points: how much `interpolate` magnifies noise."""
    return float(np.abs(graph(points).slopes).max(initial=0.0))


@recipe("feedforward", by_slope, name="piecewise_linear")
def interpolate(x: Form, points: Points, real: Form) -> Piece:
    """The function through (x, y) points, straight in between; noise passes through.

    Formula: the line of the middle piece, y_c + m_c (x - x_c), and the sum of (m_k - m_(k-1)) relu(x - x_k) over the
        bends on its right, of (m_k - m_(k-1)) relu(x_k - x) over those on its left; m_k the slopes.
    Shapes: a number to a number.
    Ranges: any x; beyond the points the first and last pieces go on.
    Bound: max |m_k| e for x known to e, and rounding.
    Source: Cookbook 4.1, there with n + 1 neurons.
    Cost: one neuron a bend, n - 2 at most: the middle line is the residual stream's own. From the middle outwards
        the sums are the smallest, and so is their rounding: an eighth for a square, from one end to the other.

    >>> x, one = wires("x one")
    >>> tent = piecewise_linear(x, [(0, 0), (1, 1), (2, 0)], one)
    >>> tent
    Piece(x - 2 relu(x - 1))
    >>> tent(x=[0, 0.5, 1, 1.5, 3]).tolist()
    [0.0, 0.5, 1.0, 0.5, -1.0]
    """
    slopes = graph(points).slopes.tolist()
    middle = max(0, len(slopes) - 1) // 2
    along = slopes[middle] if slopes else 0.0
    x0, y0 = points[middle]
    neurons = tuple(
        (combine((side, x), (-side * p, real)), _round(b - a))
        for k, ((p, _), a, b) in enumerate(zip(points[1:], slopes, slopes[1:], strict=False))
        for side in (1.0 if k >= middle else -1.0,)
        if _round(b - a)
    )
    return Piece(combine((along, x), (_round(y0 - along * x0), real)), neurons)


@recipe("ours", restoring, name="restoration")
def staircase(x: Form, points: Points, real: Form) -> Piece:
    """The function through (x, y) points by steps alone: what noise x has leaves no trace.

    Formula: y_m + the sum of (y_k+1 - y_k) step(x between x_k and x_k+1) right of the middle m, less that of
        (y_k+1 - y_k) (1 - step) left of it.
    Shapes: a number to a number.
    Ranges: x one of the given, known to a quarter of its gap to the next.
    Bound: rounding alone. Rounding to whole numbers is the case y = x.
    Source: ours; Cookbook 7.1 rounds by finite precision instead.
    Cost: 2 neurons a step.

    >>> x, one = wires("x one")
    >>> rounded = restoration(x, [(0, 0), (1, 1), (2, 2)], one)
    >>> rounded(x=[0.25, 0.875, 2.25]).tolist()
    [0.0, 1.0, 2.0]
    """
    level, neurons = _climb(x, points, real)
    return Piece(combine((level, real)), neurons)


def line_error(points: Points, error: float) -> float:
    """The share of the input's error that passes through the line next to the steps of `function`."""
    return abs(graph(points).slope) * error


def interpolation_error(points: Points, error: float) -> float:
    """What `interpolate` lets through of the input's error."""
    return steepest(points) * error


def encoding_error(points: Points, fmt: FloatFormat = FLOAT32) -> float:
    """How far the x of points may be from the numbers that they stand for: integers are exact, others rounded with
    every step of arithmetic."""
    xs, _ = graph(points).columns
    return 0.0 if np.array_equal(xs, np.round(xs)) else 4 * fmt.unit * float(np.abs(xs).max())


def tightest(points: Points) -> float:
    """The least gap that contains a step of `function`; infinite for a function without steps."""
    along = graph(points)
    x, y = along.columns
    stands = np.abs(np.diff(y - along.slope * x)) > TINY
    return float(np.diff(x)[stands].min(initial=np.inf))
