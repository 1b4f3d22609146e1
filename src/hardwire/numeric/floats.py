"""Floating-point formats: everything that the compiler, the recipes and the proof assume of float32 and float64.

A sum or dot product of n terms, in any order and with or without fused operations, differs from the exact one by at
most gamma(n) times the sum of the magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from ..errors import ModelError

Floats = npt.NDArray[Any]
"""An array of float32 or float64."""
EXP_UNITS = 4
"""The relative error of exp in unit roundoffs: two units in the last place; good libraries stay below."""


@dataclass(frozen=True)
class FloatFormat:
    """A binary floating-point format that rounds to nearest, and what may be assumed of arithmetic in it."""

    name: str
    unit: float
    """The unit roundoff u: half the distance between 1 and the next number."""
    tiny: float
    """The smallest normal number: a product below it may be rounded to anything up to it."""
    largest: float
    """The largest magnitude that a proof by structure allows in a model, well below overflow."""
    underflow: float
    """A bound of what one operation loses to underflow, whether a machine has subnormal numbers or replaces them by 0.
    In float64 it leaves room for the bounds, which are float64 numbers themselves."""
    overflow: float
    """No operation overflows while all magnitudes stay below this; in float64 nor does the computation of its bound."""
    self_score: float
    """The score that the compiler gives BOS as a query for its own key, so that all its attention stays there."""
    exp_is_zero: float
    """exp(-x) is 0 for every x from here on, which is what a proof requires of `self_score`."""

    @property
    def exact_integers(self) -> int:
        """Every integer up to this magnitude has an exact representation: 2^24 in float32, 2^53 in float64."""
        return int(1 / self.unit)

    @property
    def exp_error(self) -> float:
        """The relative error of exp."""
        return EXP_UNITS * self.unit

    @property
    def least_weight(self) -> float:
        """The smallest weight that a proof by structure allows: products of two of them are normal numbers."""
        return float(self.tiny ** (60 / 126))

    @property
    def subnormal(self) -> float:
        """The smallest positive number."""
        return 2 * self.unit * self.tiny

    @property
    def numpy(self) -> np.dtype[Any]:
        """The same format as a NumPy dtype."""
        return np.dtype(self.name)

    @overload
    def gamma(self, terms: float | np.integer[Any]) -> float: ...
    @overload
    def gamma(self, terms: Floats) -> Floats: ...
    def gamma(self, terms: float | np.integer[Any] | Floats) -> float | Floats:
        """The relative error of a sum of so many products, n u / (1 - n u); an array for an array."""
        rounded: float | Floats = terms * self.unit
        return rounded / (1 - rounded)

    def adds_exactly(self, size: float | Floats, step: float | Floats) -> Any:
        """Whether multiples of a power of two, `step`, whose magnitudes add up to `size` have an exact sum in any
        order."""
        return size * self.unit <= step

    def exp(self, x: float) -> float:
        """exp of a number, both rounded to this format."""
        return float(np.exp(np.float32(x))) if self.numpy == np.float32 else math.exp(x)


FLOAT32 = FloatFormat(
    name="float32",
    unit=2.0**-24,
    tiny=2.0**-126,
    largest=1e30,
    underflow=2.0**-126,
    overflow=2.0**127,
    self_score=120.0,
    exp_is_zero=110.0,
)
FLOAT64 = FloatFormat(
    name="float64",
    unit=2.0**-53,
    tiny=2.0**-1022,
    largest=1e290,
    underflow=2.0**-960,
    overflow=2.0**1000,
    self_score=800.0,
    exp_is_zero=760.0,
)
FORMATS = (FLOAT32, FLOAT64)
"""The formats that a model's weights may have, the narrowest first."""


def float_format(name: str) -> FloatFormat:
    """Return the format of that name. Raises ModelError."""
    for known in FORMATS:
        if known.name == name:
            return known
    raise ModelError(f"dtype is {name!r}; it is one of {', '.join(f.name for f in FORMATS)}")


def model_arithmetic() -> np.errstate:
    """The handling of floating-point errors in a forward pass, whatever the caller's settings of NumPy are.

    A result that is too small for a float is 0. Invalid operations are not reported: with a matrix of one column, some
    BLAS compute on memory beside it too, and report what they find there, although every result is right. A model's own
    invalid operations follow from an overflow, which is reported.
    """
    return np.errstate(under="ignore", invalid="ignore")
