"""Classes of equal rows of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hardwire.run.equivalence import equivalence_classes


@pytest.mark.parametrize("seed", range(60))
def test_rows_are_in_one_class_where_they_are_equal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, 200))
    sides = []
    for _ in range(rng.integers(1, 4)):
        columns = rng.integers(0, rng.integers(1, 5), (rows, rng.integers(0, 6))).astype(float)
        sides.append(columns * rng.choice([1.0, 0.5, -1.0, 1e6], columns.shape[1:]))
    first, kind = equivalence_classes(*sides)
    joined = np.concatenate(sides, axis=1)
    assert np.array_equal(kind[first], np.arange(len(first)))
    assert np.array_equal(joined[first][kind], joined)  # equal in every class
    assert len(first) <= 2 * len({tuple(row) for row in (joined + 0.0).tolist()})  # a few may be split by rounding
