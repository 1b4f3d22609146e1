"""Sums and counts: BOS outweighs all keys, so that each key adds its own weight times its value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import CertificateError
from ..lang.expr import ONE, Expr, Op, unnamed
from ..lang.selectors import comparisons
from ..lang.selectors import parts as parts_of
from ..numeric.floats import Floats
from ..run.equivalence import equivalence_classes
from ..run.failure import Bools, Ints
from .affine import AffineForm
from .blocks import BlockItem, HeadBlock
from .classes import ClassPositions, CombinedClasses, PairClasses, combined, joined
from .decomposition import Decomposition, decompose
from .evaluate import evaluate
from .heads import HeadClaim, HeadPart, ShownHeads, sides, split_head
from .pairing import PairSide, Relation, StatePairs, portions
from .scores import OtherTerms, PairScores, all_but_one, relative_scores
from .selection import SelectorTruth
from .states import Variable
from .weights import side_by_side

SINK = 27.001968
"""The lead of BOS over all keys in the sums that the compiler makes: exp of it is 33 * 2^-44 in float32, inverted.

Whether a model has it is not assumed. It says how much room to leave for weights that are a little off."""
WORTH_PAIRS = 0.1
"""Where classes of pairs show no smaller error than this, pairs are examined one by one."""
LEAKAGE = 1e-3
"""Contributions below this are leakage, not a selected key."""
WORTH_CLASSES = 20_000
"""With so many pairs, those that a head cannot distinguish are examined once."""
GREATEST_SCORE = 60.0
"""Scores above this are taken to be this: the error is enormous either way, and exp of it is finite."""
MOST_PLACED = 20_000
"""The most pairs of a position and a class of keys that a sum is bounded over."""
UNDEFINED = 1e300
"""Distinguishes keys whose value is undefined."""


@dataclass(frozen=True, eq=False)
class SumBound:
    """The greatest error of a sum, the greatest weight of a key (of any that can exist, defined or not), and whether it
    may be undefined, and then anything that its values allow."""

    error: float
    share: float
    unbounded: bool


def show(case: HeadClaim) -> ShownHeads:
    """Show that heads compute a sum. Raises CertificateError."""
    background = case.background
    at_query = background.at_query
    if background.constant:  # a constant is the summand of the query's own position
        at_query = decompose(case.setting, case.claim.vector[:, None], case.claim.slot, claimed=1, since=case.since)
    if not _starts_at_zero(case):
        raise CertificateError("a head adds up from 0, and the program's sum has another default")
    x = summed(case.expr)
    bound = by_classes(case, x, skip_own=at_query is not None)
    if bound is None or bound.error > WORTH_PAIRS:
        try:
            bound = by_pairs(case, x, at_query)
        except CertificateError:  # too many pairs
            if bound is None:
                raise
    error = bound.error
    if at_query is not None:
        error += _at_own_position(case, x, at_query, bound.share)
    left = 0.0 if background.constant else background.error
    margins = (case.margin("sum", error),)
    return ShownHeads(error + left, margins, Variable(case.encoding), bound.share, unbounded=bound.unbounded)


def summed(e: Expr) -> Expr:
    """The summand of a sum or a count."""
    return ONE if e.op is Op.WIDTH else e.src[-2]


def _starts_at_zero(case: HeadClaim) -> bool:
    """Whether the aggregate is 0 where nothing is selected."""
    if case.expr.op is Op.WIDTH or case.least > 0:
        return True
    default = unnamed(case.expr.src[-1])
    return default.op is Op.CONST and case.encoding(default.arg) == 0


# By classes of pairs.


@dataclass(frozen=True, eq=False)
class _SummedValues:
    """The summands of heads in each key state, (heads, states) each: value, error, magnitude; and the correct value,
    (states,), nan where it is undefined."""

    value: Floats
    error: Floats
    size: Floats
    target: Floats

    @classmethod
    def of(cls, parts: Sequence[HeadPart], form: AffineForm, target: Floats) -> _SummedValues:
        """From the outputs of all heads, side by side in `form`."""
        ends = np.cumsum([0, *(len(p.mix) for p in parts)])
        mixes = [(slice(a, b), p.mix) for (a, b), p in zip(pairwise(ends), parts, strict=True)]
        return cls(
            np.array([form.value[:, some] @ mix for some, mix in mixes]),
            np.array([form.error[:, some] @ np.abs(mix) for some, mix in mixes]),
            np.array([(np.abs(form.value[:, some]) + form.error[:, some]) @ np.abs(mix) for some, mix in mixes]),
            target,
        )

    def classes(self) -> tuple[Ints, Ints]:
        """(a representative of each class of states with equal summands, the class of each state)"""
        target = np.nan_to_num(self.target, nan=UNDEFINED)[:, None]
        return equivalence_classes(self.value.T, self.error.T, self.size.T, target)

    def take(self, states: Ints) -> _SummedValues:
        """Some of the states."""
        return _SummedValues(self.value[:, states], self.error[:, states], self.size[:, states], self.target[states])


def by_classes(case: HeadClaim, x: Expr, *, skip_own: bool) -> SumBound | None:
    """A bound from blocks of the heads; None if the heads do not split. With `skip_own`, pairs at one position are left
    out."""
    setting, parts = case.setting, case.parts
    of_value = setting.variables(x)
    if len({p.layer for p in parts}) != 1 or case.few(case.keys | of_value, case.queries):
        return None
    decomposed = decompose(setting, side_by_side([p.values for p in parts]), parts[0].slot)
    deciding = decomposed.variables | of_value
    linked = BlockItem(deciding, frozenset())
    relation, blocks = split_head(
        case, comparisons(case.selector, from_right=True), linked, placed=skip_own, always=True
    )
    at = next((i for i, b in enumerate(blocks) if deciding <= b.keys.columns.keys()), None)
    if at is None:
        return None
    values = _SummedValues.of(parts, evaluate(setting, decomposed, blocks[at].keys), case.targets(x, blocks[at].keys))
    first, kind = values.classes()
    others = [_other_terms(case, i, blocks) for i in range(len(parts))]
    classes = []
    for i, b in enumerate(blocks):
        of_block = _InBlock(case, relation, b, [of_head[i] for of_head in others], kind if i == at else None)
        classes.append(of_block.classes(skip_own=skip_own))
    found = combined(classes, parts_of(case.selector), setting.limits.classes)
    if found is None:
        return None
    return _bound_of(case, found, values.take(first), skip_own=skip_own)


def _dims_of(case: HeadClaim, i: int, block: HeadBlock) -> Ints:
    """Which of the block's dimensions are those of a head."""
    start = sum(p.head.d_qk for p in case.parts[:i])
    return np.flatnonzero((block.dims >= start) & (block.dims < start + case.parts[i].head.d_qk))


def _other_terms(case: HeadClaim, i: int, blocks: list[HeadBlock]) -> list[tuple[OtherTerms, OtherTerms]]:
    """The other terms of a head's scores outside of each block, for keys and for BOS."""
    of_keys, of_bos = [], []
    for b in blocks:
        dims = _dims_of(case, i, b)
        query = b.query.forms(dims)
        of_keys.append(OtherTerms.of(query, b.key.forms(dims)))
        bos = case.bos_key(case.parts[i].layer, b.weights[:, dims])
        of_bos.append(OtherTerms.of(query, AffineForm.constant(bos)))
    return list(zip(all_but_one(of_keys), all_but_one(of_bos), strict=True))


@dataclass(frozen=True, eq=False)
class _InBlock:
    """A block of the heads: the other terms of each head outside of it, and the class of each key's value, in the block
    that decides it."""

    case: HeadClaim
    relation: Relation
    block: HeadBlock
    others: list[tuple[OtherTerms, OtherTerms]]
    value: Ints | None

    def classes(self, *, skip_own: bool) -> PairClasses:
        """The classes of pairs."""
        case, block = self.case, self.block
        truths = {e: SelectorTruth(e, case.setting.facts, block.keys, block.queries) for e in block.conditions}
        more = [] if self.value is None else [self.value.astype(np.float64)[:, None]]
        of_keys = [t.keys[0] for t in truths.values()]
        keys, k, kind = self.relation.classes(PairSide(block.keys, (block.key,)), of_keys, *more)
        positions = None if block.keys.position is None else _positions_of(block.keys.position, kind, len(k))
        of_queries = [t.queries[0] for t in truths.values()]
        queries, q, _ = self.relation.classes(PairSide(block.queries, (block.query,)), of_queries)
        dims = [_dims_of(case, i, block) for i in range(len(case.parts))]
        key = [keys.scores[0].forms(d).take(k) for d in dims]
        query = [queries.scores[0].forms(d) for d in dims]
        placed = skip_own and block.keys.position is not None and block.queries.position is not None
        found: list[PairClasses] = []
        tops: list[float] = []
        for rows in portions(q, len(k), case.setting.limits):
            scores = [self._scores(i, query[i].take(rows), key[i], d) for i, d in enumerate(dims)]
            pairs = StatePairs(block.keys, block.queries, k, rows)
            hidden = self.relation.unrelated(pairs)
            classes = PairClasses(
                {e: t.of(k, rows) for e, t in truths.items()},
                hidden,
                pairs.at_one_position() if placed else np.zeros_like(hidden),
                [s.low for s in scores],
                [s.high for s in scores],
                None if self.value is None else np.broadcast_to(self.value[k], hidden.shape),
                positions=None if positions is None else np.broadcast_to(positions, hidden.shape),
            )
            tops = tops or [float(s.max(initial=-np.inf)) for s in classes.high]
            found.append(classes.merged(tops, np.indices(hidden.shape)[0]))
        return joined(found, tops)

    def _scores(self, i: int, query: AffineForm, key: AffineForm, dims: Ints) -> PairScores:
        """The scores of a head in this block, less that of BOS."""
        case, (others, of_bos) = self.case, self.others[i]
        bos, most = case.bos_key(case.parts[i].layer, self.block.weights[:, dims]), case.setting.limits.distances
        return relative_scores(
            query, key, bos[None, :], case.format, others=others, of_reference=of_bos, distances=most
        )


def _positions_of(position: Ints, kind: Ints, kinds: int) -> Ints:
    """(kinds,) the number of positions of each class, from the `position` and the class of each state."""
    found: Ints = np.bincount(np.unique(position.astype(np.int64) * kinds + kind) % kinds, minlength=kinds)
    return found


def _bound_of(case: HeadClaim, c: CombinedClasses, values: _SummedValues, *, skip_own: bool) -> SumBound:
    """The bound from all combinations of classes."""
    failed = c.failed & ~c.hidden
    undefined = np.isnan(values.target)[c.value] & c.selected & ~c.hidden
    absent = failed | c.hidden | undefined
    ignored = absent | c.same if skip_own else absent
    wanted = np.where(c.selected & ~ignored, np.nan_to_num(values.target)[c.value], 0.0)
    least_weight, weight = np.exp(np.minimum(c.low, GREATEST_SCORE)), np.exp(np.minimum(c.high, GREATEST_SCORE))
    v, v_error = values.value[:, c.value], values.error[:, c.value]
    least, most = (f(least_weight * v, weight * v).sum(axis=0) for f in (np.minimum, np.maximum))
    error = (weight * (np.abs(v) * case.format.exp_error + v_error)).sum(axis=0)
    cell = np.maximum(np.abs(least - wanted), np.abs(most - wanted)) + error
    size = (weight * values.size[:, c.value]).sum(axis=0)
    share = np.where(absent, 0.0, weight).max(axis=0, initial=0.0).max(keepdims=True)
    total = _total_error(case, cell[None], size[None], c.selected[None], ignored[None], share, keys=c.keys)
    greatest = float(np.where(c.hidden, 0.0, weight).max(initial=0.0))
    return SumBound(float(total[0]), greatest, unbounded=bool(failed.any() or undefined.any()))


# By pairs.


def by_pairs(case: HeadClaim, x: Expr, at_query: Decomposition | None) -> SumBound:
    """A bound from all pairs, except those at one position if something else is added there (`at_query`)."""
    relation, keys, queries = sides(case, x, at_query=at_query)
    truth = SelectorTruth(case.selector, case.setting.facts, keys.space, queries.space)
    target = case.targets(x, keys.space)
    distinguished = np.where(np.isnan(target), UNDEFINED, target)[:, None]
    keys, k, kind = relation.classes(keys, truth.keys, distinguished)
    placed = KeyPositions.of(keys.space.position, kind, case.max_len)
    queries, q, _ = relation.classes(queries, truth.queries)
    everything = StatePairs(keys.space, queries.space, k, q)
    of_heads = [_summands(case, i, keys, queries, everything) for i in range(len(case.parts))]
    found = SumBound(0.0, 0.0, unbounded=False)
    for rows in portions(np.arange(len(q)), len(k), case.setting.limits):
        pairs = StatePairs(keys.space, queries.space, k, q[rows])
        selected, failed = truth.of(k, pairs.q)
        undefined, hidden = selected & np.isnan(target[k]), relation.unrelated(pairs)
        absent = failed | hidden | undefined
        ignored = absent if at_query is None else absent | pairs.at_one_position()
        wanted = np.where(selected & ~ignored, target[k], 0.0)
        weight, value, size, error = np.zeros((4, *wanted.shape))
        for summands in of_heads:
            of_head = iter(summands(rows))
            np.maximum(weight, next(of_head), out=weight)
            for so_far, more in zip((value, size, error), of_head, strict=True):
                so_far += more
        share = np.where(absent, 0, weight).max(axis=1, initial=0)
        greatest = float(np.where(hidden, 0, weight).max(initial=found.share))
        total = _total_error(case, np.abs(value - wanted) + error, size, selected, ignored, share, keys=placed)
        unbounded = found.unbounded or bool(failed.any() or undefined.any())
        found = SumBound(float(total.max(initial=found.error)), greatest, unbounded=unbounded)
    return found


def _summands(
    case: HeadClaim, i: int, keys: PairSide, queries: PairSide, pairs: StatePairs
) -> Callable[[Ints], Iterable[Floats]]:
    """The summands of a head (`_summands_of`) for all keys of the pairs, as a function of some of the queries."""
    part = case.parts[i]
    query, key, value = queries.scores[i].take(pairs.q), keys.scores[i].take(pairs.k), keys.values[i].take(pairs.k)
    if len(pairs.q) * len(pairs.k) < WORTH_CLASSES:
        return lambda some: _summands_of(case, part, query.take(some), key, value)
    # A head often distinguishes fewer states than there are, and then its pairs are few.
    rows, of_query = equivalence_classes(*query.features())
    columns, of_key = equivalence_classes(*key.features(), *value.features())
    if 2 * len(rows) * len(columns) > len(pairs.q) * len(pairs.k):
        return lambda some: _summands_of(case, part, query.take(some), key, value)
    table = _summands_of(
        case,
        part,
        query.widened(rows, of_query).take(rows),
        key.widened(columns, of_key).take(columns),
        value.widened(columns, of_key).take(columns),
    )
    return lambda some: (x.take(of_query[some], axis=0).take(of_key, axis=1) for x in table)


def _summands_of(
    case: HeadClaim, part: HeadPart, query: AffineForm, key: AffineForm, value: AffineForm
) -> tuple[Floats, Floats, Floats, Floats]:
    """(queries, keys) each: of each summand of a head the weight, the value, the magnitude, and the error."""
    scores, mix = case.scores(part, query, key), part.mix
    v, v_error = value.value @ mix, value.error @ np.abs(mix)
    plain = np.exp(np.minimum(scores.value, GREATEST_SCORE))
    weight = np.exp(np.minimum(scores.high, GREATEST_SCORE)) if scores.error.any() else plain
    # Each output is added up, and rounded, on its own.
    size = weight * ((np.abs(value.value) + value.error) @ np.abs(mix))
    error = (weight * (1 + case.format.exp_error) - plain) * np.abs(v)
    if v_error.any():
        error += weight * v_error
    return weight, plain * v, size, error


# The sum over all keys.


@dataclass(frozen=True, eq=False)
class KeyPositions:
    """At which positions keys of each class can be: pairs of a position and a class (`kind`), sorted by position;
    `begin` is the first pair of each. No two keys of an input have one position."""

    kind: Ints
    begin: Ints

    @classmethod
    def of(cls, position: Ints | None, kind: Ints, max_len: int) -> KeyPositions | None:
        """From the position and the class of each state; None where positions are not known, or every class is
        possible at every position."""
        if position is None or len(kind) == 0:
            return None
        classes = int(kind.max()) + 1
        pairs = np.unique(position.astype(np.int64) * classes + kind)
        if len(pairs) > MOST_PLACED or len(pairs) == classes * max_len:
            return None
        at, kinds = np.divmod(pairs, classes)
        return cls(kinds, np.flatnonzero(np.diff(at, prepend=-1)))

    def total(self, x: Floats, most: int) -> Floats:
        """(queries,) a bound of the sum over `most` keys, of which each adds up to as much as its class."""
        at = np.maximum.reduceat(x[:, self.kind], self.begin, axis=1)  # (queries, positions)
        if most < at.shape[1]:
            at = -np.partition(-at, most - 1, axis=1)[:, :most] if most else at[:, :0]
        found: Floats = at.sum(axis=1)
        return found


def _total_error(
    case: HeadClaim,
    cell: Floats,
    size: Floats,
    selected: Bools,
    ignored: Bools,
    share: Floats,
    *,
    keys: KeyPositions | ClassPositions | None = None,
) -> Floats:
    """(queries,) the error of the sum, where each (query, key) has an error of up to `cell` and adds numbers of up to
    `size`. `keys`: the positions of keys, if they are known."""
    n, most = case.max_len, min(case.most, case.max_len)
    summed, leaking = selected & ~ignored, ~selected & ~ignored

    def over_all(x: Floats) -> Floats:  # at most `most` keys are selected, and n are not
        of_selected = np.where(summed, x, 0)
        total: Floats = most * of_selected.max(axis=1, initial=0)
        if keys is not None:
            total = np.minimum(total, keys.total(of_selected, most))
        rest: Floats = n * np.where(leaking, x, 0).max(axis=1, initial=0)
        return total + rest

    total = over_all(size)
    rounded = total * _normalizing(case, share, n)
    faint = (size < LEAKAGE) & ~ignored
    if not (leaking & ~faint).any():  # adding leakage rounds off no more than the leakage
        leakage = n * np.where(faint, size, 0).max(axis=1, initial=0)
        rounded = np.minimum(rounded, total * _normalizing(case, share, most) + leakage)
    error: Floats = over_all(cell) + rounded
    return error


def _normalizing(case: HeadClaim, share: Floats | float, added: int) -> Floats:
    """The relative error of dividing by the sum of all weights, which is nearly that of BOS, and of adding up so many
    products.

    An addition is off by no more than its smaller summand, so keys other than BOS round the sum of weights by no more
    than their share; nor is a sum of n weights off by more than rounding n times. And there is room for weights of the
    model that are off by a unit in the last place, to which the score of BOS is the most sensitive.
    """
    n, unit = case.max_len, case.format.unit
    rounded = np.minimum(n * share, case.format.gamma(n + 1))
    return np.asarray(n * share + rounded + case.format.gamma(added + 1) + (6 + 4 * SINK) * unit, np.float64)


def _at_own_position(case: HeadClaim, x: Expr, at_query: Decomposition, share: float) -> float:
    """The error of the summand of the query's own position, to which `at_query` adds besides heads."""
    setting, fmt = case.setting, case.format
    variables = case.keys | case.queries | setting.variables(x) | at_query.variables
    of_head = []
    for p in case.parts:
        of_head.append([decompose(setting, w, p.slot) for w in (p.weights.q, p.weights.k, p.values)])
        variables = variables.union(*(decomposed.variables for decomposed in of_head[-1]))
    space = setting.space(variables)
    truth = SelectorTruth(case.selector, setting.facts, space, space)
    selected, failed = truth.own(np.arange(space.size))
    wanted = np.where(selected, case.targets(x, space), 0.0)
    ignored = failed | np.isnan(wanted)
    form = evaluate(setting, at_query, space)
    total, error = form.value[:, 0], form.error[:, 0]
    for p, found in zip(case.parts, of_head, strict=True):
        query, key, value = (evaluate(setting, decomposed, space) for decomposed in found)
        bos, mix = case.bos_key(p.layer, p.weights.k), p.mix
        score = (query.value * (key.value - bos)).sum(axis=1)
        off = (query.error * np.abs(key.value - bos)).sum(axis=1)
        off += ((np.abs(query.value) + query.error) * key.error).sum(axis=1)
        magnitude = ((np.abs(query.value) + query.error) * (np.abs(key.value) + key.error + np.abs(bos))).sum(axis=1)
        off += fmt.gamma(key.value.shape[1]) * magnitude + fmt.unit * np.abs(score)
        v, size = value.value @ mix, (np.abs(value.value) + value.error) @ np.abs(mix)
        weight, plain = np.exp(np.minimum(score + off, GREATEST_SCORE)), np.exp(np.minimum(score, GREATEST_SCORE))
        total = total + plain * v
        error = error + weight * size * _normalizing(case, share, case.max_len)
        error = error + (weight * (1 + fmt.exp_error) - plain) * np.abs(v)
        error = error + weight * (value.error @ np.abs(mix))
    cell = np.where(ignored, 0.0, np.abs(total - np.where(ignored, 0, wanted)) + error)
    return float(cell.max(initial=0.0))
