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

from ..compiler.analyse import LEAVES, Analysis, unnamed
from ..compiler.positions import LENGTH
from ..errors import CertificateError, CompileError
from ..lang.expr import AGGREGATES, Expr, Op, node
from ..lang.text import formula
from ..lang.values import Value, exact, is_number
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.weights import Floats, Head
from ..recipes.attention import SINK
from ..run.column import Column, codes_of
from ..run.failure import Ints
from .pairs import Mask, Scores, Truth, atoms, behind, codes, here, merged, settled, sides
from .situations import INDICES, Number, Situations, World, distinct, most
from .stream import Plan, Proved, Read, Stream

CELLS = 1_500_000
"""How many pairs are looked at together."""
MOST_PAIRS = 400_000_000
"""The most pairs that one proof looks at."""
MOST_PLACES = 1_000_000
"""The most pairs of a value and a position that are told apart."""
MOST_ELSEWHERE = 300
"""The most numbers that are looked at one by one where a part has no value."""
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

    def __init__(self, stream: Stream, world: World, facts: Analysis, bos: Floats, needed: set[Expr]) -> None:
        """`needed`: aggregates that are the same at every position, and without which the program has no value: what
        would stand there if they had none matters to nobody."""
        self.stream, self.world, self.facts, self.bos, self.needed = stream, world, facts, bos, needed
        self.arithmetic = stream.arithmetic
        self.margins: list[Margin] = []
        self.outputs = [self._crude(k) for k in range(stream.model.depth)]

    def _crude(self, k: int) -> Floats:
        """(all d_v,) no bound yet of what the heads of a layer give."""
        return np.full(len(self.stream.w_o[k]), np.inf)

    def bound(self, k: int) -> Floats:
        """(all d_v,) how large the outputs of layer k's heads can be: no larger than their values."""
        heads = self.stream.model.layers[k - 1].heads
        values = [self.stream.reach[2 * k - 2] @ np.abs(h.w_v.astype(np.float64)) for h in heads]
        return np.minimum(self.outputs[k - 1], np.concatenate([np.zeros(0), *values]))

    def prove(self, e: Expr, claim: Claim) -> Proved:
        """That the model holds a part of the program as claimed. Raises CertificateError where that is not shown."""
        pivot = self.stream.pivot(claim.vector, claim.time)
        if pivot is None:
            raise CertificateError(f"{formula(e, 80)}: it shares its directions with other parts", expression=e)
        case = Aggregate if e.op in AGGREGATES else Elementwise
        error: CertificateError | None = None
        for flat in (False, True):
            self.stream.flat, noted = flat, len(self.margins)
            try:
                return case(self, e, claim, pivot).prove()
            except CertificateError as found:
                error = error or found
                del self.margins[noted:]
            finally:
                self.stream.flat = False
        assert error is not None
        raise CertificateError(f"{formula(e, 80)}: {error}", expression=e) from None


class Elementwise:
    """A claim that neurons compute a function of what the stream holds at the position."""

    def __init__(self, prover: Prover, e: Expr, claim: Claim, pivot: int) -> None:
        self.prover, self.e, self.claim, self.pivot = prover, e, claim, pivot

    def prove(self) -> Proved:
        prover, claim, e = self.prover, self.claim, self.e
        stream, world = prover.stream, prover.world
        plan = stream.plan(claim.vector[:, None], claim.time)
        at = world.of(plan.variables | world.variables(e, flat=stream.flat))
        read = stream.read(plan, at)
        wanted, ok = labels(values(e, prover.facts, at), claim)
        noise = read.noise(stream.errors)[:, 0]
        off = np.where(ok, np.abs(read.value[:, 0] - np.nan_to_num(wanted)) + noise, 0.0)
        worst = float(off.max(initial=0.0))
        if worst >= 0.5:  # a shape that is not the claimed one
            raise CertificateError(f"the error may reach {worst:.3g}")
        prover.margins.append(Margin(claim.layer, claim.expression, "neurons", worst, 0.5))
        lows, highs = read.value[:, 0] - noise, read.value[:, 0] + noise
        if (np.flatnonzero(claim.vector) == self.pivot).sum() and _alone(claim.vector, self.pivot, stream):
            largest = float(max(np.abs(lows).max(initial=0.0), np.abs(highs).max(initial=0.0)))
            constant = (
                np.abs(claim.vector) @ stream.reach[0] - abs(claim.vector[self.pivot]) * stream.reach[0][self.pivot]
            )
            stream.reach[claim.time][self.pivot] = min(
                stream.reach[claim.time][self.pivot], (largest + constant) / abs(claim.vector[self.pivot])
            )
        elsewhere = np.unique(read.value[~ok, 0])
        slack = float(noise[~ok].max(initial=0.0))
        if len(elsewhere) > MOST_ELSEWHERE:
            low, high = float(lows[~ok].min()), float(highs[~ok].max())
            elsewhere, slack = np.array([(low + high) / 2]), (high - low) / 2
        until = stream.until(claim.vector, claim.time)
        column = values(e, prover.facts, at)
        seen = distinct_values(column)
        places = places_of(column, seen, at, prover.facts.max_len)
        garbage = tuple(elsewhere.tolist())
        return Proved(e, claim.time, until, claim.vector, self.pivot, worst, garbage, slack, seen, places)


def _alone(vector: Floats, pivot: int, stream: Stream) -> bool:
    """Whether a form is its pivot and a constant."""
    rest = vector.copy()
    rest[pivot] = 0.0
    used = rest != 0
    return (
        not stream.written[1:, used].any()
        and not np.ptp(stream.embed[1:, used], axis=0).any()
        and (stream.positions is None or not stream.positions[1:, used].any())
    )


def values(e: Expr, facts: Analysis, at: Situations) -> Column:
    """(rows,) the values of a sop."""
    column = facts.evaluate(e, at.columns)
    return column if len(column) == at.size else column.take(np.zeros(at.size, np.int64))


def distinct_values(column: Column) -> tuple[Value, ...]:
    """The values that a column has."""
    codes, table = codes_of(column.take(np.flatnonzero(column.ok())))
    return tuple(table[c] for c in np.unique(codes).tolist())


def places_of(column: Column, seen: tuple[Value, ...], at: Situations, positions: int) -> Mask | None:
    """(values, positions) at which position each value was seen; None where the situations do not say."""
    if at.position is None or len(seen) * positions > MOST_PLACES:
        return None
    ok = np.flatnonzero(column.ok())
    codes, table = codes_of(column.take(ok))
    order = {exact(v): i for i, v in enumerate(seen)}
    row = np.array([order.get(exact(v), 0) for v in table] or [0], np.int64)
    places = np.zeros((len(seen), positions), bool)
    places[row[codes], at.position[ok]] = True
    return places


def labels(column: Column, claim: Claim) -> tuple[Floats, Mask]:
    """((rows,) the numbers that a claim says its values are held as, nan where there is none; whether there is)"""
    number = numbers(claim)
    codes, table = codes_of(column)
    found = np.array([_or_nan(number, v) for v in table] or [np.nan])[np.minimum(codes, max(0, len(table) - 1))]
    ok = column.ok()
    return np.where(ok, found, np.nan), ok


def numbers(claim: Claim) -> Number:
    """The number that each value is held as: a number as itself, others as the claim has it."""
    table = dict(zip(claim.values, claim.labels.tolist(), strict=True))

    def number(v: object) -> float:
        if v in table:
            return table[v]
        if is_number(v):
            return float(v)  # type: ignore[arg-type]
        raise CertificateError(f"no number stands for {v!r}", value=v)

    return number


class Aggregate:
    """A claim that heads compute an aggregate."""

    def __init__(self, prover: Prover, e: Expr, claim: Claim, pivot: int) -> None:
        self.prover, self.e, self.claim, self.pivot = prover, e, claim, pivot
        self.stream, self.facts, self.world = prover.stream, prover.facts, prover.world
        self.arithmetic = prover.arithmetic
        self.vector = claim.vector[:, None]
        self.parts = list(self._parts())
        self.selector = settled(e.src[0], self.facts)
        self.least, self.most = self.facts.width(e.src[0])
        self.keys_total = self.facts.max_len
        self.share = 0.0  # how much weight a key may have beside BOS
        self.partial = False  # whether there may be no value, and anything in its place
        self.seen: tuple[Value, ...] | None = None
        self.places: Mask | None = None
        self.elsewhere: Floats = np.zeros(0)  # what stands in its place where the value that is picked is none

    def _parts(self) -> Iterator[Part]:
        for k in range(1, self.claim.layer + 1):
            mix, at = self.stream.w_o[k - 1] @ self.claim.vector, 0
            for head in self.stream.model.layers[k - 1].heads:
                mine = mix[at : at + head.d_v]
                at += head.d_v
                if mine.any():
                    yield Part(head, k, mine)

    def prove(self) -> Proved:
        offset, own = self._rest()
        if self._is_sum():
            error = self._sum(offset, own)
        elif own is not None:
            raise CertificateError("a value that is picked comes from more than its head")
        elif self.e.op is Op.MEAN and self.most > 1:
            error = self._mean(offset)
        else:
            error = self._pick(offset)
        reach = self._bound()
        # Dividing by the weights, W_O, and adding to the stream round once each.
        error += 4 * self.arithmetic.unit * min(reach, self._largest() + error)
        spacing = self._spacing()
        if error >= spacing / 2:
            raise CertificateError(f"the error may reach {error:.3g}, and its values lie {spacing:.3g} apart")
        until = self.stream.until(self.claim.vector, self.claim.time)
        elsewhere, slack = tuple(self.elsewhere.tolist()), float(error)
        if self.partial or len(elsewhere) > MOST_ELSEWHERE:
            low, high = self._hull(offset, reach)
            elsewhere, slack = ((low + high) / 2,), (high - low) / 2
        if self.e in self.prover.needed:
            elsewhere, slack = (), 0.0
        return Proved(
            self.e, self.claim.time, until, self.claim.vector, self.pivot, float(error), elsewhere, slack, self.seen
        )

    # What is not written by heads.

    def _rest(self) -> tuple[float, Plan | None]:
        """(what is the same everywhere, or 0; what is added at the query's own position, if it is not the same)"""
        plan = self.stream.plan(self.vector, self.claim.time, heads=False)
        if plan.variables:
            return 0.0, plan
        return float(self.stream.read(plan, self.world.of(())).value[0, 0]), None

    def _is_sum(self) -> bool:
        if self.e.op is Op.WIDTH:
            return True
        if not self.parts and self.most > 0:
            return True  # at the query's own position alone
        return self.e.op is Op.VALUE and self.most > 1 and self.facts.domain(self.e.src[1]).plain

    # The two sides.

    def _sides(self, own: Plan | None = None, *, extra: tuple[Expr, ...] = ()) -> tuple[Side, Side]:
        stream, facts, world = self.stream, self.facts, self.world
        key_variables, query_variables = sides(self.selector, world, flat=stream.flat)
        query_plans = [stream.plan(p.head.w_q.astype(np.float64), p.time) for p in self.parts]
        key_plans = [stream.plan(p.head.w_k.astype(np.float64), p.time) for p in self.parts]
        value_plans = [stream.plan(p.values, p.time) for p in self.parts]
        # Which key is where matters to the mask, to what happens at the query's own position, and to look-ups of
        # positions, whose key is there if it is not behind the query or not beyond the last.
        self.by_position = key_variables == {INDICES}
        self.placed = (
            own is not None or (facts.causal and INDICES in key_variables | query_variables) or self.by_position
        )
        for plan in query_plans:
            query_variables |= plan.variables
        for plan in (*key_plans, *value_plans):
            key_variables |= plan.variables
        for e in extra:
            key_variables |= world.variables(e, flat=stream.flat)
        if own is not None:
            query_variables |= own.variables
        if self.placed:
            key_variables.add(INDICES)
            query_variables.add(INDICES)
        self.shared = [v for v in key_variables & query_variables if v.op not in LEAVES and facts.uniform(v)]
        keys, queries = world.of(key_variables), world.of(query_variables)
        key_reads, query_reads = [], []
        for q, k, v in zip(query_plans, key_plans, value_plans, strict=True):
            query_reads.append(stream.read(q, queries))
            key_reads += [stream.read(k, keys), stream.read(v, keys)]
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
        return values(x, self.facts, at)

    def _labels(self, column: Column) -> Floats:
        """(rows,) the labels of the aggregate's own values; nan where there is none."""
        return labels(column, self.claim)[0]

    # Sums.

    def _sum(self, offset: float, own: Plan | None) -> float:
        x = ONE if self.e.op is Op.WIDTH else self.e.src[1]
        default = 0.0 if self.e.op is Op.WIDTH or self.least > 0 else numbers(self.claim)(self.e.src[-1].arg)
        if default or offset:
            raise CertificateError("a sum that does not start at 0 is no sum")
        keys, queries = self._sides(own, extra=(x,))
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        target = self._filled(self._labels(self._values(x, keys.at)), keys)
        told = np.nan_to_num(target, nan=1e300)[:, None]
        k, _ = self._kinds(keys.at, truth.columns[0], keys.reads, told)
        q, _ = self._kinds(queries.at, truth.columns[1], queries.reads)
        worst = 0.0
        for some in _blocks(q, len(k)):
            worst = max(worst, self._sum_of(some, k, keys, queries, truth, target, own is not None))
        if own is not None:
            worst += self._own_of(x, own)
        self._note("sum", worst, 0.5)
        return worst

    def _filled(self, target: Floats, keys: Side) -> Floats:
        """The numbers to be added up, with what the model adds where there is none, if that is a whole number."""
        none = np.isnan(target)
        if not none.any() or len(self.parts) == 0:
            return target
        found = []
        for i, part in enumerate(self.parts):
            v = keys.reads[2 * i + 1].value @ part.mix[part.mix != 0] * np.exp(-np.float64(np.float32(SINK)))
            found.append(np.round(v[none]))
            if np.abs(v[none] - found[-1]).max(initial=0.0) > 1e-3 or not np.array_equal(found[-1], found[0]):
                return target
        filled = target.copy()
        filled[none] = found[0]
        low, high = min(0.0, float(filled.min())), max(0.0, float(filled.max()))
        most = min(self.most, self.keys_total)
        self.elsewhere = np.arange(low * most, high * most + 1)
        return filled

    def _sum_of(
        self, q: Ints, k: Ints, keys: Side, queries: Side, truth: Truth, target: Floats, elsewhere: bool
    ) -> float:
        """The greatest error of the sum at these queries."""
        selected, failed = truth.of(k, q)
        wanted = np.where(selected, target[k][None, :], 0.0)
        ignored = failed | np.isnan(wanted) | self._unrelated(keys.at, queries.at, k, q)
        self.partial = self.partial or bool((failed | np.isnan(wanted)).any())
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
        bos = self.prover.bos @ part.head.w_k.astype(np.float64)
        return Scores.of(query, key, bos, self.stream.errors, self.arithmetic)

    def _own_of(self, x: Expr, own: Plan) -> float:
        """The error at the query's own position, where more than heads contribute."""
        stream, facts = self.stream, self.facts
        key_variables, query_variables = sides(self.selector, self.world, flat=stream.flat)
        variables = key_variables | query_variables | self.world.variables(x, flat=stream.flat) | own.variables
        plans = []
        for p in self.parts:
            forms = (p.head.w_q.astype(np.float64), p.head.w_k.astype(np.float64), p.values)
            plans.append([stream.plan(w, p.time) for w in forms])
            for plan in plans[-1]:
                variables |= plan.variables
        at = self.world.of(variables)
        truth = Truth(self.selector, facts, at, at)
        selected, failed = truth.own(np.arange(at.size))
        wanted = np.where(selected, self._labels(self._values(x, at)), 0.0)
        ignored = failed | np.isnan(wanted)
        read = stream.read(own, at)
        total = read.value[:, 0]
        loose = read.noise(stream.errors)[:, 0]
        for p, found in zip(self.parts, plans, strict=True):
            query, key, value = (stream.read(plan, at) for plan in found)
            bos = self.prover.bos @ p.head.w_k.astype(np.float64)
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
        picked = self._values(x, keys.at)
        nothing = (self.e.src[-1].arg,) if self.least == 0 and self.e.src[-1].op is Op.CONST else ()
        self.seen = tuple({exact(v): v for v in (*distinct_values(picked), *nothing)}.values())
        if unnamed(x) is INDICES:
            self.places = self._places(nothing)
        target = self._labels(picked) - offset
        rank = self._ranks(keys.at, ties) if ranked else np.zeros(keys.at.size)
        value = keys.reads[1]
        mix = part.mix[part.mix != 0]
        v, v_error = value.value @ mix, value.noise(self.stream.errors) @ np.abs(mix)
        span = max(float((v + v_error).max(initial=0)), 0.0) - min(float((v - v_error).min(initial=0)), 0.0)
        # Keys of one kind score alike; the worst of their values stands for all.
        k, kind = self._kinds(keys.at, truth.columns[0], keys.reads[:1], np.nan_to_num(rank, nan=-1.0)[:, None])
        q, _ = self._kinds(queries.at, truth.columns[1], queries.reads)
        wrong = most(np.where(np.isnan(target), 0.0, np.abs(v - np.nan_to_num(target)) + v_error), kind, len(k))
        self.elsewhere = np.unique(v[np.isnan(target)] + offset)
        self.partial = self.e.op not in (Op.MAX, Op.MIN) and self.most > 1
        empty = self._labels(self._values(default, queries.at))[q] - offset
        worst, tightest = 0.0, np.inf
        blocks = list(_blocks(np.arange(len(q)), len(k)))
        for rows in blocks:
            error, gap = self._pick_at(part, q[rows], k, keys, queries, truth, rank[k], wrong, span, empty[rows])
            worst, tightest = max(worst, error), min(tightest, gap)
        self._note("look-up", self._leak(tightest), 0.5, gap=tightest)
        largest = float(np.abs(v).max(initial=0.0))
        return worst + 8 * self.arithmetic.unit * largest

    def _places(self, nothing: tuple[Value, ...]) -> Mask:
        """(values, positions) where a query can be that finds a position: one that conditions on positions allow."""
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
    ) -> tuple[float, float]:
        """(the greatest error at these queries, the least gap between the key that is meant and another)"""
        selected, failed = truth.of(k, q)
        ignored = failed | self._unrelated(keys.at, queries.at, k, q)
        ignored = ignored | (selected & np.isnan(rank)[None, :])  # a key whose score has failed
        self.partial = self.partial or bool((failed | (selected & np.isnan(rank)[None, :])).any())
        selected = selected & ~ignored
        others = ~selected & ~ignored
        query, key = queries.reads[0].take(q), keys.reads[0].take(k)
        bos_key = self.prover.bos @ part.head.w_k.astype(np.float64)
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
            self.partial = self.partial or bool(failed.any()) or bool(np.isnan(target).any())
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
        """A mean over several heads, in each of which BOS has the weight of the keys of the others: their outputs add
        up to the sum of all over their number. Of positions alone, all of them before the query.
        """
        stream, n = self.stream, self.keys_total
        key_variables, query_variables = sides(self.selector, self.world, flat=True)
        if key_variables | query_variables != {INDICES}:
            raise CertificateError("a mean over several heads is one of positions alone")
        at = self.world.of({INDICES})
        truth = Truth(self.selector, self.facts, at, at)
        everything = np.arange(at.size)
        selected, failed = truth.of(everything, everything)
        if failed.any() or (selected & behind(at, at, everything, everything)).any():
            raise CertificateError("a mean over several heads reads what may not be there")
        count = selected.sum(axis=1, keepdims=True)
        wanted = np.where(selected, 1.0 / np.maximum(count, 1), 0.0)
        share, loose, span, wrong = np.zeros_like(wanted), np.zeros_like(wanted), 0.0, 0.0
        for part in self.parts:
            query, key = (
                stream.read(stream.plan(w.astype(np.float64), part.time), at) for w in (part.head.w_q, part.head.w_k)
            )
            scores = self._scores(part, query, key)
            weight = np.exp(scores.value)
            total = 1 + weight.sum(axis=1, keepdims=True)
            share += weight / total
            noise = np.expm1(2 * scores.error.max(axis=1, keepdims=True)) + 2 * self.arithmetic.exp
            loose += weight / total * (noise + 2 * self.arithmetic.gamma(n + 1))
            plan = stream.plan(part.values, part.time)
            x = self.e.src[1]
            keys = self.world.of(plan.variables | self.world.variables(x, flat=stream.flat))
            read = stream.read(plan, keys)
            mix = part.mix[part.mix != 0]
            v = read.value @ mix
            target = self._labels(self._values(x, keys)) - offset
            self.partial = self.partial or bool(np.isnan(target).any())
            off = np.abs(v - np.nan_to_num(target)) + read.noise(stream.errors) @ np.abs(mix)
            wrong = max(wrong, float(np.where(np.isnan(target), 0.0, off).max(initial=0.0)))
            span = max(span, float(np.abs(v).max(initial=0.0)))
        error = (np.abs(share - wanted) + loose).sum(axis=1).max(initial=0.0) * span + wrong
        empty = self._labels(self._values(self.e.src[-1], at)) - offset
        error += float(np.where(count[:, 0] == 0, np.abs(np.nan_to_num(empty)), 0.0).max(initial=0.0))
        self._note("mean", error, 0.5)
        return float(error) + 8 * self.arithmetic.unit * span

    # Bounds.

    def _bound(self) -> float:
        """The largest that the heads' part of this can be, on any input; remembers it for each of their outputs."""
        total = 0.0
        for p in self.parts:
            values = self.stream.reach[p.time] @ np.abs(p.values)
            given = values * min(1.0, self.keys_total * self.share) if self._is_sum() else values
            total += float(given @ np.abs(p.mix[p.mix != 0]))
            outputs, at = self.prover.outputs[p.layer - 1], 0
            for head in self.stream.model.layers[p.layer - 1].heads:
                if head is p.head:
                    used = at + np.flatnonzero(p.mix)
                    outputs[used] = np.minimum(outputs[used], given)
                at += head.d_v
        return total

    def _hull(self, offset: float, reach: float) -> tuple[float, float]:
        """Between what the stream is on any input: a mean of values lies between them, and BOS's is 0."""
        around = float(self.stream.reach[self.claim.time - 1] @ np.abs(self.claim.vector)) + reach
        if self._is_sum() or len(self.parts) != 1:
            return -around, around
        [part] = self.parts
        plan = self.stream.plan(part.values, part.time)
        read = self.stream.read(plan, self.world.of(plan.variables))
        mix = part.mix[part.mix != 0]
        value, noise = read.value @ mix, read.noise(self.stream.errors) @ np.abs(mix)
        slack = 16 * self.arithmetic.unit * float(np.abs(value).max(initial=0.0))
        low = min(0.0, float((value - noise).min(initial=0.0))) - slack
        high = max(0.0, float((value + noise).max(initial=0.0))) + slack
        return low + offset, high + offset

    def _spacing(self) -> float:
        """How far apart the labels of its values lie; infinite where they are too many to list."""
        try:
            domain = self.facts.domain(self.e)
        except CompileError:
            return float("inf")
        if domain.plain:  # fractions may lie closer than anything needs to tell them apart
            return 1.0 if domain.whole else float("inf")
        found = domain.values
        marks = np.unique([_or_nan(numbers(self.claim), v) for v in found])
        return float(np.diff(marks).min(initial=np.inf))

    def _largest(self) -> float:
        """The largest label of its values."""
        try:
            found = self.facts.domain(self.e).values
            number = numbers(self.claim)
            return max((abs(number(v)) for v in (min(found), max(found))), default=0.0) if found else 0.0
        except (CompileError, TypeError):
            return float("inf")

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
