"""Rounding, in any order of summation: what every bound of a recipe is made of.

A sum of d products differs from the exact one by at most gamma(d) times the sum of their sizes, in whatever order
it is taken and with fused or separate multiplication (Higham, Accuracy and Stability of Numerical Algorithms,
section 3.1; constructions of this library build on nothing else).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..numeric.floats import FLOAT32, FloatFormat
from .form import Form

if TYPE_CHECKING:
    from .feedforward import Piece


def size(form: Form, sizes: Mapping[str, float]) -> float:
    """The sum of the sizes of the terms of a form; `one` is 1."""
    return sum(abs(c) * sizes.get(d.name, 1.0) for d, c in form.terms.items())


def of_piece(piece: Piece, sizes: Mapping[str, float], fmt: FloatFormat = FLOAT32) -> float:
    """The rounding error of a piece for exact inputs, each at most of its size.

    Counts the rounding of the weights, of each argument, of the activation, of the sum over neurons and of the
    reader's sum of that with the linear part.
    """
    error = total = 0.0
    for i, (form, c) in enumerate(piece.neurons):
        s = size(form, sizes)
        rounded = fmt.gamma(len(form.terms) + 1) * s  # one more for the weights themselves
        if piece.activation == "relu":
            slope, value = 1.0, s
        else:
            slope, value = 1.13, s
            rounded += 2 * fmt.exp_error * s  # of a sigmoid or an error function
        if piece.gates:
            g = size(piece.gates[i], sizes)
            error += abs(c) * (slope * rounded * g + value * fmt.gamma(len(piece.gates[i].terms) + 2) * g)
            value *= g
        else:
            error += abs(c) * slope * rounded
        total += abs(c) * value
    error += fmt.gamma(len(piece.neurons) + 1) * total
    if piece.linear.terms:
        error += fmt.gamma(len(piece.linear.terms) + 2) * (size(piece.linear, sizes) + total)
    return error


def exact() -> float:
    """The bound of what rounds nothing: 0."""
    return 0.0


Bound = Callable[..., float]
"""(piece, sizes of the inputs, noise in each of them, format) -> the most that the output may be off by."""


def lookup_bound(
    keys: int,
    spread: float,
    gap: float,
    score_error: float = 0.0,
    bos_gap: float = math.inf,
    fmt: FloatFormat = FLOAT32,
    *,
    never_empty: bool = False,
) -> float:
    """The error of a look-up among `keys`.

    The other keys score at least `gap` below the selected one, and BOS at least `bos_gap` or as much; where no key is
    selected, BOS is, and keys score `gap - bos_gap` below it. Scores are known to `score_error`, values are up to
    `spread` in size.
    """
    moved = math.exp(2 * score_error)
    share = moved * (keys * math.exp(-gap) + math.exp(-min(gap, bos_gap)))
    if bos_gap < gap and not never_empty:
        share = max(share, moved * keys * math.exp(bos_gap - gap))
    weights = 2 * fmt.exp_error + 2 * fmt.unit  # rounding of exp and of the quotient
    return spread * (2 * share / (1 + share) + weights + 2 * fmt.gamma(2) + share * fmt.gamma(keys + 1))


def copy_bound(keys: int, spread: float, gap: float, fmt: FloatFormat = FLOAT32) -> float:
    """The error of a look-up of -1 and 1 less a default, the other keys, whose scores are exact, at least `gap` below.

    These weigh so little in all that the sums of weights and of weighted values round to those of the selected key;
    infinite where they do not. Only where that value is 0 something of the others is left.
    """
    share = (keys + 1) * math.exp(-gap)
    return 2 * share * spread if share < fmt.unit / 4 else math.inf


def mean_bound(
    keys: int, spread: float, unit: float = 32.0, fmt: FloatFormat = FLOAT32, *, never_empty: bool = False
) -> float:
    """The error of a mean over some of `keys`, of values up to `spread` in size and with exact scores.

    It is leakage (of unselected keys, which score a unit below, and of BOS, half a unit below; of all keys into BOS
    where none is selected), and the rounding of exp, of both sums and of their quotient.
    """
    leaks = 2 * keys * math.exp(-unit) + 2 * math.exp(-unit / 2)
    if not never_empty:
        leaks = max(leaks, 2 * keys * math.exp(-unit / 2))
    return spread * (leaks + 2 * fmt.gamma(keys + 1) + (2 * fmt.exp_error + 2 * fmt.unit))


def passing(slope: float) -> Bound:
    """The bound of a piece that lets noise through, magnified at most `slope` times."""

    def bound(piece: Piece, sizes: Mapping[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32) -> float:
        grown = {name: s + (noise if name != "one" else 0.0) for name, s in sizes.items()}
        return slope * noise + of_piece(piece, grown, fmt)

    return bound


restoring = passing(0.0)
"""The bound of a piece whose output does not depend on the error of its input, up to the error that the recipe allows.
"""


def along_line(piece: Piece, sizes: Mapping[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32) -> float:
    """The bound of steps added to a line: an error of the input passes through the line alone."""
    slope = sum(abs(c) for d, c in piece.linear.terms.items() if d.name != "one")
    return passing(slope)(piece, sizes, noise, fmt)


def by_slope(piece: Piece, sizes: Mapping[str, float], noise: float = 0.0, fmt: FloatFormat = FLOAT32) -> float:
    """The bound of a piecewise linear function of one number: its greatest slope times the noise."""
    (name,) = {d.name for f, _ in piece.neurons for d in f.terms if d.name != "one"} or {""}
    kinks = []
    slope = sum(c for d, c in piece.linear.terms.items() if d.name == name)
    for f, c in piece.neurons:
        w = sum(v for d, v in f.terms.items() if d.name == name)
        at = -sum(v for d, v in f.terms.items() if d.name == "one") / w
        slope += c * min(w, 0.0)  # far to the left only the arguments that fall are above 0
        kinks.append((at, c * abs(w)))
    steepest = abs(slope)
    for at in sorted({at for at, _ in kinks}):
        slope += sum(change for where, change in kinks if where == at)
        steepest = max(steepest, abs(slope))
    return passing(steepest)(piece, sizes, noise, fmt)
