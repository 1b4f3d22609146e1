"""What a user who is new to the library gets wrong, and what each mistake is answered with."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import full, length, tokens
from hardwire.errors import BuildError, CompileError, ExportError, InputError, ModelError, UnknownNameError

MODEL = hw.compile(hw.programs.flip(), "ehlo", 5)


@pytest.mark.parametrize(
    ("of", "name", "hint"),
    [
        (tokens, "lenght", "The length of the input is the sop `length`"),
        (tokens, "valu", "A selector aggregates"),
        (full, "widht", "Did you mean .width?"),
        (MODEL, "summery", "Did you mean .summary?"),
        (MODEL, "vocabulary", "Did you mean .vocab?"),
        (MODEL, "layer", r"Did you mean .layers"),
        (MODEL, "predict", r"model\(x\) answers one input"),
        (MODEL, "state_dict", "hardwire.export.numpy"),
        (MODEL, "verify", r"It is a function: hardwire.verify\(model\)"),
        (MODEL, "n_layers", "model.depth"),
    ],
)
def test_hints_of_misspelled_names(of: Any, name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=hint):
        getattr(of, name)


def test_a_model_has_no_private_or_unknown_attributes() -> None:
    assert not hasattr(MODEL, "_something")
    assert not hasattr(MODEL, "something_else")
    assert copy.copy(MODEL) is MODEL
    assert pickle.loads(pickle.dumps(MODEL)).digest == MODEL.digest


def program_of(seq: Any) -> Any:
    return seq


MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a model is compiled": (lambda: hw.compile(MODEL, "ab", 2), BuildError, r"not Transformer\(2 layers, 2…\.$"),
    "a name that is not kept": (lambda: hw.compile(tokens, "ab", 2, keep=["x"]), UnknownNameError, r"x\.name\('a'\)"),
    "a sop in place of a name": (
        lambda: hw.compile(tokens, "ab", 2, keep=[tokens]), BuildError, 'a list of names or "named", and has tokens'
    ),
    "a condition that no token meets": (
        lambda: hw.compile(tokens, "ab", 2, given=tokens == "c"), CompileError, "no input is valid: tokens == 'c' is"
    ),
    "a condition that no length meets": (
        lambda: hw.compile(tokens, "ab", 2, given=length == 9), CompileError, "no input is valid: length == 9 is never"
    ),
    "a name of two lines": (lambda: tokens.name("a\nb"), BuildError, "a non-empty string of one line"),
    "a list of one value": (lambda: hw.raw([1])("ab"), ValueError, "the list has 1 value and the input has 2 tokens"),
    "the vocabulary of a model": (lambda: hw.verify(MODEL, vocab="ab"), BuildError, "a model has its own"),
    "the mask of a model": (lambda: hw.verify(MODEL, causal=True), BuildError, "a model has its own"),
    "a sample that is no function": (lambda: hw.verify(MODEL, sample="ab"), BuildError, "sample is a function, not"),
    "answers that are no function": (lambda: hw.verify(MODEL, answers=[1]), BuildError, "answers is a function, not"),
    "logits of another shape": (
        lambda: MODEL.decode(np.zeros((2, 9), np.float32)), ModelError, r"the shape \(n, 4\), not \(2, 9\)"
    ),
    "a puzzle's function with arguments": (
        lambda: hw.puzzles.check(1, program_of), BuildError, "program_of cannot be called without arguments: missing"
    ),
    "an explored function with arguments": (
        lambda: hw.explore(program_of), BuildError, "program_of cannot be called without arguments: missing"
    ),
    "tries that are no number": (lambda: hw.puzzles.check(1, tokens, tries="9"), BuildError, "tries is a whole number"),
    "a campaign of no number": (lambda: hw.campaign.run("none", "3"), BuildError, "count is a whole number, 1 or more"),
    "a text that is a number": (lambda: hw.writers.ngram(3), InputError, "ngram: text is a string of two characters"),
    "a text of no character": (lambda: hw.writers.ngram(""), InputError, "ngram: text is a string of two characters"),
    "a path of a data set": (lambda: hw.discovery.benchmark("none"), BuildError, "benchmark takes a data set"),
    "a search from above": (lambda: hw.longest(tokens, "ab", 5, low=9), BuildError, "low is at most upto, 5, not 9"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_what_a_mistake_is_answered_with(what: str) -> None:
    call, kind, message = MISTAKES[what]
    with pytest.raises(kind, match=message):
        call()


def test_logits_may_be_lists() -> None:
    assert MODEL.decode(MODEL.logits("he").tolist()) == ["e", "h"]


def test_a_circuit_is_saved_in_a_known_form(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"a circuit is saved as \.json, "):
        hw.export.circuit(MODEL, file=tmp_path / "circuit.pdf")
    assert hw.export.circuit(MODEL, "mermaid", tmp_path / "circuit.txt").startswith("flowchart")


def test_traces_and_drawings_can_be_pickled() -> None:
    trace = MODEL.trace("he")
    again = pickle.loads(pickle.dumps(trace))
    assert (repr(again), again["flip"]) == (repr(trace), ["e", "h"])
    drawing = hw.draw(tokens, "he")
    other = pickle.loads(pickle.dumps(drawing))
    assert (other.svg, other.text, other.title) == (drawing.svg, drawing.text, drawing.title)
