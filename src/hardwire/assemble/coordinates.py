"""Coordinates: where each residual direction is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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
    rise = {d: float(np.ptp(tables[d])) for d in embedded}
    by, independent = _combinations(tables, sorted(embedded, key=lambda d: rise[d]))
    if not independent:
        # One that is a tenth of another is no integer combination; begin with those that rise seldom.
        seldom = sorted(embedded, key=lambda d: (int(np.count_nonzero(np.diff(tables[d]))), rise[d]))
        by = max(by, _combinations(tables, seldom)[0], key=len)
    return by


def _combinations(
    tables: Mapping[Direction, Floats], directions: Sequence[Direction]
) -> tuple[dict[Direction, dict[Direction, float]], bool]:
    """(those that are integer combinations of earlier ones, whether no other is a combination of earlier ones)"""
    stay: list[Direction] = []
    by: dict[Direction, dict[Direction, float]] = {}
    orthonormal, rank = np.zeros((len(directions), max(map(len, tables.values()), default=0))), 0
    for d in directions:
        table, span = tables[d], orthonormal[:rank]
        rest = table - (span @ table) @ span
        rest = rest - (span @ rest) @ span
        size = math.sqrt(rest @ rest)
        if size > OUTSIDE * math.sqrt(table @ table):
            stay.append(d)
            orthonormal[rank] = rest / size
            rank += 1
        elif (found := _combination(tables, d, stay)) is None:
            stay.append(d)
        else:
            by[d] = found
    return by, rank == len(stay)


def _combination(
    tables: Mapping[Direction, Floats], d: Direction, others: Sequence[Direction]
) -> dict[Direction, float] | None:
    """A direction as an integer combination of others; None where there is none."""
    if not others:
        return None
    rest = np.stack([tables[o] for o in others], axis=1)
    factors = np.round(np.linalg.lstsq(rest, tables[d], rcond=None)[0])
    if not np.array_equal(rest @ factors, tables[d]):
        return None
    return {o: float(f) for o, f in zip(others, factors, strict=True) if f}


def _rows(embedded: Sequence[Direction]) -> dict[Direction, Floats]:
    """The values of each direction for every (token, position) pair, as far as sums of the two tables go."""
    sources = {d: d.source for d in embedded if isinstance(d.source, Embedding)}
    size = max((len(s.token) for s in sources.values() if s.token is not None), default=1)
    max_len = max((len(s.position) for s in sources.values() if s.position is not None), default=1)
    rows = {}
    for d, s in sources.items():
        token = np.zeros(size) if s.token is None else s.token
        position = np.zeros(max_len) if s.position is None else s.position
        rows[d] = np.concatenate([token + position[0], token[0] + position])
    return rows
