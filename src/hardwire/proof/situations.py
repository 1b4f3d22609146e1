"""Situations: what the variables of a program can be at one position.

A variable is a leaf (the token, the position, a list) or an aggregate; everything else at a position is a function
of these. What depends on position and length alone is enumerated jointly, for every length; other variables are
combined freely, which may give situations that never occur and never leaves out one that does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ..compiler.analyse import Analysis
from ..errors import CertificateError
from ..lang.expr import Expr, Op, node
from ..lang.text import formula
from ..model.weights import Floats
from ..run.column import Column, codes_of
from ..run.failure import Ints

TOKENS, INDICES = node(Op.TOKENS), node(Op.INDICES)
MOST = 2_000_000
"""The most situations that are looked at together."""


@dataclass(frozen=True, eq=False)
class Situations:
    """Values of some variables, a situation a row.

    `token` and `position` are rows of the embedding tables, None where these are no variables.
    """

    size: int
    columns: Mapping[Expr, Column]
    number: Callable[[Expr], Callable[[object], float]]
    token: Ints | None
    position: Ints | None
    _labels: dict[Expr, Floats] = field(default_factory=dict)

    def labels(self, v: Expr) -> Floats:
        """(rows,) the numbers that the values of an aggregate are held as."""
        if v not in self._labels:
            column = self.columns[v]
            if column.kind in "bif":
                self._labels[v] = column.data.astype(np.float64)
            else:
                codes, table = codes_of(column)
                number = self.number(v)
                self._labels[v] = np.array([number(x) for x in table] or [0.0])[codes]
        return self._labels[v]


class World:
    """Makes situations from the value sets of the analysis. `number(variable)` labels the values of an aggregate."""

    def __init__(self, facts: Analysis, number: Callable[[Expr], Callable[[object], float]]) -> None:
        self.facts, self.number = facts, number
        self._made: dict[frozenset[Expr], Situations] = {}

    def of(self, variables: Iterable[Expr]) -> Situations:
        """All situations of these variables. Raises CertificateError where they are too many."""
        key = frozenset(variables)
        if key not in self._made:
            self._made[key] = self._make(sorted(key, key=formula))
        return self._made[key]

    def _make(self, variables: list[Expr]) -> Situations:
        facts = self.facts
        placed = [v for v in variables if facts.token_free(v) and facts.can_enumerate]
        columns: dict[Expr, Column] = facts.mesh(placed) if placed else {}
        size = len(next(iter(columns.values()))) if columns else 1
        for v in variables:
            if v in columns:
                continue
            domain = facts.domain(v)
            many = len(domain)
            if size * many > MOST:
                sizes = ", ".join(f"{formula(x, 40)} {len(facts.domain(x)):,}" for x in variables)
                raise CertificateError(f"more than {MOST:,} situations are too many to check: {sizes}", expression=v)
            columns = {x: c.take(np.repeat(np.arange(size), many)) for x, c in columns.items()}
            columns[v] = domain.column.take(np.tile(np.arange(many), size))
            size *= many
        token = codes_of_tokens(columns[TOKENS], facts) if TOKENS in columns else None
        position = columns[INDICES].data.astype(np.int64) if INDICES in columns else None
        return Situations(size, columns, self.number, token, position)


def codes_of_tokens(column: Column, facts: Analysis) -> Ints:
    """The place of each token in the vocabulary."""
    codes, table = codes_of(column)
    place = {(type(v), v): i for i, v in enumerate(facts.vocab)}
    used = set(np.unique(codes).tolist())
    return np.array([place[type(v), v] if i in used else 0 for i, v in enumerate(table)], np.int64)[codes]


def distinct(*arrays: Floats) -> tuple[Ints, Ints]:
    """(the first row of each kind, the kind of each row) of arrays side by side, (rows, any) each."""
    joint = np.ascontiguousarray(np.hstack([a.reshape(len(a), -1).astype(np.float64) for a in arrays]))
    varied = joint[:, np.ptp(joint, axis=0) != 0] if len(joint) else joint
    if not varied.shape[1]:
        return np.arange(min(1, len(joint))), np.zeros(len(joint), np.int64)
    varied = np.ascontiguousarray(varied + 0.0)  # -0.0 and 0.0 are one
    rows = varied.view(np.dtype((np.void, varied.dtype.itemsize * varied.shape[1]))).ravel()
    _, first, kind = np.unique(rows, return_index=True, return_inverse=True)
    return first, kind


def most(values: Floats, kind: Ints, kinds: int) -> Floats:
    """(kinds,) the greatest value of the rows of each kind."""
    out = np.full(kinds, -np.inf)
    np.maximum.at(out, kind, values)
    return out
