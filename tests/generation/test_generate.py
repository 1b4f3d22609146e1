"""`hw.generate`: a causal program continues a prompt, token by token."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardwire as hw
from hardwire import SOp, indices, key, length, query, select, tokens, where
from hardwire.errors import BuildError, EvaluationError, GenerationError, InputError
from hardwire.lang import generation
from hardwire.programs import LIBRARY

COUNTDOWN = where(tokens == "0", ".", (tokens.int() - 1).name("less").str())


def by_whole_runs(program: SOp, prompt: Any, stop: Any, max_new: int) -> list[Any]:
    """The same text, from one run of the whole transcript for each token."""
    transcript, new = list(prompt), []
    while len(new) < max_new:
        token = program(transcript, causal=True, errors="keep")[-1]
        if isinstance(token, hw.Failure):
            return [*new, "failed"]
        if type(token) is type(stop) and token == stop:
            break
        new.append(token)
        transcript.append(token)
    return new


def test_tokens_come_one_at_a_time_with_their_steps() -> None:
    text = hw.generate(COUNTDOWN, "3", stop=".")
    assert (text.ended, text.transcript, text.trace) == (None, "3", {})
    assert next(text) == "2"
    assert text.trace == {"less": 2}
    assert repr(text) == "'32'…"
    assert list(text) == ["1", "0"]
    assert (text.tokens, text.text, text.transcript, text.ended) == (["2", "1", "0"], "210", "3210", "stop")
    assert text.trace["less"] == -1  # at the position whose value is the stop token
    assert text.finish() == "210"


def test_the_text_ends_after_max_new_tokens() -> None:
    text = hw.generate(COUNTDOWN, "9", stop=".", max_new=2)
    assert text.finish() == "87"
    assert text.ended == "max_new"
    assert hw.generate(COUNTDOWN, "9", max_new=0).finish() == ""


def test_several_stop_tokens_are_compared_with_their_type() -> None:
    program = where(tokens == 3, True, tokens + 1)
    assert hw.generate(program, [0], stop=[True, 7], max_new=9).finish() == [1, 2, 3]
    assert hw.generate(program, [0], stop=1, max_new=9).finish() == []
    assert hw.generate(program, [0], stop=True, max_new=9).finish() == [1, 2, 3]


def test_values_of_any_type_may_be_tokens() -> None:
    assert hw.generate(length / 2, [0], max_new=3).finish() == [0.5, 1.0, 1.5]
    assert hw.generate((tokens.map(lambda t: (t, t))), "a", max_new=1).finish() == [("a", "a")]
    assert hw.generate(length, "a", max_new=2).transcript == "a"


def test_a_model_traces_what_the_program_names() -> None:
    """Under any name, and nothing else, as the interpreter does."""
    program = where(((indices + 1) % 3).name("of three") == 0, "a", tokens).name("answer")
    model = hw.compile(program, "ab", 6, causal=True, keep="named")
    for text in (hw.generate(program, "b", max_new=2), model.generate("b", max_new=2)):
        assert text.finish() == "bb"
        assert text.trace == {"of three": 2, "answer": "b"}
        assert text.watched()[0].keys() == text.trace.keys()


def test_an_error_names_the_step_the_transcript_and_the_expression() -> None:
    program = where(indices == 2, "x", tokens.int().name("number").str())
    text = hw.generate(program, "12", stop=".")
    with pytest.raises(GenerationError) as caught:
        text.finish()
    assert str(caught.value) == (
        "step 3 of the text, after '122x': tokens.map(int) has no value at position 3\n"
        "    122x\n"
        "       ^ on 'x': ValueError: invalid literal for int() with base 10: 'x'\n"
        "    used by: number\n"
        "    Give it a value: tokens.map(lambda t: int(t) if t.isdigit() else 0)."
    )
    assert (caught.value.step, caught.value.transcript, caught.value.position) == (3, "122x", 3)
    assert caught.value.expression.formula == "tokens.map(int)"
    assert isinstance(caught.value.__cause__, EvaluationError)
    assert text.tokens == ["2", "x"]


def test_a_failure_that_is_not_needed_does_no_harm() -> None:
    first = (key(indices) == query(0)).one(tokens.int())
    assert hw.generate(where(length < 4, first.str(), "."), "7+", stop=".").finish() == "77"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hw.generate(COUNTDOWN, "5"), "needs stop= or max_new="),
        (lambda: hw.generate(COUNTDOWN, "5", max_new=-1), "max_new is a whole number, 0 or more, not -1"),
        (lambda: hw.generate(COUNTDOWN, "5", max_new=True), "max_new is a whole number"),
        (lambda: hw.generate(COUNTDOWN, "5", stop={"a": 1}), "stop is a token, or a list of tokens"),
        (lambda: hw.generate(select(tokens, tokens, "=="), "5", max_new=1), "takes a program, a sop, not the selector"),
        (lambda: hw.generate("5", "5", max_new=1), "takes a program, a sop, not '5'"),
        (lambda: hw.generate(hw.writers.copy, "ab=", max_new=1), r"Call it first: f\(\), not f"),
    ],
)
def test_options_that_do_not_fit(call: Any, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        call()


def test_prompts_that_are_none() -> None:
    with pytest.raises(InputError, match="the prompt is empty"):
        hw.generate(COUNTDOWN, "", stop=".")
    with pytest.raises(InputError, match="the input is"):
        hw.generate(COUNTDOWN, 5, stop=".")


@pytest.mark.parametrize("name", LIBRARY)
def test_library_programs_write_what_whole_runs_write(name: str) -> None:
    program, rng = LIBRARY[name], random.Random(name)
    for _ in range(5):
        prompt = program.sample(rng, 8) or [program.vocab[0]]
        wanted = by_whole_runs(program(), prompt, None, 8)
        text = hw.generate(program(), prompt, max_new=8)
        try:
            text.finish()
        except GenerationError:
            assert wanted == [*text.tokens, "failed"]
        else:
            assert repr(text.tokens) == repr(wanted)


@settings(max_examples=100)
@given(st.text("012", min_size=1, max_size=6), st.integers(0, 2), st.integers(1, 9))
def test_a_text_is_its_own_continuation(prompt: str, shift: int, cut: int) -> None:
    """Stopping after some tokens and starting again from the transcript changes nothing."""
    program = ((key(tokens) == query(tokens)).width() + indices + shift) % 3
    whole = hw.generate(program.str(), prompt, max_new=12).finish()
    start = hw.generate(program.str(), prompt, max_new=cut)
    start.finish()
    assert start.text + hw.generate(program.str(), start.transcript, max_new=12 - cut).finish() == whole


def test_a_model_is_asked_by_its_own_method() -> None:
    model = hw.compile(COUNTDOWN, "0123456789.", 12, causal=True)
    with pytest.raises(BuildError, match=r"A model has a method of its own: model.generate\(prompt\)"):
        hw.generate(model, "5")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.generate(""), InputError, "the prompt is empty"),
        (lambda m: m.generate("1x"), InputError, "'x' at position 1 of the prompt is not in the vocabulary"),
        (lambda m: m.generate(5), InputError, "the prompt is of the type int"),
        (lambda m: m.generate("1" * 13), InputError, "the prompt has 13 tokens; this model takes at most 12"),
        (lambda m: m.generate("1", max_new="3"), BuildError, "max_new is a whole number, 0 or more, not '3'"),
        (lambda m: m.generate("1", stop=[[1]]), BuildError, "stop is a token, or a list of tokens"),
        (lambda m: m.generate_batch("12"), InputError, "a batch is a list of prompts, not the one string '12'"),
        (lambda m: m.generate_batch(None), InputError, "a batch is a list of prompts, not None"),
        (lambda m: m.generate_batch(["1", ""]), InputError, "prompt 1 is empty"),
        (lambda m: m.generate_batch(["1", "x"]), InputError, "'x' at position 0 of prompt 1"),
        (lambda m: m.generate_batch(["1"], errors="all"), BuildError, "errors is 'raise' or 'keep', not 'all'"),
        (lambda m: m.generate("99", stop="-").finish(), GenerationError, "step 12 of the text, after '998"),
        (
            lambda m: m.generate_batch(["1", "999"], stop="-", max_new=11),
            GenerationError,
            "step 11 of text 1, after '9998765432100': the transcript is longer than max_len",
        ),
    ],
)
def test_what_a_model_refuses(call: Any, error: type[Exception], message: str) -> None:
    last = where(tokens == "0", "0", (tokens.map("123456789".find) % 9).str())
    with pytest.raises(error, match=message):
        call(hw.compile(last, "0123456789", 12, causal=True))


def test_a_stop_token_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "LONGEST", 50)
    around = where(tokens == "0", "9", (tokens.int() - 1).str())
    text = hw.generate(around, "2", stop="typo")
    with pytest.raises(GenerationError, match=r"the text has 50 new tokens, and none is the stop token 'typo'\n") as e:
        text.finish()
    assert "Its tokens are '1', '0', '9', '8', '7', '6', '5', '4', …. Check stop=, or give max_new=" in str(e.value)
    assert e.value.step == 51
    assert len(hw.generate(around, "2", stop="typo", max_new=60).finish()) == 60, "as many as were asked for"
    assert hw.generate(COUNTDOWN, ["9"], stop=".").finish() == list("876543210")
    text = hw.generate(around, "2", stop="typo")
    assert len([next(text) for _ in range(60)]) == 60, "an iterator is bounded by its loop"


def test_a_stop_token_that_a_writer_does_not_write() -> None:
    for stop in ("typo", ["x", 7]):
        with pytest.raises(BuildError, match=r"and add never writes that: its tokens are .*, and it ends with '\.'"):
            hw.generate(hw.writers.add(), "12+3=", stop=stop)
    for stop, expected in ((".", "15"), (["5", "x"], "1"), ("1", ""), (set(), None)):
        text = hw.generate(hw.writers.add(), "12+3=", stop=stop, max_new=9)
        assert expected is None or text.finish() == expected
