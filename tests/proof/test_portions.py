"""Proofs in portions: small portions show what large ones show, and what is wrong in one portion alone is seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from structural import proof
from test_terms import lower_bos

import hardwire as hw
from hardwire import indices, key, query, tokens
from hardwire.errors import CertificateError
from hardwire.programs import LIBRARY
from hardwire.proof.strategy import Limits

NUMBERS = tokens.map({"a": 1, "b": 2, "c": 4})
BEFORE = key(indices) < query(indices)
PROGRAMS = {
    **{name: LIBRARY[name]() for name in ("most_frequent", "sort_by_frequency", "window_sum", "rank", "minimum")},
    "a token before": (key(indices) == query(indices - 1)).one(NUMBERS, 0),
    "the greatest": BEFORE.max(NUMBERS, default=0),
    "a sum": BEFORE.value(NUMBERS),
    "a sum and what is at the query": BEFORE.value(NUMBERS) + indices,
    "a mean": BEFORE.mean(NUMBERS, default=0),
    "a mean of some": ((key(tokens) == query("a")) & BEFORE).mean(indices, default=0),
}
SMALL = {
    "pairs": Limits(pair_cells=1),
    "a few pairs": Limits(pair_cells=30),
    "logits": Limits(logits=1),
    "a few logits": Limits(logits=20),
    "distances": Limits(distances=0),
    "pairs, taken apart": Limits(pair_cells=1, whole=0),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_small_portions_show_what_large_ones_show(name: str) -> None:
    model = hw.compile(PROGRAMS[name], "abc", 7, certify=False)
    for limits in SMALL.values():
        bound, whole = proof(model, limits=Limits(whole=limits.whole))
        other, portions = proof(model, limits=limits)
        assert other == pytest.approx(bound, rel=1e-9)
        assert [(m.layer, m.what, m.kind) for m in portions] == [(m.layer, m.what, m.kind) for m in whole]
        least = 1 if limits.pair_cells == Limits.pair_cells else 0.85  # classes of fewer pairs are bounded closer
        for some, all_ in zip(portions, whole, strict=True):
            assert least - 1e-9 <= some.error / all_.error <= 1 + 1e-9 if all_.error else some.error == 0


def never_better(limits: Limits, make: Callable[[int], hw.Transformer], length: int) -> int:
    """At how many positions a model that is wrong there alone is refused, in every portion as in one."""
    refused = 0
    for i in range(length):
        model = make(i)
        try:
            proof(model)
        except CertificateError:
            refused += 1
            with pytest.raises(CertificateError):
                proof(model, limits=limits)
        else:
            proof(model, limits=limits)
    return refused


WRONG_AT_ONE = {name: PROGRAMS[name] for name in ("a token before", "the greatest", "a sum", "a mean")} | {
    "the last of its kind": (key(tokens) == query(tokens)).last(indices) - indices
}


@pytest.mark.parametrize("limits", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("name", WRONG_AT_ONE)
@pytest.mark.parametrize("by", [-200.0, 200.0])
def test_one_query_that_is_wrong(name: str, limits: Limits, by: float) -> None:
    """The score of BOS raised or lowered for queries at one position: the first, any, or the last of them."""
    model = hw.compile(WRONG_AT_ONE[name], "abc", 6, certify=False)
    found = never_better(limits, lambda i: lower_bos(model, by * np.eye(6)[i]), 6)
    assert found >= (5 if by < 0 or name == "a sum" else 0)
