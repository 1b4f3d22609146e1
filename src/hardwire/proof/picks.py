"""What one key is picked for: look-ups, the greatest and the least, the first and the last."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import CertificateError, CompileError
from ..lang.expr import INDICES, Expr, Op, counts_bools, unnamed
from ..lang.selectors import LENGTH, all_of, conditions
from ..lang.values import Value, exact, totally_ordered
from ..model.weights import Floats
from ..recipes.attention import UNIT
from ..run.column import codes_of
from ..run.failure import Ints
from .blocks import Block, Item
from .claims import distinct_values
from .forms import Plan, Read
from .heads import FAR, Aggregate, Part, Side, pieces
from .pairs import ALONE, Beside, Mask, Scores, Truth, besides
from .pairs import sides as variables_of
from .situations import Situations

LOUD = 0.05
"""Where values may be further off than this, those that no query selects are left out."""


class Gaps(NamedTuple):
    """How far apart the scores of keys are, at the worst of some queries, in one block of a head. At queries for which
    some key is selected there, selected keys are ahead

    `beats`: of keys that are not; `holds`: of any key; `even`: of other selected keys; `leads`: of BOS; `ranked`: of
    worse selected keys (where they are the better). And at any, BOS is ahead

    `below`: of keys that are not selected, where there may be no selected key; `under`: of any key.

    What matters only to other blocks is left out where there are none.
    """

    beats: float = np.inf
    holds: float = np.inf
    even: float = np.inf
    leads: float = np.inf
    ranked: float = np.inf
    below: float = np.inf
    under: float = np.inf

    def worst(self, other: Gaps) -> Gaps:
        """Those of both's queries."""
        return Gaps(*np.minimum(self, other).tolist())


def _others(values: Sequence[float], i: int) -> float:
    """The sum of all but one."""
    return sum(v for j, v in enumerate(values) if j != i)


def least_gap(blocks: Sequence[Gaps]) -> float:
    """The least by which the key that is meant, or BOS, is ahead of all that is not meant.

    A key that is not selected is not in some block, and any key in the others.
    """
    holds, even, under = [g.holds for g in blocks], [g.even for g in blocks], [g.under for g in blocks]
    found = [sum(g.leads for g in blocks)]
    for i, g in enumerate(blocks):
        found += [g.beats + _others(holds, i), g.ranked + _others(even, i), g.below + _others(under, i)]
    return math.nan if any(map(math.isnan, found)) else min(found)


class Pick(Aggregate):
    """The value at one key, which outweighs all others; at BOS, whose value is 0, where there is none."""

    adds = False

    def error(self, offset: float, own: Plan | None) -> float:
        if own is not None:
            raise CertificateError("a value that is picked comes from more than its head")
        part = self.only_part()
        x, default = self.e.src[-2], self.e.src[-1]
        ranked = self.e.op.scored
        ties = ranked and unnamed(self.e.src[1]) is not unnamed(x)
        self.looked_up = self._looks_up()
        wrong, span, largest = self._values(part, x, offset, selected=False)
        if not wrong < LOUD:
            wrong, span, largest = self._values(part, x, offset, selected=True)
        self.partial = not ranked and self.most > 1
        self.unsure = False  # whether there may be no key that is meant
        ranked_by = self.world.variables(self.e.src[1], flat=self.stream.flat) if ranked else set()
        linked = frozenset(ranked_by | {INDICES} if ties else ranked_by)
        blocks = self.blocks([part], conditions(self.selector), Item(linked, frozenset()))
        beside = [ALONE]
        if len(blocks) > 1:
            beside = besides([Beside.of(b.query, self._with_bos(part, b, b.key), self.stream.errors) for b in blocks])
        ranking = next((i for i, b in enumerate(blocks) if linked <= b.keys.columns.keys()), None)
        if ranking is None:
            raise CertificateError("what ranks keys is not known of them")
        found = []
        for i, (b, rest) in enumerate(zip(blocks, beside, strict=True)):
            rank = self._ranks(b.keys, ties) if ranked and i == ranking else None
            found.append(self._gaps(part, b, rest, rank))
        gap = least_gap(found)
        if not gap > 0:
            self.far = gap < -FAR * UNIT
            raise CertificateError(
                f"a key that is not meant may outweigh the one that is: the scores are {gap:.3g} apart at worst"
            )
        if self.unsure and default.op is Op.CONST:
            wrong = max(wrong, abs(self.number(default.arg) - offset))
        elif self.unsure:
            at = self.world.of(self.world.variables(default, flat=self.stream.flat))
            empty = self.labels(self.values(default, at)) - offset
            wrong = max(wrong, float(np.abs(empty[~np.isnan(empty)]).max(initial=0.0)))
        self.note("look-up", float(self.keys_total * np.exp(-gap)))
        rounding = 8 * self.format.unit
        if ranked and not ties and self.most > 1 and not self.facts.injective(x):  # of equal keys each has its share
            rounding += 2 * float(self.format.gamma(self.keys_total + 1))
        return wrong + 2 * (self.keys_total + 1) * float(np.exp(-gap)) * span + rounding * largest

    def _values(self, part: Part, x: Expr, offset: float, *, selected: bool) -> tuple[float, float, float]:
        """(how far a key's value may be from what it should be, how far values lie apart, the largest)

        Of all keys, or, which takes longer, of those that may be `selected`.
        """
        plan = self.stream.plan(part.values, part.slot)
        variables = plan.variables | self.world.variables(x, flat=self.stream.flat)
        if selected:
            variables |= self.deciding[0]
        at = self.world.of(variables)
        read = self.stream.read(plan, at)
        picked = self.values(x, at)
        nothing = (self.e.src[-1].arg,) if self.least == 0 and self.e.src[-1].op is Op.CONST else ()
        found: list[Value] = list(distinct_values(picked))
        if counts_bools(self.e):
            found = [int(v) if type(v) is bool else v for v in found]
        self.seen = tuple({exact(v): v for v in (*found, *nothing)}.values())
        if unnamed(x) is INDICES:
            self.places = self._places(nothing)
        target = self.labels(picked) - offset
        mix = part.mix
        v, noise = read.value @ mix, read.noise(self.stream.errors) @ np.abs(mix)
        wrong, none = np.abs(v - target) + noise, np.isnan(target)
        self.elsewhere, self.astray = np.zeros(0), 0.0
        if none.any():
            self.elsewhere, self.astray = np.unique(v[none] + offset), float(noise[none].max())
            wrong = np.where(none, 0.0, wrong)
        if selected:
            wrong = wrong[self._selectable(at)]
        span = max(float((v + noise).max(initial=0)), 0.0) - min(float((v - noise).min(initial=0)), 0.0)
        return float(wrong.max(initial=0.0)), span, float((np.abs(read.value) @ np.abs(mix)).max(initial=0.0))

    def _selectable(self, keys: Situations) -> Mask:
        """(rows,) keys that each condition of the selector alone may select."""
        found = np.ones(keys.size, bool)
        for e in conditions(self.selector):
            queries = self.world.of(variables_of(e, self.world, flat=self.stream.flat)[1])
            truth, all_keys = Truth(e, self.facts, keys, queries), np.arange(keys.size)
            met = np.zeros(keys.size, bool)
            for rows in pieces(np.arange(queries.size), keys.size):
                met |= truth.of(all_keys, rows)[0].any(axis=0)
            found &= met
        return found

    def _with_bos(self, part: Part, block: Block, keys: Read) -> Read:
        """What a head reads of keys, BOS behind them."""
        return keys.with_row(self.prover.bos[part.layer - 1] @ block.forms)

    def _gaps(self, part: Part, block: Block, beside: Beside, rank: Floats | None) -> Gaps:
        """The gaps in a block; `rank`, (keys,), of the block that ranks."""
        selector = all_of(block.conditions)
        truth = None if selector is None else Truth(selector, self.facts, block.keys, block.queries)
        there = np.zeros(block.queries.size)
        if truth is not None and self.looked_up:
            there = self._there(truth.columns[1][0].data, block.queries)
        keys, queries = Side(block.keys, [block.key]), Side(block.queries, [block.query])
        told = ([], []) if truth is None else truth.columns
        if rank is not None and len(np.unique(rank)) == len(rank):
            k = np.arange(len(rank))  # no two are alike
        else:
            k, _ = self.kinds(keys, told[0], *([] if rank is None else [np.nan_to_num(rank, nan=-1.0)[:, None]]))
        q, _ = self.kinds(queries, told[1], there[:, None])
        key = self._with_bos(part, block, keys.reads[0].take(k))
        gaps: Gaps | None = None
        for rows in pieces(q, len(k)):
            query = queries.reads[0].take(rows)
            found = self._gaps_at(block, rows, k, query, key, truth, beside, rank, there[rows])
            gaps = found if gaps is None else gaps.worst(found)
            if beside is ALONE and not min(gaps.beats, gaps.leads, gaps.ranked, gaps.below) > 0:
                break  # that is enough
        return gaps or Gaps()

    def _gaps_at(
        self,
        block: Block,
        q: Ints,
        k: Ints,
        query: Read,
        key: Read,
        truth: Truth | None,
        beside: Beside,
        rank: Floats | None,
        there: Floats,
    ) -> Gaps:
        failed = np.zeros((len(q), len(k)), bool)
        selected, failed = (~failed, failed) if truth is None else truth.of(k, q)
        hidden = self.unrelated(block.keys, block.queries, k, q)
        if rank is not None:  # a key whose score has failed
            failed = failed | (selected & np.isnan(rank[k])[None, :])
        hidden |= selected & (there < 0)[:, None]  # a position that no token has
        if np.count_nonzero(failed):
            self.partial = self.partial or bool((failed & ~hidden).any())
        absent = failed | hidden
        selected = selected & ~absent
        rivals = ~(selected | absent)
        # Scores are taken relative to those of a key that is selected: what the query adds to all cancels.
        some: Mask = np.logical_or.reduce(selected, axis=1)
        reference = key.value[np.where(some, selected.argmax(axis=1), len(k))]
        scores = Scores.relative(query, key, reference, self.stream.errors, self.format, beside)
        low, high = scores.value - scores.error, scores.value + scores.error
        bos_low, bos_high, low, high = low[:, -1], high[:, -1], low[:, :-1], high[:, :-1]
        least, rival = np.where(selected, low, np.inf).min(axis=1), np.where(rivals, high, -np.inf).max(axis=1)
        if self.least > 0:
            unsure: Mask = np.zeros(len(q), bool)
        elif self.looked_up:
            unsure = there <= 0
        else:
            unsure = ~self.surely(block.keys, block.queries, k, q, selected)
        self.unsure = self.unsure or (bool(unsure.any()) and bool(block.conditions))
        ranked = np.inf
        if rank is not None:
            ranked = float(_ranked_gap(selected, low, high, rank[k]).min(initial=np.inf))

        def over(gap: Floats, rows: Mask) -> float:
            return float(np.where(rows, gap, np.inf).min(initial=np.inf))

        gaps = Gaps(
            beats=over(least - rival, some),
            leads=over(least - bos_high, some),
            ranked=ranked,
            below=over(bos_low - rival, unsure),
        )
        if beside is ALONE:
            return gaps
        best, most = np.where(selected, high, -np.inf).max(axis=1), np.where(hidden, -np.inf, high).max(axis=1)
        return gaps._replace(
            holds=over(least - most, some), even=over(least - best, some), under=float((bos_low - most).min())
        )

    def _looks_up(self) -> bool:
        """Whether keys are found by their position alone."""
        s = unnamed(self.selector)
        if s.op is not Op.COMPARE or s.arg is not Op.EQ or unnamed(s.src[0]) is not INDICES:
            return False
        try:
            return self.facts.domain(s.src[1]).column.kind == "i"
        except CompileError:
            return False

    def _there(self, position: Ints, queries: Situations) -> Floats:
        """(rows,) of queries that look a `position` up: 1 where a token has it, -1 where none has, 0 where that is not
        known. Then it does not matter where the query is itself, and many situations are one.
        """
        known = LENGTH in queries.columns
        last: Ints | int = queries.columns[LENGTH].data - 1 if known else self.keys_total - 1
        if self.facts.causal:
            assert queries.position is not None
            last = np.minimum(last, queries.position)
        here: Floats | float = 1.0
        if not known and self.least == 0:
            assert queries.position is not None
            here = np.where(position <= queries.position, 1.0, 0.0)
        return np.where((position < 0) | (position > last), -1.0, here)

    def _places(self, nothing: tuple[Value, ...]) -> Mask | None:
        """(values, positions) where a query can be that finds a position: one that conditions on positions allow. None
        where it can be anywhere."""
        assert self.seen is not None
        at = self.world.of({INDICES})
        rows = np.arange(at.size)
        allowed = np.ones((at.size, at.size), bool)  # (queries, keys)
        for e in conditions(self.selector):
            if e.op is Op.COMPARE and all(self.world.variables(s) <= {INDICES} for s in e.src):
                selected, failed = Truth(e, self.facts, at, at).of(rows, rows)
                allowed &= selected | failed
        positions = at.columns[INDICES].data
        if self.e.op.scored and unnamed(self.e.src[1]) is INDICES and self.facts.selects_itself(self.selector):
            none_behind = positions[:, None] >= positions  # the first is no later than the query itself
            allowed &= none_behind if self.e.op is Op.MIN else none_behind.T
        by_query = np.zeros((self.facts.max_len, self.facts.max_len), bool)
        by_query[positions[:, None], positions] = allowed.T
        if by_query.all():
            return None
        found = [np.ones(self.facts.max_len, bool) if v in nothing else by_query[int(v)] for v in self.seen]
        return np.array(found)

    def _ranks(self, at: Situations, ties: bool) -> Floats:
        """(rows,) how good each key is, of equals the leftmost."""
        column = self.values(self.e.src[1], at)
        codes, table = codes_of(column)
        ok = column.ok()
        scores = {table[c] for c in np.flatnonzero(np.bincount(codes[ok])).tolist()}
        if not totally_ordered(scores):
            raise CertificateError("the values that are compared have no total order")
        order = sorted(scores)
        place = {v: i for i, v in enumerate(order)}
        rank = np.where(ok, np.array([place.get(v, np.nan) for v in table] or [np.nan])[codes], np.nan)
        if self.e.op is Op.MIN:
            rank = len(order) - 1 - rank
        if ties:
            assert at.position is not None
            rank = rank * (self.keys_total + 1) + (self.keys_total - at.position)
        return rank

    def hull(self, offset: float) -> tuple[float, float]:
        part = self.only_part()
        plan = self.stream.plan(part.values, part.slot)
        read = self.stream.read(plan, self.world.of(plan.variables))
        mix = part.mix
        value, noise = read.value @ mix, read.noise(self.stream.errors) @ np.abs(mix)
        largest = float((np.abs(read.value) @ np.abs(mix)).max(initial=0.0))
        slack = 2 * self.format.gamma(self.keys_total + 8) * largest
        low = min(0.0, float((value - noise).min(initial=0.0))) - slack
        high = max(0.0, float((value + noise).max(initial=0.0))) + slack
        return low + offset, high + offset


def _ranked_gap(selected: Mask, low: Floats, high: Floats, rank: Floats) -> Floats:
    """(queries,) the least score by which a better key beats a worse one, among those selected."""
    if len(rank) < 2:
        return np.full(len(selected), np.inf)
    order = np.argsort(rank, kind="stable")
    in_order = rank[order]
    starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    lows = np.minimum.reduceat(np.where(selected, low, np.inf).take(order, axis=1), starts, axis=1)
    highs = np.maximum.reduceat(np.where(selected, high, -np.inf).take(order, axis=1), starts, axis=1)
    below = np.maximum.accumulate(highs, axis=1)[:, :-1]
    gaps: Floats = (lows[:, 1:] - below).min(axis=1, initial=np.inf)
    return gaps
