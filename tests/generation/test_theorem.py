"""The certificate of whole texts, and the comparison of texts, also of models that are wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import Transformer, full, indices, key, query, tokens, where, writers
from hardwire.errors import BuildError, CertificateError, ModelError

COUNTDOWN = where(tokens == "0", ".", (tokens.map("123456789".find) % 9).str())
SEEN = (key(tokens) == query(tokens)).width()


@pytest.fixture(scope="module")
def countdown() -> Transformer:
    return hw.compile(COUNTDOWN, "0123456789", 12, causal=True)


def test_the_statement(countdown: Transformer) -> None:
    found = hw.certify_text(countdown, stop=".")
    assert found.certificate is countdown.certificate
    assert repr(found) == (
        "writes the program's text: for every prompt, each next token is the program's value\n"
        "  as long as it has one, in transcripts of up to 12 tokens\n"
        "  a text ends before '.'; not proved: that all end by then (a longer one is an error)\n"
        "  by induction from: exact up to length 12, in float32 arithmetic and any order of summation"
    )


def test_what_the_model_can_write_and_not_read_is_said(countdown: Transformer) -> None:
    found = hw.certify_text(countdown)
    assert (found.stop, found.unreadable) == ((), (".",))
    assert "no token ends a text, with an error at '.': it runs to that length" in repr(found)


def test_the_condition_is_part_of_the_statement() -> None:
    program = where(indices < 3, tokens, "b")
    model = hw.compile(program, "ab", 6, causal=True, given=tokens == "a")
    assert "for every prompt where tokens == 'a' holds at each step" in repr(hw.certify_text(model)).replace(",", "")


def test_a_loaded_model_is_proved_again(countdown: Transformer, tmp_path: Any) -> None:
    pytest.importorskip("safetensors")
    countdown.save(tmp_path / "countdown.safetensors")
    loaded = hw.load(tmp_path / "countdown.safetensors")
    assert not hw.certify_text(loaded, COUNTDOWN, stop=".").certificate.stored


def test_types_of_tokens_are_part_of_the_theorem() -> None:
    one_type = hw.compile(SEEN % 3, [0, 1, 2], 9, causal=True)
    assert hw.certify_text(one_type).unreadable == ()
    assert hw.verify_text(one_type)
    unneeded = (key(1) == query(2)).value(tokens.map({"a": 1}), SEEN % 3)  # a part without a value is never read
    assert hw.certify_text(hw.compile(unneeded, [0, 1, 2], 9, causal=True)).unreadable == ()
    two_types = where(indices > 2, tokens == 1, tokens)
    model = hw.compile(two_types, [0, 1, 2], 9, causal=True)
    with pytest.raises(CertificateError, match="which are equal and not the same token"):
        hw.certify_text(model)


class Word(str):
    __slots__ = ()


def test_a_value_of_the_users_own_that_equals_a_string_is_another_token() -> None:
    later = where(indices > 0, tokens.map({"a": Word("a"), "b": "b"}), tokens)
    model = hw.compile(later, "ab", 4, causal=True)
    with pytest.raises(CertificateError, match="which are equal and not the same token"):
        hw.certify_text(model)
    first = hw.compile(where(indices > 0, "b", later), "ab", 4, causal=True, given=indices < 1)
    assert hw.certify_text(first).unreadable == ()


def test_no_proof_for_the_wrong_program_or_model(countdown: Transformer) -> None:
    with pytest.raises(CertificateError):
        hw.certify_text(countdown, where(tokens == "0", ".", tokens), stop=".")
    with pytest.raises(ModelError, match="takes a causal model"):
        hw.certify_text(hw.compile(tokens, "ab", 3))
    mean = hw.compile(full.mean(tokens), range(10), 9, causal=True)
    with pytest.raises(CertificateError, match="numbers read as they are"):
        hw.certify_text(mean)


def test_texts_agree(countdown: Transformer) -> None:
    found = hw.verify_text(countdown, stop=".", prompts=["9", "10", "6" * 9])
    assert found
    assert (found.prompts, found.tokens, found.longest, found.ends) == (3, 9 + 0 + 4, 13, {"stop": 2, "max_len": 1})
    assert hw.verify_text(countdown, stop=".").prompts > 2_000  # all short prompts, and random ones
    assert hw.verify_text(countdown, stop=".", max_new=2, prompts=["9"]).ends == {"max_new": 1}
    assert hw.verify_text(countdown, prompts=["2"]).ends == {"max_len": 1}  # the program goes on, the model cannot


def test_where_the_program_has_no_value_the_rest_is_not_compared() -> None:
    program = where(SEEN > 3, 6 // (tokens - 1), tokens)
    model = hw.compile(program, [0, 1, 2, 6, -6], 9, causal=True)
    found = hw.verify_text(model, prompts=[[1], [2], [2, 2, 2, 2, 6]])
    assert found
    assert found.ends == {"no value": 1, "max_len": 2}
    assert found.tokens == 3 + 9 + 5


@pytest.mark.parametrize("seed", range(20))
def test_wrong_models_are_found(seed: int) -> None:
    program = writers.add(2)
    model = hw.compile(program, certify=False)
    rng = np.random.default_rng(seed)
    columns = list(range(model.unembed.shape[1]))
    assert model.outputs is not None
    a, b = next(p for p in (rng.choice(columns, 2) for _ in columns) if model.outputs[p[0]] != model.outputs[p[1]])
    columns[a], columns[b] = columns[b], columns[a]
    other = replace(model, unembed=model.unembed[:, columns])
    found = hw.verify_text(other)
    assert not found
    assert found.difference is not None
    assert repr(found).startswith("differs: after '")
    with pytest.raises(CertificateError):
        hw.certify_text(other)


def test_refusals(countdown: Transformer, tmp_path: Any) -> None:
    with pytest.raises(ModelError, match="verify_text takes a causal model"):
        hw.verify_text(hw.compile(tokens, "ab", 3))
    with pytest.raises(BuildError, match="a model loaded from a file is compared with a program"):
        hw.verify_text(replace(countdown, source=None, certificate=None))


def test_a_result_that_rewriting_makes_of_one_type_has_the_types_of_the_program() -> None:
    counted = full.mean(tokens) * full.width()  # an int after one token, and a ratio after more
    assert counted([1], causal=True)[0].__class__ is int
    model = hw.compile(where(counted > 2, 2, counted), [0, 1, 2], 3, causal=True)
    with pytest.raises(CertificateError, match="equal and not the same token"):
        hw.certify_text(model)
