"""A look-up at the best score of all is one look-up by that score, of values of many types."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, query, same_token, tokens
from hardwire.analysis import Facts
from hardwire.rewrite.ranks import ranks
from hardwire.rewrite.simplify import simplify
from observed import Values

MIXED = ("a", -1, None, Fraction(1, 3), 0.5, True, "b")
SCORES = [True, 1, 0, False, -1, 7, Fraction(1, 3), 0.5, 1.0, None]


def changed(program: SOp, rng: random.Random, *, causal: bool = False) -> bool:
    """Whether the pass changes the program; asserts that each value keeps its type."""
    inputs = [rng.choices(MIXED, k=n) for n in range(7) for _ in range(12)]
    root = simplify(program.expr)[program.expr]
    new = ranks(root, Facts(MIXED, 6, causal=causal))[root]
    values = Values(inputs, causal)
    for was, now in zip(values.of(program.expr), values.of(new), strict=True):
        assert was.is_kept_by(now, typed=True), (program, was, now)
    return new is not root


@pytest.mark.parametrize("seed", range(60))
def test_values_and_types_are_kept(seed: int) -> None:
    rng = random.Random(seed)
    score = tokens.map({t: rng.choice(SCORES[: rng.choice([6, 9, 10])]) for t in MIXED})
    score = rng.choice([score, same_token.width(), score * 10 - indices, before.value(indices) - indices])
    best = rng.choice([full.max(score), full.min(score), before.max(score), full.max(score, of=indices)])
    s = key(score) == query(best)
    x, default = rng.choice([tokens, indices, score]), rng.choice([0, None, "x", indices])
    for program in (s.one(x, default), s.first(x, default), s.last(x), s.value(x, default), s.mean(x), s.min(x)):
        changed(program, rng, causal=rng.random() < 0.2)


def test_the_first_the_one_and_the_value_of_different_scores_are_changed() -> None:
    rng = random.Random(0)
    count, different = same_token.width(), same_token.width() * 100 - indices
    for score, best in ((count, full.max(count)), (different, full.max(different)), (count, full.min(count))):
        s = key(score) == query(best)
        assert changed(s.first(tokens), rng)
        assert changed(s.one(tokens), rng)
    assert changed((key(different) == query(full.max(different))).value(indices), rng)
    assert not changed((key(count) == query(full.max(count))).value(indices), rng)
    assert not changed((key(count) == query(full.max(count))).last(tokens), rng)
    assert not changed((key(count) == query(before.max(count))).first(tokens), rng)


def test_the_most_frequent_token_takes_two_heads() -> None:
    score = same_token.width() * 100 - indices
    model = hw.compile((key(score) == query(full.max(score))).one(tokens), "abcd", 20)
    assert (model.heads, model.depth, model.parameters) <= (2, 2, 400)
    assert hw.verify(model, samples=100)
