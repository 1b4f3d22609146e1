"""What heads compute: every aggregate of the program against the weights that are said to compute it.

A head's output is the mean of its values, weighted by exp(score). Three uses of that are proved:

    sums        BOS outweighs all keys, so each key adds its own weight times its value, whatever the others do
    picks       one key outweighs all others (look-ups; the greatest, the first), or BOS does where none is selected
    means       the selected keys weigh the same, all others next to nothing
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..compiler.analyse import Analysis, unnamed
from ..compiler.positions import LENGTH
from ..errors import CertificateError
from ..lang.expr import AGGREGATES, Expr, Op, node
from ..lang.text import formula
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.weights import Floats, Head
from ..run.column import Column
from ..run.elementwise import elementwise  # noqa: F401
from ..run.failure import Ints
from .pairs import Mask, Scores, Truth, atoms, behind, codes, here, merged, settled, sides
from .situations import INDICES, Situations, World, distinct, most
from .stream import Proved, Read, Slice, Stream

CELLS = 1_500_000
"""How many pairs are looked at together."""
MOST_PAIRS = 400_000_000
ONE = node(Op.CONST, arg=1)


@dataclass(frozen=True, eq=False)
class Part:
    """A head that contributes to an aggregate: its values are combined by `mix`, (d_v,)."""

    head: Head
    layer: int
    mix: Floats

    @property
    def time(self) -> int:
        return 2 * self.layer - 2

    @property
    def values(self) -> Floats:
        """(d_model, used d_v)"""
        used: Floats = self.head.w_v.astype(np.float64)[:, self.mix != 0]
        return used


@dataclass(frozen=True, eq=False)
class Side:
    """The situations of keys or of queries, and what each head reads there: (rows, ...)."""

    at: Situations
    reads: list[Read]


class Prover:
    """Proves claims about one model."""

    def __init__(self, stream: Stream, world: World, facts: Analysis, bos: list[Floats]) -> None:
        self.stream, self.world, self.facts, self.bos = stream, world, facts, bos
        self.arithmetic = stream.arithmetic
        self.margins: list[Margin] = []

    def prove(self, e: Expr, claim: Claim) -> Proved:
        """That the model holds the aggregate as claimed. Raises CertificateError where that cannot be shown."""
        try:
            return _Case(self, e, claim).prove()
        except CertificateError as error:
            if error.expression is None:
                raise CertificateError(f"{formula(e, 80)}: {error}", expression=e) from None
            raise


class _Case:
    """One claim."""

    def __init__(self, prover: Prover, e: Expr, claim: Claim) -> None:
        self.prover, self.e, self.claim = prover, e, claim
        self.stream, self.facts, self.world = prover.stream, prover.facts, prover.world
        self.arithmetic = prover.arithmetic
        self.vector = claim.vector[:, None]
        stream = self.stream
        self.channels = (stream.writes @ claim.vector) * (stream.layer_of <= claim.layer)
        self.parts = list(self._parts())
        self.selector = settled(e.src[0], self.facts)
        self.least, self.most = self.facts.width(e.src[0])
        self.keys_total = self.facts.max_len
        self.share = 0.0  # how much weight a key may have beside BOS

    def _parts(self) -> Iterator[Part]:
        at = 0
        for k, layer in enumerate(self.stream.model.layers, 1):
            for head in layer.heads:
                mix = self.channels[at : at + head.d_v]
                at += head.d_v
                if mix.any():
                    yield Part(head, k, mix)

    def prove(self) -> Proved:
        rest = self._rest()
        offset, own = self._constant(rest)
        if self._is_sum():
            error = self._sum(offset, own, rest)
        elif own is not None:
            raise CertificateError("a value that is picked comes from more than its head")
        elif self.e.op is Op.MEAN and self.most > 1:
            error = self._mean(offset)
        else:
            error = self._pick(offset)
        reach = self._reach()
        # Dividing by the weights, W_O, and adding to the stream round once each.
        size = reach * np.abs(self.channels).sum() if len(self.parts) > 1 else self._largest()
        error += 4 * self.arithmetic.unit * size
        time = 2 * self.claim.layer
        kept = rest if own is not None else None
        return Proved(self.e, self.channels, offset, float(error), reach, self.claim.vector, time, kept)

    # What is not written by heads.

    def _rest(self) -> Slice:
        stream = self.stream
        mine = np.flatnonzero(self.channels)
        part = stream.slice(self.vector, 2 * self.claim.layer, without=mine)
        for k, firing in part.neurons.items():
            seen = stream.writes[mine] @ stream.w_in[k - 1][:, firing]
            if seen.any():
                raise CertificateError("neurons read the very heads that they are said to complete")
        return part

    def _constant(self, rest: Slice) -> tuple[float, Read | None]:
        """(what is the same everywhere, or 0; what is added at the query's own position, if it is not the same)"""
        at = self.world.of(rest.variables)
        read = self.stream.read(self.vector, 2 * self.claim.layer, at, rest)
        if not rest.variables and not read.error.any():
            return float(read.value[0, 0]), None
        if not rest.variables:
            return float(read.value[0, 0]), None
        return 0.0, read

    def _is_sum(self) -> bool:
        if self.e.op is Op.WIDTH:
            return True
        if not self.parts and self.most > 0:
            return True  # at the query's own position alone
        return self.e.op is Op.VALUE and self.most > 1 and self._numbers(self.e.src[1])

    def _numbers(self, x: Expr) -> bool:
        return self.facts.domain(x).plain

    # The two sides.

    def _sides(self, own: Slice | None = None, *, extra: tuple[Expr, ...] = ()) -> tuple[Side, Side]:
        stream, facts = self.stream, self.facts
        key_variables, query_variables = sides(self.selector, facts)
        query_slices = [stream.slice(p.head.w_q.astype(np.float64), p.time) for p in self.parts]
        key_slices = [stream.slice(p.head.w_k.astype(np.float64), p.time) for p in self.parts]
        value_slices = [stream.slice(p.values, p.time) for p in self.parts]
        # Which key is where matters to the mask, to what happens at the query's own position, and to look-ups of
        # positions, whose key is there if it is not behind the query or not beyond the last.
        self.by_position = key_variables == {INDICES}
        placed = own is not None or (facts.causal and INDICES in key_variables | query_variables) or self.by_position
        for part in query_slices:
            query_variables |= part.variables
        for part in (*key_slices, *value_slices):
            key_variables |= part.variables
        for e in extra:
            key_variables |= facts.basis(e)
        if own is not None:
            query_variables |= own.variables
        if placed:
            key_variables.add(INDICES)
            query_variables.add(INDICES)
        self.placed = placed
        self.shared = [v for v in key_variables & query_variables if v.op in AGGREGATES and facts.uniform(v)]
        keys, queries = self.world.of(key_variables), self.world.of(query_variables)
        key_reads, query_reads = [], []
        for p, q, k, v in zip(self.parts, query_slices, key_slices, value_slices, strict=True):
            query_reads.append(stream.read(p.head.w_q.astype(np.float64), p.time, queries, q))
            key_reads.append(stream.read(p.head.w_k.astype(np.float64), p.time, keys, k))
            key_reads.append(stream.read(p.values, p.time, keys, v))
        return Side(keys, key_reads), Side(queries, query_reads)

    def _kinds(self, at: Situations, side: list[Column], reads: list[Read], *others: Floats) -> tuple[Ints, Ints]:
        """(one row for each kind of situation that a proof can tell apart, the kind of each row)"""
        more = [codes(at.columns[v]) for v in self.shared]
        if self.placed:
            assert at.position is not None
            more.append(at.position.astype(np.float64)[:, None])
        if LENGTH in at.columns and self.by_position:
            more.append(codes(at.columns[LENGTH]))
        return distinct(*map(codes, side), *(x for r in reads for x in merged(r)), *more, *others)

    def _unrelated(self, keys: Situations, queries: Situations, k: Ints, q: Ints) -> Mask:
        """(queries, keys) True where no query can meet the key: masked, beyond the last, or of another input."""
        none: Mask = np.zeros((len(q), len(k)), bool)
        if self.placed and self.facts.causal:
            none |= behind(keys, queries, k, q)
        if LENGTH in queries.columns and self.by_position:
            assert keys.position is not None
            none |= keys.position[k][None, :] >= queries.columns[LENGTH].data[q][:, None]
        for v in self.shared:
            a, b = codes(queries.columns[v])[q], codes(keys.columns[v])[k]
            none |= (a[:, None, :] != b[None, :, :]).any(axis=2)
        return none

    def _surely(self, keys: Situations, queries: Situations, k: Ints, q: Ints, selected: Mask) -> Mask:
        """(queries,) True where a key that is selected is there in every input: a position that exists."""
        if self.least > 0:
            return np.ones(len(q), bool)
        if not self.by_position:
            return np.zeros(len(q), bool)
        there = ~behind(keys, queries, k, q)
        if LENGTH in queries.columns:
            there = np.ones_like(there)  # those beyond the last are left out already
        sure: Mask = (selected & there).any(axis=1)
        return sure

    def _values(self, x: Expr, at: Situations) -> Column:
        column = self.facts.evaluate(x, at.columns)
        return column if len(column) == at.size else column.take(np.zeros(at.size, np.int64))

    def _labels(self, column: Column) -> Floats:
        """(rows,) the labels of the aggregate's own values; nan where there is none."""
        number = self.world.number(self.e)
        if column.kind in "bif":
            out = column.data.astype(np.float64)
            if self.claim.values:
                out = np.array([number(v) for v in column.values()])
        else:
            assert column.table is not None
            table = np.array([_or_nan(number, v) for v in column.table] or [np.nan])
            out = table[column.data]
        return np.where(column.ok(), out, np.nan)

    # Sums.

    def _sum(self, offset: float, own: Read | None, rest: Slice) -> float:
        x = ONE if self.e.op is Op.WIDTH else self.e.src[1]
        default = 0.0 if self.e.op is Op.WIDTH or self.least > 0 else self.world.number(self.e)(self.e.src[-1].arg)
        if default or offset:
            raise CertificateError("a sum that does not start at 0 is no sum")
        keys, queries = self._sides(rest if own is not None else None, extra=(x,))
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        target = self._labels(self._values(x, keys.at))
        told = np.nan_to_num(target, nan=1e300)[:, None]
        k, _ = self._kinds(keys.at, truth.columns[0], keys.reads, told)
        q, _ = self._kinds(queries.at, truth.columns[1], queries.reads)
        worst = 0.0
        for some in _blocks(q, len(k)):
            worst = max(worst, self._sum_of(some, k, keys, queries, truth, target, own is not None))
        if own is not None:
            worst += self._own_of(x, rest)
        self._note("sum", worst, 0.5)
        return worst

    def _sum_of(
        self, q: Ints, k: Ints, keys: Side, queries: Side, truth: Truth, target: Floats, elsewhere: bool
    ) -> float:
        """The greatest error of the sum at these queries."""
        selected, failed = truth.of(k, q)
        wanted = np.where(selected, target[k][None, :], 0.0)
        ignored = failed | np.isnan(wanted) | self._unrelated(keys.at, queries.at, k, q)
        if elsewhere:
            ignored |= here(keys.at, queries.at, k, q)
        total = np.zeros_like(wanted)
        size = np.zeros_like(wanted)
        loose = np.zeros_like(wanted)
        share = np.zeros(len(q))
        for i, part in enumerate(self.parts):
            scores = self._scores(part, queries.reads[i].take(q), keys.reads[2 * i].take(k))
            value = keys.reads[2 * i + 1].take(k)
            mix = part.mix[part.mix != 0]
            v = value.value @ mix
            v_error = value.noise(self.stream.errors) @ np.abs(mix)
            weight = np.exp(np.minimum(scores.value + scores.error, 60))
            plain = np.exp(np.minimum(scores.value, 60))
            total += plain * v
            size += plain * np.abs(v)
            loose += (weight * (1 + self.arithmetic.exp) - plain) * np.abs(v) + weight * v_error
            share = np.maximum(share, np.where(ignored, 0, weight).max(axis=1, initial=0))
        self.share = max(self.share, float(share.max(initial=0.0)))
        cell = np.abs(total - np.where(ignored, 0, wanted)) + loose
        cell = np.where(ignored, 0.0, cell)
        size = np.where(ignored, 0.0, size)
        n, most = self.keys_total, min(self.most, self.keys_total)
        heavy = selected & ~ignored
        light = ~heavy & ~ignored
        crowd = most * np.where(heavy, size, 0).max(axis=1, initial=0) + n * np.where(light, size, 0).max(
            axis=1, initial=0
        )
        error = most * np.where(heavy, cell, 0).max(axis=1, initial=0) + n * np.where(light, cell, 0).max(
            axis=1, initial=0
        )
        error += crowd * (n * share + 2 * self.arithmetic.gamma(n + 1) + 6 * self.arithmetic.unit)
        return float(error.max(initial=0.0))

    def _scores(self, part: Part, query: Read, key: Read) -> Scores:
        bos = self.prover.bos[part.layer - 1] @ part.head.w_k.astype(np.float64)
        return Scores.of(query, key, bos, self.stream.errors, self.arithmetic)

    def _own_of(self, x: Expr, rest: Slice) -> float:
        """The error at the query's own position, where more than heads contribute."""
        stream, facts = self.stream, self.facts
        key_variables, query_variables = sides(self.selector, facts)
        variables = key_variables | query_variables | facts.basis(x) | rest.variables
        slices = []
        for p in self.parts:
            forms = (p.head.w_q.astype(np.float64), p.head.w_k.astype(np.float64), p.values)
            slices.append([(w, stream.slice(w, p.time)) for w in forms])
            for _, part in slices[-1]:
                variables |= part.variables
        at = self.world.of(variables)
        truth = Truth(self.selector, facts, at, at)
        selected, failed = truth.own(np.arange(at.size))
        wanted = np.where(selected, self._labels(self._values(x, at)), 0.0)
        ignored = failed | np.isnan(wanted)
        read = stream.read(self.vector, 2 * self.claim.layer, at, rest)
        total = read.value[:, 0]
        loose = read.noise(stream.errors)[:, 0]
        for p, forms in zip(self.parts, slices, strict=True):
            query, key, value = (stream.read(w, p.time, at, s) for w, s in forms)
            bos = self.prover.bos[p.layer - 1] @ p.head.w_k.astype(np.float64)
            score = (query.value * (key.value - bos)).sum(axis=1)
            noise = (query.noise(stream.errors) * np.abs(key.value - bos)).sum(axis=1)
            noise += ((np.abs(query.value) + query.noise(stream.errors)) * key.noise(stream.errors)).sum(axis=1)
            mass = (np.abs(query.value) * (np.abs(key.value) + np.abs(bos))).sum(axis=1)
            noise += self.arithmetic.gamma(key.value.shape[1]) * mass + self.arithmetic.unit * np.abs(score)
            mix = p.mix[p.mix != 0]
            v = value.value @ mix
            weight, plain = np.exp(np.minimum(score + noise, 60)), np.exp(np.minimum(score, 60))
            total = total + plain * v
            loose = loose + (weight * (1 + self.arithmetic.exp) - plain) * np.abs(v)
            loose = loose + weight * (value.noise(stream.errors) @ np.abs(mix))
        cell = np.where(ignored, 0.0, np.abs(total - np.where(ignored, 0, wanted)) + loose)
        return float(cell.max(initial=0.0))

    # Picks.

    def _pick(self, offset: float) -> float:
        part = self._only_part()
        x, default = self.e.src[-2], self.e.src[-1]
        ranked = self.e.op in (Op.MAX, Op.MIN)
        ties = ranked and unnamed(self.e.src[1]) is not unnamed(x)
        extra = (x, *((self.e.src[1],) if ranked else ()), *((INDICES,) if ties else ()))
        keys, queries = self._sides(extra=extra)
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        target = self._labels(self._values(x, keys.at)) - offset
        rank = self._ranks(keys.at, ties) if ranked else np.zeros(keys.at.size)
        value = keys.reads[1]
        mix = part.mix[part.mix != 0]
        v, v_error = value.value @ mix, value.noise(self.stream.errors) @ np.abs(mix)
        span = max(float((v + v_error).max(initial=0)), 0.0) - min(float((v - v_error).min(initial=0)), 0.0)
        # Keys of one kind score alike; the worst of their values stands for all.
        k, kind = self._kinds(keys.at, truth.columns[0], keys.reads[:1], np.nan_to_num(rank, nan=-1.0)[:, None])
        q, _ = self._kinds(queries.at, truth.columns[1], queries.reads)
        wrong = most(np.where(np.isnan(target), 0.0, np.abs(v - np.nan_to_num(target)) + v_error), kind, len(k))
        empty = self._labels(self._values(default, queries.at))[q] - offset
        worst, tightest = 0.0, np.inf
        blocks = list(_blocks(np.arange(len(q)), len(k)))
        for rows in blocks:
            error, gap = self._pick_at(part, q[rows], k, keys, queries, truth, rank[k], wrong, span, empty[rows])
            worst, tightest = max(worst, error), min(tightest, gap)
        self._note("look-up", self._leak(tightest), 0.5, gap=tightest)
        largest = float(np.abs(v).max(initial=0.0))
        return worst + 8 * self.arithmetic.unit * largest

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
    ) -> tuple[float, float]:
        """(the greatest error at these queries, the least gap between the key that is meant and another)"""
        selected, failed = truth.of(k, q)
        ignored = failed | self._unrelated(keys.at, queries.at, k, q)
        ignored = ignored | (selected & np.isnan(rank)[None, :])  # a key whose score has failed
        selected = selected & ~ignored
        others = ~selected & ~ignored
        query, key = queries.reads[0].take(q), keys.reads[0].take(k)
        bos_key = self.prover.bos[part.layer - 1] @ part.head.w_k.astype(np.float64)
        # Scores are taken relative to those of a key that is selected: what the query adds to all cancels.
        some = selected.any(axis=1)
        reference = np.where(some[:, None], key.value[selected.argmax(axis=1)], bos_key[None, :])
        scores = Scores.relative(query, key, reference, self.stream.errors, self.arithmetic)
        bos = Scores.relative(query, _exact(bos_key), reference, self.stream.errors, self.arithmetic)
        low, high = scores.value - scores.error, scores.value + scores.error
        least = np.where(selected, low, np.inf).min(axis=1)
        most = np.where(others, high, -np.inf).max(axis=1)
        gap = least - most  # inf where nothing is selected, or everything is
        bos_low, bos_high = (bos.value - bos.error)[:, 0], (bos.value + bos.error)[:, 0]
        error = np.where(selected, wrong[None, :], 0.0).max(axis=1)
        gap = np.minimum(gap, np.where(some, least - bos_high, np.inf))
        if self.e.op in (Op.MAX, Op.MIN):
            gap = np.minimum(gap, _ranked_gap(selected, low, high, rank))
        unsure = ~self._surely(keys.at, queries.at, k, q, selected)
        gap = np.where(unsure, np.minimum(gap, bos_low - most), gap)
        error = np.maximum(error, np.where(unsure & ~np.isnan(empty), np.abs(np.nan_to_num(empty)), 0.0))
        if (gap <= 0).any():
            at = int(gap.argmin())
            raise CertificateError(
                f"a key that is not meant may outweigh the one that is: the scores are {gap[at]:.3g} apart at worst"
                + f"{ {formula(v): queries.at.columns[v].values()[q[at]] for v in queries.at.columns} } {least[at]} {most[at]} {bos_low[at]} {bos_high[at]} {unsure[at]} {some[at]}"
            )
        error = error + 2 * self.keys_total * np.exp(-gap) * span
        return float(error.max(initial=0.0)), float(gap.min(initial=np.inf))

    def _ranks(self, at: Situations, ties: bool) -> Floats:
        """(rows,) how good each key is, of equals the leftmost."""
        column = self._values(self.e.src[1], at)
        values, ok = column.values(), column.ok().tolist()
        try:
            order = sorted({v for v, good in zip(values, ok, strict=True) if good})
        except TypeError:
            raise CertificateError("the scores have no common order") from None
        place = {v: i for i, v in enumerate(order)}
        rank = np.array([place[v] if good else np.nan for v, good in zip(values, ok, strict=True)], np.float64)
        if self.e.op is Op.MIN:
            rank = len(order) - 1 - rank
        if ties:
            assert at.position is not None
            rank = rank * (self.keys_total + 1) + (self.keys_total - at.position)
        return rank

    def _only_part(self) -> Part:
        if len(self.parts) != 1:
            raise CertificateError(f"a value that is picked comes from {len(self.parts)} heads")
        return self.parts[0]

    # Means.

    def _mean(self, offset: float) -> float:
        if len(self.parts) > 1:
            return self._split_mean(offset)
        part = self._only_part()
        x, default = self.e.src[1], self.e.src[-1]
        keys, queries = self._sides(extra=(x,))
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        target = self._labels(self._values(x, keys.at)) - offset
        value = keys.reads[1]
        mix = part.mix[part.mix != 0]
        v, v_error = value.value @ mix, value.noise(self.stream.errors) @ np.abs(mix)
        span = max(float(v.max(initial=0)), 0.0) - min(float(v.min(initial=0)), 0.0)
        k, kind = self._kinds(keys.at, truth.columns[0], keys.reads[:1])
        q, _ = self._kinds(queries.at, truth.columns[1], queries.reads)
        wrong = most(np.where(np.isnan(target), 0.0, np.abs(v - np.nan_to_num(target)) + v_error), kind, len(k))
        empty = self._labels(self._values(default, queries.at)) - offset
        worst = 0.0
        n = self.keys_total
        for rows in _blocks(np.arange(len(q)), len(k)):
            selected, failed = truth.of(k, q[rows])
            ignored = failed | self._unrelated(keys.at, queries.at, k, q[rows])
            selected = selected & ~ignored
            others = ~selected & ~ignored
            scores = self._scores(part, queries.reads[0].take(q[rows]), keys.reads[0].take(k))
            some = selected.any(axis=1)
            reference = np.where(some, scores.value[np.arange(len(rows)), selected.argmax(axis=1)], 0.0)[:, None]
            spread = np.where(selected, np.abs(scores.value - reference) + scores.error, 0.0).max(axis=1)
            low = np.where(selected, scores.value - scores.error, np.inf).min(axis=1)
            high = np.where(others, scores.value + scores.error, -np.inf).max(axis=1)
            gap = np.minimum(low - high, np.where(some, low, np.inf))
            error = np.where(selected, wrong[None, :], 0.0).max(axis=1)
            unsure = ~self._surely(keys.at, queries.at, k, q[rows], selected)
            gap = np.where(unsure, np.minimum(gap, -high), gap)
            error = np.maximum(error, np.where(unsure, np.abs(np.nan_to_num(empty[q[rows]])), 0.0))
            if (gap <= 0).any():
                raise CertificateError(f"a key that is not selected weighs as much: scores {gap.min():.3g} apart")
            uneven = np.expm1(2 * spread) + 2 * self.arithmetic.exp + 2 * self.arithmetic.gamma(n + 1)
            error = error + (uneven + 2 * n * np.exp(-gap)) * span
            worst = max(worst, float(error.max(initial=0.0)))
        self._note("mean", worst, 0.5)
        return worst + 8 * self.arithmetic.unit * float(np.abs(v).max(initial=0))

    def _split_mean(self, offset: float) -> float:
        raise CertificateError("a mean over several heads cannot be checked yet")

    # Bounds.

    def _reach(self) -> float:
        """The largest that one output of these heads can be, on any input."""
        most = 0.0
        for p in self.parts:
            w = p.values
            part = self.stream.slice(w, p.time)
            read = self.stream.read(w, p.time, self.world.of(part.variables), part)
            most = max(most, float((np.abs(read.value) + read.noise(self.stream.errors)).max(initial=0.0)))
        return most * min(1.0, self.keys_total * self.share) if self._is_sum() else most

    def _largest(self) -> float:
        try:
            values = self.facts.domain(self.e).values
            number = self.world.number(self.e)
            return max((abs(number(v)) for v in (min(values), max(values))), default=0.0) if len(values) else 0.0
        except Exception:
            return self._reach() * float(np.abs(self.channels).sum())

    def _leak(self, gap: float) -> float:
        return float(self.keys_total * np.exp(-gap))

    def _note(self, kind: str, error: float, limit: float, gap: float | None = None) -> None:
        self.prover.margins.append(Margin(self.claim.layer, self.claim.expression, kind, error, limit))


def _exact(row: Floats) -> Read:
    """A read without error, of one row."""
    none = np.zeros((1, len(row)))
    return Read(row[None, :], {}, none[:, :0], np.zeros((0, len(row))), none, np.abs(row)[None, :])


def _or_nan(number: object, v: object) -> float:
    try:
        return float(number(v))  # type: ignore[operator]
    except CertificateError:
        return float("nan")


def _blocks(rows: Ints, width: int) -> Iterator[Ints]:
    if len(rows) * width > MOST_PAIRS:
        raise CertificateError(f"{len(rows):,} queries and {width:,} keys are too many pairs to check")
    step = max(1, CELLS // max(1, width))
    for i in range(0, len(rows), step):
        yield rows[i : i + step]


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


__all__ = ["Part", "Prover", "atoms", "distinct", "merged"]
