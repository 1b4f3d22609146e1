"""Numbers of tokens that mark the tokens without one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, before, full, indices, key, query, tokens, where
from hardwire.analysis import Facts
from hardwire.compiler.pipeline import run_stages
from hardwire.lang.expr import Expr
from hardwire.plan.marks import marks_of
from hardwire.rewrite import analysed
from hardwire.run.column import Column
from hardwire.run.elementwise import elementwise
from hardwire.run.failure import FailureLog

MIXED = (-1, "x", Fraction(1, 3), 1.5, True, None, 0, "+")
"""Values of many types, no two of them equal."""
AFTER_PLUS = where(indices > (key(tokens) == query("+")).one(indices), tokens.int(), 0)


def directions(program: SOp, vocab: Any) -> list[str]:
    found = run_stages(analysed(program.expr, vocab, 9, causal=False))
    return [d.name for d in found.matrices.coordinates.index]


def test_a_key_without_a_number_is_found_by_the_number() -> None:
    program = AFTER_PLUS
    assert "tokens == '+'" not in directions(program, "0123456789+")
    assert "tokens == '+'" in directions(program, "0123456789+x"), "another token has no number either"
    assert "tokens == '+'" in directions(program, "01+"), "twice as wide, and so would be the error of a gate"
    model = hw.compile(program, "013789+", 5)
    assert model.certificate.max_len == 5
    assert hw.verify(model, samples=100, exhaustive=3_000)


def drawn(rng: random.Random, vocab: list[Any]) -> SOp:
    """A program that looks for some tokens, and reads a number that other tokens have."""
    missing = rng.sample(vocab, rng.randint(1, 2))
    numbers = rng.sample(range(-3, 9), len(vocab))
    number = tokens.map({v: n for v, n in zip(vocab, numbers, strict=True) if v not in missing})
    wanted = missing if rng.random() < 0.8 else missing[:1]
    marked = key(tokens == wanted[0]) == query(True) if len(wanted) == 1 else key(tokens.has(wanted)) == query(True)
    marked = key(tokens) == query(wanted[0]) if len(wanted) == 1 and rng.random() < 0.5 else marked
    selector = rng.choice([marked, marked & before, before & ~marked])
    found = rng.choice([selector.width(), selector.last(indices, -1)])
    own = where(tokens.has(missing), 0, number)
    return rng.choice([where(found > 0, own, found), (before & ~marked).value(number) + found, full.max(own) - found])


@pytest.mark.parametrize("seed", range(12))
def test_generated_programs_have_the_values_of_the_interpreter(seed: int) -> None:
    rng = random.Random(seed)
    vocab = rng.sample(MIXED, 6)
    model = hw.compile(drawn(rng, vocab), vocab, 4)
    assert model.certificate.max_len == 4
    assert hw.verify(model, exhaustive=1_600, seed=seed)


def test_a_mark_is_of_one_table() -> None:
    """The number stands below the least one, and the bit of a marked token is 1 where others have 0 or less."""
    model = hw.compile(AFTER_PLUS, "0123456789+", 9, certify=False)
    column = next(d.index for d in model.circuit.directions if d.name == "tokens.map(int)")
    assert model.embed[1:, column].tolist() == [*range(10), -1]


def test_a_long_sum_of_numbers_of_tokens_is_computed_term_by_term(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[Expr] = []

    def counted(e: Expr, sources: Sequence[Column], log: FailureLog) -> Column:
        computed.append(e)
        return elementwise(e, sources, log)

    program, vocab = tokens, tuple(range(5))
    for i in range(50):
        program = program + tokens.map({v: v * i for v in vocab})
    facts = Facts(vocab, 4, causal=False)
    facts.domain(program.expr)
    monkeypatch.setattr("hardwire.analysis.tables.elementwise", counted)
    assert not marks_of(program.expr, facts)
    assert 50 <= len(computed) <= 150
