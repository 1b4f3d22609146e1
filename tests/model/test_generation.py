"""Greedy decoding with a cache of keys and values gives the answers of the whole forward pass."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import Transformer, indices, key, query, tokens, where
from hardwire.errors import GenerationError, HardwireError, InputError, ModelError
from hardwire.model.decoding import FIRST_CAPACITY, WholeDecoder
from hardwire.programs import LIBRARY
from hardwire.recipes import models

COUNTDOWN = where(tokens == "0", ".", (tokens.map("123456789".find) % 9).name("less").str())
"""Each digit is followed by the one below it, and 0 by the end; "." is read as 9."""


@pytest.fixture(scope="module")
def countdown() -> Transformer:
    return hw.compile(COUNTDOWN, "0123456789.", 12, causal=True)


def decoded(model: Transformer, inputs: list[list[Any]], start: int) -> list[list[Any]]:
    """The answer at each position from `start` - 1 on, of inputs of one length that are read together."""
    rows = [model.encode(x) for x in inputs]
    decoder = model._greedy.decoder([r[:start] for r in rows])
    found = [[a] for a in model._greedy.answers(decoder)]
    for i in range(start, len(rows[0])):
        decoder.step(np.array([r[i] for r in rows]))
        for answers, a in zip(found, model._greedy.answers(decoder), strict=True):
            answers.append(a)
    return found


@pytest.mark.parametrize("name", LIBRARY)
def test_library_models_answer_as_the_whole_forward_pass(name: str) -> None:
    program, rng = LIBRARY[name], random.Random(name)
    longest = min(program.max_len, 12)
    try:
        model = hw.compile(program, max_len=longest, causal=True, certify=False)
    except HardwireError as error:
        pytest.skip(f"does not compile under the mask: {error}")
    inputs = [rng.choices(model.vocab, k=longest) for _ in range(12)]
    inputs += [x for x in (list(program.sample(rng, longest)) for _ in range(40)) if len(x) == longest]
    for start in (1, 3, longest):
        for x, answers in zip(inputs, decoded(model, inputs, start), strict=True):
            values = program()(x, causal=True, errors="keep")
            where_defined = [i for i in range(start - 1, longest) if not isinstance(values[i], hw.Failure)]
            whole, cached = model(x), [None] * (start - 1) + answers
            assert repr([whole[i] for i in where_defined]) == repr([cached[i] for i in where_defined]), (name, x)


def test_long_texts_outgrow_the_first_cache() -> None:
    model = hw.compile(((key(tokens) == query(tokens)).width() % 3).str(), "012", 300, causal=True, certify=False)
    assert 2 * FIRST_CAPACITY < 300
    rng = random.Random(1)
    inputs = [rng.choices("012", k=300) for _ in range(2)]
    for x, answers in zip(inputs, decoded(model, inputs, 5), strict=True):
        assert answers == list(model(x))[4:]


def test_tokens_come_one_at_a_time_with_their_steps(countdown: Transformer) -> None:
    text = countdown.generate("3", stop=".")
    assert next(text) == "2"
    assert list(text) == ["1", "0"]
    assert (text.text, text.transcript, text.ended) == ("210", "3210", "stop")


def test_the_trace_is_read_off_the_residual_stream_at_the_last_position() -> None:
    seen = (key(tokens) == query(tokens)).width().name("seen")
    program = where(seen % 2 == 0, "a", "b")
    text = hw.compile(program, "ab", 9, causal=True).generate("ab")
    assert text.trace == {}
    for token, count in zip(text, (1, 2, 2, 3, 3, 4, 4, 5), strict=True):
        assert text.trace["seen"] == count == text.transcript[:-1].count(text.transcript[-2])
        assert token == "ba"[count % 2 == 0]


def test_a_batch_has_prompts_of_different_lengths(countdown: Transformer) -> None:
    rng = random.Random(2)
    prompts = ["".join(rng.choices("0123456789.", k=rng.randint(1, 3))) for _ in range(700)]
    texts = countdown.generate_batch(prompts, stop=".", max_new=9)
    for prompt, text in zip(prompts, texts, strict=True):
        alone = countdown.generate(prompt, stop=".", max_new=9)
        assert alone.finish() == text.text == hw.generate(COUNTDOWN, prompt, stop=".", max_new=9).finish()
        assert (text.ended, text.transcript) == (alone.ended, prompt + text.text)
    assert {t.ended for t in texts} == {"stop", "max_new"}
    assert countdown.generate_batch([]) == []


def test_lengths_in_one_batch_do_not_change_sums() -> None:
    program = ((key(tokens) == query(tokens)).value(indices % 3) % 7).str()
    model = hw.compile(program, "0123456", 30, causal=True)
    prompts = ["0", "0123456012", "6", "66666", "12" * 9]
    for prompt, text in zip(prompts, model.generate_batch(prompts, max_new=12), strict=True):
        assert text.text == hw.generate(program, prompt, max_new=12).finish()


def test_the_end_of_max_len_is_an_error_where_the_text_should_have_ended(countdown: Transformer) -> None:
    assert countdown.generate("." * 12).finish() == "8"
    assert countdown.generate("." * 3 + "9").finish() == "876543210"
    with pytest.raises(GenerationError) as caught:
        countdown.generate("." * 9, stop=".").finish()
    assert str(caught.value) == (
        "step 5 of the text, after '.........8765': the transcript is longer than max_len, 12 tokens, and has not "
        "ended\n  Compile for a larger max_len, or give a smaller max_new."
    )
    with pytest.raises(GenerationError, match=r"step 5 of text 1, after '\.\.\.\.\.\.\.\.\.8765'"):
        countdown.generate_batch(["3", "." * 9], stop=".")
    assert countdown.generate("." * 9, max_new=4).finish() == "8765"


def test_a_token_that_the_model_cannot_read_ends_the_text() -> None:
    model = hw.compile(where(tokens == "b", "c", "b"), "ab", 5, causal=True)
    assert model.generate("a", stop="c").finish() == "b"
    for write in (lambda: model.generate("a").finish(), lambda: model.generate_batch(["a"])):
        with pytest.raises(GenerationError, match="the model has written 'c', which is not in its vocabulary"):
            write()
    assert model.generate("a", max_new=2).finish() == "bc"


def test_refusals(countdown: Transformer) -> None:
    with pytest.raises(ModelError, match="a model that is not causal cannot write text"):
        hw.compile(tokens, "ab", 3).generate("a")
    with pytest.raises(InputError, match="'x' at position 1 of prompt 1 is not in the vocabulary"):
        countdown.generate_batch(["1", "1x"])
    with pytest.raises(InputError, match="a batch is a list of prompts"):
        countdown.generate_batch("12")
    with pytest.raises(InputError, match="the prompt is empty"):
        countdown.generate("")
    with pytest.raises(InputError, match="the prompt has 13 tokens"):
        countdown.generate("1" * 13)


def test_a_model_that_is_not_plain_runs_the_whole_input_each_step() -> None:
    model = models.get("induction").build()
    other = replace(model, causal=True, certificate=None)
    hard = replace(
        other, layers=tuple(replace(a, heads=tuple(replace(h, kind="leftmost") for h in a.heads)) for a in other.layers)
    )
    assert isinstance(hard._greedy.decoder([[1]]), WholeDecoder)
    rng = random.Random(3)
    inputs = [rng.choices(model.vocab, k=9) for _ in range(4)]
    for x, answers in zip(inputs, decoded(hard, inputs, 2), strict=True):
        assert answers == list(hard(x))[1:]


def test_a_text_of_a_batch_with_an_error_does_not_go_on() -> None:
    model = hw.compile(where(tokens == "a", "b", "!"), "ab", 6, causal=True)
    [text] = model.generate_batch(["a"], max_new=5, errors="keep")
    assert text.failure is not None
    for _ in range(2):
        with pytest.raises(GenerationError, match="the model has written '!', which is not in its vocabulary"):
            text.finish()
    assert text.tokens == ["b", "!"]
