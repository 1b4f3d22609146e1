"""Heads and selectors taken apart: what is shown of the parts holds of the whole, and no less is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from structural import proof, settings

import hardwire as hw
from hardwire import indices, key, length, query, tokens
from hardwire.compiler import compile as compile_model
from hardwire.errors import CertificateError, CompileError
from hardwire.lang.expr import Expr
from hardwire.model.circuit import Claim
from hardwire.programs import LIBRARY
from hardwire.proof.classes import ClassPositions, PairClasses, joined
from hardwire.proof.evidence import Setting
from hardwire.proof.gaps import LookupBlocks, ScoreGaps, least_gaps, score_gap
from hardwire.proof.heads import HeadClaim
from hardwire.proof.obligations import LOOKUP, SUM, obligation_of
from hardwire.proof.strategy import Limits
from hardwire.proof.sums import WORTH_PAIRS, by_classes, by_pairs, summed
from hardwire.random_programs import random_program

APART, WHOLE = 0, 10**12
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a proof may work with infinite bounds

PROGRAMS = {
    **{n: (LIBRARY[n](), LIBRARY[n].vocab[:3], 6) for n in ("ngram_lookup", "run_lengths", "window_sum", "minimum")},
    "a score beside a condition": (
        ((key(tokens) == query(tokens)) & (key(indices) < query(indices))).max(indices % 3, of=tokens, default="-"),
        "ab", 7,
    ),
    "a condition on the query": (
        ((key(indices) == query(indices - 1)) & (key(True) == query(tokens == "a"))).one(tokens, "-"), "ab", 6,
    ),
    "a condition that fails": (
        ((key(6 // indices) > query(1)) & (key(tokens) == query(tokens))).last(indices, -1), "ab", 6,
    ),
    "an or beside an order": (
        (((key(tokens) == query("a")) | (key(tokens) == query(tokens))) & (key(indices) < query(indices))).width(),
        "abc", 9,
    ),
    "a rank with its ties by position": (LIBRARY["sort_by_frequency"](), "abc", 7),
    "a length beside a token": (
        ((key(tokens) == query("a")) & (key(indices) >= query(length - 3))).first(indices, -1), "ab", 7,
    ),
}  # fmt: skip


def in_block(scores: Any, bos: Any, selected: Any, rank: Any) -> ScoreGaps:
    """The gaps in one block, (queries, keys), by what each is said to be."""
    found: dict[str, list[float]] = {f: [np.inf] for f in ScoreGaps._fields}
    for q, (row, own) in enumerate(zip(scores, bos, strict=True)):
        mine, rest = row[selected[q]], row[~selected[q]]
        if len(mine):
            found["over_unselected"] += (mine.min() - rest).tolist()
            found["over_any"].append(mine.min() - row.max())
            found["over_selected"].append(mine.min() - mine.max())
            found["over_bos"].append(mine.min() - own)
            if rank is not None:
                better = rank[selected[q]][:, None] > rank[selected[q]][None, :]
                found["over_worse"] += (mine[:, None] - mine[None, :])[better].tolist()
        found["bos_over_unselected"] += (own - rest).tolist()
        found["bos_over_any"].append(own - row.max())
    return ScoreGaps(**{f: min(x) for f, x in found.items()})


@pytest.mark.parametrize("seed", range(40))
def test_the_least_gaps_are_below_every_gap(seed: int) -> None:
    """Against every combination of queries and of keys, one from each block."""
    rng = np.random.default_rng(seed)
    shapes = [(int(rng.integers(1, 4)), int(rng.integers(1, 4))) for _ in range(int(rng.integers(1, 4)))]
    scores = [rng.integers(-9, 9, shape).astype(float) for shape in shapes]
    bos = [rng.integers(-9, 9, queries).astype(float) for queries, _ in shapes]
    selected = [rng.random(shape) < 0.6 for shape in shapes]
    rank = rng.integers(0, 3, shapes[0][1])
    true, over_bos = [np.inf], [np.inf]
    for q in np.ndindex(*(queries for queries, _ in shapes)):
        own = sum(b[i] for b, i in zip(bos, q, strict=True))
        keys = list(np.ndindex(*(keys for _, keys in shapes)))
        score = [sum(s[i, j] for s, i, j in zip(scores, q, k, strict=True)) for k in keys]
        meant = [all(s[i, j] for s, i, j in zip(selected, q, k, strict=True)) for k in keys]
        for a, (s, yes) in enumerate(zip(score, meant, strict=True)):
            if yes:
                over_bos.append(s - own)
                true += [s - other for other, too in zip(score, meant, strict=True) if not too]
                better = [b for b, too in enumerate(meant) if too and rank[keys[a][0]] > rank[keys[b][0]]]
                true += [s - score[b] for b in better]
            else:
                true.append(own - s)
    blocks = [
        in_block(s, b, x, rank if i == 0 else None)
        for i, (s, b, x) in enumerate(zip(scores, bos, selected, strict=True))
    ]
    found, expected = least_gaps(blocks), (min(over_bos), min(true))
    assert found[0] <= expected[0]
    assert found[1] <= expected[1]
    if len(blocks) == 1:
        assert found == expected


Case = tuple[Setting, Expr, Claim]


def head_claims(model: hw.Transformer) -> Iterator[Case]:
    """Every claim that heads compute an aggregate, with what is proved before it."""
    before, _ = settings(model)
    for c in model.circuit.claims:
        setting = next(s for s in reversed(before) if all(p.slot < c.slot for p in s.evidence.proved))
        if c.expr is not None and obligation_of(setting, c.expr, c) is not None:
            yield setting, c.expr, c


def head_claim(case: Case, whole: int) -> HeadClaim:
    """The claim, with heads taken apart or not."""
    setting, e, claim = case
    return HeadClaim.of(replace(setting, limits=Limits(whole=whole)), e, claim)


@pytest.mark.parametrize("causal", [False, True], ids=["", "causal"])
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(("dtype", "rounding"), [("float32", 2.0**-14), ("float64", 2.0**-40)])
def test_parts_show_no_more_than_the_whole(name: str, causal: bool, dtype: str, rounding: float) -> None:
    """But for rounding: neurons that write one coordinate are fewer than those that write all of them, so the sums of a
    part have closer bounds. In float64 that makes no difference."""
    program, vocab, max_len = PROGRAMS[name]
    model = compile_model(program, vocab, max_len, causal=causal, dtype=dtype)
    found = 0
    for case in head_claims(model):
        setting, e, claim = case
        whole, apart, found = head_claim(case, WHOLE), head_claim(case, APART), found + 1
        if obligation_of(setting, e, claim) is LOOKUP:
            a, b = score_gap(whole).least, score_gap(apart).least
            assert b <= max(a, 0.0) * (1 + rounding) + 1e-6  # where there is none, the search for it ends early
        elif obligation_of(setting, e, claim) is SUM:
            x, own = summed(e), apart.background.at_query
            by_blocks = by_classes(apart, x, skip_own=own is not None)
            if by_blocks is not None:
                assert np.nan_to_num(by_blocks.error, nan=np.inf) >= by_pairs(whole, x, own).error * (1 - 1e-6) - 1e-9
    assert found


@pytest.mark.parametrize("seed", range(40))
def test_keys_at_different_positions_add_up_to_no_more_than_their_classes_have_room_for(seed: int) -> None:
    """For each query the most that keys of different positions can add, against the bound from merged classes."""
    rng = np.random.default_rng(seed)
    queries, states, positions = (int(n) for n in rng.integers(2, 6, 3))
    at = rng.integers(0, positions, states)
    kinds = rng.integers(0, 3, (queries, states))
    room = np.ones((queries, states), np.int64)
    score = np.zeros((queries, states))
    cut = int(rng.integers(0, queries + 1))
    pieces = [
        _classes(kinds[some], room[some], score[some]) for some in (slice(cut), slice(cut, None)) if score[some].size
    ]
    found = joined(pieces, [0.0])
    assert found.value is not None
    assert found.positions is not None
    worth = rng.random((2, 3))  # of each class, in combination with one of two classes of another block
    places = ClassPositions(np.tile(np.arange(len(found)), 2), found.positions)
    x = np.concatenate([w[found.value] for w in worth])[None, :]
    for most in range(positions + 2):
        bound = places.total(x, most)[0]
        for q in range(queries):
            best = [
                max((worth[:, kinds[q, s]].max() for s in np.flatnonzero(at == i)), default=0.0)
                for i in range(positions)
            ]
            assert bound >= sum(sorted(best)[::-1][:most]) - 1e-12
    everywhere = places.total(x, states * queries)[0]
    assert everywhere <= sum(worth[:, k].max() * (kinds == k).sum(axis=1).max() for k in range(3)) + 1e-12


def _classes(kinds: Any, room: Any, score: Any) -> PairClasses:
    none = np.zeros(kinds.shape, bool)
    query = np.indices(kinds.shape)[0]
    return PairClasses({}, none, none, [score], [score], kinds, room).merged([0.0], query)


def test_keys_of_one_block_of_positions_are_no_more_than_it_has() -> None:
    """Ties by position are broken digit by digit: the last digit adds up few keys, whose scores are the least exact."""
    program = LIBRARY["sort_by_frequency"]()
    for case in head_claims(compile_model(program, "abcde", 56)):
        claim = head_claim(case, APART)
        bound = by_classes(claim, summed(case[1]), skip_own=False) if obligation_of(*case) is SUM else None
        if bound is not None and claim.claim.layer == 2:
            assert bound.error < WORTH_PAIRS / 3
            return
    raise AssertionError


def test_conditions_on_other_variables_are_taken_apart() -> None:
    """Tokens, the tokens before them, and positions each on their own; a score's level is a sum over all of them."""
    model = compile_model(LIBRARY["ngram_lookup"](), "abcd", 50)
    found = [c for c in head_claims(model) if obligation_of(*c) is LOOKUP]
    assert max(len(LookupBlocks.of(HeadClaim.of(*c)).blocks) for c in found) == 3


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_generated_programs_have_a_proof_either_way(start: int) -> None:
    """Nearly: what is the same everywhere goes with one part, and then less may be known of it."""
    whole = apart = 0
    for seed in range(start, start + 40):
        try:
            model = compile_model(random_program(seed, 4 + seed % 6), "abc", 4 + seed % 9, causal=seed % 3 == 0)
        except CompileError:
            continue
        for few in (WHOLE, APART):
            try:
                proof(model, limits=Limits(whole=few))
            except CertificateError:
                continue
            whole, apart = whole + (few == WHOLE), apart + (few == APART)
    assert whole >= apart >= whole - 1
    assert whole >= 30
