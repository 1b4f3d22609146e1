"""`hardwire generate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calling import Call, call, in_folder

import hardwire as hw
from hardwire.writers import WRITERS

COUNTDOWN = """
from hardwire import *
down = where(tokens == "0", ".", (tokens.map("123456789".find) % 9).str())
lost = where(indices > 2, tokens.map({"5": "5"}), tokens)
"""


def test_texts_and_the_model_are_printed(call: Call) -> None:
    ran = call("generate add 683+345= 9+1=")
    assert (ran.code, ran.out) == (0, "683+345=1028\n9+1=10\n")
    assert ran.err == ""
    assert ran.model.startswith("Transformer(5 layers, ")
    assert "exact up to length 12)" in ran.model
    assert ran.model.endswith(" tokens a second; a text of more than 12 tokens is an error; the interpreter agrees\n")


def test_without_a_name_all_are_listed_and_without_a_prompt_the_example_is_taken(call: Call) -> None:
    listed = call("generate").out
    assert [line.split()[0] for line in listed.splitlines()[1:]] == list(WRITERS)
    assert call("generate reverse").out == "hello=olleh\n"


def test_lines_of_standard_input_are_prompts(call: Call) -> None:
    assert call("generate caesar -", "abc=\nxyz=\n").out == "abc=def\nxyz=abc\n"


def test_the_trace_shows_named_values_at_each_step(call: Call) -> None:
    lines = call("generate add 7+8= --trace").out.splitlines()
    assert lines[0] == "'7+8='"
    assert [line.split()[0] for line in lines[1:]] == ["'1'", "'5'"]
    assert "digit_sum 15" in lines[2]
    assert "longer 1" in lines[1]


def test_tokens_of_several_characters_have_spaces(call: Call) -> None:
    assert call("generate turing 1=").out == "1 = @0 1R:right @1 _L:carry @0 0L:carry @15 1L:halt @14\n"


def test_json_has_the_tokens_or_the_error(call: Call) -> None:
    ran = call("generate induction abca aa --max-new 3 --json")
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {"prompt": "abca", "tokens": ["b", "c", "a"]},
        {"prompt": "aa", "tokens": ["a", "a", "a"]},
    ]
    record = json.loads(call("generate induction aa --json").out)
    assert len(record["tokens"]) == 59
    assert "the transcript is longer than max_len, 60 tokens" in record["error"]


def test_a_program_of_a_file_and_a_saved_model(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text(COUNTDOWN)
    options = "--vocab 0123456789 --max-len 8 --stop ."
    assert call(f"generate p.py:down 5 {options}").out == "543210\n"
    assert call(f"generate p.py:down 543 {options} --max-new 1").out == "5432\n"
    ran = call("generate p.py:down 5 --vocab 0123456789 --max-len 3 --stop .")
    assert ran.code == 1
    assert "the transcript is longer than max_len, 3 tokens, and has not ended" in ran.err
    pytest.importorskip("safetensors")
    hw.compile(hw.writers.copy()).save("copy.safetensors")
    ran = call("generate copy.safetensors ab= --stop .")
    assert ran.out == "ab=ab\n"
    assert ran.model.endswith("not checked (name its program with --program)\n")


def test_an_error_after_a_prompt_of_another_form_says_what_prompts_are(call: Call) -> None:
    ran = call("generate add 12345+1=")
    assert ran.code == 1
    assert "note: add is not for '12345+1=', but for two numbers of up to 3 digits" in ran.err
    assert "has not ended" in ran.err


def test_nothing_is_printed_of_a_prompt_that_cannot_be_read(call: Call) -> None:
    assert call("generate add 1x").out == ""


def test_errors(call: Call, in_folder: Path) -> None:
    Path("p.py").write_text(COUNTDOWN)
    assert "'x' at position 1 of the prompt is not in the vocabulary" in call("generate add 1x").err
    assert "no example of its own" in call("generate p.py:down --vocab 01 --max-len 4").err
    assert "takes one token" in call('generate add 1+1= --stop \'["a","b"]\'').err
    ran = call("generate p.py:lost 55566 --vocab 56 --max-len 8 --stop .")
    assert ran.code == 1
    assert "step 1 of the text, after '55566'" in ran.err


def test_parameters_of_a_program(call: Call) -> None:
    assert call("generate add(5) 99999+1=").out == "99999+1=100000\n"
    assert call("generate caesar(shift=1) abc=").out == "abc=bcd\n"
    ran = call("generate add(digit=5) 1+1=")
    assert ran.code == 2
    assert "add(digit=5): got an unexpected keyword argument 'digit'; write parameters as in add(digits=3)" in ran.err
    assert "add(x) is no call of add: write parameters as in" in call("generate add(x) 1+1=").err
    assert call("generate add(0) 1+1=").err == "error: add: digits is an int of at least 1, not 0\n"


def test_a_prompt_of_another_form_is_noted(call: Call) -> None:
    ran = call("generate subtract 12-3456= 1-2=")
    assert ran.out.splitlines()[1] == "1-2=-1"
    assert "note: subtract is not for '12-3456=', but for two numbers of up to 3 digits" in ran.err
    assert "'1-2='" not in ran.err


def test_a_program_whose_texts_may_not_end_says_so(call: Call) -> None:
    ran = call("generate induction ab --max-new 3")
    assert "; a text of more than 60 tokens is an error, as after '" in ran.model


def test_the_steps_as_a_picture(call: Call, in_folder: Path) -> None:
    ran = call("generate add 683+345= -o text.svg")
    assert ran.out == "683+345=1028\n"
    assert "4 new tokens, ended by stop" in Path("text.svg").read_text("utf-8")
    assert call("generate add 683+345= -o text.doc").code == 2
