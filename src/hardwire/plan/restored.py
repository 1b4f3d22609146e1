"""Encodings with little error, for the scores of heads: bits, restored numbers, and functions of one side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..constructions import feedforward as ff
from ..constructions.feedforward import MARGIN
from ..constructions.form import Floats, Form, combine
from ..effort import loop
from ..errors import CompileError, Remedy
from ..lang.expr import ONE, ZERO, Expr, Op, node
from ..lang.function import Tabled
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value, leave
from ..rewrite.tables import tabled
from ..run.column import Column
from ..run.failure import Ints
from .choice import Cost
from .elementwise import DEARER, MOST_BESIDE
from .need import Need
from .planning import Planning

MOST_TABULATED = 400_000
"""The most entries of all tables of the functions that a selector reads: some ten seconds."""
TABULATING = "tabulating the functions that a selector reads of"
BEYOND = MARGIN + MOST_BESIDE
"""How far outside of its encodings a number may lie that stands for a failed value in a score: as far as steps
overshoot, and less than the half unit by which a key that another condition rules out stays below."""


def restored(p: Planning, e: Expr, most: float) -> Form:
    """An encoding, with its error removed by steps if it is more than `most`; a number between the encodings even where
    the expression fails."""
    form = p.form(e)
    if form.error <= most and _within(p, e, form):
        return form
    return p.neurons(ff.staircase(form, [(x, x) for x in p.encodings(e)], p.bias), e, "restoration")


def _within(p: Planning, e: Expr, form: Form) -> bool:
    if p.codes.embedded(e) or p.facts.sure(e):
        return True
    encodings, (low, high) = p.encodings(e), p.ranges.of(form)
    return low > encodings[0] - BEYOND and high < encodings[-1] + BEYOND


def bit(p: Planning, e: Expr, need: Need) -> Form:
    """1 where a condition is true, otherwise 0; with little error where selected keys share the weight."""
    truth = e if all(v in (0, 1) for v in p.facts.domain(e).values) else node(Op.WHERE, e, ONE, ZERO)
    return restored(p, truth, need.most() if need.shared else math.inf)


def features(p: Planning, side: Mapping[Expr, Column], tables: Sequence[Floats], need: Need) -> list[Form]:
    """Several functions of some expressions, each given by its small whole number for every combination of their
    values.

    Many functions of one form share its thermometer, one direction a step, where that takes no more layers and neurons
    than a direction for each.
    """
    try:
        _check_size(p, list(side), len(tables))
    except CompileError:
        if len(side) > 1:
            raise
        return _along(p, *next(iter(side.items())), tables)
    most = need.most(len(tables))
    if p.steady:  # a proof adds up the errors of all of them
        most /= math.sqrt(max(1, len(tables)))
    rows = [tuple(map(leave, row)) for row in zip(*(c.values() for c in side.values()), strict=True)]
    known, (one, col) = p.codes.known.embeddings, next(iter(side.items()))
    number = node(Op.MAP, *side, arg=Tabled(dict(zip(rows, range(len(rows)), strict=True))))
    at = p.codes.embedding(number).astype(int) if p.codes.embedded(number) else None
    along = None if at is not None or len(side) > 1 else _every_encoding(p, one, col)

    def by_itself(table: Floats) -> Form:
        e = node(Op.MAP, *side, arg=Tabled(dict(zip(rows, table.tolist(), strict=True))))
        if at is not None:  # the same for each of many functions
            known[e] = table[at]
        elif along is not None:
            p.codes.note(e, one, along[0], table[along[1]])
        return restored(p, e, most)

    thermometer = _Thermometer.of(p, one, col, tables) if len(side) == 1 else None
    if thermometer is not None and thermometer.suits:
        for i in thermometer.risen:  # the direction of a step is that of the function, if there is one
            by_itself(tables[i])
        shared = thermometer.forms(most)
        if Cost.of(*shared).layers == thermometer.layer:
            return shared  # each function by itself would need its steps too, and as many directions
    own = [by_itself(table) for table in loop(tables, TABULATING, lambda: p.title(next(iter(side)), 60))]
    if thermometer is None:
        return own
    shared = thermometer.forms(most)
    return own if _cost(own) < _cost(shared) else shared


def _every_encoding(p: Planning, e: Expr, col: Column) -> tuple[Floats, Ints] | None:
    """(the encodings of an expression, rising, where each is in a column of its values); None where two are equal, or
    some are not there."""
    domain, (xs, first) = p.facts.listed(e), np.unique([p.labels[v] for v in col.values()], return_index=True)
    return None if domain is None or not len(xs) == len(col) == len(domain) else (xs, first)


def _along(p: Planning, e: Expr, col: Column, tables: Sequence[Floats]) -> list[Form]:
    """Functions of an expression as steps along its number, which an earlier layer computes: its inputs have too many
    combinations for tables of their own. Raises CompileError where the number is not exact enough."""
    form, encodings = p.form(e), np.array([p.labels[v] for v in col.values()])
    order = np.argsort(encodings)
    if not form.error < MARGIN * np.diff(encodings[order]).min(initial=math.inf):
        raise CompileError(
            f"a selector depends on {formula(e)}, a number that is not exact enough.",
            expression=SOp(e),
            remedies=[Remedy("A smaller max_len or smaller numbers would help.")],
        )
    found = []
    for table in tables:
        points = ff.Graph.of(encodings[order], table[order])
        found.append(p.neurons(ff.staircase(form, points, p.bias), tabled({e: col}, table.tolist()), "restoration"))
    return found


def _check_size(p: Planning, side: list[Expr], tables: int) -> None:
    """Raises CompileError where the functions have too many entries in all."""
    variables = list(dict.fromkeys(v for e in side for v in p.facts.variables(e)))
    if len(variables) < 2:
        return  # an embedding, or a thermometer that the functions share
    rows = p.facts.domains.combinations(variables)
    if rows * tables > MOST_TABULATED:
        what = ", ".join(formula(e, 60) for e in side)
        raise CompileError(
            f"a selector would take {tables:,} functions of {what}, each a table of {rows:,} combinations: "
            f"{rows * tables:,} entries, and {MOST_TABULATED:,} are the most.\n"
            "  A smaller max_len, or an earlier % or comparison that narrows it, would help.",
            expression=SOp(side[0]),
        )


def _cost(forms: list[Form]) -> tuple[int, int, int]:
    cost = Cost.of(*forms)
    return cost.layers, cost.neurons, cost.directions


@dataclass(frozen=True, eq=False)
class _Thermometer:
    """Functions of one form as combinations of its steps: (functions, encodings) their numbers along the encodings
    `xs`, rising, and the indices after which some change."""

    planning: Planning
    expr: Expr
    xs: Floats
    along: Floats
    steps: list[int]

    @classmethod
    def of(cls, p: Planning, e: Expr, col: Column, tables: Sequence[Floats]) -> _Thermometer | None:
        """None where the functions are embedded, or take fewer directions by themselves."""
        if all(b.op in (Op.TOKENS, Op.INDICES) for b in p.facts.basis(e)):
            return None
        xs, first = np.unique([p.labels[v] for v in col.values()], return_index=True)
        along = np.array(tables).reshape(len(tables), len(col))[:, first]
        steps = (1 + np.flatnonzero((along[:, 1:] != along[:, :-1]).any(axis=0))).tolist()
        return None if 2 * len(tables) < len(steps) else cls(p, e, xs, along, steps)

    @property
    def layer(self) -> int:
        """The layer of neurons that can compute its steps, and any function of the encoding, if that has a form."""
        form = self.planning.free_form(self.expr)
        return 0 if form is None else form.slot.next_mlp.layer

    @property
    def risen(self) -> list[int]:
        """The functions that are a step themselves, from any number to one more."""
        rises = np.diff(self.along)
        found: list[int] = np.flatnonzero((np.count_nonzero(rises, axis=1) == 1) & (rises.sum(axis=1) == 1)).tolist()
        return found

    @property
    def suits(self) -> bool:
        """Whether the functions by themselves are steps too, and are as many: then they take no fewer neurons."""
        rises = np.diff(self.along)
        steps = np.count_nonzero(rises, axis=1)
        bends = np.count_nonzero(np.abs(np.diff(rises / np.diff(self.xs))) > ff.TINY, axis=1)
        if not self.layer or (2 * steps > len(self.xs) - 1).any() or (bends + DEARER < 2 * steps).any():
            return False  # some may be lines with bends, or steps added to a line
        return int(np.unique(self.along - self.along[:, :1], axis=0).any(axis=1).sum()) >= len(self.steps)

    def forms(self, most: float) -> list[Form]:
        """The functions."""
        p = self.planning
        values = [((leave(v),), p.labels[v]) for v in p.facts.domain(self.expr).values]
        steps = loop(self.steps, TABULATING, lambda: p.title(self.expr, 60))
        risen = [(i, self._risen(values, i, most)) for i in steps]
        rows = self.along.tolist()
        return [combine((t[0], p.bias), *((t[i] - t[i - 1], r) for i, r in risen if t[i] != t[i - 1])) for t in rows]

    def _risen(self, values: list[tuple[tuple[Value], float]], i: int, most: float) -> Form:
        """Whether an encoding is that of this index or a later one: one direction. `values`: all of them, each with its
        encoding."""
        p, x = self.planning, float(self.xs[i])
        e = node(Op.MAP, self.expr, arg=Tabled({v: float(encoding >= x) for v, encoding in values}))
        if len(values) == len(self.xs):
            p.codes.note(e, self.expr, self.xs, (self.xs >= x).astype(np.float64))
        return restored(p, e, most)
