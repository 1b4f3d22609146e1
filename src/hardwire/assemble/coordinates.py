"""Coordinates: where each residual direction is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..constructions.form import Direction, Floats, Form
from ..constructions.sources import Embedding

OUTSIDE = 2.0**-30
"""A table farther than this from every combination of others, relative to its size, is not one of them."""


@dataclass(frozen=True)
class Coordinates:
    """The coordinate of each direction that has one, and the directions that are combinations of these. Coordinates are
    their directions times `units`, if there are any."""

    index: Mapping[Direction, int]
    by: Mapping[Direction, Mapping[Direction, float]]
    units: Floats | None = None

    @property
    def width(self) -> int:
        """d_model."""
        return 1 + max(self.index.values(), default=-1)

    def columns(self, forms: Sequence[Form]) -> Floats:
        """Forms as the columns of a matrix, (d_model, forms). Raises KeyError if a direction has no coordinate."""
        out = np.zeros((self.width, len(forms)))
        for j, form in enumerate(forms):
            for d, c in form.terms.items():
                if d in self.index:
                    out[self.index[d], j] += c
                else:
                    for base, factor in self.by[d].items():
                        out[self.index[base], j] += c * factor
        return out if self.units is None else out / self.units[:, None]

    def bases(self, d: Direction) -> Mapping[Direction, float]:
        """The directions with coordinates that a direction is a combination of."""
        return self.by.get(d, {d: 1.0})

    def hold(self, form: Form) -> bool:
        """Whether there are coordinates for every direction of a form."""
        return all(d in self.index or d in self.by for d in form.terms)


def redundant(embedded: Sequence[Direction]) -> dict[Direction, dict[Direction, float]]:
    """Embedding directions that are integer combinations of others (a digit and its square of the thermometer of that
    digit): each with its combination, in directions that stay. A direction of its own is neither."""
    embedded = [d for d in embedded if not d.own]
    tables = _rows(embedded)
    # Small steps first: what rises further is a sum of them, not the other way round.
    rise = np.ptp(tables, axis=1)
    by, independent = _combinations(tables, np.argsort(rise, kind="stable"))
    if not independent:
        # One that is a tenth of another is no integer combination; begin with those that rise seldom.
        seldom = np.lexsort((rise, np.count_nonzero(np.diff(tables), axis=1)))
        by = max(by, _combinations(tables, seldom)[0], key=len)
    return {embedded[i]: {embedded[j]: f for j, f in found.items()} for i, found in by.items()}


def _combinations(tables: Floats, order: npt.NDArray[np.int64]) -> tuple[dict[int, dict[int, float]], bool]:
    """(the rows that are integer combinations of others that come earlier in the order, whether no other row is a
    combination of these)"""
    stay: list[int] = []
    by: dict[int, dict[int, float]] = {}
    orthonormal, upper, rank = np.zeros(tables.shape), np.zeros((len(tables), len(tables))), 0
    for i in order.tolist():
        table, span = tables[i], orthonormal[:rank]
        shares = span @ table
        rest = table - shares @ span
        more = span @ rest
        rest = rest - more @ span
        size, shares = math.sqrt(rest @ rest), shares + more
        if size > OUTSIDE * math.sqrt(table @ table):
            orthonormal[rank], upper[:rank, rank], upper[rank, rank] = rest / size, shares, size
            rank += 1
        elif stay:
            found: Floats = np.linalg.solve(upper[:rank, :rank], shares).round() if rank == len(stay) else np.zeros(0)
            if rank < len(stay):
                found = np.linalg.lstsq(tables[stay].T, table, rcond=None)[0].round()
            if np.array_equal(found @ tables[stay], table):
                by[i] = {j: f for j, f in zip(stay, found.tolist(), strict=True) if f}
                continue
        stay.append(i)
    return by, rank == len(stay)


def _rows(embedded: Sequence[Direction]) -> Floats:
    """(directions, rows) the values of each direction for every (token, position) pair, as far as sums of the two
    tables go."""
    sources = [d.source for d in embedded if isinstance(d.source, Embedding)]
    size = max((len(s.token) for s in sources if s.token is not None), default=1)
    max_len = max((len(s.position) for s in sources if s.position is not None), default=1)
    rows = np.zeros((len(sources), size + max_len))
    for row, s in zip(rows, sources, strict=True):
        if s.token is not None:
            row[:size], row[size:] = s.token, s.token[0]
        if s.position is not None:
            row[:size] += s.position[0]
            row[size:] += s.position
    return rows
