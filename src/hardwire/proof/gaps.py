"""The gaps of a look-up: the lead in score of the selected key, or of BOS if no key is selected, over all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, Op, unnamed
from ..lang.selectors import LENGTH, all_of, conditions
from ..lang.values import totally_ordered
from ..numeric.floats import Floats
from ..run.column import Column, codes_of
from ..run.failure import Bools, Ints
from .affine import AffineForm, stacked
from .blocks import BlockItem, HeadBlock
from .heads import HeadClaim, HeadPart, split_head
from .pairing import PairSide, Relation, StatePairs, portions
from .scores import NO_OTHERS, OtherTerms, all_but_one, relative_scores
from .selection import SelectorTruth
from .states import StateSpace


class ScoreGaps(NamedTuple):
    """The least leads in score in one block of a head, at any of some queries.

    Where the block selects a key: the lead of every selected key over each unselected key, over any key, over any
    selected key, over BOS, and over each selected key of lower rank. The lead of BOS over each unselected key, where
    possibly no key is selected, and over any key.

    `over_any`, `over_selected` and `bos_over_any` matter only in sums with other blocks; without these they are
    infinite.
    """

    over_unselected: float = np.inf
    over_any: float = np.inf
    over_selected: float = np.inf
    over_bos: float = np.inf
    over_worse: float = np.inf
    bos_over_unselected: float = np.inf
    bos_over_any: float = np.inf

    def worst(self, other: ScoreGaps) -> ScoreGaps:
        """Those of the queries of both."""
        return ScoreGaps(*np.minimum(self, other).tolist())


@dataclass(frozen=True)
class BlockGaps:
    """The gaps in a block; whether there may be no selected key there (`unsure`), and whether the selector or a score
    may fail (`unbounded`)."""

    gaps: ScoreGaps = field(default_factory=ScoreGaps)
    unsure: bool = False
    unbounded: bool = False

    def worst(self, other: BlockGaps) -> BlockGaps:
        return BlockGaps(
            self.gaps.worst(other.gaps), unsure=self.unsure or other.unsure, unbounded=self.unbounded or other.unbounded
        )


def least_gaps(blocks: Sequence[ScoreGaps]) -> tuple[float, float]:
    """(the least lead of the selected key over BOS, that of the selected key, or of BOS if no key is selected, over all
    other keys)

    A score is the sum of the scores in all blocks. An unselected key is unselected in at least one block, and may be
    any key in the others; so a selected key leads it by at least its lead over unselected keys in that block, plus its
    leads over any key in the others.
    """
    found: list[float] = []
    for i, g in enumerate(blocks):
        others = [*blocks[:i], *blocks[i + 1 :]]
        found.append(g.over_unselected + sum(o.over_any for o in others))
        found.append(g.over_worse + sum(o.over_selected for o in others))
        found.append(g.bos_over_unselected + sum(o.bos_over_any for o in others))
    over_keys = math.nan if any(map(math.isnan, found)) else min(found)
    return sum(g.over_bos for g in blocks), over_keys


@dataclass(frozen=True)
class LookupGap:
    """The least gaps of a look-up over BOS and over keys; whether there may be no selected key (`unsure`), whether the
    result may be anything (`unbounded`), and whether equal keys share the weight (`shares`)."""

    over_bos: float
    over_keys: float
    unsure: bool
    unbounded: bool
    shares: bool

    @property
    def least(self) -> float:
        """The least gap over anything."""
        found = (self.over_bos, self.over_keys)
        return math.nan if any(map(math.isnan, found)) else min(found)

    def leakage(self, keys: int) -> float:
        """The greatest weight of so many unselected keys and BOS, relative to that of the selected key."""
        return float(keys * np.exp(-self.over_keys) + np.exp(-self.over_bos))


def score_gap(case: HeadClaim) -> LookupGap:
    """The least gap between the selected key and all others. Raises CertificateError."""
    found = _gap(case)
    if not found.least > 0 and (closer := _divided(case)) is not case:
        with suppress(CertificateError):  # too many states
            return _gap(closer)
    return found


def _divided(case: HeadClaim) -> HeadClaim:
    """The same claim, where the fallbacks of the variables of keys and queries are divided into small intervals."""
    evidence, spaces = case.setting.evidence, case.setting.spaces
    for v in case.keys | case.queries:
        variable = spaces.proved.get(v)
        if variable is not None and (closer := variable.divided()) is not variable:
            spaces = spaces.learn(v, closer)
    if spaces is case.setting.spaces:
        return case
    return replace(case, setting=case.setting.with_evidence(replace(evidence, spaces=spaces)))


def _gap(case: HeadClaim) -> LookupGap:
    search = LookupBlocks.of(case)
    found = [search.gaps(i) for i in range(len(search.blocks))]
    unbounded = (not search.ranked and case.most > 1) or any(b.unbounded for b in found)
    x = case.expr.src[-2]
    shares = search.ranked and not search.ties and case.most > 1 and not case.setting.facts.injective(x)
    return LookupGap(*least_gaps([b.gaps for b in found]), any(b.unsure for b in found), unbounded, shares)


@dataclass(frozen=True, eq=False)
class LookupBlocks:
    """The blocks of a look-up's head, and the other terms of its scores outside of each.

    `looked_up`: whether keys are selected by their position alone; `ranked`: whether the best of the selected keys is
    looked up, by a score that block `ranking` decides; `ties`: whether the leftmost of equal keys is.
    """

    case: HeadClaim
    relation: Relation
    blocks: list[HeadBlock]
    others: list[OtherTerms]
    looked_up: bool
    ranked: bool
    ties: bool
    ranking: int

    @classmethod
    def of(cls, case: HeadClaim) -> LookupBlocks:
        """Raises CertificateError."""
        e, part, looked_up = case.expr, case.only_part(), _looks_up(case)
        ranked = e.op.scored
        ties = ranked and unnamed(e.src[1]) is not unnamed(e.src[-2])
        variables = case.setting.variables(e.src[1]) if ranked else frozenset()
        linked = BlockItem(variables | {INDICES} if ties else variables, frozenset())
        relation, blocks = split_head(case, conditions(case.selector), linked, looked_up=looked_up)
        others = [NO_OTHERS]
        if len(blocks) > 1:
            others = all_but_one([OtherTerms.of(b.query, _with_bos(case, part, b, b.key)) for b in blocks])
        ranking = next((i for i, b in enumerate(blocks) if linked.keys <= b.keys.columns.keys()), None)
        if ranking is None:
            raise CertificateError("its head does not read the score by which it ranks keys")
        return cls(case, relation, blocks, others, looked_up, ranked, ties, ranking)

    def gaps(self, i: int) -> BlockGaps:
        """The gaps in a block."""
        case, block = self.case, self.blocks[i]
        rank = _ranks(case, block.keys, ties=self.ties) if self.ranked and i == self.ranking else None
        selector = all_of(block.conditions)
        truth = None if selector is None else SelectorTruth(selector, case.setting.facts, block.keys, block.queries)
        exists = np.zeros(block.queries.size)
        if truth is not None and self.looked_up:
            exists = _exists(case, truth.queries[0], block.queries)
        keys, queries = PairSide(block.keys, (block.key,)), PairSide(block.queries, (block.query,))
        of_keys, of_queries = ([], []) if truth is None else (truth.keys, truth.queries)
        if rank is not None and len(np.unique(rank)) == len(rank):
            k = np.arange(len(rank))  # no two are equivalent
        else:
            by_rank = [] if rank is None else [np.nan_to_num(rank, nan=-1.0)[:, None]]
            keys, k, _ = self.relation.classes(keys, of_keys, *by_rank)
        queries, q, _ = self.relation.classes(queries, of_queries, exists[:, None])
        key = _with_bos(case, case.only_part(), block, keys.scores[0].take(k))
        alone = self.others[i] is NO_OTHERS
        found: BlockGaps | None = None
        for rows in portions(q, len(k), case.setting.limits):
            pairs = StatePairs(block.keys, block.queries, k, rows)
            at = _Portion(self, i, pairs, truth, None if rank is None else rank[k], exists[rows])
            some = at.gaps(queries.scores[0].take(rows), key)
            found = some if found is None else found.worst(some)
            g = found.gaps
            if alone and not min(g) > 0:
                break  # that is enough to refuse
        return found or BlockGaps()


@dataclass(frozen=True, eq=False)
class _Portion:
    """Pairs of one block that are examined at a time. `rank`: (keys,) how good each key is, where the block ranks them;
    `exists`: (queries,) as in `_exists`."""

    search: LookupBlocks
    block: int
    pairs: StatePairs
    truth: SelectorTruth | None
    rank: Floats | None
    exists: Floats

    def gaps(self, query: AffineForm, key: AffineForm) -> BlockGaps:
        """The gaps of these pairs. `query` and `key` are the forms that the head reads; the last key is BOS."""
        case, others = self.search.case, self.search.others[self.block]
        selected, failed = self._truth()
        # Pairs that no input has, and look-ups of a position that no token has.
        hidden = self.search.relation.unrelated(self.pairs) | (selected & (self.exists < 0)[:, None])
        absent = failed | hidden
        selected = selected & ~absent
        rivals = ~(selected | absent)
        # Scores are relative to that of a selected key: terms of the query that all keys share cancel.
        some = np.logical_or.reduce(selected, axis=1)
        reference = key.value[np.where(some, selected.argmax(axis=1), len(self.pairs.k))]
        scores = relative_scores(
            query, key, reference, case.format, others=others, distances=case.setting.limits.distances
        )
        low, high = scores.low, scores.high
        bos_low, bos_high, low, high = low[:, -1], high[:, -1], low[:, :-1], high[:, :-1]
        least, rival = np.where(selected, low, np.inf).min(axis=1), np.where(rivals, high, -np.inf).max(axis=1)
        unsure = self._unsure(selected)
        gaps = ScoreGaps(
            over_unselected=_least(least - rival, some),
            over_bos=_least(least - bos_high, some),
            bos_over_unselected=_least(bos_low - rival, unsure),
        )
        if self.rank is not None:
            gaps = gaps._replace(over_worse=_gap_of_ranks(selected, low, high, self.rank))
        if others is not NO_OTHERS:
            best, most = np.where(selected, high, -np.inf).max(axis=1), np.where(hidden, -np.inf, high).max(axis=1)
            gaps = gaps._replace(
                over_any=_least(least - most, some),
                over_selected=_least(least - best, some),
                bos_over_any=float((bos_low - most).min()),
            )
        conditional = bool(self.search.blocks[self.block].conditions)
        return BlockGaps(gaps, unsure=conditional and bool(unsure.any()), unbounded=bool((failed & ~hidden).any()))

    def _truth(self) -> tuple[Bools, Bools]:
        """(selected, failed), (queries, keys) each; a key whose score has failed counts as failed."""
        failed = np.zeros((len(self.pairs.q), len(self.pairs.k)), bool)
        selected = ~failed
        if self.truth is not None:
            selected, failed = self.truth.of(self.pairs.k, self.pairs.q)
        if self.rank is not None:
            failed = failed | (selected & np.isnan(self.rank)[None, :])
        return selected, failed

    def _unsure(self, selected: Bools) -> Bools:
        """(queries,) where there may be no selected key."""
        if self.search.case.least > 0:
            return np.zeros(len(selected), bool)
        if self.search.looked_up:
            return self.exists <= 0
        return ~self.search.case.surely(self.search.relation, self.pairs, selected)


def _least(gap: Floats, rows: Bools) -> float:
    """The least gap in some rows."""
    return float(np.where(rows, gap, np.inf).min(initial=np.inf))


def _gap_of_ranks(selected: Bools, low: Floats, high: Floats, rank: Floats) -> float:
    """The least lead of a selected key over one of lower rank."""
    if len(rank) < 2:
        return math.inf
    order = np.argsort(rank, kind="stable")
    in_order = rank[order]
    starts = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    lows = np.minimum.reduceat(np.where(selected, low, np.inf).take(order, axis=1), starts, axis=1)
    highs = np.maximum.reduceat(np.where(selected, high, -np.inf).take(order, axis=1), starts, axis=1)
    below = np.maximum.accumulate(highs, axis=1)[:, :-1]
    return float((lows[:, 1:] - below).min(initial=np.inf))


def _with_bos(case: HeadClaim, part: HeadPart, block: HeadBlock, keys: AffineForm) -> AffineForm:
    """The forms that a head reads of keys, with BOS as the last key."""
    return stacked([keys, AffineForm.constant(case.bos_key(part.layer, block.weights))])


def _looks_up(case: HeadClaim) -> bool:
    """Whether a key is selected by its position alone, which the query knows."""
    s = unnamed(case.selector)
    if s.op is not Op.COMPARE or s.arg is not Op.EQ or unnamed(s.src[0]) is not INDICES:
        return False
    domain = case.setting.facts.listed(s.src[1])
    return domain is not None and domain.column.kind == "i"


def _exists(case: HeadClaim, looked_up: Column, queries: StateSpace) -> Floats:
    """(queries,) whether a token has the position that a query looks up: 1 where one does, -1 where none does, 0
    where that depends on the input. Where the query itself is does not matter then, and many states are equivalent.
    Raises CertificateError where it is no int.
    """
    if looked_up.kind != "i":
        raise CertificateError("a position that it looks up may be no int")
    position = looked_up.data
    known = LENGTH in queries.columns
    last: Ints | int = queries.columns[LENGTH].data - 1 if known else case.max_len - 1
    if case.setting.facts.causal:
        assert queries.position is not None
        last = np.minimum(last, queries.position)
    exists: Floats | float = 1.0
    if not known and case.least == 0:
        assert queries.position is not None
        exists = np.where(position <= queries.position, 1.0, 0.0)
    return np.where((position < 0) | (position > last), -1.0, exists)


def _ranks(case: HeadClaim, space: StateSpace, *, ties: bool) -> Floats:
    """(keys,) how good each key is, and with `ties` of equal keys the leftmost; nan where its score is undefined."""
    column = case.values(case.expr.src[1], space)
    codes, table = codes_of(column)
    ok = column.ok()
    scores = {table[c] for c in np.flatnonzero(np.bincount(codes[ok])).tolist()}
    if not totally_ordered(scores):
        raise CertificateError("the values that its keys are ranked by have no total order")
    order = sorted(scores)
    place = {v: i for i, v in enumerate(order)}
    rank = np.where(ok, np.array([place.get(v, np.nan) for v in table] or [np.nan])[codes], np.nan)
    if case.expr.op.best < 0:
        rank = len(order) - 1 - rank
    if ties:
        assert space.position is not None
        rank = rank * (case.max_len + 1) + (case.max_len - space.position)
    return rank
