"""Models that are wrong by a little more than some part of a bound: none is certified."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire.errors import CertificateError
from hardwire.model import Circuit, Head, Layer, Transformer


def matrix(rows: int, columns: int, entries: dict[tuple[int, int], float]) -> Any:
    found = np.zeros((rows, columns))
    for at, x in entries.items():
        found[at] = x
    return found


BOS, ONE, A, B, VALUE = range(5)
NO_NEURONS = {"w_in": np.zeros((5, 0)), "b_in": np.zeros(0), "w_out": np.zeros((0, 5))}


def choosing(score_of_b: tuple[float, float], kind: str = "leftmost") -> Transformer:
    """A head that chooses a or b, whose values are 0.1 and -1; the answer is A above -0.85."""
    head = Head(
        "choice",
        w_q=matrix(5, 2, {(ONE, 0): 1, (ONE, 1): 1, (BOS, 0): 1}),
        w_k=matrix(5, 2, {(A, 0): 0.1, (A, 1): 0.2, (B, 0): score_of_b[0], (B, 1): score_of_b[1], (BOS, 0): -9}),
        w_v=matrix(5, 1, {(A, 0): 0.1, (B, 0): -1}),
        w_o=matrix(1, 5, {(0, VALUE): 1}),
        kind=kind,
    )
    embed = matrix(3, 5, {(0, BOS): 1, (1, ONE): 1, (1, A): 1, (2, ONE): 1, (2, B): 1})
    unembed = matrix(5, 2, {(VALUE, 0): 1, (ONE, 0): 0.85})
    layers = (Layer((head,), **NO_NEURONS),)
    return Transformer(tuple("ab"), 3, False, embed, None, layers, unembed, ("A", "B"), "float32", Circuit())


def answers(x: str) -> list[str]:
    return ["A"] * len(x)


def starts_with_a(x: str) -> bool:
    return x.startswith("a")


def test_a_choice_that_rounding_may_turn() -> None:
    """0.1 + 0.2 and 0.3 are not one number, and how they differ depends on the machine."""
    found = hw.certify(choosing((0.2, 0.0)), answers, max_len=3, given=starts_with_a)
    assert found.status == "exact up to length 3"
    for kind in ("leftmost", "average"):
        with pytest.raises(CertificateError):
            hw.certify(choosing((0.3, 0.0), kind), answers, max_len=3, given=starts_with_a)


@pytest.mark.parametrize("factor", [1.5, 1.25])
def test_a_sum_that_a_machine_may_take_for_zero(factor: float) -> None:
    """What is left of an embedding and its position is below the smallest normal number; the unembedding raises it."""
    tiny = 2.0**-126
    embed = matrix(2, 5, {(0, BOS): 1, (1, VALUE): factor * tiny})
    positions = matrix(3, 5, {(1, VALUE): -tiny, (2, VALUE): -tiny})
    unembed = matrix(5, 2, {(VALUE, 0): 2.0**60})
    layers = (Layer((), **NO_NEURONS),)
    model = Transformer(("a",), 2, False, embed, positions, layers, unembed, ("A", "B"), "float32", Circuit())
    with pytest.raises(CertificateError):
        hw.certify(model, answers, max_len=2)
    positions[1:, VALUE] = 0
    larger = Transformer(("a",), 2, False, 4 * embed, positions, layers, unembed, ("A", "B"), "float32", Circuit())
    assert hw.certify(larger, answers, max_len=2).status == "exact up to length 2"
