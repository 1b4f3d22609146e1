"""Equivalence classes of rows of numbers: one representative stands for all rows that are equal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .column import kinds
from .failure import Ints

Floats = npt.NDArray[np.float64]

MIXED = 2 + np.sin(np.arange(1, 65))
"""Factors with which different rows of numbers nearly always have different sums of products."""
FEW_ROWS = 64
"""So few states are examined one by one."""
FEW_COLUMNS = 8
"""How many columns of small integers distinguish rows without sorting."""


def equivalence_classes(*arrays: Floats) -> tuple[Ints, Ints]:
    """Return (a representative row of each class, the class of each row) of arrays side by side, (rows, any) each."""
    many = len(arrays[0])
    if not many:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    sides = [np.ascontiguousarray(a.reshape(many, -1).T, np.float64) for a in arrays]
    varying = [column for side in sides for column in side if np.count_nonzero(column != column[0])]
    # Small integers need no sorting, and columns often distinguish the same rows.
    first, kind = kinds((), many)
    coded, left = 0, list[Floats]()
    for column in varying:
        if coded and not _differ(column, first, kind):
            continue
        some = _small_integers(column) if coded < FEW_COLUMNS else None
        if some is None:
            left.append(column)
        else:
            coded, (first, kind) = coded + 1, kinds([(kind, len(first)), some], many)
    left = [column for column in left if _differ(column, first, kind)]
    if not left:
        return first, kind
    columns = np.array(varying)
    # Sorting one number of each row is faster; whether it distinguishes all rows is checked.
    if len(columns) <= len(MIXED):
        _, first, kind = np.unique(MIXED[: len(columns)] @ columns, return_index=True, return_inverse=True)
        if np.array_equal(columns.take(first, axis=1).take(kind, axis=1), columns):
            return first, kind
    rows = np.ascontiguousarray(columns.T + 0.0)  # -0.0 and 0.0 are one
    joined = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, kind = np.unique(joined, return_index=True, return_inverse=True)
    return first, kind


def _differ(column: Floats, first: Ints, kind: Ints) -> bool:
    """Whether some rows of one class differ in a column."""
    return bool(np.count_nonzero(column.take(first).take(kind) != column))


def _small_integers(numbers: Floats) -> tuple[Ints, int] | None:
    """(a code of each number, how many codes there are); None for fractions, and for too wide a range."""
    low, high = numbers.min(), numbers.max()
    if not high - low <= len(numbers):
        return None
    above = numbers - low
    codes = above.astype(np.int64)
    return None if np.count_nonzero(codes != above) else (codes, int(high - low) + 1)
