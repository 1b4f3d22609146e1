"""Proofs that texts end: they hold for every prompt of a form, and there is none for texts that go on."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

import hardwire as hw
from hardwire import Failure, SOp, full, indices, key, query, tokens, where, writers
from hardwire.errors import BuildError, InputError
from hardwire.generation.endings import Endings, endings
from hardwire.lang.generation import stop_tokens
from hardwire.lang.values import exact, leave
from hardwire.programs import LIBRARY
from hardwire.random_programs import VOCAB, random_program
from hardwire.run.possible import FAIL, Possible

COUNTDOWN = where(tokens == "0", ".", (tokens.map("123456789".find) % 9).str())
DIGITS = set("0123456789")


def proved(program: Any, forms: Any, vocab: Any, max_len: int) -> Endings:
    return endings(program, forms, stop_tokens("."), vocab, max_len)


@pytest.mark.parametrize("name", ["copy", "reverse", "caesar", "add", "subtract"])
def test_all_prompts_of_a_program_end(name: str) -> None:
    program = writers.get(name)
    found = proved(program.sop(), program.forms, program.vocab, program.max_len)
    assert found
    assert found.longest == program.max_len
    assert found.forms == len(program.forms)
    rng = random.Random(0)
    for _ in range(20):
        prompt = program.draw(rng)
        assert any(
            len(form) == len(prompt) and all(t in some for t, some in zip(prompt, form, strict=True))
            for form in program.forms
        )


@pytest.mark.nightly
@pytest.mark.parametrize("program", [writers.sort(), writers.calculate(), writers.multiply(), writers.add(12)])
def test_all_prompts_of_the_larger_ones_end(program: writers.TextProgram) -> None:
    found = proved(program.sop(), program.forms, program.vocab, program.max_len)
    assert found
    assert found.longest <= program.max_len


def test_the_longest_transcript_is_reached() -> None:
    found = proved(COUNTDOWN, [[DIGITS]], DIGITS, 12)
    assert (found.forms, found.prompts, found.longest, found.open) == (1, 10, 10, "")
    longest = max(len(hw.generate(COUNTDOWN, d, stop=".").finish()) + 1 for d in DIGITS)
    assert longest == found.longest
    assert repr(found) == "proved: after 10 prompts of 1 form, every text has ended by 10 tokens"


@pytest.mark.parametrize(
    ("program", "form", "why"),
    [
        (COUNTDOWN, [DIGITS, "9"], "after [10]9, a text may go on at 9 tokens"),
        (where(tokens == "0", "x", tokens), [{"0", "1"}], "it may write 'x', which the model cannot read"),
        (where(tokens == "0", tokens.int() // 0, 1).str(), [{"0"}], "the program may have no value after 1 tokens"),
    ],
)
def test_no_proof_where_texts_go_on_or_fail(program: Any, form: Any, why: str) -> None:
    found = proved(program, [form], DIGITS, 9)
    assert not found
    assert why in found.open


def test_the_statement_and_its_options() -> None:
    model = hw.compile(COUNTDOWN, "0123456789", 12, causal=True)
    found = hw.certify_text(model, stop=".", prompts=[[DIGITS]])
    assert found.endings
    assert "a text ends before '.'; proved: after 10 prompts of 1 form, every text has ended by 10 tokens" in repr(
        found
    )
    short = hw.certify_text(hw.compile(COUNTDOWN, "0123456789", 5, causal=True), stop=".", prompts=[["2"], [DIGITS]])
    assert short.endings is not None
    assert short.endings.forms == 1
    assert "a text may go on at 5 tokens (a longer one is an error)" in repr(short)
    for form, message in (
        (["x"], "'x' in a form of prompts is not in the vocabulary"),
        ([], "at least one position"),
        (3, "is a string"),
    ):
        with pytest.raises(InputError, match=message):
            hw.certify_text(model, stop=".", prompts=[form])  # type: ignore[list-item]
    with pytest.raises(InputError, match="prompts is a list of forms"):
        hw.certify_text(model, stop=".", prompts=3)  # type: ignore[arg-type]


def test_values_that_are_equal_and_differ_stay_apart() -> None:
    state = Possible(where(tokens == 1, True, 1).expr)
    assert set(state.append([0, 1])) == {exact(True), exact(1)}


def covered(program: Any, sets: list[list[Any]], rng: random.Random) -> int:
    """How many values of the program on inputs from some sets are among its possible ones; all must be."""
    state = Possible(program.expr)
    try:
        possible = [state.append(some) for some in sets]
    except (hw.errors.CertificateError, BuildError):
        return 0
    count = 0
    for _ in range(12):
        x = [rng.choice(some) for some in sets]
        run = program.trace(x, causal=True)
        for e, columns in state.values.items():
            sop = hw.SOp(e)
            if sop not in run:  # a branch that was not taken
                continue
            for value, found in zip(run[sop], columns, strict=True):
                assert (FAIL in found.values()) if isinstance(value, Failure) else exact(value) in _shown(found), x
                count += 1
    assert len(possible) == len(sets)
    return count


def _shown(found: Any) -> set[Any]:
    return {exact(leave(v)) for v in found.values() if v is not FAIL}


def sets_of(vocab: Any, rng: random.Random, n: int) -> list[list[Any]]:
    return [rng.sample(list(vocab), rng.choice([1, 1, 2, min(3, len(vocab))])) for _ in range(n)]


@pytest.mark.parametrize("name", LIBRARY)
def test_possible_values_contain_those_of_library_programs(name: str) -> None:
    program, rng = LIBRARY[name], random.Random(name)
    for _ in range(3):
        covered(program(), sets_of(program.vocab, rng, min(5, program.max_len)), rng)


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_possible_values_contain_those_of_random_programs(start: int) -> None:
    compared = 0
    for seed in range(start, start + 100):
        rng = random.Random(seed)
        compared += covered(random_program(seed), sets_of(VOCAB, rng, rng.randint(1, 5)), rng)
    assert compared > 10_000


def test_a_prompt_that_the_model_cannot_read_is_not_proved() -> None:
    found = proved(where(tokens == "a", tokens, "."), ["aab", "aaab"], "ab.", 3)
    assert found.open == "after aaab, the prompt has 4 tokens, and the model reads 3"


def test_a_comparison_that_fails_for_one_of_many_tokens_may_have_no_value() -> None:
    program = where((key(tokens) < query(3)).width() >= 0, ".", 0)
    for form in itertools.permutations([0, 5, "a"]):
        assert "no value" in proved(program, [[list(form)]], [0, 5, "a", "."], 3).open
    assert proved(program, [[[0, 5]]], [0, 5, "."], 3)


@pytest.mark.parametrize("end", ["max", "min"])
def test_ratios_and_floats_are_ordered_as_the_language_orders_them(end: str) -> None:
    score = where(tokens == "a", (indices * 0 + 1) / 3, 1 / 3)  # equal, and different numbers
    program = getattr(full, end)(score, of=tokens)
    for prompt in ("ab", "ba", "aba"):
        state = Possible(program.expr)
        assert [state.append(t) for t in prompt][-1] == {exact(v): v for v in program(prompt, causal=True)[-1:]}
    state = Possible(program.expr)
    assert [state.append(t) for t in ("ab", "ab", "a")][-1].keys() == {"a", "b"}


@pytest.mark.parametrize("program", [full.max(tokens), full.mean(tokens), full.value(tokens), full.first(tokens)])
@pytest.mark.parametrize(
    "prompt", [[None], [None, None], [0.5, 0.1, 2], [(1, 2), (1, 3)], [True], ["a", "b"], [0.1, 1]]
)
def test_a_prompt_without_choices_is_followed_exactly(program: Any, prompt: list[Any]) -> None:
    state, wanted = Possible(program.expr), program(prompt, causal=True, errors="keep")
    for token, value in zip(prompt, wanted, strict=True):
        assert [*state.append([token])] == [FAIL if isinstance(value, Failure) else exact(value)]


class _Neither:
    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")


@pytest.mark.parametrize("vocab", ["ab", "abcdefghijklmnopqrst"])
def test_a_condition_without_a_truth_value_fails(vocab: str) -> None:
    strange, before_it = _Neither(), tokens.shift(1, "a")
    program = where(SOp.zip(lambda a, b: strange if a == b else a, tokens, before_it), ".", "a")
    assert "no value" in proved(program, [[set(vocab)] * 2], vocab + ".", 3).open
