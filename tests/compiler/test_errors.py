"""What cannot be compiled is refused early, with the expression and what would help."""

from __future__ import annotations

from typing import Any

import pytest

import hardwire as hw
from hardwire import full, indices, key, query, tokens
from hardwire.compiler import compile as compile_model
from hardwire.errors import BuildError, CompileError, HardwireError


def refused(*args: object, **options: object) -> str:
    with pytest.raises(CompileError) as caught:
        compile_model(*args, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_domain_too_large() -> None:
    message = refused(full.value(tokens) * full.value(tokens * 2 + indices), list(range(1000)), 50)
    assert "not exact enough" in message
    assert "49951 ints" in message
    assert "max_len" in message


def test_a_function_that_tells_equal_values_apart() -> None:
    mixed = (key(indices) == query(indices - 1)).one(hw.where(tokens == "a", 1, True))
    message = refused(mixed.map(repr), "ab", 4)
    assert "distinguishes equal values" in message
    assert "True" in message


def test_a_program_that_always_fails() -> None:
    message = refused(tokens + 1, "ab", 4)
    assert "tokens + 1" in message
    assert "no value" in message


def test_a_program_of_the_library_for_tokens_on_which_it_has_no_value() -> None:
    message = (
        r"add has no value at any position of 100 random inputs of 2 to 6 tokens .* failed at position .*\n.*'0123"
    )
    with pytest.warns(hw.errors.ProgramWarning, match=message):
        hw.compile(hw.programs.add, "abc", 8)
    hw.compile(hw.programs.flip, "xyz", 8)
    hw.compile(hw.programs.add, "01+", 5)


def test_broken_functions_propagate() -> None:
    with pytest.raises(NameError):
        compile_model(tokens.map(lambda t: undefined_name), "ab", 4)  # type: ignore[name-defined] # noqa: F821


@pytest.mark.parametrize("vocab", [[1, True], [1.0, 1]])
def test_equal_tokens(vocab: object) -> None:
    assert "equal" in refused(tokens, vocab, 4)


def test_bad_arguments() -> None:
    assert "empty" in refused(tokens, "", 4)
    assert "max_len" in refused(tokens, "ab", 0)
    assert "a list is not a value" in refused(tokens, [[1]], 4)
    with pytest.raises(BuildError, match="Call it first"):
        compile_model(hw.programs.flip, "ab", 4)  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="selector"):
        compile_model(hw.before, "ab", 4)  # type: ignore[arg-type]


def test_a_value_or_a_sum() -> None:
    mixed = hw.where(tokens == "a", "x", 1)
    assert ".one(x)" in refused((key(tokens) == query(tokens)).value(mixed), "ab", 4)


def test_numbers_too_large_or_too_small_to_be_added() -> None:
    for add in (hw.full.value, hw.full.mean):
        assert "may add 1e+300, and a head adds 0 and numbers from 1e-30 to 4,194,304 in size" in refused(
            add(tokens * 1e300), [1, 2], 4
        )
        assert "<int of 1329 bits>" in refused(add(tokens * 10**400), [1, 2], 4)
        assert "may add 1e-40" in refused(add(tokens * 1e-40), [1, 2], 4)


def test_a_mean_of_numbers_and_other_values() -> None:
    assert "one head cannot do both" in refused(hw.full.mean(hw.where(tokens == "a", "x", 1)), "ab", 4)


def test_numbers_too_many_for_the_precision() -> None:
    many = list(range(4200))
    assert compile_model(hw.same_token.width(), many, 5)([0, 4199, 0, 4199, 1]) == [2, 2, 2, 2, 1]
    flip = hw.programs.flip()
    assert "precision" in refused(flip, "ab", 4000)
    x = ["ab"[i * i % 7 % 2] for i in range(4000)]
    assert compile_model(flip, "ab", 4000, dtype="float64")(x) == x[::-1]
    assert compile_model(flip, "ab", 2000)(x[:2000]) == x[:2000][::-1]


def test_outputs_too_wide_for_logits_are_read_as_numbers() -> None:
    square = hw.length * hw.length
    for causal in (False, True):
        model = compile_model(square, "a", 300, causal=causal)
        for n in (1, 3, 17, 300):
            assert model("a" * n) == square("a" * n, causal=causal)
    far = [0, 1, 2**21, 2**21 + 1]
    assert compile_model(tokens, far, 5)(far) == far
    wide = [0.5, 1.5, 2.0**18]  # read off their ranks
    assert compile_model(tokens, wide, 5)(wide) == wide


@pytest.mark.parametrize("certify", [True, False])
def test_a_part_that_is_a_ratio_beyond_all_floats(certify: bool) -> None:
    """A model lists the values of its parts, which are floats there."""
    halves = tokens.map({0: 2**1100, 1: 2**1100 + 1}) / 2
    with pytest.raises(CompileError, match="beyond the largest float"):
        hw.compile(halves < tokens.at(0, 0).map({0: 2**1099, 1: 2**1099 + 1}), (0, 1), 4, certify=certify)


def test_an_order_of_too_many_positions_is_refused_at_once() -> None:
    message = refused(hw.before.width(), "ab", 40_000)
    assert "50 different rows are the most at this max_len" in message


@pytest.mark.parametrize(
    ("vocab", "options", "message"),
    [
        (3, {}, r"vocab is 3, of the type int, .*\n  Give a string .* For the numbers below it write range\(3\)\."),
        (None, {}, "needs vocab"),
        (hw.tokens, {}, "vocab is "),
        ("0..10", {}, r"for the whole numbers 0 to 10 write range\(0, 11\)"),
        ("aa", {}, r"holds 'a' twice: a token must have one meaning$"),
        ("ab", {"dtype": "f64"}, r'dtype is "float32", "float64" or "auto", not \'f64\''),
        ("ab", {"dtype": float}, r'dtype is "float32", "float64" or "auto", not <class'),
    ],
)
def test_arguments_that_are_none(vocab: Any, options: Any, message: str) -> None:
    with pytest.raises(HardwireError, match=message):
        hw.compile(hw.tokens, vocab, 3, **options)


def test_a_vocabulary_whose_equality_changes() -> None:
    class Either:
        asked = 0

        def __eq__(self, other: object) -> bool:
            Either.asked += other is not self
            return other is self or bool(Either.asked % 2)

        def __hash__(self) -> int:
            return 1

    with pytest.raises(HardwireError, match="equal: a token must have one meaning"):
        hw.compile(hw.tokens, [Either(), Either(), 1], 3)


def test_a_generator_is_a_vocabulary() -> None:
    assert hw.compile(hw.tokens, (c for c in "ab"), 3, dtype="auto").vocab == ("a", "b")


def test_two_sums_with_defaults_that_are_added_say_what_to_write() -> None:
    both = hw.before.value(tokens, 4) - hw.before.value(tokens == 1, 2)
    with pytest.raises(hw.errors.CertificateError, match=r"write where\(s\.width\(\) > 0, s\.value\(x\), default\)"):
        hw.compile(both, [1, 2, 3], 4, remedies=False)
    some = hw.before.width() > 0
    assert hw.compile(
        hw.where(some, hw.before.value(tokens), 4) - hw.where(some, hw.before.value(tokens == 1), 2), [1, 2, 3], 4
    ).certificate


def test_sums_whose_default_is_no_number() -> None:
    for program in (
        hw.after.value(1, None),
        (key(hw.after.value(1, None)) == query(hw.indices)).one(tokens, 9),
        (key(hw.after.value(tokens, None)) == query(hw.indices)).one(tokens, 9),
    ):
        model = hw.compile(program, [1, 2, 3], 4)
        assert model.certificate
        assert hw.verify(model)


def test_a_count_of_distinct_values_that_is_always_the_same() -> None:
    own = (key(hw.indices) >= query(hw.indices)).count_distinct(tokens, 7)
    model = hw.compile(own, [1, 2, 3], 4, causal=True)
    assert (model.parameters, model([3, 1])) == (0, [1, 1])
