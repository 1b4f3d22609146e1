"""The residual stream as far as it is proved.

Times: 0 the embedding, 2k - 1 after the heads of layer k, 2k after its neurons. A `Plan` says what linear forms of the
stream are made of at a time: of parts of the program that were proved to be there, of the embedding, and of neurons,
whose arguments are forms of an earlier time. Working a plan out runs the shipped weights on situations. Beside every
number goes how it moves with the error of each proved part, and bounds of all other errors: errors that cancel (the
two neurons of a step) are seen to cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..errors import CertificateError
from ..lang.expr import AGGREGATES, Expr
from ..lang.text import formula
from ..lang.values import Value
from ..model.transformer import Transformer
from ..model.weights import Floats, Head
from .arithmetic import ARITHMETIC, grid, step, tall, terms
from .situations import INDICES, TOKENS, Situations, World

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
CELLS = 4_000_000
"""How many numbers are worked on at a time."""
MOST_NUMBERS = 30_000_000
"""About how many numbers may be held of what is read: values, their errors, and where those come from."""
PIECE = 16_384
"""In how many situations one form is worked out at a time."""
MOST_REFINED = 20_000
"""In how many situations a coordinate is looked at to bound it."""
DIGITS = 9
"""After how many digits numbers are taken for one."""
FEW = 2_000
"""In how many situations neurons are worked out one by one."""
NOTHING = 1e-12
"""What is left of a weight when all of it has been taken away: rounding of this proof's own arithmetic."""


@dataclass(frozen=True, eq=False)
class Proved:
    """A part of the program that the stream is proved to hold: from `time` on, before `until`, residual @ vector is
    its label to within `error`, at every position at which it has a value.

    `pivot`: a coordinate that is read only as part of it. Where it has no value, one of `elsewhere` stands there,
    give or take `slack`; it always has one where there is nothing elsewhere. `values` are those it can have, None
    where they are those of the analysis; `places`, (values, positions), says at which position each can be.
    """

    expr: Expr
    time: int
    until: int
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


@dataclass(frozen=True, eq=False)
class Read:
    """Linear forms of the stream in situations: (rows, forms) each; what is the same in all may have one row alone,
    but for `value`.

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

    @cached_property
    def exact(self) -> bool:
        """Whether there are no errors."""
        return not (self.slopes or self.loose.any() or self.rounding.any())

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

    def alike(self) -> list[Floats]:
        """What tells rows apart, beside how large their errors may be."""
        return [np.round(self.value, DIGITS), *(np.round(s, DIGITS) for s in self.slopes.values() if len(s) > 1)]

    def widest(self, first: Places, kind: Places) -> Read:
        """The same with the errors of the first row of each kind as large as any of the kind's."""
        if len(first) == len(kind):
            return self

        def most(x: Floats) -> Floats:  # (kinds, columns)
            found = x.take(first, axis=0)
            other = found.take(kind, axis=0) != x
            if other.any():
                for c in np.flatnonzero(tall(other).any(axis=0)):
                    np.maximum.at(found[:, c], kind, x[:, c])
            return found

        def sized() -> Floats:
            size = self.size.copy()
            size[first] = most(self.size)
            return size

        value, loose, rounding = most(self.value), self.loose, self.rounding
        if loose.shape[1]:
            loose = loose.copy()
            loose[first] = most(self.loose)
        same = np.array_equal(value.take(kind, axis=0), self.value)
        if not same or len(rounding) > 1:
            rounding = self._full(rounding)
            rounding[first] = most(rounding) + (0.0 if same else value + most(-self.value))
        return Read(self.value, self.slopes, loose, self.weights, rounding, sized)

    def apart(self) -> Read:
        """The same without what it was read from."""
        size = self.size
        return replace(self, sized=lambda: size)

    def _full(self, x: Floats) -> Floats:
        """A copy with all rows."""
        return np.array(np.broadcast_to(x, self.value.shape))

    @classmethod
    def known(cls, row: Floats) -> Read:
        """A read without error, of one row, (forms,)."""
        none = np.zeros((1, len(row)))
        return cls(row[None, :], {}, none[:, :0], np.zeros((0, len(row))), none, lambda: np.abs(row)[None, :])

    def with_row(self, row: Floats) -> Read:
        """The same with a row, (forms,), that has no errors."""

        def more(x: Floats) -> Floats:
            return np.concatenate((np.broadcast_to(x, self.value.shape), np.zeros((1, len(row)))))

        slopes = {e: more(s) for e, s in self.slopes.items()}
        rounding = more(self.rounding) if self.rounding.any() else self.rounding[:1]
        value = np.concatenate((self.value, row[None]))
        loose = np.concatenate((self.loose, np.zeros((1, self.loose.shape[1]))))
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
            return x if len(x) == 1 < len(self.value) else x.take(rows, axis=0)

        slopes, rounding = {e: some(s) for e, s in self.slopes.items()}, some(self.rounding)
        loose = self.loose.take(rows, axis=0)
        return Read(
            self.value.take(rows, axis=0), slopes, loose, self.weights, rounding, lambda: self.size.take(rows, axis=0)
        )


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


@dataclass(frozen=True, eq=False)
class Plan:
    """What forms are made of. `weights` are the forms as the model reads them; `embedded` what they read of the
    embedding, if there are no neurons; `parts` the proved parts with how much of each there is in every form; `neurons`
    of `layer` add to the forms through `out`, (neurons, forms), and have the last forms of `inner` for arguments.
    `among`: of forms that are only a part of what the model adds up, how many terms there are in all, 0 of others.
    `rest`: what is left, of each form, where a direction was erased to be used again, and how far that may be off.
    """

    weights: Floats
    parts: tuple[tuple[Proved | Sum, Floats], ...]
    embedded: Embedded | None
    layer: int = 0
    neurons: Places | None = None
    out: Floats | None = None
    inner: Plan | None = None
    variables: frozenset[Expr] = frozenset()
    time: int = 0  # at which the forms are read
    among: Floats | None = None
    rest: tuple[Floats, Floats] | None = None


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
        slopes = {e: s if len(s) == 1 else s.take(kind, axis=0) for e, s in self.slopes.items()}
        spread = {f: getattr(self, f).take(kind, axis=0) for f in ("value", "mass", "adds", "count", "heap")}
        return replace(self, slopes=slopes, **spread)


ByKinds = list[tuple[Places, Fired, Places]]
"""Groups of neurons: which, what they add for each kind of situation, the kind of each situation."""


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """The matrices of a head, in float64."""

    q: Floats
    k: Floats
    v: Floats
    o: Floats

    @classmethod
    def of(cls, head: Head) -> HeadWeights:
        return cls(*(w.astype(np.float64) for w in (head.w_q, head.w_k, head.w_v, head.w_o)))


@dataclass
class Threshold:
    """The neuron that comes nearest to its threshold, relative to its error."""

    layer: int = 0
    neuron: int = -1
    error: float = 0.0
    distance: float = float("inf")


@dataclass(eq=False)
class Stream:
    """The residual stream of a model, and what is proved of it."""

    model: Transformer
    proved: list[Proved] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    nearest: Threshold = field(default_factory=Threshold)
    refined: int = 0  # up to which time coordinates are bounded one by one
    flat: bool = False  # whether leaves and aggregates alone are variables

    def __post_init__(self) -> None:
        model = self.model
        self.arithmetic = ARITHMETIC[model.dtype]
        self.embed = model.embed.astype(np.float64)
        positions = model.positions
        self.positions = None if positions is None else positions.astype(np.float64)
        self.w_in = [layer.w_in.astype(np.float64) for layer in model.layers]
        self.b_in = [layer.b_in.astype(np.float64) for layer in model.layers]
        self.w_out = [layer.w_out.astype(np.float64) for layer in model.layers]
        self.heads = [[HeadWeights.of(h) for h in layer.heads] for layer in model.layers]
        d = model.d_model
        none = np.zeros((d, 0))
        self.w_o = [np.vstack([none.T, *(h.o for h in heads)]) for heads in self.heads]
        # Magnitudes, (d_model, of all heads): what they score by, their values, (all d_v, d_model) and what they write.
        self.scored = [np.abs(np.hstack([none, *(x for h in heads for x in (h.q, h.k))])) for heads in self.heads]
        self.valued = [np.abs(np.hstack([none, *(h.v for h in heads)])) for heads in self.heads]
        self.brought = [np.abs(w_o) for w_o in self.w_o]
        written = [np.ones(d, bool)]
        for w_o, w_out in zip(self.w_o, self.w_out, strict=True):
            written += [(w_o != 0).any(axis=0), (w_out != 0).any(axis=0)]
        self.written = np.array(written)  # (times, d_model)
        times = np.arange(len(written))[:, None] * self.written
        self.last_write = np.maximum.accumulate(times)  # (times, d_model) when each was written last, up to a time
        largest = np.abs(self.embed[1:]).max(axis=0, initial=0.0)
        if self.positions is not None:
            largest = largest + np.abs(self.positions[1:]).max(axis=0, initial=0.0)
        self.reach = np.zeros((len(written), d))  # how large a coordinate can be at a time, on any input
        self.reach[0] = largest
        # What is embedded, by the variable that decides it, with what it is a multiple of.
        self.tables = {TOKENS: self.embed[1:]}
        if self.positions is not None:
            self.tables[INDICES] = self.positions[1:]
        self.sizes = {leaf: np.abs(t) for leaf, t in self.tables.items()}
        varied = {leaf: (t != t[:1]).any(axis=0) for leaf, t in self.tables.items()}
        self.varied = {leaf: (np.flatnonzero(v), self.tables[leaf][:, v]) for leaf, v in varied.items()}
        self.still = np.sum([np.where(varied[leaf], 0.0, t[0]) for leaf, t in self.tables.items()], axis=0)
        self.units = np.minimum.reduce([grid(t) for t in self.tables.values()])
        both = np.logical_and.reduce([(t != 0).any(axis=0) for t in self.tables.values()])
        both &= len(self.tables) > 1
        self.summed = np.where(both, self.arithmetic.unit * self.reach[0], 0.0)  # what a sum of two embeddings rounds
        self.latest: list[Proved] = []
        self.erased: dict[int, Erased] = {}  # by layer
        self.errors: dict[Expr, float] = {}

    def add(self, proved: Proved) -> None:
        self.proved.append(proved)
        self.latest = sorted(self.proved, key=lambda p: -p.time)
        self.errors[proved.expr] = proved.error

    def add_sum(self, found: Sum) -> None:
        """Forms that read two parts in one proportion alone may be read as their sum."""
        self.sums.append(found)
        self.errors[found.expr] = found.error

    def _summed(self, parts: tuple[tuple[Proved | Sum, Floats], ...]) -> tuple[tuple[Proved | Sum, Floats], ...]:
        held = {p.expr: (p, share) for p, share in parts}
        for s in self.sums:
            a, b = s.parts
            if a in held and b in held and np.array_equal(held[a][1] * s.sign, held[b][1]):
                held[s.expr] = (s, held.pop(a)[1])
                held.pop(b)
        return tuple(held.values())

    def settle(self, time: int, outputs: Floats | None = None) -> None:
        """Bounds the coordinates at a time; `outputs` bound what the heads of the layer give, (all d_v,)."""
        before = self.reach[time - 1]
        k = (time + 1) // 2 - 1
        if time % 2:
            added = (np.zeros(0) if outputs is None else outputs) @ self.brought[k]
        else:
            sums = before @ np.abs(self.w_in[k])
            self._check(float(sums.max(initial=0.0)), k + 1)
            hidden = np.maximum(sums + self.b_in[k], 0)
            added = hidden @ np.abs(self.w_out[k])
        self.reach[time] = before + added * (1 + 1e-3)

    def check_sizes(self, time: int) -> None:
        """That nothing which the next layer, or the unembedding, works out can overflow. Raises CertificateError."""
        model = self.model
        x = np.maximum(self.reach[time], np.abs(self.embed[0]))
        if self.positions is not None:
            x = np.maximum(x, np.abs(self.embed[0] + self.positions[0]))
        with np.errstate(over="ignore", invalid="ignore"):
            if time < 2 * model.depth:
                k = time // 2
                read = x @ self.scored[k]  # no score is larger than the sum of their squares
                found = [x, read, read @ read, x @ self.valued[k] @ self.brought[k]]
            else:
                found = [x, x @ np.abs(model.unembed.astype(np.float64))]
            largest = max(float(np.max(f, initial=0.0)) for f in found)
        self._check(largest, time // 2 + 1)

    def _check(self, largest: float, layer: int) -> None:
        if not largest < self.arithmetic.largest:
            raise CertificateError(f"numbers of layer {layer} may reach {largest:.3g}, which is too close to infinity")

    def refine(self, upto: int, world: World) -> None:
        """Bounds what neurons write, coordinate by coordinate, by what it is in every situation: less than the sum of
        what they may be on their own."""
        for time in range(max(2, self.refined + 1), upto + 1):
            if time % 2:
                self.reach[time] = np.minimum(
                    self.reach[time], np.where(self.written[time], np.inf, self.reach[time - 1])
                )
                continue
            for c in np.flatnonzero(self.written[time]):
                try:
                    plan = self.plan(np.eye(self.model.d_model)[:, [c]], time)
                    at = world.of(plan.variables)
                    if at.size > MOST_REFINED:
                        continue
                    value, noise = self.line(plan, at)
                except CertificateError:
                    continue
                largest = float((np.abs(value) + noise).max(initial=0.0))
                self.reach[time, c] = min(self.reach[time, c], largest)
            self.reach[time] = np.where(self.written[time], self.reach[time], self.reach[time - 1])
        self.refined = max(self.refined, upto)

    def until(self, vector: Floats, time: int) -> int:
        """When a form is changed after a time; beyond the last time where it is not."""
        used = vector != 0
        later = np.flatnonzero(self.written[time + 1 :, used].any(axis=1))
        return int(time + 1 + later[0]) if len(later) else len(self.written)

    def pivot(self, vector: Floats, time: int) -> int | None:
        """A coordinate by which a form may be known: written when the form was finished, and no other's."""
        taken = {p.pivot for p in self.proved if p.time <= time < p.until}
        last = self.last_write[time]
        free = [c for c in np.flatnonzero(vector) if last[c] == last[vector != 0].max() and c not in taken]
        return int(max(free, key=lambda c: abs(vector[c]))) if free else None

    # Planning.

    def plan(self, weights: Floats, time: int, *, raw: int = 0, since: int = 0) -> Plan:
        """What forms, the columns of `weights`, are made of at a time. Of the first `raw` forms the outputs of heads
        after `since` count as 0, whatever is proved of them.

        Raises CertificateError where a head's output is read of which nothing is proved.
        """
        raw = raw if time > since else 0
        left, parts = self._without(weights, time, 0, raw)
        used = (left != 0).any(axis=1)
        last = int(self.last_write[time][used].max()) if used.any() else 0
        variables = {p.expr for p, _ in parts}
        if last == 0:
            read = self._read_of(left)
            return Plan(weights, parts, read, variables=frozenset(variables | read.moving.keys()), time=time)
        if last % 2:
            others = (left[:, raw:] != 0).any(axis=1)
            if others.any() and int(self.last_write[time][others].max()) == last:
                raise CertificateError(f"layer {(last + 1) // 2} has a head that is read, and nothing is proved of it")
            earlier = self.plan(left, last - 1, raw=raw, since=since)
            parts, variables = (*parts, *earlier.parts), variables | earlier.variables
            return replace(earlier, weights=weights, parts=parts, variables=frozenset(variables), time=time)
        # What was there before the neurons is left to them, so that forms and arguments see the same errors.
        left, parts = self._without(weights, time, last, raw)
        k, before, w_out = last // 2, left, self.w_out[last // 2 - 1]
        rest: tuple[Floats, Floats] | None = None
        if k in self.erased:
            erased = self.erased[k]
            w_out, before = erased.w_out, np.where(erased.coordinates[:, None], 0.0, left)
            rest = erased.left @ left, erased.error @ np.abs(left)
        neurons = np.flatnonzero((w_out[:, used] != 0).any(axis=1))
        inner = self.plan(np.hstack([before, self.w_in[k - 1][:, neurons]]), last - 1, raw=raw, since=since)
        both = frozenset({p.expr for p, _ in parts} | inner.variables)
        if len(neurons):
            return Plan(weights, parts, None, k, neurons, w_out[neurons] @ left, inner, both, time, rest=rest)
        if rest is None or inner.rest is None:
            rest = inner.rest if rest is None else rest
        else:
            rest = rest[0] + inner.rest[0], rest[1] + inner.rest[1]
        return replace(inner, weights=weights, parts=(*parts, *inner.parts), variables=both, time=time, rest=rest)

    def forget(self, k: int, world: World) -> None:
        """Finds the coordinates that neurons of layer k make constant but for what they write anew."""
        used = np.flatnonzero(self.written[2 * k] & (self.reach[2 * k - 1] > 0))
        if not len(used):
            return
        d, w_out = self.model.d_model, self.w_out[k - 1].copy()
        gone = Erased(np.zeros(d, bool), np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d), np.full(d, np.inf), w_out)
        for c in used.tolist():
            with suppress(CertificateError):
                self._erase(c, k, gone, world)
        if gone.coordinates.any():
            self.erased[k] = gone

    def _erase(self, c: int, k: int, gone: Erased, world: World) -> None:
        """Puts a coordinate to those that are gone, if what was there and the neurons that depend on no more than that
        make a constant. Raises CertificateError where that cannot be told."""
        time, w_in, w_out = 2 * k, self.w_in[k - 1], self.w_out[k - 1]
        there = self.plan(np.eye(len(w_in))[:, [c]], time - 1)
        writers = np.flatnonzero(w_out[:, c])
        neurons = writers[[self.plan(w_in[:, [i]], time - 1).variables <= there.variables for i in writers]]
        at = world.of(there.variables)
        if not there.variables or not len(neurons) or at.size > MOST_REFINED:
            return
        inner = self.plan(np.hstack([there.weights, w_in[:, neurons]]), time - 1)
        out = w_out[neurons][:, [c]]
        read = self.read(Plan(there.weights, (), None, k, neurons, out, inner, inner.variables, time), at)
        fired = self._fired(k, neurons, self.read(inner, at), 1, out, np.array([c]))
        left, spread, heap = float(read.value[0, 0]), float(np.ptp(read.value)), float(fired.heap.max())
        if spread > NOTHING * heap:
            return
        error = float(read.noise(self.errors).max()) + spread
        if left and left % self.units[c]:
            error += self.arithmetic.unit * abs(left)  # no whole number of what the embedding is
        gone.coordinates[c], gone.left[c], gone.error[c] = True, left, error
        gone.count[c], gone.heap[c] = fired.count.max(), heap
        gone.unit[c] = fired.unit[0] if fired.exact else 0.0
        gone.w_out[neurons, c] = 0.0

    def _without(
        self, weights: Floats, time: int, since: int, raw: int
    ) -> tuple[Floats, tuple[tuple[Proved | Sum, Floats], ...]]:
        """(forms less the parts proved from a time on, these parts with how much of each there is in every form)"""
        left = weights.copy()
        parts: list[tuple[Proved | Sum, Floats]] = []
        for p in self.latest:
            if not (since <= p.time <= time < p.until) or (self.flat and p.expr.op not in AGGREGATES):
                continue
            share = left[p.pivot] / p.vector[p.pivot]
            share[:raw] = 0.0
            if share.any():
                left = left - np.outer(p.vector, share)
                scale = np.abs(weights).max(axis=0, initial=0.0)
                left[np.abs(left) <= NOTHING * np.maximum(scale, np.abs(share) * np.abs(p.vector).max())] = 0.0
                parts.append((p, share))
        return left, tuple(parts) if self.flat else self._summed(tuple(parts))

    def _read_of(self, weights: Floats) -> Embedded:
        """What forms read of the embedding."""
        still, moving = self.still @ weights, {}
        for leaf, (columns, table) in self.varied.items():
            some = weights.take(columns, axis=0)
            if some.any():
                each = table @ some
                if (each != each[:1]).any():
                    moving[leaf] = each
                else:
                    still = still + each[0]
        return Embedded(weights, still, moving)

    def made_of(self, plan: Plan) -> dict[Expr, Mask]:
        """Which forms depend on each variable: (forms,)."""
        found: dict[Expr, Mask] = {}
        for p, share in plan.parts:
            found[p.expr] = found.get(p.expr, False) | (share != 0)
        if plan.embedded is not None:
            for leaf, mask in plan.embedded.made_of().items():
                found[leaf] = found.get(leaf, False) | mask
            return found
        assert plan.inner is not None
        assert plan.out is not None
        forms = plan.weights.shape[1]
        for e, mask in self.made_of(plan.inner).items():
            found[e] = found.get(e, False) | mask[:forms] | (mask[forms:] @ (plan.out != 0))
        return found

    # Reading.

    def read(self, plan: Plan, at: Situations) -> Read:
        """The forms of a plan in each situation. Raises CertificateError."""
        forms, neurons = plan.weights.shape[1], sum(len(p.neurons) for p in _levels(plan) if p.neurons is not None)
        if at.size * (3 * forms + neurons) > MOST_NUMBERS:
            raise CertificateError(f"{at.size:,} situations, of {forms:,} numbers each, are too many to check")
        many = max(1, CELLS // max(1, forms + neurons))
        if at.size <= many:
            reads = [self._read(plan, at, slice(0, at.size))]
        else:
            reads = [self._read(plan, at, slice(i, i + many)).apart() for i in range(0, at.size, many)]
        if not all(np.isfinite(r.value).all() and np.isfinite(r.rounding).all() for r in reads):
            raise CertificateError("what is read there has no bounds")
        return reads[0] if len(reads) == 1 else _stack(reads)

    def line(self, plan: Plan, at: Situations) -> tuple[Floats, Floats]:
        """(the one form of a plan in each situation, a bound of its error), looked at in pieces that stay in caches.
        Raises CertificateError."""
        value, noise = np.zeros(at.size), np.zeros(at.size)
        known: dict[int, ByKinds | None] = {}
        for i in range(0, at.size, PIECE):
            rows = slice(i, min(at.size, i + PIECE))
            read = self._read(plan, at, rows, known)
            value[rows], noise[rows] = read.value[:, 0], read.noise(self.errors)[:, 0]
        if not (np.isfinite(value).all() and np.isfinite(noise).all()):
            raise CertificateError("what is read there has no bounds")
        return value, noise

    def _read(
        self,
        plan: Plan,
        at: Situations,
        rows: slice | Places,
        known: dict[int, ByKinds | None] | None = None,
    ) -> Read:
        """`known`: neurons that were worked out by kinds of situations for other rows, by the plan."""
        units = self.units.copy()
        if plan.embedded is not None:
            read = self._embedded(plan.embedded, at, rows)
        else:
            read = self._fire(plan, at, rows, units, {} if known is None else known)
        value, slopes, loose, weights = read.value, dict(read.slopes), read.loose, read.weights
        rounding = read.rounding
        if plan.rest is not None:
            value, rounding = value + plan.rest[0], rounding + plan.rest[1]
        for p, share in plan.parts:
            value = value + at.labels(p.expr)[rows][:, None] * share
            slopes[p.expr] = slopes.get(p.expr, 0.0) + share[None, :]
            slack = at.slack(p.expr)
            if slack is not None:
                loose, weights = np.hstack([loose, slack[rows][:, None]]), np.vstack([weights, share[None, :]])

        def sized() -> Floats:
            mass = read.size if plan.rest is None else read.size + np.abs(plan.rest[0])
            for p, share in plan.parts:
                mass = mass + self._magnitude(p, at.labels(p.expr)[rows][:, None], plan.time) * np.abs(share)
            return mass

        found = Read(value, slopes, loose, weights, rounding, sized)
        clear = plan.among is None and plan.rest is None and not slopes and not loose.shape[1]
        if not (clear and self._small(plan, units).all()):
            return replace(found, rounding=self._rounding(plan, units, found))
        return found

    def _magnitude(self, p: Proved | Sum, label: Floats, time: int) -> Floats | float:
        """How much is added up where a proved part is read: of each of its coordinates its weight times its size."""
        reach = self.reach[time]
        if isinstance(p, Sum):
            vectors = [q.vector for q in self.proved if q.expr in p.parts]
            return float(sum(np.abs(v) @ reach for v in vectors))
        beside = np.abs(p.vector) @ reach - abs(p.vector[p.pivot]) * reach[p.pivot]
        found: Floats = np.minimum(np.abs(label) + p.error + p.slack + 2 * beside, np.abs(p.vector) @ reach)
        return found

    def _small(self, plan: Plan, units: Floats) -> Mask:
        """(forms,) those which surely are whole numbers of one unit, and so small that nothing is rounded: a first
        look."""
        w = plan.weights
        small: Mask = self.reach[plan.time] @ np.abs(w) * self.arithmetic.unit <= units.min(initial=np.inf)
        small &= (w == np.rint(w)).all(axis=0)
        return small

    def _rounding(self, plan: Plan, units: Floats, read: Read) -> Floats:
        """(1 or rows, forms) what reading the coordinates adds, in any order of summation. `units`: what each is a
        multiple of."""
        # Whole numbers of one unit, as long as they are not too large, are added without rounding.
        noisy = tall(read.rounding).any(axis=0)
        if len(read.weights):
            noisy = noisy | read.weights.any(axis=0)
        for slope in read.slopes.values():
            noisy = noisy | tall(slope).any(axis=0)
        if plan.among is not None:
            noisy = noisy | (plan.among > 0)
        largest = self.reach[plan.time] @ np.abs(plan.weights)
        exact = self._small(plan, units) & ~noisy
        if not (exact | noisy).all():
            finest = _finest(plan.weights, units)
            exact = largest * self.arithmetic.unit <= finest
            if not (exact | noisy).all():
                exact |= tall(read.size).max(axis=0, initial=0.0) * self.arithmetic.unit <= finest
            exact &= ~noisy
        if exact.all():
            return read.rounding
        count = terms(plan.weights) if plan.among is None else np.maximum(terms(plan.weights), plan.among)
        gamma = np.where(exact, 0.0, self.arithmetic.gamma(count))
        if not gamma.any():
            return read.rounding
        rounded: Floats = read.rounding + gamma * np.minimum(read.size, largest)
        return rounded

    def exact(self, plan: Plan) -> Mask:
        """(forms,) those which are whole numbers of one unit wherever they are read, and so small that nothing is
        rounded."""
        if plan.inner is not None or plan.rest is not None:
            return np.zeros(plan.weights.shape[1], bool)
        held = np.any([share != 0 for _, share in plan.parts], axis=0) if plan.parts else False
        largest = self.reach[plan.time] @ np.abs(plan.weights)
        found: Mask = ~np.asarray(held) & (largest * self.arithmetic.unit <= _finest(plan.weights, self.units))
        return found

    def _embedded(self, read: Embedded, at: Situations, rows: slice | Places) -> Read:
        size = len(rows) if isinstance(rows, np.ndarray) else len(range(*rows.indices(at.size)))
        places = {TOKENS: at.token, INDICES: at.position}

        def placed(leaf: Expr) -> Places:
            place = places[leaf]
            assert place is not None
            return place[rows]

        value = np.broadcast_to(read.still, (size, len(read.still)))
        for leaf, each in read.moving.items():
            value = value + each.take(placed(leaf), axis=0)

        def sized() -> Floats:
            weights, mass = np.abs(read.weights), np.zeros(value.shape)
            for leaf, table in self.sizes.items() if weights.any() else ():
                each = table @ weights
                mass += each.take(placed(leaf), axis=0) if leaf in read.moving else each.max(axis=0)
            return mass

        forms = len(read.still)
        rounding = (self.summed @ np.abs(read.weights))[None, :]
        return Read(value, {}, np.zeros((size, 0)), np.zeros((0, forms)), rounding, sized)

    def _fire(
        self,
        plan: Plan,
        at: Situations,
        rows: slice | Places,
        units: Floats,
        known: dict[int, ByKinds | None],
    ) -> Read:
        """The forms with what the neurons add; `units` become those of the coordinates they write."""
        assert plan.neurons is not None
        assert plan.inner is not None
        assert plan.out is not None
        k, neurons, forms = plan.layer, plan.neurons, plan.weights.shape[1]
        used = np.flatnonzero((self.w_out[k - 1][neurons] != 0).any(axis=0) & (plan.weights != 0).any(axis=1))
        if id(plan) not in known:
            known[id(plan)] = self._by_kinds(plan, at, used) if isinstance(rows, slice) and at.size > FEW else None
        groups = known[id(plan)]
        if groups is None:
            before = self._read(plan.inner, at, rows, known)
            loose = before.loose
            fired = [self._fired(k, neurons, before, forms, plan.out, used)]
        else:
            before = self._read(_cut(plan.inner, np.arange(forms)), at, rows)
            loose = before.loose
            fired = [f.spread(kind[rows]) for _, f, kind in groups]
        value = before.value[:, :forms] + _total([f.value for f in fired])
        slopes = {e: s[:, :forms] for e, s in before.slopes.items()}
        for f in fired:
            for e, s in f.slopes.items():
                slopes[e] = _plus(slopes[e], s) if e in slopes else s
        arriving = before.rounding[:, :forms]
        for i in np.flatnonzero(tall(loose).any(axis=0)):
            weights = before.weights[i]
            passed = fired[0].active * weights[forms:]
            arriving = arriving + loose[:, i, None] * np.abs(weights[:forms] + passed @ plan.out)
        # The sum over neurons in each coordinate, and adding it to the stream.
        there = self.reach[2 * k - 1][used]
        heap, count = _total([f.heap for f in fired]) + there, _total([f.count for f in fired]) + (there > 0)
        unit = np.minimum(np.min([f.unit for f in fired], axis=0), np.where(there > 0, 0.0, np.inf))
        if k in self.erased:
            gone = self.erased[k]
            heap, count, unit = heap + gone.heap[used], count + gone.count[used], np.minimum(unit, gone.unit[used])
        summed = self.arithmetic.gamma(count) * heap
        if all(f.exact for f in fired):  # whole numbers of one unit
            summed = np.where(tall(heap).max(axis=0, initial=0.0) * self.arithmetic.unit <= unit, 0.0, summed)
            units[used] = np.where(tall(summed).any(axis=0), 0.0, unit)
        else:
            units[used] = 0.0
        sources = np.hstack([*(f.adds for f in fired), summed])
        if groups is None:
            order = fired[0].heard
        else:
            order = np.concatenate([some[f.heard] for some, f, _ in groups])
        weights = np.vstack([plan.out[order], plan.weights[used]])
        heard = np.flatnonzero(tall(sources).any(axis=0))

        def sized() -> Floats:
            return before.size[:, :forms] + _total([f.mass for f in fired])

        return Read(value, slopes, sources[:, heard], weights[heard], arriving, sized)

    def _by_kinds(self, plan: Plan, at: Situations, used: Places) -> ByKinds | None:
        """Neurons whose arguments are made of the same parts of a situation: (which, what they add for each kind of
        situation that these parts tell apart, the kind of each situation). None where there is nothing to gain."""
        inner, neurons, out = plan.inner, plan.neurons, plan.out
        assert inner is not None
        assert neurons is not None
        assert out is not None
        if inner.embedded is None or any(at.slack(p.expr) is not None for p, _ in inner.parts):
            return None
        forms, made_of = plan.weights.shape[1], self.made_of(inner)
        by_parts: dict[frozenset[Expr], list[int]] = {}
        for i in range(forms, inner.weights.shape[1]):
            by_parts.setdefault(frozenset(e for e, mask in made_of.items() if mask[i]), []).append(i - forms)
        found = []
        for variables, members in by_parts.items():
            kinds = at.kinds(variables)
            if kinds is None:
                return None
            some, (first, kind) = np.array(members), kinds
            read = self._read(_cut(inner, forms + some), at, first)
            found.append((some, self._fired(plan.layer, neurons[some], read, 0, out[some], used), kind))
        return found

    def _fired(self, k: int, neurons: Places, inner: Read, forms: int, out: Floats, used: Places) -> Fired:
        """What neurons of a layer add to forms through `out`, (neurons, forms), and to coordinates that are `used`;
        their arguments are the last of `inner`, behind so many forms."""
        argument = inner.value[:, forms:] + self.b_in[k - 1][neurons]
        own = inner.rounding[:, forms:] + self._biased(k, neurons, inner.size[:, forms:])
        total = own + inner.loose @ np.abs(inner.weights[:, forms:])
        for e, s in inner.slopes.items():
            total = total + self.errors[e] * np.abs(s[:, forms:])
        self._note(k, neurons, argument, total)
        unclear = (np.abs(argument) <= total) & (total > 0)
        fired = np.maximum(argument, 0)
        # How a neuron answers to errors: fully or not at all, and along the chord where they may switch it.
        active = (argument > 0).astype(np.float64)
        adds = active * own
        if unclear.any():
            active = np.where(unclear, (argument + total) / np.where(unclear, 2 * total, 1.0), active)
            # What it adds beyond that: a source of its own, which all forms see alike.
            bulge = np.maximum(active * total - fired, fired - active * argument)
            adds = active * own + np.where(unclear, bulge, 0.0)
        w_out = self.w_out[k - 1][np.ix_(neurons, used)]
        heard = np.flatnonzero(tall(adds).any(axis=0))
        exact = not total.any()
        unit = np.zeros(len(used))
        if exact:
            grids = np.minimum(grid(fired), 2.0**100)[:, None] * np.minimum(step(w_out), 2.0**100)
            unit = tall(grids).min(axis=0, initial=np.inf)
        return Fired(
            value=fired @ out,
            slopes={e: _plus(0.0, (s[:, forms:] * active) @ out) for e, s in inner.slopes.items()},
            mass=(fired + adds) @ np.abs(out),
            adds=adds[:, heard],
            heard=heard,
            active=active,
            count=((active > 0) | unclear) @ (w_out != 0).astype(np.float64),
            heap=(fired + adds) @ np.abs(w_out),
            unit=unit,
            exact=exact,
        )

    def _biased(self, k: int, neurons: Places, mass: Floats) -> Floats:
        """What adding the bias rounds beyond the sum of products, whether it comes first or last."""
        bias = np.abs(self.b_in[k - 1][neurons])
        count = terms(self.w_in[k - 1][:, neurons])
        found: Floats = np.where(bias > 0, self.arithmetic.gamma(count + 1) * bias + self.arithmetic.unit * mass, 0.0)
        return found

    def _note(self, k: int, firing: Places, argument: Floats, total: Floats) -> None:
        """Remembers the neuron whose argument comes nearest to the threshold, where that is not meant."""
        clear = np.abs(argument) > total
        if not clear.any():
            return
        used = np.where(clear, total / np.where(clear, np.abs(argument), 1.0), -1.0)
        at = np.unravel_index(int(used.argmax()), used.shape)
        now = self.nearest
        if now.neuron < 0 or used[at] * now.distance > now.error:
            distance = float(abs(argument[at]))
            self.nearest = Threshold(k, int(firing[at[1]]), float(total[at]), distance)


def _cut(plan: Plan, forms: Places) -> Plan:
    """Some of the forms alone, of a plan without neurons."""
    assert plan.embedded is not None
    parts = tuple((p, share[forms]) for p, share in plan.parts if share[forms].any())
    rest = None if plan.rest is None else (plan.rest[0][forms], plan.rest[1][forms])
    return replace(plan, weights=plan.weights[:, forms], parts=parts, embedded=plan.embedded.cut(forms), rest=rest)


def _finest(weights: Floats, units: Floats) -> Floats:
    """(forms,) what sums of coordinates, each of which is a multiple of its unit, are multiples of."""
    finest = np.minimum(step(weights), 2.0**100) * np.minimum(units, 2.0**100)[:, None]
    found: Floats = np.where(weights == 0, np.inf, finest).min(axis=0, initial=np.inf)
    return found


def _levels(plan: Plan) -> list[Plan]:
    found = [plan]
    while found[-1].inner is not None:
        found.append(found[-1].inner)
    return found


def _total(arrays: Sequence[Floats]) -> Floats:
    total = arrays[0]
    for x in arrays[1:]:
        total = total + x
    return total


def _plus(a: Floats | float, b: Floats) -> Floats:
    """A slope with what neurons add: (1 or rows, forms) of both."""
    total: Floats = a + b
    return total[:1] if len(total) > 1 and (total == total[0]).all() else total


def _stack(reads: Sequence[Read]) -> Read:
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


__all__ = ["Plan", "Proved", "Read", "Stream", "formula"]
