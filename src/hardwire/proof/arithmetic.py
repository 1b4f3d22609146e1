"""Bounds of rounding that hold in any order of summation.

A sum or dot product of k terms, in any order and with or without fused operations, differs from the exact one by at
most gamma(k) times the sum of the magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..model.weights import Floats

WIDE = 16
"""With so many columns rows are added to rows as fast."""
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Arithmetic:
    """Floating-point numbers of one width, rounded to nearest."""

    name: str
    unit: float  # u: half the gap between 1 and the next number
    largest: float  # well below where it overflows
    tiny: float  # the smallest normal number: a product that is less may be anything up to that

    def gamma(self, terms: Any) -> Any:
        """The relative error of a sum of so many products; an array for an array."""
        rounded = terms * self.unit
        return rounded / (1 - rounded)

    @property
    def exp(self) -> float:
        """The relative error of exp: two units in the last place."""
        return 4 * self.unit


ARITHMETIC = {
    "float32": Arithmetic("float32", 2.0**-24, 1e30, 2.0**-126),
    "float64": Arithmetic("float64", 2.0**-53, 1e290, 2.0**-1022),
}


def tall(x: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """The same, column by column in memory where it has few: NumPy reduces them a hundred times as fast then."""
    return np.asfortranarray(x) if x.ndim == 2 and x.shape[1] < WIDE else x


def nonzero(x: npt.NDArray[Number]) -> npt.NDArray[np.bool_]:
    """(columns,) which columns are not 0 throughout."""
    found: npt.NDArray[np.bool_] = x[0] != 0 if len(x) == 1 else np.logical_or.reduce(tall(x), axis=0)
    return found


def terms(matrix: Floats) -> Floats:
    """How many products each column of a matrix makes: those with 0 add nothing and round nothing, nor does a power of
    two alone."""
    count: Floats = np.add.reduce(matrix != 0, axis=0, dtype=np.float64)
    alone = count == 1
    if np.count_nonzero(alone):
        count[alone & (np.frexp(np.abs(matrix).sum(axis=0))[0] == 0.5)] = 0.0
    return count


MANTISSA, EXPONENT = 2**52 - 1, 0x7FF << 52
"""Which bits of a number in float64 are which."""


def step(x: Floats) -> Floats:
    """The largest power of two that each number is a multiple of; inf for 0."""
    bits = x.view(np.int64)
    whole = bits & MANTISSA | 2**52
    found: Floats = (whole & -whole) * ((bits & EXPONENT).view(np.float64) * 2.0**-52)
    return np.where(x == 0, np.inf, found)


def grid(x: Floats) -> Floats:
    """(columns,) the largest power of two that every number of a column is a multiple of; inf where all are 0."""
    found: Floats = tall(step(x)).min(axis=0, initial=np.inf)
    return found
