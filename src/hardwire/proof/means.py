"""Means: the selected keys weigh the same, and all others next to nothing.

The bound leaves room for weights of the model that are off by a unit in the last place, to which scores are the most
sensitive; a certificate does not promise that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, Expr
from ..lang.values import is_number
from ..numeric.floats import Floats
from .affine import AffineForm
from .decomposition import decompose
from .evaluate import evaluate
from .heads import HeadClaim, HeadPart, OutputValues, ShownHeads, sides
from .lookups import sole_writer
from .pairing import Relation, StatePairs, portions
from .scores import PairScores, moved_weights, relative_scores
from .selection import SelectorTruth, variables_of
from .states import StateSpace, Variable


def show(case: HeadClaim) -> ShownHeads:
    """Show that a head, or several, average the selected values. Raises CertificateError."""
    if len(case.parts) > 1 and case.background.at_query is None:
        error, rounding, unbounded = _split(case)
    else:
        error, rounding, unbounded = _single(case, sole_writer(case))
    # Other values than numbers have no mean.
    unbounded = unbounded or not all(map(is_number, case.setting.facts.domain(case.expr.src[1]).values))
    margins = (case.margin("mean", error),)
    found = error + rounding + case.background.error
    return ShownHeads(found, margins, Variable(case.encoding), unbounded=unbounded)


def _rounded(case: HeadClaim, values: OutputValues, outputs: int) -> float:
    """The rounding of a head's outputs, each of which is a mean; for a single one, only what `_Mean` does not count."""
    return float(case.format.gamma(8 if outputs == 1 else 2 * case.max_len + 8)) * values.largest


def _single(case: HeadClaim, part: HeadPart) -> tuple[float, float, bool]:
    """(the error of a mean by one head, the rounding of its outputs, whether it may be undefined)"""
    x, offset = case.expr.src[1], case.background.constant
    relation, keys, queries = sides(case, x)
    truth = SelectorTruth(case.selector, case.setting.facts, keys.space, queries.space)
    target, values = case.targets(x, keys.space) - offset, OutputValues.of(keys.values[0], part.mix)
    keys, k, kind = relation.classes(replace(keys, values=()), truth.keys)
    queries, q, _ = relation.classes(queries, truth.queries)
    wrong = np.where(np.isnan(target), 0.0, np.abs(values.value - np.nan_to_num(target)) + values.error)
    of_class = np.full(len(k), -np.inf)
    np.maximum.at(of_class, kind, wrong)
    mean = _Mean(case, part, relation, truth, of_class, values.span)
    worst, unbounded, key = 0.0, bool(np.isnan(target).any()), keys.scores[0].take(k)
    for rows in portions(q, len(k), case.setting.limits):
        pairs = StatePairs(keys.space, queries.space, k, rows)
        error, failed = mean.error(pairs, queries.scores[0].take(rows), key)
        worst, unbounded = float(error.max(initial=worst)), unbounded or failed
    return worst, _rounded(case, values, len(part.mix)), unbounded


@dataclass(frozen=True, eq=False)
class _Mean:
    """A mean by one head: (classes,) the error of the values of each class of keys (`wrong`), and their `span`."""

    case: HeadClaim
    part: HeadPart
    relation: Relation
    truth: SelectorTruth
    wrong: Floats
    span: float

    def error(self, pairs: StatePairs, query: AffineForm, key: AffineForm) -> tuple[Floats, bool]:
        """((queries,) the greatest error at each, whether the selector may fail)"""
        case, fmt, n = self.case, self.case.format, self.case.max_len
        selected, failed = self.truth.of(pairs.k, pairs.q)
        ignored = failed | self.relation.unrelated(pairs)
        selected = selected & ~ignored
        others = ~selected & ~ignored
        scores = case.scores(self.part, query, key)
        some = selected.any(axis=1)
        reference = np.where(some, scores.value[np.arange(len(pairs.q)), selected.argmax(axis=1)], 0.0)[:, None]
        spread = np.where(selected, np.abs(scores.value - reference) + scores.error, 0.0).max(axis=1)
        low = np.where(selected, scores.low, np.inf).min(axis=1)
        high = np.where(others, scores.high, -np.inf).max(axis=1)
        from_keys, from_bos = low - high, np.where(some, low, np.inf)
        error = np.where(selected, self.wrong[None, :], 0.0).max(axis=1)
        unsure = ~case.surely(self.relation, pairs, selected)
        if unsure.any():
            from_keys = np.where(unsure, np.minimum(from_keys, -high), from_keys)
            error = np.where(unsure, np.maximum(error, case.default_error), error)
        gap = float(np.minimum(from_keys, from_bos).min(initial=np.inf))
        if not gap > 0:
            raise CertificateError(
                f"an unselected key may weigh as much as the selected ones: the score gap is {gap:.3g} in the "
                "worst case, and must be above 0"
            )
        spread = spread + np.where(selected, moved_weights(query, key, fmt), 0.0).max(axis=1)
        # Weights within a factor exp(spread) of one, either way, move a mean by tanh(spread / 2) of the span.
        uneven = np.tanh(spread / 2) + 2 * fmt.exp_error + 2 * fmt.gamma(n + 1)
        leakage = n * np.exp(-from_keys) + np.exp(-from_bos)
        error = error + (uneven + 2 * leakage) * self.span
        return error, bool(failed.any())


# Several heads.


@dataclass(frozen=True, eq=False)
class _Shares:
    """What one of several heads gives: (queries, keys) the share of each key; (queries,) the effect of the errors of
    scores; and of the values how far they are off, the largest, and the rounding of outputs."""

    share: Floats
    moved: Floats
    wrong: float
    largest: float
    rounding: float
    unbounded: bool


def _split(case: HeadClaim) -> tuple[float, float, bool]:
    """(the error of a mean by several heads, the rounding of their outputs, whether it may be undefined)

    In each head BOS has the weight of the keys of the others, so that their outputs add up to the sum of all values
    over their number. Keys are selected by positions alone, all of them before the query.
    """
    setting, n = case.setting, case.max_len
    leaves = setting.using(replace(setting.strategy, variables="leaves"))
    if frozenset[Expr]().union(*variables_of(case.selector, leaves)) != {INDICES}:
        raise CertificateError("several heads compute it, which is proved of means over positions alone")
    space = setting.space(frozenset({INDICES}))
    everything = np.arange(space.size)
    pairs = StatePairs(space, space, everything, everything)
    selected, failed = SelectorTruth(case.selector, setting.facts, space, space).of(everything, everything)
    if failed.any() or (selected & pairs.behind()).any():
        raise CertificateError("several heads compute it, and they may select a position that does not exist")
    count = selected.sum(axis=1, keepdims=True)
    wanted = np.where(selected, 1.0 / np.maximum(count, 1), 0.0)
    heads = [_shares(case, part, space) for part in case.parts]
    share = sum((h.share for h in heads), np.zeros_like(wanted))
    moved, wrong = sum((h.moved for h in heads), np.zeros(space.size)), max(h.wrong for h in heads)
    summed = np.abs(share - wanted) + 2 * case.format.gamma(n + 1) * share
    error = float((summed.sum(axis=1) * max(h.largest for h in heads) + moved).max(initial=0.0)) + wrong
    if not count.all():
        error += case.default_error
    return error, sum(h.rounding for h in heads), any(h.unbounded for h in heads)


def _shares(case: HeadClaim, part: HeadPart, space: StateSpace) -> _Shares:
    setting, fmt, bos_key = case.setting, case.format, case.bos_key(part.layer, part.weights.k)
    of_head = [decompose(setting, w, part.slot) for w in (part.weights.q, part.weights.k)]
    if any(not decomposed.variables <= {INDICES} for decomposed in of_head):
        raise CertificateError("several heads compute it, and one of them scores keys by more than their positions")
    query, key = (evaluate(setting, decomposed, space) for decomposed in of_head)
    bos = AffineForm.constant(bos_key)
    scores = case.scores(part, query, key)
    leading, rows = scores.value.argmax(axis=1), np.arange(space.size)
    ahead = scores.value[rows, leading] > 0
    best = np.where(ahead[:, None], key.value[leading], bos_key)  # the key to which scores are compared
    most = setting.limits.distances
    scores = relative_scores(query, key, best, fmt, distances=most)
    of_bos = relative_scores(query, bos, best, fmt, distances=most)
    weight, own = np.exp(scores.value), np.exp(of_bos.value)
    total = own + weight.sum(axis=1, keepdims=True)
    # Each weight may be off by so much of its own.
    off = (weight * _off(scores, query, key, case)).sum(axis=1) + (own * _off(of_bos, query, bos, case))[:, 0]
    off /= total[:, 0]
    if not (off < 1).all():
        raise CertificateError("the error of its scores is too large for a mean; use a smaller max_len")
    x = case.expr.src[1]
    values, keys = case.outputs(part, setting.variables(x))
    target = case.targets(x, keys) - case.background.constant
    # Changes of shares add up to 0, so they move the mean by at most the span of the values times half the sum of their
    # magnitudes, which is at most twice the average relative error of the weights.
    wrong = np.abs(values.value - np.nan_to_num(target)) + values.error
    return _Shares(
        weight / total,
        off / (1 - off) * values.span,
        float(np.where(np.isnan(target), 0.0, wrong).max(initial=0.0)),
        max(-values.low, values.high),
        _rounded(case, values, len(part.mix)),
        unbounded=bool(np.isnan(target).any()),
    )


def _off(scores: PairScores, query: AffineForm, key: AffineForm, case: HeadClaim) -> Floats:
    """(queries, keys) how far weights may be off, relative to themselves."""
    found: Floats = np.expm1(scores.error + moved_weights(query, key, case.format)) + case.format.exp_error
    return found
