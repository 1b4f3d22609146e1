"""The enumeration of state spaces: every combination of values that can occur, and few that cannot.

Variables that depend on position and length alone are enumerated together, for every length. Other variables are
combined freely, except where one is a function of others: this may add states that never occur, and never omits one
that does.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..analysis import Facts
from ..analysis.one_key import at_one_key, key_of
from ..analysis.together import possible, possible_look_ups
from ..effort import reserve
from ..errors import CertificateError
from ..lang.expr import Expr, Op
from ..lang.selectors import LENGTH
from ..lang.text import formula
from ..lang.values import Value
from ..numeric.floats import Floats
from ..run.column import Column, concatenate
from ..run.column import column as made_column
from ..run.failure import Failed, Ints
from .states import SameNumber, StateSpace, Variable, encoded, or_nan, values_in
from .strategy import DEFAULT_LIMITS, Limits, VariableChoice

Listed = tuple[Column, list[float], Ints]
"""A freely combined variable: its values, and rows without one for its fallbacks; if it has fallbacks, the number that
encodes each of these rows; and the place of each among all values of the variable."""


@dataclass(frozen=True, eq=False)
class StateSpaces:
    """The state spaces of a program, given the parts that are `proved`. `same` says of a part which other is stored
    as the same number, and `originals` parts of the rewritten program to the user's expressions, for messages."""

    facts: Facts
    program: Expr
    limits: Limits = DEFAULT_LIMITS
    originals: Mapping[Expr, Expr] = field(default_factory=dict)
    proved: Mapping[Expr, Variable] = field(default_factory=dict)
    same: Mapping[Expr, SameNumber] = field(default_factory=dict)
    _made: dict[frozenset[Expr], StateSpace] = field(default_factory=dict)

    def learn(self, e: Expr, variable: Variable, same: SameNumber | None = None) -> StateSpaces:
        """The same with another proved part. State spaces with this part are enumerated again."""
        made = {key: space for key, space in self._made.items() if e not in key}
        other = self.same if same is None else {**self.same, e: same}
        return replace(self, proved={**self.proved, e: variable}, same=other, _made=made)

    @cached_property
    def parts(self) -> tuple[Expr, ...]:
        """All parts of the program in order of evaluation."""
        return tuple(self.program.walk())

    @cached_property
    def _places(self) -> dict[Expr, int]:
        return {e: i for i, e in enumerate(self.parts)}

    def variables(self, e: Expr, kind: VariableChoice = "proved") -> frozenset[Expr]:
        """The variables of which a sop is a function."""
        found: set[Expr] = set()
        stack, seen = [e], {e}
        while stack:
            x = stack.pop()
            if x.op.variable or (x in self.proved and kind == "proved"):
                found.add(x)
                continue
            stack += [s for s in x.src if s not in seen]
            seen.update(x.src)
        return frozenset(found)

    def of(self, variables: Iterable[Expr]) -> StateSpace:
        """The state space of these variables. Raises CertificateError where it is too large."""
        key = frozenset(variables)
        if key not in self._made:
            self._made[key] = self._enumerate(sorted(key, key=self._rank))
        return self._made[key]

    def combinations(self, variables: Iterable[Expr]) -> int:
        """How many combinations of their values there are."""
        return math.prod(len(self._values(v)) + (not self.facts.sure(v)) for v in variables)

    def _rank(self, v: Expr) -> tuple[int, str]:
        """An order of all variables that is the same in every run."""
        return (self._places[v], "") if v in self._places else (-1, formula(v))

    def _enumerate(self, variables: list[Expr]) -> StateSpace:
        facts = self.facts
        placed = [v for v in variables if facts.token_free(v) and facts.tables.complete and not self._has_fallback(v)]
        columns = self._placed(placed) if placed else {}
        free, decided = self._order([v for v in variables if v not in columns], frozenset(variables))
        space = self._combined(columns, free, variables)
        while decided:  # each as soon as what decides it is there
            v = next((v for v in decided if self._is_decided(v, space.columns.keys())), None)
            if v is None:
                raise CertificateError("parts that are stored as one number are functions of each other")
            decided.remove(v)
            if v in self.same and self.same[v].expr in space.columns:
                column, met = self.same[v].of(space.columns[self.same[v].expr])
                space = space.with_column(v, column).take(np.flatnonzero(met))
            else:
                space = self._decided(v, space)
        space = self._possible(space)
        if space.size > self.limits.states:
            raise self._too_many(variables)
        return space

    def _combined(self, columns: dict[Expr, Column], free: list[Expr], variables: list[Expr]) -> StateSpace:
        """Every combination of what columns hold already and of the values of `free` variables."""
        size = len(next(iter(columns.values()))) if columns else 1
        axes = [(axis, len(next(iter(axis.values()))[0])) for axis in self._axes(free)]
        many = math.prod(length for _, length in axes)
        if size * many > self.limits.combinations:
            raise self._too_many(variables)
        reserve(16.0 * size * many * len(variables), f"{size * many:,} abstract states", CertificateError)
        if many != 1 and columns:
            placed_at = np.repeat(np.arange(size), many)
            columns = {x: c.take(placed_at) for x, c in columns.items()}
        numbers: dict[Expr, Floats] = {}
        rows: dict[Expr, Ints] = {}
        size *= many
        for axis, length in axes:
            many //= max(1, length)
            at = np.arange(length)
            if length != size:  # each row `many` times in a row, and all of them repeatedly
                often = size // max(1, many * length)
                at = at.repeat(many)[None].repeat(often, axis=0).ravel()
            for v, (column, encodings, places) in axis.items():
                columns[v] = column if length == size else column.take(at)
                rows[v] = places[at]
                if encodings:
                    numbers[v] = np.array(encodings)[at]
        return StateSpace(size, columns, self.proved, rows, numbers)

    def _axes(self, free: list[Expr]) -> list[dict[Expr, Listed]]:
        """Free variables, those together that look up one key and so have one of several rows of values."""
        axes: list[dict[Expr, Listed]] = []
        groups: dict[Hashable, list[Expr]] = {}
        for v in free:
            key = None if self._has_fallback(v) else key_of(v, self.facts)
            groups.setdefault(v if key is None else key, []).append(v)
        for group in groups.values():
            values = {v: self._values(v) for v in group}
            joint = at_one_key(values, self.facts) if len(group) > 1 else None
            if not joint:
                axes += [{v: self._listed(v)} for v in group]
                continue
            places = dict(zip(group, np.array(joint, np.int64).T, strict=True))
            axes.append({v: (made_column([values[v][i] for i in p]), [], p) for v, p in places.items()})
        return axes

    def _decided(self, v: Expr, space: StateSpace) -> StateSpace:
        """With a variable that is a function of the others; where it is undefined, with each of its fallbacks."""
        column = values_in(v, self.facts, space)
        failed, fallback = ~column.ok(), np.array(self.proved[v].fallback)
        if not (failed.any() and len(fallback)):
            return space.with_column(v, column)
        times = np.where(failed, len(fallback), 1)
        states = np.repeat(np.arange(space.size), times)
        which = np.arange(len(states)) - np.repeat(np.cumsum(times) - times, times)
        column, failed = column.take(states), failed[states]
        numbers = np.where(failed, fallback[np.where(failed, which, 0)], encoded(column, self.proved[v].encoding))
        return space.take(states).with_column(v, column, numbers)

    def _placed(self, variables: list[Expr]) -> dict[Expr, Column]:
        """What variables that depend on no token can be together, for every position and length. One that may be
        undefined keeps states without it: a function of it may be defined all the same (`True | x`)."""
        columns = self.facts.mesh(variables, failing=not all(map(self.facts.sure, variables)))
        defined = [columns[v].ok() for v in variables if v in self.proved]  # without fallback: always defined
        keep = np.logical_and.reduce(defined) if defined else True
        return columns if np.all(keep) else {v: c.take(np.flatnonzero(keep)) for v, c in columns.items()}

    def _listed(self, v: Expr) -> Listed:
        """All values that a variable can have, and rows without one for its fallbacks."""
        values = self._values(v)
        if self._has_fallback(v):
            proved = self.proved[v]
            numbers = [*(or_nan(proved.encoding, x) for x in values), *proved.fallback]
            return _with_failed(made_column(values), len(proved.fallback)), numbers, np.arange(len(numbers))
        domain = self.facts.domain(v)
        column = domain.column if values is domain.values else made_column(values)
        if v not in self.proved and not self.facts.sure(v):
            column = _with_failed(column, 1)
        return column, [], np.arange(len(column))

    def _order(self, variables: list[Expr], among: frozenset[Expr]) -> tuple[list[Expr], list[Expr]]:
        """(the variables to combine freely, the functions of other variables `among` them)"""
        if all(v not in self.same and v.op.variable for v in variables):
            return variables, []
        ordered = sorted(variables, key=lambda v: (v not in self.same, sum(1 for _ in v.walk())))
        decided = [v for v in ordered if self._is_decided(v, among)]
        return [v for v in variables if v not in decided], decided

    def _is_decided(self, v: Expr, among: Set[Expr]) -> bool:
        """Whether a variable is a function of others."""
        if v in self.same and self.same[v].expr in among:
            return True
        if v.op.variable:
            return False
        direct = {b for s in v.src for b in self.variables(s)}
        return direct <= among or self.variables(v, "leaves") <= among

    def _too_many(self, variables: list[Expr]) -> CertificateError:
        sizes = ", ".join(f"{len(self._values(x)):,} of {self.named(x, 40)}" for x in variables)
        return CertificateError(
            f"there are more than {self.limits.states:,} abstract states, by the numbers of values: {sizes}; use a "
            "smaller max_len or vocabulary, or bound the values with `%` or `where`"
        )

    def named(self, e: Expr, width: int) -> str:
        """A part of the program for people: as the user wrote it, or else with the user's names."""
        if e in self.originals:
            return formula(self.originals[e], width)
        names = {new: str(old.arg) for new, old in self.originals.items() if old.op is Op.NAME}
        names.setdefault(LENGTH, "length")
        return formula(e, width, names)

    def _values(self, v: Expr) -> tuple[Value, ...]:
        known = self.proved[v].values if v in self.proved else None
        return self.facts.domain(v).values if known is None else known

    def _possible(self, space: StateSpace) -> StateSpace:
        """The states that can occur."""
        if all(v.op.leaf for v in space.columns):
            return space
        keep = possible_look_ups(space.columns, self.facts)
        together = possible(space.columns, self.facts)
        if together is not None:
            keep &= together
        for v, r in space.rows.items():
            places = self.proved[v].places if v in self.proved else None
            if places is not None and space.position is not None:  # a fallback may occur at any position
                keep &= np.where(r < len(places), places[np.minimum(r, len(places) - 1), space.position], True)
        return space if keep.all() else space.take(np.flatnonzero(keep))

    def _has_fallback(self, v: Expr) -> bool:
        return v in self.proved and bool(self.proved[v].fallback)


def _with_failed(column: Column, rows: int) -> Column:
    """A column with further rows that have no value. They repeat its first one, so that ints stay an array of ints."""
    failed = Failed(np.zeros(rows, np.int64), np.zeros(rows, np.int64))
    more = column.take(np.zeros(rows, np.int64)) if len(column) else Column(np.zeros(rows, bool))
    return concatenate(column, more.with_failed(failed))
