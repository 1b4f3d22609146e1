"""Sums and counts: BOS outweighs all keys, so that each adds its own weight times its value."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from ..errors import CertificateError
from ..lang.expr import ONE, Expr, Op, unnamed
from ..lang.selectors import comparisons
from ..lang.selectors import parts as parts_of
from ..model.weights import Floats
from ..recipes.attention import SINK
from ..run.failure import Ints
from .blocks import Block, Item
from .classes import Combined, Pairs, combined, joined
from .forms import Plan, Read
from .heads import Aggregate, Part, Side, pieces
from .magnitudes import side_by_side
from .pairs import Beside, Mask, Scores, Truth, besides, here
from .situations import distinct

LOUD = 0.1
"""Errors above this, of classes of pairs, are looked at pair by pair."""
FAINT = 1e-3
"""A key that adds less than this to a sum is none that is meant."""
MANY = 20_000
"""Of how many pairs those that a head cannot tell apart are looked at once."""


Summands = Callable[[Ints], tuple[Floats, ...]]
"""Of some queries: what a head adds, the magnitude of that, how far it may be off, the weight; (queries, keys) each."""


class Sum(Aggregate):
    """A sum of what is selected, the same whatever else is there."""

    def _rest(self) -> tuple[float, Plan | None, float]:
        offset, own, left = super()._rest()
        if not offset:
            return offset, own, left
        # What is added to a sum everywhere is its own position's part of it.
        return 0.0, self.stream.plan(self.vector, self.claim.slot, raw=1, since=self.since), 0.0

    def error(self, offset: float, own: Plan | None) -> float:
        x = ONE if self.e.op is Op.WIDTH else self.e.src[-2]
        if offset or not self._from_zero():
            raise CertificateError("a sum that does not start at 0 is no sum")
        worst = self._by_classes(x, own is not None)
        if worst is None or worst > LOUD:
            worst = self._by_pairs(x, own)
        if own is not None:
            worst += self._own_of(x, own)
        self.note("sum", worst)
        return worst

    def _from_zero(self) -> bool:
        """Whether the aggregate is 0 where nothing is selected."""
        if self.e.op is Op.WIDTH or self.least > 0:
            return True
        default = unnamed(self.e.src[-1])
        return default.op is Op.CONST and self.number(default.arg) == 0

    def _by_pairs(self, x: Expr, own: Plan | None) -> float:
        """The greatest error, of all pairs but those of one position if that adds something of its `own`."""
        keys, queries = self.sides(own, extra=(x,))
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        mixed = [keys.reads[2 * i + 1].value @ part.mix for i, part in enumerate(self.parts)]
        target = self._filled(self.labels(self.values(x, keys.at)), mixed)
        told = np.where(np.isnan(target), 1e300, target)[:, None]
        k, _ = self.kinds(keys, truth.columns[0], told)
        q, _ = self.kinds(queries, truth.columns[1])
        summands = [self._summands(i, part, keys, queries, q, k) for i, part in enumerate(self.parts)]
        worst, self.share = 0.0, 0.0
        for rows in pieces(np.arange(len(q)), len(k)):
            worst = max(worst, self._sum_of(rows, q, k, keys, queries, truth, target, summands, own is not None))
        return worst

    def _filled(self, target: Floats, mixed: list[Floats]) -> Floats:
        """The numbers to be added up, with what the model adds where there is none, if that is a whole number. `mixed`:
        the values of each head."""
        none = np.isnan(target)
        if not none.any() or not mixed:
            return target
        found = []
        for values in mixed:
            v = values * np.exp(-np.float64(np.float32(SINK)))
            found.append(np.round(v[none]))
            if np.abs(v[none] - found[-1]).max(initial=0.0) > 1e-3 or not np.array_equal(found[-1], found[0]):
                return target
        filled = target.copy()
        filled[none] = found[0]
        low, high = min(0.0, float(filled.min())), max(0.0, float(filled.max()))
        most = min(self.most, self.keys_total)
        self.elsewhere = np.arange(low * most, high * most + 1)
        return filled

    # By classes.

    def _by_classes(self, x: Expr, apart: bool) -> float | None:
        """The greatest error where the heads come apart, of all pairs but those of one position if these are `apart`;
        None where they do not."""
        stream, parts = self.stream, self.parts
        keys_of, queries_of = self.deciding
        keys_of = keys_of | self.world.variables(x, flat=stream.flat)
        if len({p.layer for p in parts}) != 1 or self.few(keys_of, queries_of):
            return None
        plan = stream.plan(side_by_side([p.values for p in parts]), parts[0].slot)
        deciding = frozenset(plan.variables | self.world.variables(x, flat=stream.flat))
        compared = comparisons(self.selector, from_right=True)
        blocks = self.blocks(parts, compared, Item(deciding, frozenset()), placed=apart, split=True)
        where = [i for i, b in enumerate(blocks) if deciding <= b.keys.columns.keys()]
        if not where:
            return None
        keys = blocks[where[0]].keys
        read, ends = stream.read(plan, keys), np.cumsum([0, *(len(p.mix) for p in parts)])
        mixes = [p.mix for p in parts]
        noise = read.noise(stream.errors)
        mixed = list(zip(pairwise(ends), mixes, strict=True))
        v = np.array([read.value[:, a:b] @ mix for (a, b), mix in mixed])
        v_error = np.array([noise[:, a:b] @ np.abs(mix) for (a, b), mix in mixed])
        v_size = np.array([np.abs(read.value[:, a:b]) @ np.abs(mix) for (a, b), mix in mixed])
        target = self._filled(self.labels(self.values(x, keys)), list(v))
        first, kind = distinct(v.T, v_error.T, v_size.T, np.nan_to_num(target, nan=1e300)[:, None])
        beside = [self._besides(i, blocks) for i in range(len(parts))]
        classes = []
        for i, b in enumerate(blocks):
            classes.append(self._classes(b, [of_head[i] for of_head in beside], kind if i == where[0] else None, apart))
        found = combined(classes, parts_of(self.selector))
        if found is None:
            return None
        return self._bound_of(found, v[:, first], v_error[:, first], v_size[:, first], target[first], apart)

    def _of_part(self, i: int, block: Block) -> Ints:
        """Which of the block's dimensions are those of a head."""
        start = sum(p.head.d_qk for p in self.parts[:i])
        return np.flatnonzero((block.dims >= start) & (block.dims < start + self.parts[i].head.d_qk))

    def _besides(self, i: int, blocks: list[Block]) -> list[tuple[Beside, Beside]]:
        """What a head adds up beside each block, of keys and of BOS."""
        of_keys, of_bos = [], []
        for b in blocks:
            dims, errors = self._of_part(i, b), self.stream.errors
            query = b.query.forms(dims)
            of_keys.append(Beside.of(query, b.key.forms(dims), errors))
            of_bos.append(Beside.of(query, Read.known(self._bos(i, b, dims)), errors))
        return list(zip(besides(of_keys), besides(of_bos), strict=True))

    def _bos(self, i: int, block: Block, dims: Ints) -> Floats:
        """(dims,) what a head reads of BOS."""
        read: Floats = self.prover.bos[self.parts[i].layer - 1] @ block.forms[:, dims]
        return read

    def _classes(self, block: Block, rest: list[tuple[Beside, Beside]], value: Ints | None, apart: bool) -> Pairs:
        """The classes of pairs in a block; `rest`: what each head adds up in the others."""
        truths = {e: Truth(e, self.facts, block.keys, block.queries) for e in block.conditions}
        keys, queries = Side(block.keys, [block.key]), Side(block.queries, [block.query])
        more = [] if value is None else [value.astype(np.float64)[:, None]]
        k, _ = self.kinds(keys, [t.columns[0][0] for t in truths.values()], *more)
        q, _ = self.kinds(queries, [t.columns[1][0] for t in truths.values()])
        of_parts = [self._of_part(i, block) for i in range(len(self.parts))]
        key = [keys.reads[0].forms(dims).take(k) for dims in of_parts]
        query = [queries.reads[0].forms(dims) for dims in of_parts]
        found: list[Pairs] = []
        tops: list[float] = []
        for rows in pieces(q, len(k)):
            scores = []
            for i, dims in enumerate(of_parts):
                some, bos = query[i].take(rows), self._bos(i, block, dims)[None, :]
                scores.append(Scores.relative(some, key[i], bos, self.stream.errors, self.format, *rest[i]))
            hidden = self.unrelated(block.keys, block.queries, k, rows)
            placed = apart and block.keys.position is not None and block.queries.position is not None
            pairs = Pairs(
                {e: t.of(k, rows) for e, t in truths.items()},
                hidden,
                here(block.keys, block.queries, k, rows) if placed else np.zeros_like(hidden),
                [s.value - s.error for s in scores],
                [s.value + s.error for s in scores],
                None if value is None else np.broadcast_to(value[k], hidden.shape),
            )
            tops = tops or [float(s.max(initial=-np.inf)) for s in pairs.high]
            found.append(pairs.classes(tops))
        return joined(found, tops)

    def _bound_of(self, c: Combined, v: Floats, v_error: Floats, v_size: Floats, target: Floats, apart: bool) -> float:
        """The greatest error of the sum; values of each head, (heads, kinds), with their errors and the magnitudes of
        the outputs that they come from, and what they should be, (kinds,)."""
        failed = c.failed & ~c.hidden
        none = np.isnan(target)[c.value] & c.selected & ~c.hidden
        self.partial = self.partial or bool(failed.any() or none.any())
        absent = failed | c.hidden | none
        ignored = absent | c.here if apart else absent
        wanted = np.where(c.selected & ~ignored, np.nan_to_num(target)[c.value], 0.0)
        light, heavy = np.exp(np.minimum(c.low, 60)), np.exp(np.minimum(c.high, 60))
        v, v_error = v[:, c.value], v_error[:, c.value]
        least, most = (f(light * v, heavy * v).sum(axis=0) for f in (np.minimum, np.maximum))
        loose = (heavy * (np.abs(v) * self.format.exp_error + v_error)).sum(axis=0)
        cell = np.maximum(np.abs(least - wanted), np.abs(most - wanted)) + loose
        size = (heavy * v_size[:, c.value]).sum(axis=0)
        share = np.where(absent, 0.0, heavy).max(axis=0, initial=0.0).max(keepdims=True)
        self.share = float(np.where(c.hidden, 0.0, heavy).max(initial=0.0))
        return float(self._added_up(cell[None], size[None], c.selected[None], ignored[None], share)[0])

    # By pairs.

    def _summands(self, i: int, part: Part, keys: Side, queries: Side, q: Ints, k: Ints) -> Summands:
        """What a head adds at these queries, of these keys."""
        query, key, value = queries.reads[i].take(q), keys.reads[2 * i].take(k), keys.reads[2 * i + 1].take(k)

        def cells(query: Read, key: Read, value: Read) -> tuple[Floats, ...]:
            scores = self.scores(part, query, key)
            mix = part.mix
            v = value.value @ mix
            v_error = value.noise(self.stream.errors) @ np.abs(mix)
            plain = np.exp(np.minimum(scores.value, 60))
            weight = np.exp(np.minimum(scores.value + scores.error, 60)) if scores.error.any() else plain
            size = plain * (np.abs(value.value) @ np.abs(mix))  # each output is added up, and rounded, on its own
            loose = (weight * (1 + self.format.exp_error) - plain) * np.abs(v)
            if v_error.any():
                loose += weight * v_error
            return plain * v, size, loose, weight

        if len(q) * len(k) < MANY:
            return lambda some: cells(query.take(some), key, value)
        # What a head sees of a situation is often less than what there is: then its pairs are few.
        rows, of_query = distinct(*query.alike())
        columns, of_key = distinct(*key.alike(), *value.alike())
        if 2 * len(rows) * len(columns) > len(q) * len(k):
            return lambda some: cells(query.take(some), key, value)
        kinds = query.widest(rows, of_query).take(rows)
        table = cells(kinds, *(r.widest(columns, of_key).take(columns) for r in (key, value)))
        return lambda some: tuple(x.take(of_query[some], axis=0).take(of_key, axis=1) for x in table)

    def _sum_of(
        self,
        rows: Ints,
        q: Ints,
        k: Ints,
        keys: Side,
        queries: Side,
        truth: Truth,
        target: Floats,
        summands: list[Summands],
        elsewhere: bool,
    ) -> float:
        """The greatest error of the sum at some of the queries."""
        q = q[rows]
        selected, failed = truth.of(k, q)
        none = np.isnan(target[k])
        hidden = self.unrelated(keys.at, queries.at, k, q)
        absent = failed | hidden
        if none.any():
            absent |= selected & none
        self.partial = self.partial or bool(failed.any() or (none.any() and (selected & none).any()))
        ignored = absent | here(keys.at, queries.at, k, q) if elsewhere else absent
        wanted = np.where(selected & ~ignored, target[k], 0.0)
        total, size, loose = np.zeros((3, *wanted.shape))
        share = np.zeros(len(q))
        for summand in summands:
            plus, magnitude, off, weight = summand(rows)
            total += plus
            size += magnitude
            loose += off
            share = np.maximum(share, np.where(absent, 0, weight).max(axis=1, initial=0))
            self.share = max(self.share, float(np.where(hidden, 0, weight).max(initial=0)))
        cell = np.abs(total - wanted) + loose
        return float(self._added_up(cell, size, selected, ignored, share).max(initial=0.0))

    def _added_up(self, cell: Floats, size: Floats, selected: Mask, ignored: Mask, share: Floats) -> Floats:
        """(queries,) the error of the sum, when a pair may be off by so much, and adds numbers of this size."""
        n, most = self.keys_total, min(self.most, self.keys_total)
        heavy = selected & ~ignored
        light = ~heavy & ~ignored

        def over_all(x: Floats) -> Floats:  # at most so many are selected, and so many are not
            total: Floats = most * np.where(heavy, x, 0).max(axis=1, initial=0)
            rest: Floats = n * np.where(light, x, 0).max(axis=1, initial=0)
            return total + rest

        # As summands keys of next to no weight round off no more than they are.
        faint = (size < FAINT) & ~ignored
        added = n if (light & ~faint).any() else most
        error: Floats = over_all(cell) + over_all(size) * self._averaging(share, added)
        error += n * np.where(faint, size, 0).max(axis=1, initial=0)
        return error

    def _averaging(self, share: Floats | float, added: int) -> Floats:
        """The relative error of dividing by all weights, which BOS's is nearly alone in, and of adding so many up.

        An addition is off by no more than its smaller summand, so keys beside BOS round the sum of weights by no more
        than their share. And there is room for weights of the model that are off by a unit in the last place, of which
        the score makes the most.
        """
        n, unit = self.keys_total, self.format.unit
        return np.asarray(2 * n * share + self.format.gamma(added + 1) + (6 + 4 * SINK) * unit, np.float64)

    def _own_of(self, x: Expr, own: Plan) -> float:
        """The error at the query's own position, where more than heads contribute."""
        stream, facts = self.stream, self.facts
        variables = self.deciding[0] | self.deciding[1] | self.world.variables(x, flat=stream.flat) | own.variables
        plans = []
        for p in self.parts:
            plans.append([stream.plan(w, p.slot) for w in (p.weights.q, p.weights.k, p.values)])
            for plan in plans[-1]:
                variables |= plan.variables
        at = self.world.of(variables)
        truth = Truth(self.selector, facts, at, at)
        selected, failed = truth.own(np.arange(at.size))
        wanted = np.where(selected, self.labels(self.values(x, at)), 0.0)
        ignored = failed | np.isnan(wanted)
        read = stream.read(own, at)
        total = read.value[:, 0]
        loose = read.noise(stream.errors)[:, 0]
        for p, found in zip(self.parts, plans, strict=True):
            query, key, value = (stream.read(plan, at) for plan in found)
            bos = self.prover.bos[p.layer - 1] @ p.weights.k
            score = (query.value * (key.value - bos)).sum(axis=1)
            noise = (query.noise(stream.errors) * np.abs(key.value - bos)).sum(axis=1)
            noise += ((np.abs(query.value) + query.noise(stream.errors)) * key.noise(stream.errors)).sum(axis=1)
            mass = (np.abs(query.value) * (np.abs(key.value) + np.abs(bos))).sum(axis=1)
            noise += self.format.gamma(key.value.shape[1]) * mass + self.format.unit * np.abs(score)
            mix = p.mix
            v = value.value @ mix
            weight, plain = np.exp(np.minimum(score + noise, 60)), np.exp(np.minimum(score, 60))
            total = total + plain * v
            size = np.abs(value.value) @ np.abs(mix)
            loose = loose + plain * size * self._averaging(self.share, self.keys_total)
            loose = loose + (weight * (1 + self.format.exp_error) - plain) * np.abs(v)
            loose = loose + weight * (value.noise(stream.errors) @ np.abs(mix))
        cell = np.where(ignored, 0.0, np.abs(total - np.where(ignored, 0, wanted)) + loose)
        return float(cell.max(initial=0.0))
