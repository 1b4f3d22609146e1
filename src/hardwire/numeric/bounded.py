"""Numbers with rigorous error bounds: how far the result of any machine may be from the value computed here.

A `Bounded` states that a machine, in whatever order it adds up, fused or not, has a result within `error` of `value`.
Values are computed in float64, and the rounding of that computation is part of the error. An error of 0 is a promise
too: every machine has exactly this number, because it and every partial sum are multiples of one power of two and small
enough to need no rounding. Hard attention, where equal scores share the weight, relies on that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from ..errors import CertificateError
from .floats import FLOAT32, FLOAT64, FloatFormat, Floats
from .grids import grid, step, terms

SLACK = 1 + 2.0**-30
"""Bounds are computed in float64 as well; the rounding of no formula here adds up to this factor."""


@dataclass(frozen=True, eq=False)
class Bounded:
    """Numbers and a bound of the error of each: two arrays of one shape."""

    value: Floats
    error: Floats

    @property
    def size(self) -> Floats:
        """A bound of the magnitude of each number."""
        out: Floats = np.abs(self.value) + self.error
        return out

    @property
    def rows(self) -> Bounded:
        """The same numbers as a matrix, (..., last axis)."""
        *before, last = self.value.shape
        return self.shaped(math.prod(before), last)

    def shaped(self, *shape: int) -> Bounded:
        return Bounded(self.value.reshape(shape), self.error.reshape(shape))

    def __getitem__(self, at: Any) -> Bounded:
        return Bounded(self.value[at], self.error[at])


class Weights:
    """A matrix of a model, (d, columns), with the properties that error bounds depend on."""

    def __init__(self, w: Floats) -> None:
        self.value: Floats = w.astype(np.float64)
        self.size: Floats = np.abs(self.value)
        self.terms = terms(self.value)
        # inf for 0; and 0, which is never exact, for a number that a machine may replace by 0
        self.step = np.where((self.size > 0) & (self.size < FLOAT32.underflow), 0.0, step(self.value))


class Arithmetic:
    """The operations of a floating-point format, in any order of summation. They raise CertificateError where a number
    may be too large."""

    moved = 0.0
    """How far each weight of the model may be from the one that is given (`Unsettled`)."""

    def __init__(self, fmt: FloatFormat) -> None:
        self.format, self.unit = fmt, fmt.unit
        self.underflow, self.overflow = fmt.underflow, fmt.overflow

    def constant(self, value: Any) -> Bounded:
        """Numbers without error where the format represents them exactly, else rounded."""
        value = np.asarray(value, np.float64)
        kept = (value.astype(self.format.numpy) == value) & ((np.abs(value) >= self.underflow) | (value == 0))
        return Bounded(value, np.where(kept, 0.0, self.unit * np.abs(value) + self.underflow))

    def made(self, value: Floats, error: Floats, size: Floats | None = None) -> Bounded:
        """A result; `size` bounds the sum of the magnitudes of its terms."""
        top = float((np.abs(value) + error if size is None else size).max(initial=0.0))
        if not top < self.overflow:
            raise CertificateError(f"numbers of {top:.3g} may be too large for {self.format.name}")
        return Bounded(value, error * SLACK)

    @overload
    def gamma(self, count: float) -> float: ...
    @overload
    def gamma(self, count: Floats) -> Floats: ...
    def gamma(self, count: float | Floats) -> float | Floats:
        """The relative error of a sum of so many products, in this format and in float64, which computes the value."""
        return self.format.gamma(count) + FLOAT64.gamma(count)

    def add(self, a: Bounded, b: Bounded) -> Bounded:
        """a + b, rounded once; exact where both are exact and the format represents the sum."""
        value, brought = a.value + b.value, a.error + b.error
        exact = (brought == 0) & (self.constant(value).error == 0)
        error = brought + self.gamma(1) * (np.abs(value) + brought) + self.underflow
        return self.made(value, np.where(exact, 0.0, error))

    def multiply(self, a: Bounded, b: Bounded) -> Bounded:
        """a * b, rounded once."""
        brought = a.size * b.error + a.error * np.abs(b.value)
        size = np.abs(a.value * b.value) + brought
        return self.made(a.value * b.value, brought + self.gamma(1) * size + self.underflow * (1 + a.size + b.size))

    def times(self, x: Bounded, w: Weights, *more: Bounded, brought: Floats | None = None) -> Bounded:
        """x @ w + ..., added up as one sum in any order. x: (..., d), more: (..., columns).

        `brought` is what the errors of x and of the rest amount to, (rows, columns), where more is known of them than
        their sizes.
        """
        flat, others = x.rows, [m.rows for m in more]
        value = flat.value @ w.value + sum(m.value for m in others)
        naive = flat.error @ w.size + sum(m.error for m in others)
        size = np.abs(flat.value) @ w.size + sum(np.abs(m.value) for m in others) + naive
        count = w.terms + len(more)
        underflows = count + flat.size.sum(axis=1, keepdims=True) + w.size.sum(axis=0)
        unit = _unit(flat, w, others)
        found = self._summed(value, naive, size, count, underflows, unit, brought=brought)
        return found.shaped(*x.value.shape[:-1], w.value.shape[1])

    def dots(self, a: Bounded, b: Bounded, bias: Bounded) -> Bounded:
        """Every row of a with every row of b, and a bias: (inputs, n, d), (inputs, m, d), (n, m) to (inputs, n, m)."""
        turned = b.value.swapaxes(1, 2), b.error.swapaxes(1, 2)
        value = a.value @ turned[0] + bias.value
        brought = np.abs(a.value) @ turned[1] + a.error @ (np.abs(turned[0]) + turned[1]) + bias.error
        size = np.abs(a.value) @ np.abs(turned[0]) + np.abs(bias.value) + brought
        count = a.value.shape[2] + (1.0 if bias.value.any() else 0.0)
        underflows = count + a.size.sum(axis=2)[:, :, None] + b.size.sum(axis=2)[:, None, :]
        unit = np.append(units(a.rows) * units(b.rows), units(bias)).min(initial=np.inf)
        return self._summed(value, brought, size, count, underflows, unit)

    def _summed(
        self,
        value: Floats,
        naive: Floats,
        size: Floats,
        count: Any,
        underflows: Any,
        unit: Any,
        *,
        brought: Floats | None = None,
    ) -> Bounded:
        """Sums of `count` products each, of magnitudes that add up to `size`, all multiples of `unit` where exact."""
        exact = (naive == 0) & (size * self.unit < unit) & (unit >= self.underflow)
        known = naive if brought is None else np.minimum(naive, brought)
        error = known + self.gamma(count) * size + self.underflow * underflows
        return self.made(value, np.where(exact, 0.0, error), size)


class Unsettled(Arithmetic):
    """The arithmetic of all models whose weights are each within `moved` of those that are given, zeros included."""

    def __init__(self, fmt: FloatFormat, moved: float) -> None:
        super().__init__(fmt)
        self.moved = moved

    def constant(self, value: Any) -> Bounded:
        """Rows of an embedding, or biases, each of which may have moved."""
        found = super().constant(value)
        return Bounded(found.value, (found.error + self.moved * (1 + 2 * self.unit)) * SLACK)

    def times(self, x: Bounded, w: Weights, *more: Bounded, brought: Floats | None = None) -> Bounded:
        """x @ w + ..., where every number of w may have moved; the products that this adds are rounded too."""
        found = super().times(x, w, *more, brought=brought)
        extra = self.moved * x.size.sum(axis=-1, keepdims=True) * (1 + self.gamma(x.value.shape[-1] + len(more) + 1))
        underflows = self.underflow * (x.value.shape[-1] + 1)
        return self.made(found.value, found.error + extra + underflows)


def arithmetic(fmt: FloatFormat, moved: float) -> Arithmetic:
    """The arithmetic of a model, or of all models near it."""
    return Unsettled(fmt, moved) if moved else Arithmetic(fmt)


def units(x: Bounded) -> Floats:
    """(d,) the largest power of two that the numbers without error in each column are multiples of; x: (rows, d)."""
    return grid(np.where(x.error == 0, x.value, 0.0))


def _unit(x: Bounded, w: Weights, more: Sequence[Bounded]) -> Floats:
    """(columns,) what all that is added up in a column is a multiple of."""
    out: Floats = (units(x)[:, None] * w.step).min(axis=0, initial=np.inf)
    for m in more:
        out = np.minimum(out, units(m))
    return out
