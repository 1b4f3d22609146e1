"""Grids of numbers: the powers of two that they are multiples of.

A sum of multiples of one power of two is exact, in any order, while it needs no more digits than the format has.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .floats import Floats

WIDE = 16
"""From so many columns on, NumPy reduces an array in row order as fast."""
Number = TypeVar("Number", bound=np.generic)


def tall(x: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return the array in column order if it has few columns: NumPy reduces it a hundred times as fast then."""
    return np.asfortranarray(x) if x.ndim == 2 and x.shape[1] < WIDE else x


def nonzero(x: npt.NDArray[Number]) -> npt.NDArray[np.bool_]:
    """(columns,) True for each column that has a number other than 0."""
    found: npt.NDArray[np.bool_] = x[0] != 0 if len(x) == 1 else np.logical_or.reduce(tall(x), axis=0)
    return found


def terms(matrix: Floats) -> Floats:
    """(columns,) the number of products in a sum over each column that may be rounded.

    A product with 0 adds nothing and rounds nothing, and neither does a power of two that is alone in its column.
    """
    count: Floats = np.add.reduce(matrix != 0, axis=0, dtype=np.float64)
    alone = count == 1
    if np.count_nonzero(alone):
        count[alone & (np.frexp(np.abs(matrix).sum(axis=0))[0] == 0.5)] = 0.0
    return count


def powers_of_two(x: Floats) -> npt.NDArray[np.bool_]:
    """Whether each number is a power of two, or minus one: a product with it is not rounded."""
    found: npt.NDArray[np.bool_] = np.frexp(np.abs(x))[0] == 0.5
    return found


MANTISSA, EXPONENT = 2**52 - 1, 0x7FF << 52
"""The bits of a float64 number that hold its mantissa and its exponent."""


def step(x: Floats) -> Floats:
    """The largest power of two that each number is a multiple of; inf for 0."""
    bits = x.view(np.int64)
    whole = bits & MANTISSA | 2**52
    found: Floats = (whole & -whole) * ((bits & EXPONENT).view(np.float64) * 2.0**-52)
    return np.where(x == 0, np.inf, found)


def grid(x: Floats) -> Floats:
    """(columns,) the largest power of two that every number of a column is a multiple of; inf for a column of 0."""
    found: Floats = tall(step(x)).min(axis=0, initial=np.inf)
    return found
