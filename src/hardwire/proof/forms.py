"""What is said of linear forms of the residual stream.

A `Plan` says what forms are made of when they are read after a slot: of parts of the program that were `Proved` to be
there, of what is `Embedded`, and of neurons, whose arguments are forms of an earlier slot. A `Read` is what they come
to in situations, and how far that may be off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..lang.expr import Expr
from ..lang.values import Value
from ..model.slots import EMBEDDING, Slot
from ..model.weights import Floats
from ..numeric.grids import nonzero

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
DIGITS = 9
"""After how many digits numbers are taken for one."""


@dataclass(frozen=True, eq=False)
class Proved:
    """A part of the program that the stream is proved to hold: from `slot` on, before `until`, residual @ vector is
    its label to within `error`, at every position at which it has a value.

    `pivot`: a coordinate that is read only as part of it. Where it has no value, one of `elsewhere` stands there,
    give or take `slack`; it always has one where there is nothing elsewhere. `values` are those it can have, None
    where they are those of the analysis; `places`, (values, positions), says at which position each can be.
    """

    expr: Expr
    slot: Slot
    until: Slot
    vector: Floats
    pivot: int
    error: float
    elsewhere: tuple[float, ...] = ()
    slack: float = 0.0
    values: tuple[Value, ...] | None = None
    places: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Sum:
    """A part of the program that is a sum or difference of two others, which the stream is proved to hold."""

    expr: Expr
    parts: tuple[Expr, Expr]
    sign: float  # of the second
    error: float
    slack: float = 0.0


@dataclass(eq=False)
class Read:
    """Linear forms of the stream in situations: (rows, forms) each; what is the same in all may have one row alone,
    but for `value`. They are best kept form by form, since there are many rows and few forms.

    Beside what proved parts bring with them, by `slopes`, there are errors of up to `loose`, (rows, sources), which
    every form sees through its own `weights`, (sources, forms), and `rounding`, of each form alone. `sized` finds
    `size`, which bounds the magnitudes added.
    """

    value: Floats
    slopes: dict[Expr, Floats]
    loose: Floats
    weights: Floats
    rounding: Floats
    sized: Callable[[], Floats]
    _noise: list[Floats] = field(default_factory=list)

    @cached_property
    def size(self) -> Floats:
        """(rows, forms) a bound of the magnitudes that are added up, which few ask for."""
        return self.sized()

    @property
    def exact(self) -> bool:
        """Whether there are no errors."""
        return not (self.slopes or np.count_nonzero(self.loose) or np.count_nonzero(self.rounding))

    @property
    def error(self) -> Floats:
        """(rows, forms) a bound of all errors but those of proved parts."""
        total: Floats = self.rounding + self.loose @ np.abs(self.weights)
        return total

    def noise(self, errors: dict[Expr, float]) -> Floats:
        """A bound of the whole error, with those of proved parts, which do not change."""
        if not self._noise:
            total = self.error
            for e, slope in self.slopes.items():
                total = total + errors[e] * np.abs(slope)
            self._noise.append(total)
        return self._noise[0]

    def noisy(self, errors: dict[Expr, float] | None = None) -> Mask:
        """(forms,) those that are no exact numbers, or hold a part of the program that is none; without `errors` those
        that hold any."""
        found = nonzero(self.rounding)
        if len(self.weights):
            found = found | nonzero(self.weights[nonzero(self.loose)])
        for e, slope in self.slopes.items():
            if errors is None or errors[e]:
                found = found | nonzero(slope)
        return found

    def alike(self) -> list[Floats]:
        """What tells rows apart, beside how large their errors may be."""
        return [np.round(self.value, DIGITS), *(s for s in self.slopes.values() if len(s) > 1)]

    def widest(self, first: Places, kind: Places) -> Read:
        """The same with the errors of the first row of each kind as large as any of the kind's."""
        if len(first) == len(kind):
            return self

        def most(x: Floats) -> Floats:  # (kinds, columns)
            found = picked(x, first)
            other = picked(found, kind) != x
            if np.count_nonzero(other):
                for c in nonzero(other).nonzero()[0]:
                    np.maximum.at(found[:, c], kind, x[:, c])
            return found

        def sized() -> Floats:
            size = self.size.copy()
            size[first] = most(self.size)
            return size

        loose, rounding = self.loose, self.rounding
        if loose.shape[1]:
            loose = loose.copy()
            loose[first] = most(self.loose)
        apart: Floats | None = None  # how far values of a kind are
        if np.count_nonzero(picked(picked(self.value, first), kind) != self.value):
            apart = most(self.value) + most(-self.value)
        if len(rounding) > 1 or apart is not None:
            rounding = self._full(rounding)
            rounding[first] = most(rounding) + (0.0 if apart is None else apart)
        return Read(self.value, self.slopes, loose, self.weights, rounding, sized)

    def apart(self) -> Read:
        """The same without what it was read from."""
        size = self.size
        return replace(self, sized=lambda: size)

    def _full(self, x: Floats) -> Floats:
        """A copy with all rows."""
        return np.zeros_like(self.value) + x

    @classmethod
    def known(cls, row: Floats) -> Read:
        """A read without error, of one row, (forms,)."""
        none = np.zeros((1, len(row)))
        return cls(row[None, :], {}, none[:, :0], np.zeros((0, len(row))), none, lambda: np.abs(row)[None, :])

    def with_row(self, row: Floats) -> Read:
        """The same with a row, (forms,), that has no errors."""

        def more(x: Floats) -> Floats:
            return np.concatenate((self._full(x), np.zeros((1, len(row)))))

        slopes = {e: more(s) for e, s in self.slopes.items()}
        rounding = more(self.rounding) if self.rounding.any() else self.rounding[:1]
        value = np.concatenate((self.value, row[None]))
        loose = np.zeros((len(value), self.loose.shape[1]))
        loose[:-1] = self.loose
        return Read(
            value, slopes, loose, self.weights, rounding, lambda: np.concatenate((self.size, np.abs(row)[None]))
        )

    def forms(self, some: slice | Places) -> Read:
        """Some of the forms."""
        slopes = {e: s[:, some] for e, s in self.slopes.items() if s[:, some].any()}
        value, rounding, weights = self.value[:, some], self.rounding[:, some], self.weights[:, some]
        return Read(value, slopes, self.loose, weights, rounding, lambda: self.size[:, some])

    def take(self, rows: Places) -> Read:
        def some(x: Floats) -> Floats:
            return x if len(x) == 1 < len(self.value) else picked(x, rows)

        slopes = {e: some(s) for e, s in self.slopes.items()}
        value, loose, rounding = picked(self.value, rows), picked(self.loose, rows), some(self.rounding)
        return Read(value, slopes, loose, self.weights, rounding, lambda: picked(self.size, rows))


@dataclass(frozen=True, eq=False)
class Embedded:
    """What forms read of the embedding by their `weights`, (d_model, forms): `still` everywhere, (forms,), and what
    each variable adds to that, (its values, forms)."""

    weights: Floats
    still: Floats
    moving: dict[Expr, Floats]

    def cut(self, forms: Places) -> Embedded:
        """That of some of the forms alone."""
        moving = {leaf: x[:, forms] for leaf, x in self.moving.items()}
        return Embedded(self.weights[:, forms], self.still[forms], moving)

    def made_of(self) -> dict[Expr, Mask]:
        """Which forms each variable moves: (forms,)."""
        return {leaf: (x != x[:1]).any(axis=0) for leaf, x in self.moving.items()}


@dataclass(eq=False)
class Plan:
    """What forms are made of. `weights` are the forms as the model reads them; `embedded` what they read of the
    embedding, if there are no neurons; `parts` the proved parts with how much of each there is in every form; `neurons`
    of `layer` add to the forms through `out`, (neurons, forms), and have the last forms of `inner` for arguments.
    `among`: of forms that are only a part of what the model adds up, how many terms there are in all, 0 of others.
    `rest`: what is left, of each form, where a direction was erased to be used again, how far that may be off, and the
    magnitudes that it is the sum of. `sizes`, as `out`, are those of what neurons add.
    `bias`: what the model adds to each form, first or last or in between; the forms are without it.
    """

    weights: Floats
    parts: tuple[tuple[Proved | Sum, Floats], ...]
    embedded: Embedded | None
    layer: int = 0
    neurons: Places | None = None
    out: Floats | None = None
    inner: Plan | None = None
    variables: frozenset[Expr] = frozenset()
    slot: Slot = EMBEDDING  # after which the forms are read
    among: Floats | None = None
    rest: tuple[Floats, ...] | None = None
    sizes: Floats | None = None
    bias: Floats | None = None

    @property
    def width(self) -> int:
        """How many forms and neurons there are in all."""
        below = 0 if self.inner is None else self.inner.width
        return below + (self.weights.shape[1] if self.neurons is None else len(self.neurons))

    def cut(self, forms: Places) -> Plan:
        """Some of the forms alone, of a plan without neurons."""
        assert self.embedded is not None
        parts = tuple((p, share[forms]) for p, share in self.parts if share[forms].any())
        rest = None if self.rest is None else tuple(x[forms] for x in self.rest)
        bias = None if self.bias is None else self.bias[forms]
        weights, embedded = self.weights[:, forms], self.embedded.cut(forms)
        return replace(self, weights=weights, parts=parts, embedded=embedded, rest=rest, bias=bias)

    def made_of(self) -> dict[Expr, Mask]:
        """Which forms depend on each variable: (forms,)."""
        found: dict[Expr, Mask] = {}
        for p, share in self.parts:
            found[p.expr] = found.get(p.expr, False) | (share != 0)
        if self.embedded is not None:
            for leaf, mask in self.embedded.made_of().items():
                found[leaf] = found.get(leaf, False) | mask
            return found
        assert self.inner is not None
        assert self.out is not None
        forms = self.weights.shape[1]
        for e, mask in self.inner.made_of().items():
            found[e] = found.get(e, False) | mask[:forms] | (mask[forms:] @ (self.out != 0))
        return found


@dataclass(frozen=True, eq=False)
class Erased:
    """What neurons of a layer make constant: (d_model,) which coordinates, what is `left` in them, and how far that may
    be off; how many neurons add up what heap of magnitudes for that, whole numbers of what `unit`, 0 where they are
    none; and what neurons write beside, (d_ff, d_model)."""

    coordinates: Mask
    left: Floats
    error: Floats
    count: Floats
    heap: Floats
    unit: Floats
    w_out: Floats


@dataclass(frozen=True, eq=False)
class Fired:
    """What neurons add: to forms `value`, how that moves with the errors of proved parts, and the magnitudes; by how
    much each that is `heard` may err of its own, `adds`, and how each answers to errors, `active`; and in each
    coordinate how many of them add up what heap of magnitudes, whole numbers of what `unit` if they are `exact`."""

    value: Floats
    slopes: dict[Expr, Floats]
    mass: Floats
    adds: Floats
    heard: Places
    active: Floats
    count: Floats
    heap: Floats
    unit: Floats
    exact: bool

    def spread(self, kind: Places) -> Fired:
        """The same for every situation of each kind, but how they answer to errors."""
        slopes = {e: s if len(s) == 1 else picked(s, kind) for e, s in self.slopes.items()}
        value, mass, adds, count, heap = (
            picked(x, kind) for x in (self.value, self.mass, self.adds, self.count, self.heap)
        )
        return replace(self, slopes=slopes, value=value, mass=mass, adds=adds, count=count, heap=heap)


def picked(x: Floats, rows: Places) -> Floats:
    """Some of the rows, in the order in memory that x has."""
    return x.T.take(rows, axis=1).T if x.flags.fnc else x.take(rows, axis=0)


def stacked(reads: Sequence[Read]) -> Read:
    """Reads one below the other; sources of errors that forms see alike are one."""
    shape = (sum(len(r.value) for r in reads), reads[0].value.shape[1])
    kinds: dict[bytes, int] = {}
    columns = [[kinds.setdefault(w.tobytes(), len(kinds)) for w in r.weights + 0.0] for r in reads]
    slopes: dict[Expr, Floats] = {}
    for e in reads[0].slopes:
        slopes[e] = np.concatenate([np.broadcast_to(r.slopes[e], r.value.shape) for r in reads])
    weights, loose = np.zeros((len(kinds), shape[1])), np.zeros((shape[0], len(kinds)))
    row = 0
    for r, places in zip(reads, columns, strict=True):
        weights[places] = r.weights
        for i, place in enumerate(places):
            loose[row : row + len(r.value), place] += r.loose[:, i]
        row += len(r.value)
    return Read(
        np.concatenate([r.value for r in reads]),
        slopes,
        loose,
        weights,
        np.concatenate([np.broadcast_to(r.rounding, r.value.shape) for r in reads]),
        lambda: np.concatenate([r.size for r in reads]),
    )
