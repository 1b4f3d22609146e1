"""Numbers with a bound beside each: how far what a machine computes may be from what is computed here.

A `Bounded` says: in whatever order a machine adds up, fused or not, it has something within `error` of `value`.
Values are computed in float64, and the rounding of that is part of the error. An error of 0 is a promise too: every
machine has exactly this number, because it and every sum on the way to it are multiples of one power of two, and
small enough to need no rounding. Hard attention, where equal scores share the weight, rests on that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import CertificateError
from ..model.weights import Floats
from .arithmetic import ARITHMETIC, grid, step, terms

OWN = ARITHMETIC["float64"]
"""The arithmetic of this proof."""
SLACK = 1 + 2.0**-30
"""Bounds are computed in float64 too: no formula here takes so many steps that their rounding adds up to this."""
TINY = {"float32": 2.0**-126, "float64": 2.0**-960}
"""What underflow may cost an operation, whether the machine has subnormal numbers or takes them for 0."""
LARGEST = {"float32": 2.0**127, "float64": 2.0**1000}
"""Below this nothing overflows."""


@dataclass(frozen=True, eq=False)
class Bounded:
    """Numbers, and a bound of the error of each: arrays of one shape."""

    value: Floats
    error: Floats

    @property
    def size(self) -> Floats:
        """How large each may be."""
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
    """A matrix of a model, (d, columns), with what bounds need to know of it."""

    def __init__(self, w: Floats) -> None:
        self.value: Floats = w.astype(np.float64)
        self.size: Floats = np.abs(self.value)
        self.terms = terms(self.value)
        # inf for 0; 0, so that nothing is exact, where a machine may take a number for 0
        self.step = np.where((self.size > 0) & (self.size < TINY["float32"]), 0.0, step(self.value))


class Arithmetic:
    """The operations of float32 or float64, in any order of summation. They raise CertificateError where a number
    may be too large."""

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.rounded = ARITHMETIC[dtype]
        self.unit, self.tiny, self.largest = self.rounded.unit, TINY[dtype], LARGEST[dtype]

    def constant(self, value: Any) -> Bounded:
        """Numbers as they are, where the arithmetic has them; else rounded."""
        value = np.asarray(value, np.float64)
        kept = (value.astype(self.dtype) == value) & ((np.abs(value) >= self.tiny) | (value == 0))
        return Bounded(value, np.where(kept, 0.0, self.unit * np.abs(value) + self.tiny))

    def made(self, value: Floats, error: Floats, size: Floats | None = None) -> Bounded:
        """A result; `size` bounds what was added up for it."""
        top = float((np.abs(value) + error if size is None else size).max(initial=0.0))
        if not top < self.largest:
            raise CertificateError(f"numbers of {top:.3g} may be too large for {self.dtype}")
        return Bounded(value, error * SLACK)

    def gamma(self, count: Any) -> Any:
        """The relative error of a sum of so many products, in the shipped arithmetic and in this one."""
        return self.rounded.gamma(count) + OWN.gamma(count)

    def add(self, a: Bounded, b: Bounded) -> Bounded:
        """a + b, rounded once. Where both are exact and the arithmetic has the sum, the nearest number is the sum."""
        value, brought = a.value + b.value, a.error + b.error
        exact = (brought == 0) & (self.constant(value).error == 0)
        error = brought + self.gamma(1) * (np.abs(value) + brought) + self.tiny
        return self.made(value, np.where(exact, 0.0, error))

    def multiply(self, a: Bounded, b: Bounded) -> Bounded:
        """a * b, rounded once."""
        brought = a.size * b.error + a.error * np.abs(b.value)
        size = np.abs(a.value * b.value) + brought
        return self.made(a.value * b.value, brought + self.gamma(1) * size + self.tiny * (1 + a.size + b.size))

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
        underflow = count + flat.size.sum(axis=1, keepdims=True) + w.size.sum(axis=0)
        unit = _unit(flat, w, others)
        found = self._summed(value, naive, size, count, underflow, unit, brought)
        return found.shaped(*x.value.shape[:-1], w.value.shape[1])

    def dots(self, a: Bounded, b: Bounded, bias: Bounded) -> Bounded:
        """Every row of a with every row of b, and a bias: (inputs, n, d), (inputs, m, d), (n, m) to (inputs, n, m)."""
        turned = b.value.swapaxes(1, 2), b.error.swapaxes(1, 2)
        value = a.value @ turned[0] + bias.value
        brought = np.abs(a.value) @ turned[1] + a.error @ (np.abs(turned[0]) + turned[1]) + bias.error
        size = np.abs(a.value) @ np.abs(turned[0]) + np.abs(bias.value) + brought
        count = a.value.shape[2] + (1.0 if bias.value.any() else 0.0)
        underflow = count + a.size.sum(axis=2)[:, :, None] + b.size.sum(axis=2)[:, None, :]
        unit = np.append(units(a.rows) * units(b.rows), units(bias)).min(initial=np.inf)
        return self._summed(value, brought, size, count, underflow, unit)

    def _summed(
        self,
        value: Floats,
        naive: Floats,
        size: Floats,
        count: Any,
        underflow: Any,
        unit: Any,
        brought: Floats | None = None,
    ) -> Bounded:
        """Sums of `count` products each, of magnitudes that add up to `size`, all multiples of `unit` where exact."""
        exact = (naive == 0) & (size * self.unit < unit) & (unit >= self.tiny)
        known = naive if brought is None else np.minimum(naive, brought)
        error = known + self.gamma(count) * size + self.tiny * underflow
        return self.made(value, np.where(exact, 0.0, error), size)


def units(x: Bounded) -> Floats:
    """(d,) the largest power of two that the numbers without error in each column are multiples of; x: (rows, d)."""
    return grid(np.where(x.error == 0, x.value, 0.0))


def _unit(x: Bounded, w: Weights, more: Sequence[Bounded]) -> Floats:
    """(columns,) what all that is added up in a column is a multiple of."""
    out: Floats = (units(x)[:, None] * w.step).min(axis=0, initial=np.inf)
    for m in more:
        out = np.minimum(out, units(m))
    return out
