"""Ways in which public code uses Tracr, as far as no other test does."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from hardwire.tracr import compiling, lib, rasp, validating

R: Any = rasp


def compiled(program: Any, vocab: Any, n: int, **options: Any) -> Any:
    return compiling.compile_rasp_to_model(program, vocab, n, compiler_bos="BOS", **options)


def check(program: Any, vocab: Any, n: int) -> None:
    """The model answers as the program on random inputs; None is no answer, and numbers are compared as such."""
    rng, model = random.Random(0), compiled(program, vocab, n)
    for _ in range(20):
        x = [rng.choice(sorted(vocab, key=str)) for _ in range(rng.randint(1, n))]
        for wanted, got in zip(program(x), model.apply(["BOS", *x]).decoded[1:], strict=True):
            assert wanted is None or wanted == got or math.isclose(wanted, got, abs_tol=1e-3), x


def test_a_product_of_counts() -> None:
    before = R.SelectorWidth(R.Select(R.indices, R.indices, R.Comparison.LT))
    smaller = R.SelectorWidth(R.Select(R.tokens, R.tokens, R.Comparison.LT))
    check(R.SequenceMap(lambda a, b: a * b, before, smaller), set("abcde"), 10)


def test_a_count_by_logarithms_of_a_share_and_of_the_position() -> None:
    """Tracr multiplies no numbers, so users add up logarithms."""
    share = lib.make_frac_prevs(R.tokens == " ")
    log_share = R.numerical(R.Map(lambda x: math.log(x) if x > 0 else 10, share))
    log_place = R.numerical(R.Map(lambda x: math.log(x + 1), R.indices))
    summed = R.numerical(R.LinearSequenceMap(log_share, log_place, 1, 1))
    spaces = R.Map(lambda x: round(math.exp(x)) if x < 10 else 0, summed)
    word = R.SequenceMap(lambda n, token: 0 if token in " ." else n, spaces + 1, R.tokens)
    assert word("a b. c") == [1, 0, 2, 0, 0, 3]
    check(word, set("ab ."), 5)


def test_a_mean_times_the_number_of_positions() -> None:
    before = R.Select(R.indices, R.indices, R.Comparison.LEQ)
    means = R.Aggregate(before, R.tokens)
    check(R.SequenceMap(lambda x, y: x * y, means, R.indices + 1), {1, 2, 3}, 5)


def test_a_polynomial_that_may_be_undefined() -> None:
    """157 values, None among them, are the logits of a number that large numbers cancel in."""
    at = [R.Aggregate(R.Select(R.indices, R.Full(i), R.Comparison.EQ), R.tokens, default=None) for i in range(4)]
    total = R.tokens - R.tokens
    for power, coefficient in zip((2, 1, 0), at[1:], strict=True):
        term = R.SequenceMap(lambda x, c, k=power: c * x**k, at[0], coefficient)
        total = R.SequenceMap(lambda x, y: x + y, total, term)
    assert total([5, 4, 3, 2]) == [117] * 4
    assert total([5, 4]) == [None] * 2
    check(total, set(range(6)), 4)


def test_tokens_of_numpy() -> None:
    model, rng = compiled(lib.make_reverse(R.tokens), {1, 2, 3}, 5), np.random.default_rng(0)
    x = list(rng.choice([1, 2, 3], size=4))
    assert model.apply(["BOS", *x]).decoded == ["BOS", *x[::-1]]
    assert model.input_encoder.encode(["BOS", *x])[0] == model.input_encoder.bos_encoding


def test_programs_drawn_by_numpy() -> None:
    """Sops are annotated by the user, and stand in arrays."""
    rng = np.random.default_rng(0)
    sops = [R.annotate(R.categorical(s), type="categorical") for s in (R.tokens, R.indices)]
    a, b = rng.choice(sops, size=2, replace=False)
    selector = R.Select(a, b, rng.choice([R.Comparison.LT, R.Comparison.GEQ]))
    width = R.annotate(R.categorical(R.SelectorWidth(selector)), type="categorical")
    large = R.annotate(R.numerical(R.Map(lambda x: x > 2, width, simplify=False)), type="bool")
    share = R.annotate(R.numerical(R.Aggregate(selector, large, default=0)), type="float")
    program = R.LinearSequenceMap(share, share, 1, -3)
    assert [s.annotations["type"] for s in (width, large, share)] == ["categorical", "bool", "float"]
    assert validating.validate(share, [0, 1, 2]) == []
    check(R.numerical(program), set(range(5)), 5)


def test_noise_and_the_weights_as_they_were() -> None:
    model = compiled(lib.make_hist(), set("abc"), 5)
    own = {name: dict(arrays) for name, arrays in model.params.items()}
    for arrays in model.params.values():
        for key, w in arrays.items():
            arrays[key] = w + np.random.default_rng(0).normal(0, 10, w.shape)
    assert model.certificate is None
    assert model.apply(["BOS", *"abac"]).decoded[1:] != [2, 1, 2, 1]
    for name, arrays in model.params.items():
        arrays |= own[name]
    assert model.certificate is not None
    assert model.apply(["BOS", *"abac"]).decoded[1:] == [2, 1, 2, 1]
