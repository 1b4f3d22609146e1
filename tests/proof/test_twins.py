"""Two parts that one number stores: what the one is tells what the other is, where the weights show it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import SOp, indices, key, query, tokens
from hardwire.errors import CertificateError

ONE_LEFT = key(indices) == query(indices - 1)
NEXT = key(indices + 1) == query(indices)


def text(x: SOp) -> SOp:
    return x.map(str)


SHARED: dict[str, tuple[SOp, Any]] = {
    "a letter, and whether it is b": (
        SOp.zip(lambda a, b: (a, b), NEXT.mean(tokens, None), NEXT.mean(tokens == "b", None)), "ab",
    ),
    "a letter, and whether it is a": (
        SOp.zip(lambda a, b: (a, b), NEXT.mean(tokens, None), NEXT.mean(tokens == "a", None)), "ab",
    ),
    "a number, and twice it": (ONE_LEFT.one(tokens, 0) + ONE_LEFT.one(tokens * 2, 0) * 5, [0, 1, 2, 3]),
    "a number, and what it lacks": (ONE_LEFT.one(tokens, 7) * 10 + ONE_LEFT.one(5 - tokens, -2), [0, 1, 2, 3]),
    "a letter, and its number": (
        SOp.zip(lambda a, n: f"{a}{n}", ONE_LEFT.one(tokens, "z"), ONE_LEFT.one(tokens.map(ord), 122)), "abcd",
    ),
    "a digit, and its number": (
        SOp.zip(lambda a, n: f"{a}{n}", ONE_LEFT.one(tokens, "0"), ONE_LEFT.one(tokens.map(int), 0)), "0123456789",
    ),
    "equal to a function of itself": (
        text(ONE_LEFT.one(tokens, "x")) == text(ONE_LEFT.one(tokens.map({"a": "b", "b": "a"}), "x")), "ab",
    ),
    "counts through one selector": (
        ONE_LEFT.one(tokens, 0) - (key(tokens) == query(tokens)).width() + ONE_LEFT.one(tokens + 1, 1), [0, 1, 2],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("length", [5, 20])
def test_a_selector_aggregates_a_sop_and_a_function_of_it(name: str, length: int) -> None:
    program, vocab = SHARED[name]
    model = hw.compile(program, vocab, length)
    assert model.certificate.max_len == length
    assert hw.verify(model, samples=200, exhaustive=2000)


def test_an_encoding_that_is_no_line_of_the_other_is_refused() -> None:
    """The claim of the second part says that the number of "b" stands for False: then its answers are wrong."""
    program = SHARED["a letter, and whether it is b"][0]
    model = hw.compile(program, "ab", 5)
    assert hw.certify(model, program)
    claims = model.circuit.claims
    vectors = [c.vector for c in claims]
    shared = [i for i, v in enumerate(vectors) if sum(np.array_equal(v, w) for w in vectors) > 1]
    assert len(shared) == 2
    for i in shared:
        values = (False, True, None) if None in claims[i].values and "a" not in claims[i].values else ("b", "a", None)
        lie = replace(claims[i], values=values, labels=np.array([1.0, 0.0, 4.0]))
        lying = replace(model, circuit=replace(model.circuit, claims=(*claims[:i], lie, *claims[i + 1 :])))
        with pytest.raises(CertificateError):
            hw.certify(lying, program)


def test_a_number_that_stands_for_two_values_is_refused() -> None:
    """What the one part is does not tell the other's value where two values have one number."""
    from hardwire.proof.evidence import Proved
    from hardwire.proof.states import Variable
    from hardwire.proof.strategy import DEFAULT_LIMITS
    from hardwire.proof.twins import Twin

    def proved(values: tuple[Any, ...], numbers: dict[Any, float], error: float = 0.001) -> Proved:
        encoding = {v: numbers[v] for v in values}
        return Proved(tokens.expr, 0, 1, np.ones(1), 0, error, Variable(encoding.__getitem__, values))  # type: ignore[arg-type]

    setting: Any = SimpleNamespace(limits=DEFAULT_LIMITS)
    letters = proved(("a", "b"), {"a": 0.0, "b": 1.0})
    twin = Twin(letters, 2.0, 1.0, 0.0)
    found = proved(("x", "y", "z"), {"x": 1.0, "y": 3.0, "z": 5.0})
    assert dict(twin.same_number(setting, found).values) == {"a": "x", "b": "y"}
    only_x = proved(("x",), {"x": 1.0})
    assert dict(twin.same_number(setting, only_x).values) == {"a": "x"}
    with pytest.raises(CertificateError, match="does not tell"):
        twin.same_number(setting, proved(("x", "y"), {"x": 1.0, "y": 1.0005}))
    with pytest.raises(CertificateError, match="does not tell"):
        twin.same_number(setting, proved(("x", "y"), {"x": 1.0, "y": 1.4}, error=0.5))
    undefined = replace(found, variable=replace(found.variable, fallback=(0.0,)))
    with pytest.raises(CertificateError, match="undefined"):
        twin.same_number(setting, undefined)
