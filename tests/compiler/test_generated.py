"""Random programs: the model of each computes what the interpreter says, or the compiler has refused."""

from __future__ import annotations

import random

import pytest

import attack
import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, query, raw, select, tokens, where
from hardwire.compiler import compile as compile_model
from hardwire.errors import CompileError
from hardwire.lang.expr import ONE, Op
from hardwire.random_programs import VOCABULARIES, Options, grown
from hardwire.random_programs.idioms import ranked

T = tokens


def check(case: attack.Case) -> bool:
    """Whether the program compiled; asserts that the model is right, and that a refusal names an expression."""
    try:
        model = case.compiled()
    except CompileError as refused:
        assert refused.expression is not None
        return False
    found = hw.verify(model, samples=60, exhaustive=400)
    assert found, f"{case}\n{found}"
    return True


@pytest.mark.parametrize("start", range(0, 150, 30))
def test_generated_programs(start: int) -> None:
    done = [check(attack.generated(seed, (3, 12), (1, 10))) for seed in range(start, start + 30)]
    assert sum(done) >= 24, "too many are refused to say anything"


@pytest.mark.parametrize("start", range(10_000, 10_040, 20))
def test_generated_programs_on_longer_inputs(start: int) -> None:
    for seed in range(start, start + 20):
        check(attack.generated(seed, (3, 8), (11, 40)))


def test_generated_ranks_with_defaults() -> None:
    defaults, proved = set(), 0
    for seed in range(200, 225):
        rng = random.Random(seed)
        vocab = VOCABULARIES[rng.choice(("letters", "ints", "floats", "words"))]
        program = ranked(grown(rng, rng.randint(0, 4), Options(vocab=vocab)))[1]
        counted = [e for e in program.expr.walk() if e.op is Op.VALUE and e.source("x") is ONE]
        defaults |= {e.source("default").arg for e in counted if e.source("default").op is Op.CONST}
        proved += check(attack.Case(f"rank {seed}", program, vocab, rng.randint(2, 5)))
    assert {None, -1} <= defaults, "ranks that are counted have a default"
    assert proved >= 20


@pytest.mark.nightly
@pytest.mark.parametrize("start", [150, 250, *range(20_000, 26_000, 100)])
def test_many_generated_programs(start: int) -> None:
    for seed in range(start, start + 100):
        check(attack.generated(seed, (3, 30), (1, 40)))


# Found by the tests above once, and wrong or refused without reason then.
REGRESSIONS: dict[str, tuple[SOp, str, int, bool]] = {
    "a part that fails where it is not needed, in a function of several": (
        where(((key(T == "a") == query(True)) ^ select(indices, indices, lambda k, q: True)).value(T == "a") > 0,
              6 // (T == "a").int(), -1) % 3 * ((T == "a").int() % 2),
        "abc", 3, False,
    ),
    "a count outside of its values where it has failed": (
        (before.max(indices % 3, where(select(indices, indices % 4, lambda k, q: 6 // q > k).width() > 2, 1, 0)) % 3)
        .has([0, 2]),
        "ab", 9, False,
    ),
    "a key that fails where another part of the selector decides": (
        ((key(6 // (T == "a").int()) == query(6)) | (key(T) == query("b"))).value(indices),
        "abc", 7, False,
    ),
    "the same under the causal mask, where a sum is a difference": (
        ((key(indices) != query(indices)) & (key(6 // indices > 1) == query(True))).width() > 0,
        "ab", 9, True,
    ),
    "a score that fails at a key that is not selected": (
        ((key(T == "b") == query(True)) & (key(indices) > query(indices - 2))).min(
            (key(indices) == query((T == "a").int() * 5 - 1)).one(indices, 7).map({0: 1, 1: 4, 2: 1, 3: 0}) % 4, of=T),
        "abc", 9, False,
    ),
    "a score that fails at all lengths but one, where another condition decides": (
        ((key(indices % 4) != query(select(raw([1, 0, 3, 0, 0, 2]) % 4, indices % 4, lambda k, q: k != q)
                                    .last(indices % 3, -1) % 4)) & (key(indices) > query(indices))).last(T, T),
        "ab", 16, False,
    ),
    "a list that fails at all lengths but one": (where(indices < 2, 7, raw([1, 2, 3])) + full.width(), "ab", 5, False),
    "no combination of keys has a value": (
        (key(where(T == "a", 6 // (T == "b").int(), 0)) == query(T == "a")).first(T, "c"), "ab", 4, False,
    ),
    "a digit that is no whole number": (
        SOp.zip(lambda a, b: a < b, before.mean(T == "a") * 0.5, after.mean(T == "b")), "abc", 9, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REGRESSIONS)
def test_regressions(case: str) -> None:
    program, vocab, max_len, causal = REGRESSIONS[case]
    try:
        model = compile_model(program, vocab, max_len, causal=causal)
    except CompileError as refused:
        assert "no value" in str(refused)
        return
    found = hw.verify(model, samples=300, exhaustive=4000)
    assert found, found
