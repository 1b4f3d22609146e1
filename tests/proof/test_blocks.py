"""Heads and selectors taken apart: what is shown of the parts holds of the whole, and no less is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import indices, key, length, query, tokens
from hardwire.compiler import compile as compile_model
from hardwire.errors import CertificateError, CompileError
from hardwire.generate import random_program
from hardwire.programs import LIBRARY
from hardwire.proof import heads
from hardwire.proof.picks import Gaps, Pick, least_gap
from hardwire.proof.sums import Sum

APART, WHOLE = 0, 10**12

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
    "a length beside a token": (
        ((key(tokens) == query("a")) & (key(indices) >= query(length - 3))).first(indices, -1), "ab", 7,
    ),
}  # fmt: skip


def in_block(scores: Any, bos: Any, selected: Any, rank: Any) -> Gaps:
    """The gaps in one block, (queries, keys), by what each is said to be."""
    found: dict[str, list[float]] = {f: [np.inf] for f in Gaps._fields}
    for q, (row, own) in enumerate(zip(scores, bos, strict=True)):
        mine, rest = row[selected[q]], row[~selected[q]]
        if len(mine):
            found["beats"] += (mine.min() - rest).tolist()
            found["holds"].append(mine.min() - row.max())
            found["even"].append(mine.min() - mine.max())
            found["leads"].append(mine.min() - own)
            if rank is not None:
                better = rank[selected[q]][:, None] > rank[selected[q]][None, :]
                found["ranked"] += (mine[:, None] - mine[None, :])[better].tolist()
        found["below"] += (own - rest).tolist()
        found["under"].append(own - row.max())
    return Gaps(**{f: min(x) for f, x in found.items()})


@pytest.mark.parametrize("seed", range(40))
def test_the_least_gap_is_below_every_gap(seed: int) -> None:
    """Against every combination of queries and of keys, one from each block."""
    rng = np.random.default_rng(seed)
    shapes = [(int(rng.integers(1, 4)), int(rng.integers(1, 4))) for _ in range(int(rng.integers(1, 4)))]
    scores = [rng.integers(-9, 9, shape).astype(float) for shape in shapes]
    bos = [rng.integers(-9, 9, queries).astype(float) for queries, _ in shapes]
    selected = [rng.random(shape) < 0.6 for shape in shapes]
    rank = rng.integers(0, 3, shapes[0][1])
    true = [np.inf]
    for q in np.ndindex(*(queries for queries, _ in shapes)):
        own = sum(b[i] for b, i in zip(bos, q, strict=True))
        keys = list(np.ndindex(*(keys for _, keys in shapes)))
        score = [sum(s[i, j] for s, i, j in zip(scores, q, k, strict=True)) for k in keys]
        meant = [all(s[i, j] for s, i, j in zip(selected, q, k, strict=True)) for k in keys]
        for a, (s, yes) in enumerate(zip(score, meant, strict=True)):
            if yes:
                true.append(s - own)
                true += [s - other for other, too in zip(score, meant, strict=True) if not too]
                better = [b for b, too in enumerate(meant) if too and rank[keys[a][0]] > rank[keys[b][0]]]
                true += [s - score[b] for b in better]
            else:
                true.append(own - s)
    blocks = [
        in_block(s, b, x, rank if i == 0 else None)
        for i, (s, b, x) in enumerate(zip(scores, bos, selected, strict=True))
    ]
    assert least_gap(blocks) <= min(true)
    if len(blocks) == 1:
        assert least_gap(blocks) == min(true)


@pytest.fixture
def gaps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The gap of every look-up that is proved, in turn."""
    found: list[float] = []

    def noted(blocks: object) -> float:
        found.append(least_gap(blocks))  # type: ignore[arg-type]
        return found[-1]

    monkeypatch.setattr("hardwire.proof.picks.least_gap", noted)
    return found


@pytest.mark.parametrize("causal", [False, True], ids=["", "causal"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_parts_show_no_more_than_the_whole(
    name: str, causal: bool, gaps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    program, vocab, max_len = PROGRAMS[name]
    model = compile_model(program, vocab, max_len, causal=causal)
    errors: list[float] = []
    by_classes, by_pairs = Sum._by_classes, Sum._by_pairs

    def both(self: Sum, x: object, apart: bool) -> None:  # the pairs are looked at next
        errors.append(np.nan_to_num(by_classes(self, x, apart), nan=np.inf))  # type: ignore[arg-type, call-overload]

    def after(self: Sum, x: object, own: object) -> float:
        error = by_pairs(self, x, own)  # type: ignore[arg-type]
        if errors:
            assert errors.pop() >= error * (1 - 1e-6) - 1e-9
        return error

    monkeypatch.setattr(heads, "FEW", WHOLE)
    hw.certify(model)
    whole = list(gaps)
    gaps.clear()
    monkeypatch.setattr(heads, "FEW", APART)
    hw.certify(model)
    assert len(whole) == len(gaps)
    for a, b in zip(whole, gaps, strict=True):
        assert b <= max(a, 0.0) * (1 + 1e-6) + 1e-6  # where there is none, the search for it ends early
    monkeypatch.setattr(Sum, "_by_pairs", after)
    monkeypatch.setattr(
        Sum, "_by_classes", lambda self, x, apart: both(self, x, apart) if by_classes(self, x, apart) else None
    )
    hw.certify(model)


def test_conditions_on_other_variables_are_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens, the tokens before them, and positions each on their own; a score's level is a sum over all of them."""
    found: list[int] = []
    blocks = Pick.blocks
    monkeypatch.setattr(Pick, "blocks", lambda *a, **k: (found.append(len(b := blocks(*a, **k))), b)[1])
    hw.certify(compile_model(LIBRARY["ngram_lookup"](), "abcd", 50))
    assert max(found) == 3


@pytest.mark.parametrize("start", range(0, 120, 40))
def test_generated_programs_have_a_proof_either_way(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly: what is the same everywhere goes with one part, and then less may be known of it."""
    whole = apart = 0
    for seed in range(start, start + 40):
        try:
            model = compile_model(random_program(seed, 4 + seed % 6), "abc", 4 + seed % 9, causal=seed % 3 == 0)
        except CompileError:
            continue
        for few in (WHOLE, APART):
            monkeypatch.setattr(heads, "FEW", few)
            try:
                hw.certify(model)
            except CertificateError:
                continue
            whole, apart = whole + (few == WHOLE), apart + (few == APART)
    assert whole >= apart >= whole - 1
    assert whole >= 30
