"""Verifying finds what is wrong, makes it small, and says what it tried."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import hardwire as hw
from hardwire import indices, key, query, same_token, tokens
from hardwire.errors import BuildError, CompileError


def test_every_input_where_they_are_few() -> None:
    found = hw.verify(hw.compile(same_token.width(), "ab", 5))
    assert found
    assert (found.exhaustive, found.inputs, found.positions) == (True, 63, 258)


def test_a_sop_is_compiled_as_it_is_to_be_used() -> None:
    counted = hw.verify((key(tokens) == query("a")).width(), vocab="ab", max_len=6, causal=True)
    assert counted
    one = (key(tokens) == query("a")).width() == 1
    found = hw.verify((key(tokens) == query("a")).one(indices), vocab="ab", max_len=6, given=one)
    assert found
    assert found.inputs == 1 + 1 + 2 + 3 + 4 + 5 + 6, "the empty one, and those with one a"
    assert found.skipped == 127 - found.inputs


@pytest.mark.parametrize("seed", range(3))
def test_a_counterexample_is_minimal(seed: int) -> None:
    wrong = hw.compile(hw.where(same_token.width() == 3, 0, same_token.width()), "abcd", 12)
    found = hw.verify(wrong, same_token.width(), seed=seed, samples=200, exhaustive=10)
    assert not found
    assert found.counterexample is not None
    assert (found.counterexample.input, found.counterexample.expected, found.counterexample.got) == ("aaa", 3, 0)


def test_a_damaged_model_is_found() -> None:
    model = hw.compile(hw.programs.flip(), "ab", 8)
    head = model.layers[1].heads[0]
    layers = (model.layers[0], replace(model.layers[1], heads=(replace(head, w_o=0 * head.w_o),)))
    assert not hw.verify(replace(model, layers=layers))


def test_a_model_of_a_file_brings_its_program(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    hw.compile(hw.programs.flip(), "ab", 8).save(tmp_path / "m")
    model = hw.load(tmp_path / "m")
    assert hw.verify(model, hw.programs.flip())
    assert hw.verify(model)
    with pytest.raises(CompileError, match="at most 8"):
        hw.verify(model, hw.programs.flip(), max_len=9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": -5}, "samples is a whole number, 0 or more, not -5"),
        ({"exhaustive": 2.5}, "exhaustive is a whole number, 0 or more, not 2.5"),
        ({"max_len": "x"}, "max_len is a whole number, 0 or more, not 'x'"),
        ({"seed": [1]}, "seed is a whole number"),
        ({"program": 3}, "the program is a sop, not 3"),
        ({"given": "x"}, "given is a sop, not 'x'"),
    ],
)
def test_what_is_no_argument(options: dict[str, object], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        hw.verify(hw.compile(hw.programs.flip, "ab", 4), **options)  # type: ignore[arg-type]
