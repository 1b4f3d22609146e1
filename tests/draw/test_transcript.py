"""Texts that were generated: a column for each step, with the values that the program has there."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import Picture

import hardwire as hw
from hardwire import Failure, indices, tokens, where, writers


@pytest.fixture(scope="module")
def calculator() -> hw.Transformer:
    return hw.compile(writers.add())


def strips(picture: Picture) -> list[list[str]]:
    return [s.cells for s in picture.strips]


def test_a_column_for_each_step(calculator: hw.Transformer) -> None:
    text = calculator.generate("683+345=", stop=".")
    text.finish()
    picture = Picture(hw.draw(text).svg)
    names = ["end", "plus", "top", "left", "right", "second", "longer", "digit_sum"]
    transcript = writers.add().sop().trace("683+345=1028", causal=True)
    wanted = [[str(v) for v in transcript.names[name][7:]] for name in names]
    found = [[c.strip("'") for c in cells] for cells in strips(picture)]
    assert found == [list("=1028"), *wanted, list("1028.")]
    columns = [(a.left, a.right) for a in picture.strips[0].areas]
    assert all([(a.left, a.right) for a in s.areas] == columns for s in picture.strips)
    for words in (*names, "read", "written", "4 new tokens, ended by stop, after '683+345='"):
        assert picture.says(words), words


def test_models_and_programs_are_drawn_alike(calculator: hw.Transformer) -> None:
    pictures = []
    for text in (calculator.generate("9+1=", stop="."), hw.generate(writers.add(), "9+1=")):
        text.finish()
        pictures.append(strips(Picture(hw.draw(text).svg)))
    model, program = pictures  # what the model does not store has no row
    rest = iter(program)
    assert all(row in rest for row in model)
    assert len(program) == len(model) + 1


def test_in_the_middle_of_a_text_and_as_text(calculator: hw.Transformer) -> None:
    text = calculator.generate("12+9=", stop=".")
    assert "no token was written" in hw.draw(text).svg
    next(text)
    assert [c.strip("'") for c in strips(Picture(hw.draw(text).svg))[0]] == ["="]
    lines = repr(hw.draw(text)).splitlines()
    assert lines[0] == "'12+9=2'…"
    assert lines[1].startswith("  '=' -> '2'  end 4  plus 2  ")
    assert len(lines) == 2


def test_failures_are_drawn_in_place() -> None:
    text = hw.generate(where(indices < 3, "x", tokens.int().name("number").str()), "12", max_new=2)
    text.finish()
    named, following = text.watched()
    assert [isinstance(v, Failure) for v in named["number"]] == [False, False, True, True]
    assert isinstance(following[3], Failure)
    assert [c.strip("'") for c in strips(Picture(hw.draw(text).svg))[2]] == ["x", "x"]


def test_a_text_of_max_len_and_a_long_one() -> None:
    model = hw.compile(writers.induction())
    text = model.generate("ab" * 10, max_new=41)
    text.finish()
    assert len(text.transcript) == 61
    assert hw.draw(text).svg.count("<text") > 41


def test_a_file(calculator: hw.Transformer, tmp_path: Path) -> None:
    text = calculator.generate("1+2=", stop=".")
    text.finish()
    hw.draw(text).save(tmp_path / "text.svg")
    assert (tmp_path / "text.svg").read_text("utf-8").startswith("<svg")
