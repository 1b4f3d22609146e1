"""Claims that heads compute an aggregate: the common part of their three obligations.

A head's output is the mean of its values, weighted by exp(score). Three uses of that are proved:

    sums.py      BOS outweighs all keys, so each key adds its own weight times its value, whatever the others do
    lookups.py   one key outweighs all others (the selected, the greatest, the first), or BOS where none is selected
    means.py     the selected keys weigh the same, and all others next to nothing
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES, Expr, unnamed
from ..lang.selectors import LENGTH
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..model.weights import Head
from ..numeric.floats import FloatFormat, Floats
from ..run.column import Column
from ..run.failure import Bools, Ints
from .affine import OWN_ROUNDING, AffineForm
from .blocks import BlockItem, HeadBlock, block, blocks, dimensions
from .decomposition import Decomposition, decompose
from .evaluate import evaluate
from .evidence import Setting
from .pairing import PairSide, Relation, StatePairs
from .scores import NO_OTHERS, PairScores, relative_scores
from .selection import unshifted_keys, variables_of
from .states import ClaimedEncoding, StateSpace, Variable, values_in
from .weights import HeadWeights, side_by_side

FAR = 5.0
"""An error above so many spacings of the encodings, or a score gap below minus so many leads (`lookups.LEAD`), does not
come from loose bounds."""


class NotCloseError(CertificateError):
    """A claim fails by so much that closer bounds of the same kind would not prove it."""


@dataclass(frozen=True, eq=False)
class HeadPart:
    """A head that contributes to an aggregate: its `values`, (d_model, those used), are combined by `mix`; they are the
    `outputs` with these numbers among those of all heads of the layer."""

    head: Head
    weights: HeadWeights
    layer: int
    values: Floats
    mix: Floats
    outputs: Ints

    @property
    def slot(self) -> Slot:
        """The slot that the head reads."""
        return Slot(self.layer, ATTENTION).previous


@dataclass(frozen=True, eq=False)
class OutputValues:
    """The value of each key for the claim, where the outputs of a head are combined by `mix`: (states,) its `value` and
    the `error` of that. `low` and `high` bound all of these and the 0 of BOS, `largest` the sum of the magnitudes that
    are combined."""

    value: Floats
    error: Floats
    low: float
    high: float
    largest: float

    @classmethod
    def of(cls, form: AffineForm, mix: Floats) -> OutputValues:
        value, error = form.value @ mix, form.error @ np.abs(mix)
        low, high = float((value - error).min(initial=0.0)), float((value + error).max(initial=0.0))
        return cls(value, error, low, high, float(((np.abs(form.value) + form.error) @ np.abs(mix)).max(initial=0.0)))

    @property
    def span(self) -> float:
        """The greatest distance of two of them."""
        return self.high - self.low


@dataclass(frozen=True, eq=False)
class Background:
    """The part of residual @ vector that the claim's heads do not write: a constant with an error, or a form that
    depends on the state of the query (`at_query`)."""

    constant: float = 0.0
    error: float = 0.0
    at_query: Decomposition | None = None


@dataclass(frozen=True, eq=False)
class ShownHeads:
    """The error that an obligation has shown of an aggregate.

    `error` bounds how far the heads' output is from the aggregate, and `share` the weight that a single key can have.
    As a `variable`, it has fallbacks with errors in addition to this one; if it is `unbounded`, the output may be
    anything that values allow where the aggregate is undefined.
    """

    error: float
    margins: tuple[Margin, ...]
    variable: Variable
    share: float = 1.0
    unbounded: bool = False


@dataclass(frozen=True, eq=False)
class HeadClaim:
    """A claim that heads compute an aggregate.

    `parts` are the heads, from slot `since` on, which erased the earlier content of the claim's vector; `background` is
    its remaining content. The `selector` selects between `least` and `most` keys, by these
    variables of `keys` and of `queries`.
    """

    setting: Setting
    expr: Expr
    claim: Claim
    encoding: ClaimedEncoding
    since: Slot
    background: Background
    parts: tuple[HeadPart, ...]
    selector: Expr
    keys: frozenset[Expr]
    queries: frozenset[Expr]
    least: int
    most: int

    @classmethod
    def of(cls, setting: Setting, e: Expr, claim: Claim) -> HeadClaim:
        """Raises CertificateError."""
        used, facts = claim.vector != 0, setting.facts
        earlier = (p.until for p in setting.evidence.proved if p.until <= claim.slot and used[p.pivot])
        # Before the heads that end it, which are parts: else they would be in the background too.
        since = Slot(max(earlier, default=EMBEDDING).complete_layers, MLP)
        selector = unshifted_keys(e.src[0], facts)
        keys, queries = variables_of(selector, setting)
        least, most = facts.width(e.src[0])
        return cls(
            setting, e, claim, ClaimedEncoding(claim), since, _background(setting, claim, since),
            tuple(_parts(setting, claim, since)), selector, keys, queries, least, most,
        )  # fmt: skip

    @property
    def format(self) -> FloatFormat:
        return self.setting.format

    @property
    def max_len(self) -> int:
        return self.setting.facts.max_len

    @property
    def layers(self) -> range:
        """The layers whose heads may contribute."""
        return _layers(self.since, self.claim)

    def only_part(self) -> HeadPart:
        """The one head that computes it. Raises CertificateError where there are several, or none."""
        if len(self.parts) != 1:
            raise CertificateError(f"{len(self.parts)} heads write its value, and a look-up is proved of one")
        return self.parts[0]

    @property
    def default_error(self) -> float:
        """How far the output is from the default where nothing is selected: BOS alone adds nothing. Raises
        CertificateError where no number encodes the default."""
        return abs(self.encoding(unnamed(self.expr.src[-1]).arg) - self.background.constant)

    def outputs(self, part: HeadPart, *variables: frozenset[Expr]) -> tuple[OutputValues, StateSpace]:
        """(the values of keys through a head, in the states of its variables and of further ones; these states)"""
        decomposed = decompose(self.setting, part.values, part.slot)
        space = self.setting.space(decomposed.variables, *variables)
        return OutputValues.of(evaluate(self.setting, decomposed, space), part.mix), space

    def values(self, x: Expr, space: StateSpace) -> Column:
        """(states,) the values of a sop."""
        return values_in(x, self.setting.facts, space)

    def targets(self, x: Expr, space: StateSpace) -> Floats:
        """(states,) the numbers that encode a sop's values as values of the aggregate; nan where it is undefined."""
        return self.encoding.targets(self.values(x, space))

    def margin(self, kind: str, error: float, limit: float = 0.5) -> Margin:
        return Margin(self.claim.layer, self.claim.expression, kind, error, limit)

    def bos_key(self, layer: int, keys: Floats) -> Floats:
        """(dims,) the key of BOS, which is exact, where heads of a layer read `keys`, (d_model, dims)."""
        found: Floats = self.setting.evidence.bos[layer - 1] @ keys
        return found

    def scores(self, part: HeadPart, query: AffineForm, key: AffineForm) -> PairScores:
        """(queries, keys) scores less that of BOS."""
        reference, most = self.bos_key(part.layer, part.weights.k)[None, :], self.setting.limits.distances
        return relative_scores(query, key, reference, self.format, of_reference=NO_OTHERS, distances=most)

    def few(self, keys: frozenset[Expr], queries: frozenset[Expr]) -> bool:
        """Whether there are so few pairs of states that a head need not be split into blocks."""
        spaces = self.setting.spaces
        return spaces.combinations(keys) * spaces.combinations(queries) <= self.setting.limits.whole

    def surely(self, relation: Relation, pairs: StatePairs, selected: Bools) -> Bools:
        """(queries,) True where a selected key exists in every input: a position that exists in every input.
        `selected`: (queries, keys), without pairs that are unrelated."""
        if self.least > 0:
            return np.ones(len(selected), bool)
        if not relation.by_position or pairs.keys.position is None:
            return np.zeros(len(selected), bool)
        # Where the length is known, positions beyond the end are unrelated already.
        exists = selected if LENGTH in pairs.queries.columns else selected & ~pairs.behind()
        found: Bools = np.any(exists, axis=1)
        return found


def _parts(setting: Setting, claim: Claim, since: Slot) -> Iterator[HeadPart]:
    for k in _layers(since, claim):
        layer = setting.weights.layers[k - 1]
        mix, at = layer.w_o @ claim.vector, 0
        for head, weights in zip(setting.weights.model.layers[k - 1].heads, layer.heads, strict=True):
            used = mix[at : at + head.d_v].nonzero()[0]
            if len(used):
                yield HeadPart(head, weights, k, weights.v.take(used, axis=1), mix[at + used], at + used)
            at += head.d_v


def _layers(since: Slot, claim: Claim) -> range:
    return range(since.complete_layers + 1, claim.layer + 1)


def _background(setting: Setting, claim: Claim, since: Slot) -> Background:
    """The part of the claim's vector that heads do not write. Raises CertificateError."""
    if claim.slot.sublayer is ATTENTION and not setting.largest(claim.slot.previous) @ np.abs(claim.vector):
        return Background()  # nothing was there before the heads
    decomposed = decompose(setting, claim.vector[:, None], claim.slot, claimed=1, since=since)
    try:  # a coordinate that is used again is constant once it has been erased
        form = evaluate(setting, decomposed, setting.space(decomposed.variables))
    except CertificateError:
        if not decomposed.variables:
            raise
        return Background(at_query=decomposed)
    value, spread = form.value[:, 0], float(np.ptp(form.value))
    if spread > OWN_ROUNDING:
        return Background(at_query=decomposed)
    return Background(float(value[0]), spread + float(form.error[:, 0].max(initial=0.0)))


def related(
    case: HeadClaim, keys: frozenset[Expr], queries: frozenset[Expr], *, placed: bool = False, looked_up: bool = False
) -> tuple[Relation, frozenset[Expr], frozenset[Expr]]:
    """(how keys and queries with these variables are related, the variables with positions where these matter)"""
    facts = case.setting.facts
    by_position = case.keys == {INDICES}
    placed = placed or (facts.causal and INDICES in case.keys | case.queries) or by_position
    if placed:
        keys |= {INDICES}
        if not looked_up or LENGTH not in queries or facts.causal:
            queries |= {INDICES}
    both = keys & queries
    shared = tuple(v for v in both if not v.op.leaf and facts.uniform(v))
    together: tuple[Expr, ...] = ()
    if case.setting.strategy.together and INDICES in both and not looked_up:
        together = tuple(v for v in both if v not in shared)
    found = Relation(
        causal=facts.causal,
        placed=placed,
        by_position=by_position,
        looked_up=looked_up,
        shared=shared,
        together=together,
    )
    return found, keys, queries


def sides(case: HeadClaim, x: Expr, *, at_query: Decomposition | None = None) -> tuple[Relation, PairSide, PairSide]:
    """(the relation, key states with the values of x, query states), all pairs at once. Raises CertificateError."""
    setting, parts = case.setting, case.parts
    of_queries = [decompose(setting, p.weights.q, p.slot) for p in parts]
    of_keys = [decompose(setting, side_by_side([p.weights.k, p.values]), p.slot) for p in parts]
    keys = case.keys.union(setting.variables(x), *(decomposed.variables for decomposed in of_keys))
    queries = case.queries.union(*(decomposed.variables for decomposed in of_queries))
    queries |= frozenset() if at_query is None else at_query.variables
    relation, keys, queries = related(case, keys, queries, placed=at_query is not None)
    key_space, query_space = setting.space(keys), setting.space(queries)
    scores, values, asking = [], [], []
    for part, q, k in zip(parts, of_queries, of_keys, strict=True):
        asking.append(evaluate(setting, q, query_space))
        form, d_qk = evaluate(setting, k, key_space), part.head.d_qk
        scores.append(form.forms(slice(d_qk)))
        values.append(form.forms(slice(d_qk, None)))
    return relation, PairSide(key_space, tuple(scores), tuple(values)), PairSide(query_space, tuple(asking))


def split_head(
    case: HeadClaim,
    conditions: Sequence[Expr],
    linked: BlockItem,
    *,
    placed: bool = False,
    looked_up: bool = False,
    always: bool = False,
) -> tuple[Relation, list[HeadBlock]]:
    """(the relation, blocks) of heads of one layer, their dimensions side by side, and conditions of the selector.

    `linked` is in one of the blocks. `placed`: whether positions matter in any case. `always`: split even where there
    are few pairs, and return no blocks where there would be one. Raises CertificateError.
    """
    setting, slot = case.setting, case.parts[0].slot
    query = decompose(setting, side_by_side([p.weights.q for p in case.parts]), slot)
    key = decompose(setting, side_by_side([p.weights.k for p in case.parts]), slot)
    keys, queries = case.keys | key.variables | linked.keys, case.queries | query.variables | linked.queries
    relation, keys, queries = related(case, keys, queries, placed=placed, looked_up=looked_up)
    if not always and (looked_up or case.few(keys, queries)):
        return relation, [block(setting, conditions, query.with_variables(queries), key.with_variables(keys))]
    items = [*dimensions(query, key), linked]
    items += [BlockItem(*variables_of(e, setting), condition=e) for e in conditions]
    if relation.placed:  # positions decide which pairs exist
        items.append(BlockItem(frozenset({INDICES}), frozenset({INDICES, LENGTH} & queries)))
    items += [BlockItem(frozenset({v}), frozenset({v})) for v in relation.shared]
    if relation.together:
        items.append(BlockItem(frozenset(relation.together), frozenset(relation.together)))
    return relation, blocks(items, setting, query, key, split=always)
