"""Every program of the library computes what its plain-Python reference computes, on all its valid inputs."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import random

import pytest

from hardwire import SOp, programs
from hardwire.programs.program import LIBRARY, Program, any_tokens

every_program = pytest.mark.parametrize("program", LIBRARY.values(), ids=LIBRARY)


def _check(program: Program, inputs: list[object]) -> None:
    for x, result in zip(inputs, program().batch(inputs), strict=True):
        assert list(result) == program.reference(list(x)), x  # type: ignore[call-overload]


@every_program
def test_description(program: Program) -> None:
    text = program.build.__doc__ or ""
    assert program.summary.endswith("."), "the summary is one whole sentence on the first line"
    assert text.split("\n")[1:2] in ([], [""]) or not text.split("\n")[1].strip()
    assert f">>> {program.name}(" in text or f"{program.name}()" in text, "the description has an example"
    assert program.theme == program.__module__.rpartition(".")[2]


@every_program
def test_is_found(program: Program) -> None:
    assert getattr(programs, program.name) is program
    assert program.name in programs.__all__
    assert programs.get(program.name) is program
    assert isinstance(program(), SOp)


@every_program
def test_example(program: Program) -> None:
    assert set(program.example) <= set(program.vocab)
    assert 0 < len(program.example) <= program.max_len
    _check(program, [program.example])
    if program.answer is not None:
        assert isinstance(program.answer(program()(program.example)), str)


@every_program
def test_sampled_inputs(program: Program) -> None:
    rng = random.Random(program.name)
    lengths = [*range(9)] * 15 + [program.max_len] * 60
    inputs = [program.sample(rng, n) for n in lengths]
    for n, x in zip(lengths, inputs, strict=True):
        assert len(x) <= n
        assert set(x) <= set(program.vocab)
    assert len(set(map(len, inputs))) > 8, "the samples have many lengths"
    assert max(map(len, inputs)) > program.max_len * 3 // 4, "the samples reach long inputs"
    _check(program, list(inputs))
    if program.given is not None:
        assert all(all(result) for result in program.given().batch(inputs)), "a sampled input is valid"


@every_program
def test_every_input_that_is_called_valid(program: Program) -> None:
    """All short inputs and some longer ones: true everywhere means that the program is right."""
    size = len(program.vocab)
    longest = next(n for n in range(12, 0, -1) if n == 1 or size**n <= 25_000)
    inputs: list[object] = [x for n in range(longest + 1) for x in itertools.product(program.vocab, repeat=n)]
    rng = random.Random(program.name)
    draw = any_tokens(program.vocab)
    inputs += [draw(rng, n) for n in (*range(3, 9), program.max_len) for _ in range(40)]
    if program.given is not None:
        valid = program.given().batch(inputs)
        assert all(isinstance(flag, bool) for flags in valid for flag in flags)
        inputs = [x for x, flags in zip(inputs, valid, strict=True) if all(flags)]
    _check(program, inputs)


def test_every_module_and_its_names_are_exported() -> None:
    defined = set()
    for module in pkgutil.iter_modules(programs.__path__, "hardwire.programs."):
        contents = vars(importlib.import_module(module.name))
        defined |= {name for name, x in contents.items() if isinstance(x, Program)}
    assert defined == set(LIBRARY)
    assert set(LIBRARY) | {"LIBRARY", "Program", "get"} == set(programs.__all__)
    assert len(programs.__all__) == len(set(programs.__all__))


def test_themes_are_modules_with_a_description() -> None:
    for theme in {program.theme for program in LIBRARY.values()}:
        source = importlib.import_module(f"hardwire.programs.{theme}").__doc__
        assert source, theme


LAYERS = {
    "copy": 0, "caesar": 0, "atoi": 0,
    "length": 1, "before_count": 1, "after_count": 1, "cumsum": 1, "window_sum": 1, "index": 1, "shift": 1,
    "digit_sum": 1, "run_lengths": 1, "previous_occurrence": 1, "nearest_left": 1, "nearest_right": 1,
    "flip": 2, "minimum": 2, "first": 2, "ralign": 2, "slide": 2, "multiply_by_digit": 3,
    "induction": 2, "ngram_lookup": 2, "reverse_letters": 2, "reverse_words": 3,
    "split": 3, "add_in_three": 3, "add_binary": 3, "subtract": 3, "compare": 3,
    "add": 6,
}  # fmt: skip


@pytest.mark.parametrize(("name", "layers"), LAYERS.items(), ids=LAYERS)
def test_layers(name: str, layers: int) -> None:
    assert programs.get(name)().layers == layers


PARAMETERS = [
    (programs.shift(0), "abc", "abc"),
    (programs.shift(-2, "."), "abcd", "cd.."),
    (programs.shift(9), "abc", "___"),
    (programs.index(-1), "abc", [0, 0, 0]),
    (programs.index(2), "abc", "ccc"),
    (programs.first("a"), "banana", [1] * 6),
    (programs.window_sum(1), [4, 5, 6], [4, 5, 6]),
    (programs.window_sum(100), [4, 5, 6], [4, 9, 15]),
    (programs.split("-", True, default="."), "ab-c", "..ab"),
    (programs.split("-", False, default="."), "ab-c", "...c"),
    (programs.caesar(-3), "khoor!", "hello!"),
    (programs.caesar(26), "xyz", "xyz"),
    (programs.ngram_lookup(1), "abcab", ["_", "_", "_", "b", "c"]),
    (programs.ngram_lookup(3, None), "abcdabc", [None] * 6 + ["d"]),
    (programs.ngram_lookup(3), "aaaaa", "___aa"),
    (programs.induction(0), "aab", [0, "a", 0]),
    (programs.nearest_left(" ", "."), "a b", ".aa"),
    (programs.nearest_right(" ", "."), "a b", "bb."),
    (programs.flip(programs.flip()), "hello", "hello"),
]


@pytest.mark.parametrize(("sop", "x", "expected"), PARAMETERS)
def test_parameters(sop: SOp, x: object, expected: object) -> None:
    assert list(sop(x)) == list(expected)  # type: ignore[call-overload]


ANSWERS = [
    ("add", "683+345", "1028"), ("add", "999+1", "1000"), ("add", "19492+23919", "43411"), ("add", "+", "0"),
    ("add", "0+0", "0"), ("add", "5+", "5"), ("add", "+95", "95"), ("add", "1+9999999", "10000000"),
    ("add_in_three", "683+345", "1028"), ("add_in_three", "4445+5555", "10000"),
    ("add_binary", "1+1111", "10000"), ("add_binary", "0+0", "0"),
    ("subtract", "1000-1", "999"), ("subtract", "77-77", "0"), ("subtract", "5-", "5"), ("subtract", "100-099", "1"),
    ("compare", "12?9", ">"), ("compare", "9?12", "<"), ("compare", "007?7", "="), ("compare", "?", "="),
    ("digit_sum", "999", "27"), ("digit_sum", "", "0"),
    ("multiply_by_digit", "9*9999", "89991"), ("multiply_by_digit", "7*143", "1001"),
    ("multiply_by_digit", "0*55", "0"), ("multiply_by_digit", "3*", "0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "answer"), ANSWERS)
def test_answers(name: str, text: str, answer: str) -> None:
    program = programs.get(name)
    assert program.answer is not None
    assert program.answer(program()(text)) == answer


INVALID = {
    "split": ["", "x", "+x+", "xyz"],
    "add": ["", "1", "1+2+3", "12"],
    "add_in_three": ["", "1", "1+2+3"],
    "add_binary": ["", "1", "1+1+1"],
    "subtract": ["", "1-2", "9-10", "5", "5-4-1"],
    "compare": ["", "1", "1?2?3"],
    "multiply_by_digit": ["", "12", "12*3", "*5", "1**", "3*4*"],
}


@pytest.mark.parametrize(("name", "texts"), INVALID.items(), ids=INVALID)
def test_given_refuses_invalid_inputs(name: str, texts: list[str]) -> None:
    given = programs.get(name).given
    assert given is not None
    assert [all(flags) for flags in given().batch(texts)] == [text == "" for text in texts]


@pytest.mark.parametrize("name", ["induction", "ngram_lookup", "previous_occurrence", "nearest_left", "cumsum"])
def test_programs_that_look_back_only_run_causally(name: str) -> None:
    program = programs.get(name)
    rng = random.Random(0)
    for _ in range(20):
        x = program.sample(rng, 20)
        assert program()(x, causal=True) == program.reference(list(x))
