"""What heads compute: every aggregate of the program against the weights that are said to compute it.

A head's output is the mean of its values, weighted by exp(score). Three uses of that are proved, in `sums.py`,
`picks.py` and `means.py`; here is what they have in common.

    sums        BOS outweighs all keys, so each key adds its own weight times its value, whatever the others do
    picks       one key outweighs all others (look-ups; the greatest, the first), or BOS does where none is selected
    means       the selected keys weigh the same, all others next to nothing
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..compiler.domain import is_plain
from ..errors import CertificateError, CompileError
from ..lang.expr import INDICES, Expr, Op
from ..lang.selectors import LENGTH
from ..lang.values import Value, is_number
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.slots import ATTENTION, EMBEDDING, Slot
from ..model.weights import Floats, Head
from ..run.column import Column
from ..run.failure import Ints
from .blocks import Block, Item, blocks, dimensions, whole
from .claims import MOST_ELSEWHERE, Numbers, labels, values
from .forms import Plan, Proved, Read
from .magnitudes import HeadWeights, side_by_side
from .pairs import Mask, Scores, behind, codes, here, paired_codes, settled
from .pairs import sides as variables_of
from .situations import FEW_ROWS, Situations, distinct, or_nan

if TYPE_CHECKING:
    from .prover import Prover

CELLS = 120_000
"""How many pairs are looked at together."""
SAME = 1e-9
"""Numbers no further apart are one, but for the rounding of the proof's own arithmetic."""
FAR = 5.0
"""Errors above so many distances of values do not come of bounds that are not close."""
FEW = 20_000
"""A table of so many pairs is not taken apart."""
MOST_PAIRS = 400_000_000
"""The most pairs that one proof looks at."""


@dataclass(frozen=True, eq=False)
class Part:
    """A head that contributes to an aggregate: its `values`, (d_model, those used), are combined by `mix`. `outputs`:
    which of the outputs of all heads of the layer they are."""

    head: Head
    weights: HeadWeights
    layer: int
    values: Floats
    mix: Floats
    outputs: Ints

    @property
    def slot(self) -> Slot:
        """The slot after which the head reads the stream."""
        return Slot(self.layer, ATTENTION).previous


@dataclass(frozen=True, eq=False)
class Side:
    """The situations of keys or of queries, and what each head reads there: (rows, ...)."""

    at: Situations
    reads: list[Read]
    _taken: dict[int, tuple[Ints, Read]] = field(default_factory=dict)

    def read(self, i: int, rows: Ints) -> Read:
        """One of the reads in some rows; the last answer is kept, since keys are asked for again for every query."""
        if i not in self._taken or self._taken[i][0] is not rows:
            self._taken[i] = rows, self.reads[i].take(rows)
        return self._taken[i][1]


class Aggregate(ABC):
    """A claim that heads compute an aggregate."""

    adds = True
    """Whether several selected numbers are added up or averaged, rather than one of them picked."""

    def __init__(self, prover: Prover, e: Expr, claim: Claim, pivot: int) -> None:
        self.prover, self.e, self.claim, self.pivot = prover, e, claim, pivot
        self.stream, self.facts, self.world = prover.stream, prover.facts, prover.world
        self.format = prover.format
        self.vector, self.number = claim.vector[:, None], Numbers(claim)
        self.since = self._since()
        self.parts = list(self._parts())
        self.selector = settled(e.src[0], self.facts)
        self.deciding = variables_of(self.selector, self.world, flat=self.stream.flat)  # of keys, of queries
        self.least, self.most = self.facts.width(e.src[0])
        self.keys_total = self.facts.max_len
        self.share = 1.0  # how much weight a key may have, whether there is a value or not
        self.looked_up = False  # whether keys are found by their position alone
        self.partial = False  # whether there may be no value, and anything in its place
        self.far = False  # whether it was not shown by far
        self.seen: tuple[Value, ...] | None = None
        self.places: Mask | None = None
        self.elsewhere: Floats = np.zeros(0)  # what stands in its place where the value that is picked is none,
        self.astray = 0.0  # and how far from that, beside the error

    def _since(self) -> Slot:
        """The slot in which the last earlier part that was proved of its directions was overwritten."""
        used, slot = self.claim.vector != 0, self.claim.slot
        return max((p.until for p in self.stream.proved if p.until <= slot and used[p.pivot]), default=EMBEDDING)

    def _parts(self) -> Iterator[Part]:
        for k in range(self.since.complete_layers + 1, self.claim.layer + 1):
            mix, at = self.stream.w_o[k - 1] @ self.claim.vector, 0
            for head, weights in zip(self.stream.model.layers[k - 1].heads, self.stream.heads[k - 1], strict=True):
                used = mix[at : at + head.d_v].nonzero()[0]
                if len(used):
                    yield Part(head, weights, k, weights.v.take(used, axis=1), mix[at + used], at + used)
                at += head.d_v

    @abstractmethod
    def error(self, offset: float, own: Plan | None) -> float:
        """How far what the heads write may be from the aggregate. Raises CertificateError.

        `offset` is what the rest of the stream adds to it everywhere; `own` what that adds at the query's own position.
        """

    def hull(self, offset: float) -> tuple[float, float]:
        """Between what the stream is on any input, where there may be no value: a mean of values lies between them."""
        given = self.bound() * (1 + self.format.gamma(self.keys_total + 8))
        around = float(self.stream.reach[self.claim.slot.previous] @ np.abs(self.claim.vector)) + given
        return -around, around

    def _check_numbers(self) -> None:
        """Raises CertificateError where several numbers may be added or averaged and the encoding of one is not the
        number itself: the encoding of a sum would not be the sum of the encodings."""
        if self.e.op is Op.WIDTH:
            added = self.number.own
        elif self.most > 1 and self.e.op.adds:
            numbers = [v for v in self.facts.domain(self.e.src[1]).values if is_number(v)]
            added = not numbers or (self.adds and self.number.own and all(map(is_plain, numbers)))
        else:
            return
        if not added:
            raise CertificateError("it may add up numbers that are not held as themselves")

    def prove(self) -> Proved:
        self._check_numbers()
        offset, own, left = self._rest()
        error = self.error(offset, own) + left
        # What dividing by the weights and W_O round, every output on its own, `error` says already.
        self.bound()
        error += self.format.tiny * (self.keys_total + 2) * sum(float(np.abs(p.mix).sum()) for p in self.parts)
        outputs = sum(len(p.mix) for p in self.parts)
        error += self.format.tiny * outputs * float(np.abs(self.claim.vector).sum())
        error += self._adding()
        spacing = self._spacing()
        if not error < spacing / 2:
            self.far = error > FAR * spacing
            raise CertificateError(f"the error may reach {error:.3g}, and its values lie {spacing:.3g} apart")
        elsewhere, slack = tuple(self.elsewhere.tolist()), float(error + self.astray)
        if self.partial or len(elsewhere) > MOST_ELSEWHERE:
            low, high = self.hull(offset)
            elsewhere, slack = ((low + high) / 2,), (high - low) / 2
        if self.e in self.prover.needed:
            elsewhere, slack = (), 0.0
        vector, slot = self.claim.vector, self.claim.slot
        until = self.stream.until(vector, slot)
        return Proved(self.e, slot, until, vector, self.pivot, float(error), elsewhere, slack, self.seen, self.places)

    def _adding(self) -> float:
        """What is rounded away where heads are added to the stream, one by one or all at once."""
        stream, vector, total = self.stream, np.abs(self.claim.vector), 0.0
        for k in range(self.since.complete_layers + 1, self.claim.layer + 1):
            slot = Slot(k, ATTENTION)
            used = vector * stream.written[slot]
            if np.count_nonzero(used):
                before = stream.reach[slot.previous]
                heap = before + self.prover.bound(k) @ stream.brought[k - 1]
                count = stream.writers[k - 1] + (before > 0) - 1
                total += float(used @ (self.format.gamma(count) * heap))
                # `error` says what W_O rounds where the coordinates add up; here is what of that cancels in their sum.
                w_o = stream.w_o[k - 1]
                cancelled = np.abs(w_o) @ vector - np.abs(w_o @ self.claim.vector)
                total += self.format.unit * float(self.prover.bound(k) @ cancelled)
        return total

    # What is not written by heads.

    def _rest(self) -> tuple[float, Plan | None, float]:
        """(what is the same everywhere, or 0; what is added at the query's own position, if it is not the same; how far
        what is the same may be off)"""
        if self.claim.slot.sublayer is ATTENTION and not self.stream.reach[self.claim.slot.previous] @ np.abs(
            self.claim.vector
        ):
            return 0.0, None, 0.0  # nothing was there before the heads
        plan = self.stream.plan(self.vector, self.claim.slot, raw=1, since=self.since)
        if not plan.variables:
            read = self.stream.read(plan, self.world.of(()))
            return float(read.value[0, 0]), None, float(read.noise(self.stream.errors)[0, 0])
        try:  # a direction that is used again is the same everywhere once it has been erased
            read = self.stream.read(plan, self.world.of(plan.variables))
        except CertificateError:
            return 0.0, plan, 0.0
        value = read.value[:, 0]
        if np.ptp(value) > SAME:
            return 0.0, plan, 0.0
        return float(value[0]), None, float(np.ptp(value) + read.noise(self.stream.errors)[:, 0].max(initial=0.0))

    # The two sides.

    def sides(
        self, own: Plan | None = None, *, extra: tuple[Expr, ...] = (), asked: tuple[Expr, ...] = ()
    ) -> tuple[Side, Side]:
        """Keys, which have `extra` too, and queries, which have what is `asked` too."""
        stream, world = self.stream, self.world
        key_variables, query_variables = map(set, self.deciding)
        placed = own is not None
        query_plans = [stream.plan(p.weights.q, p.slot) for p in self.parts]
        key_plans = [stream.plan(side_by_side([p.weights.k, p.values]), p.slot) for p in self.parts]
        self._relate(key_variables, query_variables, placed)
        for plan in query_plans:
            query_variables |= plan.variables
        for plan in key_plans:
            key_variables |= plan.variables
        for e in extra:
            key_variables |= world.variables(e, flat=stream.flat)
        for e in asked:
            query_variables |= world.variables(e, flat=stream.flat)
        if own is not None:
            query_variables |= own.variables
        self._place(key_variables, query_variables)
        keys, queries = world.of(key_variables), world.of(query_variables)
        key_reads, query_reads = [], []
        for part, q, k in zip(self.parts, query_plans, key_plans, strict=True):
            query_reads.append(stream.read(q, queries))
            read, d_qk = stream.read(k, keys), part.head.d_qk
            key_reads += [read.forms(slice(d_qk)), read.forms(slice(d_qk, None))]
        return Side(keys, key_reads), Side(queries, query_reads)

    def _relate(self, keys: set[Expr], queries: set[Expr], placed: bool) -> None:
        """What a key's and a query's situation have to do with each other; of the selector's variables.

        Which key is where matters to the mask, to what happens at the query's own position, and to look-ups of
        positions, whose key is there if it is not behind the query or not beyond the last.
        """
        self.by_position = keys == {INDICES}
        self.placed = placed or (self.facts.causal and INDICES in keys | queries) or self.by_position

    def _place(self, keys: set[Expr], queries: set[Expr]) -> None:
        """Adds the position to all variables of keys and queries where it matters."""
        if self.placed:
            keys.add(INDICES)
            if not self.looked_up or LENGTH not in queries or self.facts.causal:
                queries.add(INDICES)
        self.shared = [v for v in keys & queries if not v.op.leaf and self.facts.uniform(v)]
        self.common: list[Expr] = []  # what a key and a query at one position have in common
        if self.prover.meeting and INDICES in keys & queries and not self.looked_up:
            self.common = [v for v in keys & queries if v not in self.shared]

    def blocks(
        self,
        parts: Sequence[Part],
        conditions: Sequence[Expr],
        *linked: Item,
        placed: bool = False,
        split: bool = False,
    ) -> list[Block]:
        """Heads of one layer, their dimensions side by side, and conditions of the selector in blocks; each of `linked`
        is in one of them. `placed`: whether it matters which position a key and a query are; `split`: none are wanted
        where they do not come apart."""
        stream, world, slot = self.stream, self.world, parts[0].slot
        query = stream.plan(side_by_side([p.weights.q for p in parts]), slot)
        key = stream.plan(side_by_side([p.weights.k for p in parts]), slot)
        keys, queries = self.deciding
        self._relate(keys, queries, placed)
        keys, queries = keys | key.variables, queries | query.variables
        for item in linked:
            keys, queries = keys | item.keys, queries | item.queries
        self._place(keys, queries)
        if not split and (self.looked_up or self.few(keys, queries)):
            return [whole(conditions, stream, world, (query, queries), (key, keys))]
        items = [*dimensions(query, key), *linked]
        for e in conditions:
            of_keys, of_queries = variables_of(e, world, flat=stream.flat)
            items.append(Item(frozenset(of_keys), frozenset(of_queries), condition=e))
        if self.placed:  # where keys and queries are decides what can meet
            items.append(Item(frozenset({INDICES}), frozenset({INDICES, LENGTH} & queries)))
        items += [Item(frozenset({v}), frozenset({v})) for v in self.shared]
        if self.common:
            items.append(Item(frozenset(self.common), frozenset(self.common)))
        return blocks(items, stream, world, query, key, split=split)

    def few(self, keys: set[Expr], queries: set[Expr]) -> bool:
        """Whether so few pairs of situations need not be taken apart."""
        return self.world.many(keys) * self.world.many(queries) <= FEW

    def kinds(self, side: Side, told: list[Column], *others: Floats, reads: slice = slice(None)) -> tuple[Ints, Ints]:
        """(one row for each kind of situation that a proof can tell apart, the kind of each row)

        `told` and `others` are what else tells them apart. The errors of what is read in the first row of a kind become
        those of all of its rows.
        """
        at = side.at
        if at.size <= FEW_ROWS:
            return np.arange(at.size), np.arange(at.size)
        more = [codes(at.columns[v]) for v in (*self.shared, *self.common) if v in at.columns]
        if not self.looked_up:
            if self.placed and at.position is not None:
                more.append(at.position.astype(np.float64)[:, None])
            if LENGTH in at.columns and self.by_position:
                more.append(codes(at.columns[LENGTH]))
        used = side.reads[reads]
        rows, kind = distinct(*map(codes, told), *(x for r in used for x in r.alike()), *more, *others)
        side.reads[reads] = [r.widest(rows, kind) for r in used]
        return rows, kind

    def unrelated(self, keys: Situations, queries: Situations, k: Ints, q: Ints) -> Mask:
        """(queries, keys) True where no query can meet the key: masked, beyond the last, or of another input."""
        none: Mask = np.zeros((len(q), len(k)), bool)
        placed = keys.position is not None and not self.looked_up
        if self.placed and self.facts.causal and placed and queries.position is not None:
            none |= behind(keys, queries, k, q)
        if LENGTH in queries.columns and self.by_position and placed:
            assert keys.position is not None
            none |= keys.position[k][None, :] >= queries.columns[LENGTH].data[q][:, None]
        for v in self.shared:
            if v not in queries.columns or v not in keys.columns:
                continue
            a, b = paired_codes(queries.columns[v], keys.columns[v])
            none |= a[q][:, None] != b[k][None, :]
        if self.common and keys.position is not None and queries.position is not None:
            same = here(keys, queries, k, q)
            for v in self.common:
                a, b = paired_codes(queries.columns[v], keys.columns[v])
                none |= same & (a[q][:, None] != b[k][None, :])
        return none

    def surely(self, keys: Situations, queries: Situations, k: Ints, q: Ints, selected: Mask) -> Mask:
        """(queries,) True where a key that is selected is there in every input: a position that exists."""
        if self.least > 0:
            return np.ones(len(q), bool)
        if not self.by_position or keys.position is None:
            return np.zeros(len(q), bool)
        there: Mask = ~behind(keys, queries, k, q)
        if LENGTH in queries.columns:
            there = np.ones_like(there)  # those beyond the last are left out already
        met: Mask = selected & there
        sure: Mask = np.any(met, axis=1)
        return sure

    def values(self, x: Expr, at: Situations) -> Column:
        """(rows,) the values of a sop."""
        return values(x, self.facts, at)

    def labels(self, column: Column) -> Floats:
        """(rows,) the labels of the aggregate's own values; nan where there is none."""
        return labels(column, self.number)[0]

    def scores(self, part: Part, query: Read, key: Read) -> Scores:
        bos = self.prover.bos[part.layer - 1] @ part.weights.k
        return Scores.of(query, key, bos, self.stream.errors, self.format)

    def only_part(self) -> Part:
        """The head, where one alone computes it. Raises CertificateError."""
        if len(self.parts) != 1:
            raise CertificateError(f"a value that is picked comes from {len(self.parts)} heads")
        return self.parts[0]

    # Bounds.

    def bound(self) -> float:
        """The largest that the heads' part of this can be, on any input; remembers it for each of their outputs."""
        total, weight = 0.0, min(1.0, self.keys_total * self.share)
        for p in self.parts:
            given = self.stream.reach[p.slot] @ np.abs(p.values) * weight
            total += float(given @ np.abs(p.mix))
            outputs = self.prover.outputs[p.layer - 1]
            outputs[p.outputs] = np.minimum(outputs[p.outputs], given)
        return total

    def _spacing(self) -> float:
        """How far apart the labels of its values lie; infinite where they are too many to list."""
        try:
            domain = self.facts.domain(self.e)
        except CompileError:
            return float("inf")
        if domain.plain:  # fractions may lie closer than anything needs to tell them apart
            return 1.0 if domain.whole else float("inf")
        found = domain.values
        marks = sorted({or_nan(self.number, v) for v in found})
        if any(math.isnan(m) for m in marks):
            return float("nan")
        return min((b - a for a, b in pairwise(marks)), default=float("inf"))

    def note(self, kind: str, error: float, limit: float = 0.5) -> None:
        """Puts a margin on the certificate."""
        self.prover.margins.append(Margin(self.claim.layer, self.claim.expression, kind, error, limit))


def pieces(rows: Ints, width: int) -> Iterator[Ints]:
    """The rows in pieces that are looked at together with so many others. Raises CertificateError."""
    if len(rows) * width > MOST_PAIRS:
        raise CertificateError(f"{len(rows):,} queries and {width:,} keys are too many pairs to check")
    step = max(1, CELLS // max(1, width))
    for i in range(0, len(rows), step):
        yield rows[i : i + step]
