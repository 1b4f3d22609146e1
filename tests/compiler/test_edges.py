"""Programs at the edge of a rule of the compiler: where it just holds, and where it just does not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, full, indices, key, query, tokens, where
from hardwire.errors import CompileError
from hardwire.programs import LIBRARY

T = tokens


def right(program: SOp, vocab: Any, max_len: int, **options: Any) -> hw.Transformer:
    """The model, which is certified and answers as the program does on every input."""
    model = hw.compile(program, vocab, max_len, **options)
    found = hw.verify(model, exhaustive=4_000, samples=100)
    assert found, found
    return model


def test_a_number_with_one_digit_is_not_one() -> None:
    """What is added up is `c` itself for where(c, 1, 0) alone."""
    twice, some = T.map({"a": 2, "b": 3}), key(T == "a") == query(True)
    right(some.value(twice.round(1)), "ab", 4)
    right(some.value(1), "ab", 4)
    right(full.value(where(T == "a", twice.round(1), 0)), "ab", 4)
    right(full.value(where(T == "a", 1, twice.round(1))), "ab", 4)
    right(full.value(where(T == "a", 1, 0)), "ab", 4)
    right(full.value(where(T == "a", 0, 1)), "ab", 4)
    right(full.value(where(T == "a", 1, 1)), "ab", 4)
    right(full.value(where(T == "a", True, False)), "ab", 4)


def test_a_function_that_tells_equal_values_apart() -> None:
    """1 and True are one value to a selector, so what it compares cannot fail for one of them alone."""
    mixed = (key(indices) == query(0)).one(where(T == "a", 1, where(T == "b", True, 2)))
    other = key(T) == query("c")
    right(((key(6 // mixed) == query(6)) | other).width(), "abc", 3, certify=False)
    failing = 6 // mixed.map(lambda x: 0 if x is True else x)
    with pytest.raises(CompileError, match=r"one of two equal values and none for the other"):
        hw.compile(((key(failing) == query(6)) | other).width(), "abc", 3)


def test_a_quotient_of_a_float_and_a_mean() -> None:
    """0.7 / (1 / n) is not 0.7 * n in floats; for whole numbers a / (1 / n) is a * n."""
    first = full.mean(indices == 0)
    for values in ({"a": 0.7, "b": 0.11}, {"a": 3, "b": 1}):
        quotient = T.map(values) / first
        right(quotient, "ab", 7)
        right(quotient == 2.1, "ab", 4)
        right(quotient > 2.1 - 1e-12, "ab", 4)
        right((key(quotient) == query(2.1)).width(), "ab", 4)
        right(where(quotient == 2.1, "yes", "no"), "ab", 4)


@pytest.mark.parametrize("name", LIBRARY)
@pytest.mark.parametrize("reuse", [False, True], ids=["", "reuse"])
def test_what_is_read_off_the_stream_is_there(name: str, reuse: bool) -> None:
    """Every named intermediate that a model says it can be asked for is the program's, used again or not."""
    program = LIBRARY[name]
    given = None if program.given is None else program.given()
    if name in ("reverse_words", "reverse_letters"):
        pytest.skip("takes ten seconds")
    model = hw.compile(program(), program.vocab, min(6, program.max_len), given=given, reuse=reuse)
    vocab = program.vocab[:3]
    for x in itertools.product(vocab, repeat=4):
        if given is not None and not all(given(list(x))):
            continue
        trace = model.trace(list(x))
        assert "the program:" not in repr(trace)
        assert trace.steps


def test_a_condition_that_fails_is_not_met() -> None:
    """Values for which `given` has no value, or none that is true, do not come."""
    total = full.value(T.map({"a": 1, "b": 0}))
    for condition, values in (
        (6 // total > 0, (1, 2, 3, 4)),
        (6 // (total - 1) > 0, (2, 3, 4)),
        (6 // (total - 4) < 0, (0, 1, 2, 3)),
        (total.map({1: True, 3: True}), (1, 3)),
        (total.map({1: 0, 3: True, 4: 1, 2: False}), (3, 4)),
        (total > 2, (3, 4)),
    ):
        assert hw.compile(total, "ab", 4, given=condition, certify=False).outputs == values


def test_a_condition_is_about_whole_inputs() -> None:
    """`given` is run without the mask, so that under the mask it says nothing of what a position sees."""
    total = full.value(T.map({"a": 1, "b": 0}))
    assert hw.compile(total, "ab", 4, given=total > 2).outputs == (3, 4)
    model = hw.compile(total, "ab", 4, given=total > 2, causal=True)
    assert model.outputs == (0, 1, 2, 3, 4)
    assert model("aaab") == [1, 2, 3, 3]


def test_selectors_that_select_nothing_take_no_heads() -> None:
    behind = key(indices) > query(indices)
    for program in (behind.width(), behind.value(indices, 3), behind.mean(indices, 2), behind.max(indices, 5)):
        model = right(program, "ab", 4, causal=True)
        assert model.heads == 0
        assert right(program, "ab", 4).heads > 0


def test_means_compared_with_means_by_one_selector() -> None:
    """As sums, where nothing but that decides: not where a default does."""
    earlier, ones, twos = key(indices) < query(indices), T.map({"a": 1, "b": 0}), T.map({"a": 0, "b": 2})
    for a, b in (
        (earlier.mean(ones), earlier.mean(twos)),
        (earlier.mean(ones, 5), earlier.mean(twos)),
        (earlier.mean(ones, indices + 1), earlier.mean(twos)),
        (earlier.mean(twos), earlier.mean(ones, indices + 1)),
        (earlier.mean(ones, 0.5), earlier.mean(twos, 0.25)),
        (earlier.mean(ones), (key(indices) <= query(indices)).mean(ones)),
    ):
        for compared in (a > b, a == b, a <= b):
            right(compared, "ab", 4)


@pytest.mark.parametrize("constant", [(), (1,), None])
def test_arithmetic_on_a_constant_that_is_no_number(constant: Any) -> None:
    """It fails wherever it is evaluated, and the error says so."""
    with pytest.raises(CompileError, match="has no value for any input"):
        hw.compile(constant / full.mean(indices), "a", 2)
