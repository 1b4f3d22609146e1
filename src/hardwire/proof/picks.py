"""What one key is picked for: look-ups, the greatest and the least, the first and the last."""

from __future__ import annotations

import numpy as np

from ..compiler.analyse import unnamed
from ..compiler.positions import LENGTH
from ..errors import CertificateError, CompileError
from ..lang.expr import Op
from ..lang.values import Value, exact
from ..model.weights import Floats
from ..run.column import codes_of
from ..run.failure import Ints
from .claims import distinct_values
from .heads import Aggregate, Part, Side, blocks
from .pairs import Mask, Scores, Truth
from .situations import INDICES, Situations, most
from .stream import Plan, Read


class Pick(Aggregate):
    """The value at one key, which outweighs all others; at BOS, whose value is 0, where there is none."""

    def error(self, offset: float, own: Plan | None) -> float:
        if own is not None:
            raise CertificateError("a value that is picked comes from more than its head")
        part = self.only_part()
        x, default = self.e.src[-2], self.e.src[-1]
        ranked = self.e.op in (Op.MAX, Op.MIN)
        ties = ranked and unnamed(self.e.src[1]) is not unnamed(x)
        extra = (x, *((self.e.src[1],) if ranked else ()), *((INDICES,) if ties else ()))
        self.looked_up = self._looks_up()
        keys, queries = self.sides(extra=extra, asked=(default,))
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        picked = self.values(x, keys.at)
        nothing = (self.e.src[-1].arg,) if self.least == 0 and self.e.src[-1].op is Op.CONST else ()
        self.seen = tuple({exact(v): v for v in (*distinct_values(picked), *nothing)}.values())
        if unnamed(x) is INDICES:
            self.places = self._places(nothing)
        target = self.labels(picked) - offset
        rank = self._ranks(keys.at, ties) if ranked else np.zeros(keys.at.size)
        value = keys.reads[1]
        mix = part.mix[part.mix != 0]
        v, v_error = value.value @ mix, value.noise(self.stream.errors) @ np.abs(mix)
        span = max(float((v + v_error).max(initial=0)), 0.0) - min(float((v - v_error).min(initial=0)), 0.0)
        there = self._there(queries.at)
        # Keys of one kind score alike; the worst of their values stands for all.
        k, kind = self.kinds(keys, truth.columns[0], np.nan_to_num(rank, nan=-1.0)[:, None], reads=slice(1))
        q, _ = self.kinds(queries, truth.columns[1], there[:, None])
        wrong = most(np.where(np.isnan(target), 0.0, np.abs(v - np.nan_to_num(target)) + v_error), kind, len(k))
        self.elsewhere = np.unique(v[np.isnan(target)] + offset)
        self.partial = self.e.op not in (Op.MAX, Op.MIN) and self.most > 1
        empty = self.labels(self.values(default, queries.at))[q] - offset
        worst, tightest = 0.0, np.inf
        for rows in blocks(np.arange(len(q)), len(k)):
            error, gap = self._pick_at(
                part, q[rows], k, keys, queries, truth, rank[k], wrong, span, empty[rows], there[q[rows]]
            )
            worst, tightest = max(worst, error), min(tightest, gap)
        self.note("look-up", float(self.keys_total * np.exp(-tightest)))
        largest = float(np.abs(v).max(initial=0.0))
        return worst + 8 * self.arithmetic.unit * largest

    def _looks_up(self) -> bool:
        """Whether keys are found by their position alone."""
        s = unnamed(self.selector)
        if s.op is not Op.COMPARE or s.arg is not Op.EQ or unnamed(s.src[0]) is not INDICES:
            return False
        try:
            return all(type(v) is int for v in self.facts.domain(s.src[1]).values)
        except CompileError:
            return False

    def _there(self, queries: Situations) -> Floats:
        """(rows,) of queries that look a position up: 1 where a token has it, -1 where none has, 0 where that is not
        known. Then it does not matter where the query is itself, and many situations are one.
        """
        if not self.looked_up:
            return np.zeros(queries.size)
        position = self.values(unnamed(self.selector).src[1], queries).data
        known = LENGTH in queries.columns
        last = queries.columns[LENGTH].data - 1 if known else np.full(queries.size, self.keys_total - 1)
        if self.facts.causal:
            assert queries.position is not None
            last = np.minimum(last, queries.position)
        here = np.ones(queries.size)
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
        stack = [self.selector]
        while stack:
            e = unnamed(stack.pop())
            if e.op is Op.AND:
                stack += e.src
            elif e.op is Op.COMPARE and all(self.world.variables(s) <= {INDICES} for s in e.src):
                selected, failed = Truth(e, self.facts, at, at).of(rows, rows)
                allowed &= selected | failed
        positions = at.columns[INDICES].data
        by_query = np.zeros((self.facts.max_len, self.facts.max_len), bool)
        by_query[np.ix_(positions, positions)] = allowed.T
        if by_query.all():
            return None
        found = [np.ones(self.facts.max_len, bool) if v in nothing else by_query[int(v)] for v in self.seen]
        return np.array(found)

    def _pick_at(
        self,
        part: Part,
        q: Ints,
        k: Ints,
        keys: Side,
        queries: Side,
        truth: Truth,
        rank: Floats,
        wrong: Floats,
        span: float,
        empty: Floats,
        there: Floats,
    ) -> tuple[float, float]:
        """(the greatest error at these queries, the least gap between the key that is meant and another)"""
        selected, failed = truth.of(k, q)
        ignored = failed | self.unrelated(keys.at, queries.at, k, q)
        ignored = ignored | (selected & np.isnan(rank)[None, :])  # a key whose score has failed
        self.partial = self.partial or bool((failed | (selected & np.isnan(rank)[None, :])).any())
        ignored = ignored | (selected & (there < 0)[:, None])  # a position that no token has
        selected = selected & ~ignored
        others = ~selected & ~ignored
        query, key = queries.reads[0].take(q), keys.read(0, k)
        bos_key = self.prover.bos[part.layer - 1] @ part.head.w_k.astype(np.float64)
        # Scores are taken relative to those of a key that is selected: what the query adds to all cancels.
        some: Mask = np.any(selected, axis=1)
        reference = np.where(some[:, None], key.value[selected.argmax(axis=1)], bos_key[None, :])
        scores = Scores.relative(query, key, reference, self.stream.errors, self.arithmetic)
        bos = Scores.relative(query, only(bos_key), reference, self.stream.errors, self.arithmetic)
        low, high = scores.value - scores.error, scores.value + scores.error
        least = np.where(selected, low, np.inf).min(axis=1)
        most = np.where(others, high, -np.inf).max(axis=1)
        gap = least - most  # inf where nothing is selected, or everything is
        bos_low, bos_high = (bos.value - bos.error)[:, 0], (bos.value + bos.error)[:, 0]
        error = np.where(selected, wrong[None, :], 0.0).max(axis=1)
        gap = np.minimum(gap, np.where(some, least - bos_high, np.inf))
        if self.e.op in (Op.MAX, Op.MIN):
            gap = np.minimum(gap, _ranked_gap(selected, low, high, rank))
        sure = there > 0 if self.looked_up else self.surely(keys.at, queries.at, k, q, selected)
        unsure = ~sure
        gap = np.where(unsure, np.minimum(gap, bos_low - most), gap)
        error = np.maximum(error, np.where(unsure & ~np.isnan(empty), np.abs(np.nan_to_num(empty)), 0.0))
        if not (gap > 0).all():
            at = int(gap.argmin())
            raise CertificateError(
                f"a key that is not meant may outweigh the one that is: the scores are {gap[at]:.3g} apart at worst"
            )
        error = error + 2 * (self.keys_total + 1) * np.exp(-gap) * span
        return float(error.max(initial=0.0)), float(gap.min(initial=np.inf))

    def _ranks(self, at: Situations, ties: bool) -> Floats:
        """(rows,) how good each key is, of equals the leftmost."""
        column = self.values(self.e.src[1], at)
        codes, table = codes_of(column)
        ok = column.ok()
        try:
            order = sorted({table[c] for c in np.flatnonzero(np.bincount(codes[ok])).tolist()})
        except TypeError:
            raise CertificateError("the scores have no common order") from None
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
        plan = self.stream.plan(part.values, part.time)
        read = self.stream.read(plan, self.world.of(plan.variables))
        mix = part.mix[part.mix != 0]
        value, noise = read.value @ mix, read.noise(self.stream.errors) @ np.abs(mix)
        slack = 16 * self.arithmetic.unit * float(np.abs(value).max(initial=0.0))
        low = min(0.0, float((value - noise).min(initial=0.0))) - slack
        high = max(0.0, float((value + noise).max(initial=0.0))) + slack
        return low + offset, high + offset


def only(row: Floats) -> Read:
    """A read without error, of one row."""
    none = np.zeros((1, len(row)))
    return Read(row[None, :], {}, none[:, :0], np.zeros((0, len(row))), none, np.abs(row)[None, :])


def _ranked_gap(selected: Mask, low: Floats, high: Floats, rank: Floats) -> Floats:
    """(queries,) the least score by which a better key beats a worse one, among those selected."""
    order = np.argsort(rank, kind="stable")
    starts = np.flatnonzero(np.diff(rank[order], prepend=np.nan) != 0)
    lows = np.minimum.reduceat(np.where(selected, low, np.inf)[:, order], starts, axis=1)
    highs = np.maximum.reduceat(np.where(selected, high, -np.inf)[:, order], starts, axis=1)
    if lows.shape[1] < 2:
        return np.full(len(selected), np.inf)
    below = np.maximum.accumulate(highs, axis=1)[:, :-1]
    gaps: Floats = (lows[:, 1:] - below).min(axis=1)
    return gaps
