"""The simulated machine: what it chooses is what `Choices` allows, and the rest is the model's arithmetic."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from handmade import random_model
from hardwire.model import Transformer
from hardwire.numeric.floats import FLOAT32, FLOAT64, FORMATS, FloatFormat
from hardwire.numeric.machine import LIBRARY, ORDERS, ROUNDINGS, Choices, Machine, Simulated
from variants import VARIANTS

MODELS: dict[str, Transformer] = {"plain": random_model(0), "causal": random_model(1, causal=True), **VARIANTS}


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_an_operation_returns_a_neighbour_of_the_exact_result(fmt: FloatFormat, rounding: str) -> None:
    machine = Machine(fmt, Choices(3, rounding=rounding, flush=False))
    a, b = np.random.default_rng(1).normal(size=(2, 200)).astype(fmt.name)
    direct = set()
    for found, exact in ((machine.add(a, b), Fraction.__add__), (machine.multiply(a, b), Fraction.__mul__)):
        for x, y, z in zip(a, b, found, strict=True):
            wanted = exact(Fraction(float(x)), Fraction(float(y)))
            off = Fraction(float(z)) - wanted
            direct.add((off > 0) - (off < 0))
            gap = Fraction(float(np.spacing(np.abs(z))))
            assert abs(off) <= (gap / 2 if rounding == "nearest" else gap)
    assert direct - {0} == {"up": {1}, "down": {-1}}.get(rounding, {-1, 1})


@pytest.mark.parametrize("order", ORDERS)
def test_sums_are_those_of_all_terms(order: str) -> None:
    """Those that need no rounding are exact in every order, however it rounds."""
    terms = np.random.default_rng(0).integers(-1000, 1000, (90, 3)).astype(np.float32)
    for count in (0, 1, 2, 5, 90):
        for rounding in ROUNDINGS:
            machine = Machine(FLOAT32, Choices(1, (order,), rounding))
            assert machine.sum(terms[:count]).tolist() == terms[:count].sum(axis=0).tolist()


def test_orders_differ_from_column_to_column() -> None:
    x, w = np.random.default_rng(0).normal(size=(1, 30)).astype(np.float32), np.ones((30, 50), np.float32)
    assert len(set(Machine(FLOAT32, Choices(fused=False)).times(x, w)[0].tolist())) > 3


def test_a_fused_product_is_not_rounded() -> None:
    x = np.array([[1 + 2.0**-23, 1.0]], np.float32)
    w = np.array([[1 + 2.0**-23], [-1 - 2.0**-22]], np.float32)
    order = ("last to first",)
    assert Machine(FLOAT32, Choices(0, order, fused=True)).times(x, w).tolist() == [[2.0**-46]]
    assert Machine(FLOAT32, Choices(0, order, fused=False)).times(x, w).tolist() == [[0.0]]


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_subnormal_results_are_flushed(fmt: FloatFormat) -> None:
    tiny, half = np.array([[fmt.tiny], [0.5]], fmt.name)
    assert Machine(fmt, Choices(flush=False)).multiply(tiny, half)[0] == fmt.tiny / 2
    assert Machine(fmt, Choices(flush=True)).multiply(tiny, half)[0] == 0
    assert {Machine(fmt, Choices(seed)).flush for seed in range(9)} == {False, True}


@pytest.mark.parametrize("function", LIBRARY)
def test_functions_are_as_wrong_as_they_may_be(function: str) -> None:
    seen = set()
    for seed in range(30):
        found = Machine(FLOAT32, Choices(seed)).errors(function, (50,)) / (LIBRARY[function] * FLOAT32.unit)
        assert np.abs(found).max() <= 1
        kinds = set(found.round(12).tolist())
        seen.add(tuple(sorted(kinds)) if len(kinds) < 3 else "anything")
    assert seen == {(-1.0,), (0.0,), (1.0,), (-1.0, 1.0), "anything"}


@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODELS)
def test_a_simulated_model_is_the_model_but_for_rounding(name: str, dtype: str, rounding: str) -> None:
    model = replace(MODELS[name], dtype=dtype)
    tokens = np.array([[0, *model.encode("xyzzy")]])
    for seed in range(3):
        found = Simulated.of(model, Choices(seed, rounding=rounding)).logits(tokens)
        assert found.dtype == dtype
        close = 1e-4 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(found[0, 1:], model.logits("xyzzy"), rtol=close, atol=close)
        np.testing.assert_array_equal(found, Simulated.of(model, Choices(seed, rounding=rounding)).logits(tokens))


def test_answers_to_inputs_of_any_length() -> None:
    model = MODELS["causal"]
    inputs = ["xy", "", "z", "zx", "xyzzy"]
    assert Simulated.of(model)(inputs) == [list(a) for a in model.batch(inputs)]


def test_weights_of_one_format_run_in_another() -> None:
    model = replace(MODELS["plain"], dtype="float32")
    wide = Simulated(model, Machine(FLOAT64)).logits(np.array([[0, *model.encode("xyz")]]))
    np.testing.assert_allclose(wide[0, 1:], replace(model, dtype="float64").logits("xyz"), rtol=1e-12)


def test_sums_in_pairs() -> None:
    """Two halves of the smallest step beside 1 are lost one by one, and not where they meet first."""
    half = FLOAT32.unit
    terms = np.array([1.0, 0.0, half, half, half, half], np.float32)[:, None]
    found = {o: Machine(FLOAT32, Choices(0, orders=(o,))).sum(terms).item() for o in ("in pairs", "first to last")}
    assert found["in pairs"] == 1 + 4 * half
    assert found["first to last"] == 1.0
    three = np.array([1.0, half, half], np.float32)[:, None]
    assert Machine(FLOAT32, Choices(0, orders=("in pairs",))).sum(three).item() == 1.0
    assert Machine(FLOAT32, Choices(0, orders=("last to first",))).sum(three).item() == 1 + 2 * half
